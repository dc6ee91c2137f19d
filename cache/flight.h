/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/flight.h - one fill of a key at a time; who comes meanwhile may wait for it.
 *
 *     flight_begin() -> FLIGHT_LEADS   it fills, and says so by flight_end()
 *                       FLIGHT_WAITS   it is woken by flight_end(), once, with what came of it
 *                       FLIGHT_FULL    neither: it goes its own way and fills nothing
 *
 * Who waits may have an answer only that is as good as one of its own. The leader's is, if nothing
 * that it depends on has changed between the leader's clock and the moment when it came: the words
 * of the tags that are known before the answer are compared (cache.md 3.2, step 1). Else it is
 * FLIGHT_FULL. That spares a wait; it does not prove anything, because the tags of the answer's rows
 * are not known yet. So flight_end() looks whether the entry is fresh when nobody can join any more:
 * then nothing of it has changed since before any of them came. Else they get nothing. Who gets tired
 * of waiting leaves (flight_leave()).
 *
 * Ownership: leaders and waiters are the callers', and stay where they are until the end or until
 * they have left. Threads: any; a stripe's lock is a leaf. wake() is called on the leader's thread,
 * with no lock held. Bounds: FLIGHT_KEYS_MAX keys, FLIGHT_WAITERS_MAX waiters for one.
 */
#ifndef SLUICE_CACHE_FLIGHT_H
#define SLUICE_CACHE_FLIGHT_H

#include "cache/entry.h"
#include "protocol/base/list.h"

enum { FLIGHT_KEYS_MAX = 16384, FLIGHT_WAITERS_MAX = 4096, FLIGHT_TAGS_MAX = 8 };

enum flight_result { FLIGHT_LEADS, FLIGHT_WAITS, FLIGHT_FULL };

struct flights;

struct flight_leader {
    struct sl_hash128 key;
    uint64_t clock;                 /* tags_clock(), before the statement is sent */
    uint32_t tags[FLIGHT_TAGS_MAX]; /* known before the answer */
    uint8_t tags_count;
    uint32_t waiters; /* the table's, as the rest */
    struct sl_list waiting;
    struct sl_list stripe;
};

struct flight_waiter {
    /* entry: a reference for it, or NULL: the fill failed, may not be kept, or is stale already. */
    void (*wake)(struct flight_waiter *waiter, struct entry *entry);
    struct sl_hash128 key;        /* the table's, as what follows */
    struct flight_leader *leader; /* for as long as it waits */
    struct sl_list waiting;
};

struct flight_counts {
    uint64_t led;
    uint64_t waited;
    uint64_t served; /* of those, with an entry */
    uint64_t left;
    uint64_t full;
    uint32_t now; /* keys under way */
};

/* NULL: no memory. tags outlives it. */
SL_MUST_CHECK struct flights *flights_new(const struct tags *tags);
void flights_free(struct flights *flights); /* nothing is under way; NULL is fine */

/*
 * leader: with key, clock and tags filled in, for if nobody leads; waiter: with wake, or NULL:
 * it does not want to wait. One of the two is taken, or neither.
 */
enum flight_result flight_begin(
        struct flights *flights, struct flight_leader *leader, struct flight_waiter *waiter);
/* entry is borrowed: each waiter gets a reference of its own. */
void flight_end(struct flights *flights, struct flight_leader *leader, struct entry *entry);
/* True: it has left, and wake() will not be called. False: it is being called, or was. */
bool flight_leave(struct flights *flights, struct flight_waiter *waiter);
void flights_counts(const struct flights *flights, struct flight_counts *counts);

#endif
