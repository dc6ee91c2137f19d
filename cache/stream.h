/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stream.h - the changes of one database, whoever makes them: also past Sluice.
 *
 * By logical decoding over a temporary slot with the plugin test_decoding: no publication, nothing
 * in the database is changed, and nothing of it stays when the connection is gone. Two connections:
 *
 *     replication   CREATE_REPLICATION_SLOT, START_REPLICATION: lines for cache/decode.h
 *     plain         snapshots and positions for cache/settle.h, the catalogue, the slot's log
 *
 *     CONNECTING --> CREATING --> STREAMING <--> LAGGING       stream_fresh_until() is old
 *       ^  |  |         |  |         |              |
 *       |  |  '---------'--|---------'------.-------'
 *       |  '---------------'--> REFUSED     v
 *       '--- after a while --------'------ LOST
 *
 *     enter_connecting()   a try begins                     stream.c
 *     enter_creating()     both connections are there       stream_slot.c
 *     stream_is_up()       the first mark has been reached  stream.c
 *     stream_lose()        anything failed                  stream.c
 *     stream_refuse()      it will not work as it is        stream.c
 *
 * CREATING lasts as long as the longest transaction that runs: PostgreSQL waits for it.
 *
 * What was kept of answers before it is up, or while it is lost, may be stale, and nobody will
 * tell. So the tag of the database ends (with a new version) whenever it comes up and whenever it is
 * lost. With holds_database it is also pending all the time between: nothing of the database is
 * given or kept then. Who would rather live by time to live alone meanwhile goes without.
 *
 * It opens no socket and waits for nothing: whoever drives it waits for what stream_waits() and
 * stream_deadline() say, then calls stream_go_on() with the time. But names of hosts are asked for
 * within it (protocol/pgconn.h).
 *
 * It is no standby: a server whose synchronous_standby_names has "*" would count it as one as soon
 * as it said that it has written something. There it says nothing (is_silent), so that the server
 * keeps its log, until wal_max: then it is lost, and begins anew.
 *
 * Rows come in the database's encoding, dates as ISO in UTC, with search_path empty.
 *
 * DDL is not told of by the plugin: catalog_sql is asked every catalog_every, and when a transaction
 * came that changed no row; stream_schema_until() is that clock's. Who asks elsewhere hears of such
 * transactions (empty) and gives no catalog_sql.
 *
 * Ownership: the caller's; sink and tags outlive it. Threads: one at a time, but for those that say
 * so. Bounds: settle's; the tags of one transaction are a set's; what libpq holds of one row.
 */
#ifndef SLUICE_CACHE_STREAM_H
#define SLUICE_CACHE_STREAM_H

#include "cache/decode.h"
#include "cache/settle.h"
#include "cache/tags.h"
#include "protocol/base/clock.h"

enum stream_state {
    STREAM_CONNECTING,
    STREAM_CREATING,
    STREAM_STREAMING,
    STREAM_LAGGING,
    STREAM_LOST,    /* it will be tried again */
    STREAM_REFUSED, /* the same, but not soon */
    STREAM_STATES
};

enum stream_refusal {
    STREAM_NOT_REFUSED,
    STREAM_NO_WAL_LEVEL, /* it is not "logical" */
    STREAM_NO_RIGHT,     /* the role has no REPLICATION */
    STREAM_NO_SLOT,      /* max_replication_slots */
    STREAM_NO_SENDER,    /* max_wal_senders */
    STREAM_NO_PLUGIN,    /* test_decoding is not installed */
    STREAM_NO_VERSION,   /* older than STREAM_VERSION_MIN */
    STREAM_NO_PRIMARY,   /* it is a standby */
    STREAM_REFUSALS
};

enum { STREAM_VERSION_MIN = 130000, STREAM_SLOT_MAX = 63, STREAM_WAITS_MAX = 2 };

enum stream_event {
    STREAM_EVENT_UP,      /* from now on changes are told of */
    STREAM_EVENT_LOST,    /* no longer */
    STREAM_EVENT_FAILED,  /* a try came to nothing */
    STREAM_EVENT_REFUSED, /* the same: stream_refusal() */
};

struct stream_sink {
    void *self;
    /*
     * A change of rows (INSERT to TRUNCATE), DECODE_TABLE_UNKNOWN, or a message: adds the tags of it. May not
     * be called any more for a transaction whose set has all of the database already.
     */
    void (*change)(void *self, const struct decode_change *change, struct tag_set *set);
    /* stream_error() says why. The stream may not be freed in it. */
    void (*event)(void *self, enum stream_event event);
    /* What catalog_sql gave, when it is not what it gave before. May be NULL. */
    void (*catalog)(void *self, struct sl_span value);
    /* A transaction that changed no row can be seen now: it may have been DDL. May be NULL. */
    void (*empty)(void *self);
    /* As settle_hooks: may be NULL. */
    void (*begun)(void *self, uint32_t xid, const struct tag_set *set);
    void (*ends)(void *self, uint32_t xid, struct tag_set *set);
};

struct stream_options {
    const char *conninfo; /* copied, as the texts below */
    const char *instance; /* small letters, digits, _: the slot is sluice_<instance>_<pid> */
    int pid;
    uint64_t database; /* as tags know it */
    bool holds_database;
    const char *catalog_sql; /* one text, or NULL */
    sl_usec catalog_every;
    sl_usec fresh_every; /* stream_want() changes it */
    sl_usec settle_gap;  /* the least time between two snapshots while something is unsettled */
    sl_usec lag_max;     /* from there on it is LAGGING */
    sl_usec nudge_after; /* 0: never. See stream_plain.c */
    sl_usec confirm_every;
    sl_usec connect_wait;
    sl_usec query_wait;
    sl_usec create_wait;
    sl_usec quiet_wait; /* the stream says nothing */
    sl_usec retry_min;  /* doubles up to the next */
    sl_usec retry_max;
    sl_usec refused_retry;
    uint64_t wal_max; /* bytes of log that the server may keep for it */
    struct settle_limits settle;
};

struct stream_wait {
    int fd;
    bool wants_write; /* to read it wants always */
};

struct stream_counts {
    uint64_t lines;
    uint64_t changes;
    uint64_t unknown;       /* lines that were not understood */
    uint64_t table_unknown; /* of those of which the tables were known */
    uint64_t wide;          /* transactions that came to stand for all of the database */
    uint64_t empty;
    uint64_t probes;
    uint64_t nudges;
    uint64_t catalogs;
    uint64_t catalog_errors;
    uint64_t ups;
    uint64_t losses;
    uint64_t position; /* in the server's log */
    uint64_t lag;      /* bytes of the log that the stream was behind, when that was last asked */
    uint64_t wal_kept; /* bytes, a second ago */
    struct settle_counts settle;
};

struct stream_server {
    uint32_t version; /* 150002 */
    bool is_utf8;
    bool is_silent;
    char system[24]; /* IDENTIFY_SYSTEM: which cluster it is */
    uint32_t timeline;
    char slot[STREAM_SLOT_MAX + 1];
};

struct stream;

/* conninfo and instance are the caller's to fill in. */
void stream_options_init(struct stream_options *options);
/* NULL: no memory. It connects with the first stream_go_on(). */
SL_MUST_CHECK struct stream *stream_new(
        const struct stream_options *options, const struct stream_sink *sink, struct tags *tags);
/* Ends what is pending. NULL is fine. */
void stream_free(struct stream *stream);

/* How many there are. They may be others after every stream_go_on(). */
int stream_waits(const struct stream *stream, struct stream_wait waits[STREAM_WAITS_MAX]);
sl_usec stream_deadline(const struct stream *stream);
void stream_go_on(struct stream *stream, sl_usec now);

/* Somebody waits for the clock to come to now: it is moved as soon as may be. */
void stream_mark(struct stream *stream);

/* ---- any thread ---- */

/* How often fresh_until is to move; 0: nobody asks. Counts from the next stream_go_on() on. */
void stream_want(struct stream *stream, sl_usec fresh_every);
enum stream_state stream_state(const struct stream *stream);
enum stream_refusal stream_refusal(const struct stream *stream);
/* Everything visible then has been told of, and has settled. 0: it is not up. */
sl_usec stream_fresh_until(const struct stream *stream);
/* The same of the catalogue: its text was asked for then. 0: it is not up, or there is none. */
sl_usec stream_schema_until(const struct stream *stream);

/* ---- the thread that drives it ---- */

const struct sl_error *stream_error(const struct stream *stream); /* of the last loss or refusal */
void stream_counts(const struct stream *stream, struct stream_counts *counts);
const struct stream_server *stream_server(const struct stream *stream);
/* No change that was told of waits to be visible, or for its commit. */
bool stream_is_quiet(const struct stream *stream);

const char *stream_state_text(enum stream_state state);
const char *stream_refusal_text(enum stream_refusal refusal);

#endif
