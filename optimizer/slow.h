/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/slow.h - single statements that were slow: the last ones, and the slowest.
 *
 * Who they were and what they took, not their texts: a shape leads to that.
 *
 * Ownership: its memory, 60 KB. Threads: any; a leaf lock, taken for who is slow and for who
 * reads. Bounds: the last SLOW_LAST, and SLOW_WORST since the start or slow_reset().
 */
#ifndef SLUICE_OPTIMIZER_SLOW_H
#define SLUICE_OPTIMIZER_SLOW_H

#include "optimizer/shape_store.h"

enum { SLOW_LAST = 512, SLOW_WORST = 128, SLOW_MAX = SLOW_LAST };

struct slow_statement {
    struct shape_key key;
    uint64_t client; /* its number, as SHOW CLIENTS has it; 0: it is gone */
    sl_usec ended_at;
    sl_usec times[TALLY_TIMES];
    sl_usec client_usec;
    uint64_t rows;
    char sqlstate[6]; /* "" without an error */
};

enum slow_order {
    SLOW_BY_LAST, /* newest first */
    SLOW_BY_TOTAL
};

struct slow;

SL_MUST_CHECK struct slow *slow_new(void); /* NULL without memory */
void slow_free(struct slow *slow);         /* NULL is fine */

void slow_add(struct slow *slow, const struct slow_statement *statement);
/* Copies them in that order; how many. */
uint32_t slow_read(struct slow *slow, enum slow_order order, struct slow_statement to[SLOW_MAX]);
void slow_reset(struct slow *slow);

#endif
