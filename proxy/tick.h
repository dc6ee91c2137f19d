/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/tick.h - what a loop does every so often while something goes on, and hardly
 * ever when nothing does.
 *
 * A tick comes a period after the last while anything stirs the loop in between, and
 * otherwise when its owner next has something to do; so an idle process sleeps. Whoever
 * makes something due that the owner does not know of must stir it, on the loop's thread:
 * other threads send it a letter, whose arrival does.
 *
 * Ownership: the loop's. Threads: the loop's. Bounds: none needed.
 */
#ifndef SLUICE_PROXY_TICK_H
#define SLUICE_PROXY_TICK_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <event2/event.h>
#include <stdbool.h>

#define TICK_NEVER INT64_MAX

struct tick {
    struct event *event;
    sl_usec period;
    sl_usec armed;   /* how long from one to the next now; TICK_NEVER: none comes */
    bool is_stirred; /* since the last one */
};

/* The first comes after a period. */
SL_MUST_CHECK enum sl_err tick_init(struct tick *tick, struct event_base *base, sl_usec period,
        event_callback_fn fn, void *arg);
/* Also of one that is all zeroes. */
void tick_fini(struct tick *tick);

/* By its owner, once a tick: the next comes in rest; after a period if that is more, or if stirred. */
void tick_end(struct tick *tick, sl_usec rest);

/* tick_stir()'s, for the first time since a tick. */
void tick_wake(struct tick *tick);

/* Something happened: the next comes within a period, and one more after it. */
static inline void tick_stir(struct tick *tick)
{
    if (!tick->is_stirred) {
        tick_wake(tick);
    }
}

#endif
