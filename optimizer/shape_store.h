/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_store.h - what is known of every shape: one for the process.
 *
 *     worker:  statement -> shape_table (its own, no lock)  --- what is new, when due --.
 *     worker:  statement -> shape_table                     ---------------------------- > store
 *     reader:  SHOW QUERIES, /metrics, the API              <---- rows, a few at a time -'
 *
 * A row is a (database, user, node, search_path, shape). Workers count in tables of their own
 * (optimizer/shape_table.h) and hand over what has come since the last time: every worker
 * about once a second, and when a reader visits it. Readers look here only, so that no
 * worker waits for one, and a row exists once however many workers there are.
 *
 * At the bound the least valuable row goes: a row is on probation until it comes a second
 * time or costs time, and a tenth of the rows are for those. So a million texts that come
 * once each push each other out, not the ones that are used (the idea is S3-FIFO's:
 * Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). What an
 * evicted row had counted is added to the one called other: the sum of all rows and other
 * is what was handed over, always.
 *
 * Ownership: all that it holds. Threads: any; a lock for each stripe, held for one row, and one
 * for other; both are leaves. Bounds: limits.
 */
#ifndef SLUICE_OPTIMIZER_SHAPE_STORE_H
#define SLUICE_OPTIMIZER_SHAPE_STORE_H

#include "optimizer/interval.h"
#include "optimizer/minutes.h"
#include "optimizer/window.h"
#include "protocol/base/hash.h"

/* The numbers are optimizer/names.h's. */
struct shape_key {
    struct sl_hash128 shape;
    uint32_t database;
    uint32_t user;
    uint32_t node;
    uint32_t path; /* its session's search_path: struct stmt */
};

struct shape_limits {
    uint32_t shapes_max;
    size_t bytes_max;
};

/* One time of a row, summed up; microseconds. */
struct shape_time {
    uint64_t count;
    uint64_t sum;
    uint64_t min;
    uint64_t max;
    uint64_t p50;
    uint64_t p95;
    uint64_t p99;
};

struct shape_row {
    struct shape_key key;
    uint64_t calls;
    uint64_t errors;
    uint64_t rows;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t transactions;
    uint64_t cached;
    uint64_t client_usec;
    sl_usec first_seen;
    sl_usec last_seen;
    struct tally_class classes[TALLY_CLASSES];
    struct shape_time times[TALLY_TIMES];
    struct shape_time hour; /* TALLY_TOTAL, since window_from(now) */
    struct window_sums hour_sums;
};

struct shape_counts {
    uint32_t shapes;
    uint64_t evicted; /* rows that became part of other */
    uint64_t refused; /* allocations that were not to be had: times unplaced, rows not made */
    size_t bytes;
    size_t bytes_max;
};

struct shape_store;
struct totals;

/* NULL without memory, or when bytes_max is too small for anything. limits is copied. */
SL_MUST_CHECK struct shape_store *shape_store_new(const struct shape_limits *limits);
void shape_store_free(struct shape_store *store); /* NULL is fine; no table may be left */

/* Adds what a worker counted of that key. Never fails: what finds no place is other's. */
void shape_store_add(struct shape_store *store, const struct shape_key *key,
        const struct tally *tally, sl_usec now);
/* What a worker counted and had no memory for the key of. */
void shape_store_add_other(struct shape_store *store, const struct tally *tally);
/*
 * Adds to into (which is without a budget) all that was added to any row since the last
 * take: for totals and their history, whatever becomes of the rows.
 */
void shape_store_take(struct shape_store *store, struct tally *into);

/*
 * Whether what each row gets is kept apart as well, until it is taken: for who writes it
 * down, a minute or so at a time. What was kept and not taken stays when it ends.
 */
void shape_store_keep_intervals(struct shape_store *store, bool keeps);
/*
 * Takes what rows got, from the rows after *cursor (0 to begin with, SHAPE_STORE_END after
 * the last), of at most intervals_max rows; how many. What rows got that are gone, or had
 * no memory for it, is other's: with the last of all the sum is whole.
 */
struct shape_interval {
    struct shape_key key;
    struct interval_sums sums;
    struct shape_time total;
};
uint32_t shape_store_take_intervals(struct shape_store *store, uint32_t *cursor,
        struct shape_interval *intervals, uint32_t intervals_max);
void shape_store_take_other_interval(struct shape_store *store, struct shape_interval *interval);

/*
 * RESET STATS: every row goes, and other and the totals with them. Reset the workers'
 * tables first. What shape_store_take() and shape_store_take_intervals() have not taken
 * yet stays: history goes on.
 */
void shape_store_reset(struct shape_store *store);
/* Likewise, so many rows and totals a call, or a few more. True: that was all. */
struct shape_reset { /* all zeros to begin with */
    uint32_t stripe;
    uint32_t total;
};
bool shape_store_reset_some(
        struct shape_store *store, struct shape_reset *reset, uint32_t rows_max);

/*
 * Keeps a row's last minutes apart from now on (optimizer/minutes.h). Turn is any number,
 * another one each time: shape_store_trim() ends it for rows that were not named in turn.
 */
void shape_store_track(struct shape_store *store, const struct shape_key *key, uint32_t turn);
/* Gives back what is too old for the hour, and minutes as above. */
void shape_store_trim(struct shape_store *store, uint32_t turn, sl_usec now);

/* What of a row is wanted besides its sums: quantiles, and hour_sums. What is not is 0. */
enum { SHAPE_TIMES = 1, SHAPE_HOUR = 2, SHAPE_HOUR_SUMS = 4, SHAPE_ALL = 7 };

/*
 * The next rows, at most rows_max (not fewer than SHAPE_READ_MIN); how many. *cursor is 0
 * to begin with, and SHAPE_STORE_END after the last one; rows that are there throughout
 * come once.
 */
#define SHAPE_STORE_END UINT32_MAX
enum { SHAPE_READ_MIN = 32 };
struct shape_cut {
    unsigned parts;
    sl_usec now;
};
uint32_t shape_store_read(struct shape_store *store, uint32_t *cursor, struct shape_row *rows,
        uint32_t rows_max, struct shape_cut cut);
/* False: there is no such row. */
bool shape_store_get(struct shape_store *store, const struct shape_key *key, struct shape_row *row,
        struct shape_cut cut);
/* The row's last minutes, oldest first; how many, 0 when they are not kept. */
unsigned shape_store_minutes(struct shape_store *store, const struct shape_key *key,
        struct minute minutes[MINUTES_MAX], sl_usec now);
void shape_store_read_other(struct shape_store *store, struct shape_row *row);
struct shape_counts shape_store_counts(const struct shape_store *store);
/* Of pools and workers: added to by optimizer/shape_table.h, counted in the store's bytes. */
struct totals *shape_store_totals(struct shape_store *store);
/* Adds that row's tally to into (which is without a budget). False: there is no such row. */
bool shape_store_tally(struct shape_store *store, const struct shape_key *key, struct tally *into);
/* A tally's sums and quantiles: everything of a row but its key and hour. */
void shape_row_of(struct shape_row *row, const struct tally *tally);

/*
 * Adds to into (which is without a budget) all rows that match: a shape, a database, a user,
 * a node, each unless NULL. How many rows.
 */
struct shape_filter {
    const struct sl_hash128 *shape;
    const uint32_t *database;
    const uint32_t *user;
    const uint32_t *node;
};
uint32_t shape_store_sum(
        struct shape_store *store, const struct shape_filter *filter, struct tally *into);

static inline bool shape_key_equal(const struct shape_key *a, const struct shape_key *b)
{
    return a->shape.lo == b->shape.lo && a->shape.hi == b->shape.hi && a->database == b->database &&
           a->user == b->user && a->node == b->node && a->path == b->path;
}

static inline uint64_t shape_key_hash(const struct shape_key *key)
{
    uint64_t hash = key->shape.lo ^ ((uint64_t)key->database << 32 ^ key->user) ^
                    ((uint64_t)key->node << 16 ^ key->path) * UINT64_C(0x9e3779b97f4a7c15);

    hash *= UINT64_C(0xff51afd7ed558ccd); /* MurmurHash3's finalizer, half of it */
    return hash ^ hash >> 32;
}

#endif
