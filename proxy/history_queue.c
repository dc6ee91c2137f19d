/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_queue.h"

#include <stdlib.h>

struct history_batch *history_batch_new(size_t bytes_max)
{
    struct history_batch *batch = calloc(1, sizeof *batch);

    if (batch != NULL) {
        sl_buf_init(&batch->text, bytes_max);
        sl_buf_init(&batch->shapes, bytes_max);
    }
    return batch;
}

void history_batch_free(struct history_batch *batch)
{
    if (batch != NULL) {
        sl_buf_fini(&batch->text);
        sl_buf_fini(&batch->shapes);
        free(batch);
    }
}

static size_t cost_of(const struct history_batch *batch)
{
    return sizeof *batch + batch->text.cap + batch->shapes.cap;
}

void history_queue_init(struct history_queue *queue, size_t bytes_max)
{
    queue->bytes_max = bytes_max;
}

void history_queue_put(struct history_queue *queue, struct history_batch *batch)
{
    batch->next = NULL;
    if (queue->last == NULL) {
        queue->first = batch;
    } else {
        queue->last->next = batch;
    }
    queue->last = batch;
    atomic_fetch_add(&queue->bytes, cost_of(batch));
    atomic_fetch_add(&queue->rows_queued, batch->rows);
    while (atomic_load(&queue->bytes) > queue->bytes_max) {
        history_queue_pop(queue, false);
    }
}

struct history_batch *history_queue_first(struct history_queue *queue)
{
    return queue->first;
}

void history_queue_pop(struct history_queue *queue, bool is_written)
{
    struct history_batch *batch = queue->first;

    SL_CHECK(batch != NULL);
    queue->first = batch->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    atomic_fetch_sub(&queue->bytes, cost_of(batch));
    atomic_fetch_sub(&queue->rows_queued, batch->rows);
    atomic_fetch_add(is_written ? &queue->rows_written : &queue->rows_dropped, batch->rows);
    history_batch_free(batch);
}

void history_queue_lost(struct history_queue *queue, uint32_t rows)
{
    atomic_fetch_add(&queue->rows_dropped, rows);
}

void history_queue_drop(struct history_queue *queue)
{
    while (queue->first != NULL) {
        history_queue_pop(queue, false);
    }
}

struct history_queue_counts history_queue_counts(const struct history_queue *queue)
{
    return (struct history_queue_counts){.bytes = atomic_load(&queue->bytes),
            .rows_queued = atomic_load(&queue->rows_queued),
            .rows_written = atomic_load(&queue->rows_written),
            .rows_dropped = atomic_load(&queue->rows_dropped)};
}
