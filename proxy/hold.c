/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/hold.h"

#include <stdlib.h>

static uint8_t *block_take(struct hold_cache *cache)
{
    void *block = cache->free_blocks;

    if (block == NULL) {
        return malloc(HOLD_BLOCK);
    }
    memcpy(&cache->free_blocks, block, sizeof(void *));
    cache->count--;
    return block;
}

static void block_give(struct hold_cache *cache, void *block)
{
    if (cache->count >= HOLD_BLOCKS_KEPT) {
        free(block);
        return;
    }
    memcpy(block, &cache->free_blocks, sizeof(void *));
    cache->free_blocks = block;
    cache->count++;
}

void hold_cache_fini(struct hold_cache *cache)
{
    while (cache->free_blocks != NULL) {
        free(block_take(cache));
    }
}

static void give(struct hold_cache *cache, uint8_t *at, uint32_t cap)
{
    if (cap == HOLD_BLOCK) {
        block_give(cache, at);
    } else {
        free(at);
    }
}

enum sl_err hold_reserve(struct hold *hold, struct hold_cache *cache, size_t len)
{
    size_t held = hold_len(hold);

    if (hold->cap - hold->filled >= len) {
        return SL_OK;
    }
    if (len > HOLD_BYTES_MAX || held + len > HOLD_BYTES_MAX) {
        return SL_ELIMIT;
    }
    if (hold->cap >= held + len && hold->done >= hold->cap / 2) {
        memmove(hold->at, hold->at + hold->done, held);
        hold->done = 0;
        hold->filled = (uint32_t)held;
        return SL_OK;
    }

    uint32_t cap = HOLD_BLOCK;
    while (cap < held + len) {
        cap *= 2;
    }
    uint8_t *at = cap == HOLD_BLOCK ? block_take(cache) : malloc(cap);
    if (at == NULL) {
        return SL_ENOMEM;
    }
    if (hold->at != NULL) {
        memcpy(at, hold->at + hold->done, held);
        give(cache, hold->at, hold->cap);
    }
    *hold = (struct hold){.at = at, .done = 0, .filled = (uint32_t)held, .cap = cap};
    return SL_OK;
}

enum sl_err hold_put(struct hold *hold, struct hold_cache *cache, const void *bytes, size_t len)
{
    if (len == 0) {
        return SL_OK;
    }
    enum sl_err err = hold_reserve(hold, cache, len);
    if (err != SL_OK) {
        return err;
    }
    memcpy(hold->at + hold->filled, bytes, len);
    hold->filled += (uint32_t)len;
    return SL_OK;
}

void hold_consume(struct hold *hold, struct hold_cache *cache, size_t len)
{
    SL_CHECK(len <= hold_len(hold));
    hold->done += (uint32_t)len;
    if (hold->done == hold->filled) {
        hold_drop(hold, cache);
    }
}

void hold_drop(struct hold *hold, struct hold_cache *cache)
{
    if (hold->at != NULL) {
        give(cache, hold->at, hold->cap);
    }
    *hold = (struct hold){0};
}
