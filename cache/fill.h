/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/fill.h - a reply on its way, of which an entry may be made.
 *
 *     fill_begin() -> fill_message() for each -> FILL_WHOLE? fill_parts() -> fill_end()
 *
 * Kept is a reply of RowDescription (if it was asked for), DataRows and the CommandComplete of a SELECT, and
 * nothing between: an error, a notice, a parameter that changed, a portal that is suspended, or rows of a
 * type that looks different while it is the same (policy_type_is_steady()) spoil it.
 *
 * Ownership: the caller's; its bytes until fill_end(). Threads: the caller's. Bounds: bytes_max of reply.
 */
#ifndef SLUICE_CACHE_FILL_H
#define SLUICE_CACHE_FILL_H

#include "cache/entry.h"
#include "protocol/base/buf.h"

enum fill_state {
    FILL_OPEN,
    FILL_WHOLE,
    FILL_SPOILED, /* something in it that is not kept */
    FILL_OF_TYPE, /* likewise: a column's type */
    FILL_TOO_LARGE,
    FILL_NO_MEMORY,
    FILL_STATES
};

struct fill {
    struct sl_buf bytes;
    size_t head_len;
    size_t rows_len;
    uint32_t rows;
    uint8_t state; /* enum fill_state */
};

/* bytes_max: 64 at least. */
void fill_begin(struct fill *fill, size_t bytes_max);
/* A message, type byte and all, or the beginning of one that is too long. */
void fill_message(struct fill *fill, struct sl_span message);
/* Of one that is FILL_WHOLE; borrowed until fill_end(). The question is the caller's. */
struct entry_parts fill_parts(const struct fill *fill);
/* Whatever has come of it: it is not to be kept. */
void fill_spoil(struct fill *fill);
void fill_end(struct fill *fill);

#endif
