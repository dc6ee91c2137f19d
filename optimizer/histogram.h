/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/histogram.h - how long things took: a mergeable log-linear histogram.
 *
 * Microseconds. Below 32 each value has a bucket of its own; above, each power of two is
 * cut into 32 equal buckets. A quantile is its bucket's middle, and so at most 1/64 (1.6 %)
 * away from the value of that rank. A page of 32 buckets comes into being with the first
 * value in it, of bytes at first, and of wider counters when one is full: a statement that
 * ran a hundred times costs some hundred bytes, and nothing is ever lost to a counter's
 * end. Merging is adding: the parts' sum is exactly the whole.
 *
 * Ownership: the pages, from the budget given; always the same one for the same histogram.
 * Threads: the owner's. Bounds: HISTOGRAM_PAGES pages, 8.5 KB; values above
 * HISTOGRAM_USEC_MAX (38 hours) are put in the last bucket, min, max and sum are exact.
 * Without memory for a page values are counted in count, sum and unplaced, and
 * quantiles are of the others. A zeroed histogram is an empty one.
 */
#ifndef SLUICE_OPTIMIZER_HISTOGRAM_H
#define SLUICE_OPTIMIZER_HISTOGRAM_H

#include "optimizer/budget.h"
#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_PAGES = 33, HISTOGRAM_PAGE = 32 };

#define HISTOGRAM_USEC_MAX ((UINT64_C(1) << 37) - 1)

struct histogram_block;

struct histogram {
    uint64_t count;
    uint64_t sum;
    uint64_t min; /* of count > 0 */
    uint64_t max;
    uint64_t unplaced; /* of count: in no bucket, for want of memory */
    struct histogram_block *block;
};

/* SL_ENOMEM: counted, but unplaced. */
enum sl_err histogram_add(struct histogram *histogram, struct budget *budget, uint64_t usec);
/* Adds from to into; SL_ENOMEM: some of it unplaced. */
enum sl_err histogram_merge(
        struct histogram *into, struct budget *budget, const struct histogram *from);
/* Empty; keeps its pages for the next values. */
void histogram_reset(struct histogram *histogram);
/* Empty, without pages. */
void histogram_fini(struct histogram *histogram, struct budget *budget);

/* The value of rank ceil(quantile * count), nearly; quantile from 0 to 1. 0 when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);
/* Several, ascending, in one pass. */
void histogram_quantiles(
        const struct histogram *histogram, const double *quantiles, size_t n, uint64_t *values);
/* The same of several histograms, as if they were merged. */
void histogram_quantiles_of(const struct histogram *const *parts, unsigned count,
        const double *quantiles, size_t n, uint64_t *values);
/* 0 when empty. */
double histogram_mean(const struct histogram *histogram);
/*
 * How many values are at most bounds[i] (ascending), for each i: for Prometheus. A bound
 * means the nearest edge between buckets, at most 1/64 away, so that what is told of a
 * bound never shrinks. Unplaced ones are in none: +Inf is count.
 */
void histogram_cumulative(
        const struct histogram *histogram, const uint64_t *bounds, size_t n, uint64_t *counts);

/* What its pages cost; the struct itself is the caller's. */
size_t histogram_bytes(const struct histogram *histogram);

#endif
