/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_store.c - rows in stripes, and which of them goes.
 *
 * A stripe has its part of the buckets and two queues, oldest first: fresh (on probation)
 * and main. A row's uses rise by the bits of what is added (calls, and tenths of seconds)
 * up to USES_MAX. With USES_MAIN of them it moves to main. When a row must go, it is the
 * oldest of fresh while fresh has more than its tenth, else one of main, by its clock: the
 * oldest row loses a use and goes behind, until one has none. When CLOCK_STEPS all had some,
 * the one with the fewest goes; or the newcomer, if that has fewer still.
 *
 * Of what goes from fresh a tag is kept, in a place that its hash says, until another's tag
 * comes there: who comes back before that goes to main at once. Else a shape that comes
 * every few thousand statements would never get in while a flood of texts goes by.
 *
 * Invariants, under a stripe's lock:
 *   (1) A row is in one bucket and in one queue; fresh_count and main_count say how many.
 *   (2) The sum of both over all stripes is store->shapes, at most shapes_max.
 *
 * A victim is taken out under its stripe's lock and added to other under other's, one
 * after the other: between them a reader may see neither.
 */
#include "optimizer/shape_store.h"

#include "optimizer/window.h"
#include "protocol/base/list.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    STRIPES_MAX = 16,
    ROWS_PER_STRIPE = 64, /* at least, if there are to be several */
    FRESH_SHARE = 10,
    USES_MAIN = 2,
    USES_MAX = 15,
    CLOCK_STEPS = 32,
    TAGS_PER_ROW = 8,
    VICTIMS_MAX = 4, /* one may come for each row that is made, a few more for bytes */
    HEADROOM = 64    /* one in so many of the bytes is kept free for what rows will need */
};

struct row {
    struct row *next;
    struct sl_list in_queue;
    struct shape_key key;
    uint64_t hash;
    uint8_t uses;
    bool is_main;
    struct tally tally;
    struct window hour;
    struct minutes *minutes; /* NULL: not kept */
    uint32_t turn;           /* when it was last said that they are to be kept */
};

struct stripe {
    _Alignas(64) pthread_mutex_t lock;
    struct row **buckets; /* under lock, as what follows */
    uint32_t *tags;
    struct sl_list fresh;
    struct sl_list main;
    uint32_t fresh_count;
    uint32_t main_count;
    struct tally taken; /* since the last shape_store_take() */
};

struct shape_store {
    struct budget budget;
    atomic_uint shapes;         /* any thread */
    _Atomic uint64_t evicted;   /* any thread */
    uint32_t shapes_max;        /* constant, as what follows */
    uint32_t stripes_count;     /* a power of two */
    uint32_t buckets_count;     /* of each stripe; a power of two */
    pthread_mutex_t other_lock; /* of other */
    struct tally other;
    struct row **buckets; /* all of them */
    uint32_t *tags;       /* all of them, TAGS_PER_ROW a bucket */
    struct stripe stripes[STRIPES_MAX];
};

struct victims {
    struct row *rows[VICTIMS_MAX];
    unsigned count;
};

/* ---- life ---- */

static size_t buckets_len(const struct shape_store *store)
{
    return (size_t)store->stripes_count * store->buckets_count * sizeof(struct row *);
}

static size_t tags_len(const struct shape_store *store)
{
    return (size_t)store->stripes_count * store->buckets_count * TAGS_PER_ROW * sizeof(uint32_t);
}

static void init_stripes(struct shape_store *store)
{
    for (uint32_t i = 0; i < store->stripes_count; i++) {
        struct stripe *stripe = &store->stripes[i];

        pthread_mutex_init(&stripe->lock, NULL);
        stripe->buckets = store->buckets + (size_t)i * store->buckets_count;
        stripe->tags = store->tags + (size_t)i * store->buckets_count * TAGS_PER_ROW;
        sl_list_init(&stripe->fresh);
        sl_list_init(&stripe->main);
    }
}

static void free_store(struct shape_store *store)
{
    budget_give(&store->budget, store->buckets, buckets_len(store));
    budget_give(&store->budget, store->tags, tags_len(store));
    SL_CHECK(budget_bytes(&store->budget) == 0);
    free(store);
}

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
    store->shapes_max = limits->shapes_max;
    store->stripes_count = 1;
    while (store->stripes_count < STRIPES_MAX &&
            store->stripes_count * 2 * ROWS_PER_STRIPE <= limits->shapes_max) {
        store->stripes_count *= 2;
    }
    store->buckets_count = 1;
    while ((uint64_t)store->buckets_count * store->stripes_count < limits->shapes_max) {
        store->buckets_count *= 2;
    }
    store->buckets = budget_take_zeroed(&store->budget, buckets_len(store));
    store->tags = budget_take_zeroed(&store->budget, tags_len(store));
    if (store->buckets == NULL || store->tags == NULL) {
        free_store(store);
        return NULL;
    }
    pthread_mutex_init(&store->other_lock, NULL);
    init_stripes(store);
    return store;
}

static void free_minutes(struct shape_store *store, struct row *row)
{
    if (row->minutes != NULL) {
        minutes_fini(row->minutes, &store->budget);
        budget_give(&store->budget, row->minutes, sizeof(*row->minutes));
        row->minutes = NULL;
    }
}

static void free_row(struct shape_store *store, struct row *row)
{
    free_minutes(store, row);
    tally_fini(&row->tally, &store->budget);
    window_fini(&row->hour, &store->budget);
    budget_give(&store->budget, row, sizeof(*row));
}

void shape_store_free(struct shape_store *store)
{
    if (store == NULL) {
        return;
    }
    shape_store_reset(store);
    for (uint32_t i = 0; i < store->stripes_count; i++) {
        tally_fini(&store->stripes[i].taken, &store->budget);
        pthread_mutex_destroy(&store->stripes[i].lock);
    }
    pthread_mutex_destroy(&store->other_lock);
    free_store(store);
}

/* ---- rows of a stripe, under its lock ---- */

static struct stripe *stripe_of(struct shape_store *store, uint64_t hash)
{
    return &store->stripes[hash >> 32 & (store->stripes_count - 1)];
}

static struct row **bucket_of(struct shape_store *store, struct stripe *stripe, uint64_t hash)
{
    return &stripe->buckets[hash & (store->buckets_count - 1)];
}

static void unlink_row(struct shape_store *store, struct stripe *stripe, struct row *row)
{
    struct row **at = bucket_of(store, stripe, row->hash);

    while (*at != row) {
        SL_CHECK(*at != NULL);
        at = &(*at)->next;
    }
    *at = row->next;
    sl_list_remove(&row->in_queue);
    if (row->is_main) {
        stripe->main_count--;
    } else {
        stripe->fresh_count--;
    }
    atomic_fetch_sub(&store->shapes, 1);
}

static struct row *first_in(struct sl_list *queue)
{
    return SL_CONTAINER(queue->next, struct row, in_queue);
}

/*
 * The row of main that goes: the first without uses, or of some the one with the fewest,
 * unless those are more than uses_max: then NULL, and the next turn begins behind them.
 */
static struct row *turn_clock(struct stripe *stripe, unsigned uses_max)
{
    struct row *fewest = NULL;

    for (unsigned i = 0; i < CLOCK_STEPS; i++) {
        struct row *row = first_in(&stripe->main);

        if (row->uses == 0) {
            return row;
        }
        row->uses--;
        if (fewest == NULL || row->uses < fewest->uses) {
            fewest = row;
        }
        sl_list_remove(&row->in_queue);
        sl_list_append(&stripe->main, &row->in_queue);
    }
    return fewest->uses > uses_max ? NULL : fewest;
}

/* The place for its tag, which is never 0. */
static uint32_t *tag_of(
        struct shape_store *store, struct stripe *stripe, uint64_t hash, uint32_t *tag)
{
    *tag = (uint32_t)(hash >> 32) | 1;
    return &stripe->tags[hash & (store->buckets_count * TAGS_PER_ROW - 1)];
}

/* For who has so many uses. False: there is none to go. */
static bool evict(
        struct shape_store *store, struct stripe *stripe, unsigned uses, struct victims *victims)
{
    uint32_t share = (stripe->fresh_count + stripe->main_count) / FRESH_SHARE;
    struct row *row = NULL;

    if (stripe->fresh_count > share || (stripe->main_count == 0 && stripe->fresh_count > 0)) {
        uint32_t tag = 0;
        row = first_in(&stripe->fresh);
        uint32_t *place = tag_of(store, stripe, row->hash, &tag);
        *place = tag;
    } else if (stripe->main_count > 0) {
        row = turn_clock(stripe, uses);
    }
    if (row == NULL) {
        return false;
    }
    unlink_row(store, stripe, row);
    victims->rows[victims->count++] = row;
    return true;
}

static struct row *find(struct shape_store *store, struct stripe *stripe,
        const struct shape_key *key, uint64_t hash)
{
    struct row *row = *bucket_of(store, stripe, hash);

    while (row != NULL && (row->hash != hash || !shape_key_equal(&row->key, key))) {
        row = row->next;
    }
    return row;
}

static bool count_one_more(struct shape_store *store)
{
    unsigned shapes = atomic_load(&store->shapes);

    do {
        if (shapes >= store->shapes_max) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&store->shapes, &shapes, shapes + 1));
    return true;
}

/* NULL: neither memory nor another row to take the place of, with at most so many uses. */
static struct row *make(struct shape_store *store, const struct shape_key *key, uint64_t hash,
        unsigned uses, struct victims *victims)
{
    struct stripe *stripe = stripe_of(store, hash);
    struct row **bucket = bucket_of(store, stripe, hash);

    while (!count_one_more(store)) {
        if (victims->count == VICTIMS_MAX || !evict(store, stripe, uses, victims)) {
            return NULL;
        }
    }
    struct row *row = budget_take_zeroed(&store->budget, sizeof(*row));
    if (row == NULL) {
        atomic_fetch_sub(&store->shapes, 1);
        return NULL;
    }
    uint32_t tag = 0;
    row->uses = *tag_of(store, stripe, hash, &tag) == tag ? USES_MAIN : 0;
    row->key = *key;
    row->hash = hash;
    row->next = *bucket;
    *bucket = row;
    sl_list_append(&stripe->fresh, &row->in_queue);
    stripe->fresh_count++;
    return row;
}

/* ---- adding ---- */

static unsigned bits_of(uint64_t value)
{
    return value == 0 ? 0 : 64U - (unsigned)__builtin_clzll(value);
}

static unsigned uses_of(const struct tally *tally)
{
    return bits_of(tally->calls + tally->times[TALLY_TOTAL].sum / (SL_SECOND / 10));
}

static void use(struct stripe *stripe, struct row *row, unsigned uses)
{
    uses += row->uses;
    row->uses = uses > USES_MAX ? USES_MAX : (uint8_t)uses;
    if (!row->is_main && row->uses >= USES_MAIN) {
        row->is_main = true;
        sl_list_remove(&row->in_queue);
        sl_list_append(&stripe->main, &row->in_queue);
        stripe->fresh_count--;
        stripe->main_count++;
    }
}

static void add_to_other(struct shape_store *store, const struct tally *tally, uint64_t evicted)
{
    pthread_mutex_lock(&store->other_lock);
    SL_IGNORE(tally_merge(&store->other, &store->budget, tally), "the budget counts it");
    pthread_mutex_unlock(&store->other_lock);
    atomic_fetch_add_explicit(&store->evicted, evicted, memory_order_relaxed);
}

static void bury(struct shape_store *store, struct victims *victims)
{
    for (unsigned i = 0; i < victims->count; i++) {
        add_to_other(store, &victims->rows[i]->tally, 1);
        free_row(store, victims->rows[i]);
    }
}

static void merge(
        struct shape_store *store, struct row *row, const struct tally *tally, sl_usec now)
{
    const struct histogram *total = &tally->times[TALLY_TOTAL];

    SL_IGNORE(tally_merge(&row->tally, &store->budget, tally), "the budget counts it");
    SL_IGNORE(window_merge(&row->hour, &store->budget, total, now), "likewise");
    if (row->minutes != NULL) {
        SL_IGNORE(minutes_merge(row->minutes, &store->budget, total, now), "likewise");
    }
}

void shape_store_add(struct shape_store *store, const struct shape_key *key,
        const struct tally *tally, sl_usec now)
{
    uint64_t hash = shape_key_hash(key);
    struct stripe *stripe = stripe_of(store, hash);
    unsigned uses = uses_of(tally);
    struct victims victims = {0};

    if (tally->calls == 0) {
        return;
    }
    pthread_mutex_lock(&stripe->lock);
    while (budget_room(&store->budget) < store->budget.bytes_max / HEADROOM &&
            victims.count < VICTIMS_MAX - 1 && evict(store, stripe, USES_MAX, &victims)) {
    }
    struct row *row = find(store, stripe, key, hash);
    if (row == NULL) {
        row = make(store, key, hash, uses, &victims);
    }
    if (row != NULL) {
        merge(store, row, tally, now);
        use(stripe, row, uses);
    }
    SL_IGNORE(tally_merge(&stripe->taken, &store->budget, tally), "the budget counts it");
    pthread_mutex_unlock(&stripe->lock);
    bury(store, &victims);
    if (row == NULL) {
        add_to_other(store, tally, 1);
    }
}

void shape_store_add_other(struct shape_store *store, const struct tally *tally)
{
    struct stripe *stripe = &store->stripes[0];

    pthread_mutex_lock(&stripe->lock);
    SL_IGNORE(tally_merge(&stripe->taken, &store->budget, tally), "the budget counts it");
    pthread_mutex_unlock(&stripe->lock);
    add_to_other(store, tally, 0);
}

void shape_store_take(struct shape_store *store, struct tally *into)
{
    for (uint32_t i = 0; i < store->stripes_count; i++) {
        struct stripe *stripe = &store->stripes[i];

        pthread_mutex_lock(&stripe->lock);
        SL_IGNORE(tally_merge(into, NULL, &stripe->taken), "sums are right");
        tally_reset(&stripe->taken);
        pthread_mutex_unlock(&stripe->lock);
    }
}

void shape_store_reset(struct shape_store *store)
{
    for (uint32_t i = 0; i < store->stripes_count; i++) {
        struct stripe *stripe = &store->stripes[i];
        bool is_empty = false;

        while (!is_empty) { /* a few at a time: workers come in between */
            struct victims victims = {0};

            pthread_mutex_lock(&stripe->lock);
            while (victims.count < VICTIMS_MAX && !is_empty) {
                is_empty = !evict(store, stripe, USES_MAX, &victims);
            }
            pthread_mutex_unlock(&stripe->lock);
            for (unsigned v = 0; v < victims.count; v++) {
                free_row(store, victims.rows[v]);
            }
        }
    }
    pthread_mutex_lock(&store->other_lock);
    tally_fini(&store->other, &store->budget);
    pthread_mutex_unlock(&store->other_lock);
    atomic_store_explicit(&store->evicted, 0, memory_order_relaxed);
}

/* ---- reading ---- */

static struct stripe *stripe_at(struct shape_store *store, uint32_t bucket)
{
    return &store->stripes[bucket / store->buckets_count];
}

static uint32_t all_buckets(const struct shape_store *store)
{
    return store->stripes_count * store->buckets_count;
}

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

static void fill_row(struct shape_row *to, const struct row *row, struct shape_cut cut)
{
    struct histogram hour = window_sum(&row->hour, cut.now);
    uint64_t values[3] = {0};

    fill(to, &row->tally, cut.parts);
    to->key = row->key;
    if ((cut.parts & SHAPE_HOUR) != 0) {
        window_quantiles(&row->hour, cut.now, quantiles, 3, values);
    }
    to->hour = sum_up(&hour, values);
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
    struct stripe *stripe = stripe_at(store, bucket);

    pthread_mutex_lock(&stripe->lock);
    const struct row *row = store->buckets[bucket];
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
    for (; *cursor < all_buckets(store); ++*cursor) {
        uint32_t begin = reader.count;

        /* Whole buckets only. One that is longer than SHAPE_READ_MIN would be by a grudge. */
        if (!read_bucket(&reader, store, *cursor) && begin > 0) {
            reader.count = begin;
            break;
        }
    }
    if (*cursor >= all_buckets(store)) {
        *cursor = SHAPE_STORE_END;
    }
    return reader.count;
}

bool shape_store_get(struct shape_store *store, const struct shape_key *key, struct shape_row *to,
        struct shape_cut cut)
{
    uint64_t hash = shape_key_hash(key);
    struct stripe *stripe = stripe_of(store, hash);

    pthread_mutex_lock(&stripe->lock);
    const struct row *row = find(store, stripe, key, hash);
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
    struct stripe *stripe = stripe_of(store, hash);
    unsigned count = 0;

    pthread_mutex_lock(&stripe->lock);
    struct row *row = find(store, stripe, key, hash);
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

struct shape_counts shape_store_counts(const struct shape_store *store)
{
    return (struct shape_counts){.shapes = atomic_load(&store->shapes),
            .evicted = atomic_load(&store->evicted),
            .refused = atomic_load(&store->budget.refused),
            .bytes = budget_bytes(&store->budget) + sizeof(*store),
            .bytes_max = store->budget.bytes_max + sizeof(*store)};
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

    for (uint32_t i = 0; i < all_buckets(store); i++) {
        struct stripe *stripe = stripe_at(store, i);

        pthread_mutex_lock(&stripe->lock);
        for (struct row *row = store->buckets[i]; row != NULL; row = row->next) {
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
    struct stripe *stripe = stripe_of(store, hash);

    pthread_mutex_lock(&stripe->lock);
    struct row *row = find(store, stripe, key, hash);
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
    for (uint32_t i = 0; i < all_buckets(store); i++) {
        struct stripe *stripe = stripe_at(store, i);

        pthread_mutex_lock(&stripe->lock);
        for (struct row *row = store->buckets[i]; row != NULL; row = row->next) {
            window_trim(&row->hour, &store->budget, now);
            if (row->turn != turn) {
                free_minutes(store, row);
            }
        }
        pthread_mutex_unlock(&stripe->lock);
    }
}
