/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel_rate.h - how fast the queries of clients that vanished are cancelled.
 *
 * PostgreSQL forks a process for every CancelRequest. A host of applications that dies
 * leaves as many queries as it had connections, in one moment: CANCEL_RATE_BURST of
 * them are cancelled at once, the others in turn, CANCEL_RATE a second. This is the
 * "virtual scheduling" form of the leaky bucket (ITU-T I.371, generic cell rate).
 *
 * Ownership: none. Threads: any. Bounds: one word; who has to wait is the caller's to
 * bound.
 */
#ifndef SLUICE_PROXY_CANCEL_RATE_H
#define SLUICE_PROXY_CANCEL_RATE_H

#include "protocol/base/clock.h"

#include <stdatomic.h>

enum { CANCEL_RATE = 100, CANCEL_RATE_BURST = 20 };

/* All zeros to begin with. */
struct cancel_rate {
    _Atomic sl_usec next; /* the moment that is the next one's if none came in between */
};

/* Takes a turn: how long from now it is to wait, in microseconds; 0: none. */
sl_usec cancel_rate_take(struct cancel_rate *rate, sl_usec now);

#endif
