/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/timer.h - a worker's deadlines: a wheel of lists.
 *
 * Setting and clearing cost a list operation and no system call; most deadlines
 * are cleared before they come. A timer fires within TIMER_TICK of its time.
 *
 * Ownership: timers live in their objects. Threads: the worker's. Bounds: none
 * needed, the wheel holds no memory of its own beyond its slots.
 */
#ifndef SLUICE_PROXY_TIMER_H
#define SLUICE_PROXY_TIMER_H

#include "protocol/base/clock.h"
#include "protocol/base/list.h"

#include <stdbool.h>

enum { TIMER_SLOTS = 1024 };
#define TIMER_TICK (20 * SL_MSEC)

struct timer {
    struct sl_list link;
    sl_usec at;                         /* 0: not set */
    void (*fired)(struct timer *timer); /* it is already cleared */
};

struct timer_wheel {
    struct sl_list slots[TIMER_SLOTS];
    int64_t tick; /* the next one to look at */
    uint32_t count;
};

void timer_wheel_init(struct timer_wheel *wheel, sl_usec now);
void timer_init(struct timer *timer, void (*fired)(struct timer *timer));
/* Moves it when it was set already. */
void timer_set(struct timer_wheel *wheel, struct timer *timer, sl_usec at);
void timer_clear(struct timer_wheel *wheel, struct timer *timer);
/* Fires what is due by now. */
void timer_wheel_turn(struct timer_wheel *wheel, sl_usec now);
/*
 * After a turn: when the next is due, if that is before limit, else limit. It looks at
 * a bounded number of slots and timers, and says when to look again if that was not all.
 */
sl_usec timer_wheel_next(const struct timer_wheel *wheel, sl_usec limit);

static inline bool timer_is_set(const struct timer *timer)
{
    return timer->at != 0;
}

#endif
