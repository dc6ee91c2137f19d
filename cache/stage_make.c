/* SPDX-License-Identifier: PostgreSQL */
/* cache/stage_make.c - the stage's parts, made and ended, and what is told of it. */
#include "cache/stage_part.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_EVERY (SL_SECOND / 10)

static const char *const bypasses[CACHE_BYPASSES] = {[CACHE_NOT_BYPASSED] = "asked",
        [CACHE_NO_READ] = "no_read",
        [CACHE_NOT_PLAIN] = "not_plain",
        [CACHE_TRANSACTION] = "transaction",
        [CACHE_SESSION] = "session_pooling",
        [CACHE_SETTINGS] = "settings",
        [CACHE_PINNED] = "pinned",
        [CACHE_HOSTS] = "hosts",
        [CACHE_HINT] = "hint",
        [CACHE_SET_OFF] = "set_off",
        [CACHE_HANDOVER] = "handover",
        [CACHE_NO_MEMORY] = "no_memory"};

static const char *const unkepts[CACHE_UNKEPTS] = {[CACHE_KEPT] = "kept",
        [CACHE_POLICY] = "policy",
        [CACHE_POLICY_OFF] = "policy_off",
        [CACHE_UNCOVERED] = "uncovered",
        [CACHE_PARAMETER] = "time_word",
        [CACHE_BUSY] = "busy",
        [CACHE_SPOILED] = "spoiled",
        [CACHE_TOO_LARGE] = "too_large",
        [CACHE_CHANGED] = "changed",
        [CACHE_REFUSED] = "no_room",
        [CACHE_ONCE] = "asked_once",
        [CACHE_COLD] = "cold"};

const char *cache_tier_name(enum cache_tier tier)
{
    static const char *const names[CACHE_TIERS] = {"local", "redis", "server"};

    return names[tier];
}

const char *cache_bypass_name(enum cache_bypass bypass)
{
    return bypasses[bypass];
}

const char *cache_unkept_name(enum cache_unkept unkept)
{
    return unkepts[unkept];
}

static bool begin_part(struct cache *cache, unsigned worker)
{
    struct cache_part *part = &cache->parts[worker];

    part->cache = cache;
    part->worker = worker;
    part->look_at = INT64_MAX;
    part->late_look_at = INT64_MAX;
    sl_list_init(&part->waiting);
    part->asked = sl_slab_new(sizeof(struct asked), ASKED_MAX);
    return part->asked != NULL && pthread_mutex_init(&part->lock, NULL) == 0;
}

struct cache *cache_new(
        const struct cache_limits *limits, const struct cache_hooks *hooks, unsigned workers)
{
    struct cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL) {
        return NULL;
    }
    if (holds_init(&cache->holds) != SL_OK) {
        free(cache);
        return NULL;
    }
    cache->hooks = *hooks;
    cache->parts = calloc(workers, sizeof *cache->parts);
    cache->tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    cache->rowsets = cache->tags == NULL ? NULL : rowsets_new(cache->tags);
    if (cache->parts == NULL || cache->rowsets == NULL) {
        cache_free(cache);
        return NULL;
    }
    cache->store = store_new(&(struct store_limits){.bytes_max = limits->memory}, cache->tags);
    cache->flights = flights_new(cache->tags);
    cache->door = door_new();
    cache->reuse = reuse_new(workers);
    bool is_made = cache->store != NULL && cache->flights != NULL && cache->door != NULL &&
                   cache->reuse != NULL;
    for (unsigned i = 0; i < workers && is_made; i++) {
        cache->workers++;
        is_made = begin_part(cache, i);
    }
    if (!is_made) {
        cache_free(cache);
        return NULL;
    }
    cache_set_limits(cache, limits);
    return cache;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (unsigned i = 0; i < cache->workers; i++) {
        memo_fini(&cache->parts[i]);
        late_fini(&cache->parts[i]);
        sl_slab_free(cache->parts[i].asked);
        pthread_mutex_destroy(&cache->parts[i].lock);
    }
    if (cache->flights != NULL) {
        flights_free(cache->flights);
    }
    holds_fini(&cache->holds);
    reuse_free(cache->reuse);
    door_free(cache->door);
    store_free(cache->store);
    rowsets_free(cache->rowsets);
    tags_free(cache->tags);
    free(cache->parts);
    free(cache);
}

static bool is_any(void *self, const struct entry *entry)
{
    (void)self;
    (void)entry;
    return true;
}

void cache_outdate(struct cache *cache)
{
    uint32_t all = stage_everything(cache->tags);

    tags_begin(cache->tags, all);
    tags_end(cache->tags, all);
}

/* Whoever keeps something looks at the floor once more behind that: fill_finish(). */
void cache_forget(struct cache *cache)
{
    uint32_t some = tags_of_database(cache->tags, 0);

    tags_begin(cache->tags, some);
    tags_end(cache->tags, some); /* so that the clock is later than any fill's */
    atomic_store(&cache->floor, tags_clock(cache->tags));
    (void)store_drop_if(cache->store, is_any, NULL);
}

void cache_set_limits(struct cache *cache, const struct cache_limits *limits)
{
    atomic_store(&cache->max_result, limits->max_result);
    atomic_store(&cache->ttl, limits->ttl);
    atomic_store(&cache->negative_ttl, limits->negative_ttl);
    atomic_store(&cache->max_staleness, limits->max_staleness);
    atomic_store(&cache->ttl_redis, limits->ttl_redis);
    atomic_store(&cache->shares, limits->shares);
    atomic_store(&cache->admission, limits->admission);
    store_limit(cache->store, limits->memory);
}

/* What there was counts until it is looked at again. */
static void note_memory(struct cache *cache, sl_usec now)
{
    struct cache_memory *memory = &cache->memory;

    if (memory->at != 0) {
        memory->sum += (double)memory->bytes * (double)(now - memory->at);
        memory->usec += (double)(now - memory->at);
        atomic_store(&cache->memory_mean, (uint64_t)(memory->sum / memory->usec));
    }
    memory->at = now;
    memory->bytes = store_bytes(cache->store);
}

void cache_turn(struct cache *cache, unsigned worker, sl_usec now)
{
    if (worker == 0 && now >= cache->memory.at + MEMORY_EVERY) {
        note_memory(cache, now);
    }
    wait_turn(&cache->parts[worker], now);
    late_turn(&cache->parts[worker], now);
}

sl_usec cache_next(const struct cache *cache, unsigned worker)
{
    const struct cache_part *part = &cache->parts[worker];

    return part->look_at < part->late_look_at ? part->look_at : part->late_look_at;
}

void cache_spoil(struct cache *cache, unsigned worker,
        bool (*is)(const void *self, struct sl_hash128 shape), const void *self)
{
    const struct cache_part *part = &cache->parts[worker];
    struct sl_id id;
    struct asked *asked = sl_slab_next(part->asked, 0, &id);

    for (; asked != NULL; asked = sl_slab_next(part->asked, id.slot + 1, &id)) {
        if (asked->fills && is(self, asked->shape)) {
            fill_spoil(&asked->fill);
        }
    }
}

struct tags *cache_tags(const struct cache *cache)
{
    return cache->tags;
}

struct rowsets *cache_rowsets(const struct cache *cache)
{
    return cache->rowsets;
}

struct store *cache_store(const struct cache *cache)
{
    return cache->store;
}

struct flights *cache_flights(const struct cache *cache)
{
    return cache->flights;
}

struct holds *cache_holds(struct cache *cache)
{
    return &cache->holds;
}

/* Its figures are uint64_t one behind the other, as the parts'. */
void cache_counts(const struct cache *cache, struct cache_counts *counts)
{
    uint64_t *figures = (uint64_t *)counts;

    for (size_t i = 0; i < sizeof *counts / sizeof *figures; i++) {
        figures[i] = 0;
        for (unsigned k = 0; k < cache->workers; k++) {
            figures[i] +=
                    atomic_load_explicit(&cache->parts[k].counts.figures[i], memory_order_relaxed);
        }
    }
}

void cache_report(const struct cache *cache, struct cache_report *report)
{
    struct store_counts counts;

    memset(report, 0, sizeof *report);
    for (unsigned i = 0; i < cache->workers; i++) {
        for (unsigned tier = 0; tier < CACHE_TIERS; tier++) {
            times_read(&cache->parts[i].times[tier], &report->times[tier]);
        }
    }
    store_counts(cache->store, &counts);
    report->memory = counts.bytes;
    report->memory_peak = counts.bytes_peak;
    report->memory_mean = atomic_load(&cache->memory_mean);
}
