/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_cache_redis.h"

#include "cache/watch.h"
#include "proxy/caching_tier.h"
#include "proxy/caching_watch.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 128, NUMBER_SIZE = 32, MICRO = 6 };

/* Of a database's name: it may have been on one server, and be on another. */
struct shared {
    char name[NAME_SIZE];
    uint64_t is_up; /* of all its connections; as the next */
    uint64_t listens;
    uint64_t is_open; /* the breaker */
    uint64_t p50;
    uint64_t p99;
    uint64_t heard;
    uint64_t unheard;
    uint64_t covers;
    uint64_t has_joined;
    struct tier_counts counts; /* of the workers and the watch */
};

struct figure {
    const char *name;
    enum prometheus_type type;
    unsigned scale;
    size_t at;        /* a uint64_t of struct shared */
    const char *help; /* NULL: as the row before, with another label */
    const char *label;
    const char *label_value;
};

#define AT(member_) .at = offsetof(struct shared, member_)
#define GAUGE(name_, member_, help_)                                                               \
    {                                                                                              \
        .name = "sluice_cache_redis_" name_, .type = PROMETHEUS_GAUGE, AT(member_), .help = help_  \
    }
#define COUNTER(name_, member_, help_)                                                             \
    {                                                                                              \
        .name = "sluice_cache_redis_" name_ "_total", .type = PROMETHEUS_COUNTER, AT(member_),     \
        .help = help_                                                                              \
    }
#define PART(name_, member_, label_, value_, help_)                                                \
    {                                                                                              \
        .name = "sluice_cache_redis_" name_ "_total", .type = PROMETHEUS_COUNTER, AT(member_),     \
        .label = label_, .label_value = value_, .help = help_                                      \
    }
#define QUANTILE(member_, value_, help_)                                                           \
    {                                                                                              \
        .name = "sluice_cache_redis_answer_seconds", .type = PROMETHEUS_GAUGE, .scale = MICRO,     \
        AT(member_), .label = "quantile", .label_value = value_, .help = help_                     \
    }
#define ERROR(error_, value_, help_) PART("errors", counts.errors[error_], "error", value_, help_)

static const struct figure figures[] = {
        GAUGE("up", is_up, "1: all that are connected to Redis are; 0: one of them is not."),
        GAUGE("listening", listens,
                "1: what other Sluices say is heard; 0: nothing that they may write is answered."),
        GAUGE("joined", has_joined,
                "1: what was there when this Sluice started is used; 0: it was made stale, or that "
                "is not known yet."),
        GAUGE("breaker_open", is_open, "1: Redis is not asked for answers, as it was too slow."),
        QUANTILE(p50, "0.5", "How long Redis took to answer lookups, of late."),
        QUANTILE(p99, "0.99", NULL),
        PART("lookups", counts.results[TIER_HIT], "result", "hit",
                "Questions to Redis, by what came of them."),
        PART("lookups", counts.misses[TIER_ABSENT], "result", "absent", NULL),
        PART("lookups", counts.misses[TIER_STALE], "result", "stale", NULL),
        PART("lookups", counts.misses[TIER_PENDING], "result", "pending", NULL),
        PART("lookups", counts.misses[TIER_OTHER_VERSION], "result", "other_version", NULL),
        PART("lookups", counts.misses[TIER_DAMAGED], "result", "damaged", NULL),
        PART("lookups", counts.misses[TIER_UNKNOWN], "result", "unknown", NULL),
        PART("lookups", counts.results[TIER_LATE], "result", "late", NULL),
        COUNTER("not_asked", counts.off, "Misses for which Redis was not asked, as it was not up."),
        COUNTER("puts", counts.puts, "Answers that were put there."),
        COUNTER("puts_refused", counts.puts_refused,
                "Answers that were not: too large, too many under way, or no connection."),
        COUNTER("found_bytes", counts.bytes_found, "Bytes of answers that were found there."),
        COUNTER("put_bytes", counts.bytes_put, "Bytes of answers that were put there."),
        PART("writes", counts.begins, "moment", "begun",
                "What Redis was told of writes: that one begins, that it has ended; and what it "
                "could not be told."),
        PART("writes", counts.ends, "moment", "ended", NULL),
        PART("writes", counts.unsent, "moment", "untold", NULL),
        COUNTER("acks_late", counts.acks_late,
                "What Redis did not acknowledge in time: nobody waits for it any longer."),
        COUNTER("epochs", counts.epochs, "Times at which all of a database became stale there."),
        COUNTER("heard", heard, "What other Sluices said of their writes."),
        COUNTER("unheard", unheard, "Times at which some of that may have been missed."),
        COUNTER("covers", covers, "Sluices that started and were told that Redis knows all."),
        COUNTER("connects", counts.connects, "Connections that came up."),
        COUNTER("losses", counts.losses, "Connections that were lost."),
        ERROR(TIER_WRONG_TYPE, "wrong_type", "Errors that Redis gave, by which."),
        ERROR(TIER_OUT_OF_MEMORY, "out_of_memory", NULL),
        ERROR(TIER_NO_AUTH, "no_auth", NULL),
        ERROR(TIER_NO_PERMISSION, "no_permission", NULL),
        ERROR(TIER_LOADING, "loading", NULL),
        ERROR(TIER_READ_ONLY, "read_only", NULL),
        ERROR(TIER_NO_WRITES, "no_writes", NULL),
        ERROR(TIER_CLUSTER, "cluster", NULL),
        ERROR(TIER_OTHER_ERROR, "other", NULL),
};

#undef AT
#undef COUNTER
#undef ERROR
#undef GAUGE
#undef PART
#undef QUANTILE

/* ---- what there is ---- */

static void add_counts(struct tier_counts *to, const struct tier_counts *counts)
{
    static const size_t of_watch[] = {offsetof(struct tier_counts, begins),
            offsetof(struct tier_counts, ends), offsetof(struct tier_counts, unsent),
            offsetof(struct tier_counts, acks_late), offsetof(struct tier_counts, epochs),
            offsetof(struct tier_counts, connects), offsetof(struct tier_counts, losses)};

    for (size_t i = 0; i < SL_COUNT(of_watch); i++) {
        uint64_t sum = 0;
        uint64_t more = 0;
        memcpy(&sum, (const char *)to + of_watch[i], sizeof sum);
        memcpy(&more, (const char *)counts + of_watch[i], sizeof more);
        sum += more;
        memcpy((char *)to + of_watch[i], &sum, sizeof sum);
    }
    for (unsigned i = 0; i < TIER_ERRORS; i++) {
        to->errors[i] += counts->errors[i];
    }
}

/* False: it has no second tier. */
static bool look(struct watched *watched, struct shared *shared)
{
    struct caching_tier_sum sum;
    struct watched_status status;

    if (!caching_tier_sum(watched_database(watched), &sum)) {
        return false;
    }
    watched_status(watched, &status);
    shared->is_up = sum.workers > 0 && sum.up == sum.workers;
    shared->listens = status.listens;
    shared->is_open = sum.status.breaker == BREAKER_OPEN;
    shared->p50 = (uint64_t)sum.status.p50;
    shared->p99 = (uint64_t)sum.status.p99;
    shared->heard = status.share.heard;
    shared->unheard = status.share.unheard;
    shared->covers = status.share.covers;
    shared->has_joined = status.has_joined;
    shared->counts = sum.status.counts;
    shared->counts.epochs += status.share.epochs;
    add_counts(&shared->counts, &status.tier.counts);
    return true;
}

/* Of one name the last counts: another server's are of another time. */
static unsigned gather(struct shared *all)
{
    struct watched *watched = NULL;
    char name[NAME_SIZE];
    unsigned count = 0;

    for (unsigned i = 0; (watched = caching_watch_at(i, name, sizeof name)) != NULL; i++) {
        unsigned at = 0;
        while (at < count && strcmp(all[at].name, name) != 0) {
            at++;
        }
        if (at < WATCH_MAX && look(watched, &all[at])) {
            snprintf(all[at].name, NAME_SIZE, "%s", name);
            count += at == count;
        }
        watched_unref(watched);
    }
    return count;
}

/* ---- samples ---- */

static void put(struct prometheus *out, const struct figure *figure, const struct shared *shared)
{
    char text[NUMBER_SIZE];
    uint64_t value = 0;

    memcpy(&value, (const char *)shared + figure->at, sizeof value);
    snprintf(text, sizeof text, "%" PRIu64, value);
    prometheus_label(out, "database", shared->name);
    if (figure->label != NULL) {
        prometheus_label(out, figure->label, figure->label_value);
    }
    prometheus_value(out, text, figure->scale);
}

void http_cache_redis_write(struct prometheus *out)
{
    struct shared *all = calloc(WATCH_MAX, sizeof *all);
    unsigned count = all == NULL ? 0 : gather(all);

    for (size_t i = 0; i < SL_COUNT(figures); i++) {
        if (figures[i].help != NULL) {
            prometheus_metric(out, figures[i].name, figures[i].type, figures[i].help);
        }
        for (unsigned k = 0; k < count; k++) {
            put(out, &figures[i], &all[k]);
        }
    }
    free(all);
}
