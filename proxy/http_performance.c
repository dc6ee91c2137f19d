/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_performance.h"

#include "optimizer/observe.h"
#include "optimizer/shape_top.h"
#include "optimizer/totals.h"
#include "protocol/base/parse.h"
#include "protocol/sql_facts.h"
#include "proxy/console_shapes.h"
#include "proxy/http_flush.h"
#include "proxy/http_request.h"
#include "proxy/http_task.h"
#include "proxy/json.h"
#include "proxy/plans.h"
#include "proxy/search_paths.h"
#include "proxy/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is done in a turn. */
enum { STEP_RANKS = 1024, STEP_POOLS = 64, STEP_ROWS = 32, TEXT_MAX = CONSOLE_SHAPE_TEXT_MAX };

struct performance {
    struct http_task task; /* first */
    bool is_nobody;        /* a database or user that there are no statements of */
    uint32_t limit;
    enum shape_order order;
    struct shape_top top; /* from flushed() on */
    struct total_hour hour;
    sl_usec since_1970; /* what to add to a moment of sl_now() */
    uint32_t at;        /* of top.rows */
    struct sl_buf buf;
    struct json json;
};

static void free_performance(struct http_task *task)
{
    struct performance *it = SL_CONTAINER(task, struct performance, task);

    shape_top_fini(&it->top);
    histogram_fini(&it->hour.times, NULL);
    sl_buf_fini(&it->buf);
    free(it);
}

/* ---- JSON ---- */

static void put_int(struct json *json, const char *name, uint64_t value)
{
    json_key(json, name);
    json_int(json, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

static void put_text(struct json *json, const char *name, const char *text)
{
    json_key(json, name);
    json_text(json, text);
}

/* What a shape and the sum have in common. */
static void put_hour(
        struct json *json, const struct shape_time *time, const struct window_sums *sums)
{
    put_int(json, "count", time->count);
    put_int(json, "errors", sums->errors);
    put_int(json, "rows", sums->rows);
    put_int(json, "mean_us", time->count == 0 ? 0 : time->sum / time->count);
    put_int(json, "p50_us", time->p50);
    put_int(json, "p95_us", time->p95);
    put_int(json, "p99_us", time->p99);
    put_int(json, "max_us", time->max);
    put_int(json, "total_us", time->sum);
    put_int(json, "wait_us", sums->wait_usec);
    put_int(json, "server_us", sums->server_usec);
    put_int(json, "client_us", sums->client_usec);
    put_int(json, "cached", sums->cached);
}

/* NULLs until it was parsed. */
static void put_plan(struct json *json, struct sl_hash128 shape)
{
    const struct plan *plan = plans_find(shape);
    char text[TEXT_MAX + sizeof " ..."];

    if (plan != NULL) {
        size_t len = console_plan_cut(plan, TEXT_MAX);
        snprintf(text, sizeof text, "%.*s%s", (int)len, plan->text,
                len < plan->text_len ? " ..." : "");
    }
    put_text(json, "kind",
            plan == NULL || plan->facts == NULL ? NULL : sql_kind_text(plan->facts->kind));
    put_text(json, "query", plan == NULL ? NULL : text);
    plan_unref(plan);
}

static void put_minutes(struct performance *it, const struct shape_key *key)
{
    struct minute minutes[MINUTES_MAX];
    unsigned count = shape_store_minutes(it->top.store, key, minutes, it->hour.now);
    struct json *json = &it->json;

    json_key(json, "minutes");
    json_open(json, '[');
    for (unsigned i = 0; i < count; i++) {
        const struct minute *minute = &minutes[i];
        json_open(json, '{');
        put_int(json, "at", (uint64_t)((minute->number - 1) * MINUTE + it->since_1970));
        put_int(json, "count", minute->count);
        put_int(json, "mean_us", minute->count == 0 ? 0 : minute->sum / minute->count);
        put_int(json, "p95_us", minute->p95);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_shape(struct performance *it, const struct shape_row *row)
{
    const struct names *names = observe_names(statistics_observe());
    struct json *json = &it->json;
    char id[17];

    snprintf(id, sizeof id, "%016" PRIx64, row->key.shape.hi);
    json_open(json, '{');
    put_text(json, "id", id);
    put_text(json, "database", names_text(names, row->key.database));
    put_text(json, "user", names_text(names, row->key.user));
    put_text(json, "node", names_text(names, row->key.node));
    put_text(json, "search_path", search_paths_text(row->key.path));
    put_plan(json, row->key.shape);
    put_hour(json, &row->hour, &row->hour_sums);
    put_minutes(it, &row->key);
    json_close(json, '}');
}

static void put_summary(struct performance *it)
{
    static const double quantiles[3] = {0.50, 0.95, 0.99};
    const struct shape_counts counts = shape_store_counts(it->top.store);
    const struct histogram *times = &it->hour.times;
    struct json *json = &it->json;
    uint64_t values[3];

    histogram_quantiles(times, quantiles, 3, values);
    const struct shape_time time = {.count = times->count,
            .sum = times->sum,
            .p50 = values[0],
            .p95 = values[1],
            .p99 = values[2],
            .max = times->count == 0 ? 0 : times->max};
    json_key(json, "summary");
    json_open(json, '{');
    put_hour(json, &time, &it->hour.sums);
    put_int(json, "shapes", counts.shapes);
    put_int(json, "evicted", counts.evicted);
    json_close(json, '}');
}

/* ---- steps, the last one first ---- */

static void put_some(struct http_task *task)
{
    struct performance *it = SL_CONTAINER(task, struct performance, task);

    for (unsigned i = 0; i < STEP_ROWS && it->at < it->top.count; i++) {
        put_shape(it, &it->top.rows[it->at++]);
    }
    if (it->at < it->top.count && it->json.err == SL_OK) {
        http_task_again(task);
        return;
    }
    json_close(&it->json, ']');
    json_close(&it->json, '}');
    enum sl_err err = json_end(&it->json);
    struct sl_buf buf = it->buf; /* the answer's from now on */
    sl_buf_init(&it->buf, 0);
    http_answer_made(task->request, 200, "application/json", &buf, err);
}

static void begin_answer(struct performance *it)
{
    sl_usec window = window_from(it->hour.now);
    sl_usec since = statistics_since();
    sl_usec from = (window > since ? window : since) + it->since_1970;
    struct json *json = &it->json;

    json_begin(json, &it->buf);
    json_open(json, '{');
    put_int(json, "from", (uint64_t)from);
    put_int(json, "to", (uint64_t)(it->hour.now + it->since_1970));
    put_summary(it);
    json_key(json, "shapes");
    json_open(json, '[');
}

static void add_pools(struct http_task *task)
{
    struct performance *it = SL_CONTAINER(task, struct performance, task);

    if (it->is_nobody || totals_hour(shape_store_totals(it->top.store), &it->hour, STEP_POOLS)) {
        begin_answer(it);
        task->step = put_some;
    }
    http_task_again(task);
}

static void rank(struct http_task *task)
{
    struct performance *it = SL_CONTAINER(task, struct performance, task);

    if (it->is_nobody || shape_top_step(&it->top, STEP_RANKS)) {
        task->step = add_pools;
    }
    http_task_again(task);
}

static void flushed(struct http_gather *gather, void *context, bool is_whole)
{
    struct http_request *request = context;
    struct performance *it = SL_CONTAINER(request->task, struct performance, task);
    struct shape_store *store = observe_store(statistics_observe());

    (void)gather;
    (void)is_whole; /* of a worker that ended its last second is missing */
    it->hour.now = sl_now();
    it->since_1970 = sl_wall_now() - it->hour.now;
    if (shape_top_init(&it->top, store, it->order, it->limit, it->hour.now) != SL_OK) {
        http_refuse(request, 503, "out of memory");
        return;
    }
    shape_top_by_hour(&it->top);
    shape_top_only(&it->top, it->hour.match.database, it->hour.match.user);
    it->task.step = rank;
    http_task_again(&it->task);
}

/* ---- what is asked for ---- */

/* False: it is wrong, and refused. */
static bool read_order(struct performance *it, struct http_request *request, const char *text)
{
    char list[256];
    size_t used = 0;
    int order = text == NULL ? SHAPE_BY_TOTAL : shape_order_named(sl_span_text(text));

    if (order >= 0 && order != SHAPE_BY_BYTES && order != SHAPE_BY_LAST_SEEN) {
        it->order = (enum shape_order)order;
        return true;
    }
    for (int i = 0; i < SHAPE_ORDERS && used < sizeof list; i++) {
        if (i != SHAPE_BY_BYTES && i != SHAPE_BY_LAST_SEEN && i != SHAPE_BY_HOUR) {
            int len = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                    shape_order_name((enum shape_order)i));
            used += len < 0 ? 0 : (size_t)len;
        }
    }
    http_refuse(request, 400, "order is one of %s", list);
    return false;
}

/* Likewise. */
static bool read_limit(struct performance *it, struct http_request *request, const char *text)
{
    int64_t limit = PERFORMANCE_LIMIT;

    if (text != NULL && sl_parse_i64(text, 1, PERFORMANCE_LIMIT_MAX, &limit) != SL_OK) {
        http_refuse(request, 400, "limit is a number from 1 to %d", PERFORMANCE_LIMIT_MAX);
        return false;
    }
    it->limit = (uint32_t)limit;
    return true;
}

/* The number of a name, if one is asked for. */
static uint32_t read_name(struct performance *it, const char *text)
{
    uint32_t number = TOTAL_ALL;

    if (text != NULL &&
            !names_find(observe_names(statistics_observe()), sl_span_text(text), &number)) {
        it->is_nobody = true;
    }
    return number;
}

/* Likewise. */
static bool knows_parameters(struct http_request *request)
{
    static const char *const known[] = {"order", "limit", "database", "user"};

    for (unsigned i = 0; i < request->path.parameters_count; i++) {
        const char *name = request->path.parameters[i].name;
        bool is_known = false;
        for (size_t k = 0; k < SL_COUNT(known); k++) {
            is_known = is_known || strcmp(name, known[k]) == 0;
        }
        if (!is_known) {
            http_refuse(request, 400, "there are order, limit, database and user, no others");
            return false;
        }
    }
    return true;
}

static void begin(struct http_request *request, struct performance *it)
{
    const struct http_path *path = &request->path;

    it->task.step = rank;
    it->task.free = free_performance;
    sl_buf_init(&it->buf, HTTP_REPLY_MAX);
    http_task_begin(&it->task, request);
    if (!knows_parameters(request) ||
            !read_order(it, request, http_path_parameter(path, "order")) ||
            !read_limit(it, request, http_path_parameter(path, "limit"))) {
        return;
    }
    it->hour.match = (struct total_key){.worker = TOTAL_ALL,
            .database = read_name(it, http_path_parameter(path, "database")),
            .user = read_name(it, http_path_parameter(path, "user")),
            .node = TOTAL_ALL};
    if (!http_flush(request, flushed)) {
        http_refuse(request, 503, "out of memory");
    }
}

void http_performance(struct http_request *request)
{
    if (statistics_observe() == NULL) {
        http_refuse(request, 503, "there are no statistics: [stats] mode is off");
        return;
    }
    struct performance *it = calloc(1, sizeof *it);
    if (it == NULL) {
        http_refuse(request, 503, "out of memory");
        return;
    }
    begin(request, it);
}
