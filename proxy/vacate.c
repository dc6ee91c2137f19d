/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/vacate.h"

#include "conf/conf.h"
#include "protocol/database_text.h"
#include "proxy/client.h"
#include "proxy/params.h"
#include "proxy/pool.h"
#include "proxy/registry.h"
#include "proxy/worker.h"

static const char *dbname_of(const struct conf *conf, const struct pool *pool)
{
    const char *name = pool->database->name;
    const struct conf_database *db = conf_find_database(conf, name);

    db = db != NULL ? db : conf->fallback_database;
    return db != NULL && db->dbname != NULL ? db->dbname : name;
}

void vacate_see(struct client *client, struct sl_span text)
{
    struct worker *worker = client->io.worker;
    struct shape_options options = params_rules(client->params);

    if (!database_text_is(text, options)) {
        return;
    }
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (!database_text_names(text, options, sl_span_text(dbname_of(worker->conf, p)))) {
            continue;
        }
        atomic_store(&p->vacant_until, worker->now + VACATE_PATIENCE);
        if (atomic_load(&p->clients) == 0) {
            pool_recycle(p, worker);
        }
    }
}

void vacate_left(struct pool *pool, struct worker *worker)
{
    if (SL_UNLIKELY(worker->now < atomic_load(&pool->vacant_until))) {
        pool_recycle(pool, worker);
    }
}
