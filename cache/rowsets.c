/* SPDX-License-Identifier: PostgreSQL */
#include "cache/rowsets.h"

#include "protocol/base/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKET = 8, BUCKETS = ROWSETS_TABLES / BUCKET, LOCKS = 64 };

/* For tags_of_key(), where it wants a hash of columns. */
#define ANY_COLUMNS UINT64_C(0x5e7a11)
#define UNTIL_COLUMNS UINT64_C(0x5e70f)

struct table {
    uint64_t database;
    uint32_t tree; /* 0: free */
    struct rowset_list list;
    sl_usec used_at[ROWSETS_MAX];
};

struct rowsets {
    struct tags *tags;
    _Atomic uint32_t floor; /* the last number of who has no place: it never falls */
    pthread_mutex_t locks[LOCKS];
    struct table tables[BUCKETS][BUCKET]; /* a bucket's under its lock */
};

struct rowsets *rowsets_new(struct tags *tags)
{
    struct rowsets *rowsets = calloc(1, sizeof *rowsets);

    if (rowsets == NULL) {
        return NULL;
    }
    rowsets->tags = tags;
    for (unsigned i = 0; i < LOCKS; i++) {
        if (pthread_mutex_init(&rowsets->locks[i], NULL) != 0) {
            while (i-- > 0) {
                pthread_mutex_destroy(&rowsets->locks[i]);
            }
            free(rowsets);
            return NULL;
        }
    }
    return rowsets;
}

void rowsets_free(struct rowsets *rowsets)
{
    for (unsigned i = 0; rowsets != NULL && i < LOCKS; i++) {
        pthread_mutex_destroy(&rowsets->locks[i]);
    }
    free(rowsets);
}

size_t rowsets_bytes(void)
{
    return sizeof(struct rowsets);
}

/* ---- names ---- */

uint64_t rowset_hash(const struct rowset_columns *columns)
{
    return sl_hash64(sl_span(columns->numbers, columns->count * sizeof columns->numbers[0]));
}

uint32_t rowsets_any(const struct tags *tags, uint64_t database, uint32_t tree, uint32_t number)
{
    return tags_of_key(tags, database, tree, ANY_COLUMNS, number);
}

uint32_t rowsets_until(const struct tags *tags, uint64_t database, uint32_t tree, uint32_t number)
{
    return tags_of_key(tags, database, tree, UNTIL_COLUMNS, number);
}

/* ---- places ---- */

static unsigned bucket_of(uint64_t database, uint32_t tree)
{
    const uint64_t name[] = {database, tree};

    return (unsigned)(sl_hash64(sl_span(name, sizeof name)) % BUCKETS);
}

static pthread_mutex_t *lock_of(const struct rowsets *rowsets, unsigned bucket)
{
    struct rowsets *mine = (struct rowsets *)(uintptr_t)rowsets;

    return &mine->locks[bucket % LOCKS];
}

/* NULL: it has no place. */
static struct table *find(
        const struct rowsets *rowsets, unsigned bucket, uint64_t database, uint32_t tree)
{
    struct rowsets *mine = (struct rowsets *)(uintptr_t)rowsets;

    for (unsigned i = 0; i < BUCKET; i++) {
        struct table *table = &mine->tables[bucket][i];
        if (table->tree == tree && table->database == database) {
            return table;
        }
    }
    return NULL;
}

void rowsets_of(
        const struct rowsets *rowsets, uint64_t database, uint32_t tree, struct rowset_list *list)
{
    unsigned bucket = bucket_of(database, tree);

    list->last = 0;
    list->count = 0;
    if (rowsets == NULL) {
        return;
    }
    pthread_mutex_lock(lock_of(rowsets, bucket));
    const struct table *table = find(rowsets, bucket, database, tree);
    if (table != NULL) {
        *list = table->list;
    } else {
        list->last = atomic_load(&rowsets->floor);
    }
    pthread_mutex_unlock(lock_of(rowsets, bucket));
}

static sl_usec last_use(const struct table *table)
{
    sl_usec last = 0;

    for (unsigned i = 0; i < table->list.count; i++) {
        last = table->used_at[i] > last ? table->used_at[i] : last;
    }
    return last;
}

static void raise_floor(struct rowsets *rowsets, uint32_t number)
{
    uint32_t floor = atomic_load(&rowsets->floor);

    while (floor < number && !atomic_compare_exchange_weak(&rowsets->floor, &floor, number)) {
    }
}

/* Nothing of it is given from before it is gone. */
static void free_place(struct rowsets *rowsets, struct table *table)
{
    uint32_t wild = tags_of_table(rowsets->tags, table->database, table->tree, TAG_WILD);

    tags_begin(rowsets->tags, wild);
    raise_floor(rowsets, table->list.last);
    memset(table, 0, sizeof *table);
    tags_end(rowsets->tags, wild);
}

/* One that is free, or that has not been used for long and has not had many sets; NULL: there is none. */
static struct table *make_place(struct rowsets *rowsets, unsigned bucket, sl_usec now)
{
    struct table *found = NULL;

    for (unsigned i = 0; i < BUCKET; i++) {
        struct table *table = &rowsets->tables[bucket][i];
        if (table->tree == 0) {
            return table;
        }
        bool is_idle = now - last_use(table) >= ROWSETS_IDLE;
        if (is_idle && table->list.last <= ROWSETS_NUMBERS_MAX / 2 &&
                (found == NULL || table->list.last < found->list.last)) {
            found = table;
        }
    }
    if (found != NULL) {
        free_place(rowsets, found);
    }
    return found;
}

/* ---- sets ---- */

static bool is_same(const struct rowset_columns *a, const struct rowset_columns *b)
{
    return a->count == b->count &&
           memcmp(a->numbers, b->numbers, a->count * sizeof *a->numbers) == 0;
}

/* The table's, when there are as many as can be: the one that was used last is gone. False: none is idle. */
static bool free_set(struct rowsets *rowsets, struct table *table, sl_usec now)
{
    struct rowset_list *list = &table->list;
    unsigned oldest = 0;

    for (unsigned i = 1; i < list->count; i++) {
        oldest = table->used_at[i] < table->used_at[oldest] ? i : oldest;
    }
    if (now - table->used_at[oldest] < ROWSETS_IDLE) {
        return false;
    }
    uint32_t wild = tags_of_table(rowsets->tags, table->database, table->tree, TAG_WILD);
    tags_begin(rowsets->tags, wild);
    list->count--;
    list->sets[oldest] = list->sets[list->count];
    table->used_at[oldest] = table->used_at[list->count];
    tags_end(rowsets->tags, wild);
    return true;
}

static uint32_t want(struct rowsets *rowsets, struct table *table,
        const struct rowset_columns *columns, sl_usec now)
{
    struct rowset_list *list = &table->list;

    for (unsigned i = 0; i < list->count; i++) {
        if (is_same(&list->sets[i].columns, columns)) {
            table->used_at[i] = now > table->used_at[i] ? now : table->used_at[i];
            return list->sets[i].number;
        }
    }
    if (list->last >= ROWSETS_NUMBERS_MAX ||
            (list->count == ROWSETS_MAX && !free_set(rowsets, table, now))) {
        return 0;
    }
    list->last++;
    list->sets[list->count] = (struct rowset){.columns = *columns, .number = list->last};
    table->used_at[list->count] = now;
    list->count++;
    return list->last;
}

uint32_t rowsets_want(struct rowsets *rowsets, uint64_t database, uint32_t tree,
        const struct rowset_columns *columns, sl_usec now)
{
    unsigned bucket = bucket_of(database, tree);
    uint32_t number = 0;

    SL_CHECK(tree != 0 && columns->count > 0);
    pthread_mutex_lock(lock_of(rowsets, bucket));
    struct table *table = find(rowsets, bucket, database, tree);
    if (table == NULL) {
        table = make_place(rowsets, bucket, now);
        if (table != NULL) {
            *table = (struct table){.database = database, .tree = tree};
            table->list.last = atomic_load(&rowsets->floor);
        }
    }
    if (table != NULL) {
        number = want(rowsets, table, columns, now);
    }
    pthread_mutex_unlock(lock_of(rowsets, bucket));
    return number;
}
