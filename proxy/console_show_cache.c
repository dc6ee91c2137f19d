/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_cache.c - CACHE: what is promised, what is kept, what it was good for, and why not;
 * CACHE_STREAM: how each database tells of its writes.
 */
#include "cache/watch.h"
#include "proxy/caching_status.h"
#include "proxy/caching_watch.h"
#include "proxy/console_show.h"
#include "proxy/warm.h"

#include <inttypes.h>
#include <stdio.h>

enum { NAME_SIZE = 128 };

static const struct reply_column cache_columns[] = {
        {"section", REPLY_TEXT}, {"name", REPLY_TEXT}, {"value", REPLY_TEXT}};

static void put(struct view_visit *visit, const char *section, const char *name, uint64_t value)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, section);
    view_add_text(&row, name);
    view_add_uint(&row, value);
    view_put(visit, &row);
}

static void put_text(
        struct view_visit *visit, const char *section, const char *name, const char *value)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, section);
    view_add_text(&row, name);
    view_add_text(&row, value);
    view_put(visit, &row);
}

/* In milliseconds; NULL: there is none. */
static void add_msec(struct view_row *row, sl_usec usec)
{
    if (usec < 0) {
        view_add_text(row, NULL);
    } else {
        view_add_printf(row, "%" PRId64 ".%03d", usec / SL_MSEC, (int)(usec % SL_MSEC));
    }
}

static void put_msec(struct view_visit *visit, const char *name, sl_usec usec)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, "cache");
    view_add_text(&row, name);
    add_msec(&row, usec);
    view_put(visit, &row);
}

/* Of those that were looked up; NULL: nothing was. */
static void add_rate(struct view_row *row, const struct cache_counts *counts)
{
    uint64_t lookups = caching_lookups(counts);

    if (lookups == 0) {
        view_add_text(row, NULL);
    } else {
        view_add_printf(row, "%.2f", 100.0 * (double)counts->hits / (double)lookups);
    }
}

/* ---- CACHE: the head ---- */

static void put_tier(struct view_visit *visit, const struct caching_status *status)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, "tiers");
    view_add_text(&row, "local");
    view_add_printf(&row,
            "%" PRIu64 " of %" PRIu64 " lookups hit; %" PRIu64 " entries, %" PRIu64 " of %" PRIu64
            " bytes (peak %" PRIu64 ")",
            status->counts.hits, caching_lookups(&status->counts), status->store.entries,
            status->store.bytes, status->bytes_max, status->store.bytes_peak);
    view_put(visit, &row);
}

static void put_head(struct view_visit *visit, const struct caching_status *status)
{
    struct view_row row;

    put_text(visit, "cache", "mode", status->mode);
    put_text(visit, "cache", "state", caching_state_name(status->state));
    put_text(visit, "cache", "reason", status->reason[0] == '\0' ? NULL : status->reason);
    if (status->state == CACHING_OFF) {
        return;
    }
    view_row_begin(&row);
    view_add_text(&row, "cache");
    view_add_text(&row, "hit_percent");
    add_rate(&row, &status->counts);
    view_put(visit, &row);
    put(visit, "cache", "memory_bytes", status->store.bytes);
    put(visit, "cache", "memory_peak_bytes", status->store.bytes_peak);
    put(visit, "cache", "memory_max_bytes", status->bytes_max);
    put_msec(visit, "staleness_ms", status->staleness);
    put_msec(visit, "staleness_max_ms", status->staleness_max);
    put_msec(visit, "max_staleness_ms", status->bound);
    put(visit, "cache", "databases", status->watched);
    put(visit, "cache", "streams_up", status->streams_up);
    put_tier(visit, status);
}

/* ---- CACHE: counters ---- */

static void put_store(struct view_visit *visit, const struct store_counts *counts)
{
    put(visit, "local", "entries", counts->entries);
    put(visit, "local", "bytes", counts->bytes);
    put(visit, "local", "bytes_peak", counts->bytes_peak);
    put(visit, "local", "pinned_entries", counts->pinned);
    put(visit, "local", "pinned_bytes", counts->pinned_bytes);
    put(visit, "local", "puts", counts->puts);
    put(visit, "local", "replaced", counts->replaced);
    put(visit, "local", "refused", counts->refused);
    put(visit, "local", "evicted", counts->evicted);
    put(visit, "local", "swept", counts->swept);
    put(visit, "local", "dropped", counts->dropped);
}

static void put_flights(struct view_visit *visit, const struct caching_status *status)
{
    const struct flight_counts *counts = &status->flights;

    put(visit, "flights", "led", counts->led);
    put(visit, "flights", "waited", counts->waited);
    put(visit, "flights", "served", counts->served);
    put(visit, "flights", "tired", status->counts.tired);
    put(visit, "flights", "full", counts->full);
    put(visit, "flights", "now", counts->now);
}

static void put_lookups(struct view_visit *visit, const struct cache_counts *counts)
{
    put(visit, "lookups", "hits", counts->hits);
    put(visit, "lookups", "hits_waited", counts->hits_waited);
    put(visit, "lookups", "hits_shared", counts->hits_shared);
    put(visit, "lookups", "hits_shared_of_tables", counts->hits_shared_of[ENTRY_TABLE]);
    put(visit, "lookups", "hits_shared_of_points", counts->hits_shared_of[ENTRY_POINT]);
    put(visit, "lookups", "hits_stale", counts->hits_stale);
    put(visit, "lookups", "hits_in_blocks", counts->hits_in_blocks);
    put(visit, "lookups", "hits_of_tables", counts->hits_of[ENTRY_TABLE]);
    put(visit, "lookups", "hits_of_points", counts->hits_of[ENTRY_POINT]);
    put(visit, "lookups", "hits_of_row_sets", counts->hits_of[ENTRY_ROWS]);
    put(visit, "lookups", "refreshed", counts->refreshed);
    put(visit, "lookups", "misses_none", counts->misses[STORE_MISS]);
    put(visit, "lookups", "misses_changed", counts->misses[STORE_CHANGED]);
    put(visit, "lookups", "misses_pending", counts->misses[STORE_PENDING]);
    put(visit, "lookups", "misses_expired", counts->misses[STORE_EXPIRED]);
    put(visit, "lookups", "misses_stale", counts->stale);
    put(visit, "lookups", "misses_below_floor", counts->below);
    put(visit, "lookups", "misses_undescribed", counts->headless);
    put(visit, "lookups", "misses_unlike", counts->unasked);
    put(visit, "lookups", "saved_usec", counts->saved_usec);
    put(visit, "lookups", "hints_unknown", counts->hints_unknown);
}

static void put_writes(struct view_visit *visit, const struct cache_counts *counts)
{
    put(visit, "writes", "known", counts->writes - counts->writes_unknown);
    put(visit, "writes", "unknown", counts->writes_unknown);
    put(visit, "writes", "read_late", counts->writes_late);
    put(visit, "writes", "unseen", counts->unseen);
    put(visit, "writes", "lost", counts->lost);
    put(visit, "writes", "untold", counts->untold);
}

static void put_warm(struct view_visit *visit)
{
    struct warm_status status;

    warm_status(&status);
    put_text(visit, "warm", "warm_state", warm_state_name(status.state));
    put(visit, "warm", "warm_total", status.total);
    put(visit, "warm", "warm_done", status.done);
    put(visit, "warm", "warm_failed", status.failed);
}

static void show_cache(struct view_visit *visit)
{
    struct caching_status status;
    const struct cache_counts *counts = &status.counts;

    caching_status(&status);
    put_head(visit, &status);
    if (status.state == CACHING_OFF) {
        return;
    }
    put_lookups(visit, counts);
    put_store(visit, &status.store);
    put_flights(visit, &status);
    put_writes(visit, counts);
    put_warm(visit);
    for (unsigned i = CACHE_NOT_BYPASSED + 1; i < CACHE_BYPASSES; i++) {
        put(visit, "bypassed", cache_bypass_name((enum cache_bypass)i), counts->bypassed[i]);
    }
    for (unsigned i = 0; i < CACHE_UNKEPTS; i++) {
        put(visit, "misses", cache_unkept_name((enum cache_unkept)i), counts->unkept[i]);
    }
    for (unsigned i = 0; i < POLICY_REASONS; i++) {
        put(visit, "policy", policy_reason_name((enum policy_reason)i), counts->policies[i]);
    }
}

/* ---- CACHE_STREAM ---- */

static const struct reply_column stream_columns[] = {{"database", REPLY_TEXT},
        {"coverage", REPLY_TEXT}, {"state", REPLY_TEXT}, {"reason", REPLY_TEXT},
        {"staleness_ms", REPLY_TEXT}, {"staleness_max_ms", REPLY_TEXT}, {"changes", REPLY_INT8},
        {"unsettled", REPLY_INT8}, {"lag_bytes", REPLY_INT8}, {"wal_kept_bytes", REPLY_INT8},
        {"ups", REPLY_INT8}, {"losses", REPLY_INT8}, {"wide", REPLY_INT8},
        {"unknown_tables", REPLY_INT8}, {"schema_state", REPLY_TEXT},
        {"schema_changes", REPLY_INT8}, {"schema_us", REPLY_INT8}, {"failovers", REPLY_INT8},
        {"zombies", REPLY_INT8}, {"server_version", REPLY_INT8}, {"system", REPLY_TEXT},
        {"timeline", REPLY_INT8}, {"slot", REPLY_TEXT}};

static void add_stream(struct view_row *row, const struct watched_status *status)
{
    const struct stream_counts *counts = &status->counts;
    const char *why = caching_why_not_up(status);

    view_add_text(row, caching_is_up(status) ? "stream" : "proxy_only");
    view_add_text(row, status->is_streamed ? stream_state_text(status->state) : "none");
    view_add_text(row, why[0] == '\0' ? NULL : why);
    add_msec(row, status->staleness);
    add_msec(row, status->is_streamed ? status->staleness_max : -1);
    view_add_uint(row, status->changes);
    view_add_uint(row, counts->settle.unsettled);
    view_add_uint(row, counts->lag);
    view_add_uint(row, counts->wal_kept);
    view_add_uint(row, counts->ups);
    view_add_uint(row, counts->losses);
    view_add_uint(row, counts->wide);
    view_add_uint(row, status->unknown_tables);
}

static void put_watched(
        struct view_visit *visit, const char *name, const struct watched_status *status)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, name);
    add_stream(&row, status);
    view_add_text(&row, status->is_asking               ? "asking"
                        : status->asks_error[0] == '\0' ? "connecting"
                                                        : status->asks_error);
    view_add_uint(&row, status->schema_changes);
    view_add_int(&row, status->schema_took);
    view_add_uint(&row, status->failovers);
    view_add_uint(&row, status->zombies.now);
    view_add_uint(&row, status->server.version);
    view_add_text(&row, status->server.system[0] == '\0' ? NULL : status->server.system);
    view_add_uint(&row, status->server.timeline);
    view_add_text(&row, status->server.slot[0] == '\0' ? NULL : status->server.slot);
    view_put(visit, &row);
}

static void show_stream(struct view_visit *visit)
{
    struct watched *watched = NULL;
    struct watched_status status;
    char name[NAME_SIZE];

    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        watched_status(watched, &status);
        put_watched(visit, name, &status);
        watched_unref(watched);
    }
}

const struct view console_views_cache[] = {
        {.name = "cache",
                .sentence = "Kept answers: what is promised of them, how often they were given, "
                            "and why others were not.",
                .columns = cache_columns,
                .columns_count = SL_COUNT(cache_columns),
                .finish = show_cache},
        {.name = "cache_stream",
                .sentence = "Databases whose answers are kept: how they tell of their writes, and "
                            "how late.",
                .columns = stream_columns,
                .columns_count = SL_COUNT(stream_columns),
                .finish = show_stream},
        {.name = NULL},
};
