/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/history.h - 24 hours of totals, one slot for each 10 seconds, in a ring.
 *
 * Who owns the clock makes a slot when it is due and puts it here; /api and the dashboard
 * read. A slot says when it ended; where Sluice slept there is none.
 *
 * Ownership: the ring. Threads: any; a leaf lock, held to copy HISTORY_COPY slots at most.
 * Bounds: slots_max slots of sizeof(struct history_slot) bytes, all taken at the start;
 * the oldest goes.
 */
#ifndef SLUICE_OPTIMIZER_HISTORY_H
#define SLUICE_OPTIMIZER_HISTORY_H

#include "optimizer/tally.h"

enum {
    HISTORY_SLOTS = 8640, /* 24 hours: 1 MB */
    HISTORY_COPY = 256
};

#define HISTORY_SLOT (10 * SL_SECOND)

struct history_slot {
    sl_usec ended_at; /* since 1970; ascending */
    uint32_t usec;    /* how long it was */
    uint32_t max_usec;
    uint64_t transactions;
    uint64_t queries;
    uint64_t errors;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t total_usec; /* sums of times: where the time went */
    uint64_t wait_usec;
    uint64_t server_usec;
    uint64_t client_usec;
    uint32_t p50_usec; /* of the total time */
    uint32_t p95_usec;
    uint32_t p99_usec;
    uint32_t clients_active;
    uint32_t clients_waiting;
    uint32_t servers_active;
    uint32_t servers_idle;
};

struct history;

/* NULL without memory. */
SL_MUST_CHECK struct history *history_new(uint32_t slots_max);
void history_free(struct history *history); /* NULL is fine */
size_t history_bytes(const struct history *history);
uint32_t history_count(struct history *history); /* slots there are by now */

/* What statements did in the slot: all of it but its times and who was connected. */
void history_slot_fill(struct history_slot *slot, const struct tally *tally);
/* An end that is not after the last one's is one microsecond after it. */
void history_put(struct history *history, const struct history_slot *slot);
/*
 * The slots that ended after *after, oldest first, at most slots_max and HISTORY_COPY; how
 * many. Moves *after on, so that 0 means there are no more for now.
 */
uint32_t history_read(
        struct history *history, sl_usec *after, struct history_slot *slots, uint32_t slots_max);

#endif
