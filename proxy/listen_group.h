/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_group.h - of one worker and database: which of its clients want which channels.
 *
 * A channel is asked for at the hub (listen_hub.h) when the first of the worker's clients wants it,
 * and given back with the last one. What the hub tells is carried to the clients that it concerns
 * (listen_client.h): a notification to those of its channel, that it was lost to all.
 *
 * Ownership: its worker's, from the first subscription to the last; it holds a pool, and so the
 * database. Threads: the worker's. Bounds: CHANNELS_MAX channels.
 */
#ifndef SLUICE_PROXY_LISTEN_GROUP_H
#define SLUICE_PROXY_LISTEN_GROUP_H

#include "protocol/base/clock.h"
#include "protocol/base/list.h"
#include "protocol/base/span.h"
#include "proxy/channels.h"
#include "proxy/listen_news.h"

/* Most of a second of trying. */
enum { LISTEN_FAILURES_SAID = 4 };

struct database;
struct pool;
struct worker;

struct listen_group {
    struct sl_list link; /* on its worker's list */
    struct database *database;
    struct pool *pool; /* held */
    struct worker *worker;
    struct listen_up up;      /* serial 0: the listener is not there */
    bool is_failing;          /* and could not be made */
    unsigned failures;        /* since it was there */
    bool is_busy;             /* with a letter: not to be freed */
    sl_usec echo_rests_until; /* listen_echo.h */
    sl_usec marked_at;        /* listen_passage.h: a marker for all came, */
    sl_usec mark_asked_at;    /* was asked for */
    struct sl_map channels;   /* struct group_channel */
    struct sl_list clients;   /* struct listen_client */
    struct sl_list touched;   /* those that were told something in this letter */
    struct sl_list unused;    /* channels without a client: the hub is to be told */
    struct sl_buf asks;       /* names to be asked for */
    char private_name[LISTEN_PRIVATE_MAX];
};

struct group_channel {
    struct channel channel;
    struct sl_list subs;   /* struct listen_sub */
    struct sl_list unused; /* while nobody wants it */
    bool is_confirmed;     /* the hub hears it */
    bool is_refused;       /* or will not */
};

/* The pool's database's, made if need be. NULL: no memory. */
struct listen_group *listen_group_of(struct worker *worker, struct pool *pool);
/* If it has no clients. */
void listen_group_free_if_empty(struct listen_group *group);

/* A channel for one more client; NULL: no memory, or at a bound. listen_group_ask() follows. */
struct group_channel *listen_group_want(struct listen_group *group, struct sl_span name);
/* When a client has left one, and nobody is left there. listen_group_ask() follows. */
void listen_group_unwant(struct listen_group *group, struct group_channel *channel);
/* What has changed goes to the hub. Without memory for it, it goes the next time. */
void listen_group_ask(struct listen_group *group);

/* A marker for all is wanted (listen_keep.h). Without memory, the next time. */
void listen_group_ask_mark(struct listen_group *group);
/*
 * A client has come with these, which are taken over: LISTEN_ADOPTS, of that client and behind that number.
 * False: no memory.
 */
SL_MUST_CHECK bool listen_group_ask_adopt(
        struct listen_group *group, struct sl_buf *names, const struct listen_marker *of);

/* News from the hub, for whichever group has that database. */
void listen_group_take(
        struct worker *worker, const struct database *database, struct sl_span records);

#endif
