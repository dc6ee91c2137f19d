/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/thread.h - a thread that may not end in time.
 *
 * Ownership: none. Threads: any. Bounds: none.
 */
#ifndef SLUICE_PROTOCOL_BASE_THREAD_H
#define SLUICE_PROTOCOL_BASE_THREAD_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"

#include <pthread.h>
#include <stdbool.h>

/* Waits until it has ended, for so long; else it is detached, and goes on: false. By the clock that nobody sets. */
SL_MUST_CHECK bool sl_thread_end(pthread_t thread, sl_usec usec);

#endif
