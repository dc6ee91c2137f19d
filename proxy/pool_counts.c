/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool_counts.c - how many servers a pool has, and how many it is told to have.
 */
#include "proxy/pool.h"

#include <limits.h>
#include <string.h>

unsigned pool_warm(struct pool *pool, unsigned servers)
{
    pthread_mutex_lock(&pool->lock);
    int before = pool->warm;
    pool->warm = servers > INT_MAX ? INT_MAX : (int)servers;
    pthread_mutex_unlock(&pool->lock);
    return (unsigned)before;
}

bool pool_is_warm(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int made = pool->total - pool->counts[POOL_LOGIN];
    bool is_warm = made >= pool->warm || made >= pool->size || pool->is_failing;
    pthread_mutex_unlock(&pool->lock);
    return is_warm;
}

bool pool_is_wanted(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    bool is_wanted = pool->waiting > 0;
    pthread_mutex_unlock(&pool->lock);
    return is_wanted;
}

struct pool_counts pool_counts(struct pool *pool)
{
    struct pool_counts counts = {0};

    pthread_mutex_lock(&pool->lock);
    memcpy(counts.servers, pool->counts, sizeof counts.servers);
    counts.waiting = pool->waiting;
    SL_LIST_EACH (it, &pool->bound) {
        counts.waiting++;
    }
    counts.waiting_since = sl_list_empty(&pool->waiters)
                                   ? 0
                                   : SL_CONTAINER(pool->waiters.next, struct waiter, link)->since;
    pthread_mutex_unlock(&pool->lock);
    counts.clients = atomic_load(&pool->clients);
    counts.cancels_waiting = atomic_load(&pool->cancels_waiting);
    counts.cancels_active = atomic_load(&pool->cancels_active);
    return counts;
}
