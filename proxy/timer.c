/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/timer.c - a timer lies in the slot of its tick; one whose time is rounds
 * of the wheel away is passed over until then.
 */
#include "proxy/timer.h"

#include "protocol/base/check.h"

enum { LOOK_MAX = 1024 }; /* timers that timer_wheel_next() passes over at most */

void timer_wheel_init(struct timer_wheel *wheel, sl_usec now)
{
    for (int i = 0; i < TIMER_SLOTS; i++) {
        sl_list_init(&wheel->slots[i]);
    }
    wheel->tick = now / TIMER_TICK;
    wheel->count = 0;
}

void timer_init(struct timer *timer, void (*fired)(struct timer *timer))
{
    sl_list_init(&timer->link);
    timer->at = 0;
    timer->fired = fired;
}

void timer_set(struct timer_wheel *wheel, struct timer *timer, sl_usec at)
{
    int64_t tick = (at + TIMER_TICK - 1) / TIMER_TICK;

    timer_clear(wheel, timer);
    if (tick < wheel->tick) {
        tick = wheel->tick;
    }
    timer->at = at > 0 ? at : 1;
    sl_list_append(&wheel->slots[tick % TIMER_SLOTS], &timer->link);
    wheel->count++;
}

void timer_clear(struct timer_wheel *wheel, struct timer *timer)
{
    if (timer->at != 0) {
        SL_DCHECK(wheel->count > 0);
        timer->at = 0;
        sl_list_remove(&timer->link);
        wheel->count--;
    }
}

/* Due timers go to a list of their own first: firing one may set or clear others. */
void timer_wheel_turn(struct timer_wheel *wheel, sl_usec now)
{
    int64_t last = now / TIMER_TICK;
    struct sl_list due;

    sl_list_init(&due);
    if (last - wheel->tick > TIMER_SLOTS) {
        wheel->tick = last - TIMER_SLOTS; /* asleep for long: one round sees all */
    }
    for (; wheel->tick <= last; wheel->tick++) {
        struct sl_list *slot = &wheel->slots[wheel->tick % TIMER_SLOTS];
        SL_LIST_EACH_SAFE (link, slot) {
            struct timer *timer = SL_CONTAINER(link, struct timer, link);
            if (timer->at <= now) {
                sl_list_remove(link);
                sl_list_append(&due, link);
            }
        }
    }
    struct sl_list *link;
    while ((link = sl_list_pop(&due)) != NULL) {
        struct timer *timer = SL_CONTAINER(link, struct timer, link);
        timer->at = 0;
        wheel->count--;
        timer->fired(timer);
    }
}

sl_usec timer_wheel_next(const struct timer_wheel *wheel, sl_usec limit)
{
    unsigned seen = 0;

    for (int64_t i = 0; i < TIMER_SLOTS && wheel->count > 0; i++) {
        const sl_usec at = (wheel->tick + i) * TIMER_TICK;
        const struct sl_list *slot = &wheel->slots[(wheel->tick + i) % TIMER_SLOTS];
        if (at >= limit) {
            break;
        }
        SL_LIST_EACH (link, slot) {
            if (SL_CONTAINER(link, const struct timer, link)->at <= at || ++seen > LOOK_MAX) {
                return at;
            }
        }
    }
    sl_usec round = (wheel->tick + TIMER_SLOTS) * TIMER_TICK;
    return wheel->count > 0 && round < limit ? round : limit;
}
