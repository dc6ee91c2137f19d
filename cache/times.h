/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/times.h - how long answers took: counters that one thread adds to and any may read.
 *
 * Microseconds. Below TIMES_SUB each value has a bucket of its own; above, each power of two is cut into
 * TIMES_SUB equal ones, so what is told of a quantile, its bucket's middle, is at most 1/16 off. Beyond
 * TIMES_MAX everything is in the last one.
 *
 * Ownership: the caller's; a zeroed one is empty. Threads: times_add() one, the rest any. Bounds: 2 KB.
 */
#ifndef SLUICE_CACHE_TIMES_H
#define SLUICE_CACHE_TIMES_H

#include "protocol/base/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMES_SUB_BITS = 3, TIMES_SUB = 1 << TIMES_SUB_BITS, TIMES_BUCKETS = 248 };

#define TIMES_MAX ((UINT64_C(1) << 33) - 1) /* more than two hours */

struct times {
    _Atomic uint64_t counts[TIMES_BUCKETS];
    _Atomic uint64_t sum;
    _Atomic uint64_t max;
};

/* Of several, as of some moment. */
struct times_sum {
    uint64_t counts[TIMES_BUCKETS];
    uint64_t count; /* of all */
    uint64_t sum;
    uint64_t max;
};

/* A time below 0, which no clock gives, is 0. */
void times_add(struct times *times, sl_usec usec);
/* Adds it to sum, which is zeroed at first. */
void times_read(const struct times *times, struct times_sum *sum);

/* 0 where there is nothing. */
uint64_t times_mean(const struct times_sum *sum);
/* The value of rank ceil(quantile * count), nearly, and never above the greatest there was. */
uint64_t times_quantile(const struct times_sum *sum, double quantile);
/* How many are at most that, as far as buckets tell: never less for a higher one. */
uint64_t times_up_to(const struct times_sum *sum, uint64_t usec);

#endif
