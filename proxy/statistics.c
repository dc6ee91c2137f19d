/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/statistics.h"

#include "conf/conf.h"
#include "optimizer/examples.h"
#include "optimizer/observe.h"
#include "protocol/base/clock.h"
#include "protocol/shape.h"
#include "protocol/sqlstate.h"
#include "protocol/stmt.h"
#include "proxy/analyst.h"
#include "proxy/catalogs.h"
#include "proxy/history_writer.h"
#include "proxy/parser.h"
#include "proxy/pipeline.h"
#include "proxy/plans.h"
#include "proxy/recorder.h"
#include "proxy/slow_statements.h"
#include "proxy/tick.h"
#include "proxy/worker.h"

#include <stdatomic.h>

/* Of the memory: what shape_limits_share() leaves is for history and plans. */
enum { REST_PART = 4, HISTORY_PART = 16 };

/* Constant while there are workers. */
static struct observe *observe;
static struct examples *examples;

static _Atomic sl_usec since; /* any thread */

/* A shape that a worker did not remember, or whose plan may be gone: it is parsed if need be. */
static bool news(void *self, const struct shape *shape, struct sl_span normalised,
        struct sl_span text, struct shape_options rules)
{
    (void)self;
    if ((shape->flags & (SHAPE_CUT | SHAPE_LONG | SHAPE_BROKEN)) != 0 || rules.backslashes ||
            rules.encoding != SHAPE_ENCODING_SAFE) {
        /* libpg_query would read it otherwise than its server does. */
        plans_keep(shape->key, normalised);
        return true;
    }
    examples_add(examples, shape->key, normalised, text);
    return plans_want(shape->key, text, normalised);
}

/* The first of its hosts; one that is answered has no other. */
static bool whither(void *self, const struct stmt *stmt, const char **host, int *port)
{
    const struct worker *worker = stmt->owner;
    const struct conf_database *line = conf_find_database(worker->conf, stmt->database);

    (void)self;
    line = line != NULL ? line : worker->conf->fallback_database;
    if (line == NULL) {
        return false;
    }
    *host = line->hosts[0].host;
    *port = line->hosts[0].port;
    return true;
}

static enum sl_err start_parser(const struct conf *conf)
{
    size_t bytes = (size_t)conf->stats_memory / REST_PART - recorder_bytes();
    enum sl_err err = plans_start(
            &(struct plans_limits){.plans_max = (uint32_t)conf->stats_shapes, .bytes_max = bytes});

    return err == SL_OK ? parser_start(NULL) : err;
}

enum sl_err statistics_start(const struct conf *conf, struct sl_error *error)
{
    struct observe_options options = {.limits = {.shapes_max = (uint32_t)conf->stats_shapes,
                                              .bytes_max = (size_t)conf->stats_memory},
            .workers = process_workers(),
            .news = news,
            .slow = slow_statement,
            .whither = whither};

    enum sl_err err = history_writer_check(conf, error);
    if (err != SL_OK || conf->stats_mode == 0) {
        return err;
    }
    statistics_set_since(sl_now());
    observe = observe_new(&options);
    if (observe == NULL || recorder_start(observe_store(observe),
                                   (size_t)conf->stats_memory / HISTORY_PART) != SL_OK) {
        return sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY,
                "[stats] memory is too small, or there is none");
    }
    examples = examples_new();
    if (examples == NULL || slow_statements_start() != SL_OK) {
        return sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "out of memory");
    }
    if (start_parser(conf) != SL_OK) {
        return sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "no parser's thread");
    }
    history_writer_start(conf, observe_store(observe), observe_names(observe));
    if (analyst_start(observe_store(observe), conf->stats_workload_interval_usec) != SL_OK) {
        return sl_error_set(error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY, "no analyst's thread");
    }
    catalogs_start(conf);
    return SL_OK;
}

/* The last second is counted and written, too. */
static bool settle(void)
{
    if (observe != NULL && recorder_history() != NULL) {
        observe_settle(observe, sl_now());
        recorder_end(sl_now());
    }
    return history_writer_stop();
}

void statistics_stop(void)
{
    catalogs_stop();
    analyst_stop();
    if (!settle()) {
        return; /* the process ends as it is */
    }
    parser_stop();
    plans_stop();
    recorder_stop();
    observe_free(observe, sl_now());
    slow_statements_stop();
    examples_free(examples);
    examples = NULL;
    observe = NULL;
}

void statistics_tick(sl_usec now)
{
    if (observe != NULL) {
        parser_watch(now);
        recorder_tick(now);
        catalogs_tick(now);
    }
}

sl_usec statistics_next_tick(sl_usec now)
{
    if (observe == NULL) {
        return TICK_NEVER;
    }
    sl_usec slot = recorder_next(now);
    sl_usec catalogs = catalogs_next();
    return slot < catalogs ? slot : catalogs; /* a parser that is stuck is seen to all the same */
}

void statistics_reload(const struct conf *conf)
{
    history_writer_set_conf(conf);
}

void statistics_stages(struct pipeline *pipeline, unsigned worker)
{
    if (observe != NULL) {
        pipeline_add(pipeline, observe_stage(observe, worker));
    }
}

void statistics_turn(unsigned worker, sl_usec now)
{
    if (observe != NULL) {
        observe_turn(observe, worker, plans_evicted(), now);
    }
}

sl_usec statistics_next(unsigned worker)
{
    return observe == NULL ? TICK_NEVER : observe_next(observe, worker);
}

void statistics_configure(unsigned worker, const struct conf *conf)
{
    if (observe != NULL) {
        observe_set_slow(observe, worker, slow_statements_least(conf));
        examples_set(examples, conf->stats_examples);
        observe_tell_again(observe, worker, conf->stats_examples ? EXAMPLES_MAX : 1);
        if (worker == 0) {
            analyst_set_interval(conf->stats_workload_interval_usec);
        }
    }
}

sl_usec statistics_since(void)
{
    return atomic_load(&since);
}

void statistics_set_since(sl_usec now)
{
    atomic_store(&since, now);
}

struct examples *statistics_examples(void)
{
    return examples;
}

struct observe *statistics_observe(void)
{
    return observe;
}
