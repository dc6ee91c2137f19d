/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_gather.h - what the cache knows of statements: of all workers, and of what is kept.
 *
 *     gather_new() -> gather_worker() on each worker -> gather_store() on the last, until it says so
 *
 * A record is a shape in a database with a verdict: workers that judged alike have one together, and a
 * verdict of a moment before (its catalogue was not known yet) has one of its own, with when it was last of use.
 *
 * Ownership: the visit's. Threads: one at a time. Bounds: GATHER_MAX records, those that come later are
 * counted.
 */
#ifndef SLUICE_PROXY_CONSOLE_CACHE_GATHER_H
#define SLUICE_PROXY_CONSOLE_CACHE_GATHER_H

#include "cache/stage.h"

enum { GATHER_MAX = 16384 };

struct worker;

struct gather_record {
    struct cache_shape
            shape;    /* its policy is a reference; NULL: only what is kept is known of it */
    uint64_t entries; /* that are kept, as the rest */
    uint64_t points;  /* of those, of one row by its key */
    uint64_t sets;    /* of those, of rows by values of some columns */
    uint64_t bytes;
    uint64_t hits;
    uint64_t saved_usec;
};

struct gather;

/* NULL: no memory. */
SL_MUST_CHECK struct gather *gather_new(void);
void gather_free(struct gather *gather); /* NULL is fine */
/* On that worker, some at a time; *cursor is 0 first. True: that was all. */
bool gather_worker(struct gather *gather, const struct worker *worker, uint32_t *cursor);
/* Behind all workers, some at a time. True: that was all. */
bool gather_store(struct gather *gather);

struct gather_record *gather_records(struct gather *gather, uint32_t *count);
/* Statements for which there was no room. */
uint64_t gather_left_out(const struct gather *gather);

#endif
