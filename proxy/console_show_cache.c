/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_show_cache.c - CACHE: what is kept, what it was good for, and why not.
 */
#include "cache/stage.h"
#include "conf/conf.h"
#include "proxy/caching.h"
#include "proxy/console_show.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <stdio.h>

static const struct reply_column cache_columns[] = {
        {"section", REPLY_TEXT}, {"name", REPLY_TEXT}, {"value", REPLY_INT8}};

static void put(struct view_visit *visit, const char *section, const char *name, uint64_t value)
{
    struct view_row row;

    view_row_begin(&row);
    view_add_text(&row, section);
    view_add_text(&row, name);
    view_add_uint(&row, value);
    view_put(visit, &row);
}

static void put_store(struct view_visit *visit)
{
    struct store_counts counts;

    store_counts(cache_store(caching_cache()), &counts);
    put(visit, "local", "entries", counts.entries);
    put(visit, "local", "bytes", counts.bytes);
    put(visit, "local", "bytes_peak", counts.bytes_peak);
    put(visit, "local", "puts", counts.puts);
    put(visit, "local", "replaced", counts.replaced);
    put(visit, "local", "refused", counts.refused);
    put(visit, "local", "evicted", counts.evicted);
    put(visit, "local", "swept", counts.swept);
    put(visit, "local", "dropped", counts.dropped);
}

static void put_flights(struct view_visit *visit, const struct cache_counts *cache)
{
    struct flight_counts counts;

    flights_counts(cache_flights(caching_cache()), &counts);
    put(visit, "flights", "led", counts.led);
    put(visit, "flights", "waited", counts.waited);
    put(visit, "flights", "served", counts.served);
    put(visit, "flights", "tired", cache->tired);
    put(visit, "flights", "full", counts.full);
    put(visit, "flights", "now", counts.now);
}

static void put_lookups(struct view_visit *visit, const struct cache_counts *counts)
{
    put(visit, "lookups", "hits", counts->hits);
    put(visit, "lookups", "hits_waited", counts->hits_waited);
    put(visit, "lookups", "hits_of_tables", counts->hits_of[ENTRY_TABLE]);
    put(visit, "lookups", "hits_of_rows", counts->hits_of[ENTRY_POINT]);
    put(visit, "lookups", "misses_none", counts->misses[STORE_MISS]);
    put(visit, "lookups", "misses_changed", counts->misses[STORE_CHANGED]);
    put(visit, "lookups", "misses_pending", counts->misses[STORE_PENDING]);
    put(visit, "lookups", "misses_expired", counts->misses[STORE_EXPIRED]);
    put(visit, "lookups", "misses_stale", counts->stale);
    put(visit, "lookups", "misses_below_floor", counts->below);
    put(visit, "lookups", "misses_undescribed", counts->headless);
    put(visit, "lookups", "misses_unlike", counts->unasked);
    put(visit, "lookups", "saved_usec", counts->saved_usec);
}

static void show_cache(struct view_visit *visit)
{
    struct cache_counts counts;

    if (caching_cache() == NULL) {
        return;
    }
    cache_counts(caching_cache(), &counts);
    put_lookups(visit, &counts);
    put_store(visit);
    put_flights(visit, &counts);
    put(visit, "writes", "known", counts.writes - counts.writes_unknown);
    put(visit, "writes", "unknown", counts.writes_unknown);
    put(visit, "writes", "unseen", counts.unseen);
    put(visit, "writes", "lost", counts.lost);
    for (unsigned i = CACHE_NOT_BYPASSED + 1; i < CACHE_BYPASSES; i++) {
        put(visit, "bypassed", cache_bypass_name((enum cache_bypass)i), counts.bypassed[i]);
    }
    for (unsigned i = 0; i < CACHE_UNKEPTS; i++) {
        put(visit, "misses", cache_unkept_name((enum cache_unkept)i), counts.unkept[i]);
    }
    for (unsigned i = 0; i < POLICY_REASONS; i++) {
        put(visit, "policy", policy_reason_name((enum policy_reason)i), counts.policies[i]);
    }
}

const struct view console_views_cache[] = {
        {.name = "cache",
                .sentence = "Kept answers: how often they were given, and why others were not.",
                .columns = cache_columns,
                .columns_count = SL_COUNT(cache_columns),
                .finish = show_cache},
        {.name = NULL},
};
