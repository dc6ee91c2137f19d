/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server.h - a connection to PostgreSQL: its states, and the only function
 * that changes them.
 *
 *   RESOLVE -> CONNECT -> [TLS_ASK -> TLS] -> LOGIN <-> LOGIN_WAIT -> SETUP -.
 *                                                                           v
 *      .------- TEST <--- (taken after server_check_delay) --------------- IDLE
 *      v                                                                  ^  |
 *   LINKED <---------------------------------------------------------------'--'
 *      '--> CLEAN (rollback, reset query, cancel on its way) -----> IDLE
 *   IDLE <-> LOAD (a query of the proxy's own)     SETUP -> LISTEN (listen_hub.h)
 *                         any -> CLOSED
 *
 *   RESOLVE -> CONNECT                 [server_login.c, address known]
 *   CONNECT -> TLS_ASK | LOGIN         [server_login.c, socket connected]
 *   TLS_ASK -> TLS -> LOGIN            [server_login.c]
 *   LOGIN <-> LOGIN_WAIT               [server_login.c, a crypto job]
 *   LOGIN -> SETUP -> IDLE             [server_login.c, connect_query]
 *   IDLE -> LINKED | TEST, TEST -> IDLE [link.c]
 *   LINKED -> IDLE | CLEAN, CLEAN -> IDLE [link.c]
 *   IDLE -> LOAD [server_load.c], LOAD -> IDLE [link.c]
 *
 * Ownership: its worker's; between workers the letter's (link.c). Threads: its
 * worker's, but the members marked otherwise. Bounds: expect's and prepared's; one
 * turn's bytes on their way.
 */
#ifndef SLUICE_PROXY_SERVER_H
#define SLUICE_PROXY_SERVER_H

#include "protocol/base/slab.h"
#include "protocol/expect.h"
#include "protocol/stage.h"
#include "proxy/address.h"
#include "proxy/catalogs.h"
#include "proxy/io.h"
#include "proxy/mailbox.h"
#include "proxy/pins.h"
#include "proxy/pool.h"
#include "proxy/prepared.h"
#include "proxy/server_isolation.h"
#include "proxy/server_meter.h"
#include "proxy/session_path.h"
#include "proxy/timer.h"

enum server_state {
    SERVER_RESOLVE,
    SERVER_CONNECT,
    SERVER_TLS_ASK,
    SERVER_TLS,
    SERVER_LOGIN,
    SERVER_LOGIN_WAIT,
    SERVER_SETUP,
    SERVER_IDLE,
    SERVER_LINKED,
    SERVER_CLEAN,
    SERVER_TEST,
    SERVER_LOAD,
    SERVER_LISTEN,
    SERVER_CLOSED
};

/* What becomes of the rest of a message whose beginning was seen. */
enum body_fate { BODY_PASS, BODY_DROP };

struct catalogs_epoch;
struct client;
struct listen_hub;
struct load_errand;
struct reuse_question;
struct params;
struct server_login;
struct session_answer;
struct settle_bytes;
struct sql_prepared;
struct stmt;

enum { SERVER_KEY_MAX = 256 };

#define SERVER_MOVED "its host has another address now"

struct server {
    struct io io;
    enum server_state state;
    struct sl_list link; /* on its worker's list */
    struct pool *pool;
    struct client *client; /* while LINKED, on the same worker */
    struct expect expect;
    uint32_t body_left; /* of a message from the server */
    uint8_t body_fate;

    const struct params *startup;  /* what it was started with: constant */
    const struct params *params;   /* what it reports now, of what clients may set */
    const struct params *reported; /* all that it said at its login */
    const struct params *baseline; /* as it was when it had logged in */
    const struct params *settings; /* and what clients have set besides: session_state.h */
    const struct params *restored; /* and after connect_query; NULL: there was none, or it failed */
    const struct sql_prepared *sql_prepared; /* by PREPARE: what is known to be on it */
    struct server_stmts stmts;
    struct sl_id owner; /* the client that had it last; 0: none */
    unsigned owner_worker;
    bool is_dirty;         /* something of its owner's may be left in the session, but settings */
    bool may_have_left;    /* session_state.h: its client's transaction, something of the kind */
    bool may_have_ended;   /* or taken something back */
    bool is_setting;       /* settings of its client's are on their way, and must arrive first */
    bool is_awaited;       /* and its client waits for them */
    bool has_called;       /* a function, which may have set what nobody knows to ask for */
    bool is_foreign;       /* another had it before who is linked */
    bool has_temp;         /* link_temp.h: temporary objects have been in its session */
    bool is_fresh;         /* who is linked has sent it nothing yet */
    bool is_unwanted;      /* nor will: request_give_back() */
    bool sequences_mixed;  /* link_sequences.h: it has others' values than sequences_of's */
    bool sequences_wanted; /* who may ask for them */
    bool is_poisoned;      /* request_poison(), in that segment: what follows there is discarded */
    uint32_t poisoned_segment;
    uint64_t only_of;      /* the serial number of the only client it had; UINT64_MAX: several */
    uint64_t sequences_of; /* the serial number of the client whose values it has; 0: nobody's */
    struct stage_transaction under_way; /* what a stage keeps of it */
    struct server_isolation isolation;
    uint8_t taps;          /* enum stage_tap: what stages want of the reply on its way */
    bool is_withheld;      /* server_tap.h: the end of a reply waits for on_done */
    bool is_broken;        /* it broke the protocol */
    bool is_standby;       /* it was when it had logged in: what it says may be of long ago */
    bool has_refused;      /* or what was asked for a client, unseen, that others build on */
    bool is_due;           /* ReadyForQuery came while the client was in the middle of a message */
    bool is_retried;       /* an error was hidden: its request comes again after ReadyForQuery */
    bool is_repeat_due;    /* and its own has come, not that of a hidden query ahead of it */
    bool saw_reset;        /* RESET or DISCARD ALL: its client's own is to be set again */
    bool must_roll_back;   /* before it is another's: ROLLBACK */
    bool must_reset;       /* and then the reset query */
    bool must_discard;     /* or DISCARD ALL, whatever that is */
    bool must_answer;      /* and at last a Sync: link.c, begin_sync() */
    bool is_spent;         /* its process has what nothing takes away: LOAD, setseed() */
    bool has_said_fatal;   /* its client knows why it ends */
    bool was_listener;     /* of the pool's number it was not */
    bool has_moved;        /* its host has another address now */
    struct stmt *finished; /* statements answered, until ReadyForQuery */
    struct stmt *finished_last;
    struct server_meter meter;
    struct session_path path; /* what its client's tables are looked for by */
    uint32_t tapped;          /* bytes of what comes next that stages have seen already */
    bool has_failed_setup;    /* connect_query, in its first run */
    bool has_sql_prepared;    /* maybe more by PREPARE than sql_prepared says */
    bool has_strays;          /* or by a function, of some client before */
    bool has_named;           /* or by Parse, where names are the clients' own */
    bool has_named_change;    /* one of those is EFFECTS_BEHIND: who binds any may run it */
    bool is_unsynced;         /* extended messages were sent since the last Sync */
    bool may_copy;            /* server_may_copy() */
    bool has_unnamed; /* since the last Query: a portal, or a statement that is not ours to keep */
    bool changes_schema;             /* its transaction, as far as it can be seen: catalogs.h */
    uint8_t behind;                  /* likewise, enum catalogs_behind */
    bool may_end_block;              /* what may was sent, or bound, since it began */
    bool changes_plans;              /* likewise, for client_reuse.h */
    bool is_lent;                    /* pool_lend(), until pool_give() */
    bool listen_asks;                /* listen_client.h: something, unseen; its client waits */
    bool may_have_notified;          /* listen_echo.h: its client, which may hear of it */
    bool reads_tags;                 /* what it is asked was not all read: its tags say so, too */
    bool is_replication;             /* never shared */
    bool is_lost;                    /* the socket is of no use, but a letter is on its way */
    struct listen_hub *hub;          /* it is a database's shared listener, of no pool's number */
    struct load_errand *load;        /* while LOAD */
    struct session_answer *answer;   /* while it is asked what was left */
    struct reuse_question *question; /* reuse_proof.h: to be asked, or while it is */
    struct pin pin;                  /* link_pins.h: why its client keeps it, as it is counted */
    struct sl_error *refusal;        /* of its client's settings; it goes, and so says why */
    struct catalogs_epoch *epochs;   /* of the database it is connected to; NULL: not yet known */
    struct catalogs_belief belief;   /* of what its owner has called since it had it */

    struct timer timer;
    sl_usec connected_at;
    sl_usec idle_since;
    sl_usec request_at;
    unsigned epoch;           /* of the pool, when it was made */
    unsigned dns_seen;        /* dns_changes() when its host was known to have its address */
    const char *close_reason; /* not NULL: close rather than reuse */
    struct sl_list cancels;   /* cancel.c: requests under way that keep it from others */

    struct sl_list kept;              /* under the pool's lock: pool_kept.h */
    uint64_t kept_for;                /* written under it, by its worker: for which client */
    struct sl_list in_pool;           /* under the pool's lock: on its idle list */
    const struct params *idle_params; /* under it, only to be compared: params when it came there */
    enum pool_place place;            /* under the pool's lock */
    unsigned pool_worker;             /* under the pool's lock: whose idle list */
    struct letter letter;             /* on its way to another worker */
    struct worker *to;                /* where to; constant while on its way */
    struct sl_id for_client;          /* for whom; gen 0: nobody, close it */
    const char *evicted_for; /* then why; written by whoever withdrew it from the idle list */

    struct address address; /* of the node: constant once connected */
    struct address_short local;
    char *host; /* as configured: constant */
    int port;
    uint64_t node;    /* a hash of both */
    uint32_t pid;     /* BackendKeyData: what it says of itself */
    uint16_t key_len; /* 0: it sent none, and cannot be cancelled */
    uint8_t *key;
    struct server_login *login; /* until SETUP is over */
    uint64_t serial;            /* SHOW SERVERS: id */
};

/*
 * Starts a connection for the pool, which has counted it already. NULL: no memory;
 * other failures come as pool_login_failed().
 */
SL_MUST_CHECK struct server *server_new(
        struct pool *pool, struct worker *worker, const struct params *startup);
/* A hidden Sync: ReadyForQuery is all that may come. */
SL_MUST_CHECK enum sl_err server_ask_sync(struct server *server);
/* The only assignment of state. */
void server_enter(struct server *server, enum server_state state);
void server_check(const struct server *server);
/* Of one that is_broken. */
const char *server_broken_reason(const struct server *server);
/* Out of pool and worker, closed and freed. reason goes to the log. */
void server_close(struct server *server, const char *reason);

/* server_login.c: from the first packet to the first ReadyForQuery. */
void server_login_begin(struct server *server);
void server_login_ready(struct server *server, unsigned got);
void server_login_free(struct server_login *login);
void server_login_failed(struct server *server, const struct sl_error *error, bool keep_waiting);

/* server_relay.c: replies on their way. */
void server_relay_ready(struct server *server, unsigned got);
/* What was withheld passes, when nobody waits any more. */
void server_relay_withheld(struct server *server);
/* After RESET: the client's own values, before whatever it says next. */
void server_after_reset(struct server *server);
/*
 * Its client does what sends notifications, or may: they are told to be that client's (notifiers.h),
 * and it is to hear its own in time (listen_echo.h).
 */
void server_may_notify(struct server *server, bool is_sure);
/* Bytes of our own to the server, in order with what passes; sent by the end of the turn. */
void server_say(struct server *server, const void *bytes, size_t len);
/* What it was asked first of all; "": nothing, or it failed. */
const char *server_connect_query(const struct server *server);
/* A request of our own whose replies nobody sees. */
SL_MUST_CHECK enum sl_err server_ask_isolation(struct server *server, const char *query);
SL_MUST_CHECK enum sl_err server_ask_hidden(struct server *server, const char *query);
/* The same, of connect_query: an error of it is logged only. Nothing where it failed before. */
SL_MUST_CHECK enum sl_err server_ask_tolerated(struct server *server, const char *query);
SL_MUST_CHECK enum sl_err server_ask_again(struct server *server);
/* The same, of a client's settings: an error ends the server, and the client is told of it. */
SL_MUST_CHECK enum sl_err server_ask_settings(struct server *server, const char *query);
/* The same, of link_prepared.h; name is what the reply's entry carries, and is freed in any case. */
SL_MUST_CHECK enum sl_err server_ask_prepared(
        struct server *server, const char *query, struct settle_bytes *name);
/* The same, whose rows and error are session_state.h's. */
SL_MUST_CHECK enum sl_err server_ask_state(struct server *server, const char *query);
/* The same, whose rows and error are reuse_proof.h's. */
SL_MUST_CHECK enum sl_err server_ask_plan(struct server *server, const char *query);
/* The same, whose rows and error are listen_client.h's; and of listen_hub.h. */
SL_MUST_CHECK enum sl_err server_ask_listen(struct server *server, const char *query);
SL_MUST_CHECK enum sl_err server_ask_hub(struct server *server, const char *query);
/* The same, whose rows and error are server_load.h's. */
SL_MUST_CHECK enum sl_err server_ask_load(struct server *server, const char *query);

/* Closes a statement on it, unseen; it is forgotten here. Not one whose Parse is under way. */
SL_MUST_CHECK enum sl_err server_forget_stmt(struct server *server, struct server_stmt *stmt);
/*
 * May what is sent now be read by a COPY IN, as its error or its data? Something unanswered ahead,
 * or a portal that it runs, may be one. What we answered then, the server would never see; it
 * would go on waiting for data.
 */
bool server_may_copy(struct server *server);
/* On its worker: has its host another address now, as the resolver says? */
bool server_has_moved(struct server *server);
/* On its worker: is it to be closed rather than used again, for RECONNECT, RELOAD or DNS? */
bool server_is_old(struct server *server);
/* Looks again when it may be idle for too long, or too old. */
void server_set_idle_timer(struct server *server);

/* What SHOW SERVERS calls the state. */
const char *server_state_text(const struct server *server);

/* That client, of that worker, had it last. */
static inline bool server_was_of(const struct server *server, struct sl_id client, unsigned worker)
{
    return server->owner.slot == client.slot && server->owner.gen == client.gen &&
           server->owner_worker == worker;
}

/* Has the beginning of a message gone to the client, and its end not come? */
static inline bool server_is_amid_message(const struct server *server)
{
    return server->body_left > 0 && server->body_fate == BODY_PASS;
}

static inline bool server_is_logged_in(const struct server *server)
{
    return server->state >= SERVER_IDLE && server->state < SERVER_CLOSED;
}

#endif
