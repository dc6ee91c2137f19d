/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_table.c - entries in places; a place's generation makes an id.
 *
 * Entries are found by key through buckets of place numbers (plus 1), chained by the
 * places' next. Nothing grows: places and buckets are there from the start, entries and
 * their pages come from the table's own budget, so that one worker's flood of shapes
 * takes nothing from another.
 */
#include "optimizer/shape_table.h"

#include "optimizer/totals.h"

#include <stdlib.h>

enum {
    ENTRY_COST = 1024, /* an entry with a few pages: for how many there may be places */
    PLACES_MIN = 8,
    CLOCK_STEPS = 32,
    HEADROOM = 16 /* one in so many bytes is kept free, so that pages find room */
};

struct shape_entry {
    struct shape_key key;
    uint64_t hash;
    struct sl_id id;
    bool is_used;    /* since the hand came by */
    sl_usec used_at; /* of the last statement */
    struct tally tally;
};

struct place {
    struct shape_entry *entry; /* NULL: free */
    uint32_t gen;              /* of the entry that is or was there */
    uint32_t next;             /* in its bucket, or of the free ones; plus 1 */
};

struct shape_table {
    struct budget budget;
    struct shape_store *store;
    uint32_t worker;
    struct place *places;
    uint32_t *buckets;
    uint32_t places_max;
    uint32_t buckets_count; /* a power of two */
    uint32_t count;
    uint32_t free; /* plus 1 */
    uint32_t hand;
    struct shape_entry other; /* id 0: who counts when there is no memory for an entry */
};

/* ---- life ---- */

static void set_up(struct shape_table *table)
{
    for (uint32_t i = table->places_max; i > 0; i--) {
        table->places[i - 1].next = table->free;
        table->free = i;
    }
}

struct shape_table *shape_table_new(
        struct shape_store *store, const struct shape_limits *limits, uint32_t worker)
{
    struct shape_table *table = NULL;
    size_t places_max = limits->bytes_max / ENTRY_COST;

    if (limits->bytes_max < sizeof(*table) + (size_t)PLACES_MIN * ENTRY_COST) {
        return NULL;
    }
    table = calloc(1, sizeof(*table));
    if (table == NULL) {
        return NULL;
    }
    budget_init(&table->budget, limits->bytes_max - sizeof(*table));
    table->store = store;
    table->worker = worker;
    table->places_max = places_max < limits->shapes_max ? (uint32_t)places_max : limits->shapes_max;
    table->buckets_count = 1;
    while (table->buckets_count < table->places_max) {
        table->buckets_count *= 2;
    }
    table->places = budget_take_zeroed(&table->budget, table->places_max * sizeof(struct place));
    table->buckets = budget_take_zeroed(&table->budget, table->buckets_count * sizeof(uint32_t));
    if (table->places == NULL || table->buckets == NULL) {
        shape_table_free(table, 0);
        return NULL;
    }
    set_up(table);
    return table;
}

/* The pool of no name is that of all others. */
static void tell_totals(struct shape_table *table, const struct shape_key *key,
        const struct tally *tally, sl_usec now)
{
    totals_add(shape_store_totals(table->store),
            &(struct total_key){.worker = table->worker,
                    .database = key->database,
                    .user = key->user,
                    .node = key->node},
            tally, now);
}

static void tell(struct shape_table *table, struct shape_entry *entry, sl_usec now)
{
    if (entry->tally.calls > 0) {
        shape_store_add(table->store, &entry->key, &entry->tally, now);
        tell_totals(table, &entry->key, &entry->tally, now);
        tally_reset(&entry->tally);
    }
}

static void tell_other(struct shape_table *table, sl_usec now)
{
    if (table->other.tally.calls > 0) {
        shape_store_add_other(table->store, &table->other.tally);
        tell_totals(table, &table->other.key, &table->other.tally, now);
        tally_reset(&table->other.tally);
    }
}

static uint32_t *bucket_of(struct shape_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->buckets_count - 1)];
}

static void give_up(struct shape_table *table, struct shape_entry *entry)
{
    uint32_t number = entry->id.slot + 1;
    struct place *place = &table->places[entry->id.slot];
    uint32_t *at = bucket_of(table, entry->hash);

    while (*at != number) {
        SL_CHECK(*at != 0);
        at = &table->places[*at - 1].next;
    }
    *at = place->next;
    place->entry = NULL;
    place->next = table->free;
    table->free = number;
    table->count--;
    tally_fini(&entry->tally, &table->budget);
    budget_give(&table->budget, entry, sizeof(*entry));
}

void shape_table_free(struct shape_table *table, sl_usec now)
{
    if (table == NULL) {
        return;
    }
    for (uint32_t i = 0; table->places != NULL && i < table->places_max; i++) {
        struct shape_entry *entry = table->places[i].entry;
        if (entry != NULL) {
            tell(table, entry, now);
            give_up(table, entry);
        }
    }
    tell_other(table, now);
    tally_fini(&table->other.tally, &table->budget);
    budget_give(&table->budget, table->buckets, table->buckets_count * sizeof(uint32_t));
    budget_give(&table->budget, table->places, table->places_max * sizeof(struct place));
    SL_CHECK(budget_bytes(&table->budget) == 0);
    free(table);
}

/* ---- entries ---- */

struct shape_entry *shape_table_find(struct shape_table *table, struct sl_id id)
{
    if (id.slot >= table->places_max || id.gen == 0) {
        return NULL;
    }
    const struct place *place = &table->places[id.slot];
    return place->gen == id.gen ? place->entry : NULL;
}

struct sl_id shape_entry_id(const struct shape_entry *entry)
{
    return entry->id;
}

static struct shape_entry *find_key(
        struct shape_table *table, const struct shape_key *key, uint64_t hash)
{
    uint32_t number = *bucket_of(table, hash);

    while (number != 0) {
        const struct place *place = &table->places[number - 1];
        if (place->entry->hash == hash && shape_key_equal(&place->entry->key, key)) {
            return place->entry;
        }
        number = place->next;
    }
    return NULL;
}

/* Gives up one entry: the first that the hand finds unused since it last came; but not keep. */
static bool make_room(struct shape_table *table, const struct shape_entry *keep, sl_usec now)
{
    struct shape_entry *victim = NULL;
    unsigned steps = 0;

    for (uint32_t i = 0; i < table->places_max && steps < CLOCK_STEPS; i++) {
        struct shape_entry *entry = table->places[table->hand].entry;

        table->hand = table->hand + 1 == table->places_max ? 0 : table->hand + 1;
        if (entry == NULL || entry == keep) {
            continue;
        }
        victim = entry;
        if (!entry->is_used) {
            break;
        }
        entry->is_used = false;
        steps++;
    }
    if (victim == NULL) {
        return false;
    }
    tell(table, victim, now);
    give_up(table, victim);
    return true;
}

static bool is_short(const struct shape_table *table)
{
    return budget_room(&table->budget) < table->budget.bytes_max / HEADROOM;
}

struct shape_entry *shape_table_open(
        struct shape_table *table, const struct shape_key *key, sl_usec now)
{
    uint64_t hash = shape_key_hash(key);
    struct shape_entry *entry = find_key(table, key, hash);

    if (entry != NULL) {
        return entry;
    }
    if ((table->free == 0 || is_short(table)) && !make_room(table, NULL, now)) {
        return &table->other;
    }
    entry = budget_take_zeroed(&table->budget, sizeof(*entry));
    if (entry == NULL) {
        return &table->other;
    }
    uint32_t number = table->free;
    uint32_t *bucket = bucket_of(table, hash);
    struct place *place = &table->places[number - 1];
    table->free = place->next;
    place->entry = entry;
    place->gen = place->gen == UINT32_MAX ? 1 : place->gen + 1;
    place->next = *bucket;
    *bucket = number;
    entry->key = *key;
    entry->hash = hash;
    entry->id = (struct sl_id){.slot = number - 1, .gen = place->gen};
    entry->used_at = now;
    table->count++;
    return entry;
}

void shape_table_add(struct shape_table *table, struct shape_entry *entry,
        const struct tally_sample *sample, sl_usec now)
{
    if (SL_UNLIKELY(is_short(table))) {
        SL_IGNORE(make_room(table, entry, now), "then some times are unplaced");
    }
    SL_IGNORE(tally_add(&entry->tally, &table->budget, sample, now), "counted all the same");
    entry->is_used = true;
    entry->used_at = now;
}

/* ---- telling ---- */

bool shape_table_flush(struct shape_table *table, uint32_t *cursor, uint32_t slots_max, sl_usec now)
{
    for (; slots_max > 0 && *cursor < table->places_max; slots_max--, ++*cursor) {
        struct shape_entry *entry = table->places[*cursor].entry;

        if (entry == NULL) {
            continue;
        }
        tell(table, entry, now);
        if (now - entry->used_at >= SHAPE_TABLE_IDLE) {
            give_up(table, entry);
        }
    }
    if (*cursor < table->places_max) {
        return false;
    }
    tell_other(table, now);
    *cursor = 0;
    return true;
}

bool shape_table_reset_some(struct shape_table *table, uint32_t *cursor, uint32_t entries_max)
{
    for (uint32_t n = 0; n < entries_max && *cursor < table->places_max; (*cursor)++) {
        struct shape_entry *entry = table->places[*cursor].entry;

        if (entry != NULL) {
            tally_reset(&entry->tally);
            n++;
        }
    }
    if (*cursor < table->places_max) {
        return false;
    }
    tally_reset(&table->other.tally);
    return true;
}

void shape_table_reset(struct shape_table *table)
{
    uint32_t cursor = 0;

    SL_CHECK(shape_table_reset_some(table, &cursor, UINT32_MAX));
}

uint32_t shape_table_count(const struct shape_table *table)
{
    return table->count;
}

size_t shape_table_bytes(const struct shape_table *table)
{
    return budget_bytes(&table->budget) + sizeof(*table);
}

void shape_limits_share(const struct shape_limits *all, unsigned workers_count,
        struct shape_limits *store, struct shape_limits *table)
{
    const size_t eighth = all->bytes_max / 8;

    SL_CHECK(workers_count > 0);
    *store = (struct shape_limits){.shapes_max = all->shapes_max, .bytes_max = 5 * eighth};
    *table = (struct shape_limits){
            .shapes_max = all->shapes_max, .bytes_max = eighth / workers_count};
}
