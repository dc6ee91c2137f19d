/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/window.h - the last hour of a time, as histograms of 20 minutes, and of a few sums.
 *
 * What is older than the oldest of WINDOW_SLOTS slots is forgotten, a slot at a time: a
 * window covers 60 minutes and what of the present slot has passed, up to 80. window_from()
 * says since when, so that whoever shows it can.
 *
 * Ownership: pages, from the budget given. Threads: the owner's. Bounds: WINDOW_SLOTS
 * histograms. A zeroed window is an empty one.
 */
#ifndef SLUICE_OPTIMIZER_WINDOW_H
#define SLUICE_OPTIMIZER_WINDOW_H

#include "optimizer/tally.h"

enum { WINDOW_SLOTS = 4 };

#define WINDOW_SLOT (1200 * SL_SECOND)

struct window_sums {
    uint64_t errors;
    uint64_t cached;
    uint64_t rows;
    uint64_t wait_usec;
    uint64_t server_usec;
    uint64_t client_usec;
};

struct window {
    struct {
        int64_t number; /* now / WINDOW_SLOT + 1; 0: empty */
        struct histogram times;
        struct window_sums sums;
    } slots[WINDOW_SLOTS];
};

enum sl_err window_add(struct window *window, struct budget *budget, uint64_t usec, sl_usec now);
/* The total time of what was added up, and its sums. */
enum sl_err window_merge(
        struct window *window, struct budget *budget, const struct tally *more, sl_usec now);
/* Adds up what the window holds at now; into is zeroed or has more of it, budget is into's. */
enum sl_err window_read(
        const struct window *window, sl_usec now, struct histogram *into, struct budget *budget);
/* The same without buckets, which is quick: count, sum, min and max. */
struct histogram window_sum(const struct window *window, sl_usec now);
struct window_sums window_sums(const struct window *window, sl_usec now);
void window_sums_add(struct window_sums *into, const struct window_sums *more);
/* Quantiles ascending. */
void window_quantiles(const struct window *window, sl_usec now, const double *quantiles, size_t n,
        uint64_t *values);
/* When the oldest slot that counts at now began. */
sl_usec window_from(sl_usec now);
/* Gives back what does not count any more. */
void window_trim(struct window *window, struct budget *budget, sl_usec now);
void window_fini(struct window *window, struct budget *budget);
size_t window_bytes(const struct window *window);

#endif
