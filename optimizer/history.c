/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/history.c - a ring in order of time, searched by halves.
 */
#include "optimizer/history.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct history {
    pthread_mutex_t lock;
    uint32_t slots_max; /* constant */
    uint32_t count;     /* under lock, as what follows */
    uint32_t next;      /* where the next one goes; the oldest, when all are there */
    struct history_slot slots[];
};

struct history *history_new(uint32_t slots_max)
{
    size_t bytes = sizeof(struct history) + slots_max * sizeof(struct history_slot);
    struct history *history = slots_max == 0 ? NULL : calloc(1, bytes);

    if (history != NULL) {
        pthread_mutex_init(&history->lock, NULL);
        history->slots_max = slots_max;
    }
    return history;
}

void history_free(struct history *history)
{
    if (history != NULL) {
        pthread_mutex_destroy(&history->lock);
        free(history);
    }
}

size_t history_bytes(const struct history *history)
{
    return sizeof(*history) + history->slots_max * sizeof(struct history_slot);
}

uint32_t history_count(struct history *history)
{
    pthread_mutex_lock(&history->lock);
    uint32_t count = history->count;
    pthread_mutex_unlock(&history->lock);
    return count;
}

static uint32_t cut(uint64_t usec)
{
    return usec > UINT32_MAX ? UINT32_MAX : (uint32_t)usec;
}

void history_slot_fill(struct history_slot *slot, const struct tally *tally)
{
    static const double quantiles[3] = {0.50, 0.95, 0.99};
    const struct histogram *total = &tally->times[TALLY_TOTAL];
    uint64_t values[3];

    histogram_quantiles(total, quantiles, 3, values);
    slot->transactions = tally->transactions;
    slot->queries = tally->calls;
    slot->errors = tally->errors;
    slot->bytes_in = tally->bytes_in;
    slot->bytes_out = tally->bytes_out;
    slot->total_usec = total->sum;
    slot->wait_usec = tally->times[TALLY_WAIT].sum;
    slot->server_usec = tally->times[TALLY_SERVER].sum;
    slot->client_usec = tally->client_usec;
    slot->p50_usec = cut(values[0]);
    slot->p95_usec = cut(values[1]);
    slot->p99_usec = cut(values[2]);
    slot->max_usec = cut(total->max);
}

/* The i-th, the oldest being 0. */
static struct history_slot *slot_at(struct history *history, uint32_t i)
{
    uint32_t oldest = history->next + history->slots_max - history->count;

    return &history->slots[(oldest + i) % history->slots_max];
}

void history_put(struct history *history, const struct history_slot *slot)
{
    pthread_mutex_lock(&history->lock);
    sl_usec last = history->count == 0 ? INT64_MIN : slot_at(history, history->count - 1)->ended_at;
    struct history_slot *to = &history->slots[history->next];
    *to = *slot;
    if (to->ended_at <= last) { /* the wall clock was set back */
        to->ended_at = last + 1;
    }
    history->next = (history->next + 1) % history->slots_max;
    if (history->count < history->slots_max) {
        history->count++;
    }
    pthread_mutex_unlock(&history->lock);
}

static uint32_t first_after(struct history *history, sl_usec after)
{
    uint32_t low = 0;
    uint32_t high = history->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (slot_at(history, middle)->ended_at > after) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

uint32_t history_read(
        struct history *history, sl_usec *after, struct history_slot *slots, uint32_t slots_max)
{
    uint32_t count = 0;

    if (slots_max > HISTORY_COPY) {
        slots_max = HISTORY_COPY;
    }
    pthread_mutex_lock(&history->lock);
    for (uint32_t i = first_after(history, *after); i < history->count && count < slots_max; i++) {
        slots[count++] = *slot_at(history, i);
    }
    pthread_mutex_unlock(&history->lock);
    if (count > 0) {
        *after = slots[count - 1].ended_at;
    }
    return count;
}
