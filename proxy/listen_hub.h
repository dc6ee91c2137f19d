/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_hub.h - a database's shared listener: one connection that LISTENs for all.
 *
 *            a worker asks                   all of a batch sent        answered
 *   (nobody) ------------> WANTED ---------------> ASKED ------------> HEARD
 *                             ^                                       |     ^
 *                             '---- the connection is lost -----------'     | wanted again
 *                                                                           v
 *   (nobody) <-- answered -- LEAVING <-- LISTEN_LINGER without a worker -- RESTING
 *
 * The connection is opened when the first channel is wanted, as a server of the pool of who asked
 * last, beyond its pool_size but within max_db_connections and max_user_connections; PostgreSQL tells it
 * everything that is committed, in that order, and it passes each notification on to the workers
 * that want the channel (listen_group.h), as news in one letter a turn. It is closed LISTEN_REST after
 * the last channel, so that nobody finds us in a database that he wants to drop; at RECONNECT and KILL, at
 * PAUSE behind all other servers, and when its host has another address. While somebody wants channels it
 * is made anew, at once and then later and later, up to LISTEN_BACKOFF_MAX, each time as another of those
 * who want it; at PAUSE as long as there are other servers, whose clients may wait to hear. When it has
 * said nothing for server_check_delay it is asked whether it is still there.
 *
 * While more than LISTEN_NEWS_MAX of news are on their way to workers that are behind, it is not read.
 *
 * While a process that ends hands over its clients, the channels of those are listened to as well (listen_keep.h).
 *
 * Ownership: its home worker's; database->listen.hub. It holds the pool, and so the database.
 * Threads: the home worker's, but the numbers, which any thread may read. Bounds: CHANNELS_MAX
 * channels; a batch of LISTEN is BATCH_MAX bytes, one at a time.
 */
#ifndef SLUICE_PROXY_LISTEN_HUB_H
#define SLUICE_PROXY_LISTEN_HUB_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "protocol/expect.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define LISTEN_LINGER (30 * SL_SECOND)
#define LISTEN_REST (500 * SL_MSEC)
#define LISTEN_BACKOFF_MIN (50 * SL_MSEC)
#define LISTEN_BACKOFF_MAX (2 * SL_SECOND)

struct database;
struct listen_ask;
struct listen_hub;
struct server;

enum listen_state { LISTEN_STATE_OFF, LISTEN_STATE_CONNECTING, LISTEN_STATE_CONNECTED };

/* What is kept of a database; a member of struct database. */
struct listen_place {
    struct listen_hub *hub; /* its home worker's; NULL: there is none */
    /* Any thread: what SHOW LISTENERS says. */
    atomic_int state;             /* enum listen_state */
    atomic_uint_least64_t pid;    /* of the connection, as it says itself */
    atomic_int_least64_t since;   /* it is connected; 0: it is not */
    atomic_uint channels;         /* listened to, or about to be */
    atomic_uint subscribers;      /* clients */
    atomic_uint_least64_t heard;  /* notifications that came */
    atomic_uint_least64_t told;   /* and to clients, each once for each */
    atomic_uint_least64_t lost;   /* times a connection was lost while it listened */
    atomic_uint_least64_t warned; /* clients that were told that something may have been missed */
    atomic_uint kept_from;        /* listen_keep.h: the first marker that is known; 0: none */
    atomic_uint kept_to;          /* and the last that came */
};

/* Any thread: by letter to the home worker, who owns it from now on. */
void listen_hub_send(struct listen_ask *ask);

/* ---- its connection's events, on the home worker ---- */

/* It has logged in, and is to be used. */
void listen_hub_ready(struct server *server);
void listen_hub_notified(struct server *server, struct sl_span body);
/* An error is a channel's that is refused for it. */
bool listen_hub_tolerates(const struct server *server);
/* What it was asked, in the order of asking. */
void listen_hub_answered(struct server *server, enum expect_outcome outcome);
/* The bytes of a turn have been looked at: off go the news. */
void listen_hub_turn_ends(struct server *server);
/* By server_close(). */
void listen_hub_lost(struct server *server);
/*
 * Where its database is paused it goes as the last of its servers: until then somebody who keeps one
 * may wait for a notification.
 */
void listen_hub_look(struct server *server);
/* By worker_fini(), when its servers are closed. */
struct worker;
void listen_hubs_free(struct worker *worker);

#endif
