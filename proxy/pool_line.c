/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_line.h"

#include "proxy/pool.h"
#include "proxy/pool_kept.h"
#include "proxy/server.h"

struct waiter *pool_line_first(const struct pool *pool)
{
    return sl_list_empty(&pool->waiters) ? NULL
                                         : SL_CONTAINER(pool->waiters.next, struct waiter, link);
}

struct waiter *pool_line_first_with(const struct pool *pool, const struct params *startup)
{
    SL_LIST_EACH (it, &pool->waiters) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (waiter->startup == startup) {
            return waiter;
        }
    }
    return NULL;
}

/* The server is its worker's still, so what it is set to can be read. */
static bool has_settings_of(const struct server *server, const struct waiter *waiter)
{
    return server->params == waiter->params && server->settings == waiter->settings;
}

bool pool_line_minds(const struct waiter *waiter, const struct server *server)
{
    return SL_UNLIKELY((waiter->avoids_temp && server->has_temp) ||
                       (waiter->avoids_others && server->only_of != 0) ||
                       server->connected_at < waiter->wants_since);
}

/* While what it waits for is being made, or may soon be. */
static bool avoids(const struct pool *pool, const struct waiter *waiter,
        const struct server *server, sl_usec now)
{
    return pool_line_minds(waiter, server) && !pool->is_failing &&
           (now - waiter->since < POOL_LINE_PATIENCE || pool->counts[POOL_LOGIN] > 0);
}

static struct waiter *first_that_takes(
        const struct pool *pool, struct waiter *first, const struct server *server, sl_usec now)
{
    for (struct sl_list *it = &first->link; it != &pool->waiters; it = it->next) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (waiter->startup == server->startup && !avoids(pool, waiter, server, now)) {
            return waiter;
        }
    }
    return NULL;
}

/* From the first with its startup values on: one with its settings, too, or that first one. */
static struct waiter *first_alike(
        const struct pool *pool, struct waiter *first, const struct server *server, sl_usec now)
{
    unsigned looks = 0;

    for (struct sl_list *it = &first->link; it != &pool->waiters && looks < POOL_LINE_LOOKS;
            it = it->next, looks++) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if (waiter->startup != server->startup) {
            continue;
        }
        if (has_settings_of(server, waiter) && !avoids(pool, waiter, server, now)) {
            return waiter;
        }
        if (waiter->passes == POOL_LINE_PASSES) {
            return first;
        }
    }
    return first;
}

/* One was closed for the sake of who waits for a server that is as new: this one is in its place. */
static struct waiter *first_for_new(const struct pool *pool, const struct server *server)
{
    if (SL_LIKELY(server->only_of != 0)) {
        return NULL;
    }
    SL_LIST_EACH (it, &pool->waiters) {
        struct waiter *waiter = SL_CONTAINER(it, struct waiter, link);
        if ((waiter->avoids_others || waiter->avoids_temp) && waiter->startup == server->startup &&
                !pool_line_minds(waiter, server)) {
            return waiter;
        }
    }
    return NULL;
}

struct waiter *pool_line_choose(struct pool *pool, const struct server *server, sl_usec now)
{
    struct waiter *first = pool_line_first(pool);
    struct waiter *bound = pool_kept_waiter(pool, server);

    if (pool_is_paused(pool)) {
        return NULL;
    }
    if (SL_UNLIKELY(bound != NULL) || first == NULL) {
        return bound;
    }
    struct waiter *waits_for_new = first_for_new(pool, server);
    if (SL_UNLIKELY(waits_for_new != NULL)) {
        return waits_for_new;
    }
    if (first->startup != server->startup) {
        first = now - first->since > POOL_PASS_OVER ? NULL
                                                    : pool_line_first_with(pool, server->startup);
    }
    first = first == NULL ? NULL : first_that_takes(pool, first, server, now);
    if (first == NULL || has_settings_of(server, first)) {
        return first;
    }
    struct waiter *chosen = first_alike(pool, first, server, now);
    for (struct sl_list *it = &first->link; it != &chosen->link; it = it->next) {
        SL_CONTAINER(it, struct waiter, link)->passes++;
    }
    return chosen;
}
