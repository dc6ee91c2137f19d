/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_rows.c - buckets, two queues, a clock and tags.
 *
 * A stripe has its part of the buckets and two queues, oldest first: fresh (on probation)
 * and main. A row's uses rise by the bits of what is added (calls, and tenths of servers' seconds)
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
 *   (2) The sum of both over all stripes is rows->count, at most shapes_max.
 */
#include "optimizer/shape_rows.h"

enum {
    ROWS_PER_STRIPE = 64, /* at least, if there are to be several */
    FRESH_SHARE = 10,
    USES_MAIN = 2,
    CLOCK_STEPS = 32,
    TAGS_PER_ROW = 8
};

/* ---- life ---- */

static size_t buckets_len(const struct shape_rows *rows)
{
    return (size_t)shape_rows_buckets(rows) * sizeof(struct store_row *);
}

static size_t tags_len(const struct shape_rows *rows)
{
    return (size_t)shape_rows_buckets(rows) * TAGS_PER_ROW * sizeof(uint32_t);
}

static void choose_sizes(struct shape_rows *rows)
{
    rows->stripes_count = 1;
    while (rows->stripes_count < SHAPE_STRIPES_MAX &&
            rows->stripes_count * 2 * ROWS_PER_STRIPE <= rows->shapes_max) {
        rows->stripes_count *= 2;
    }
    rows->buckets_count = 1;
    while ((uint64_t)rows->buckets_count * rows->stripes_count < rows->shapes_max) {
        rows->buckets_count *= 2;
    }
}

enum sl_err shape_rows_init(struct shape_rows *rows, struct budget *budget, uint32_t shapes_max)
{
    rows->budget = budget;
    rows->shapes_max = shapes_max;
    choose_sizes(rows);
    rows->buckets = budget_take_zeroed(budget, buckets_len(rows));
    rows->tags = budget_take_zeroed(budget, tags_len(rows));
    if (rows->buckets == NULL || rows->tags == NULL) {
        budget_give(budget, rows->buckets, buckets_len(rows));
        budget_give(budget, rows->tags, tags_len(rows));
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < rows->stripes_count; i++) {
        struct store_stripe *stripe = &rows->stripes[i];

        pthread_mutex_init(&stripe->lock, NULL);
        stripe->buckets = rows->buckets + (size_t)i * rows->buckets_count;
        stripe->tags = rows->tags + (size_t)i * rows->buckets_count * TAGS_PER_ROW;
        sl_list_init(&stripe->fresh);
        sl_list_init(&stripe->main);
    }
    return SL_OK;
}

void shape_rows_fini(struct shape_rows *rows)
{
    SL_CHECK(rows->count == 0);
    for (uint32_t i = 0; i < rows->stripes_count; i++) {
        pthread_mutex_destroy(&rows->stripes[i].lock);
    }
    budget_give(rows->budget, rows->buckets, buckets_len(rows));
    budget_give(rows->budget, rows->tags, tags_len(rows));
}

void shape_rows_drop_minutes(struct shape_rows *rows, struct store_row *row)
{
    if (row->minutes != NULL) {
        minutes_fini(row->minutes, rows->budget);
        budget_give(rows->budget, row->minutes, sizeof(*row->minutes));
        row->minutes = NULL;
    }
}

void shape_rows_free(struct shape_rows *rows, struct store_row *row)
{
    shape_rows_drop_minutes(rows, row);
    interval_free(&row->interval, rows->budget);
    tally_fini(&row->tally, rows->budget);
    window_fini(&row->hour, rows->budget);
    budget_give(rows->budget, row, sizeof(*row));
}

uint32_t shape_rows_buckets(const struct shape_rows *rows)
{
    return rows->stripes_count * rows->buckets_count;
}

struct store_stripe *shape_rows_stripe_at(struct shape_rows *rows, uint32_t bucket)
{
    return &rows->stripes[bucket / rows->buckets_count];
}

/* ---- rows of a stripe, under its lock ---- */

struct store_stripe *shape_rows_stripe(struct shape_rows *rows, uint64_t hash)
{
    return &rows->stripes[hash >> 32 & (rows->stripes_count - 1)];
}

static struct store_row **bucket_of(
        struct shape_rows *rows, struct store_stripe *stripe, uint64_t hash)
{
    return &stripe->buckets[hash & (rows->buckets_count - 1)];
}

static void unlink_row(struct shape_rows *rows, struct store_stripe *stripe, struct store_row *row)
{
    struct store_row **at = bucket_of(rows, stripe, row->hash);

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
    atomic_fetch_sub(&rows->count, 1);
}

static struct store_row *first_in(struct sl_list *queue)
{
    return SL_CONTAINER(queue->next, struct store_row, in_queue);
}

/*
 * The row of main that goes: the first without uses, or of some the one with the fewest,
 * unless those are more than uses_max: then NULL, and the next turn begins behind them.
 */
static struct store_row *turn_clock(struct store_stripe *stripe, unsigned uses_max)
{
    struct store_row *fewest = NULL;

    for (unsigned i = 0; i < CLOCK_STEPS; i++) {
        struct store_row *row = first_in(&stripe->main);

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
        struct shape_rows *rows, struct store_stripe *stripe, uint64_t hash, uint32_t *tag)
{
    *tag = (uint32_t)(hash >> 32) | 1;
    return &stripe->tags[hash & (rows->buckets_count * TAGS_PER_ROW - 1)];
}

/* The row on probation that goes; NULL: those of main are too many beside them. */
static struct store_row *take_fresh(struct shape_rows *rows, struct store_stripe *stripe)
{
    uint32_t share = (stripe->fresh_count + stripe->main_count) / FRESH_SHARE;
    uint32_t tag = 0;

    if (stripe->fresh_count <= share && (stripe->main_count > 0 || stripe->fresh_count == 0)) {
        return NULL;
    }
    struct store_row *row = first_in(&stripe->fresh);
    uint32_t *place = tag_of(rows, stripe, row->hash, &tag);
    *place = tag;
    return row;
}

bool shape_rows_evict(struct shape_rows *rows, struct store_stripe *stripe, unsigned uses,
        struct shape_victims *victims)
{
    struct store_row *row = take_fresh(rows, stripe);

    if (row == NULL && stripe->main_count > 0) {
        row = turn_clock(stripe, uses);
    }
    if (row == NULL) {
        return false;
    }
    unlink_row(rows, stripe, row);
    victims->rows[victims->count++] = row;
    return true;
}

bool shape_rows_evict_fresh(struct shape_rows *rows, struct shape_victims *victims)
{
    struct store_row *row = NULL;

    for (uint32_t i = 0; i < rows->stripes_count && row == NULL; i++) {
        unsigned at = atomic_fetch_add(&rows->next, 1) & (rows->stripes_count - 1);
        struct store_stripe *stripe = &rows->stripes[at];
        pthread_mutex_lock(&stripe->lock);
        row = take_fresh(rows, stripe);
        if (row != NULL) {
            unlink_row(rows, stripe, row);
        }
        pthread_mutex_unlock(&stripe->lock);
    }
    if (row == NULL) {
        return false;
    }
    victims->rows[victims->count++] = row;
    return true;
}

struct store_row *shape_rows_find(
        struct shape_rows *rows, const struct shape_key *key, uint64_t hash)
{
    struct store_row *row = *bucket_of(rows, shape_rows_stripe(rows, hash), hash);

    while (row != NULL && (row->hash != hash || !shape_key_equal(&row->key, key))) {
        row = row->next;
    }
    return row;
}

static bool count_one_more(struct shape_rows *rows)
{
    unsigned shapes = atomic_load(&rows->count);

    do {
        if (shapes >= rows->shapes_max) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&rows->count, &shapes, shapes + 1));
    return true;
}

struct store_row *shape_rows_make(struct shape_rows *rows, const struct shape_key *key,
        uint64_t hash, unsigned uses, struct shape_victims *victims)
{
    struct store_stripe *stripe = shape_rows_stripe(rows, hash);
    struct store_row **bucket = bucket_of(rows, stripe, hash);

    while (!count_one_more(rows)) {
        if (victims->count == SHAPE_VICTIMS_MAX || !shape_rows_evict(rows, stripe, uses, victims)) {
            return NULL;
        }
    }
    struct store_row *row = budget_take_zeroed(rows->budget, sizeof(*row));
    if (row == NULL) {
        atomic_fetch_sub(&rows->count, 1);
        return NULL;
    }
    uint32_t tag = 0;
    row->uses = *tag_of(rows, stripe, hash, &tag) == tag ? USES_MAIN : 0;
    row->key = *key;
    row->hash = hash;
    row->next = *bucket;
    *bucket = row;
    sl_list_append(&stripe->fresh, &row->in_queue);
    stripe->fresh_count++;
    return row;
}

void shape_rows_use(struct store_stripe *stripe, struct store_row *row, unsigned uses)
{
    uses += row->uses;
    row->uses = uses > SHAPE_USES_MAX ? SHAPE_USES_MAX : (uint8_t)uses;
    if (!row->is_main && row->uses >= USES_MAIN) {
        row->is_main = true;
        sl_list_remove(&row->in_queue);
        sl_list_append(&stripe->main, &row->in_queue);
        stripe->fresh_count--;
        stripe->main_count++;
    }
}
