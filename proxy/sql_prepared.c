/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/sql_prepared.h"

#include "protocol/base/buf.h"
#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/map.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct sql_prepared {
    struct sl_map_node node; /* under table_lock */
    atomic_uint refs;        /* any thread */
    uint32_t count;
    uint32_t len;                      /* of the texts, which are behind the statements */
    struct sql_statement statements[]; /* sorted by name */
};

/* Where a statement begins in bytes: name\0text\0. */
struct place {
    const uint8_t *bytes; /* when they are to be sorted */
    uint32_t at;
    uint64_t reading;
};

struct sql_prepared_draft {
    struct sl_buf bytes;
    uint32_t count;
    struct place places[SQL_PREPARED_MAX];
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_map table = {.nodes_max = UINT32_MAX}; /* under table_lock */
static struct sql_prepared empty_set = {.refs = 1};

const struct sql_prepared *sql_prepared_empty(void)
{
    return &empty_set;
}

/* A const set is const to those who hold it; the count is the table's business. */
static struct sql_prepared *owned(const struct sql_prepared *set)
{
    return (struct sql_prepared *)(uintptr_t)set;
}

const struct sql_prepared *sql_prepared_ref(const struct sql_prepared *set)
{
    if (set != &empty_set) {
        atomic_fetch_add_explicit(&owned(set)->refs, 1, memory_order_relaxed);
    }
    return set;
}

void sql_prepared_unref(const struct sql_prepared *const_set)
{
    if (const_set == NULL || const_set == &empty_set) {
        return;
    }
    struct sql_prepared *set = owned(const_set);
    unsigned refs = atomic_load_explicit(&set->refs, memory_order_relaxed);
    while (refs > 1) {
        if (atomic_compare_exchange_weak_explicit(
                    &set->refs, &refs, refs - 1, memory_order_release, memory_order_relaxed)) {
            return;
        }
    }
    /* Perhaps the last one: only under the lock may it go, as a lookup may revive it there. */
    pthread_mutex_lock(&table_lock);
    bool last = atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) == 1;
    if (last) {
        sl_map_remove(&table, &set->node);
    }
    pthread_mutex_unlock(&table_lock);
    if (last) {
        free(set);
    }
}

uint32_t sql_prepared_count(const struct sql_prepared *set)
{
    return set->count;
}

const struct sql_statement *sql_prepared_at(const struct sql_prepared *set, uint32_t i)
{
    SL_CHECK(i < set->count);
    return &set->statements[i];
}

static int compare_names(const void *name, const void *statement)
{
    return strcmp(name, ((const struct sql_statement *)statement)->name);
}

const struct sql_statement *sql_prepared_find(const struct sql_prepared *set, const char *name)
{
    return bsearch(name, set->statements, set->count, sizeof *set->statements, compare_names);
}

/* ---- making ---- */

struct sql_prepared_draft *sql_prepared_draft_new(void)
{
    struct sql_prepared_draft *draft = calloc(1, sizeof *draft);

    if (draft != NULL) {
        sl_buf_init(&draft->bytes, SQL_PREPARED_BYTES_MAX);
    }
    return draft;
}

void sql_prepared_draft_free(struct sql_prepared_draft *draft)
{
    if (draft != NULL) {
        sl_buf_fini(&draft->bytes);
        free(draft);
    }
}

enum sl_err sql_prepared_draft_add(struct sql_prepared_draft *draft, struct sl_span name,
        struct sl_span text, uint64_t reading)
{
    struct sl_buf *bytes = &draft->bytes;
    static const uint8_t end = '\0';

    if (draft->count == SQL_PREPARED_MAX) {
        return SL_ELIMIT;
    }
    enum sl_err err = sl_buf_reserve(bytes, name.len + text.len + 2);
    if (err != SL_OK) {
        return err;
    }
    draft->places[draft->count++] =
            (struct place){.at = (uint32_t)sl_buf_len(bytes), .reading = reading};
    const struct sl_span parts[] = {name, sl_span(&end, 1), text, sl_span(&end, 1)};
    for (size_t i = 0; i < SL_COUNT(parts); i++) {
        SL_IGNORE(sl_buf_put(bytes, parts[i].at, parts[i].len), "there is room");
    }
    return SL_OK;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;

    return strcmp((const char *)a->bytes + a->at, (const char *)b->bytes + b->at);
}

/* Texts are laid in the order of their statements, so that equal sets have equal bytes. */
static void fill(struct sql_prepared *set, struct sql_prepared_draft *draft)
{
    struct sl_span bytes = sl_buf_borrow(&draft->bytes);
    char *to = (char *)(set->statements + draft->count);

    for (uint32_t i = 0; i < draft->count; i++) {
        draft->places[i].bytes = bytes.at;
    }
    qsort(draft->places, draft->count, sizeof *draft->places, compare_places);
    for (uint32_t i = 0; i < draft->count; i++) {
        const char *name = (const char *)bytes.at + draft->places[i].at;
        size_t name_len = strlen(name) + 1;
        size_t text_len = strlen(name + name_len) + 1;
        memcpy(to, name, name_len + text_len);
        set->statements[i] = (struct sql_statement){
                .name = to, .text = to + name_len, .reading = draft->places[i].reading};
        to += name_len + text_len;
    }
    set->count = draft->count;
    set->len = (uint32_t)bytes.len;
}

static struct sl_span texts(const struct sql_prepared *set)
{
    return sl_span(set->statements + set->count, set->len);
}

static uint64_t hash_of(const struct sql_prepared *set)
{
    return sl_hash64_seed(texts(set), set->count);
}

static bool is_equal(const struct sql_prepared *a, const struct sql_prepared *b)
{
    if (a->count != b->count || !sl_span_equal(texts(a), texts(b))) {
        return false;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        if (a->statements[i].reading != b->statements[i].reading) {
            return false;
        }
    }
    return true;
}

/* The set in the table that equals set, or set itself, now in the table. NULL: no memory. */
static struct sql_prepared *intern(struct sql_prepared *set)
{
    uint64_t hash = hash_of(set);
    struct sql_prepared *found = NULL;

    pthread_mutex_lock(&table_lock);
    for (struct sl_map_node *n = sl_map_first(&table, hash); n != NULL; n = sl_map_next(n)) {
        struct sql_prepared *other = SL_CONTAINER(n, struct sql_prepared, node);
        if (is_equal(other, set)) {
            atomic_fetch_add_explicit(&other->refs, 1, memory_order_relaxed);
            found = other;
            break;
        }
    }
    if (found == NULL && sl_map_put(&table, &set->node, hash) == SL_OK) {
        found = set;
    }
    pthread_mutex_unlock(&table_lock);
    if (found != set) {
        free(set);
    }
    return found;
}

const struct sql_prepared *sql_prepared_make(struct sql_prepared_draft *draft)
{
    const struct sql_prepared *made = &empty_set;

    if (draft->count > 0) {
        struct sql_prepared *set = malloc(
                sizeof *set + draft->count * sizeof *set->statements + sl_buf_len(&draft->bytes));
        if (set != NULL) {
            atomic_init(&set->refs, 1);
            fill(set, draft);
            set = intern(set);
        }
        made = set;
    }
    sql_prepared_draft_free(draft);
    return made;
}

const struct sql_prepared *sql_prepared_without(const struct sql_prepared *from, const char *name)
{
    struct sql_prepared_draft *draft = sql_prepared_draft_new();
    enum sl_err err = draft == NULL ? SL_ENOMEM : SL_OK;

    for (uint32_t i = 0; err == SL_OK && i < from->count; i++) {
        const struct sql_statement *it = &from->statements[i];
        if (strcmp(it->name, name) != 0) {
            err = sql_prepared_draft_add(
                    draft, sl_span_text(it->name), sl_span_text(it->text), it->reading);
        }
    }
    if (err != SL_OK) {
        sql_prepared_draft_free(draft);
        return NULL;
    }
    return sql_prepared_make(draft);
}
