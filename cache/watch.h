/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch.h - the cache's thread: what changes in databases, also past Sluice.
 *
 * One thread drives, for every database that is watched:
 *
 *     the stream     cache/stream.h; each change of a row makes its table's tag stale (watch_tags.h)
 *     the schema     a connection of its own asks whether the catalogues have changed (watch_schema.h);
 *                    where they have, the database's tag gets a new version, and `moved` is told. It does
 *                    so without a stream, too
 *     zombies        over the same connection: tags of servers that were lost while they wrote
 *                    (watch_zombies.h)
 *     which server   another system identifier or timeline makes all of the database stale
 *
 * So a database costs its server three connections, or one where no stream is wanted.
 *
 * Who gives or keeps answers asks watched_fresh_until(): everything that was visible then has been told of;
 * and watched_schema_until(): the catalogues were looked at then. Both are 0 until that is so. And what it
 * knows of tables must be of now: watched_schema() is a count that goes up with every change of the schema
 * that was seen. Whoever reads the catalogue notes it before; whoever keeps an answer compares it after it has
 * read tags_clock(), for what changes later is later than that clock.
 *
 * Names of hosts are asked for on this thread (protocol/pgconn.h): as long as a resolver does not
 * answer no database is fresh. Addresses are better.
 *
 * Ownership: a watched is counted; watch_add() gives a reference. tags and hooks outlive the watch.
 * Threads: any; hooks are called on the watch's, without a lock. After watch_free() has begun, a
 * watched is only for its getters and watched_unref(). Bounds: WATCH_MAX databases; those of the parts.
 */
#ifndef SLUICE_CACHE_WATCH_H
#define SLUICE_CACHE_WATCH_H

#include "cache/stream.h"
#include "cache/tags.h"
#include "cache/watch_share.h"
#include "cache/watch_zombies.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/catalog.h"

enum { WATCH_WORKER = 4095, /* of its tiers */ WATCH_MAX = 64, WATCH_INSTANCE_MAX = 24 };

struct watch;
struct watched;

enum watch_event {
    WATCH_UP,       /* the stream: changes are told of */
    WATCH_LOST,     /* no longer */
    WATCH_FAILED,   /* a try came to nothing; not again for the same reason */
    WATCH_REFUSED,  /* it will not work as it is: likewise */
    WATCH_ASKS,     /* the other connection is there again */
    WATCH_ASKS_NOT, /* it is not; not again for the same reason */
    WATCH_SCHEMA,   /* the schema has changed */
    WATCH_FAILOVER, /* it is another server than before */
    WATCH_UNKNOWN, /* rows of a table changed of which the catalogue says nothing; once until it does */
    WATCH_ZOMBIES,    /* there are some */
    WATCH_NO_ZOMBIES, /* all are gone */
    WATCH_EVENTS
};

struct watch_hooks {
    void *self;
    /* The last known snapshot, with tables; a reference, or NULL. For every change of a row: cheap. */
    const struct catalog *(*catalog)(void *self, uint64_t database);
    /* The catalogue should be read anew; watched_schema() is higher already, if it is for that. */
    void (*moved)(void *self, uint64_t database);
    /* The clock has moved, and somebody had asked for that: watched_await(). May be NULL. */
    void (*fresh)(void *self);
    /* For the log: once per change. text may be "". May be NULL. */
    void (*event)(
            void *self, const struct watched *watched, enum watch_event event, const char *text);
};

struct watch_options {
    const struct rowsets *rowsets; /* watch_tags.h; outlives it; NULL: none */
    const char *instance;          /* of slots' names: WATCH_INSTANCE_MAX of it are used */
    int pid;
    sl_usec fresh_every;  /* how often the clock moves while it is wanted */
    sl_usec idle_after;   /* nobody has wanted it for so long: it moves once a second */
    sl_usec schema_every; /* watch_schema.h */
    sl_usec schema_rest;
    sl_usec lag_max;
    sl_usec retry_min;
    sl_usec retry_max;
    sl_usec refused_retry;
    sl_usec answer_wait; /* for a question to be answered */
    uint64_t wal_max;
};

struct watch_database {
    const char *conninfo; /* copied */
    uint64_t number;      /* as tags know it */
    bool is_streamed;     /* false: no stream is wanted */
};

struct watched_status {
    bool is_streamed;
    enum stream_state state; /* this and the next mean nothing without a stream */
    enum stream_refusal refusal;
    char error[SL_ERROR_TEXT_MAX]; /* of the last loss or refusal; "" while it is up */
    struct stream_counts counts;
    struct stream_server server;
    sl_usec fresh_until;
    sl_usec staleness;     /* as of now; -1: it is not up */
    sl_usec staleness_max; /* while it was wanted, since watched_reset() */
    bool is_asking;        /* the other connection is there */
    char asks_error[SL_ERROR_TEXT_MAX];
    sl_usec schema_until;
    sl_usec schema_took; /* the longest question, when it was last asked */
    uint64_t schema_changes;
    uint64_t schema_questions;
    uint64_t failovers;
    uint64_t unknown_tables; /* changes */
    uint64_t changes; /* that were told of: all of counts.changes, of all streams there were */
    struct watch_zombie_counts zombies;
    char system[24]; /* "": not known */
    uint32_t timeline;
    bool shares; /* there is a second tier, and so the rest */
    bool listens;
    bool joins;        /* that is not known yet */
    bool has_joined;   /* what was there before is used */
    const char *start; /* a word for that: watch_join_text() */
    struct watch_share_counts share;
    struct tier_listen_counts listen;
    struct tier_status tier;
    char tier_why[TIER_WHY_MAX];
};

void watch_options_init(struct watch_options *options);
/* NULL: no memory, no thread. */
SL_MUST_CHECK struct watch *watch_new(
        const struct watch_options *options, struct tags *tags, const struct watch_hooks *hooks);
/* Ends what is pending. NULL is fine. */
void watch_free(struct watch *watch);

/* A reference for the caller; NULL: WATCH_MAX, no memory. */
SL_MUST_CHECK struct watched *watch_add(
        struct watch *watch, const struct watch_database *database, struct sl_error *error);
/* Another conninfo or way: begins anew, all of the database is stale, zombies stay. The number is what it was. */
SL_MUST_CHECK enum sl_err watch_change(
        struct watch *watch, struct watched *watched, const struct watch_database *database);
/* It is not watched any more: never fresh, nothing pending. The caller's reference stays. */
void watch_remove(struct watch *watch, struct watched *watched);

struct watched *watched_ref(struct watched *watched);
void watched_unref(struct watched *watched); /* NULL is fine */

uint64_t watched_database(const struct watched *watched);
/* 0: never. */
sl_usec watched_fresh_until(const struct watched *watched);
sl_usec watched_schema_until(const struct watched *watched);
uint64_t watched_schema(const struct watched *watched);
/* When that went up, if it ever did; what comes of it later is told then. */
sl_usec watched_schema_at(const struct watched *watched);

/* Answers are being given: the clock is to move. As often as one likes. */
void watched_want(struct watched *watched);
/* Who waits until it has come to now is told when it has moved (watch_hooks.fresh): once for each call. */
void watched_await(struct watched *watched);
/* The schema may have changed: it is asked about as soon as may be. */
void watched_hint(struct watched *watched);
/*
 * The `catalog` hook gives now what was known of the catalogues at `then`, by sl_now(), or later: what was told by
 * `moved` before is in it.
 */
void watched_learned(struct watched *watched, sl_usec then);
/* With that second tier from now on; instance: NULL: with none. What it names is for as long as the process. */
void watched_share(struct watched *watched, const struct watch_shared *of);
/* Somebody has seen what is later than the cover's told_until (cache/watch_told.h). As often as one likes. */
void watched_want_told(struct watched *watched, struct tier_cover *cover);
/* Takes a set over that has begun: that server was lost while it may have been writing. */
void watched_zombie(struct watched *watched, uint32_t pid, struct tag_set *set);

void watched_status(struct watched *watched, struct watched_status *status);
void watched_reset(struct watched *watched); /* staleness_max */
const char *watch_event_text(enum watch_event event);

#endif
