/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_inside.h - the inside of a shared listener, for the two files that it is made of.
 *
 * listen_hub.c is the connection and its channels; listen_keep.c what it does while one process takes over
 * from another.
 *
 * Ownership, threads and bounds: listen_hub.h's.
 */
#ifndef SLUICE_PROXY_LISTEN_INSIDE_H
#define SLUICE_PROXY_LISTEN_INSIDE_H

#include "proxy/channels.h"
#include "proxy/listen_keep.h"
#include "proxy/listen_news.h"
#include "proxy/timer.h"
#include "proxy/worker.h"

struct database;
struct pool;
struct server;

enum { HUB_WORDS = WORKERS_MAX / 64 };

#define HUB_ANSWER_TIME (30 * SL_SECOND)

enum hub_channel_state { WANTED, ASKED, HEARD, RESTING, LEAVING };

struct hub_channel {
    struct channel channel;
    struct sl_list link; /* of its state's list */
    enum hub_channel_state state;
    uint64_t workers[HUB_WORDS]; /* who wants it; nobody: RESTING or LEAVING, or soon to be */
    sl_usec since;               /* nobody has wanted it */
    uint32_t kept_since;         /* listen_keep.h: from that mark on; 0: it is not */
    uint64_t adoption;           /* the last that was about it */
    uint64_t skip;               /* of that one */
};

struct listen_hub {
    struct sl_list link; /* on its worker's list */
    struct database *database;
    struct pool *pool;        /* held */
    const struct pool *tried; /* the last one, and the one before; only to be compared */
    const struct pool *tried_before;
    struct worker *worker;
    struct server *server; /* NULL: none */
    struct sl_map channels;
    struct sl_list lists[LEAVING + 1];
    uint64_t workers[HUB_WORDS]; /* who has ever asked */
    struct listen_news *news[WORKERS_MAX];
    struct timer timer;
    sl_usec retry_at;
    sl_usec heard_at;       /* something of the connection */
    sl_usec unwanted_since; /* when nobody has wanted any channel */
    sl_usec backoff;
    bool is_up;     /* the first answer has come */
    bool is_asking; /* a batch is under way */
    bool is_alone;  /* of one channel, which may be refused */
    bool is_full;   /* there was no memory for news: the connection goes */
    struct listen_keep keep;
    char private_name[LISTEN_PRIVATE_MAX];
};

struct hub_channel *listen_hub_find(struct listen_hub *hub, struct sl_span name);
/* For a worker; it is told what becomes of it. */
void listen_hub_want(struct listen_hub *hub, unsigned worker, struct sl_span name);
/* From that mark on. False: it cannot be. */
bool listen_hub_keep(struct listen_hub *hub, struct sl_span name, uint32_t mark);
/* None is kept any more. */
void listen_hub_keep_none(struct listen_hub *hub);
/* To one worker, and to all that have ever asked. */
void listen_hub_tell(
        struct listen_hub *hub, unsigned worker, enum listen_news_kind kind, struct sl_span bytes);
void listen_hub_tell_all(struct listen_hub *hub, enum listen_news_kind kind, struct sl_span bytes);

#endif
