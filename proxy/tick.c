/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/tick.h"

#include <stddef.h>

/* libevent's clock is coarse: without it the loop may wake just before its time, to no end. */
#define SLACK (10 * SL_MSEC)

static void arm(struct tick *tick, sl_usec usec)
{
    if (usec == tick->armed) {
        return; /* it repeats by itself */
    }
    struct timeval in = {.tv_sec = usec / SL_SECOND, .tv_usec = usec % SL_SECOND};
    int rc = usec == TICK_NEVER ? event_del(tick->event) : event_add(tick->event, &in);
    if (rc == 0) {
        tick->armed = usec;
    } /* else it goes on as before; only a loop that has more than one event can be short of memory */
}

enum sl_err tick_init(
        struct tick *tick, struct event_base *base, sl_usec period, event_callback_fn fn, void *arg)
{
    *tick = (struct tick){.period = period, .armed = TICK_NEVER, .is_stirred = true};
    tick->event = event_new(base, -1, EV_PERSIST, fn, arg);
    if (tick->event == NULL) {
        return SL_ENOMEM;
    }
    arm(tick, period);
    return tick->armed == period ? SL_OK : SL_ENOMEM;
}

void tick_fini(struct tick *tick)
{
    if (tick->event != NULL) {
        event_free(tick->event);
    }
    tick->event = NULL;
}

void tick_end(struct tick *tick, sl_usec rest)
{
    bool is_short = tick->is_stirred || rest <= tick->period;

    tick->is_stirred = false;
    arm(tick, is_short ? tick->period : rest >= TICK_NEVER - SLACK ? TICK_NEVER : rest + SLACK);
}

void tick_wake(struct tick *tick)
{
    tick->is_stirred = true;
    arm(tick, tick->period);
}
