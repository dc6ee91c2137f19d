/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/hold.h - bytes that wait: received and not consumed, or not yet taken by a socket.
 *
 * An idle connection holds nothing. Small holds come from a cache of equal
 * blocks that each worker keeps, so that a steady state allocates nothing.
 *
 * Ownership: the hold owns its block; hold_drop() gives it back. Threads: the
 * worker's, as the cache is. Bounds: the callers', who stop reading; no hold
 * grows past HOLD_BYTES_MAX (SL_ELIMIT).
 */
#ifndef SLUICE_PROXY_HOLD_H
#define SLUICE_PROXY_HOLD_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

enum {
    HOLD_BLOCK = 4096,
    HOLD_BLOCKS_KEPT = 1024, /* a worker's cache: at most 4 MB */
    HOLD_BYTES_MAX = 1 << 30
};

struct hold {
    uint8_t *at;
    uint32_t done;
    uint32_t filled;
    uint32_t cap;
};

struct hold_cache {
    void *free_blocks; /* singly linked through their first word */
    uint32_t count;
};

void hold_cache_fini(struct hold_cache *cache);

static inline uint32_t hold_len(const struct hold *hold)
{
    return hold->filled - hold->done;
}

static inline struct sl_span hold_borrow(const struct hold *hold)
{
    return sl_span(hold->at == NULL ? NULL : hold->at + hold->done, hold_len(hold));
}

/* Room for len more bytes at hold->at + hold->filled; moves what is held if need be. */
SL_MUST_CHECK enum sl_err hold_reserve(struct hold *hold, struct hold_cache *cache, size_t len);
SL_MUST_CHECK enum sl_err hold_put(
        struct hold *hold, struct hold_cache *cache, const void *bytes, size_t len);
/* Drops len bytes from the front; an empty hold gives its block back. */
void hold_consume(struct hold *hold, struct hold_cache *cache, size_t len);
void hold_drop(struct hold *hold, struct hold_cache *cache);

#endif
