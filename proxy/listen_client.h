/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_client.h - LISTEN in transaction pooling: a client's channels, heard by the database's
 * shared listener while its server is somebody else's.
 *
 * PostgreSQL is the judge of what a client listens to: its own server executes its LISTEN and
 * UNLISTEN, and the question behind the transaction (session_state.h) says which channels are left.
 * Then they move, while the client has that server still:
 *
 *   1. the hub (listen_hub.h) LISTENs to the same channels, and says so
 *   2. the server is asked, unseen:   LISTEN secret; NOTIFY secret, 'whose.number'
 *      There is one order of all that is committed, and it is the same for everybody who listens. So
 *      until the marker comes from the server the client gets what the server says; and from where the
 *      marker stands in what the listener says, what that says. Nothing twice, nothing lost.
 *   3. both have said it: UNLISTEN *, and the client is no longer pinned for it
 *
 * A channel is its server's until the marker with its number has come from there, and the
 * listener's for good from then on; only new ones are moved.
 *
 *   UNLISTEN, DISCARD and DO (EFFECTS_UNLISTENS), pg_listening_channels() (EFFECTS_CHANNELS): the server must know what the
 *   client listens to. Ahead of it, LISTEN to all of that is sent, unseen, so that PostgreSQL
 *   takes away what the client says, if its transaction commits; the answer is the truth then. In
 *   an open transaction a setting of ours goes with it (LISTEN_SETTING): it is rolled back with
 *   them, by ROLLBACK TO too, and asked for before it is sent again and after the end. In there
 *   pg_listening_channels() would not tell yet: who has ever asked it has its channels sent ahead of
 *   every transaction from then on. Where nothing
 *   can be sent ahead (in the middle of a pipeline), and where a function does it, only what is new is
 *   seen: the client goes on hearing what it has UNLISTENed.
 *
 * When the listener was lost, and listens to all of a client's channels again, the client
 * gets a WARNING, and one meanwhile if that takes longer than a moment; as well where a notification is
 * in an encoding that is not the client's.
 *
 * Ownership: a struct listen_client is its client's. Threads: the worker's. Bounds: CHANNELS_MAX channels
 * of a worker, beyond which the client stays pinned.
 */
#ifndef SLUICE_PROXY_LISTEN_CLIENT_H
#define SLUICE_PROXY_LISTEN_CLIENT_H

#include "protocol/base/buf.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/expect.h"
#include "proxy/timer.h"

#include <stdbool.h>

struct client;
struct group_channel;
struct listen_group;
struct listen_marker;
struct request;
struct server;

enum { LISTEN_VALUE_MAX = 48 };

#define LISTEN_SETTING "sluice.listening"
#define LISTEN_MARK_TIME (10 * SL_SECOND)

/* What its server is asked, unseen, about it. */
enum listen_asked {
    LISTEN_ASKED_NOTHING,
    LISTEN_ASKED_MARK,    /* 2. above */
    LISTEN_ASKED_LEAVE,   /* 3. */
    LISTEN_ASKED_HOME,    /* LISTEN to all, in a transaction of its own */
    LISTEN_ASKED_SETTING, /* is LISTEN_SETTING there? */
    LISTEN_ASKED_AGAIN,   /* LISTEN to all, and LISTEN_SETTING, in the client's */
    LISTEN_ASKED_ECHO     /* listen_echo.h */
};

struct listen_client {
    struct client *client;
    struct listen_group *group;
    struct sl_list link;    /* of the group */
    struct sl_list touched; /* of the group */
    struct sl_map subs;     /* struct listen_sub, by the hash of the name */
    struct sl_list all;     /* the same */
    struct sl_buf waiting;  /* whole messages */
    struct timer timer;     /* the listener's marker is late */
    uint32_t unconfirmed;   /* of subs */
    uint32_t unmarked;      /* of subs: number 0 */
    uint32_t number;        /* of the last marker; 0: none */
    uint32_t server_marked; /* the last that came from the server */
    uint32_t hub_marked;    /* and from the listener */
    uint32_t seen;          /* what was marked in which answer; for finding what has gone */
    uint32_t replays;
    uint8_t asked;    /* enum listen_asked */
    bool is_home;     /* its server listens to all that the client does */
    bool is_stuck;    /* it cannot be moved: it stays pinned */
    bool has_failed;  /* a step has; not again before its next transaction */
    bool has_missed;  /* something, maybe: to be said when all is heard again */
    bool is_over;     /* too much waits: it ends */
    bool has_setting; /* LISTEN_SETTING was sent in this transaction, or may have been */
    bool may_go;      /* the request at hand: the server knows */
    bool is_set;      /* the answer to LISTEN_ASKED_SETTING */
    bool must_repeat; /* it was no: the savepoint was rolled back to */

    /* Of listen_echo.h. */
    struct timer echo_timer;
    uint32_t echo;       /* of its last marker */
    uint32_t echo_heard; /* from the listener */
    bool owes_ready;     /* a ReadyForQuery is withheld */
    bool is_echo_sent;   /* the marker behind it */
    bool hears_itself;   /* it has heard its own behind ReadyForQuery */
    char value[LISTEN_VALUE_MAX];

    /* Of listen_passage.h. */
    uint32_t marking; /* settled since that marker was asked for; 0: it is not */
    uint32_t mark;    /* the last that came, if it was settled then; its subs count from there */
    bool awaits;      /* it has come, and does not hear yet */
};

struct listen_sub {
    struct sl_map_node node; /* of the client */
    struct sl_list link;     /* of the client */
    struct sl_list in_channel;
    struct listen_client *listen;
    struct group_channel *channel;
    uint32_t number; /* of the marker that moves it; 0: not sent */
    uint32_t seen;
    uint64_t heard; /* listen_passage.h: behind the last marker for all */
    uint64_t skip;  /* likewise: so many of the next have been heard elsewhere */
};

/* ---- by its server, session_state.c and link.c ---- */

/* The answer: the server listens to these (channels.h); is_whole: to what the client does, surely. */
void listen_client_answered(
        struct client *client, struct server *server, struct sl_span names, bool is_whole);
/* LISTEN_SETTING, as the server has it: is it ours still? */
bool listen_client_was_whole(const struct client *client, struct sl_span value);
/* Quiet, between transactions, asked. True: one more request was sent; link_settle() is called again. */
bool listen_client_settle(struct client *client, struct server *server);
/* It waits for the listener only, and its pin will end: it need not be counted. */
bool listen_client_is_moving(const struct client *client);
/* They part. */
void listen_client_parted(struct client *client);
/* A NotificationResponse: does it go to the server's client? */
bool listen_client_passes(struct server *server, struct sl_span body);
/* The answer to what was asked, and a row of it. */
void listen_client_asked(struct server *server, enum expect_outcome outcome);
void listen_client_row(struct server *server, struct sl_span body);

/* ---- by listen_waiting.c and listen_echo.c ---- */

/* Is it one of its channels? */
bool listen_client_hears(const struct listen_client *listen, struct sl_span name);

/* A hidden request to its server; it was sent if listen->asked says so. */
void listen_client_ask(struct listen_client *listen, enum listen_asked what, struct sl_buf *text);
/* Returns text: the marker of that number. */
const char *listen_client_marker(const struct listen_client *listen, uint32_t number, char *text);

/* ---- by client_relay.c ---- */

/* A request with these effects is next. False: it has to wait for its server's answer. */
bool listen_client_may_send(struct client *client, unsigned effects);
/* The client is gone. */
void listen_client_free(struct client *client);

/* ---- by listen_passage.c ---- */

/* The client's, made if need be; a channel of it, likewise. NULL: it cannot be. */
struct listen_client *listen_client_of(struct client *client);
struct listen_sub *listen_client_sub(struct listen_client *listen, struct sl_span name);
/* Something, maybe, has been missed: that is said once all of its channels are heard. */
void listen_client_missed(struct listen_client *listen);
/* One that has come before is heard now; the next so many of a channel are not. */
void listen_client_replay(struct listen_client *listen, struct sl_span message);
void listen_client_skip(struct listen_client *listen, struct sl_span name, uint64_t count);

/* ---- by listen_group.c ---- */

void listen_client_confirmed(struct listen_sub *sub, bool is_confirmed);
void listen_client_heard(struct listen_sub *sub, struct sl_span message);
void listen_client_marked(struct listen_group *group, const struct listen_marker *marker);
void listen_client_lost(struct listen_client *listen);
/* It cannot be made again, and goes on being tried. */
void listen_client_deaf(struct listen_client *listen);
void listen_client_touch(struct listen_client *listen);
/* Behind the last of a letter's news: the client may go on, or end. */
void listen_client_see(struct listen_client *listen);

#endif
