/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_queries.c - QUERIES: the statements that cost most, by shape.
 *
 * The tour has every worker tell the store what it counted; on the last one the store
 * is looked through, some rows a turn (optimizer/shape_top.h).
 */
#include "optimizer/observe.h"
#include "optimizer/shape_top.h"
#include "proxy/console_show.h"
#include "proxy/process.h"
#include "proxy/statistics.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum {
    TOP_MAX = 100,  /* rows shown */
    STEP_ROWS = 256 /* rows looked at in a turn */
};

static const struct reply_column query_columns[] = {{"id", REPLY_TEXT}, {"database", REPLY_TEXT},
        {"user", REPLY_TEXT}, {"node", REPLY_TEXT}, {"calls", REPLY_INT8}, {"errors", REPLY_INT8},
        {"rows", REPLY_INT8}, {"total_us", REPLY_INT8}, {"mean_us", REPLY_INT8},
        {"p50_us", REPLY_INT8}, {"p95_us", REPLY_INT8}, {"p99_us", REPLY_INT8},
        {"max_us", REPLY_INT8}, {"server_us", REPLY_INT8}, {"wait_us", REPLY_INT8},
        {"client_us", REPLY_INT8}, {"bytes_in", REPLY_INT8}, {"bytes_out", REPLY_INT8},
        {"xacts", REPLY_INT8}, {"first_seen", REPLY_TEXT}, {"last_seen", REPLY_TEXT}};

static void add_time(struct view_row *row, sl_usec at)
{
    time_t seconds = (time_t)((sl_wall_now() - (sl_now() - at)) / SL_SECOND);
    char text[64];
    struct tm tm;

    if (at == 0 || gmtime_r(&seconds, &tm) == NULL ||
            strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0) {
        view_add_text(row, NULL);
        return;
    }
    view_add_copy(row, text);
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
    add_time(&row, shape->first_seen);
    add_time(&row, shape->last_seen);
    view_put(visit, &row);
}

static struct shape_top *top_new(sl_usec now)
{
    struct shape_top *top = calloc(1, sizeof *top);

    if (top != NULL && shape_top_init(top, observe_store(statistics_observe()), SHAPE_BY_TOTAL,
                               TOP_MAX, now) != SL_OK) {
        free(top);
        top = NULL;
    }
    return top;
}

/* True: all was looked at, or there is no memory for it. */
static bool look(struct view_visit *visit, sl_usec now)
{
    if (visit->state == NULL) {
        visit->state = top_new(now);
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

const struct view console_views_queries[] = {
        {.name = "queries",
                .sentence = "Statements by shape, the 100 that took most time; microseconds.",
                .columns = query_columns,
                .columns_count = SL_COUNT(query_columns),
                .on_worker = show_queries,
                .end = end_queries},
        {.name = NULL},
};
