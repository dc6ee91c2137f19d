/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_workload.c - WORKLOAD: the load of the last hour, in groups of statements that
 * are alike; DRIFT: when and how that was found, and how far the load has moved since.
 *
 * From the analyst's latest analysis, which is there already: no worker is asked.
 */
#include "proxy/analysis.h"
#include "proxy/analyst.h"
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/worker.h"

/* ---- WORKLOAD ---- */

static const struct reply_column workload_columns[] = {{"group", REPLY_TEXT},
        {"shapes", REPLY_INT8}, {"calls", REPLY_INT8}, {"share", REPLY_NUMERIC},
        {"total_us", REPLY_INT8}, {"mean_us", REPLY_INT8}, {"max_us", REPLY_INT8},
        {"tables", REPLY_TEXT}, {"id", REPLY_TEXT}, {"query", REPLY_TEXT}};

static void put_group(struct view_visit *visit, const struct analysis_group *group)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, group->name);
    view_add_uint(&row, group->shapes);
    view_add_uint(&row, group->calls);
    view_add_printf(&row, "%.4f", group->share);
    view_add_uint(&row, group->usec);
    view_add_uint(&row, group->calls == 0 ? 0 : group->usec / group->calls);
    view_add_uint(&row, group->max_usec);
    view_add_text(&row, group->tables);
    console_add_shape(&row, group->shape);
    view_add_text(&row, group->text);
    view_put(visit, &row);
}

static void show_workload(struct view_visit *visit)
{
    const struct analysis *analysis = analyst_latest();

    for (uint32_t i = 0; analysis != NULL && i < analysis->rows_count; i++) {
        put_group(visit, &analysis->groups[i]);
    }
    analysis_unref(analysis);
}

/* ---- DRIFT ---- */

static const struct reply_column drift_columns[] = {{"state", REPLY_TEXT}, {"drift", REPLY_NUMERIC},
        {"since", REPLY_TEXT}, {"analysed_at", REPLY_TEXT}, {"took_us", REPLY_INT8},
        {"next_at", REPLY_TEXT}, {"load_from", REPLY_TEXT}, {"shapes", REPLY_INT8},
        {"unread", REPLY_INT8}, {"calls", REPLY_INT8}, {"total_us", REPLY_INT8},
        {"groups", REPLY_INT8}, {"outside", REPLY_INT8}, {"method", REPLY_TEXT},
        {"silhouette", REPLY_NUMERIC}, {"analyses", REPLY_INT8}};

static const char *state_of(const struct analyst_status *status, const struct analysis *analysis)
{
    if (!status->is_there) {
        return "off";
    }
    if (status->is_working) {
        return "working";
    }
    if (status->err == SL_ENOMEM) {
        return "out of memory";
    }
    if (status->err != SL_OK) {
        return "failed";
    }
    if (analysis == NULL) {
        return "not analysed yet";
    }
    return analysis->shapes == 0 ? "no statements" : "analysed";
}

static void add_nulls(struct view_row *row, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        view_add_text(row, NULL);
    }
}

static void add_load(struct view_row *row, const struct analysis *analysis)
{
    const struct analysis_group *last = analysis->rows_count > analysis->groups_count
                                                ? &analysis->groups[analysis->rows_count - 1]
                                                : NULL;

    console_add_time(row, analysis->from);
    view_add_uint(row, analysis->shapes);
    view_add_uint(row, analysis->unread);
    view_add_uint(row, analysis->calls);
    view_add_uint(row, analysis->usec);
    view_add_uint(row, analysis->groups_count);
    view_add_uint(row, last == NULL ? 0 : last->shapes);
    view_add_text(row, analysis_method_text(analysis->method));
    view_add_printf(row, "%.3f", analysis->silhouette);
}

static void show_drift(struct view_visit *visit)
{
    const struct analysis *analysis = analyst_latest();
    struct analyst_status status;
    struct view_row row;

    analyst_status(&status);
    view_row_begin(&row);
    view_add_text(&row, state_of(&status, analysis));
    if (analysis == NULL || analysis->drift < 0) {
        add_nulls(&row, 2);
    } else {
        view_add_printf(&row, "%.3f", analysis->drift);
        console_add_time(&row, analysis->drift_since);
    }
    if (analysis == NULL) {
        add_nulls(&row, 2);
    } else {
        console_add_time(&row, analysis->made_at);
        view_add_int(&row, analysis->took_usec);
    }
    console_add_time(&row, status.next_at);
    if (analysis == NULL) {
        add_nulls(&row, 9);
    } else {
        add_load(&row, analysis);
    }
    view_add_uint(&row, status.made);
    view_put(visit, &row);
    analysis_unref(analysis);
}

const struct view console_views_workload[] = {
        {.name = "drift",
                .sentence = "How far the load has moved from the analysis before (0 to 1; above "
                            "0.15 look again), and how it was analysed.",
                .columns = drift_columns,
                .columns_count = SL_COUNT(drift_columns),
                .finish = show_drift},
        {.name = "workload",
                .sentence = "The load of the last hour in groups of statements that are alike, by "
                            "their share of the time; ANALYZE WORKLOAD does so anew.",
                .columns = workload_columns,
                .columns_count = SL_COUNT(workload_columns),
                .finish = show_workload},
        {.name = NULL},
};
