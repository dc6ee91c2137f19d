/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/reaper.h"

#include "conf/conf.h"
#include "protocol/base/log.h"
#include "proxy/http.h"
#include "proxy/pool.h"
#include "proxy/process.h"
#include "proxy/registry.h"
#include "proxy/snapshot.h"
#include "proxy/tick.h"
#include "proxy/worker.h"

#define REAPER_PERIOD (SL_SECOND / 3) /* as often as PgBouncer looks */
#define REAPER_REST (1 * SL_SECOND)   /* while all that there is is in use */

static struct {
    struct mailbox *home;
    struct letter letter;
    unsigned at; /* the worker it is with, or on its way to; one more: the thread of http.h */
    bool is_under_way;
    sl_usec next;
    bool sees_idle; /* something may soon be over */
    struct sl_list pools;
    struct sl_list databases;
} self;

void reaper_start(struct mailbox *home)
{
    self.home = home;
    sl_list_init(&self.pools);
    sl_list_init(&self.databases);
}

/* ---- freeing ---- */

static void free_all(void)
{
    struct sl_list *item;

    while ((item = sl_list_pop(&self.pools)) != NULL) {
        pool_free(SL_CONTAINER(item, struct pool, grave));
    }
    while ((item = sl_list_pop(&self.databases)) != NULL) {
        registry_free_database(SL_CONTAINER(item, struct database, grave));
    }
}

static void deliver_home(struct letter *letter, struct worker *worker)
{
    (void)letter;
    (void)worker;
    free_all();
    self.is_under_way = false;
}

/* The workers, then the other thread that walks the registry, if there is one. */
static void deliver_visit(struct letter *letter, struct worker *worker)
{
    struct mailbox *http = http_mailbox();

    (void)worker;
    self.at++;
    if (self.at < process_workers()) {
        mailbox_post(&process_worker(self.at)->mailbox, letter);
    } else if (self.at == process_workers() && http != NULL) {
        mailbox_post(http, letter);
    } else {
        letter->deliver = deliver_home;
        mailbox_post(self.home, letter);
    }
}

static void send_round(void)
{
    self.is_under_way = true;
    self.at = 0;
    self.letter.deliver = deliver_visit;
    mailbox_post(&process_worker(0)->mailbox, &self.letter);
}

void reaper_fini(void)
{
    if (self.home != NULL) {
        free_all();
    }
    self.home = NULL;
}

/* ---- looking ---- */

static bool is_known(const struct conf *conf, const struct database *database)
{
    return conf->fallback_database != NULL || conf_find_database(conf, database->name) != NULL;
}

static bool is_idle_for(sl_usec *idle_since, bool is_idle, sl_usec now, sl_usec limit)
{
    if (!is_idle) {
        *idle_since = 0;
        return false;
    }
    if (*idle_since == 0) {
        *idle_since = now;
    }
    self.sees_idle |= limit >= 0;
    return limit >= 0 && now - *idle_since >= limit;
}

/* 0 is the key's "never". */
static sl_usec limit_of(sl_usec timeout, bool is_known)
{
    return !is_known ? 0 : timeout > 0 ? timeout : -1;
}

static bool pool_is_over(struct pool *pool, const struct conf *conf, sl_usec now)
{
    bool is_idle = atomic_load(&pool->holders) == 0;
    sl_usec limit = limit_of(conf->pool_idle_timeout_usec, is_known(conf, pool->database));

    return is_idle_for(&pool->idle_since, is_idle, now, limit) ||
           (is_idle && pool->database->is_over);
}

static bool database_is_over(
        struct database *database, const struct conf *conf, sl_usec now, bool is_used)
{
    bool known = is_known(conf, database);
    bool is_kept = known && (conf_find_database(conf, database->name) != NULL ||
                                    atomic_load(&database->is_paused) ||
                                    atomic_load(&database->is_disabled));

    return is_idle_for(&database->idle_since, !is_used && !is_kept, now,
            limit_of(conf->autodb_idle_timeout_usec, known));
}

/* Whose pools are used now; is_over says so for the moment. */
static void mark_databases(const struct conf *conf, sl_usec now)
{
    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        d->is_over = true;
    }
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        if (atomic_load(&p->holders) > 0) {
            p->database->is_over = false;
        }
    }
    for (struct database *d = registry_next_database(NULL); d != NULL;
            d = registry_next_database(d)) {
        d->is_over = database_is_over(d, conf, now, !d->is_over);
    }
}

/* ---- taking out ---- */

static void take_out_pools(const struct conf *conf, sl_usec now)
{
    struct pool *next;

    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = next) {
        next = registry_next_pool(p);
        if (pool_is_over(p, conf, now) && registry_take_out_pool(p)) {
            sl_log(SL_LOG_INFO, "pool_forgotten", "db=%s user=%s idle=%.3f",
                    sl_log_quote(p->database->name), sl_log_quote(p->user->name),
                    (double)(now - p->idle_since) / 1e6);
            sl_list_append(&self.pools, &p->grave);
        }
    }
}

static void take_out_databases(void)
{
    struct database *next;

    for (struct database *d = registry_next_database(NULL); d != NULL; d = next) {
        next = registry_next_database(d);
        if (d->is_over && registry_take_out_database(d)) {
            snapshot_forget(d);
            sl_log(SL_LOG_INFO, "database_forgotten", "db=%s", sl_log_quote(d->name));
            sl_list_append(&self.databases, &d->grave);
        }
    }
}

void reaper_tick(sl_usec now)
{
    if (now < self.next || self.is_under_way || process_is_suspended()) {
        return;
    }
    const struct conf *conf = process_conf();
    self.sees_idle = false;
    mark_databases(conf, now);
    registry_next_generation();
    take_out_pools(conf, now);
    take_out_databases();
    registry_next_generation();
    conf_unref(conf);
    self.next = now + (self.sees_idle ? REAPER_PERIOD : REAPER_REST);
    if (!sl_list_empty(&self.pools) || !sl_list_empty(&self.databases)) {
        send_round();
    }
}

sl_usec reaper_next(void)
{
    return self.is_under_way || process_is_suspended() ? TICK_NEVER : self.next;
}
