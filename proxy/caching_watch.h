/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/caching_watch.h - the databases that the cache is told of by themselves (cache/watch.h).
 *
 * A database is watched from the first time that somebody may have an answer of it: with [cache] stream by
 * logical decoding, which tells of writes past Sluice; without by a connection of the pool's own user, which
 * tells of changes of the schema and of when what a lost server did is over.
 *
 * Ownership: a place for each database and server, for as long as the process. Threads: any; one leaf lock.
 * Bounds: WATCH_MAX places; further databases are not watched, and so not answered in mode safe.
 */
#ifndef SLUICE_PROXY_CACHING_WATCH_H
#define SLUICE_PROXY_CACHING_WATCH_H

#include "cache/watch.h"

#define CACHING_WATCH_AGE_MAX                                                                      \
    (15 * SL_SECOND) /* watch_schema.h asks every 10 s at most, as a rule */

struct catalog;
struct conf;
struct conf_database;

/* SL_ENOMEM. tags outlive it. fresh: watch_hooks.fresh. */
SL_MUST_CHECK enum sl_err caching_watch_start(
        struct tags *tags, const struct rowsets *rowsets, void (*fresh)(void *self));
/* Before tags go. */
void caching_watch_stop(void);

/* A line of the configuration with one host, as its servers are told it. */
struct caching_where {
    const struct conf *conf;
    const struct conf_database *line;
    const char *database; /* by which name it was asked for */
    const char *user;     /* of the pool */
};

/* A reference, or NULL: there is no place, or no memory for one. */
struct watched *caching_watch_of(const struct caching_where *where);
/* Names are as this says from now on: for what the stream tells. It was got after `then`, by sl_now(). */
void caching_watch_learn(uint64_t database, const struct catalog *catalog, sl_usec then);
/* By its stream; lent. NULL: it has none. */
struct watched *caching_watch_streamed(uint64_t database, uint64_t node);
/* Its schema may have changed from now on, until it was asked about. */
void caching_watch_doubt(uint64_t database, uint64_t node);
/* Is that so of one of them? */
bool caching_watch_is_doubtful(uint64_t database);
/* How often the schema of a database of that name was seen to have changed. */
uint64_t caching_watch_schema(uint64_t database);
/* The same, if the last change was seen a second ago or before; else 0, as while it was never looked at. */
uint64_t caching_watch_settled(uint64_t database, sl_usec now);
/* The catalogues were looked at within CACHING_WATCH_AGE_MAX. */
bool caching_watch_is_looked_at(uint64_t database, sl_usec now);
/* Takes the set over; node: of the lost server. */
void caching_watch_lost(uint64_t database, uint64_t node, uint32_t pid, struct tag_set *set);
/* The i-th that is watched: a reference, and its name; NULL: no more. */
struct watched *caching_watch_at(unsigned i, char *name, size_t size);
/* One of those with a stream does not know yet whether what is in Redis may be used. */
bool caching_watch_joins(void);

#endif
