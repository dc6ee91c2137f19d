/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/cursor.h - reads a message's body from front to back.
 *
 * What does not fit in what is left reads as zero or empty and sets is_cut, so
 * that a reader looks once, at the end: cursor_ended() is true when everything was
 * there and nothing is left over.
 *
 * Ownership: spans are borrowed from the body. Threads: the caller's.
 */
#ifndef SLUICE_PROTOCOL_CURSOR_H
#define SLUICE_PROTOCOL_CURSOR_H

#include "protocol/base/buf.h"
#include "protocol/base/span.h"

#include <stdbool.h>

struct cursor {
    struct sl_span left;
    bool is_cut;
};

static inline struct cursor cursor_at(struct sl_span body)
{
    return (struct cursor){.left = body};
}

static inline struct sl_span cursor_bytes(struct cursor *cursor, size_t len)
{
    if (cursor->is_cut || cursor->left.len < len) {
        cursor->is_cut = true;
        return sl_span("", 0);
    }
    struct sl_span bytes = sl_span(cursor->left.at, len);
    if (len > 0) {
        cursor->left = sl_span(cursor->left.at + len, cursor->left.len - len);
    }
    return bytes;
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    struct sl_span bytes = cursor_bytes(cursor, 1);

    return bytes.len == 1 ? bytes.at[0] : 0;
}

static inline uint16_t cursor_u16(struct cursor *cursor)
{
    struct sl_span bytes = cursor_bytes(cursor, 2);

    return bytes.len == 2 ? sl_get_u16(bytes.at) : 0;
}

static inline uint32_t cursor_u32(struct cursor *cursor)
{
    struct sl_span bytes = cursor_bytes(cursor, 4);

    return bytes.len == 4 ? sl_get_u32(bytes.at) : 0;
}

/* A string without its terminator, which is read too; is_cut without one. */
static inline struct sl_span cursor_cstr(struct cursor *cursor)
{
    const uint8_t *end = NULL;

    if (!cursor->is_cut && cursor->left.len > 0) {
        const uint8_t *at = cursor->left.at; /* most names are empty: no call for those */
        end = *at == '\0' ? at : memchr(at, 0, cursor->left.len);
    }
    if (end == NULL) {
        cursor->is_cut = true;
        return sl_span("", 0);
    }
    struct sl_span text = cursor_bytes(cursor, (size_t)(end - cursor->left.at) + 1);
    return sl_span(text.at, text.len - 1);
}

static inline bool cursor_ended(const struct cursor *cursor)
{
    return !cursor->is_cut && cursor->left.len == 0;
}

#endif
