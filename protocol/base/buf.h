/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/buf.h - a growing byte window with a bound.
 *
 * Bytes are appended at the end (filled) and consumed from the front (done):
 *
 *     0 .... done .... filled .... cap        cap <= bytes_max
 *            [ what is in it ]
 *
 * Ownership: the buf owns its memory; sl_buf_fini() gives it back. A zeroed buf
 * with bytes_max set is ready for use and holds no memory. Threads: the caller's.
 * Bounds: never more than bytes_max bytes in it; sl_buf_put() answers SL_ELIMIT.
 */
#ifndef SLUICE_PROTOCOL_BASE_BUF_H
#define SLUICE_PROTOCOL_BASE_BUF_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

struct sl_buf {
    uint8_t *at;
    size_t done;
    size_t filled;
    size_t cap;
    size_t bytes_max;
};

void sl_buf_init(struct sl_buf *buf, size_t bytes_max);

/* Frees the memory; the buf is empty, keeps its bound and may be used again. */
void sl_buf_fini(struct sl_buf *buf);

static inline size_t sl_buf_len(const struct sl_buf *buf)
{
    return buf->filled - buf->done;
}

/* What is in it; valid until the next call that changes buf. Its at is never NULL. */
static inline struct sl_span sl_buf_borrow(const struct sl_buf *buf)
{
    const void *at = buf->at == NULL ? "" : (const void *)(buf->at + buf->done);

    return sl_span(at, buf->filled - buf->done);
}

/* Makes room for len more bytes at buf->at + buf->filled. SL_ELIMIT, SL_ENOMEM: unchanged. */
SL_MUST_CHECK enum sl_err sl_buf_reserve(struct sl_buf *buf, size_t len);

/* Appends. On failure nothing was added. */
SL_MUST_CHECK enum sl_err sl_buf_put(struct sl_buf *buf, const void *bytes, size_t len);
SL_MUST_CHECK enum sl_err sl_buf_put_u8(struct sl_buf *buf, uint8_t value);
SL_MUST_CHECK enum sl_err sl_buf_put_u16(struct sl_buf *buf, uint16_t value); /* network order */
SL_MUST_CHECK enum sl_err sl_buf_put_u32(struct sl_buf *buf, uint32_t value); /* network order */
/* The characters and a terminating zero. */
SL_MUST_CHECK enum sl_err sl_buf_put_cstr(struct sl_buf *buf, const char *text);
SL_MUST_CHECK enum sl_err sl_buf_printf(struct sl_buf *buf, const char *format, ...)
        SL_PRINTF(2, 3);

/* Drops len bytes from the front; len is at most sl_buf_len(). */
void sl_buf_consume(struct sl_buf *buf, size_t len);

/* Empty, memory kept. */
static inline void sl_buf_reset(struct sl_buf *buf)
{
    buf->done = 0;
    buf->filled = 0;
}

/* Network-order numbers at any alignment. */
static inline uint32_t sl_get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint16_t sl_get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void sl_set_u32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

static inline void sl_set_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

#endif
