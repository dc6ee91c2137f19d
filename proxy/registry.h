/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/registry.h - the databases, users and pools that are in use, by name.
 *
 * They hold what must be global: counts against limits, pause and disable,
 * statistics. They are made at the first login that names them, and outlive a
 * reload; what the configuration says of them is looked up in a struct conf.
 *
 * Ownership: the registry's. Users live as long as the process. A pool or database
 * lives while somebody holds it: clients, servers and cancels their pool, pools and
 * waiting consoles their database. One that nobody holds may be taken out by
 * reaper.c, and is freed when every thread has begun another turn: so a pointer got
 * by walking or finding is good, without a hold, until the turn ends, and no longer.
 *
 * Threads: any; the table has a leaf lock, taken at logins and by SHOW. Taking out
 * and freeing are the control thread's.
 * Bounds: REGISTRY_MAX of each kind; a login beyond that is refused.
 */
#ifndef SLUICE_PROXY_REGISTRY_H
#define SLUICE_PROXY_REGISTRY_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "proxy/catalogs.h"
#include "proxy/listen_hub.h"
#include "proxy/notifiers.h"
#include "proxy/stats.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

struct pool;

enum { REGISTRY_MAX = 65536, REGISTRY_TAKEN_OUT = INT_MIN / 2 };

struct database {
    struct sl_map_node node;
    struct sl_list link;
    uint64_t key;            /* constant: a hash of the name */
    atomic_int servers;      /* any thread: connections to servers, logging in included */
    atomic_int clients;      /* any thread */
    atomic_bool is_paused;   /* any thread */
    atomic_bool is_disabled; /* any thread */
    bool told_paused;        /* handover_take.c's, likewise the next: what the old process knows */
    bool told_disabled;
    atomic_bool wait_close;        /* any thread: WAIT_CLOSE has been asked for */
    atomic_uint host_next;         /* any thread: load_balance_hosts = round-robin */
    atomic_int holders;            /* any thread; REGISTRY_TAKEN_OUT at the end */
    struct stats_totals retired;   /* under the registry's lock: of pools that are gone */
    sl_usec idle_since;            /* reaper.c's; 0: in use */
    bool is_over;                  /* reaper.c's */
    struct sl_list grave;          /* reaper.c's: taken out, not freed yet */
    struct stats_totals newer;     /* under snapshot.c's lock: at the last end of a stats_period */
    struct stats_totals older;     /* under the same: at the one before */
    struct catalogs_place catalog; /* catalogs.c's */
    struct listen_place listen;    /* listen_hub.c's */
    struct notifiers notifiers;    /* any thread */
    unsigned index;                /* constant: below registry_database_places() */
    char name[];                   /* constant */
};

struct user {
    struct sl_map_node node;
    struct sl_list link;
    uint64_t key;       /* constant: a hash of the name */
    atomic_int servers; /* any thread */
    atomic_int clients; /* any thread */
    char name[];        /* constant */
};

/* The one of that name, made if need be. NULL: at the bound, or no memory. */
SL_MUST_CHECK struct user *registry_user(const char *name);
/* The same, held for the caller, who lets go of it. */
SL_MUST_CHECK struct database *registry_database(const char *name);

/* The pool of a database, which the caller holds, and the user it logs in as: held. */
SL_MUST_CHECK struct pool *registry_pool(struct database *database, struct user *user);

/* Once more, of one that is held by somebody. False: by nobody, it may go any moment. */
SL_MUST_CHECK static inline bool registry_hold(atomic_int *holders)
{
    int count = atomic_load(holders);

    while (count > 0) {
        if (atomic_compare_exchange_weak(holders, &count, count + 1)) {
            return true;
        }
    }
    return false;
}

/* What it was called with stays valid until the turn ends. */
static inline void registry_let_go(atomic_int *holders)
{
    int before = atomic_fetch_sub(holders, 1);

    SL_CHECK(before > 0);
    (void)before;
}

/* Out of the table, its counters to its database. False: somebody holds it. */
SL_MUST_CHECK bool registry_take_out_pool(struct pool *pool);
/* Out of the table; somebody else has seen to its counters. False: somebody holds it. */
SL_MUST_CHECK bool registry_take_out_database(struct database *database);
/* Frees one that was taken out, when no thread can be looking at it any more. */
void registry_free_database(struct database *database);

/* Odd while pools and databases are taken out: what was summed meanwhile is to be summed again. */
unsigned registry_generation(void);
void registry_next_generation(void);
/* One more than the highest index of a database there is. */
unsigned registry_database_places(void);
/* Adds what its pools that are gone had counted. */
void registry_add_retired(const struct database *database, struct stats_totals *sum);

/* The one after previous, in order of making; the first for NULL; NULL at the end. */
struct database *registry_next_database(const struct database *previous);
struct user *registry_next_user(const struct user *previous);
struct pool *registry_next_pool(const struct pool *previous);

/* The one of that name, or NULL; makes none. */
struct database *registry_find_database(const char *name);
struct user *registry_find_user(const char *name);

void registry_fini(void);

#endif
