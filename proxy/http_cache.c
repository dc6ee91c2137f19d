/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_cache.h"

#include "cache/watch.h"
#include "proxy/caching.h"
#include "proxy/caching_status.h"
#include "proxy/caching_watch.h"
#include "proxy/http_cache_redis.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 128, NUMBER_SIZE = 32, MICRO = 6 };

/* ---- one number each ---- */

struct figure {
    const char *name;
    enum prometheus_type type;
    size_t at; /* a uint64_t of struct caching_status */
    unsigned scale;
    const char *help; /* NULL: as the row before, with another label */
    const char *label;
    const char *label_value;
};

#define AT(member_) offsetof(struct caching_status, member_)
#define COUNTER(name_, member_, scale_, help_)                                                     \
    {                                                                                              \
        .name = "sluice_cache_" name_ "_total", .type = PROMETHEUS_COUNTER, .at = AT(member_),     \
        .scale = scale_, .help = help_                                                             \
    }
#define GAUGE(name_, member_, help_)                                                               \
    {                                                                                              \
        .name = "sluice_cache_" name_, .type = PROMETHEUS_GAUGE, .at = AT(member_), .help = help_  \
    }
#define PART(name_, member_, label_, value_, help_)                                                \
    {                                                                                              \
        .name = "sluice_cache_" name_ "_total", .type = PROMETHEUS_COUNTER, .at = AT(member_),     \
        .label = label_, .label_value = value_, .help = help_                                      \
    }

static const struct figure figures[] = {
        COUNTER("hits", counts.hits, 0, "Statements that the cache answered."),
        PART("hits_by_class", counts.hits_of[ENTRY_TABLE], "class", "table",
                "Of those, by what makes the answer stale: SHOW CACHE SHAPES."),
        PART("hits_by_class", counts.hits_of[ENTRY_POINT], "class", "point", NULL),
        PART("hits_by_class", counts.hits_of[ENTRY_ROWS], "class", "rows", NULL),
        COUNTER("hits_stale", counts.hits_stale, 0,
                "Of those, answers that only a hint lets be so old."),
        COUNTER("hits_in_blocks", counts.hits_in_blocks, 0, "Of those, within transaction blocks."),
        COUNTER("hints_unknown", counts.hints_unknown, 0,
                "Items of hints in statements that were not understood, in texts that were new."),
        PART("misses", counts.misses[STORE_MISS], "reason", "none",
                "Statements that were looked up and not answered, by why."),
        PART("misses", counts.misses[STORE_CHANGED], "reason", "changed", NULL),
        PART("misses", counts.misses[STORE_PENDING], "reason", "pending", NULL),
        PART("misses", counts.misses[STORE_EXPIRED], "reason", "expired", NULL),
        PART("misses", counts.stale, "reason", "stale", NULL),
        PART("misses", counts.headless, "reason", "undescribed", NULL),
        PART("misses", counts.unasked, "reason", "unlike", NULL),
        COUNTER("saved_seconds", counts.saved_usec, MICRO,
                "What servers took for the answers that were given again."),
        COUNTER("fills", counts.fills, 0, "Answers that were kept."),
        COUNTER("refreshed", counts.refreshed, 0,
                "Answers that were got again before their time was over."),
        PART("evicted", store.evicted, "reason", "room", "Answers that went, by why."),
        PART("evicted", store.swept, "reason", "dead", NULL),
        PART("evicted", store.dropped, "reason", "dropped", NULL),
        PART("evicted", store.replaced, "reason", "replaced", NULL),
        PART("flights", flights.led, "role", "led",
                "Fills under way: statements that led one, that waited for another's, of those "
                "that were served by it, that grew tired of waiting, and for which there was no "
                "place."),
        PART("flights", flights.waited, "role", "waited", NULL),
        PART("flights", flights.served, "role", "served", NULL),
        PART("flights", counts.tired, "role", "tired", NULL),
        PART("flights", flights.full, "role", "full", NULL),
        COUNTER("writes", counts.writes, 0, "Statements that may write."),
        COUNTER("writes_unknown", counts.writes_unknown, 0,
                "Of those, that may write anything: all of their database is stale."),
        COUNTER("writes_late", counts.writes_late, 0,
                "Of those, that were read while they ran: what else they might have been is not "
                "stale."),
        COUNTER("writes_lost", counts.lost, 0,
                "Servers that were lost while they may have been writing."),
        GAUGE("entries", store.entries, "Answers that are kept."),
        GAUGE("bytes", store.bytes, "Memory that they take, with all that belongs to them."),
        GAUGE("bytes_peak", store.bytes_peak, "The most that it ever was."),
        GAUGE("pinned_bytes", store.pinned_bytes, "Memory of answers that are pinned."),
        GAUGE("bytes_max", bytes_max, "Memory that they may take ([cache] memory)."),
};

#undef AT
#undef COUNTER
#undef GAUGE
#undef PART

static void put_number(struct prometheus *out, uint64_t value, unsigned scale)
{
    char text[NUMBER_SIZE];

    snprintf(text, sizeof text, "%" PRIu64, value);
    prometheus_value(out, text, scale);
}

static void write_figures(struct prometheus *out, const struct caching_status *status)
{
    for (size_t i = 0; i < SL_COUNT(figures); i++) {
        const struct figure *figure = &figures[i];
        const char *at = (const char *)status + figure->at;
        uint64_t value = 0;

        memcpy(&value, at, sizeof value);
        if (figure->help != NULL) {
            prometheus_metric(out, figure->name, figure->type, figure->help);
        }
        if (figure->label != NULL) {
            prometheus_label(out, figure->label, figure->label_value);
        }
        put_number(out, value, figure->scale);
    }
}

/* ---- times ---- */

/* A hit's are some microseconds, a miss' are a server's. */
static const int64_t edges[] = {1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000,
        50000, 100000, 250000, 500000, 1000000, 2500000, 10000000};

static void write_tier(struct prometheus *out, const struct times_sum *times, const char *tier)
{
    uint64_t counts[SL_COUNT(edges) + 1];
    uint64_t before = 0;

    for (size_t i = 0; i < SL_COUNT(edges); i++) {
        uint64_t up_to = times_up_to(times, (uint64_t)edges[i]);
        counts[i] = up_to - before;
        before = up_to;
    }
    counts[SL_COUNT(edges)] = times->count - before;
    prometheus_label(out, "tier", tier);
    prometheus_histogram(out, &(struct prometheus_histogram){.bounds_usec = edges,
                                      .counts = counts,
                                      .bounds_count = SL_COUNT(edges),
                                      .sum_usec = times->sum});
}

static void write_report(struct prometheus *out)
{
    struct cache_report *report = malloc(sizeof *report);

    if (report == NULL) {
        return; /* the next scrape has it */
    }
    cache_report(caching_cache(), report);
    prometheus_metric(out, "sluice_cache_answer_seconds", PROMETHEUS_HISTOGRAM,
            "Time from the last byte of a statement that was looked up to its answer, by who gave "
            "it: a tier, or a server.");
    for (unsigned i = 0; i < CACHE_TIERS; i++) {
        write_tier(out, &report->times[i], cache_tier_name((enum cache_tier)i));
    }
    prometheus_metric(out, "sluice_cache_bytes_mean", PROMETHEUS_GAUGE,
            "What sluice_cache_bytes was in the mean, over the time since the start.");
    put_number(out, report->memory_mean, 0);
    free(report);
}

/* ---- reasons ---- */

static void write_reasons(struct prometheus *out, const struct cache_counts *counts)
{
    prometheus_metric(out, "sluice_cache_bypasses_total", PROMETHEUS_COUNTER,
            "Statements that were not looked up at all, by why.");
    for (unsigned i = CACHE_NOT_BYPASSED + 1; i < CACHE_BYPASSES; i++) {
        prometheus_label(out, "reason", cache_bypass_name((enum cache_bypass)i));
        put_number(out, counts->bypassed[i], 0);
    }
    prometheus_metric(out, "sluice_cache_unkept_total", PROMETHEUS_COUNTER,
            "Statements that were looked up and not answered, and whose answer was not kept, by "
            "why.");
    for (unsigned i = CACHE_KEPT + 1; i < CACHE_UNKEPTS; i++) {
        prometheus_label(out, "reason", cache_unkept_name((enum cache_unkept)i));
        put_number(out, counts->unkept[i], 0);
    }
    prometheus_metric(out, "sluice_cache_verdicts_total", PROMETHEUS_COUNTER,
            "Statements that were looked up and not answered, by what they are.");
    for (unsigned i = 0; i < POLICY_REASONS; i++) {
        prometheus_label(out, "reason", policy_reason_name((enum policy_reason)i));
        put_number(out, counts->policies[i], 0);
    }
}

/* ---- databases ---- */

/* Of one name: it may have been on one server, and be on another. */
struct its_databases {
    unsigned count;
    struct its_database {
        char name[NAME_SIZE];
        sl_usec staleness; /* -1: none */
        sl_usec staleness_max;
        bool is_up;
        uint64_t changes;
        uint64_t zombies;
    } at[WATCH_MAX];
};

static struct its_database *place_of(struct its_databases *all, const char *name)
{
    unsigned i = 0;

    while (i < all->count && strcmp(all->at[i].name, name) != 0) {
        i++;
    }
    SL_CHECK(i < WATCH_MAX); /* as many as are watched, at most */
    if (i == all->count) {
        all->count++;
        all->at[i] = (struct its_database){.staleness = -1, .staleness_max = -1, .is_up = true};
        snprintf(all->at[i].name, NAME_SIZE, "%s", name);
    }
    return &all->at[i];
}

static void add_watched(struct its_database *to, const struct watched_status *status)
{
    sl_usec max = status->is_streamed ? status->staleness_max : -1;

    to->staleness = status->staleness > to->staleness ? status->staleness : to->staleness;
    to->staleness_max = max > to->staleness_max ? max : to->staleness_max;
    to->is_up &= caching_is_up(status);
    to->changes += status->changes;
    to->zombies += status->zombies.now;
}

static void gather(struct its_databases *all)
{
    struct watched *watched = NULL;
    struct watched_status status;
    char name[NAME_SIZE];

    all->count = 0;
    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        watched_status(watched, &status);
        add_watched(place_of(all, name), &status);
        watched_unref(watched);
    }
}

static void put_of(
        struct prometheus *out, const struct its_database *database, sl_usec value, unsigned scale)
{
    if (value >= 0) {
        prometheus_label(out, "database", database->name);
        put_number(out, (uint64_t)value, scale);
    }
}

static void write_databases(struct prometheus *out, const struct its_databases *all)
{
    prometheus_metric(out, "sluice_cache_staleness_seconds", PROMETHEUS_GAUGE,
            "How long ago it was that a database's change stream had told of all; none while it "
            "is not up.");
    for (unsigned i = 0; i < all->count; i++) {
        put_of(out, &all->at[i], all->at[i].staleness, MICRO);
    }
    prometheus_metric(out, "sluice_cache_staleness_max_seconds", PROMETHEUS_GAUGE,
            "The most that it was while answers were wanted.");
    for (unsigned i = 0; i < all->count; i++) {
        put_of(out, &all->at[i], all->at[i].staleness_max, MICRO);
    }
    prometheus_metric(out, "sluice_cache_stream_up", PROMETHEUS_GAUGE,
            "1: a database's change stream tells of all writes; 0: of none.");
    for (unsigned i = 0; i < all->count; i++) {
        put_of(out, &all->at[i], all->at[i].is_up, 0);
    }
    prometheus_metric(out, "sluice_cache_stream_changes_total", PROMETHEUS_COUNTER,
            "Changes of rows that it told of.");
    for (unsigned i = 0; i < all->count; i++) {
        put_of(out, &all->at[i], (sl_usec)all->at[i].changes, 0);
    }
    prometheus_metric(out, "sluice_cache_zombies", PROMETHEUS_GAUGE,
            "Servers that were lost while they may have been writing, and may still be.");
    for (unsigned i = 0; i < all->count; i++) {
        put_of(out, &all->at[i], (sl_usec)all->at[i].zombies, 0);
    }
}

void http_cache_write(struct prometheus *out)
{
    struct its_databases all;
    struct caching_status status;

    caching_status(&status);
    if (status.state == CACHING_OFF) {
        return;
    }
    write_figures(out, &status);
    write_report(out);
    write_reasons(out, &status.counts);
    prometheus_metric(out, "sluice_cache_staleness_bound_seconds", PROMETHEUS_GAUGE,
            "Beyond that nothing of tables that others may write is answered ([cache] "
            "max_staleness).");
    put_number(out, (uint64_t)status.bound, MICRO);
    gather(&all);
    write_databases(out, &all);
    http_cache_redis_write(out);
}
