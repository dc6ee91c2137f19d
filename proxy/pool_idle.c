/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_idle.h"

#include "proxy/pool.h"
#include "proxy/pool_kept.h"
#include "proxy/pool_line.h"
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

/* NULL: it is busy, or with another worker. */
static struct server *find_own(struct pool *pool, const struct waiter *waiter)
{
    struct sl_list *list = &pool->idle[waiter->worker->index];
    unsigned looks = 0;

    for (struct sl_list *it = list->next; it != list && looks < POOL_IDLE_LOOKS; it = it->next) {
        struct server *server = SL_CONTAINER(it, struct server, in_pool);
        if (server->serial == waiter->prefers && server->startup == waiter->startup) {
            return server;
        }
        looks++;
    }
    return NULL;
}

static bool is_spared(const struct server *server, const struct waiter *waiter)
{
    return pool_kept_is_spared(server) || pool_line_minds(waiter, server);
}

/* spares: not one that is kept for somebody, or had better be another's. */
static struct server *idle_on(
        struct pool *pool, unsigned worker, const struct waiter *waiter, bool spares)
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
        if (server->startup != waiter->startup || (spares && is_spared(server, waiter))) {
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
static struct server *longest_idle(struct pool *pool, const struct waiter *waiter, bool spares)
{
    struct server *found = NULL;

    for (unsigned i = 0; i < process_workers(); i++) {
        struct server *server = idle_on(pool, i, waiter, spares);
        if (server != NULL && (found == NULL || server->idle_since < found->idle_since)) {
            found = server;
        }
    }
    return found;
}

static struct server *find_any(
        struct pool *pool, unsigned worker, const struct waiter *waiter, bool spares)
{
    unsigned workers = process_workers();
    struct server *found = NULL;

    for (unsigned i = 0; found == NULL && i < workers; i++) {
        found = idle_on(pool, (worker + i) % workers, waiter, spares);
    }
    return found;
}

static struct server *find(
        struct pool *pool, unsigned worker, const struct waiter *waiter, bool spares)
{
    return pool->round_robin ? longest_idle(pool, waiter, spares)
                             : find_any(pool, worker, waiter, spares);
}

/* None at all is better where another is made at once, or is on its way. */
static bool may_grow(const struct pool *pool)
{
    bool has_room = pool->size <= 0 || pool->total < pool->size ||
                    pool->counts[POOL_LOGIN] + pool->counts[POOL_TESTED] > 0;

    return has_room && pool->database_max <= 0 && pool->user_max <= 0 && !pool->is_failing;
}

struct server *pool_idle_find(struct pool *pool, unsigned worker, const struct waiter *waiter)
{
    struct server *found = NULL;
    bool avoids = waiter != NULL && (waiter->avoids_temp || waiter->avoids_others);

    if (pool->idle_count == 0) {
        return NULL;
    }
    if (waiter != NULL && waiter->prefers != 0 && !pool->round_robin && !avoids) {
        found = find_own(pool, waiter);
    }
    if (found == NULL && avoids) {
        found = find_any(pool, worker, waiter, true);
        if (found == NULL && may_grow(pool)) {
            return NULL;
        }
    }
    if (found == NULL && !sl_list_empty(&pool->kept)) {
        found = find(pool, worker, waiter, true);
    }
    return found == NULL ? find(pool, worker, waiter, false) : found;
}
