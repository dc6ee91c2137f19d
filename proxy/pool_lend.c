/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_lend.h"

#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/worker.h"

/* Whose turn it is to look for one that a client keeps: nobody but the workers knows. */
static atomic_uint turns;

/* Under the lock. The one of a list that has rested longest is its last. */
static struct server *rested_on(const struct pool *pool, unsigned worker, sl_usec until)
{
    const struct sl_list *list = &pool->idle[worker];

    if (pool_is_paused(pool) || pool->waiting > 0 || sl_list_empty(list)) {
        return NULL;
    }
    struct server *server = SL_CONTAINER(list->prev, struct server, in_pool);
    return server->idle_since <= until ? server : NULL;
}

struct server *pool_lend(struct pool *pool, struct worker *worker, sl_usec rest)
{
    pthread_mutex_lock(&pool->lock);
    struct server *server = rested_on(pool, worker->index, worker->now - rest);
    pthread_mutex_unlock(&pool->lock);
    /* It may have been granted since; but it stays with this worker until the turn ends. */
    if (server == NULL || !pool_withdraw(pool, server, false)) {
        return NULL;
    }
    server->is_lent = true;
    return server;
}

struct worker *pool_lender(struct pool *pool, sl_usec now, sl_usec rest)
{
    struct worker *found = NULL;

    pthread_mutex_lock(&pool->lock);
    for (unsigned i = 0; pool->idle_count > 0 && found == NULL && i < process_workers(); i++) {
        found = rested_on(pool, i, now - rest) != NULL ? process_worker(i) : NULL;
    }
    bool is_kept = found == NULL && !pool_is_paused(pool) && pool->counts[POOL_ACTIVE] > 0;
    pthread_mutex_unlock(&pool->lock);
    if (is_kept && pins_any(&pool->pins)) {
        unsigned turn = atomic_fetch_add_explicit(&turns, 1, memory_order_relaxed);
        found = process_worker(turn % process_workers());
    }
    return found;
}

bool pool_has_servers(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool has_any = !pool_is_paused(pool) && (pool->idle_count > 0 || pool->counts[POOL_ACTIVE] > 0);
    pthread_mutex_unlock(&pool->lock);
    return has_any;
}
