/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/holds.h - shapes whose answers are to stay: ranges of the first half of their hashes, as a beginning of an id says.
 *
 * Ownership: the cache's. Threads: any, under a lock that is a leaf; where nothing is pinned, without it.
 * Bounds: HOLDS_MAX.
 */
#ifndef SLUICE_CACHE_HOLDS_H
#define SLUICE_CACHE_HOLDS_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { HOLDS_MAX = 64 };

struct holds {
    atomic_uint count; /* written under the lock */
    pthread_mutex_t lock;
    struct hold_range {
        uint64_t least;
        uint64_t most;
    } at[HOLDS_MAX]; /* under the lock */
};

SL_MUST_CHECK enum sl_err holds_init(struct holds *holds);
void holds_fini(struct holds *holds);
/* SL_ELIMIT: there are HOLDS_MAX. One that is there already is there once. */
SL_MUST_CHECK enum sl_err holds_add(struct holds *holds, uint64_t least, uint64_t most);
/* All that lie within; how many. */
unsigned holds_remove(struct holds *holds, uint64_t least, uint64_t most);
bool holds_has(struct holds *holds, uint64_t shape);

#endif
