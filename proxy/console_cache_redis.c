/* SPDX-License-Identifier: PostgreSQL */
/* SHOW CACHE REDIS: what each database has of the second tier. */
#include "proxy/caching_tier.h"
#include "proxy/caching_watch.h"
#include "proxy/console_show.h"

#include <inttypes.h>
#include <stdio.h>

enum { NAME_SIZE = 128 };

static const struct reply_column columns[] = {{"database", REPLY_TEXT}, {"state", REPLY_TEXT},
        {"reason", REPLY_TEXT}, {"breaker", REPLY_TEXT}, {"listens", REPLY_TEXT},
        {"start", REPLY_TEXT}, {"workers", REPLY_INT8}, {"workers_up", REPLY_INT8},
        {"p50_us", REPLY_INT8}, {"p99_us", REPLY_INT8}, {"lookups", REPLY_INT8},
        {"hits", REPLY_INT8}, {"misses_absent", REPLY_INT8}, {"misses_stale", REPLY_INT8},
        {"misses_pending", REPLY_INT8}, {"misses_other", REPLY_INT8}, {"late", REPLY_INT8},
        {"not_asked", REPLY_INT8}, {"puts", REPLY_INT8}, {"puts_refused", REPLY_INT8},
        {"bytes_found", REPLY_INT8}, {"bytes_put", REPLY_INT8}, {"writes_begun", REPLY_INT8},
        {"writes_ended", REPLY_INT8}, {"writes_unsent", REPLY_INT8}, {"acks_late", REPLY_INT8},
        {"epochs", REPLY_INT8}, {"heard", REPLY_INT8}, {"unheard", REPLY_INT8},
        {"covers", REPLY_INT8}, {"connects", REPLY_INT8}, {"losses", REPLY_INT8},
        {"errors", REPLY_INT8}, {"server_version", REPLY_TEXT}, {"names", REPLY_TEXT}};

static void add_lookups(struct view_row *row, const struct tier_counts *counts)
{
    const uint64_t *misses = counts->misses;

    view_add_uint(row, counts->lookups);
    view_add_uint(row, counts->results[TIER_HIT]);
    view_add_uint(row, misses[TIER_ABSENT]);
    view_add_uint(row, misses[TIER_STALE]);
    view_add_uint(row, misses[TIER_PENDING]);
    view_add_uint(row, misses[TIER_OTHER_VERSION] + misses[TIER_DAMAGED] + misses[TIER_UNKNOWN]);
    view_add_uint(row, counts->results[TIER_LATE]);
    view_add_uint(row, counts->off);
}

static void add_writes(struct view_row *row, const struct tier_counts *counts,
        const struct tier_counts *watch, const struct watched_status *status)
{
    view_add_uint(row, counts->begins + watch->begins);
    view_add_uint(row, counts->ends + watch->ends);
    view_add_uint(row, counts->unsent + watch->unsent);
    view_add_uint(row, counts->acks_late + watch->acks_late);
    view_add_uint(row, counts->epochs + watch->epochs + status->share.epochs);
    view_add_uint(row, status->share.heard);
    view_add_uint(row, status->share.unheard);
    view_add_uint(row, status->share.covers);
}

static void put_shared(struct view_visit *visit, const char *name,
        const struct caching_tier_sum *sum, const struct watched_status *status)
{
    const struct tier_counts *counts = &sum->status.counts;
    const struct tier_counts *watch = &status->tier.counts;
    struct view_row row;
    uint64_t errors = 0;

    for (unsigned i = TIER_NO_ERROR + 1; i < TIER_ERRORS; i++) {
        errors += counts->errors[i] + watch->errors[i];
    }
    view_row_begin(&row);
    view_add_text(&row, name);
    view_add_text(&row, tier_state_text(sum->status.state));
    view_add_text(&row, sum->why[0] == '\0' ? NULL : sum->why);
    view_add_text(&row, breaker_state_text(sum->status.breaker));
    view_add_text(&row, status->listens ? "yes" : "no");
    view_add_text(&row, status->start);
    view_add_uint(&row, sum->workers);
    view_add_uint(&row, sum->up);
    view_add_int(&row, sum->status.p50);
    view_add_int(&row, sum->status.p99);
    add_lookups(&row, counts);
    view_add_uint(&row, counts->puts);
    view_add_uint(&row, counts->puts_refused);
    view_add_uint(&row, counts->bytes_found);
    view_add_uint(&row, counts->bytes_put);
    add_writes(&row, counts, watch, status);
    view_add_uint(&row, counts->connects + watch->connects);
    view_add_uint(&row, counts->losses + watch->losses);
    view_add_uint(&row, errors);
    view_add_text(&row, sum->status.server[0] == '\0' ? NULL : sum->status.server);
    view_add_text(&row, sum->names);
    view_put(visit, &row);
}

static void show_redis(struct view_visit *visit)
{
    struct watched *watched = NULL;
    struct watched_status status;
    struct caching_tier_sum sum;
    char name[NAME_SIZE];

    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        watched_status(watched, &status);
        if (caching_tier_sum(watched_database(watched), &sum)) {
            put_shared(visit, name, &sum, &status);
        }
        watched_unref(watched);
    }
}

const struct view console_views_cache_redis[] = {
        {.name = "cache_redis",
                .sentence = "Databases whose answers are kept in [cache] redis, too: how it does, "
                            "what was found and put there, and what was said of writes.",
                .columns = columns,
                .columns_count = SL_COUNT(columns),
                .finish = show_redis},
        {.name = NULL},
};
