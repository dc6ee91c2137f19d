/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client.h - a connection from an application: its states, and the only
 * function that changes them.
 *
 *   STARTUP <-> TLS, STARTUP -> AUTH <-> AUTH_WAIT -> WELCOME -> ACTIVE <-> WAITING
 *   STARTUP -> CANCEL (a CancelRequest, on its way)        ACTIVE <-> STAGED, ACTIVE <-> MOVING
 *   AUTH -> CONSOLE (the admin database)           any -> LEAVING -> CLOSED
 *
 *   STARTUP    nothing but startup packets may come            [client_startup.c]
 *   TLS        a handshake step is on a crypto thread          [client_startup.c]
 *   AUTH       a password message may come                     [client_startup.c]
 *   AUTH_WAIT  a job or auth_query is under way                [client_startup.c]
 *   WELCOME    in line for a server, or for its parameters     [client_welcome.c]
 *   ACTIVE     requests are read and passed on                 [client_relay.c]
 *   WAITING    a request is there, in line for a server        [link.c]
 *   STAGED     a stage waits; stmt_resume() goes on            [client_stmt.c]
 *   MOVING     offered to the process that takes over          [drain.c]
 *   CONSOLE    speaks to the console                           [console.c]
 *   CANCEL     waits until its CancelRequest was delivered     [cancel.c]
 *   LEAVING    the last words are sent, then it is closed      [client.c]
 *
 * Ownership: its worker's slab. Threads: its worker's. Bounds: what it may hold is
 * in client_relay.c (unread input), prepared.h (names); idle it holds no buffer.
 */
#ifndef SLUICE_PROXY_CLIENT_H
#define SLUICE_PROXY_CLIENT_H

#include "protocol/base/slab.h"
#include "proxy/address.h"
#include "proxy/cancel_keys.h"
#include "proxy/io.h"
#include "proxy/pool.h"
#include "proxy/timer.h"

enum client_state {
    CLIENT_STARTUP,
    CLIENT_TLS,
    CLIENT_AUTH,
    CLIENT_AUTH_WAIT,
    CLIENT_WELCOME,
    CLIENT_ACTIVE,
    CLIENT_WAITING,
    CLIENT_STAGED,
    CLIENT_MOVING,
    CLIENT_CONSOLE,
    CLIENT_CANCEL,
    CLIENT_LEAVING,
    CLIENT_CLOSED
};

struct floors;
struct client_login; /* client_startup.c: what only a login needs */
struct client_names; /* prepared.h */
struct sql_prepared;
struct console; /* console.h: a client of the admin database */
struct listen_client;
struct listener;
struct params;
struct prepared;
struct server;
struct settle_bytes;
struct stmt;
struct user;

/* DEALLOCATE or DISCARD is under way. */
enum forgets { FORGETS_NOTHING, FORGETS_NAMES, FORGETS_FLUSHED };

struct client {
    struct io io;
    struct sl_id id;
    uint8_t state;             /* enum client_state */
    uint8_t mode;              /* enum conf_pool_mode, fixed at login */
    uint8_t body_fate;         /* enum body_fate */
    uint8_t forgets;           /* enum forgets, in forgets_segment */
    bool renames;              /* prepared statements are ours to name */
    sl_usec called_at;         /* first, while not all is known that it has set so; 0: all is */
    bool asks_channels;        /* it has asked for pg_listening_channels() before */
    bool asks_sequences;       /* it has asked for currval or lastval before */
    bool has_refused;          /* its request waits for another server: link_temp.h */
    bool has_temp;             /* it has made temporary objects itself */
    bool avoids_others;        /* likewise, where nobody has been */
    bool wants_newer;          /* likewise, and that was made since it connected */
    bool avoids_temp;          /* its next server is to be one where nobody has */
    bool is_cancelled;         /* its request that is held: client_cancelled.h */
    bool asks_late;            /* and what it had was gone: link_sequences.h, as what follows */
    bool has_asked;            /* since it took a value last */
    bool has_sought;           /* its request waits for the server that has what it asks for */
    bool keeps_briefly;        /* it is pinned for that until it rests */
    bool sequences_counted;    /* its transaction is, of those that took some and it did not ask */
    bool asks_now;             /* in its last transaction */
    uint8_t sequences_held;    /* transactions since it has asked, while others waited */
    bool sequences_are_kept;   /* maybe: pool_kept.h */
    uint8_t sequences_unasked; /* transactions that took some, and it did not ask */
    uint8_t sequences_passed;  /* since it took one */
    bool has_left;             /* Terminate was read, or the socket ended: no more input */
    bool is_counted;           /* against the limits of database and user */
    bool is_admitted;          /* against max_client_conn */
    bool was_notified;         /* query_wait_notify, for this wait */
    bool is_held;              /* input waits for replies that are due (prepared.h, pending) */
    bool skips_to_sync;        /* an error of ours: what comes is dropped up to Sync */
    bool is_replication;
    bool may_set;         /* what it asked for, since outside a transaction, may change settings */
    bool has_unasked;     /* it may have set what session_state.c does not know to ask for */
    bool has_reread;      /* it was another way when a statement of its was prepared, maybe */
    uint8_t rules_seen;   /* the way they are read, and one; 0: not looked at yet */
    bool has_retried;     /* what is under way is one */
    bool awaits_columns;  /* columns.h: of a statement that its Bind is held for */
    bool sends_ahead;     /* of replies: client_reuse.h leaves it alone */
    uint8_t notices_told; /* of a request that is to be repeated, or is: client_reuse.h */
    bool unnamed_is_opaque; /* its unnamed statement is too long to be kept */
    bool unnamed_known_opaque;
    bool is_unix;
    bool is_ours;               /* warm_session.h: it has nothing to prove */
    bool close_needed;          /* SHOW CLIENTS; closed when between transactions */
    bool minor_two;             /* protocol 3.2: a long cancel key */
    bool must_stay;             /* the process that takes over would not have it */
    uint16_t pins;              /* enum session_pin: why it keeps its server between transactions */
    uint16_t keeps;             /* enum session_pin: of those, what no question tells of */
    uint16_t sequences_shape;   /* of the statement that took a value last */
    uint32_t sequences_segment; /* of its requests there, in which that was */
    uint64_t sequences_on;   /* the serial number of the server where it took a value last, or 0 */
    uint32_t body_left;      /* of a message from the client */
    uint32_t replaced;       /* bytes of input that instead replaces */
    uint32_t undone_segment; /* see unnamed.c: the last undone and one; 0: none */
    uint32_t forgets_segment;
    uint32_t names_failed;    /* statements that did not come to have the name of their Parse */
    uint32_t unnamed_segment; /* in which its unnamed statement was changed last */
    uint32_t stmt_skip;       /* bytes of input that have walked already and are sent next */
    struct pool *pool;
    struct user *user;     /* who logged in; the pool's may be forced */
    struct server *server; /* while linked */
    struct waiter waiter;
    struct sl_list resume;
    const struct params *params;   /* what its session has set, of what is tracked */
    const struct params *settings; /* and else, by now: session_state.h */
    const struct params *custom;   /* names of custom settings that it has sent */
    const struct params *startup;  /* what it asked for at startup; its servers' too */
    const struct params *own;      /* of its startup, what is set when linked: application_name */
    const struct sql_prepared *sql_prepared; /* what it has PREPAREd by now */
    struct listen_client *listen;   /* NULL: it listens to nothing, or on its server only */
    struct prepared *unnamed;       /* what its unnamed statement says, or NULL */
    struct prepared *unnamed_known; /* as far as replies tell: unnamed.h */
    struct prepared *reused; /* client_reuse.h: in place of what it parses, until that is bound */
    struct client_names *names; /* NULL until the first */
    union {
        struct client_login *login; /* before ACTIVE */
        struct console *console;    /* CONSOLE */
        struct stmt *stmt;          /* STAGED, or walked and not yet sent */
    } part;
    struct hold retry;     /* client_retry.h: the request that may be repeated */
    sl_usec wrote_until;   /* the cache's: all that it had written was done then; 0: nothing */
    bool has_written;      /* likewise: something since */
    struct floors *floors; /* the cache's: cache/floors.h */
    struct settle_bytes *instead; /* what a stage puts in place of the next request */
    struct timer timer;
    struct cancel_key cancel;
    struct address_short address;
    struct address_short local;
    sl_usec connected_at;
    sl_usec request_at;    /* the last request */
    sl_usec query_since;   /* of the requests not yet answered; 0: none */
    sl_usec xact_since;    /* of the transaction; 0: none */
    sl_usec unknown_since; /* of PIN_UNKNOWN: when its server was asked last */
    unsigned unknown_tries;
};

/* A new connection on this worker; takes over fd. NULL (fd closed): at a bound, no memory. */
struct client *client_new(
        struct worker *worker, int fd, const struct address *peer, const struct address *local);
/* One that another process has welcomed: what there is to say of it before it has its session. */
struct client_adopted {
    int fd;
    struct address_short address;
    struct address_short local;
    uint64_t serial; /* of its cancel key, as the next three */
    uint32_t pid;
    bool has_peer;
    bool is_long;
    bool is_unix;
    struct user *user;
};

/* As client_new(); not read from before client_begin_adopted(). */
struct client *client_adopt(struct worker *worker, const struct client_adopted *adopted);
/* Its session is there, its pool too, held: it goes on. Limits let it in where it was. */
void client_begin_adopted(struct client *client, struct pool *held);
/* The client of that id on this worker, or NULL. */
struct client *client_find(struct worker *worker, struct sl_id id);
/* The only assignment of state. */
void client_enter(struct client *client, enum client_state state);
void client_check(const struct client *client);
/* At once: no last words. Its server is seen to. */
void client_close(struct client *client, const char *reason);
/*
 * The last words: an error of that severity ("FATAL"), then the end. In the middle of a
 * message from the server there can be none: the end has to say it.
 */
void client_fail(struct client *client, const char *severity, const struct sl_error *error);
/* Its pool from now on, held for it, or NULL; lets go of the one before. */
void client_set_pool(struct client *client, struct pool *held);
/* Counts it against the limits of its database and user, or says which is reached. */
SL_MUST_CHECK enum sl_err client_count(struct client *client, struct sl_error *error);
void client_uncount(struct client *client);
/* Bytes of our own to the client, in order with what passes; sent by the end of the turn. */
void client_say(struct client *client, struct sl_span bytes);
/* No more input; closed when what is to be sent has been taken. */
void client_leave(struct client *client, const char *reason);
/* It has said goodbye, and all that came before is answered: closed when it has taken that. */
void client_end(struct client *client);
/* Puts it on the resume list: client_resume() in this turn or the next. */
void client_wake(struct client *client);
/* The same, if it has input that waits. */
void client_wake_if_held(struct client *client);
void client_resume(struct client *client);
/* The deadline that holds in its present state. */
void client_set_timer(struct client *client);
void client_timer_fired(struct client *client);

/* client_startup.c */
void client_startup_ready(struct client *client, unsigned got);
void client_login_free(struct client *client);
/* client_welcome.c: logged in; send parameters, key, ReadyForQuery. */
void client_welcome(struct client *client);
void client_welcome_with(struct client *client, const struct params *reported);
/* client_relay.c */
void client_relay_ready(struct client *client, unsigned got);
/* Goes on with the input that is kept. */
void client_relay_kept(struct client *client);

/* link.c: on the client's worker; the server it waited for, or why there is none. */
void client_granted(struct worker *worker, struct sl_id id, struct server *server);
void client_refused(struct worker *worker, struct sl_id id, const struct sl_error *error);

const char *client_state_text(const struct client *client);

#endif
