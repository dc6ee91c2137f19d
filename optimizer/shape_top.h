/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_top.h - the first rows of the store in some order.
 *
 * The store is looked through some rows at a time, so that a worker may do it for a
 * console between its turns: shape_top_step() until it says true. Then rows[0..count) are the
 * first ones, greatest first, each with all its parts.
 *
 * Ownership: its memory, rows_max times some 440 bytes. Threads: the caller's.
 * Bounds: rows_max, at most SHAPE_TOP_MAX.
 */
#ifndef SLUICE_OPTIMIZER_SHAPE_TOP_H
#define SLUICE_OPTIMIZER_SHAPE_TOP_H

#include "optimizer/shape_store.h"

#define SHAPE_ANY UINT32_MAX

enum {
    SHAPE_TOP_MAX = 100000,
    SHAPE_TRACKED = 1000 /* rows whose minutes are kept */
};

enum shape_order {
    SHAPE_BY_TOTAL, /* sum of the total time */
    SHAPE_BY_CALLS,
    SHAPE_BY_MEAN, /* of the total time */
    SHAPE_BY_P50,
    SHAPE_BY_P95,
    SHAPE_BY_P99,
    SHAPE_BY_MAX,
    SHAPE_BY_WAIT, /* sum of the time waited for a server */
    SHAPE_BY_SERVER,
    SHAPE_BY_CLIENT,
    SHAPE_BY_ROWS,
    SHAPE_BY_BYTES,
    SHAPE_BY_ERRORS,
    SHAPE_BY_LAST_SEEN,
    SHAPE_BY_HOUR, /* sum of the total time within the hour */
    SHAPE_ORDERS
};

struct shape_rank {
    uint64_t value;
    struct shape_key key;
};

struct shape_top {
    struct shape_store *store;
    struct shape_row *rows;
    uint32_t count;
    uint32_t rows_max;
    enum shape_order order;
    bool is_hour;
    uint32_t database; /* SHAPE_ANY: of all, as is user */
    uint32_t user;
    sl_usec now;
    uint32_t cursor;
    uint32_t ranked;          /* so many of ranks are there */
    struct shape_rank *ranks; /* a heap, the least first; sorted when all rows were seen */
    bool is_sorted;
};

/* "total", "calls", "mean", "p99" ...; -1: none of them. */
int shape_order_named(struct sl_span name);
const char *shape_order_name(enum shape_order order);

SL_MUST_CHECK enum sl_err shape_top_init(struct shape_top *top, struct shape_store *store,
        enum shape_order order, uint32_t rows_max, sl_usec now);
/* Before the first step: ranks by the last hour's numbers, and leaves out who has none. */
void shape_top_by_hour(struct shape_top *top);
/* Likewise: only rows of that database and user (optimizer/names.h), each unless SHAPE_ANY. */
void shape_top_only(struct shape_top *top, uint32_t database, uint32_t user);
/* Looks at about rows_max more rows. True: done. */
bool shape_top_step(struct shape_top *top, uint32_t rows_max);
void shape_top_fini(struct shape_top *top); /* zeroed is fine */

/*
 * Once a minute: the minutes of those SHAPE_TRACKED rows that cost most within the hour are
 * kept from now on, and what is too old is given back. Turn as shape_store_track(). A
 * millisecond or two: not on a worker.
 */
SL_MUST_CHECK enum sl_err shape_top_track(struct shape_store *store, uint32_t turn, sl_usec now);

#endif
