/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_queries.c - QUERIES: the statements that cost most, by shape; ACTIVE:
 * those under way.
 *
 * The tour has every worker tell the store what it counted; on the last one the store
 * is looked through, some rows a turn (optimizer/shape_top.h).
 */
#include "optimizer/observe.h"
#include "optimizer/shape_top.h"
#include "protocol/sql_facts.h"
#include "protocol/stmt.h"
#include "proxy/client.h"
#include "proxy/console_show.h"
#include "proxy/console_tour.h"
#include "proxy/plans.h"
#include "proxy/process.h"
#include "proxy/server.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    TOP_MAX = 100,  /* rows shown */
    TEXT_MAX = 640, /* bytes of a shape's text in a row */
    STEP_ROWS = 256 /* rows looked at in a turn */
};

static const struct reply_column query_columns[] = {{"id", REPLY_TEXT}, {"database", REPLY_TEXT},
        {"user", REPLY_TEXT}, {"node", REPLY_TEXT}, {"calls", REPLY_INT8}, {"errors", REPLY_INT8},
        {"rows", REPLY_INT8}, {"total_us", REPLY_INT8}, {"mean_us", REPLY_INT8},
        {"p50_us", REPLY_INT8}, {"p95_us", REPLY_INT8}, {"p99_us", REPLY_INT8},
        {"max_us", REPLY_INT8}, {"server_us", REPLY_INT8}, {"wait_us", REPLY_INT8},
        {"client_us", REPLY_INT8}, {"bytes_in", REPLY_INT8}, {"bytes_out", REPLY_INT8},
        {"xacts", REPLY_INT8}, {"first_seen", REPLY_TEXT}, {"last_seen", REPLY_TEXT},
        {"kind", REPLY_TEXT}, {"query", REPLY_TEXT}};

/* NULLs until it was parsed, or where the parser cannot read it as its server does. */
static void add_plan(struct view_row *row, const struct plan *plan)
{
    if (plan == NULL) {
        view_add_text(row, NULL);
        view_add_text(row, NULL);
        return;
    }
    size_t len = plan->text_len;
    while (len > TEXT_MAX || (len < plan->text_len && (plan->text[len] & 0xc0) == 0x80)) {
        len = len > TEXT_MAX ? TEXT_MAX : len - 1; /* not within a character */
    }
    view_add_text(row, plan->facts == NULL ? NULL : sql_kind_text(plan->facts->kind));
    view_add_printf(row, "%.*s%s", (int)len, plan->text, len < plan->text_len ? " ..." : "");
}

static void put_query(struct view_visit *visit, const struct shape_row *shape)
{
    const struct names *names = observe_names(statistics_observe());
    const struct shape_time *total = &shape->times[TALLY_TOTAL];
    struct view_row row;

    view_row_begin(&row);
    view_add_printf(&row, "%016" PRIx64, shape->key.shape.hi);
    view_add_text(&row, names_text(names, shape->key.database));
    view_add_text(&row, names_text(names, shape->key.user));
    view_add_text(&row, names_text(names, shape->key.node));
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
    console_add_time(&row, shape->first_seen);
    console_add_time(&row, shape->last_seen);
    const struct plan *plan = plans_find(shape->key.shape);
    add_plan(&row, plan);
    view_put(visit, &row);
    plan_unref(plan);
}

/* By what the argument says; by total time when it says nothing that is known. */
static struct shape_top *top_new(const char *argument, sl_usec now)
{
    int order = argument == NULL ? -1 : shape_order_named(sl_span_text(argument));
    struct shape_top *top = calloc(1, sizeof *top);

    if (top != NULL &&
            shape_top_init(top, observe_store(statistics_observe()),
                    order < 0 ? SHAPE_BY_TOTAL : (enum shape_order)order, TOP_MAX, now) != SL_OK) {
        free(top);
        top = NULL;
    }
    return top;
}

/* True: all was looked at, or there is no memory for it. */
static bool look(struct view_visit *visit, sl_usec now)
{
    if (visit->state == NULL) {
        visit->state = top_new(visit->argument, now);
    }
    if (visit->state == NULL) {
        visit->out->is_full = true;
        return true;
    }
    struct shape_top *top = visit->state;
    if (!shape_top_step(top, STEP_ROWS)) {
        return false;
    }
    for (uint32_t i = 0; i < top->count; i++) {
        put_query(visit, &top->rows[i]);
    }
    return true;
}

static bool show_queries(struct view_visit *visit, void *arg)
{
    struct worker *worker = arg;
    struct observe *observe = statistics_observe();

    if (observe == NULL) {
        return true;
    }
    if (visit->state == NULL &&
            !observe_flush(observe, worker->index, &visit->cursor, worker->now)) {
        return false;
    }
    return worker->index + 1 < process_workers() || look(visit, worker->now);
}

static void end_queries(struct view_visit *visit)
{
    if (visit->state != NULL) {
        shape_top_fini(visit->state);
        free(visit->state);
        visit->state = NULL;
    }
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
    view_add_printf(&row, "%016" PRIx64, shape.hi);
    add_plan(&row, plan);
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
        {.name = "queries",
                .sentence = "Statements by shape, the first 100 by total time or as asked: calls, "
                            "mean, p99, max, errors ... Times are microseconds.",
                .argument = "[order]",
                .columns = query_columns,
                .columns_count = SL_COUNT(query_columns),
                .on_worker = show_queries,
                .end = end_queries},
        {.name = NULL},
};
