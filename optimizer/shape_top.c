/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_top.c - ranks in a heap first, then the rows of the best.
 *
 * The first pass reads sums only (and quantiles if the order is by one); all parts of a
 * row are read for those that are shown. A row that is evicted in between is left out.
 */
#include "optimizer/shape_top.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BATCH = SHAPE_READ_MIN };

static const char *const names[SHAPE_ORDERS] = {
        [SHAPE_BY_TOTAL] = "total",
        [SHAPE_BY_CALLS] = "calls",
        [SHAPE_BY_MEAN] = "mean",
        [SHAPE_BY_P50] = "p50",
        [SHAPE_BY_P95] = "p95",
        [SHAPE_BY_P99] = "p99",
        [SHAPE_BY_MAX] = "max",
        [SHAPE_BY_WAIT] = "wait",
        [SHAPE_BY_SERVER] = "server",
        [SHAPE_BY_CLIENT] = "client",
        [SHAPE_BY_ROWS] = "rows",
        [SHAPE_BY_BYTES] = "bytes",
        [SHAPE_BY_ERRORS] = "errors",
        [SHAPE_BY_LAST_SEEN] = "last_seen",
        [SHAPE_BY_HOUR] = "hour",
};

int shape_order_named(struct sl_span name)
{
    for (int i = 0; i < SHAPE_ORDERS; i++) {
        if (name.len == strlen(names[i]) &&
                strncasecmp((const char *)name.at, names[i], name.len) == 0) {
            return i;
        }
    }
    return -1;
}

const char *shape_order_name(enum shape_order order)
{
    return names[order];
}

/* What rows are ordered by: of all time, or of the hour. */
struct measures {
    const struct shape_time *total;
    uint64_t calls;
    struct window_sums sums;
};

static struct measures measures_of(const struct shape_row *row, bool is_hour)
{
    if (is_hour) {
        return (struct measures){
                .total = &row->hour, .calls = row->hour.count, .sums = row->hour_sums};
    }
    return (struct measures){.total = &row->times[TALLY_TOTAL],
            .calls = row->calls,
            .sums = {.errors = row->errors,
                    .rows = row->rows,
                    .wait_usec = row->times[TALLY_WAIT].sum,
                    .server_usec = row->times[TALLY_SERVER].sum,
                    .client_usec = row->client_usec}};
}

static uint64_t value_of(const struct shape_row *row, enum shape_order order, bool is_hour)
{
    const struct measures measures = measures_of(row, is_hour);
    const struct shape_time *total = measures.total;

    switch (order) {
    case SHAPE_BY_CALLS:
        return measures.calls;
    case SHAPE_BY_MEAN: /* nanoseconds: quick statements differ by less than one microsecond */
        return total->count == 0 ? 0
                                 : (uint64_t)((double)total->sum / (double)total->count * 1000.0);
    case SHAPE_BY_P50:
        return total->p50;
    case SHAPE_BY_P95:
        return total->p95;
    case SHAPE_BY_P99:
        return total->p99;
    case SHAPE_BY_MAX:
        return total->max;
    case SHAPE_BY_WAIT:
        return measures.sums.wait_usec;
    case SHAPE_BY_SERVER:
        return measures.sums.server_usec;
    case SHAPE_BY_CLIENT:
        return measures.sums.client_usec;
    case SHAPE_BY_ROWS:
        return measures.sums.rows;
    case SHAPE_BY_BYTES:
        return row->bytes_in + row->bytes_out;
    case SHAPE_BY_ERRORS:
        return measures.sums.errors;
    case SHAPE_BY_LAST_SEEN:
        return (uint64_t)row->last_seen;
    case SHAPE_BY_HOUR:
        return row->hour.sum;
    case SHAPE_BY_TOTAL:
    case SHAPE_ORDERS:
        break;
    }
    return total->sum;
}

/* Equal values by shape, so that the same rows come in the same order. */
static int compare(const struct shape_rank *a, const struct shape_rank *b)
{
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    if (a->key.shape.hi != b->key.shape.hi) {
        return a->key.shape.hi < b->key.shape.hi ? -1 : 1;
    }
    return a->key.node < b->key.node ? -1 : a->key.node > b->key.node;
}

static int greatest_first(const void *a, const void *b)
{
    return compare(b, a);
}

static void sift_down(struct shape_rank *ranks, uint32_t count, uint32_t i)
{
    struct shape_rank moving = ranks[i];

    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child + 1 < count && compare(&ranks[child + 1], &ranks[child]) < 0) {
            child++;
        }
        if (child >= count || compare(&moving, &ranks[child]) <= 0) {
            break;
        }
        ranks[i] = ranks[child];
        i = child;
    }
    ranks[i] = moving;
}

static bool is_wanted(const struct shape_top *top, const struct shape_row *row)
{
    return (!top->is_hour || row->hour.count > 0) &&
           (top->database == SHAPE_ANY || top->database == row->key.database) &&
           (top->user == SHAPE_ANY || top->user == row->key.user);
}

static void rank(struct shape_top *top, const struct shape_row *row)
{
    const struct shape_rank rank = {
            .value = value_of(row, top->order, top->is_hour), .key = row->key};

    if (!is_wanted(top, row)) {
        return;
    }
    if (top->ranked < top->rows_max) {
        top->ranks[top->ranked++] = rank;
        if (top->ranked == top->rows_max) { /* a heap is needed from the next one on */
            for (uint32_t i = top->ranked / 2 + 1; i > 0; i--) {
                sift_down(top->ranks, top->ranked, i - 1);
            }
        }
    } else if (compare(&rank, &top->ranks[0]) > 0) {
        top->ranks[0] = rank;
        sift_down(top->ranks, top->ranked, 0);
    }
}

enum sl_err shape_top_init(struct shape_top *top, struct shape_store *store, enum shape_order order,
        uint32_t rows_max, sl_usec now)
{
    rows_max = rows_max > SHAPE_TOP_MAX ? SHAPE_TOP_MAX : rows_max;
    rows_max = rows_max == 0 ? 1 : rows_max;
    *top = (struct shape_top){.store = store,
            .rows_max = rows_max,
            .order = order,
            .database = SHAPE_ANY,
            .user = SHAPE_ANY,
            .now = now};
    top->ranks = calloc(rows_max, sizeof(*top->ranks));
    top->rows = calloc(rows_max, sizeof(*top->rows));
    if (top->ranks == NULL || top->rows == NULL) {
        shape_top_fini(top);
        return SL_ENOMEM;
    }
    return SL_OK;
}

void shape_top_by_hour(struct shape_top *top)
{
    top->is_hour = true;
}

void shape_top_only(struct shape_top *top, uint32_t database, uint32_t user)
{
    top->database = database;
    top->user = user;
}

void shape_top_fini(struct shape_top *top)
{
    free(top->ranks);
    free(top->rows);
    *top = (struct shape_top){0};
}

/* What of a row its rank is made of. */
static unsigned parts_of(const struct shape_top *top)
{
    bool is_quantile = top->order >= SHAPE_BY_P50 && top->order <= SHAPE_BY_P99;
    bool is_sum = (top->order >= SHAPE_BY_WAIT && top->order <= SHAPE_BY_ROWS) ||
                  top->order == SHAPE_BY_ERRORS;

    if (!top->is_hour) {
        return is_quantile ? SHAPE_TIMES : 0;
    }
    return is_quantile ? SHAPE_HOUR : is_sum ? SHAPE_HOUR_SUMS : 0;
}

/* True: all rows were ranked. */
static bool rank_more(struct shape_top *top, uint32_t rows_max)
{
    const struct shape_cut cut = {.parts = parts_of(top), .now = top->now};
    struct shape_row rows[BATCH];

    for (uint32_t seen = 0; top->cursor != SHAPE_STORE_END && seen < rows_max; seen += BATCH) {
        uint32_t count = shape_store_read(top->store, &top->cursor, rows, BATCH, cut);
        for (uint32_t i = 0; i < count; i++) {
            rank(top, &rows[i]);
        }
    }
    return top->cursor == SHAPE_STORE_END;
}

bool shape_top_step(struct shape_top *top, uint32_t rows_max)
{
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = top->now};

    if (!top->is_sorted) {
        if (!rank_more(top, rows_max)) {
            return false;
        }
        qsort(top->ranks, top->ranked, sizeof(*top->ranks), greatest_first);
        top->is_sorted = true;
        top->cursor = 0; /* from now on: among the ranks */
        return top->ranked == 0;
    }
    for (uint32_t i = 0; top->cursor < top->ranked && i < rows_max; i++, top->cursor++) {
        struct shape_row *row = &top->rows[top->count];
        if (shape_store_get(top->store, &top->ranks[top->cursor].key, row, cut)) {
            top->count++;
        }
    }
    return top->cursor == top->ranked;
}

enum sl_err shape_top_track(struct shape_store *store, uint32_t turn, sl_usec now)
{
    struct shape_top top;
    enum sl_err err = shape_top_init(&top, store, SHAPE_BY_HOUR, SHAPE_TRACKED, now);

    if (err != SL_OK) {
        return err;
    }
    while (!rank_more(&top, UINT32_MAX)) {
    }
    for (uint32_t i = 0; i < top.ranked; i++) {
        shape_store_track(store, &top.ranks[i].key, turn);
    }
    shape_top_fini(&top);
    shape_store_trim(store, turn, now);
    return SL_OK;
}
