/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel_rate.c - one turn after the other, without a lock.
 */
#include "proxy/cancel_rate.h"

static const sl_usec interval = SL_SECOND / CANCEL_RATE;

sl_usec cancel_rate_take(struct cancel_rate *rate, sl_usec now)
{
    const sl_usec ahead = (CANCEL_RATE_BURST - 1) * interval;
    sl_usec next = atomic_load(&rate->next);
    sl_usec mine = 0;

    do {
        mine = next > now ? next : now;
    } while (!atomic_compare_exchange_weak(&rate->next, &next, mine + interval));
    return mine - now > ahead ? mine - now - ahead : 0;
}
