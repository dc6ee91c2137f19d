/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_rows.h - the rows of shape_store.c in stripes, and which of them goes.
 *
 * A row that is new is on probation: it goes before those that came again or cost time.
 * Of the others the least used goes, where use is forgotten as newcomers come. How:
 * shape_rows.c.
 *
 * Ownership: rows, their pages and the tables, from the budget given; a victim is the
 * caller's. Threads: any that holds the stripe's lock, where a stripe is given; others as
 * marked. Only shape_store.c includes this. Bounds: shapes_max rows, and the budget.
 */
#ifndef SLUICE_OPTIMIZER_SHAPE_ROWS_H
#define SLUICE_OPTIMIZER_SHAPE_ROWS_H

#include "optimizer/interval.h"
#include "optimizer/shape_store.h"
#include "optimizer/window.h"
#include "protocol/base/list.h"

#include <pthread.h>

enum {
    SHAPE_STRIPES_MAX = 16,
    SHAPE_USES_MAX = 15,
    SHAPE_VICTIMS_MAX = 4 /* one may come for each row that is made, a few more for bytes */
};

struct store_row {
    struct store_row *next;
    struct sl_list in_queue;
    struct shape_key key;
    uint64_t hash;
    uint8_t uses;
    bool is_main;
    struct tally tally;
    struct window hour;
    struct minutes *minutes;   /* NULL: not kept */
    struct interval *interval; /* NULL: nothing came, or not kept */
    uint32_t turn;             /* when it was last said that they are to be kept */
};

struct store_stripe {
    _Alignas(64) pthread_mutex_t lock;
    struct store_row **buckets; /* under lock, as what follows */
    uint32_t *tags;
    struct sl_list fresh;
    struct sl_list main;
    uint32_t fresh_count;
    uint32_t main_count;
    struct tally taken; /* the store's: since the last shape_store_take() */
};

struct shape_rows {
    struct budget *budget; /* constant, as what follows */
    uint32_t shapes_max;
    uint32_t stripes_count; /* a power of two */
    uint32_t buckets_count; /* of each stripe; a power of two */
    struct store_row **buckets;
    uint32_t *tags;
    atomic_uint count; /* any thread, as what follows */
    atomic_uint next;  /* stripe that is asked for bytes */
    struct store_stripe stripes[SHAPE_STRIPES_MAX];
};

/* Taken out, to be freed when no lock is held any more. */
struct shape_victims {
    struct store_row *rows[SHAPE_VICTIMS_MAX];
    unsigned count;
};

SL_MUST_CHECK enum sl_err shape_rows_init(
        struct shape_rows *rows, struct budget *budget, uint32_t shapes_max);
/* There must be no rows any more. */
void shape_rows_fini(struct shape_rows *rows);

/* Constant, without a lock. */
struct store_stripe *shape_rows_stripe(struct shape_rows *rows, uint64_t hash);
/* For walking: bucket is below shape_rows_buckets(), its rows are under the stripe's lock. */
uint32_t shape_rows_buckets(const struct shape_rows *rows);
struct store_stripe *shape_rows_stripe_at(struct shape_rows *rows, uint32_t bucket);

struct store_row *shape_rows_find(
        struct shape_rows *rows, const struct shape_key *key, uint64_t hash);
/*
 * A new row, for which another may have to go that has not more uses. NULL: none did, or
 * there is no memory.
 */
SL_MUST_CHECK struct store_row *shape_rows_make(struct shape_rows *rows,
        const struct shape_key *key, uint64_t hash, unsigned uses, struct shape_victims *victims);
/* Takes out a row for who has so many uses. False: there is none to go. */
bool shape_rows_evict(struct shape_rows *rows, struct store_stripe *stripe, unsigned uses,
        struct shape_victims *victims);
/*
 * Takes out the oldest row on probation of the next stripe that has more than its share of them.
 * No lock is held: it takes each stripe's in turn. False: none has.
 */
bool shape_rows_evict_fresh(struct shape_rows *rows, struct shape_victims *victims);
/* It was used so much more. */
void shape_rows_use(struct store_stripe *stripe, struct store_row *row, unsigned uses);
void shape_rows_drop_minutes(struct shape_rows *rows, struct store_row *row);

/* A victim, with no lock held. */
void shape_rows_free(struct shape_rows *rows, struct store_row *row);

#endif
