/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pins.h - clients that keep their server between transactions: counted, by pool and reason.
 *
 * Who is counted, and when: link_pins.h.
 *
 * Ownership: a struct pin is its server's, a struct pins its pool's. Threads: any; a struct pin its
 * server's worker. The lock is a leaf, one for all, taken when a client's reasons change and held for
 * a few additions. Bounds: clients_max.
 */
#ifndef SLUICE_PROXY_PINS_H
#define SLUICE_PROXY_PINS_H

#include "protocol/base/clock.h"
#include "protocol/base/hash.h"
#include "proxy/session_state.h"

#include <stdbool.h>
#include <stdint.h>

/* Of a server: as it is counted. */
struct pin {
    uint16_t reasons;     /* enum session_pin; 0: it is not pinned, and since and by mean nothing */
    sl_usec since;        /* of the first reason */
    struct sl_hash128 by; /* the shape of the statement that the last of them came with, or 0 */
    struct sl_hash128 last; /* of the last one that may have left something, or 0 */
};

/* Of a pool. */
struct pins {
    int clients;                /* under the lock */
    int clients_max;            /* under the lock; INT_MAX: no limit */
    int by_reason[PIN_REASONS]; /* under the lock */
    uint16_t seen;              /* under the lock: reasons that there ever were */
};

/* Of the process, for a reason. */
struct pins_total {
    int64_t clients; /* now */
    uint64_t pins;   /* ever */
    sl_usec usec;    /* of them, until now */
};

/* Nobody has the pool yet. */
void pins_init(struct pins *pins);
/* Of a pool's size (0: no limit) so much may be pinned, rounded up; from 100 on there is no limit. */
void pins_configure(struct pins *pins, int pool_size, int percent);

/* What a server is pinned for from now on. False: no room, and nothing has changed. */
SL_MUST_CHECK bool pins_count(struct pins *pins, struct pin *pin, unsigned reasons, sl_usec now);

/* May it be pinned? */
bool pins_has_room(struct pins *pins, const struct pin *pin);
/* Any thread: somebody keeps a server. */
bool pins_any(struct pins *pins);
/* How many the pool has for reason i. False: it never had any. */
bool pins_of_reason(struct pins *pins, unsigned i, int *clients);
struct pins_total pins_total(unsigned i, sl_usec now);

#endif
