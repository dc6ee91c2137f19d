/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/reuse.h - what keeping the answers of a shape was good for: hits for each fill, and whether that is too few.
 *
 * After REUSE_FILLS fills it is looked whether there were REUSE_LEAST hundredths of a hit for each. If not, the
 * shape is cold for REUSE_COLD, and if it is so once more, for twice as long: its answers are not taken
 * down then. A shape whose answers are dear is never cold: a few hits are worth many fills.
 *
 *     each worker counts in a table of its own; who has counted some fills adds up all tables
 *
 * Ownership: one for all workers. Threads: a worker's table is written by that worker; others read it.
 * Verdicts are any thread's, under a lock that is a leaf, taken every REUSE_STEP fills. Bounds: REUSE_SHAPES
 * places; of shapes that share one, the last that was filled is known.
 */
#ifndef SLUICE_CACHE_REUSE_H
#define SLUICE_CACHE_REUSE_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/hash.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    REUSE_SHAPES = 4096,
    REUSE_FILLS = 500,
    REUSE_STEP = 64,  /* fills of a worker, between two looks */
    REUSE_LEAST = 30, /* hits for a hundred fills */
    REUSE_DOUBLINGS_MAX = 6,
    REUSE_DEAR_USEC = 5000 /* what a statement takes that is always worth it */
};

#define REUSE_COLD (60 * SL_SECOND)

struct reuse;

struct reuse_sum {
    uint64_t hits;
    uint64_t fills;
};

SL_MUST_CHECK struct reuse *reuse_new(unsigned workers); /* NULL: no memory */
void reuse_free(struct reuse *reuse);                    /* NULL is fine */

/* On that worker. */
void reuse_hit(struct reuse *reuse, unsigned worker, struct sl_hash128 shape);
/* The same: an answer is kept that took so long. */
void reuse_fill(struct reuse *reuse, unsigned worker, struct sl_hash128 shape, uint32_t cost_usec,
        sl_usec now);
/* The same: of that worker alone. */
struct reuse_sum reuse_here(const struct reuse *reuse, unsigned worker, struct sl_hash128 shape);
/* Any thread: until when the shape is cold; 0: it is not. */
sl_usec reuse_cold_until(const struct reuse *reuse, struct sl_hash128 shape, sl_usec now);

#endif
