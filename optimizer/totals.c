/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/totals.c - rows that only come, each published once.
 *
 * rows[] is read without the lock: a row is written before count passes it, and stays where it
 * is until the end. What is in a row is under the row's own lock, so that workers wait for each
 * other only when they add to the same pool in the same microsecond.
 */
#include "optimizer/totals.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    ROW_COST = 4096, /* a row with usual histograms */
    ROWS_SHARE = 8   /* one in so many bytes may be theirs, by that */
};

struct total {
    pthread_mutex_t lock;
    struct tally tally;   /* under lock, as is hour */
    struct window hour;   /* a pool's only */
    struct total_key key; /* constant */
    struct total *next;   /* in its bucket; constant */
};

struct totals {
    struct budget *budget; /* constant, as what follows */
    uint32_t pools_max;
    uint32_t buckets_count; /* a power of two */
    pthread_mutex_t lock;
    struct total **buckets; /* under lock, as what follows */
    struct total *workers[TOTALS_WORKERS_MAX];
    uint32_t pools;
    atomic_uint count;   /* any thread */
    struct total **rows; /* constant below count */
    struct total other;
};

static const struct total_key other_key = {.worker = TOTAL_ALL};

/* ---- life ---- */

static uint32_t pools_of(size_t bytes_max)
{
    size_t pools = bytes_max / ROWS_SHARE / ROW_COST;

    if (pools < TOTALS_POOLS_MIN) {
        return TOTALS_POOLS_MIN;
    }
    return pools > TOTALS_POOLS_MAX ? TOTALS_POOLS_MAX : (uint32_t)pools;
}

/* Workers' rows, pools' and other. */
static size_t rows_len(const struct totals *totals)
{
    return (totals->pools_max + TOTALS_WORKERS_MAX + 1) * sizeof(struct total *);
}

static size_t buckets_len(const struct totals *totals)
{
    return totals->buckets_count * sizeof(struct total *);
}

struct totals *totals_new(struct budget *budget)
{
    struct totals *totals = budget_take_zeroed(budget, sizeof(*totals));

    if (totals == NULL) {
        return NULL;
    }
    totals->budget = budget;
    totals->pools_max = pools_of(budget->bytes_max);
    totals->buckets_count = TOTALS_POOLS_MIN;
    while (totals->buckets_count < totals->pools_max) {
        totals->buckets_count *= 2;
    }
    pthread_mutex_init(&totals->lock, NULL);
    pthread_mutex_init(&totals->other.lock, NULL);
    totals->other.key = other_key;
    totals->buckets = budget_take_zeroed(budget, buckets_len(totals));
    totals->rows = budget_take_zeroed(budget, rows_len(totals));
    if (totals->buckets == NULL || totals->rows == NULL) {
        totals_free(totals);
        return NULL;
    }
    totals->rows[0] = &totals->other;
    atomic_init(&totals->count, 1);
    return totals;
}

void totals_free(struct totals *totals)
{
    if (totals == NULL) {
        return;
    }
    for (uint32_t i = 0; i < atomic_load(&totals->count); i++) {
        struct total *row = totals->rows[i];

        tally_fini(&row->tally, totals->budget);
        window_fini(&row->hour, totals->budget);
        pthread_mutex_destroy(&row->lock);
        if (row != &totals->other) {
            budget_give(totals->budget, row, sizeof(*row));
        }
    }
    if (totals->rows == NULL) {
        pthread_mutex_destroy(&totals->other.lock);
    }
    budget_give(totals->budget, totals->rows, rows_len(totals));
    budget_give(totals->budget, totals->buckets, buckets_len(totals));
    pthread_mutex_destroy(&totals->lock);
    budget_give(totals->budget, totals, sizeof(*totals));
}

/* ---- adding ---- */

static struct total **bucket_of(const struct totals *totals, const struct total_key *key)
{
    uint64_t hash = ((uint64_t)key->database << 32 ^ (uint64_t)key->user << 16 ^ key->node) *
                    UINT64_C(0xff51afd7ed558ccd); /* MurmurHash3's finalizer, half of it */

    return &totals->buckets[hash >> 32 & (totals->buckets_count - 1)];
}

static bool is_same(const struct total_key *a, const struct total_key *b)
{
    return a->worker == b->worker && a->database == b->database && a->user == b->user &&
           a->node == b->node;
}

static struct total *publish(struct totals *totals, const struct total_key *key)
{
    uint32_t count = atomic_load(&totals->count);
    struct total *row = budget_take_zeroed(totals->budget, sizeof(*row));

    if (row != NULL) {
        row->key = *key;
        pthread_mutex_init(&row->lock, NULL);
        totals->rows[count] = row;
        atomic_store(&totals->count, count + 1);
    }
    return row;
}

static struct total *pool_locked(struct totals *totals, const struct total_key *key)
{
    struct total **bucket = bucket_of(totals, key);
    struct total *row = *bucket;

    while (row != NULL && !is_same(&row->key, key)) {
        row = row->next;
    }
    if (row != NULL || totals->pools == totals->pools_max) {
        return row;
    }
    row = publish(totals, key);
    if (row != NULL) {
        row->next = *bucket;
        *bucket = row;
        totals->pools++;
    }
    return row;
}

static struct total *worker_locked(struct totals *totals, uint32_t worker)
{
    const struct total_key key = {worker, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL};

    if (worker >= TOTALS_WORKERS_MAX) {
        return NULL;
    }
    if (totals->workers[worker] == NULL) {
        totals->workers[worker] = publish(totals, &key);
    }
    return totals->workers[worker];
}

static void add(struct totals *totals, struct total *row, const struct tally *tally, sl_usec now)
{
    pthread_mutex_lock(&row->lock);
    SL_IGNORE(tally_merge(&row->tally, totals->budget, tally), "the budget counts it");
    if (row->key.worker == TOTAL_ALL) {
        SL_IGNORE(window_merge(&row->hour, totals->budget, tally, now), "likewise");
    }
    pthread_mutex_unlock(&row->lock);
}

void totals_add(
        struct totals *totals, const struct total_key *key, const struct tally *tally, sl_usec now)
{
    const struct total_key pool_key = {TOTAL_ALL, key->database, key->user, key->node};

    pthread_mutex_lock(&totals->lock);
    struct total *pool = is_same(&pool_key, &other_key) ? NULL : pool_locked(totals, &pool_key);
    struct total *worker = worker_locked(totals, key->worker);
    pthread_mutex_unlock(&totals->lock);
    add(totals, pool != NULL ? pool : &totals->other, tally, now);
    if (worker != NULL) {
        add(totals, worker, tally, now);
    }
}

bool totals_reset(struct totals *totals, uint32_t *cursor, uint32_t rows_max)
{
    uint32_t count = atomic_load(&totals->count);

    for (uint32_t i = 0; i < rows_max && *cursor < count; i++, (*cursor)++) {
        struct total *row = totals->rows[*cursor];

        pthread_mutex_lock(&row->lock);
        tally_fini(&row->tally, totals->budget);
        window_fini(&row->hour, totals->budget);
        pthread_mutex_unlock(&row->lock);
    }
    return *cursor >= count;
}

/* ---- reading ---- */

/* False: there is nothing in it. */
static bool copy(struct total *row, struct tally *into)
{
    pthread_mutex_lock(&row->lock);
    bool is_there = row->tally.calls > 0;
    if (into != NULL) {
        SL_IGNORE(tally_merge(into, NULL, &row->tally), "sums are right");
    }
    pthread_mutex_unlock(&row->lock);
    return is_there;
}

bool totals_read(
        const struct totals *totals, uint32_t *cursor, struct total_key *key, struct tally *into)
{
    while (*cursor < atomic_load(&totals->count)) {
        struct total *row = totals->rows[(*cursor)++];

        if (copy(row, into)) {
            *key = row->key;
            return true;
        }
    }
    return false;
}

static bool is_part(uint32_t wanted, uint32_t number)
{
    return wanted == TOTAL_ALL || wanted == number;
}

static bool matches(const struct total_key *match, const struct total_key *key)
{
    return key->worker == match->worker && is_part(match->database, key->database) &&
           is_part(match->user, key->user) && is_part(match->node, key->node);
}

uint32_t totals_sum(const struct totals *totals, const struct total_key *match, struct tally *into)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < atomic_load(&totals->count); i++) {
        struct total *row = totals->rows[i];

        if (matches(match, &row->key)) {
            count += copy(row, into) ? 1 : 0;
        }
    }
    return count;
}

static void add_hour(struct total *row, struct total_hour *hour)
{
    pthread_mutex_lock(&row->lock);
    const struct window_sums sums = window_sums(&row->hour, hour->now);
    SL_IGNORE(window_read(&row->hour, hour->now, &hour->times, NULL), "sums are right");
    pthread_mutex_unlock(&row->lock);
    window_sums_add(&hour->sums, &sums);
}

bool totals_hour(const struct totals *totals, struct total_hour *hour, uint32_t rows_max)
{
    for (uint32_t i = 0; i < rows_max && hour->cursor < atomic_load(&totals->count); i++) {
        struct total *row = totals->rows[hour->cursor++];

        if (matches(&hour->match, &row->key)) {
            add_hour(row, hour);
        }
    }
    return hour->cursor >= atomic_load(&totals->count);
}

void totals_trim(struct totals *totals, sl_usec now)
{
    for (uint32_t i = 0; i < atomic_load(&totals->count); i++) {
        struct total *row = totals->rows[i];

        pthread_mutex_lock(&row->lock);
        window_trim(&row->hour, totals->budget, now);
        pthread_mutex_unlock(&row->lock);
    }
}

uint32_t totals_pools_max(const struct totals *totals)
{
    return totals->pools_max;
}
