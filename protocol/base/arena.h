/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/arena.h - bump memory with one lifetime.
 *
 * Ownership: everything taken from an arena lives until sl_arena_fini() or
 * sl_arena_reset(). Threads: the caller's. Bounds: bytes_max in all; at the
 * bound, or without memory, NULL.
 */
#ifndef SLUICE_PROTOCOL_BASE_ARENA_H
#define SLUICE_PROTOCOL_BASE_ARENA_H

#include "protocol/base/check.h"
#include "protocol/base/span.h"

#include <stddef.h>

struct sl_arena_block;

struct sl_arena {
    struct sl_arena_block *blocks;
    size_t bytes;
    size_t bytes_max;
};

void sl_arena_init(struct sl_arena *arena, size_t bytes_max);
void sl_arena_fini(struct sl_arena *arena);
void sl_arena_reset(struct sl_arena *arena); /* empty; keeps the first block */

/* Zeroed, aligned for any type. */
SL_MUST_CHECK void *sl_arena_take(struct sl_arena *arena, size_t len);
/* A C string of its own. */
SL_MUST_CHECK char *sl_arena_text(struct sl_arena *arena, struct sl_span text);
SL_MUST_CHECK char *sl_arena_printf(struct sl_arena *arena, const char *format, ...)
        SL_PRINTF(2, 3);

#endif
