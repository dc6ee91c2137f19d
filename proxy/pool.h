/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool.h - the servers of one database and user: who waits, who is given one.
 *
 * A pool is shared by all workers, and so are its limits. Servers that are free
 * lie on a list of the worker they are with; a client is given one of its own
 * worker's if there is one, else one is handed over by letter. Waiting is first
 * come, first served among clients whose startup values are the same; see pool.c
 * for what holds between others.
 *
 *   client asks --- pool_take() ---> a server, at once
 *                        |
 *                        +---------> in line; later client_granted() on its worker
 *   server free --- pool_give() ---> the first in line, or the idle list
 *
 * Ownership: the registry's. Threads: any worker; the lock is a leaf, held for a
 * few list operations. Bounds: pool_size + reserve_pool_size servers, and the
 * limits of database, user and [sluice].
 */
#ifndef SLUICE_PROXY_POOL_H
#define SLUICE_PROXY_POOL_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/base/slab.h"
#include "proxy/auth_credentials.h"
#include "proxy/mailbox.h"
#include "proxy/pins.h"
#include "proxy/sequence_shapes.h"
#include "proxy/stats.h"

#include <pthread.h>
#include <stdbool.h>

struct client;
struct conf;
struct database;
struct load_errand;
struct params;
struct server;
struct user;
struct worker;

/* Where a client stands; a member of the client. */
struct waiter {
    struct sl_list link;          /* under the pool's lock */
    struct worker *worker;        /* constant while waiting */
    struct sl_id client;          /* constant while waiting */
    const struct params *startup; /* constant while waiting: what its server must be made with */
    const struct params
            *params; /* constant while waiting, likewise the next: what it is to be set to */
    const struct params *settings;
    unsigned passes; /* under the pool's lock: how often others went first, see pool_line.h */
    uint64_t
            prefers; /* constant while waiting: the serial of the server it would best have, or 0 */
    bool avoids_others;  /* constant while waiting: best none where anybody has been */
    sl_usec wants_since; /* likewise: best one that was made since then; 0: whenever */
    bool avoids_temp;    /* constant while waiting: best none where temporary objects have been */
    uint64_t bound;      /* under the pool's lock: pool_kept.h, the one it is to have, or 0 */
    sl_usec bound_for;
    sl_usec since;    /* constant while waiting */
    bool is_waiting;  /* under the pool's lock: on the list */
    bool is_provided; /* under the pool's lock: a server is made with it in mind */
};

/* What a server counts as in its pool: PgBouncer's columns of SHOW POOLS. */
enum pool_place {
    POOL_LOGIN,          /* sv_login */
    POOL_IDLE,           /* sv_idle */
    POOL_USED,           /* sv_used: idle for longer than server_check_delay */
    POOL_TESTED,         /* sv_tested: running reset, check or connect query */
    POOL_ACTIVE,         /* sv_active */
    POOL_BEING_CANCELED, /* sv_being_canceled: kept back until a cancel connection has closed */
    POOL_PLACES
};

struct pool_counts {
    int servers[POOL_PLACES];
    int clients; /* logged in */
    int waiting;
    int cancels_waiting;   /* cl_waiting_cancel_req */
    int cancels_active;    /* cl_active_cancel_req */
    sl_usec waiting_since; /* of the first in line; 0: nobody */
};

/* What servers with those startup values reported: clients log in with it without a server. */
struct pool_welcome {
    const struct params *startup; /* NULL: none */
    const struct params *reported;
    const struct params *settable;
};

enum { POOL_WELCOMES = 8 };

struct pool {
    struct sl_map_node node; /* the registry's */
    struct sl_list link;     /* the registry's */
    struct sl_list grave;    /* reaper.c's: taken out, not freed yet */
    sl_usec idle_since;      /* reaper.c's; 0: in use */
    struct database *database;
    struct user *user;
    struct stats_row *stats; /* one a worker */
    pthread_mutex_t lock;
    struct sl_list *idle;       /* under lock: one list a worker; the last used first */
    struct sl_list waiters;     /* under lock */
    struct sl_list kept;        /* under lock: pool_kept.h, servers */
    struct sl_list bound;       /* under lock: pool_kept.h, waiters that are on no other list */
    int counts[POOL_PLACES];    /* under lock */
    int idle_count;             /* under lock */
    int total;                  /* under lock: servers of this pool, whatever they do */
    int waiting;                /* under lock */
    int provided;               /* under lock: of those */
    int size;                   /* under lock: pool_size as configured now */
    int reserve;                /* under lock */
    int min;                    /* under lock */
    int database_max;           /* under lock: max_db_connections, 0 is none */
    int user_max;               /* under lock: max_user_connections, 0 is none */
    bool lasts;                 /* worker 0's: it is held for the sake of min_pool_size */
    uint64_t handed_over;       /* handover_give.c's: in which hand-over it was told of */
    bool is_in_catalog;         /* catalogs.c's: its user was asked about */
    sl_usec wanting_since;      /* likewise: its catalogue is not known, or old; 0: it is */
    sl_usec catalog_at;         /* likewise: not before, as no server came free for it in time */
    int warm;                   /* under lock: pool_warm()'s */
    bool has_own_user;          /* under lock: the database's line names the user */
    bool round_robin;           /* under lock: server_round_robin */
    bool is_failing;            /* under lock: connecting has been, see failure */
    sl_usec reserve_after;      /* under lock: reserve_pool_timeout */
    sl_usec lifetime;           /* under lock: server_lifetime */
    sl_usec lifetime_closed_at; /* under lock: the last one closed for its age */
    const struct params *last_startup;    /* under lock: what min_pool_size is filled with */
    struct pins pins;                     /* pins.c's */
    atomic_int holders;                   /* any thread: registry.h; clients, servers, cancels */
    atomic_int clients;                   /* any thread: logged in */
    atomic_int cancels_waiting;           /* any thread */
    _Atomic sl_usec vacant_until;         /* any thread: vacate.h */
    atomic_int cancels_active;            /* any thread */
    atomic_int mode;                      /* any thread: enum conf_pool_mode */
    _Atomic sl_usec temp_paid_until;      /* any thread: link_temp.h */
    struct sequence_shapes sequences;     /* any thread */
    _Atomic(struct load_errand *) errand; /* any thread: server_load.h, for the next that is free */
    /* Connecting has been failing: when to try again, and what to tell. Under lock. */
    sl_usec retry_at;
    sl_usec backoff;
    struct sl_error failure;
    struct pool_welcome welcomes[POOL_WELCOMES]; /* under lock; the newest first */
    struct credentials credentials; /* under lock: the best that a client of it logged in with */
    atomic_uint epoch; /* any thread: RECONNECT; servers of an older epoch are closed when free */
};

/* What a client logged in with may serve to log in to servers: kept if it is better. */
void pool_learn(
        struct pool *pool, const struct credentials *credentials, const struct params *startup);

/*
 * So many servers are made, one after the other and within its limits, although nobody asks for them,
 * as long as somebody holds it; 0 ends that. What it was before. Any thread, which then calls
 * worker_tend_pools().
 */
unsigned pool_warm(struct pool *pool, unsigned servers);
/* Has it them, or cannot it? */
bool pool_is_warm(struct pool *pool);

/* A server did not take these: if they are what was learnt, whatever comes is better. */
void pool_disown(struct pool *pool, const struct credentials *credentials);

/*
 * A database's shared listener (listen_hub.h): one more of the database's and the user's servers, beyond
 * pool_size. False: at one of their limits. Without a server made for it, it is dropped again; else
 * pool_forget() does it.
 */
SL_MUST_CHECK bool pool_add_listener(struct pool *pool);
void pool_drop_listener(struct pool *pool);

enum pool_taken {
    POOL_TAKEN,  /* *server is the client's now */
    POOL_QUEUED, /* client_granted() or client_refused() will be called on its worker */
};

SL_MUST_CHECK struct pool *pool_new(struct database *database, struct user *user, unsigned workers);
void pool_free(struct pool *pool);
/* What a (new) configuration says of sizes and mode. */
void pool_configure(struct pool *pool, const struct conf *conf);

/* On the client's worker. The waiter must be filled in but for is_waiting and since. */
enum pool_taken pool_take(
        struct pool *pool, struct waiter *waiter, struct worker *worker, struct server **server);
/* False when a server is already on its way to the client: it is given back when it comes. */
bool pool_leave(struct pool *pool, struct waiter *waiter);

/* May it live on? False when its time is over; spread so that not all go at once. */
bool pool_lifetime_over(struct pool *pool, const struct server *server, sl_usec now);
/* On the server's worker: it is free and clean. */
void pool_give(struct pool *pool, struct server *server, struct worker *worker);
/* On the server's worker: it is no longer of use; its place is free. */
void pool_forget(struct pool *pool, struct server *server, struct worker *worker);
/*
 * On the server's worker: takes an idle server off the list. False: it was handed out
 * meanwhile; or, with keeps_min, the pool would be left with fewer than min_pool_size.
 */
bool pool_withdraw(struct pool *pool, struct server *server, bool keeps_min);
/* The server now counts as that (login, active, tested ...). */
void pool_place(struct pool *pool, struct server *server, enum pool_place place);

/* A login of the server failed: all who wait without hope are told, unless it will pass. */
void pool_login_failed(
        struct pool *pool, struct worker *worker, const struct sl_error *error, bool keep_waiting);
/* The server does not take those startup values: whoever waits with the same is told. */
void pool_startup_refused(
        struct pool *pool, const struct params *startup, const struct sl_error *error);
void pool_login_succeeded(struct pool *pool, const struct server *server);
/* By DISABLE: new clients are told that error; who has logged in goes on. */
bool pool_is_disabled(const struct pool *pool, struct sl_error *error);
/* What servers with those startup values report, as references; false: not known. */
bool pool_welcome(struct pool *pool, const struct params *startup, const struct params **reported,
        const struct params **settable);

/* Closes the servers that are idle now but so many: they are more than there are clients. */
void pool_close_surplus(struct pool *pool, struct worker *worker, int kept, const char *reason);
/* All of them: PAUSE, RECONNECT, DISABLE. */
static inline void pool_close_idle(struct pool *pool, struct worker *worker, const char *reason)
{
    pool_close_surplus(pool, worker, 0, reason);
}
/* Servers made before now are closed as soon as they are free: RECONNECT. */
void pool_recycle(struct pool *pool, struct worker *worker);
/* Is nothing handed out now: PAUSE, or a paused or disabled database? */
bool pool_is_paused(const struct pool *pool);
/* All who wait are refused with that error. */
void pool_refuse_all(struct pool *pool, const struct sl_error *error);

/*
 * Once in a while, from one worker: min_pool_size, reserve, retries, those in line for limits.
 * Returns when again if nothing happens till then (worker_tend_pools()); TICK_NEVER: no need.
 */
sl_usec pool_tend(struct pool *pool, struct worker *worker);

/* Does anybody wait for a server? */
bool pool_is_wanted(struct pool *pool);
struct pool_counts pool_counts(struct pool *pool);

static inline struct stats_row *pool_stats(const struct pool *pool, unsigned worker)
{
    return &pool->stats[worker];
}

#endif
