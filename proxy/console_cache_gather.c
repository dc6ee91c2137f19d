/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_cache_gather.h"

#include "proxy/caching.h"
#include "proxy/console_cache.h"
#include "proxy/worker.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = GATHER_MAX * 2, STEP = 4096, BATCH = 64 };

struct gather {
    struct store_reader *reader;
    uint64_t left_out;
    uint32_t count;
    uint32_t places[PLACES]; /* open addressing by shape: of records, from 1; 0: none */
    struct gather_record records[GATHER_MAX];
};

struct gather *gather_new(void)
{
    struct gather *gather = calloc(1, sizeof *gather);

    if (gather != NULL) {
        gather->reader = store_reader_new(cache_store(caching_cache()));
    }
    if (gather != NULL && gather->reader == NULL) {
        free(gather);
        return NULL;
    }
    return gather;
}

void gather_free(struct gather *gather)
{
    if (gather != NULL) {
        for (uint32_t i = 0; i < gather->count; i++) {
            policy_unref(gather->records[i].shape.verdict.policy);
        }
        store_reader_free(gather->reader);
        free(gather);
    }
}

/* ---- records ---- */

static bool is_of(const struct gather_record *record, struct sl_hash128 shape, uint64_t database)
{
    return record->shape.shape.hi == shape.hi && record->shape.shape.lo == shape.lo &&
           record->shape.verdict.database == database;
}

static bool is_alike(const struct cache_verdict *one, const struct cache_verdict *other)
{
    return one->policy != NULL && one->policy->reason == other->policy->reason &&
           strcmp(one->policy->what, other->policy->what) == 0 &&
           one->is_covered == other->is_covered && one->needs_stream == other->needs_stream;
}

/* Its place: of the first that fits, or an empty one. of NULL: of what may be kept, by whatever verdict. */
static uint32_t *place_of(struct gather *gather, struct sl_hash128 shape, uint64_t database,
        const struct cache_verdict *of)
{
    for (uint32_t at = (uint32_t)(shape.lo % PLACES);; at = (at + 1) % PLACES) {
        if (gather->places[at] == 0) {
            return &gather->places[at];
        }
        const struct gather_record *record = &gather->records[gather->places[at] - 1];
        const struct policy *policy = record->shape.verdict.policy;
        bool fits = of != NULL ? is_alike(&record->shape.verdict, of)
                               : policy == NULL || policy->reason == POLICY_KEPT;
        if (fits && is_of(record, shape, database)) {
            return &gather->places[at];
        }
    }
}

/* NULL: there is no room. */
static struct gather_record *record_at(struct gather *gather, uint32_t *place)
{
    if (*place != 0) {
        return &gather->records[*place - 1];
    }
    if (gather->count == GATHER_MAX) {
        gather->left_out++;
        return NULL;
    }
    *place = ++gather->count;
    return &gather->records[*place - 1];
}

/* ---- workers ---- */

static void take_shape(void *self, const struct cache_shape *shape)
{
    struct gather *gather = self;
    uint32_t *place = place_of(gather, shape->shape, shape->verdict.database, &shape->verdict);
    bool is_new = *place == 0;
    struct gather_record *record = record_at(gather, place);

    if (record == NULL) {
        return;
    }
    if (is_new) {
        record->shape = *shape;
        record->shape.verdict.policy = policy_ref(shape->verdict.policy);
        return;
    }
    record->shape.misses += shape->misses;
    record->shape.fills += shape->fills;
    record->shape.cold_until = shape->cold_until; /* all workers' */
    if (shape->last_at > record->shape.last_at) {
        record->shape.last_at = shape->last_at;
        record->shape.unkept = shape->unkept;
        record->shape.cost_usec =
                shape->cost_usec != 0 ? shape->cost_usec : record->shape.cost_usec;
    }
}

bool gather_worker(struct gather *gather, const struct worker *worker, uint32_t *cursor)
{
    return cache_shapes(caching_cache(), worker->index, cursor, take_shape, gather);
}

/* ---- what is kept ---- */

static void take_entry(struct gather *gather, const struct entry *entry)
{
    const struct cache_class *class = cache_class_of(entry);
    uint64_t database = class->session->database;
    uint32_t *place = place_of(gather, class->shape, database, NULL);
    bool is_new = *place == 0;
    struct gather_record *record = record_at(gather, place);

    if (record == NULL) {
        return;
    }
    if (is_new) {
        record->shape.shape = class->shape;
        record->shape.verdict.database = database;
    }
    record->entries++;
    record->points += entry->class == ENTRY_POINT;
    record->sets += entry->class == ENTRY_ROWS;
    record->bytes += entry->bytes;
    record->hits += atomic_load_explicit(&entry->hits, memory_order_relaxed);
    record->saved_usec += console_cache_saved(entry);
}

bool gather_store(struct gather *gather)
{
    struct entry *entries[BATCH];

    for (unsigned seen = 0; seen < STEP; seen += BATCH) {
        unsigned count = store_reader_next(gather->reader, entries, BATCH);
        if (count == 0) {
            return true;
        }
        for (unsigned i = 0; i < count; i++) {
            take_entry(gather, entries[i]);
            entry_unref(entries[i]);
        }
    }
    return false;
}

struct gather_record *gather_records(struct gather *gather, uint32_t *count)
{
    *count = gather->count;
    return gather->records;
}

uint64_t gather_left_out(const struct gather *gather)
{
    return gather->left_out;
}
