/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_gather.h"

#include "optimizer/history.h"
#include "optimizer/shape_store.h"
#include "proxy/recorder.h"

#include <stdlib.h>

enum {
    SLOTS = 64,
    SPARE = 256 /* rows that may be made while others are read */
};

void history_gather_init(struct history_gather *gather, struct history_who who,
        struct shape_store *store, const struct names *names)
{
    *gather = (struct history_gather){.who = who,
            .store = store,
            .names = names,
            .slots_after = INT64_MIN,
            .at = sl_wall_now(),
            .began_at = sl_now()};
}

/* ---- slots ---- */

/* How many rows found no memory, or no room. */
static uint32_t put_slots(struct history_gather *gather, struct history_batch *batch)
{
    struct history *history = recorder_history();
    struct history_slot slots[SLOTS];
    uint32_t count = SLOTS;
    uint32_t lost = 0;

    while (count == SLOTS) {
        count = history_read(history, &gather->slots_after, slots, SLOTS);
        for (uint32_t i = 0; i < count; i++) {
            bool is_put = history_text_slot(&batch->text, &gather->who, &slots[i]) == SL_OK;
            batch->rows += is_put;
            lost += !is_put;
        }
    }
    return lost;
}

/* ---- shapes ---- */

struct taken {
    struct shape_interval *list;
    uint32_t count;
    struct shape_interval other;
};

static int dearest_first(const void *a, const void *b)
{
    const struct shape_interval *x = a;
    const struct shape_interval *y = b;

    return x->total.sum == y->total.sum ? 0 : x->total.sum < y->total.sum ? 1 : -1;
}

static void add_to_other(struct shape_interval *other, const struct shape_interval *more)
{
    interval_sums_add(&other->sums, &more->sums);
    other->total.sum += more->total.sum;
    other->total.max = other->total.max > more->total.max ? other->total.max : more->total.max;
    other->total.count = 0; /* its quantiles are not known any more */
}

/* What does not fit waits until the next time: nothing is lost. */
static enum sl_err take(struct shape_store *store, struct taken *taken)
{
    uint32_t most = shape_store_counts(store).shapes + SPARE;
    uint32_t cursor = 0;

    *taken = (struct taken){.list = calloc(most, sizeof *taken->list)};
    if (taken->list == NULL) {
        return SL_ENOMEM;
    }
    taken->count = shape_store_take_intervals(store, &cursor, taken->list, most);
    shape_store_take_other_interval(store, &taken->other);
    qsort(taken->list, taken->count, sizeof *taken->list, dearest_first);
    for (uint32_t i = HISTORY_SHAPES_MAX; i < taken->count; i++) {
        add_to_other(&taken->other, &taken->list[i]);
    }
    taken->count = taken->count > HISTORY_SHAPES_MAX ? HISTORY_SHAPES_MAX : taken->count;
    return SL_OK;
}

/* False: no memory, or no room. */
static bool put_one(struct history_gather *gather, struct history_batch *batch,
        struct history_span span, const struct shape_interval *one)
{
    bool is_other = one->key.shape.hi == 0 && one->key.shape.lo == 0;

    if (history_text_interval(
                &batch->text, &gather->who, span, is_other ? NULL : gather->names, one) != SL_OK) {
        return false;
    }
    batch->rows++;
    if (!is_other) {
        SL_IGNORE(sl_buf_put(&batch->shapes, &one->key.shape, sizeof one->key.shape),
                "its text is another time's");
    }
    return true;
}

static uint32_t put_shapes(struct history_gather *gather, struct history_batch *batch)
{
    sl_usec now = sl_now();
    struct history_span span = {.at = batch->at, .usec = now - gather->began_at};
    struct taken taken;
    uint32_t lost = 0;

    if (take(gather->store, &taken) != SL_OK) {
        return 0; /* the next batch has them */
    }
    gather->began_at = now;
    for (uint32_t i = 0; i < taken.count; i++) {
        lost += !put_one(gather, batch, span, &taken.list[i]);
    }
    if (taken.other.sums.calls > 0) {
        lost += !put_one(gather, batch, span, &taken.other);
    }
    free(taken.list);
    return lost;
}

/* ---- a batch ---- */

void history_gather(struct history_gather *gather, struct history_queue *queue)
{
    struct history_batch *batch = history_batch_new(queue->bytes_max);
    sl_usec now = sl_wall_now();

    if (batch == NULL) {
        return; /* the next one has it */
    }
    uint32_t lost = put_slots(gather, batch);
    batch->from = gather->at;
    batch->at = now > gather->slots_after ? now : gather->slots_after;
    batch->at = batch->at > gather->at ? batch->at : gather->at + 1;
    lost += put_shapes(gather, batch);
    history_queue_lost(queue, lost);
    if (batch->rows == 0) {
        history_batch_free(batch);
        return;
    }
    gather->at = batch->at;
    history_queue_put(queue, batch);
}
