/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_tier.h - the Redis of [cache] redis: a place for each database, and a connection of each worker's.
 *
 * A place is made when it is known which cluster a database is of (its system identifier and timeline are
 * part of all names there), where Redis is, and with which settings; with any of these another, another
 * place is. The watch's thread has a connection of its own for what it knows (cache/watch_share.h), and one to
 * listen; workers have one each, driven by their own loop, whose lookups have a timer of their own: Redis never
 * makes a statement wait for longer than redis_timeout.
 *
 * Ownership: places are the process's until it ends; what a worker has is its own. Threads: as marked.
 * Bounds: CACHING_PLACES places; beyond, databases have no second tier until the restart.
 */
#ifndef SLUICE_PROXY_CACHING_TIER_H
#define SLUICE_PROXY_CACHING_TIER_H

#include "cache/stage.h"
#include "cache/tier.h"

#include <event2/event.h>

struct conf;
struct mailbox;

enum { CACHING_PLACES = 128 };

SL_MUST_CHECK enum sl_err caching_tier_start(unsigned workers);
/* After the workers, and the watch. */
void caching_tier_stop(void);

/* The control thread: every now and then, with what is in force. home: its mailbox. */
void caching_tier_tick(const struct conf *conf, struct mailbox *home);

/* The worker's thread; base: its loop. */
const struct tier_seat *caching_tier_seat(unsigned worker, uint64_t database);
void caching_tier_turn(unsigned worker, struct event_base *base, sl_usec now);
void caching_tier_leave(unsigned worker); /* before its loop goes */

struct caching_tier_sum {
    unsigned workers; /* that have a connection, or try to */
    unsigned up;
    struct tier_status status; /* counts of all, the rest of one of them */
    char why[TIER_WHY_MAX];    /* of one that is not up */
    char names[128];           /* what its keys begin with */
};

/* Any thread: of a database, as of the workers' last turns. False: it has none. */
bool caching_tier_sum(uint64_t database, struct caching_tier_sum *sum);

#endif
