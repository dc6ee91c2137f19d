/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/store.h - the local tier: answers of this process, by their keys.
 *
 * Striped: a key's stripe has a lock, an index and three queues of S3-FIFO (Yang, Qiu, Zhang, Yue,
 * Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023): small, for what is new, a
 * tenth of the bytes; main, for what was asked for again; ghost, of keys alone, for what small let go
 * of. A hit moves nothing: it counts up to three. What the hand passes and is no longer fresh, or has
 * expired, goes first of all, whatever it counts; what was dear to get has another round for it.
 *
 * Ownership: an entry that is put is the store's, with its reference; what is found is lent, with a
 * reference of its own. Threads: any; a stripe's lock is a leaf, held for a probe or for making
 * room. Bounds: entries, their index and ghosts never exceed bytes_max together, and none of them the
 * part of it that is its stripe's.
 */
#ifndef SLUICE_CACHE_STORE_H
#define SLUICE_CACHE_STORE_H

#include "cache/entry.h"

enum store_result {
    STORE_HIT,
    STORE_MISS,    /* there is none */
    STORE_CHANGED, /* there was one: a write has ended since; it is gone */
    STORE_PENDING, /* there is one, and a write is under way that may change it */
    STORE_EXPIRED, /* it is gone */
    STORE_RESULTS
};

enum { STORE_TIGHT_NUM = 3, STORE_TIGHT_DEN = 4 };

struct store_limits {
    size_t bytes_max; /* 1 MiB at least */
    unsigned stripes; /* a power of two; 0: chosen by bytes_max */
};

struct store_counts {
    uint64_t results[STORE_RESULTS];
    uint64_t puts;
    uint64_t replaced;
    uint64_t refused; /* puts for which there was no room: SL_ELIMIT */
    uint64_t evicted; /* fresh ones, for room */
    uint64_t swept;   /* no longer fresh, or expired, for room */
    uint64_t dropped; /* store_drop() and its like */
    uint64_t entries;
    uint64_t pinned; /* of those, that have a place where only what is dead goes */
    uint64_t pinned_bytes;
    uint64_t bytes;      /* of what there is now, all in all */
    uint64_t bytes_peak; /* the most there ever was */
};

struct store;

/* NULL: no memory. tags outlives it. */
SL_MUST_CHECK struct store *store_new(const struct store_limits *limits, const struct tags *tags);
void store_free(struct store *store); /* NULL is fine; entries that are lent live on */

/* STORE_HIT: *entry is a reference; else it is NULL, but of one that may be stale and has not expired. */
enum store_result store_find(
        struct store *store, struct sl_hash128 key, sl_usec now, struct entry **entry);
/* As store_find(), of one that is only looked at: nothing is counted, nothing goes. */
enum store_result store_peek(
        struct store *store, struct sl_hash128 key, sl_usec now, struct entry **entry);
/*
 * Takes the reference over, whatever comes of it. One of the same key goes, also where the new one is
 * refused, SL_ELIMIT: it is longer than a stripe, or the limit is just being lowered.
 */
enum sl_err store_put(struct store *store, struct entry *entry);
void store_drop(struct store *store, struct sl_hash128 key);
/* Those that `is` says it of; how many. Some at a time, without a lock: others may come meanwhile. */
uint64_t store_drop_if(
        struct store *store, bool (*is)(void *self, const struct entry *entry), void *self);
/*
 * Shows entries, in no order, until `show` says false. From a copy of some references at a time: no
 * lock is held while it is called, and one that moves meanwhile may come twice.
 */
void store_each(
        struct store *store, bool (*show)(void *self, const struct entry *entry), void *self);
/*
 * The same, as many at a time as its caller wants: one reader for all of it, which stays where it is in
 * between. next(): references, how many; 0: that was all. It ends before the store.
 */
struct store_reader;
SL_MUST_CHECK struct store_reader *store_reader_new(struct store *store); /* NULL: no memory */
unsigned store_reader_next(
        struct store_reader *reader, struct entry **entries, unsigned entries_max);
void store_reader_free(struct store_reader *reader); /* NULL is fine */
/* That one, if it is still there. */
bool store_drop_entry(struct store *store, const struct entry *entry);
/*
 * It is to stay or not. What is pinned is not taken for room, as long as such entries take no more than a quarter of
 * their stripe; what is dead goes all the same. False: it is not there any more.
 */
bool store_pin(struct store *store, const struct entry *entry, bool is_pinned);
/* Less, or more, from now on: at a reload. */
void store_limit(struct store *store, size_t bytes_max);
/* Any thread: most of its bytes are taken (STORE_TIGHT_NUM of STORE_TIGHT_DEN parts of them). */
bool store_is_tight(const struct store *store);
/* What there is now, as in counts. */
size_t store_bytes(const struct store *store);
void store_counts(const struct store *store, struct store_counts *counts);

#endif
