/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/floors.h - how new a session's next answer has to be, so that it never goes back in time.
 *
 * Only of what may be written past Sluice: such a write is known some time after it can be seen. Who has
 * seen it in one answer, from the server or kept, must not miss it in the next. So a session remembers until
 * when each of its answers may have seen something: its floor, of the tables, or the row, that it was of. A
 * kept answer may be given if it was asked for behind the floors of what it depends on, or if everything
 * that was visible then is known of by now (stream_fresh_until()). What that clock has passed is
 * forgotten: a floor lives some milliseconds.
 *
 * Ownership: the session's: one block, free(). Threads: its worker's. Bounds: FLOORS_MAX; beyond, and without
 * knowing of what an answer was, one floor for everything.
 */
#ifndef SLUICE_CACHE_FLOORS_H
#define SLUICE_CACHE_FLOORS_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { FLOORS_MAX = 16 };

struct floor {
    uint32_t table; /* its tag (TAG_ANY) */
    uint32_t key;   /* of one row; 0: of all of the table */
    sl_usec at;
};

struct floors {
    sl_usec all;
    unsigned count;
    struct floor floors[FLOORS_MAX];
};

/* *floors is made if need be. False: no memory. fresh: what is no later is forgotten. */
SL_MUST_CHECK bool floors_raise(
        struct floors **floors, uint32_t table, uint32_t key, sl_usec at, sl_usec fresh);
/* It is not known of what. */
SL_MUST_CHECK bool floors_raise_all(struct floors **floors, sl_usec at, sl_usec fresh);
/* The highest of what an answer depends on that is of these; 0: there is none. floors may be NULL. */
sl_usec floors_of(const struct floors *floors, uint32_t table, uint32_t key);

#endif
