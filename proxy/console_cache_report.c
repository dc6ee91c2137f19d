/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_report.c - CACHE_REPORT: how many statements each tier answered, how long that took, and
 * the memory of it.
 */
#include "proxy/caching.h"
#include "proxy/caching_status.h"
#include "proxy/console_show.h"

#include <stdlib.h>

static const struct reply_column columns[] = {{"tier", REPLY_TEXT}, {"answers", REPLY_INT8},
        {"percent", REPLY_NUMERIC}, {"mean_us", REPLY_INT8}, {"p50_us", REPLY_INT8},
        {"p95_us", REPLY_INT8}, {"p99_us", REPLY_INT8}, {"max_us", REPLY_INT8},
        {"memory_bytes", REPLY_INT8}, {"memory_mean_bytes", REPLY_INT8},
        {"memory_peak_bytes", REPLY_INT8}};

static void add_percent(struct view_row *row, uint64_t part, uint64_t all)
{
    if (all == 0) {
        view_add_text(row, NULL);
    } else {
        view_add_printf(row, "%.2f", 100.0 * (double)part / (double)all);
    }
}

/* Only what is kept in this process is known to the byte. */
static void add_memory(
        struct view_row *row, const struct cache_report *report, enum cache_tier tier)
{
    const uint64_t bytes[] = {report->memory, report->memory_mean, report->memory_peak};

    for (size_t i = 0; i < SL_COUNT(bytes); i++) {
        if (tier == CACHE_TIER_LOCAL) {
            view_add_uint(row, bytes[i]);
        } else {
            view_add_text(row, NULL);
        }
    }
}

static void put_tier(struct view_visit *visit, const struct cache_report *report,
        enum cache_tier tier, uint64_t all)
{
    const struct times_sum *times = &report->times[tier];
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, cache_tier_name(tier));
    view_add_uint(&row, times->count);
    add_percent(&row, times->count, all);
    view_add_uint(&row, times_mean(times));
    view_add_uint(&row, times_quantile(times, 0.50));
    view_add_uint(&row, times_quantile(times, 0.95));
    view_add_uint(&row, times_quantile(times, 0.99));
    view_add_uint(&row, times->max);
    add_memory(&row, report, tier);
    view_put(visit, &row);
}

static void show_report(struct view_visit *visit)
{
    struct cache_report *report = NULL;
    uint64_t all = 0;

    if (caching_cache() == NULL) {
        return;
    }
    report = malloc(sizeof *report);
    if (report == NULL) {
        visit->out->is_full = true;
        return;
    }
    cache_report(caching_cache(), report);
    for (unsigned i = 0; i < CACHE_TIERS; i++) {
        all += report->times[i].count;
    }
    for (unsigned i = 0; i < CACHE_TIERS; i++) {
        put_tier(visit, report, (enum cache_tier)i, all);
    }
    free(report);
}

const struct view console_views_cache_report[] = {
        {.name = "cache_report",
                .sentence = "Statements that were looked up, by who answered them: how many, how "
                            "long it took, and the memory of it since the start.",
                .columns = columns,
                .columns_count = SL_COUNT(columns),
                .finish = show_report},
        {.name = NULL},
};
