/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_status.h - what the cache promises now, and why not more: for the console, metrics, the page.
 *
 *     off          there is no cache
 *     ttl          whatever others write is seen when an answer's time is over
 *     stream       every database that is watched tells of all its writes
 *     proxy_only   what does not come through Sluice is not known, at least of one: reason says why
 *
 * Ownership: the caller's struct. Threads: any. Bounds: those of what is asked.
 */
#ifndef SLUICE_PROXY_CACHING_STATUS_H
#define SLUICE_PROXY_CACHING_STATUS_H

#include "cache/stage.h"
#include "protocol/base/err.h"

struct watched_status;

enum caching_state { CACHING_OFF, CACHING_TTL, CACHING_STREAM, CACHING_PROXY_ONLY, CACHING_STATES };

enum { CACHING_REASON_MAX = SL_ERROR_TEXT_MAX + 256 };

struct caching_status {
    enum caching_state state;
    char mode[8]; /* off, safe, ttl */
    char reason
            [CACHING_REASON_MAX]; /* of PROXY_ONLY, and of a STREAM that nobody has asked for yet */
    sl_usec bound;                /* [cache] max_staleness */
    sl_usec staleness;            /* the most of any database whose stream is up; -1: of none */
    sl_usec staleness_max;        /* likewise, ever; -1 */
    unsigned watched;             /* databases */
    unsigned streams;             /* that are to be had */
    unsigned streams_up;
    uint64_t zombies;
    uint64_t bytes_max;
    /* All zero where there is no cache. */
    struct cache_counts counts;
    struct store_counts store;
    struct flight_counts flights;
};

void caching_status(struct caching_status *status);
const char *caching_state_name(enum caching_state state);

/* Of one database: is every write of it told of now? */
bool caching_is_up(const struct watched_status *status);
/* Why not; "": it is. Good until the status goes. */
const char *caching_why_not_up(const struct watched_status *status);

/* Statements that were looked up. */
uint64_t caching_lookups(const struct cache_counts *counts);

#endif
