/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/registry.h - the databases, users and pools that are in use, by name.
 *
 * They hold what must be global: counts against limits, pause and disable,
 * statistics. They are made at the first login that names them, and outlive a
 * reload; what the configuration says of them is looked up in a struct conf.
 *
 * Ownership: the registry's, for the life of the process: a pointer stays valid.
 * Threads: any; the table has a leaf lock, taken at logins and by SHOW.
 * Bounds: REGISTRY_MAX of each kind; a login beyond that is refused with 53300.
 */
#ifndef SLUICE_PROXY_REGISTRY_H
#define SLUICE_PROXY_REGISTRY_H

#include "protocol/base/err.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "proxy/stats.h"

#include <stdatomic.h>
#include <stdbool.h>

struct pool;

enum { REGISTRY_MAX = 65536 };

struct database {
    struct sl_map_node node;
    struct sl_list link;
    atomic_int servers;        /* any thread: connections to servers, logging in included */
    atomic_int clients;        /* any thread */
    atomic_bool is_paused;     /* any thread */
    atomic_bool is_disabled;   /* any thread */
    atomic_bool wait_close;    /* any thread: WAIT_CLOSE has been asked for */
    atomic_uint host_next;     /* any thread: load_balance_hosts = round-robin */
    struct stats_totals newer; /* under snapshot.c's lock: at the last end of a stats_period */
    struct stats_totals older; /* under the same: at the one before */
    unsigned index;            /* constant: how many were made before it */
    char name[];               /* constant */
};

struct user {
    struct sl_map_node node;
    struct sl_list link;
    atomic_int servers; /* any thread */
    atomic_int clients; /* any thread */
    char name[];        /* constant */
};

/* The one of that name, made if need be. NULL: at the bound, or no memory. */
SL_MUST_CHECK struct database *registry_database(const char *name);
SL_MUST_CHECK struct user *registry_user(const char *name);

/* The pool of a database and the user it logs in as. */
SL_MUST_CHECK struct pool *registry_pool(struct database *database, struct user *user);

/* The one after previous, in order of making; the first for NULL; NULL at the end. */
struct database *registry_next_database(const struct database *previous);
struct user *registry_next_user(const struct user *previous);
struct pool *registry_next_pool(const struct pool *previous);

/* The one of that name, or NULL; makes none. */
struct database *registry_find_database(const char *name);
struct user *registry_find_user(const char *name);

void registry_fini(void);

#endif
