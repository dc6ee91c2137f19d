/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/floors.h - how new a session's next answer has to be, so that it never goes back in time.
 *
 * Only of what may be written past Sluice: such a write is known some time after it can be seen. Who has
 * seen it in one answer, from the server or kept, must not miss it in the next, nor what else was written with it. So
 * a session remembers until when its answers may have seen something: its floor. A kept answer may be given if it
 * was asked for behind that, or if everything that was visible then is known of by now (stream_fresh_until());
 * what could be given but for that waits (cache/stage_wait.c). What the clock has passed is forgotten: a floor lives
 * some milliseconds.
 *
 * With `session_reads = table` there are floors of tables, or of the row, that an answer was of: then what one
 * transaction has written to two tables may be seen in one and missed in the other.
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
