/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_inside.h - what watch.c, watch_one.c and watch_ask.c share: one database.
 *
 * Ownership: the watch holds a reference of its own. Threads: the watch's alone, but where it says otherwise.
 */
#ifndef SLUICE_CACHE_WATCH_INSIDE_H
#define SLUICE_CACHE_WATCH_INSIDE_H

#include "cache/watch.h"
#include "cache/watch_schema.h"
#include "cache/watch_share.h"
#include "protocol/pgconn.h"

#include <pthread.h>

enum { WATCHED_WAITS_MAX = STREAM_WAITS_MAX + 1 + SHARE_WAITS_MAX };

/* What the connection that asks does. */
enum ask_job {
    ASK_NONE, /* there is none: until retry_at */
    ASK_CONNECT,
    ASK_SETTINGS,
    ASK_IDLE,
    ASK_COUNTED, /* in the order of enum catalog_changes */
    ASK_TABLES,
    ASK_ALL,
    ASK_ZOMBIES
};

struct watch_ask {
    struct pgconn *conn;
    enum ask_job job;
    bool wants_write;
    bool has_failed; /* since it last was there */
    sl_usec deadline;
    sl_usec asked_at;
    sl_usec retry_at;
    sl_usec retry_gap;
    sl_usec zombies_at;  /* when they are asked for next, while there are any */
    sl_usec zombies_gap; /* grows while none goes */
    uint64_t zombies_taken;
    uint64_t told; /* a hash of the last reason */
    struct sl_error error;
};

/* How a database is to be watched; under watched.lock while it is not taken. */
struct watch_way {
    char *conninfo; /* NULL: nothing new */
    bool is_streamed;
};

struct watched {
    struct watch *watch; /* constant, as all up to the next mark */
    const struct watch_options *options;
    const struct watch_hooks *hooks;
    struct tags *tags;
    uint64_t database;
    uint32_t all;

    atomic_uint refs; /* any thread, as all up to the next mark */
    _Atomic sl_usec fresh_until;
    _Atomic sl_usec schema_until;
    atomic_uint_least64_t schema;
    _Atomic sl_usec schema_at;
    _Atomic sl_usec learned_at; /* watched_learned() */
    atomic_bool is_wanted;
    atomic_bool is_hinted;  /* watched_hint() */
    atomic_bool wants_mark; /* watched_await(), and not told to the stream yet */
    atomic_bool is_awaited; /* watch_hooks.fresh is to be called */
    atomic_bool is_idle;    /* nobody wanted it for a while: the bell is to be rung */
    atomic_bool wants_reset;
    struct watch_zombies zombies;
    pthread_mutex_t lock;  /* a leaf */
    struct watch_way next; /* under lock, as the next three */
    struct watch_shared next_share;
    bool has_next_share;
    struct watched_status status; /* under lock: as it was after the last turn */

    sl_usec now;
    struct watch_way way;
    struct stream *stream;   /* NULL: none is wanted */
    sl_usec stream_retry_at; /* there was no memory for one */
    struct watch_ask ask;
    struct watch_schema questions;
    struct watch_share share;
    sl_usec wanted_at;
    sl_usec wanted_looked_at;
    sl_usec fresh_since; /* it was wanted from here on: how stale it was before is nobody's business */
    sl_usec staleness_max;
    sl_usec moved_at;
    sl_usec moved_told_at; /* by sl_now(), behind `moved` */
    sl_usec moved_gap;     /* grows while that is of no use */
    bool has_unknown;      /* a table, since `moved` was told */
    bool has_told_unknown;
    bool has_told_full;
    bool has_zombies; /* told */
    uint64_t told;    /* a hash of the stream's last reason */
    char system[24];  /* "": not known yet */
    uint32_t timeline;
    uint64_t schema_changes;
    uint64_t schema_questions;
    uint64_t failovers;
    uint64_t unknown_tables;
    uint64_t changes_before; /* of streams that are gone */
};

struct watch_wait {
    int fd;
    bool wants_write;
};

/* ---- watch.c ---- */

/* A number that no stream of this process has had. */
unsigned watch_next_serial(struct watch *watch);

/* ---- watch_one.c: the watch's thread ---- */

/* Takes a new way, if there is one, and goes on with what is due. */
void watched_go_on(struct watched *watched, sl_usec now);
int watched_waits(const struct watched *watched, struct watch_wait waits[WATCHED_WAITS_MAX]);
sl_usec watched_deadline(struct watched *watched);
/* It is not watched any more. */
void watched_close(struct watched *watched);

/* All of the database is stale. */
void watched_make_stale(struct watched *watched);
/* Its schema, too: it should be read anew. is_first: nobody knows whether it has changed. */
void watched_schema_changed(struct watched *watched, bool is_first);
/* What is known of it now is of then. */
void watched_schema_is_of(struct watched *watched, sl_usec then);
/* It is that server now. */
void watched_know_server(struct watched *watched, const char *system, uint32_t timeline);
void watched_tell(struct watched *watched, enum watch_event event, const char *text);

/* watch_zombies.ends: what a lost server wrote is over. */
void watched_settled(void *self, struct tag_set *set);

/* ---- watch_ask.c: likewise ---- */

void watch_ask_go_on(struct watched *watched, sl_usec now);
sl_usec watch_ask_deadline(struct watched *watched);
void watch_ask_close(struct watched *watched);

#endif
