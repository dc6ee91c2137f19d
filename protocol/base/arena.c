/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/arena.c - a list of blocks, newest first; only the newest has room.
 *
 * The bound counts what blocks hold, not what was asked for: it is memory that must
 * not grow. What does not fit a usual block gets one of its own size.
 */
#include "protocol/base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BLOCK_BYTES = 2048, /* of a usual block, its head included */
    ALIGN = _Alignof(max_align_t)
};

struct sl_arena_block {
    struct sl_arena_block *next; /* older */
    size_t used;
    size_t cap;
    _Alignas(max_align_t) uint8_t bytes[];
};

void sl_arena_init(struct sl_arena *arena, size_t bytes_max)
{
    *arena = (struct sl_arena){.bytes_max = bytes_max};
}

static void drop_until(struct sl_arena *arena, const struct sl_arena_block *keep)
{
    while (arena->blocks != keep) {
        struct sl_arena_block *block = arena->blocks;

        SL_DCHECK(arena->bytes >= sizeof *block + block->cap);
        arena->bytes -= sizeof *block + block->cap;
        arena->blocks = block->next;
        free(block);
    }
}

void sl_arena_fini(struct sl_arena *arena)
{
    drop_until(arena, NULL);
    SL_DCHECK(arena->bytes == 0);
}

void sl_arena_reset(struct sl_arena *arena)
{
    struct sl_arena_block *first = arena->blocks;

    while (first != NULL && first->next != NULL) {
        first = first->next;
    }
    drop_until(arena, first);
    if (first != NULL) {
        first->used = 0;
    }
}

static struct sl_arena_block *add_block(struct sl_arena *arena, size_t len)
{
    size_t usual = BLOCK_BYTES - sizeof(struct sl_arena_block);
    size_t left = arena->bytes_max - arena->bytes;

    if (left < sizeof(struct sl_arena_block)) {
        return NULL;
    }
    left -= sizeof(struct sl_arena_block);
    if (len > left) {
        return NULL;
    }
    size_t cap = len > usual ? len : usual;
    if (cap > left) {
        cap = left;
    }
    struct sl_arena_block *block = malloc(sizeof *block + cap);
    if (block == NULL) {
        return NULL;
    }
    block->next = arena->blocks;
    block->used = 0;
    block->cap = cap;
    arena->blocks = block;
    arena->bytes += sizeof *block + cap;
    return block;
}

void *sl_arena_take(struct sl_arena *arena, size_t len)
{
    struct sl_arena_block *block = arena->blocks;

    SL_DCHECK(arena->bytes <= arena->bytes_max);
    if (len > SIZE_MAX - ALIGN) {
        return NULL;
    }
    len = (len + ALIGN - 1) / ALIGN * ALIGN;
    if (block == NULL || len > block->cap - block->used) {
        block = add_block(arena, len);
    }
    if (block == NULL) {
        return NULL;
    }
    void *at = block->bytes + block->used;
    block->used += len;
    SL_DCHECK(block->used <= block->cap);
    memset(at, 0, len);
    return at;
}

char *sl_arena_text(struct sl_arena *arena, struct sl_span text)
{
    char *copy = text.len == SIZE_MAX ? NULL : sl_arena_take(arena, text.len + 1);

    if (copy != NULL && text.len > 0) {
        memcpy(copy, text.at, text.len); /* the terminator is there: memory comes zeroed */
    }
    return copy;
}

char *sl_arena_printf(struct sl_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);

    char *text = len < 0 ? NULL : sl_arena_take(arena, (size_t)len + 1);
    if (text == NULL) {
        return NULL;
    }
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
