/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_queries.c - QUERIES: the statements that cost most, by shape; ERRORS: those
 * that failed most; ACTIVE: those under way.
 */
#include "optimizer/observe.h"
#include "protocol/sqlstate_class.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/console_tour.h"
#include "proxy/plans.h"
#include "proxy/server.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

static const struct reply_column query_columns[] = {{"id", REPLY_TEXT}, {"database", REPLY_TEXT},
        {"user", REPLY_TEXT}, {"node", REPLY_TEXT}, {"calls", REPLY_INT8}, {"errors", REPLY_INT8},
        {"rows", REPLY_INT8}, {"total_us", REPLY_INT8}, {"mean_us", REPLY_INT8},
        {"p50_us", REPLY_INT8}, {"p95_us", REPLY_INT8}, {"p99_us", REPLY_INT8},
        {"max_us", REPLY_INT8}, {"server_us", REPLY_INT8}, {"wait_us", REPLY_INT8},
        {"client_us", REPLY_INT8}, {"bytes_in", REPLY_INT8}, {"bytes_out", REPLY_INT8},
        {"xacts", REPLY_INT8}, {"cached", REPLY_INT8}, {"first_seen", REPLY_TEXT},
        {"last_seen", REPLY_TEXT}, {"search_path", REPLY_TEXT}, {"kind", REPLY_TEXT},
        {"query", REPLY_TEXT}};

static void put_query(struct view_visit *visit, const struct shape_row *shape)
{
    const struct shape_time *total = &shape->times[TALLY_TOTAL];
    struct view_row row;

    view_row_begin(&row);
    console_add_shape(&row, shape->key.shape);
    console_add_pool(&row, &shape->key);
    view_add_uint(&row, shape->calls);
    view_add_uint(&row, shape->errors);
    view_add_uint(&row, shape->rows);
    view_add_uint(&row, total->sum);
    view_add_uint(&row, total->count == 0 ? 0 : total->sum / total->count);
    view_add_uint(&row, total->p50);
    view_add_uint(&row, total->p95);
    view_add_uint(&row, total->p99);
    view_add_uint(&row, total->max);
    view_add_uint(&row, shape->times[TALLY_SERVER].sum);
    view_add_uint(&row, shape->times[TALLY_WAIT].sum);
    view_add_uint(&row, shape->client_usec);
    view_add_uint(&row, shape->bytes_in);
    view_add_uint(&row, shape->bytes_out);
    view_add_uint(&row, shape->transactions);
    view_add_uint(&row, shape->cached);
    console_add_time(&row, shape->first_seen);
    console_add_time(&row, shape->last_seen);
    console_add_path(&row, &shape->key);
    const struct plan *plan = plans_find(shape->key.shape);
    console_add_plan(&row, plan);
    view_put(visit, &row);
    plan_unref(plan);
}

/* By what the argument says; by total time without one. */
static bool show_queries(struct view_visit *visit, void *arg)
{
    bool is_given = visit->argument != NULL && visit->argument[0] != '\0';
    int order = is_given ? shape_order_named(sl_span_text(visit->argument)) : SHAPE_BY_TOTAL;

    _Static_assert(SHAPE_ORDERS == 15, "each is in the text");
    if (order < 0) {
        visit->refusal = "the order is total, calls, mean, p50, p95, p99, max, wait, server, "
                         "client, rows, bytes, errors, last_seen or hour";
        return true;
    }
    return console_shapes_top(visit, arg, (enum shape_order)order, put_query);
}

/* ---- ERRORS ---- */

static const struct reply_column error_columns[] = {{"id", REPLY_TEXT}, {"database", REPLY_TEXT},
        {"user", REPLY_TEXT}, {"node", REPLY_TEXT}, {"class", REPLY_TEXT},
        {"condition", REPLY_TEXT}, {"count", REPLY_INT8}, {"last_seen", REPLY_TEXT},
        {"calls", REPLY_INT8}, {"search_path", REPLY_TEXT}, {"kind", REPLY_TEXT},
        {"query", REPLY_TEXT}};

static void put_class(struct view_visit *visit, const struct shape_row *shape,
        const struct plan *plan, const struct tally_class *class)
{
    struct view_row row;

    view_row_begin(&row);
    console_add_shape(&row, shape->key.shape);
    console_add_pool(&row, &shape->key);
    if (class->name[0] == '\0') {
        view_add_text(&row, NULL);
        view_add_text(&row, "others");
    } else {
        view_add_printf(&row, "%.2s", class->name);
        view_add_text(&row, sqlstate_class_text(class->name));
    }
    view_add_uint(&row, class->count);
    console_add_time(&row, class->last_seen);
    view_add_uint(&row, shape->calls);
    console_add_path(&row, &shape->key);
    console_add_plan(&row, plan);
    view_put(visit, &row);
}

static int most_first(const void *a, const void *b)
{
    const struct tally_class *one = a;
    const struct tally_class *two = b;

    return one->count < two->count ? 1 : one->count > two->count ? -1 : 0;
}

/* A row a class; what found no class in the row is one without. */
static void put_errors(struct view_visit *visit, const struct shape_row *shape)
{
    struct tally_class classes[TALLY_CLASSES];
    uint64_t rest = shape->errors;

    if (shape->errors == 0) {
        return;
    }
    const struct plan *plan = plans_find(shape->key.shape);
    memcpy(classes, shape->classes, sizeof classes);
    qsort(classes, TALLY_CLASSES, sizeof classes[0], most_first);
    for (int i = 0; i < TALLY_CLASSES && classes[i].count > 0; i++) {
        put_class(visit, shape, plan, &classes[i]);
        rest -= classes[i].count < rest ? classes[i].count : rest;
    }
    if (rest > 0) {
        put_class(visit, shape, plan,
                &(struct tally_class){.count = rest > UINT32_MAX ? UINT32_MAX : (uint32_t)rest});
    }
    plan_unref(plan);
}

static bool show_errors(struct view_visit *visit, void *arg)
{
    return console_shapes_top(visit, arg, SHAPE_BY_ERRORS, put_errors);
}

/* ---- ACTIVE ---- */

static const struct reply_column active_columns[] = {{"client", REPLY_INT8},
        {"database", REPLY_TEXT}, {"user", REPLY_TEXT}, {"state", REPLY_TEXT},
        {"age_us", REPLY_INT8}, {"wait_us", REPLY_INT8}, {"node", REPLY_TEXT},
        {"server_pid", REPLY_INT8}, {"id", REPLY_TEXT}, {"kind", REPLY_TEXT},
        {"query", REPLY_TEXT}};

static const char *state_of(const struct client *client, const struct stmt *stmt)
{
    if (stmt->is_waiting) {
        return "stage";
    }
    if (stmt->meter.sent_at == 0) {
        return "waiting";
    }
    if (stmt->meter.ended_at != 0) {
        return "answered"; /* the Sync after it is not */
    }
    return io_is_clogged(&client->io) ? "client" : "active";
}

static void put_active(struct view_visit *visit, const struct worker *worker,
        const struct stmt *stmt, struct sl_hash128 shape)
{
    const struct client *client = sl_slab_find(worker->clients, stmt->client);
    bool is_sent = stmt->meter.sent_at != 0;
    struct view_row row;

    if (client == NULL) {
        return;
    }
    const struct plan *plan = plans_find(shape);
    view_row_begin(&row);
    view_add_uint(&row, client->cancel.serial);
    view_add_text(&row, stmt->database);
    view_add_text(&row, stmt->user);
    view_add_text(&row, state_of(client, stmt));
    view_add_int(&row, worker->now - stmt->meter.received_at);
    view_add_int(&row, (is_sent ? stmt->meter.sent_at : worker->now) - stmt->meter.received_at);
    if (is_sent) {
        view_add_printf(&row, "%s:%d", stmt->host, stmt->port);
    } else {
        view_add_text(&row, NULL);
    }
    if (is_sent && client->server != NULL) {
        view_add_uint(&row, client->server->pid);
    } else {
        view_add_text(&row, NULL);
    }
    console_add_shape(&row, shape);
    console_add_plan(&row, plan);
    view_put(visit, &row);
    plan_unref(plan);
}

static bool show_active(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    const struct stmt *stmt = NULL;
    struct sl_hash128 shape;

    if (statistics_observe() == NULL) {
        return true;
    }
    for (int i = 0; i < TOUR_CLIENTS; i++) {
        stmt = observe_under_way(statistics_observe(), worker->index, &visit->cursor, &shape);
        if (stmt == NULL) {
            return true;
        }
        put_active(visit, worker, stmt, shape);
    }
    return false;
}

const struct view console_views_queries[] = {
        {.name = "active",
                .sentence = "Statements under way: whose, since when, and what they wait for.",
                .columns = active_columns,
                .columns_count = SL_COUNT(active_columns),
                .on_worker = show_active},
        {.name = "errors",
                .sentence = "Statements by shape and class of SQLSTATE, the first 100 shapes by "
                            "errors: how often, and when last.",
                .columns = error_columns,
                .columns_count = SL_COUNT(error_columns),
                .on_worker = show_errors,
                .end = console_shapes_end},
        {.name = "queries",
                .sentence = "Statements by shape, the first 100 by total time or as asked: calls, "
                            "mean, p99, max, errors ... Times are microseconds.",
                .argument = "[order]",
                .columns = query_columns,
                .columns_count = SL_COUNT(query_columns),
                .on_worker = show_queries,
                .end = console_shapes_end},
        {.name = NULL},
};
