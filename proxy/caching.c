/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/caching.h"

#include "cache/stage.h"
#include "conf/conf.h"
#include "conf/conf_policy.h"
#include "optimizer/observe.h"
#include "protocol/base/hash.h"
#include "protocol/base/log.h"
#include "protocol/sqlstate.h"
#include "proxy/caching_executes.h"
#include "proxy/caching_policy.h"
#include "proxy/caching_session.h"
#include "proxy/caching_tier.h"
#include "proxy/caching_watch.h"
#include "proxy/client.h"
#include "proxy/handover_take.h"
#include "proxy/mailbox.h"
#include "proxy/pipeline.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/statistics.h"
#include "proxy/tick.h"
#include "proxy/warm.h"
#include "proxy/worker.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Constant while there are workers. */
static struct cache *cache;
static struct letter *letters; /* one a worker: it rings */
static uint64_t *rules;        /* one a worker: what it goes by, as a number; 0: it has not begun */

static bool has_begun_to_warm; /* the control thread's */

static atomic_bool has_other; /* any thread: we take over from another, which has clients still */

bool caching_is_one_of_two(void)
{
    return atomic_load_explicit(&has_other, memory_order_relaxed) || process_is_leaving();
}

static void look_for_other(void)
{
    atomic_store(&has_other, handover_take_is_open());
}

/* The first time there are workers: then it begins to warm. */
static void begin_to_warm(void)
{
    if (cache == NULL || has_begun_to_warm) {
        return;
    }
    has_begun_to_warm = true;
    const struct conf *conf = process_conf();
    if (warm_start(conf->cache_warm_file) != SL_OK) {
        sl_log(SL_LOG_WARN, "cache_not_warmed", "reason=\"no memory, or no thread\"");
    }
    conf_unref(conf);
}

void caching_tick(struct mailbox *home)
{
    look_for_other();
    begin_to_warm();
    if (cache != NULL) {
        const struct conf *conf = process_conf();
        caching_tier_tick(conf, home);
        conf_unref(conf);
    }
}

void caching_rest(void)
{
    warm_stop();
}

void caching_stay(void)
{
    if (cache != NULL) {
        cache_forget(cache);
    }
}

struct cache *caching_cache(void)
{
    return cache;
}

/* ---- what the stage asks ---- */

static enum cache_view view(void *self, unsigned worker, const struct stmt *stmt,
        struct sl_hash128 *shape, uint64_t *number)
{
    (void)self;
    return observe_shape(statistics_observe(), worker, stmt, shape)
                   ? caching_session_view(stmt, number)
                   : CACHE_VIEW_NONE;
}

static bool moment(void *self, const struct stmt *stmt, uint64_t *number)
{
    (void)self;
    return caching_session_view(stmt, number) == CACHE_VIEW_KNOWN;
}

static bool reads_committed(void *self, const struct stmt *stmt)
{
    const struct client *client = client_find(stmt->owner, stmt->client);

    (void)self;
    return client != NULL && client->server != NULL &&
           server_isolation_is_read_committed(client->server);
}

static struct watched *watched(void *self, const struct stage_transaction *transaction)
{
    (void)self;
    return caching_watch_streamed(transaction->database, transaction->node);
}

static void doubt(void *self, const struct stage_transaction *transaction)
{
    (void)self;
    caching_watch_doubt(transaction->database, transaction->node);
}

static struct floors **floors(void *self, const struct stmt *stmt)
{
    struct client *client = client_find(stmt->owner, stmt->client);

    (void)self;
    return client == NULL ? NULL : &client->floors;
}

static void wrote(void *self, const struct stmt *stmt)
{
    struct client *client = client_find(stmt->owner, stmt->client);

    (void)self;
    if (client != NULL) {
        client->has_written = true;
    }
}

static sl_usec wrote_until(void *self, const struct stmt *stmt)
{
    struct client *client = client_find(stmt->owner, stmt->client);

    (void)self;
    if (client == NULL) {
        return INT64_MAX;
    }
    if (client->has_written) {
        client->wrote_until = sl_now(); /* nobody asks before it is done */
        client->has_written = false;
    }
    return client->wrote_until;
}

static void rung(struct letter *letter, struct worker *worker)
{
    (void)letter;
    (void)worker; /* it has a turn now */
}

static void ring(void *self, unsigned worker)
{
    (void)self;
    mailbox_post(&process_worker(worker)->mailbox, &letters[worker]);
}

static const struct tier_seat *seat(void *self, unsigned worker, uint64_t database)
{
    (void)self;
    return caching_tier_seat(worker, database);
}

static void lost(void *self, const struct stage_transaction *transaction, struct tag_set *set)
{
    (void)self;
    caching_watch_lost(transaction->database, transaction->node, transaction->pid, set);
}

/* ---- start and stop ---- */

enum sl_err caching_check(const struct conf *conf, struct sl_error *error)
{
    if (conf->cache_mode == CONF_CACHE_OFF) {
        return SL_OK;
    }
    if (conf->stats_mode == 0 || conf->stats_catalog_memory == 0) {
        return sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
                "[cache] mode needs [stats] mode = on and catalog_memory: without them nobody "
                "knows what a statement reads");
    }
    if (conf->cache_mode == CONF_CACHE_TTL && conf->cache_ttl_local_usec == 0) {
        return sl_error_set(error, SL_ECONF, SL_STATE_INVALID_PARAMETER,
                "[cache] mode = ttl needs a ttl_local");
    }
    return SL_OK;
}

static struct cache_limits limits_of(const struct conf *conf)
{
    return (struct cache_limits){.memory = (size_t)conf->cache_memory,
            .max_result = (size_t)conf->cache_max_result,
            .ttl = conf->cache_ttl_local_usec,
            .negative_ttl = conf->cache_negative_ttl_usec,
            .max_staleness = conf->cache_max_staleness_usec,
            .ttl_redis = conf->cache_ttl_redis_usec,
            .admission = (unsigned)conf->cache_admission,
            .shares = conf->cache_redis[0] != '\0'};
}

enum sl_err caching_start(const struct conf *conf, struct sl_error *error)
{
    static const struct cache_hooks hooks = {.session = caching_session,
            .view = view,
            .moment = moment,
            .reads_committed = reads_committed,
            .judge = caching_judge,
            .executes = caching_executes,
            .hold = caching_session_hold,
            .drop = caching_session_drop,
            .judge_held = caching_judge_held,
            .watched = watched,
            .doubt = doubt,
            .floors = floors,
            .wrote = wrote,
            .wrote_until = wrote_until,
            .ring = ring,
            .seat = seat,
            .lost = lost};
    const struct cache_limits limits = limits_of(conf);
    unsigned workers = process_workers();

    enum sl_err err = caching_check(conf, error);
    if (err != SL_OK || conf->cache_mode == CONF_CACHE_OFF) {
        return err;
    }
    look_for_other(); /* before anybody is served */
    letters = calloc(workers, sizeof *letters);
    rules = calloc(workers, sizeof *rules);
    bool is_made = letters != NULL && rules != NULL && caching_session_start(workers) == SL_OK &&
                   caching_tier_start(workers) == SL_OK;
    cache = is_made ? cache_new(&limits, &hooks, workers) : NULL;
    if (cache == NULL || caching_watch_start(cache_tags(cache), cache_rowsets(cache)) != SL_OK) {
        caching_stop();
        return sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "no memory for [cache]");
    }
    for (unsigned i = 0; i < workers; i++) {
        letters[i].deliver = rung;
    }
    return SL_OK;
}

void caching_stop(void)
{
    if (cache != NULL) {
        warm_end();
    }
    has_begun_to_warm = false;
    caching_watch_stop();
    caching_tier_stop();
    caching_session_stop(); /* references to what is watched */
    cache_free(cache);
    cache = NULL;
    free(letters);
    letters = NULL;
    free(rules);
    rules = NULL;
}

/* ---- workers ---- */

void caching_stages(struct pipeline *pipeline, unsigned worker)
{
    if (cache != NULL) {
        pipeline_add(pipeline, cache_stage(cache, worker));
    }
}

void caching_turn(unsigned worker, sl_usec now)
{
    if (cache != NULL) {
        cache_turn(cache, worker, now);
        caching_tier_turn(worker, process_worker(worker)->base, now);
    }
}

sl_usec caching_next(unsigned worker)
{
    return cache == NULL ? TICK_NEVER : cache_next(cache, worker);
}

void caching_leave(unsigned worker)
{
    if (cache != NULL) {
        caching_tier_leave(worker);
    }
}

/* By which answers are kept; of equal ones the same. */
static uint64_t rules_of(const struct conf *conf)
{
    const uint64_t parts[] = {conf_policies_sum(conf), (uint64_t)conf->cache_ttl_local_usec,
            sl_hash64(sl_span_text(conf->cache_through_sluice)), conf->cache_stream[0] != '\0'};

    return sl_hash64(sl_span(parts, sizeof parts)) | 1;
}

/*
 * What was kept by other rules goes at once. Each worker says so of itself: what one keeps that has not heard yet is
 * gone when it has.
 */
static void outdate(unsigned worker, const struct conf *conf)
{
    uint64_t now = rules_of(conf);

    if (rules[worker] != 0 && rules[worker] != now) {
        cache_outdate(cache);
    }
    rules[worker] = now;
}

void caching_configure(unsigned worker, const struct conf *conf)
{
    const struct cache_limits limits = limits_of(conf);

    if (cache != NULL) {
        caching_session_configured(worker);
        outdate(worker, conf);
    }
    if (cache != NULL && worker == 0) {
        cache_set_limits(cache, &limits);
    }
}
