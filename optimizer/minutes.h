/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/minutes.h - the last hour of a time, minute by minute: what a sparkline shows.
 *
 * Of a minute that is over five numbers are kept; the present one has a histogram.
 *
 * Ownership: pages, from the budget given. Threads: the owner's. Bounds: MINUTES_MAX
 * minutes; sizeof(struct minutes) is 2.4 KB. A zeroed one is empty.
 */
#ifndef SLUICE_OPTIMIZER_MINUTES_H
#define SLUICE_OPTIMIZER_MINUTES_H

#include "optimizer/histogram.h"
#include "protocol/base/clock.h"

enum { MINUTES_MAX = 60 };

#define MINUTE (60 * SL_SECOND)

struct minute {
    int64_t number; /* now / MINUTE + 1; 0: nothing was there */
    uint64_t count;
    uint64_t sum;
    uint32_t p50; /* microseconds, UINT32_MAX (71 minutes) at most */
    uint32_t p95;
    uint32_t p99;
};

struct minutes {
    int64_t number; /* of the present one */
    struct histogram times;
    struct minute ring[MINUTES_MAX]; /* by number */
};

enum sl_err minutes_merge(
        struct minutes *minutes, struct budget *budget, const struct histogram *more, sl_usec now);
/*
 * The last minutes up to now, oldest first, the present one last; minutes without anything
 * have their number and zeros. How many: none from before the first one with something.
 */
unsigned minutes_read(const struct minutes *minutes, sl_usec now, struct minute to[MINUTES_MAX]);
void minutes_fini(struct minutes *minutes, struct budget *budget);

#endif
