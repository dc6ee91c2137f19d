/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/totals.h - what all statements of a pool cost together, and all of a worker.
 *
 * One row a (database, user, node), which is a pool, and one a worker. Workers add to them when
 * they tell the store of their entries (optimizer/shape_table.h), so a statement costs nothing
 * more. Shapes come and go; nothing ever leaves a total: the pools' rows add up to what was
 * told, and so do the workers'. A database's or node's total is the sum of its pools'.
 *
 * Ownership: rows and pages, from the budget given. Threads: any; a lock for finding and one for
 * each row, both leaves. Bounds: TOTALS_POOLS_MAX pools, fewer where the budget is small
 * (totals_pools_max()); later ones, and those without memory, are added up in the row whose names
 * are all number 0, "(other)" (optimizer/names.h). TOTALS_WORKERS_MAX workers; what one told while
 * there was no memory for its row is missing in that.
 */
#ifndef SLUICE_OPTIMIZER_TOTALS_H
#define SLUICE_OPTIMIZER_TOTALS_H

#include "optimizer/window.h"

#include <stdbool.h>

enum { TOTALS_POOLS_MAX = 1024, TOTALS_POOLS_MIN = 16, TOTALS_WORKERS_MAX = 256 };

#define TOTAL_ALL UINT32_MAX /* all of them together */

/* Of a pool's row: worker is TOTAL_ALL. Of a worker's: the others are. */
struct total_key {
    uint32_t worker;
    uint32_t database; /* as what follows: a number of optimizer/names.h */
    uint32_t user;
    uint32_t node;
};

struct totals;

/* NULL without memory. */
SL_MUST_CHECK struct totals *totals_new(struct budget *budget);
void totals_free(struct totals *totals); /* NULL is fine */

/* What that worker counted of that pool; never fails. */
void totals_add(
        struct totals *totals, const struct total_key *key, const struct tally *tally, sl_usec now);

/*
 * Adds the next row with anything in it to into (which is without a budget; NULL: the key
 * will do). *cursor is 0 to begin with. False: that was the last one, nothing was added.
 */
bool totals_read(
        const struct totals *totals, uint32_t *cursor, struct total_key *key, struct tally *into);
/*
 * Likewise all rows of match: a worker's, or else all pools with that database, user and node,
 * each unless TOTAL_ALL. How many rows had anything in them.
 */
uint32_t totals_sum(const struct totals *totals, const struct total_key *match, struct tally *into);

/*
 * The last hour (optimizer/window.h) of all pools that match, as above but for a worker's: added
 * up from rows_max rows a call. True: that was all.
 */
struct total_hour {
    struct total_key match;
    sl_usec now;
    uint32_t cursor;        /* 0 to begin with */
    struct histogram times; /* of no budget; histogram_fini() */
    struct window_sums sums;
};
bool totals_hour(const struct totals *totals, struct total_hour *hour, uint32_t rows_max);
/* Now and then: gives back what is too old for the hour. */
void totals_trim(struct totals *totals, sl_usec now);

/* RESET STATS, so many rows a call. Rows stay, empty. *cursor is 0 to begin with; true: all are. */
bool totals_reset(struct totals *totals, uint32_t *cursor, uint32_t rows_max);

uint32_t totals_pools_max(const struct totals *totals);

#endif
