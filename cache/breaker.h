/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/breaker.h - whether it is worth asking: after failures nobody asks for a while, but one probe.
 *
 *     CLOSED --> OPEN --> HALF --> CLOSED
 *                 ^        |
 *                 '--------'
 *
 * It opens after failures_max failures in a row, when of the answers of one window (window_min at
 * least) more than one in a hundred was slow or failed, or when it is told to. From then on each probe_every one
 * probe may be made: if that goes well it is closed, else open again.
 *
 * Ownership: the caller's. Threads: one at a time. Bounds: none.
 */
#ifndef SLUICE_CACHE_BREAKER_H
#define SLUICE_CACHE_BREAKER_H

#include "protocol/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF };

struct breaker_limits {
    unsigned failures_max;
    sl_usec slow; /* from there on an answer is slow */
    sl_usec window;
    unsigned window_min;
    sl_usec probe_every;
};

enum { BREAKER_BUCKETS = 96 };

struct breaker {
    struct breaker_limits limits;
    enum breaker_state state;
    unsigned failures; /* in a row */
    sl_usec window_end;
    uint32_t window_answers;
    uint32_t window_slow;
    sl_usec probe_at;
    uint64_t opened; /* how often */
    /* How long answers took: four buckets for each power of two; halved now and then. */
    uint32_t took[BREAKER_BUCKETS];
    uint32_t took_count;
};

void breaker_init(struct breaker *breaker, const struct breaker_limits *limits);
/* An answer came. True: it was closed, and has opened. */
bool breaker_answer(struct breaker *breaker, sl_usec now, sl_usec took);
/* None came in time, or an error. True: as above. */
bool breaker_failure(struct breaker *breaker, sl_usec now);
void breaker_open(struct breaker *breaker, sl_usec now);
/* OPEN, and a probe may be made: it is HALF then, and the probe goes well (breaker_probed()) or fails. */
bool breaker_probe(struct breaker *breaker, sl_usec now);
void breaker_probed(struct breaker *breaker, sl_usec now);
/* So long did that part of the answers take at most, in thousandths; 0: there were none. */
sl_usec breaker_quantile(const struct breaker *breaker, unsigned thousandths);
const char *breaker_state_text(enum breaker_state state);

#endif
