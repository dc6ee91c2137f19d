/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/interval.h - what a row got since it was last taken: for who writes it down.
 *
 * A tally (optimizer/tally.h) is of all time; here are its sums of the last minute or so,
 * and one histogram, of the total time. It is there only while something came.
 *
 * Ownership: its memory and pages, from the budget given; always the same one. Threads:
 * the owner's. Bounds: the budget; sizeof(struct interval) and a histogram.
 */
#ifndef SLUICE_OPTIMIZER_INTERVAL_H
#define SLUICE_OPTIMIZER_INTERVAL_H

#include "optimizer/tally.h"

struct interval_sums {
    uint64_t calls;
    uint64_t errors;
    uint64_t rows;
    uint64_t transactions;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t wait_usec;
    uint64_t server_usec;
    uint64_t client_usec;
};

struct interval {
    struct interval_sums sums;
    struct histogram total;
};

/* Makes *interval if it is NULL. False: no memory, nothing was added. */
SL_MUST_CHECK bool interval_add(
        struct interval **interval, struct budget *budget, const struct tally *tally);
/* Into one that is there. */
void interval_merge_tally(
        struct interval *interval, struct budget *budget, const struct tally *tally);
void interval_merge(struct interval *interval, struct budget *budget, const struct interval *from);
void interval_sums_add(struct interval_sums *sums, const struct interval_sums *more);
/* Without pages, empty. */
void interval_fini(struct interval *interval, struct budget *budget);
void interval_free(struct interval **interval, struct budget *budget); /* of NULL is fine */

#endif
