/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_store.c - adding to rows, and reading them, under their stripes' locks.
 *
 * A victim is taken out under its stripe's lock and added to other under other's, one
 * after the other: between them a reader may see neither.
 */
#include "optimizer/shape_store.h"

#include "optimizer/shape_rows.h"
#include "optimizer/totals.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADROOM = 64 /* one in so many of the bytes is kept free for what rows will need */
};

struct shape_store {
    struct budget budget;
    _Atomic uint64_t evicted;    /* any thread */
    atomic_bool keeps_intervals; /* any thread */
    pthread_mutex_t other_lock;  /* of what follows */
    struct tally other;
    struct interval other_interval;
    struct totals *totals; /* constant */
    struct shape_rows rows;
};

/* ---- life ---- */

struct shape_store *shape_store_new(const struct shape_limits *limits)
{
    struct shape_store *store = NULL;

    if (limits->shapes_max == 0 || limits->bytes_max < sizeof(*store)) {
        return NULL;
    }
    store = aligned_alloc(_Alignof(struct shape_store), sizeof(*store));
    if (store == NULL) {
        return NULL;
    }
    memset(store, 0, sizeof(*store));
    budget_init(&store->budget, limits->bytes_max - sizeof(*store));
    if (shape_rows_init(&store->rows, &store->budget, limits->shapes_max) != SL_OK) {
        free(store);
        return NULL;
    }
    store->totals = totals_new(&store->budget);
    if (store->totals == NULL) {
        shape_rows_fini(&store->rows);
        free(store);
        return NULL;
    }
    pthread_mutex_init(&store->other_lock, NULL);
    return store;
}

void shape_store_free(struct shape_store *store)
{
    if (store == NULL) {
        return;
    }
    shape_store_reset(store);
    for (uint32_t i = 0; i < store->rows.stripes_count; i++) {
        tally_fini(&store->rows.stripes[i].taken, &store->budget);
    }
    interval_fini(&store->other_interval, &store->budget);
    pthread_mutex_destroy(&store->other_lock);
    totals_free(store->totals);
    shape_rows_fini(&store->rows);
    SL_CHECK(budget_bytes(&store->budget) == 0);
    free(store);
}

/* ---- adding ---- */

static unsigned bits_of(uint64_t value)
{
    return value == 0 ? 0 : 64U - (unsigned)__builtin_clzll(value);
}

static unsigned uses_of(const struct tally *tally)
{
    return bits_of(tally->calls + tally->times[TALLY_SERVER].sum / (SL_SECOND / 10));
}

static bool keeps_intervals(const struct shape_store *store)
{
    return atomic_load_explicit(&store->keeps_intervals, memory_order_relaxed);
}

static void add_to_other(struct shape_store *store, const struct tally *tally, uint64_t evicted)
{
    pthread_mutex_lock(&store->other_lock);
    SL_IGNORE(tally_merge(&store->other, &store->budget, tally), "the budget counts it");
    pthread_mutex_unlock(&store->other_lock);
    atomic_fetch_add_explicit(&store->evicted, evicted, memory_order_relaxed);
}

/* Of what was added just now, and found no row or no memory. */
static void add_to_other_interval(struct shape_store *store, const struct tally *tally)
{
    if (keeps_intervals(store)) {
        pthread_mutex_lock(&store->other_lock);
        interval_merge_tally(&store->other_interval, &store->budget, tally);
        pthread_mutex_unlock(&store->other_lock);
    }
}

/* A row is gone, what it got since the last take is not. */
static void keep_interval(struct shape_store *store, const struct store_row *row)
{
    if (row->interval != NULL) {
        pthread_mutex_lock(&store->other_lock);
        interval_merge(&store->other_interval, &store->budget, row->interval);
        pthread_mutex_unlock(&store->other_lock);
    }
}

static void bury(struct shape_store *store, struct shape_victims *victims)
{
    for (unsigned i = 0; i < victims->count; i++) {
        add_to_other(store, &victims->rows[i]->tally, 1);
        keep_interval(store, victims->rows[i]);
        shape_rows_free(&store->rows, victims->rows[i]);
    }
}

/* False: what the row got is not kept apart. */
static bool merge(
        struct shape_store *store, struct store_row *row, const struct tally *tally, sl_usec now)
{
    const struct histogram *total = &tally->times[TALLY_TOTAL];

    SL_IGNORE(tally_merge(&row->tally, &store->budget, tally), "the budget counts it");
    SL_IGNORE(window_merge(&row->hour, &store->budget, tally, now), "likewise");
    if (row->minutes != NULL) {
        SL_IGNORE(minutes_merge(row->minutes, &store->budget, total, now), "likewise");
    }
    return keeps_intervals(store) && interval_add(&row->interval, &store->budget, tally);
}

static bool is_short(const struct shape_store *store)
{
    return budget_room(&store->budget) < store->budget.bytes_max / HEADROOM;
}

void shape_store_add(struct shape_store *store, const struct shape_key *key,
        const struct tally *tally, sl_usec now)
{
    uint64_t hash = shape_key_hash(key);
    struct store_stripe *stripe = shape_rows_stripe(&store->rows, hash);
    unsigned uses = uses_of(tally);
    struct shape_victims victims = {0};
    bool is_apart = false;

    if (tally->calls == 0) {
        return;
    }
    /* Bytes are everybody's: were they always taken from here, a stripe might run out of fresh rows. */
    while (is_short(store) && victims.count < SHAPE_VICTIMS_MAX - 1 &&
            shape_rows_evict_fresh(&store->rows, &victims)) {
    }
    bool has_fresh = victims.count > 0;
    pthread_mutex_lock(&stripe->lock);
    while (!has_fresh && is_short(store) && victims.count < SHAPE_VICTIMS_MAX - 1 &&
            shape_rows_evict(&store->rows, stripe, SHAPE_USES_MAX, &victims)) {
    }
    struct store_row *row = shape_rows_find(&store->rows, key, hash);
    if (row == NULL) {
        row = shape_rows_make(&store->rows, key, hash, uses, &victims);
    }
    if (row != NULL) {
        is_apart = merge(store, row, tally, now);
        shape_rows_use(stripe, row, uses);
    }
    SL_IGNORE(tally_merge(&stripe->taken, &store->budget, tally), "the budget counts it");
    pthread_mutex_unlock(&stripe->lock);
    bury(store, &victims);
    if (!is_apart) {
        add_to_other_interval(store, tally);
    }
    if (row == NULL) {
        add_to_other(store, tally, 1);
    }
}

void shape_store_add_other(struct shape_store *store, const struct tally *tally)
{
    struct store_stripe *stripe = &store->rows.stripes[0];

    pthread_mutex_lock(&stripe->lock);
    SL_IGNORE(tally_merge(&stripe->taken, &store->budget, tally), "the budget counts it");
    pthread_mutex_unlock(&stripe->lock);
    add_to_other(store, tally, 0);
    add_to_other_interval(store, tally);
}

void shape_store_take(struct shape_store *store, struct tally *into)
{
    for (uint32_t i = 0; i < store->rows.stripes_count; i++) {
        struct store_stripe *stripe = &store->rows.stripes[i];

        pthread_mutex_lock(&stripe->lock);
        SL_IGNORE(tally_merge(into, NULL, &stripe->taken), "sums are right");
        tally_reset(&stripe->taken);
        pthread_mutex_unlock(&stripe->lock);
    }
}

/* A few rows of that stripe, under its lock for no longer. False: there is none any more. */
static bool drop_some(struct shape_store *store, struct store_stripe *stripe)
{
    struct shape_victims victims = {0};

    pthread_mutex_lock(&stripe->lock);
    while (victims.count < SHAPE_VICTIMS_MAX &&
            shape_rows_evict(&store->rows, stripe, SHAPE_USES_MAX, &victims)) {
    }
    pthread_mutex_unlock(&stripe->lock);
    for (unsigned i = 0; i < victims.count; i++) {
        keep_interval(store, victims.rows[i]);
        shape_rows_free(&store->rows, victims.rows[i]);
    }
    return victims.count == SHAPE_VICTIMS_MAX;
}

bool shape_store_reset_some(struct shape_store *store, struct shape_reset *reset, uint32_t rows_max)
{
    for (uint32_t n = 0; reset->stripe < store->rows.stripes_count; n += SHAPE_VICTIMS_MAX) {
        if (n >= rows_max) {
            return false;
        }
        if (!drop_some(store, &store->rows.stripes[reset->stripe])) {
            reset->stripe++;
        }
    }
    if (!totals_reset(store->totals, &reset->total, rows_max)) {
        return false;
    }
    pthread_mutex_lock(&store->other_lock);
    tally_fini(&store->other, &store->budget);
    pthread_mutex_unlock(&store->other_lock);
    atomic_store_explicit(&store->evicted, 0, memory_order_relaxed);
    return true;
}

void shape_store_reset(struct shape_store *store)
{
    struct shape_reset reset = {0};

    while (!shape_store_reset_some(store, &reset, SHAPE_READ_MIN)) {
    }
}

/* ---- reading ---- */

static const double quantiles[3] = {0.50, 0.95, 0.99};

static struct shape_time sum_up(const struct histogram *histogram, const uint64_t values[3])
{
    return (struct shape_time){.count = histogram->count,
            .sum = histogram->sum,
            .min = histogram->min,
            .max = histogram->max,
            .p50 = values[0],
            .p95 = values[1],
            .p99 = values[2]};
}

static void fill(struct shape_row *to, const struct tally *tally, unsigned parts)
{
    *to = (struct shape_row){.calls = tally->calls,
            .errors = tally->errors,
            .rows = tally->rows,
            .bytes_in = tally->bytes_in,
            .bytes_out = tally->bytes_out,
            .transactions = tally->transactions,
            .cached = tally->cached,
            .client_usec = tally->client_usec,
            .first_seen = tally->first_seen,
            .last_seen = tally->last_seen};
    memcpy(to->classes, tally->classes, sizeof(to->classes));
    for (unsigned i = 0; i < TALLY_TIMES; i++) {
        uint64_t values[3] = {0};
        if ((parts & SHAPE_TIMES) != 0) {
            histogram_quantiles(&tally->times[i], quantiles, 3, values);
        }
        to->times[i] = sum_up(&tally->times[i], values);
    }
}

void shape_row_of(struct shape_row *row, const struct tally *tally)
{
    fill(row, tally, SHAPE_TIMES);
}

static void fill_row(struct shape_row *to, const struct store_row *row, struct shape_cut cut)
{
    struct histogram hour = window_sum(&row->hour, cut.now);
    uint64_t values[3] = {0};

    fill(to, &row->tally, cut.parts);
    to->key = row->key;
    if ((cut.parts & SHAPE_HOUR) != 0) {
        window_quantiles(&row->hour, cut.now, quantiles, 3, values);
    }
    to->hour = sum_up(&hour, values);
    if ((cut.parts & SHAPE_HOUR_SUMS) != 0) {
        to->hour_sums = window_sums(&row->hour, cut.now);
    }
}

struct reader {
    struct shape_row *rows;
    uint32_t rows_max;
    uint32_t count;
    struct shape_cut cut;
};

/* The bucket's rows; false, and some of them, when there is no room for all. */
static bool read_bucket(struct reader *reader, struct shape_store *store, uint32_t bucket)
{
    struct store_stripe *stripe = shape_rows_stripe_at(&store->rows, bucket);

    pthread_mutex_lock(&stripe->lock);
    const struct store_row *row = store->rows.buckets[bucket];
    for (; row != NULL && reader->count < reader->rows_max; row = row->next) {
        fill_row(&reader->rows[reader->count++], row, reader->cut);
    }
    pthread_mutex_unlock(&stripe->lock);
    return row == NULL;
}

uint32_t shape_store_read(struct shape_store *store, uint32_t *cursor, struct shape_row *rows,
        uint32_t rows_max, struct shape_cut cut)
{
    struct reader reader = {.rows = rows, .rows_max = rows_max, .cut = cut};

    SL_DCHECK(rows_max >= SHAPE_READ_MIN);
    for (; *cursor < shape_rows_buckets(&store->rows); ++*cursor) {
        uint32_t begin = reader.count;

        /* Whole buckets only. One that is longer than SHAPE_READ_MIN would be by a grudge. */
        if (!read_bucket(&reader, store, *cursor) && begin > 0) {
            reader.count = begin;
            break;
        }
    }
    if (*cursor >= shape_rows_buckets(&store->rows)) {
        *cursor = SHAPE_STORE_END;
    }
    return reader.count;
}

bool shape_store_get(struct shape_store *store, const struct shape_key *key, struct shape_row *to,
        struct shape_cut cut)
{
    uint64_t hash = shape_key_hash(key);
    struct store_stripe *stripe = shape_rows_stripe(&store->rows, hash);

    pthread_mutex_lock(&stripe->lock);
    const struct store_row *row = shape_rows_find(&store->rows, key, hash);
    if (row != NULL) {
        fill_row(to, row, cut);
    }
    pthread_mutex_unlock(&stripe->lock);
    return row != NULL;
}

unsigned shape_store_minutes(struct shape_store *store, const struct shape_key *key,
        struct minute minutes[MINUTES_MAX], sl_usec now)
{
    uint64_t hash = shape_key_hash(key);
    struct store_stripe *stripe = shape_rows_stripe(&store->rows, hash);
    unsigned count = 0;

    pthread_mutex_lock(&stripe->lock);
    struct store_row *row = shape_rows_find(&store->rows, key, hash);
    if (row != NULL && row->minutes != NULL) {
        count = minutes_read(row->minutes, now, minutes);
    }
    pthread_mutex_unlock(&stripe->lock);
    return count;
}

void shape_store_read_other(struct shape_store *store, struct shape_row *row)
{
    pthread_mutex_lock(&store->other_lock);
    fill(row, &store->other, SHAPE_TIMES);
    pthread_mutex_unlock(&store->other_lock);
}

/* ---- intervals ---- */

void shape_store_keep_intervals(struct shape_store *store, bool keeps)
{
    atomic_store_explicit(&store->keeps_intervals, keeps, memory_order_relaxed);
}

static struct shape_interval sum_up_interval(const struct interval *interval)
{
    uint64_t values[3];

    histogram_quantiles(&interval->total, quantiles, 3, values);
    return (struct shape_interval){
            .sums = interval->sums, .total = sum_up(&interval->total, values)};
}

uint32_t shape_store_take_intervals(struct shape_store *store, uint32_t *cursor,
        struct shape_interval *intervals, uint32_t intervals_max)
{
    uint32_t count = 0;

    for (; *cursor < shape_rows_buckets(&store->rows); ++*cursor) {
        struct store_stripe *stripe = shape_rows_stripe_at(&store->rows, *cursor);

        pthread_mutex_lock(&stripe->lock);
        struct store_row *row = store->rows.buckets[*cursor];
        for (; row != NULL && count < intervals_max; row = row->next) {
            if (row->interval != NULL) {
                intervals[count] = sum_up_interval(row->interval);
                intervals[count++].key = row->key;
                interval_free(&row->interval, &store->budget);
            }
        }
        pthread_mutex_unlock(&stripe->lock);
        if (row != NULL) {
            return count; /* the bucket's others the next time */
        }
    }
    *cursor = SHAPE_STORE_END;
    return count;
}

void shape_store_take_other_interval(struct shape_store *store, struct shape_interval *interval)
{
    pthread_mutex_lock(&store->other_lock);
    *interval = sum_up_interval(&store->other_interval);
    interval_fini(&store->other_interval, &store->budget);
    pthread_mutex_unlock(&store->other_lock);
}

struct shape_counts shape_store_counts(const struct shape_store *store)
{
    return (struct shape_counts){.shapes = atomic_load(&store->rows.count),
            .evicted = atomic_load(&store->evicted),
            .refused = atomic_load(&store->budget.refused),
            .bytes = budget_bytes(&store->budget) + sizeof(*store),
            .bytes_max = store->budget.bytes_max + sizeof(*store)};
}

struct totals *shape_store_totals(struct shape_store *store)
{
    return store->totals;
}

bool shape_store_tally(struct shape_store *store, const struct shape_key *key, struct tally *into)
{
    uint64_t hash = shape_key_hash(key);
    struct store_stripe *stripe = shape_rows_stripe(&store->rows, hash);

    pthread_mutex_lock(&stripe->lock);
    const struct store_row *row = shape_rows_find(&store->rows, key, hash);
    if (row != NULL) {
        SL_IGNORE(tally_merge(into, NULL, &row->tally), "sums are right");
    }
    pthread_mutex_unlock(&stripe->lock);
    return row != NULL;
}

static bool matches(const struct shape_filter *filter, const struct shape_key *key)
{
    return (filter->shape == NULL ||
                   (filter->shape->lo == key->shape.lo && filter->shape->hi == key->shape.hi)) &&
           (filter->database == NULL || *filter->database == key->database) &&
           (filter->user == NULL || *filter->user == key->user) &&
           (filter->node == NULL || *filter->node == key->node);
}

uint32_t shape_store_sum(
        struct shape_store *store, const struct shape_filter *filter, struct tally *into)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < shape_rows_buckets(&store->rows); i++) {
        struct store_stripe *stripe = shape_rows_stripe_at(&store->rows, i);

        pthread_mutex_lock(&stripe->lock);
        for (struct store_row *row = store->rows.buckets[i]; row != NULL; row = row->next) {
            if (matches(filter, &row->key)) {
                SL_IGNORE(tally_merge(into, NULL, &row->tally), "sums are right");
                count++;
            }
        }
        pthread_mutex_unlock(&stripe->lock);
    }
    return count;
}

/* ---- minutes ---- */

void shape_store_track(struct shape_store *store, const struct shape_key *key, uint32_t turn)
{
    uint64_t hash = shape_key_hash(key);
    struct store_stripe *stripe = shape_rows_stripe(&store->rows, hash);

    pthread_mutex_lock(&stripe->lock);
    struct store_row *row = shape_rows_find(&store->rows, key, hash);
    if (row != NULL) {
        row->turn = turn;
        if (row->minutes == NULL) {
            row->minutes = budget_take_zeroed(&store->budget, sizeof(*row->minutes));
        }
    }
    pthread_mutex_unlock(&stripe->lock);
}

void shape_store_trim(struct shape_store *store, uint32_t turn, sl_usec now)
{
    totals_trim(store->totals, now);
    for (uint32_t i = 0; i < shape_rows_buckets(&store->rows); i++) {
        struct store_stripe *stripe = shape_rows_stripe_at(&store->rows, i);

        pthread_mutex_lock(&stripe->lock);
        for (struct store_row *row = store->rows.buckets[i]; row != NULL; row = row->next) {
            window_trim(&row->hour, &store->budget, now);
            if (row->turn != turn) {
                shape_rows_drop_minutes(&store->rows, row);
            }
        }
        pthread_mutex_unlock(&stripe->lock);
    }
}
