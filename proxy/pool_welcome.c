/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_welcome.h"

#include "protocol/sqlstate.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/server.h"
#include "proxy/worker.h"

#include <string.h>

static void drop(struct pool_welcome *welcome)
{
    params_unref(welcome->startup);
    params_unref(welcome->reported);
    params_unref(welcome->settable);
    *welcome = (struct pool_welcome){0};
}

void pool_welcomes_drop(struct pool *pool)
{
    for (int i = 0; i < POOL_WELCOMES; i++) {
        drop(&pool->welcomes[i]);
    }
}

/* The place of that startup in the list, or the last place. */
static int place_of(const struct pool *pool, const struct params *startup)
{
    int i = 0;

    while (i < POOL_WELCOMES - 1 && pool->welcomes[i].startup != startup) {
        i++;
    }
    return i;
}

void pool_welcomes_add(struct pool *pool, const struct server *server)
{
    int place = place_of(pool, server->startup);

    drop(&pool->welcomes[place]);
    memmove(&pool->welcomes[1], &pool->welcomes[0], (size_t)place * sizeof pool->welcomes[0]);
    pool->welcomes[0] = (struct pool_welcome){.startup = params_ref(server->startup),
            .reported = params_ref(server->reported),
            .settable = params_ref(server->params)};
}

bool pool_welcome(struct pool *pool, const struct params *startup, const struct params **reported,
        const struct params **settable)
{
    pthread_mutex_lock(&pool->lock);
    const struct pool_welcome *welcome = &pool->welcomes[place_of(pool, startup)];
    bool is_known = welcome->startup == startup;
    if (is_known) {
        *reported = params_ref(welcome->reported);
        *settable = params_ref(welcome->settable);
    }
    pthread_mutex_unlock(&pool->lock);
    return is_known;
}

void pool_learn(
        struct pool *pool, const struct credentials *credentials, const struct params *startup)
{
    pthread_mutex_lock(&pool->lock);
    const struct params *old = pool->last_startup;
    pool->last_startup = params_ref(startup);
    if (credentials != NULL && credentials_is_better(credentials, &pool->credentials)) {
        SL_IGNORE(credentials_copy(&pool->credentials, credentials),
                "without memory the next login brings them again");
    }
    pthread_mutex_unlock(&pool->lock);
    params_unref(old);
}

void pool_login_succeeded(struct pool *pool, const struct server *server)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_failing = false;
    pool->backoff = 0;
    if (server->epoch == atomic_load(&pool->epoch)) {
        pool_welcomes_add(pool, server);
    }
    pthread_mutex_unlock(&pool->lock);
    worker_tend_pools_if_resting();
}

void pool_disown(struct pool *pool, const struct credentials *credentials)
{
    pthread_mutex_lock(&pool->lock);
    if (credentials_equal(&pool->credentials, credentials)) {
        pool->credentials.is_refused = true;
    }
    pthread_mutex_unlock(&pool->lock);
}

bool pool_is_disabled(const struct pool *pool, struct sl_error *error)
{
    bool is_disabled = atomic_load(&pool->database->is_disabled);

    if (is_disabled) {
        SL_IGNORE(sl_error_set(error, SL_EAUTH, SL_STATE_CANNOT_CONNECT_NOW,
                          "database \"%s\" is disabled", pool->database->name),
                "the answer says it");
    }
    return is_disabled;
}
