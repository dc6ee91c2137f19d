/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_news.h - what a database's shared listener and the workers tell each other.
 *
 *   worker  -- struct listen_ask: channels wanted, or no more ---->  the hub's worker
 *   worker  <- struct listen_news: of one turn, in order -----------  the hub's worker
 *
 * Letters between two threads come in the order in which they were posted (mailbox.h), which is
 * what LISTEN's order rests on here: the news of a marker stand where the marker stood between
 * notifications.
 *
 * A marker is a notification of ours, in a channel whose name is the secret of this process, and of those that
 * it takes over from and that take over from it: "process.database.worker.slot.gen.number" says whose it is.
 *
 * Ownership: a letter is its receiver's, who frees it. Threads: as drawn. Bounds: an ask has
 * CHANNELS_BYTES_MAX of names, news what a turn's bytes from the listener come to; beyond LISTEN_NEWS_MAX of
 * them on their way the listeners are not read.
 */
#ifndef SLUICE_PROXY_LISTEN_NEWS_H
#define SLUICE_PROXY_LISTEN_NEWS_H

#include "protocol/base/buf.h"
#include "protocol/base/slab.h"
#include "proxy/mailbox.h"

#include <stdbool.h>

struct database;
struct pool;
struct server;

#define LISTEN_NEWS_MAX ((size_t)16 << 20)

enum { LISTEN_ENCODING_MAX = 32, LISTEN_PRIVATE_MAX = 48, LISTEN_MARKER_MAX = 80 };

/* The worker of a marker that is for all of them: listen_keep.h. */
#define LISTEN_MARK_ALL UINT32_MAX

enum listen_what {
    LISTEN_WANTS,
    LISTEN_WANTS_NO_MORE,
    LISTEN_WANTS_MARK, /* this and what follows: listen_keep.h */
    LISTEN_KEEPS,
    LISTEN_ADOPTS
};

struct listen_marker {
    uint32_t process;  /* process_number() */
    unsigned database; /* database->index */
    unsigned worker;
    struct sl_id client;
    uint32_t number;
};

struct listen_ask {
    struct letter letter;
    struct database *database; /* the pool's */
    struct pool *pool;         /* held; the receiver lets go of it, or keeps it */
    unsigned worker;
    enum listen_what what;
    struct sl_buf names;       /* channels.h; of LISTEN_ADOPTS each behind a number of 8 bytes */
    struct listen_marker mark; /* which to make, or whose client it is about, and its last */
    char encoding[LISTEN_ENCODING_MAX]; /* of names */
};

enum listen_news_kind {
    LISTEN_UP,           /* struct listen_up: it is there; what it listens to is told next */
    LISTEN_CONFIRMED,    /* a name: notifications of it come from now on */
    LISTEN_REFUSED,      /* a name: they will not, it is one too many */
    LISTEN_NOTIFICATION, /* a whole NotificationResponse */
    LISTEN_MARKED,       /* struct listen_marker */
    LISTEN_DOWN,         /* it is lost: nothing is listened to */
    LISTEN_FAILING,      /* it could not be made; nothing: it may not be, now */
    LISTEN_MARKING,      /* 4 bytes: a marker of that number for all is asked for */
    LISTEN_REPLAYED,     /* struct sl_id, and a NotificationResponse for that client */
    LISTEN_SKIP,         /* struct listen_skip, and a name */
    LISTEN_ADOPTED       /* struct listen_adopted */
};

struct listen_up {
    uint64_t serial; /* of its connection: another one has missed what came between */
    uint64_t place;  /* listen_place_of() it */
    char encoding[LISTEN_ENCODING_MAX];
};

/* So many that come have been heard by that client elsewhere. */
struct listen_skip {
    struct sl_id client;
    uint64_t count;
};

/* What came before was replayed to it; or, not whole, may have been missed. */
struct listen_adopted {
    struct sl_id client;
    bool is_whole;
};

struct listen_news {
    struct letter letter;
    struct database *database; /* only to be compared */
    struct sl_buf records;
};

/* To that worker (listen_group.h). */
void listen_news_send(struct listen_news *news, unsigned worker);
void listen_news_free(struct listen_news *news);
/* Any thread: bytes of all that were sent, and have not been taken yet. */
size_t listen_news_on_their_way(void);

struct listen_record {
    enum listen_news_kind kind;
    struct sl_span bytes;
};

SL_MUST_CHECK enum sl_err listen_news_add(
        struct listen_news *news, enum listen_news_kind kind, struct sl_span bytes);
SL_MUST_CHECK enum sl_err listen_record_add(
        struct sl_buf *records, enum listen_news_kind kind, struct sl_span bytes);
/* Takes the first off. */
bool listen_news_next(struct sl_span *records, struct listen_record *record);

/* The channel's name. False: no memory. */
bool listen_private_name(char name[static LISTEN_PRIVATE_MAX]);
void listen_marker_text(const struct listen_marker *marker, char text[static LISTEN_MARKER_MAX]);
bool listen_marker_read(struct sl_span text, struct listen_marker *marker);

/* Which PostgreSQL a connection leads to, as far as it can be known: host, port and address. */
uint64_t listen_place_of(const struct server *server);

#endif
