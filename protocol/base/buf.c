/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/buf.c - how the window grows: into its own front first, then by
 * doubling, never beyond its bound.
 */
#include "protocol/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_BYTES = 256,
    PRINTF_BYTES = 512 /* longer texts cost an allocation */
};

static void buf_check(const struct sl_buf *buf)
{
    SL_DCHECK(buf->done <= buf->filled);
    SL_DCHECK(buf->filled <= buf->cap);
    SL_DCHECK(buf->cap == 0 || buf->at != NULL);
    (void)buf;
}

void sl_buf_init(struct sl_buf *buf, size_t bytes_max)
{
    *buf = (struct sl_buf){.bytes_max = bytes_max};
}

void sl_buf_fini(struct sl_buf *buf)
{
    free(buf->at);
    sl_buf_init(buf, buf->bytes_max);
}

/* Twice as much, at least needed, at most the bound. needed <= bytes_max. */
static size_t next_cap(const struct sl_buf *buf, size_t needed)
{
    size_t cap = buf->cap == 0 ? FIRST_BYTES / 2 : buf->cap;

    cap = cap > buf->bytes_max / 2 ? buf->bytes_max : cap * 2;
    return cap < needed ? needed : cap;
}

static void move_to_front(struct sl_buf *buf)
{
    size_t len = sl_buf_len(buf);

    if (buf->done == 0) {
        return;
    }
    memmove(buf->at, buf->at + buf->done, len);
    buf->done = 0;
    buf->filled = len;
}

enum sl_err sl_buf_reserve(struct sl_buf *buf, size_t len)
{
    size_t held = sl_buf_len(buf);

    buf_check(buf);
    if (len <= buf->cap - buf->filled && held + len <= buf->bytes_max) {
        return SL_OK;
    }
    if (held > buf->bytes_max || len > buf->bytes_max - held) {
        return SL_ELIMIT;
    }
    /* Moving costs what is held: worth it while that is no more than what was consumed. */
    if (held + len <= buf->cap && (held <= buf->done || buf->cap >= buf->bytes_max)) {
        move_to_front(buf);
        return SL_OK;
    }
    size_t cap = next_cap(buf, held + len);
    uint8_t *at = malloc(cap);
    if (at == NULL) {
        return SL_ENOMEM;
    }
    if (held > 0) {
        memcpy(at, buf->at + buf->done, held);
    }
    free(buf->at);
    buf->at = at;
    buf->done = 0;
    buf->filled = held;
    buf->cap = cap;
    buf_check(buf);
    return SL_OK;
}

enum sl_err sl_buf_put(struct sl_buf *buf, const void *bytes, size_t len)
{
    enum sl_err err = sl_buf_reserve(buf, len);

    if (err != SL_OK || len == 0) {
        return err;
    }
    memcpy(buf->at + buf->filled, bytes, len);
    buf->filled += len;
    return SL_OK;
}

enum sl_err sl_buf_put_u8(struct sl_buf *buf, uint8_t value)
{
    return sl_buf_put(buf, &value, 1);
}

enum sl_err sl_buf_put_u16(struct sl_buf *buf, uint16_t value)
{
    uint8_t bytes[2];

    sl_set_u16(bytes, value);
    return sl_buf_put(buf, bytes, sizeof bytes);
}

enum sl_err sl_buf_put_u32(struct sl_buf *buf, uint32_t value)
{
    uint8_t bytes[4];

    sl_set_u32(bytes, value);
    return sl_buf_put(buf, bytes, sizeof bytes);
}

enum sl_err sl_buf_put_cstr(struct sl_buf *buf, const char *text)
{
    return sl_buf_put(buf, text, strlen(text) + 1);
}

enum sl_err sl_buf_printf(struct sl_buf *buf, const char *format, ...)
{
    char text[PRINTF_BYTES]; /* vsnprintf() wants room for a terminator, buf may have none */
    char *longer = NULL;
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0) {
        return SL_EINVAL;
    }
    if ((size_t)len >= sizeof text) {
        va_start(args, format);
        len = vasprintf(&longer, format, args);
        va_end(args);
        if (len < 0) {
            return SL_ENOMEM;
        }
    }
    enum sl_err err = sl_buf_put(buf, longer == NULL ? text : longer, (size_t)len);
    free(longer);
    return err;
}

void sl_buf_consume(struct sl_buf *buf, size_t len)
{
    SL_CHECK(len <= sl_buf_len(buf));
    buf->done += len;
    if (buf->done == buf->filled) {
        sl_buf_reset(buf);
    }
    buf_check(buf);
}
