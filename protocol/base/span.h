/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/span.h - bytes somebody else owns: a pointer and a length.
 *
 * Ownership: none; valid as long as the owner says.
 */
#ifndef SLUICE_PROTOCOL_BASE_SPAN_H
#define SLUICE_PROTOCOL_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sl_span {
    const uint8_t *at;
    size_t len;
};

static inline struct sl_span sl_span(const void *at, size_t len)
{
    return (struct sl_span){.at = at, .len = len};
}

/* The characters of a C string, without its terminator; NULL gives an empty span. */
static inline struct sl_span sl_span_text(const char *text)
{
    return (struct sl_span){.at = (const uint8_t *)text, .len = text == NULL ? 0 : strlen(text)};
}

static inline bool sl_span_equal(struct sl_span a, struct sl_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool sl_span_is(struct sl_span a, const char *text)
{
    return sl_span_equal(a, sl_span_text(text));
}

#endif
