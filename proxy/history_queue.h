/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/history_queue.h - what is to be written to the history table, until it is.
 *
 * A batch is what came between two times: its rows are written in one transaction, all or
 * none. While the database is away batches stay here; at the bound the oldest goes, and
 * its rows are counted.
 *
 * Ownership: the batches. Threads: the writer's; history_queue_counts() any.
 * Bounds: bytes_max, of all batches together.
 */
#ifndef SLUICE_PROXY_HISTORY_QUEUE_H
#define SLUICE_PROXY_HISTORY_QUEUE_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct history_batch {
    struct history_batch *next;
    sl_usec from; /* its rows' times are after that, wall clock */
    sl_usec at;   /* and not after that */
    uint32_t rows;
    bool is_in_doubt;     /* its COMMIT was sent, and not answered */
    struct sl_buf text;   /* the rows, as COPY takes them */
    struct sl_buf shapes; /* struct sl_hash128: whose texts belong to them */
};

struct history_queue {
    struct history_batch *first;
    struct history_batch *last;
    size_t bytes_max;
    atomic_size_t bytes;           /* any thread, as what follows */
    _Atomic uint64_t rows_queued;  /* in it now */
    _Atomic uint64_t rows_written; /* since start */
    _Atomic uint64_t rows_dropped; /* since start */
};

struct history_queue_counts {
    size_t bytes;
    uint64_t rows_queued;
    uint64_t rows_written;
    uint64_t rows_dropped;
};

/* NULL without memory. */
SL_MUST_CHECK struct history_batch *history_batch_new(size_t bytes_max);
void history_batch_free(struct history_batch *batch); /* NULL is fine */

/* Keeps its counts, if it had any. */
void history_queue_init(struct history_queue *queue, size_t bytes_max);

/* Takes the batch over: the last; the oldest ones go while there is no room. */
void history_queue_put(struct history_queue *queue, struct history_batch *batch);
/* The oldest, or NULL; the queue's until it is taken off, written or dropped. */
struct history_batch *history_queue_first(struct history_queue *queue);
void history_queue_pop(struct history_queue *queue, bool is_written);
/* Rows that came to no batch. */
void history_queue_lost(struct history_queue *queue, uint32_t rows);
/* All of them. */
void history_queue_drop(struct history_queue *queue);

struct history_queue_counts history_queue_counts(const struct history_queue *queue);

#endif
