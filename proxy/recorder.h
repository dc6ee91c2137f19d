/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/recorder.h - what the clock makes of statistics.
 *
 *     every 10 s of wall clock   what workers told the store since -> a slot of the history
 *     once a minute              whose minutes are kept (optimizer/shape_top.h)
 *
 * Who is connected is read from the pools, under their leaf locks; no worker is asked.
 *
 * Ownership: one for the process; the store is the caller's and outlives it. Threads:
 * recorder_history() and recorder_bytes() any, while workers run; the rest the control
 * thread's. Bounds: bytes_max, all taken at the start: 24 hours, or less with less memory.
 */
#ifndef SLUICE_PROXY_RECORDER_H
#define SLUICE_PROXY_RECORDER_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stddef.h>

struct history;
struct shape_store;

/* SL_ENOMEM: nothing is recorded. */
SL_MUST_CHECK enum sl_err recorder_start(struct shape_store *store, size_t bytes_max);
void recorder_stop(void);

/* Often: does what is due. */
void recorder_tick(sl_usec now);
/* When the slot under way ends, unless the wall clock is set. */
sl_usec recorder_next(sl_usec now);
/* The slot under way ends here: the last one. */
void recorder_end(sl_usec now);

/* NULL: nothing is recorded. */
struct history *recorder_history(void);
size_t recorder_bytes(void);

#endif
