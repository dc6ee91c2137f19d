/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/proxy/pool_world.h - pool.c alone: two workers, and servers that are made of nothing.
 *
 * What pool.c calls is played here: servers log in when world_login() says so, a
 * client is a number. For test_pool.c and test_pool_threads.c.
 */
#ifndef SLUICE_TESTS_UNIT_PROXY_POOL_WORLD_H
#define SLUICE_TESTS_UNIT_PROXY_POOL_WORLD_H

#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/pool_lend.h"
#include "proxy/pool_line.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORLD_WORKERS = 2, WORLD_CLIENTS = 16, WORLD_POOLS = 2 };

struct asker {
    struct waiter waiter;
    struct server *server; /* while it has one; its worker's, as all here */
    unsigned granted;      /* how often */
    bool has_left;
    struct sl_error refusal;
};

static struct {
    struct worker *workers[WORLD_WORKERS];
    struct database *database;
    struct user *user;
    struct pool *pools[WORLD_POOLS];
    struct asker askers[WORLD_CLIENTS];
    atomic_uint launched;
    atomic_uint closed;
    atomic_uint tends;        /* so often worker 0 was told to look at the pools */
    const char *close_reason; /* of the last; single-threaded tests only */
    atomic_bool is_paused;
    atomic_bool is_suspended;
    bool no_memory;
} world;

/* ---- what pool.c calls ---- */

bool process_is_paused(void)
{
    return atomic_load(&world.is_paused) || atomic_load(&world.is_suspended);
}

bool process_is_leaving(void)
{
    return false;
}

bool process_is_suspended(void)
{
    return atomic_load(&world.is_suspended);
}

unsigned process_workers(void)
{
    return WORLD_WORKERS;
}

struct worker *process_worker(unsigned index)
{
    return world.workers[index];
}

struct pool *registry_next_pool(const struct pool *previous)
{
    return previous == NULL ? world.pools[0] : previous == world.pools[0] ? world.pools[1] : NULL;
}

void worker_tend_pools_if_resting(void)
{
    atomic_fetch_add(&world.tends, 1);
}

void catalogs_moved(struct database *database)
{
    atomic_fetch_add(&database->catalog.turns, 1);
}

void io_attach(struct io *io, struct worker *worker)
{
    io->worker = worker;
}

void io_detach(struct io *io)
{
    io->worker = NULL;
}

struct server *server_new(struct pool *pool, struct worker *worker, const struct params *startup)
{
    struct server *server = world.no_memory ? NULL : calloc(1, sizeof *server);

    if (server != NULL) {
        server->io.worker = worker;
        sl_list_init(&server->in_pool);
        sl_list_init(&server->kept);
        sl_list_append(&worker->servers, &server->link);
        server->state = SERVER_RESOLVE;
        server->pool = pool;
        server->place = POOL_LOGIN;
        server->pool_worker = worker->index;
        server->startup = params_ref(startup);
        server->params = params_empty();
        server->reported = params_empty();
        server->connected_at = worker->now;
        server->epoch = atomic_load(&pool->epoch);
        atomic_fetch_add(&world.launched, 1);
    }
    return server;
}

void server_login_begin(struct server *server)
{
    server->state = SERVER_CONNECT;
}

void server_close(struct server *server, const char *reason)
{
    struct worker *worker = server->io.worker;

    world.close_reason = reason;
    atomic_fetch_add(&world.closed, 1);
    sl_list_remove(&server->link);
    pool_forget(server->pool, server, worker);
    params_unref(server->startup);
    free(server);
}

void client_granted(struct worker *worker, struct sl_id id, struct server *server)
{
    struct asker *asker = &world.askers[id.slot];

    SL_CHECK(server->io.worker == worker && asker->waiter.worker == worker);
    server->pool_worker = worker->index;
    if (asker->has_left) {
        pool_give(server->pool, server, worker);
        return;
    }
    SL_CHECK(asker->server == NULL);
    asker->server = server;
    asker->granted++;
}

void client_refused(struct worker *worker, struct sl_id id, const struct sl_error *error)
{
    SL_CHECK(world.askers[id.slot].waiter.worker == worker);
    world.askers[id.slot].refusal = *error;
}

/* ---- what tests call ---- */

static int world_begin(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.database = calloc(1, sizeof *world.database + 2);
    world.user = calloc(1, sizeof *world.user + 2);
    if (world.database == NULL || world.user == NULL) {
        return -1;
    }
    world.database->name[0] = 'd';
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        struct worker *worker = calloc(1, sizeof *worker);
        if (worker == NULL || mailbox_init(&worker->mailbox) != SL_OK) {
            return -1;
        }
        worker->index = i;
        worker->now = 1000 * SL_SECOND;
        sl_list_init(&worker->servers);
        timer_wheel_init(&worker->timers, worker->now);
        world.workers[i] = worker;
    }
    for (int i = 0; i < WORLD_POOLS; i++) {
        world.pools[i] = pool_new(world.database, world.user, WORLD_WORKERS);
        if (world.pools[i] == NULL) {
            return -1;
        }
        world.pools[i]->size = 1;
        atomic_store(&world.pools[i]->holders, 1);
        world.pools[i]->lifetime = 3600 * SL_SECOND;
    }
    return 0;
}

/* Letters on both workers, until there are none. */
static inline void world_turn(void)
{
    unsigned count = 1;

    while (count > 0) {
        count = 0;
        for (unsigned i = 0; i < WORLD_WORKERS; i++) {
            count += mailbox_deliver(&world.workers[i]->mailbox, world.workers[i]);
        }
    }
}

static inline void world_pass(sl_usec usec)
{
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        world.workers[i]->now += usec;
    }
}

static int world_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        world.workers[i]->stopping = true;
    }
    world_turn();
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        SL_LIST_EACH_SAFE (it, &world.workers[i]->servers) {
            server_close(SL_CONTAINER(it, struct server, link), "end");
        }
        mailbox_fini(&world.workers[i]->mailbox);
        free(world.workers[i]);
    }
    for (int i = 0; i < WORLD_POOLS; i++) {
        pool_free(world.pools[i]);
    }
    int left = atomic_load(&world.database->servers) + atomic_load(&world.user->servers);
    free(world.database);
    free(world.user);
    return left == 0 ? 0 : -1;
}

/* Client number i asks for a server. */
static inline enum pool_taken ask(
        unsigned i, unsigned worker, struct pool *pool, const struct params *startup)
{
    struct asker *asker = &world.askers[i];
    struct server *server = NULL;

    asker->waiter.worker = world.workers[worker];
    asker->waiter.client = (struct sl_id){.slot = i, .gen = 1};
    asker->waiter.startup = startup;
    enum pool_taken taken = pool_take(pool, &asker->waiter, world.workers[worker], &server);
    if (taken == POOL_TAKEN) {
        client_granted(world.workers[worker], asker->waiter.client, server);
    }
    return taken;
}

/* Client number i needs its server no longer. */
static inline void give(unsigned i)
{
    struct server *server = world.askers[i].server;

    assert_non_null(server);
    world.askers[i].server = NULL;
    pool_give(server->pool, server, server->io.worker);
}

/* All servers of that worker that were started have logged in; how many. */
static inline unsigned world_login(struct worker *worker)
{
    unsigned count = 0;

    SL_LIST_EACH_SAFE (it, &worker->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        if (server->state == SERVER_CONNECT) {
            server->state = SERVER_IDLE;
            pool_login_succeeded(server->pool, server);
            pool_give(server->pool, server, worker);
            count++;
        }
    }
    return count;
}

#endif
