/* SPDX-License-Identifier: PostgreSQL */
/* protocol/base/clock.c - CLOCK_MONOTONIC and CLOCK_REALTIME, or what a test set. */
#include "protocol/base/clock.h"

#include "protocol/base/check.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic sl_usec set_now; /* any thread; 0: the clocks run */

static sl_usec read_clock(clockid_t clock)
{
    sl_usec set = atomic_load_explicit(&set_now, memory_order_relaxed);
    struct timespec now;

    if (SL_UNLIKELY(set != 0)) {
        return set;
    }
    SL_CHECK(clock_gettime(clock, &now) == 0);
    return (sl_usec)now.tv_sec * SL_SECOND + now.tv_nsec / 1000;
}

sl_usec sl_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

sl_usec sl_wall_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

void sl_clock_set(sl_usec now)
{
    atomic_store_explicit(&set_now, now, memory_order_relaxed);
}
