/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/history_gather.h - what came since the last time, as a batch for the history table.
 *
 * The slots of the history that were not written yet, and what each shape got meanwhile: those
 * HISTORY_SHAPES_MAX that cost most have rows of their own, the rest are one.
 *
 * Ownership: the caller's struct. Threads: one, no worker's; it reads the store under its
 * leaf locks, a row at a time. Bounds: the queue's bytes; as many intervals as rows for
 * a moment.
 */
#ifndef SLUICE_PROXY_HISTORY_GATHER_H
#define SLUICE_PROXY_HISTORY_GATHER_H

#include "proxy/history_queue.h"
#include "proxy/history_text.h"

struct shape_store;

struct history_gather {
    struct history_who who;
    struct shape_store *store;
    const struct names *names;
    sl_usec slots_after; /* of the history: written up to here */
    sl_usec at;          /* the last batch's, wall clock */
    sl_usec began_at;    /* what shapes got since, sl_now() */
};

void history_gather_init(struct history_gather *gather, struct history_who who,
        struct shape_store *store, const struct names *names);

/* Puts a batch into the queue, if there was anything. Rows without memory are dropped. */
void history_gather(struct history_gather *gather, struct history_queue *queue);

#endif
