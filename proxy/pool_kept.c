/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_kept.h"

#include "proxy/client.h"
#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/worker.h"

static void loosen(struct pool *pool, struct waiter *waiter)
{
    sl_list_remove(&waiter->link);
    waiter->bound = 0;
    sl_list_append(&pool->waiters, &waiter->link);
    pool->waiting++;
}

bool pool_kept_is_for_somebody(const struct pool *pool, const struct server *server)
{
    return server->sequences_wanted ||
           (SL_UNLIKELY(sequence_shapes_are_asked(&pool->sequences)) && server->sequences_of != 0 &&
                   !server->sequences_mixed);
}

bool pool_kept_is_spared(const struct server *server)
{
    return server->sequences_wanted && !sl_list_empty(&server->kept);
}

void pool_kept_add(struct pool *pool, struct server *server)
{
    server->kept_for = server->sequences_of;
    if (sl_list_empty(&server->kept)) {
        sl_list_append(&pool->kept, &server->kept);
    }
}

bool pool_kept_remove(struct pool *pool, struct server *server)
{
    bool are_any = false;

    server->kept_for = 0;
    sl_list_remove(&server->kept);
    SL_LIST_EACH_SAFE (it, &pool->bound) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (waiter->bound == server->serial) {
            loosen(pool, waiter);
            are_any = true;
        }
    }
    return are_any;
}

void pool_kept_drop(struct server *server)
{
    struct pool *pool = server->pool;

    if (server->kept_for == 0) { /* only its worker makes it another */
        return;
    }
    pthread_mutex_lock(&pool->lock);
    bool are_any = pool_kept_remove(pool, server);
    pthread_mutex_unlock(&pool->lock);
    if (are_any) {
        worker_tend_pools_if_resting();
    }
}

void pool_kept_leave(const struct client *client)
{
    struct pool *pool = client->pool;

    pthread_mutex_lock(&pool->lock);
    SL_LIST_EACH_SAFE (it, &pool->kept) {
        struct server *server = SL_CONTAINER(it, struct server, kept);
        if (server->kept_for == client->cancel.serial) {
            sl_list_remove(&server->kept); /* nobody waits for it but the client */
        }
    }
    pthread_mutex_unlock(&pool->lock);
}

static struct server *find(const struct pool *pool, const struct waiter *waiter)
{
    SL_LIST_EACH (it, &pool->kept) {
        struct server *server = SL_CONTAINER(it, struct server, kept);
        if (server->serial == waiter->bound) {
            return server;
        }
    }
    for (unsigned i = 0; i < process_workers(); i++) {
        SL_LIST_EACH (it, &pool->idle[i]) {
            struct server *server = SL_CONTAINER(it, struct server, in_pool);
            if (server->serial == waiter->bound) {
                return server;
            }
        }
    }
    return NULL;
}

enum pool_kept pool_kept_seek(struct pool *pool, struct waiter *waiter, struct server **server)
{
    struct server *found = pool_is_paused(pool) ? NULL : find(pool, waiter);

    if (found == NULL || found->startup != waiter->startup) {
        waiter->bound = 0;
        return POOL_KEPT_NOWHERE;
    }
    if (found->place == POOL_IDLE) {
        waiter->bound = 0;
        *server = found;
        return POOL_KEPT_IDLE;
    }
    if (waiter->bound_for == 0) {
        waiter->bound = 0;
        return POOL_KEPT_NOWHERE;
    }
    sl_list_append(&pool->bound, &waiter->link);
    waiter->is_waiting = true;
    return POOL_KEPT_BUSY;
}

struct waiter *pool_kept_waiter(struct pool *pool, const struct server *server)
{
    SL_LIST_EACH (it, &pool->bound) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (waiter->bound == server->serial) {
            return waiter;
        }
    }
    return NULL;
}

bool pool_kept_loosen(struct pool *pool, sl_usec now)
{
    SL_LIST_EACH_SAFE (it, &pool->bound) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (now - waiter->since >= waiter->bound_for) {
            loosen(pool, waiter);
        }
    }
    return !sl_list_empty(&pool->bound);
}
