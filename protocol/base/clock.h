/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/clock.h - time in microseconds.
 *
 * sl_now() is monotonic, for deadlines and durations; sl_wall_now() is since
 * 1970, for people. The loop reads the clock once per turn and hands the value
 * down; tests set it with sl_clock_set(). Threads: any.
 */
#ifndef SLUICE_PROTOCOL_BASE_CLOCK_H
#define SLUICE_PROTOCOL_BASE_CLOCK_H

#include <stdint.h>

typedef int64_t sl_usec;

#define SL_SECOND ((sl_usec)1000000)
#define SL_MSEC ((sl_usec)1000)

sl_usec sl_now(void);
sl_usec sl_wall_now(void);

/* For tests: both clocks stand still at now until the next call; 0 lets them run again. */
void sl_clock_set(sl_usec now);

#endif
