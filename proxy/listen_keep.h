/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_keep.h - of a shared listener (listen_hub.h): clients that listen pass to another process.
 *
 * All who listen are told the same in the same order, that of the commits. So where a client is in that order can be
 * said: so many notifications of this channel behind that marker. The process that takes over (N) keeps what
 * comes behind the marker, and a client from the old one (O) is told what it has not heard yet:
 *
 *   O  CHANNELS, marker 7          all that its listener listens to
 *   N  LISTEN a; LISTEN b ...      its own listener, for nobody yet
 *   N  NOTIFY secret, 'O.7'        comes to both, between the same notifications
 *   O  'a 1' -> its client
 *   N  'a 1', 'a 2' kept
 *   O  CLIENT, a: 1 behind 7       it has no transaction, no server, and all that it was told is with the system
 *   N  'a 2' -> the client         and what comes from now on
 *
 * Nothing is withheld in O meanwhile, so that it goes on with its clients if N ends. If N has heard less
 * than O, so many are skipped when they come. Whom N cannot tell, as its connection was lost since, or more
 * was to be kept than may be, it does not take, but by the next marker; if it is lost when it has taken him, he is told
 * that something may have been missed.
 *
 * A client goes by a marker that was asked for when its channels were what they are (listen_passage.h); a
 * new one is asked for when one is wanted, LISTEN_MARK_PAUSE after the last at the earliest. N keeps
 * LISTEN_KEEP_TIME.
 *
 * Ownership: a struct listen_keep is its hub's. Threads: the hub's home worker's; listen_keep_send(),
 * listen_keep_has(), listen_keep_begin() and listen_keep_end() any. Bounds: LISTEN_KEPT_MAX bytes of all databases; beyond that what was
 * kept is forgotten.
 */
#ifndef SLUICE_PROXY_LISTEN_KEEP_H
#define SLUICE_PROXY_LISTEN_KEEP_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "proxy/listen_news.h"

#include <stdbool.h>

#define LISTEN_MARK_PAUSE (100 * SL_MSEC)
#define LISTEN_KEEP_TIME (15 * SL_SECOND)
#define LISTEN_KEPT_MAX ((size_t)16 << 20)

struct database;
struct handover_channels;
struct hub_channel;
struct listen_hub;
struct pool;

struct listen_keep {
    /* The old process's. */
    sl_usec asked_at; /* for the last marker */
    /* The new one's. */
    struct listen_marker mark; /* the last that was asked for; number 0: none was */
    char encoding[LISTEN_ENCODING_MAX];
    bool must_mark;        /* as soon as all is listened to */
    struct sl_buf records; /* LISTEN_NOTIFICATION, LISTEN_MARKED: struct kept_mark */
    sl_usec marked_at;     /* the last of the markers came; 0: nothing is kept */
    uint64_t adoptions;
};

void listen_keep_init(struct listen_keep *keep);

/* ---- the old process ---- */

/* A hand-over begins: markers of before lead nowhere. */
void listen_keep_begin(void);
/* Was that one asked for since? */
bool listen_keep_is_of_this(uint32_t number);
/* A worker wants a marker: the other process is asked for it, unless one was asked for just now. */
void listen_keep_ask(struct listen_hub *hub);

/* ---- the new process ---- */

/* By letter: listens to all that, then marks. The pool is held; that is taken over. */
void listen_keep_send(struct pool *pool, const struct handover_channels *channels);
void listen_keep_take(struct listen_hub *hub, const struct listen_ask *ask);
/* Any thread: has that marker come, and is what came behind it known? It may be lost right after. */
bool listen_keep_has(const struct database *database, uint32_t number);
/* A client has come, which listens to these: each is wanted, and it hears what it has not. */
void listen_keep_adopt(struct listen_hub *hub, const struct listen_ask *ask);
/* Nobody comes any more; once in the life of a process. Behind all who are on the way to their worker. */
void listen_keep_end(void);

/* ---- by listen_hub.c ---- */

void listen_keep_marked(struct listen_hub *hub, const struct listen_marker *marker);
void listen_keep_heard(
        struct listen_hub *hub, const struct hub_channel *channel, struct sl_span message);
void listen_keep_refused(struct listen_hub *hub, const struct hub_channel *channel);
/* The connection is up, and nothing is asked of it: hub->is_asking says whether it is now. */
void listen_keep_look(struct listen_hub *hub);
/* What is kept is whole no more. */
void listen_keep_lost(struct listen_hub *hub);

#endif
