/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/store_index.h - the entries of a stripe by their keys, and the keys of which it let go.
 *
 *     slots:   hash, entry | hash, entry | ...         open addressing
 *     ghosts:  print, turn | print, turn | ... x 8     sets of a cache line; the oldest makes room
 *
 * A ghost is 32 bits of a key. It counts for so many turns as the caller says: turns are the ghosts
 * that came since. So the ghosts are a queue of which nothing needs to be taken off.
 *
 * Ownership: its two tables; the entries are the caller's. Threads: the caller's. Bounds: both have
 * the size they were last given.
 */
#ifndef SLUICE_CACHE_STORE_INDEX_H
#define SLUICE_CACHE_STORE_INDEX_H

#include "cache/entry.h"

enum { STORE_SLOTS_MIN = 64 };

struct store_slot {
    uint64_t hash;
    struct entry *entry; /* NULL: none */
};

struct store_ghost {
    uint32_t print; /* 0: none */
    uint32_t turn;
};

struct store_index {
    struct store_slot *slots;
    struct store_ghost *ghosts;
    uint32_t slots_count; /* a power of two, or 0: no tables */
    uint32_t count;
    uint32_t turn;
};

/* The bytes that the tables for so many slots take. */
size_t store_index_bytes(uint32_t slots_count);
/* For so many slots, 0 or a power of two that is more than there are entries. SL_ENOMEM: as it was. */
SL_MUST_CHECK enum sl_err store_index_resize(struct store_index *index, uint32_t slots_count);

/* NULL: there is none. */
struct entry *store_index_find(const struct store_index *index, struct sl_hash128 key);
/* There is none of that key, and a free slot remains. */
void store_index_put(struct store_index *index, struct entry *entry);
/* It is in it. */
void store_index_remove(struct store_index *index, const struct entry *entry);

void store_index_put_ghost(struct store_index *index, struct sl_hash128 key);
/* Whether it is one of the latest so many; it no longer is. */
bool store_index_take_ghost(struct store_index *index, struct sl_hash128 key, uint32_t turns);

#endif
