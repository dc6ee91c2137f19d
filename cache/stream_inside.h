/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stream_inside.h - what stream.c, stream_plain.c and stream_slot.c share.
 *
 * Each connection does one thing at a time, which has a deadline. Whatever fails ends in
 * stream_lose() or stream_refuse(): both connections are gone then, so whoever calls something that
 * may fail looks at is_open before it goes on.
 */
#ifndef SLUICE_CACHE_STREAM_INSIDE_H
#define SLUICE_CACHE_STREAM_INSIDE_H

#include "cache/stream.h"
#include "protocol/pgconn.h"

/* What the plain connection does. */
enum plain_job {
    PLAIN_NONE, /* there is no connection */
    PLAIN_CONNECT,
    PLAIN_SETTINGS,
    PLAIN_FACTS,
    PLAIN_IDLE,
    PLAIN_EARLY, /* who ran when there was a slot */
    PLAIN_PROBE, /* a snapshot, and where the log is */
    PLAIN_SLOT,  /* what is kept of the log */
    PLAIN_CATALOG,
    PLAIN_NUDGE,
};

/* How far the other one is. */
enum slot_step {
    SLOT_NONE,
    SLOT_CONNECT,
    SLOT_SETTINGS,
    SLOT_IDENTIFY,
    SLOT_CREATE,
    SLOT_START,
    SLOT_TALK
};

struct stream_plain {
    struct pgconn *conn;
    enum plain_job job;
    bool wants_write;
    sl_usec deadline;
    sl_usec asked_at; /* the job began */
    sl_usec probed_at;
    sl_usec settle_gap; /* grows while nothing settles */
    sl_usec marked_at;
    sl_usec looked_at; /* PLAIN_SLOT */
    sl_usec nudged_at;
    sl_usec cataloged_at;
    bool wants_mark; /* somebody waits for the clock */
    bool is_marking; /* the probe that is under way is for those */
    bool has_early;  /* settle_early() */
    bool has_looked;
    bool wants_catalog;
    bool has_catalog;
    bool can_nudge;
    bool lacks_flush; /* the log that a mark waits for is not written yet */
    uint64_t catalog; /* a hash of it */
    int senders_left; /* of max_wal_senders */
    bool has_right;   /* as pg_roles says: elsewhere than there it may come from others */
};

struct stream_slot {
    struct pgconn *conn;
    enum slot_step step;
    bool wants_write;
    bool has_more;
    sl_usec deadline; /* in SLOT_TALK: it has said nothing up to then */
    sl_usec confirmed_at;
    sl_usec replied_at; /* a reply was asked for */
    bool has_confirmed; /* the server knows of some place that was reached */
    bool in_transaction;
    bool is_touched; /* it changed something */
    uint32_t xid;
    struct tag_set set;
};

struct stream {
    struct stream_options options; /* its texts are the stream's */
    char *conninfo;
    char *catalog_sql;
    char instance[STREAM_SLOT_MAX + 1];
    struct stream_sink sink;
    struct tags *tags;
    uint32_t all;
    struct settle settle;
    struct snapshot snapshot;
    struct stream_server server;
    struct stream_plain plain;
    struct stream_slot slot;
    sl_usec now;
    bool is_open; /* it tries, or is up: else it waits for retry_at */
    bool is_up;
    bool holds; /* the database's tag is pending by it */
    sl_usec retry_at;
    sl_usec retry_gap;
    uint32_t tries;
    struct sl_error error;
    struct stream_counts counts; /* all but .settle */
    _Atomic int state;
    _Atomic int refusal;
    _Atomic sl_usec fresh_every;
    _Atomic sl_usec schema_until;
};

/* ---- stream.c ---- */

void stream_enter(struct stream *stream, enum stream_state state);
void stream_lose(struct stream *stream, const struct sl_error *error);
void stream_lose_text(struct stream *stream, const char *sqlstate, const char *text);
void stream_refuse(
        struct stream *stream, enum stream_refusal refusal, const struct sl_error *error);
/* A mark has been reached for the first time. */
void stream_is_up(struct stream *stream);

/* ---- stream_plain.c ---- */

void stream_plain_begin(struct stream *stream);
void stream_plain_go_on(struct stream *stream);
sl_usec stream_plain_deadline(const struct stream *stream);

/* ---- stream_slot.c ---- */

void stream_slot_begin(struct stream *stream);
void stream_slot_go_on(struct stream *stream);
sl_usec stream_slot_deadline(const struct stream *stream);
/* Asks where the stream is. */
void stream_slot_ask(struct stream *stream);
/* Of a transaction that has not ended. */
void stream_slot_forget(struct stream *stream);

#endif
