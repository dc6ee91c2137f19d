/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_idle.h"

#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/worker.h"

void pool_idle_take_off(struct pool *pool, struct server *server)
{
    sl_list_remove(&server->in_pool);
    pool->idle_count--;
}

static bool has_settings_of(const struct server *server, const struct waiter *waiter)
{
    return server->idle_params == waiter->params && server->settings == waiter->settings;
}

/* The one that the client had last; NULL: it is busy, or another has had it since. */
static struct server *find_own(struct pool *pool, const struct waiter *waiter)
{
    struct sl_list *list = &pool->idle[waiter->worker->index];

    unsigned looks = 0;

    for (struct sl_list *it = list->next; it != list && looks < POOL_IDLE_LOOKS; it = it->next) {
        struct server *server = SL_CONTAINER(it, struct server, in_pool);
        if (server->startup == waiter->startup &&
                server_was_of(server, waiter->client, waiter->worker->index)) {
            return server;
        }
        looks++;
    }
    return NULL;
}

static struct server *idle_on(struct pool *pool, unsigned worker, const struct waiter *waiter)
{
    struct sl_list *list = &pool->idle[worker];
    struct server *first = NULL;
    unsigned looks = 0;

    for (struct sl_list *it = pool->round_robin ? list->prev : list->next; it != list;
            it = pool->round_robin ? it->prev : it->next) {
        struct server *server = SL_CONTAINER(it, struct server, in_pool);
        if (waiter == NULL) {
            return server;
        }
        if (server->startup != waiter->startup) {
            continue;
        }
        if (pool->round_robin || has_settings_of(server, waiter)) {
            return server;
        }
        first = first == NULL ? server : first;
        if (++looks == POOL_IDLE_LOOKS) {
            break;
        }
    }
    return first;
}

/* server_round_robin: the one that has rested longest, whichever worker's it is. */
static struct server *longest_idle(struct pool *pool, const struct waiter *waiter)
{
    struct server *found = NULL;

    for (unsigned i = 0; i < process_workers(); i++) {
        struct server *server = idle_on(pool, i, waiter);
        if (server != NULL && (found == NULL || server->idle_since < found->idle_since)) {
            found = server;
        }
    }
    return found;
}

struct server *pool_idle_find(struct pool *pool, unsigned worker, const struct waiter *waiter)
{
    if (pool->idle_count == 0) {
        return NULL;
    }
    if (pool->round_robin) {
        return longest_idle(pool, waiter);
    }
    bool seeks_own = waiter != NULL && waiter->seeks_own;
    struct server *found = seeks_own ? find_own(pool, waiter) : NULL;
    found = found == NULL ? idle_on(pool, worker, waiter) : found;
    unsigned workers = process_workers();
    for (unsigned i = 1; found == NULL && i < workers; i++) {
        found = idle_on(pool, (worker + i) % workers, waiter);
    }
    return found;
}
