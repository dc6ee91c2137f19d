/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_stats.c - STATS, STATS_TOTALS, STATS_AVERAGES, TOTALS.
 *
 * Times are microseconds. Averages are over the time since the last but one end
 * of a stats_period: counts and bytes a second, times per query, transaction, wait.
 */
#include "proxy/client.h"
#include "proxy/console.h"
#include "proxy/console_show.h"
#include "proxy/snapshot.h"

#define N REPLY_NUMERIC

static const struct reply_column stats_columns[] = {{"database", REPLY_TEXT},
        {"total_server_assignment_count", N}, {"total_xact_count", N}, {"total_query_count", N},
        {"total_received", N}, {"total_sent", N}, {"total_xact_time", N}, {"total_query_time", N},
        {"total_wait_time", N}, {"total_client_parse_count", N}, {"total_server_parse_count", N},
        {"total_bind_count", N}, {"total_client_login_count", N},
        {"avg_server_assignment_count", N}, {"avg_xact_count", N}, {"avg_query_count", N},
        {"avg_recv", N}, {"avg_sent", N}, {"avg_xact_time", N}, {"avg_query_time", N},
        {"avg_wait_time", N}, {"avg_client_parse_count", N}, {"avg_server_parse_count", N},
        {"avg_bind_count", N}, {"avg_client_login_count", N}};

static const struct reply_column totals_columns[] = {{"database", REPLY_TEXT},
        {"server_assignment_count", N}, {"xact_count", N}, {"query_count", N},
        {"bytes_received", N}, {"bytes_sent", N}, {"xact_time", N}, {"query_time", N},
        {"wait_time", N}, {"client_parse_count", N}, {"server_parse_count", N}, {"bind_count", N},
        {"client_login_count", N}};

static const struct reply_column averages_columns[] = {{"database", REPLY_TEXT},
        {"server_assignment_count", N}, {"xact_count", N}, {"query_count", N},
        {"bytes_received", N}, {"bytes_sent", N}, {"xact_time", N}, {"query_time", N},
        {"wait_time", N}, {"avg_client_parse_count", N}, {"avg_server_parse_count", N},
        {"avg_bind_count", N}, {"avg_client_login_count", N}};

static const struct reply_column all_columns[] = {{"name", REPLY_TEXT}, {"value", N}};

#undef N

_Static_assert(SL_COUNT(stats_columns) == 1 + 2 * STATS_COUNT, "in the order of the counters");
_Static_assert(SL_COUNT(totals_columns) == 1 + STATS_COUNT, "in the order of the counters");

/* SHOW TOTALS, in the order of the counters. */
static const char *const names[STATS_COUNT] = {"server_assignment_count", "xact_count",
        "query_count", "client_bytes", "server_bytes", "xact_time", "query_time", "wait_time",
        "ps_client_parse_count", "ps_server_parse_count", "ps_bind_count", "client_login_count"};

enum { WITH_TOTALS = 1, WITH_AVERAGES = 2 };

static void add_counters(struct view_row *row, const struct stats_totals *counters)
{
    for (int c = 0; c < STATS_COUNT; c++) {
        view_add_uint(row, counters->counters[c]);
    }
}

static bool put_row(
        struct view_visit *visit, const char *name, const struct snapshot_row *counts, int with)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, name);
    if ((with & WITH_TOTALS) != 0) {
        add_counters(&row, &counts->total);
    }
    if ((with & WITH_AVERAGES) != 0) {
        add_counters(&row, &counts->average);
    }
    return view_put(visit, &row);
}

/* The console's own row: PgBouncer counts what it is asked as transactions and queries. */
static struct snapshot_row console_row(void)
{
    struct snapshot_row row = {0};

    row.total.counters[STATS_XACTS] = console_queries();
    row.total.counters[STATS_QUERIES] = console_queries();
    return row;
}

static void show(struct view_visit *visit, int with)
{
    struct snapshot *snapshot = snapshot_new(sl_now());
    struct snapshot_row console = console_row();
    bool goes_on = true;

    if (snapshot == NULL) {
        visit->out->is_full = true;
        return;
    }
    for (unsigned i = 0; goes_on && i < snapshot->count; i++) {
        const struct snapshot_row *row = &snapshot->rows[i];
        goes_on = row->database == NULL || put_row(visit, row->database->name, row, with);
    }
    put_row(visit, "pgbouncer", &console, with);
    snapshot_free(snapshot);
}

static void show_stats(struct view_visit *visit)
{
    show(visit, WITH_TOTALS | WITH_AVERAGES);
}

static void show_totals(struct view_visit *visit)
{
    show(visit, WITH_TOTALS);
}

static void show_averages(struct view_visit *visit)
{
    show(visit, WITH_AVERAGES);
}

static void put_all(
        struct view_visit *visit, const char *prefix, const struct stats_totals *counters)
{
    for (int c = 0; c < STATS_COUNT; c++) {
        struct view_row row;
        view_row_begin(&row);
        view_add_printf(&row, "%s_%s", prefix, names[c]);
        view_add_uint(&row, counters->counters[c]);
        view_put(visit, &row);
    }
}

static void show_all(struct view_visit *visit)
{
    struct snapshot *snapshot = snapshot_new(sl_now());

    if (snapshot == NULL) {
        visit->out->is_full = true;
        return;
    }
    put_all(visit, "total", &snapshot->all.total);
    put_all(visit, "avg", &snapshot->all.average);
    snapshot_free(snapshot);
}

const struct view console_views_stats[] = {
        {.name = "stats",
                .sentence = "Counters of each database since the start, and averages.",
                .columns = stats_columns,
                .columns_count = SL_COUNT(stats_columns),
                .finish = show_stats},
        {.name = "stats_totals",
                .sentence = "Counters of each database since the start.",
                .columns = totals_columns,
                .columns_count = SL_COUNT(totals_columns),
                .finish = show_totals},
        {.name = "stats_averages",
                .sentence = "Averages of each database.",
                .columns = averages_columns,
                .columns_count = SL_COUNT(averages_columns),
                .finish = show_averages},
        {.name = "totals",
                .sentence = "Counters and averages of all databases together.",
                .columns = all_columns,
                .columns_count = SL_COUNT(all_columns),
                .finish = show_all},
        {.name = NULL},
};
