/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_keys.c - CACHE_KEYS: the answers that are kept, those first that have saved most.
 *
 * Without what they were asked with: a statement is shown as its shape, which has no literals, and neither
 * parameters nor what they hash to are shown.
 *
 * The store is looked through some entries a turn, on the last worker of the tour.
 */
#include "cache/stage.h"
#include "proxy/caching.h"
#include "proxy/console_cache.h"
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/process.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum { STEP = 4096, BATCH = 64 };

static const struct reply_column key_columns[] = {{"id", REPLY_TEXT}, {"database", REPLY_TEXT},
        {"role", REPLY_TEXT}, {"class", REPLY_TEXT}, {"state", REPLY_TEXT}, {"rows", REPLY_INT8},
        {"bytes", REPLY_INT8}, {"hits", REPLY_INT8}, {"cost_us", REPLY_INT8},
        {"saved_us", REPLY_INT8}, {"age_ms", REPLY_INT8}, {"expires_ms", REPLY_INT8},
        {"tags", REPLY_INT8}, {"needs_stream", REPLY_TEXT}, {"query", REPLY_TEXT}};

/* A heap: the one that has saved least is the first. */
struct keys {
    struct store_reader *reader;
    unsigned max;
    unsigned count;
    struct key {
        uint64_t saved;
        struct entry *entry; /* a reference */
    } at[];
};

/* ---- those that saved most ---- */

static void swap(struct key *one, struct key *other)
{
    struct key kept = *one;

    *one = *other;
    *other = kept;
}

static void sink(struct keys *keys, unsigned i)
{
    for (unsigned least = i;; i = least) {
        for (unsigned child = 2 * i + 1; child <= 2 * i + 2 && child < keys->count; child++) {
            least = keys->at[child].saved < keys->at[least].saved ? child : least;
        }
        if (least == i) {
            return;
        }
        swap(&keys->at[i], &keys->at[least]);
    }
}

static void rise(struct keys *keys, unsigned i)
{
    while (i > 0 && keys->at[i].saved < keys->at[(i - 1) / 2].saved) {
        swap(&keys->at[i], &keys->at[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

/* Takes the reference over. */
static void take(struct keys *keys, struct entry *entry)
{
    struct key key = {.saved = console_cache_saved(entry), .entry = entry};

    if (keys->count < keys->max) {
        keys->at[keys->count++] = key;
        rise(keys, keys->count - 1);
    } else if (key.saved > keys->at[0].saved) {
        entry_unref(keys->at[0].entry);
        keys->at[0] = key;
        sink(keys, 0);
    } else {
        entry_unref(entry);
    }
}

static int most_first(const void *a, const void *b)
{
    const struct key *one = a;
    const struct key *other = b;

    return one->saved < other->saved ? 1 : one->saved > other->saved ? -1 : 0;
}

/* ---- rows ---- */

static const char *state_of(const struct entry *entry, sl_usec now)
{
    const struct tags *tags = cache_tags(caching_cache());
    const uint64_t pending = (UINT64_C(1) << TAGS_PENDING_BITS) - 1;

    if (entry->expires_at <= now) {
        return "expired";
    }
    if (entry_is_fresh(entry, tags)) {
        return "fresh";
    }
    for (uint16_t i = 0; i < entry->tags_count; i++) {
        if ((tags_word(tags, entry->tags[i].tag) & ~pending) != entry->tags[i].word) {
            return "changed";
        }
    }
    return "pending";
}

static void put_key(struct view_visit *visit, const struct key *key, sl_usec now)
{
    const struct entry *entry = key->entry;
    const struct cache_class *class = cache_class_of(entry);
    struct sl_span database = cache_session_part(class->session, CACHE_DATABASE);
    struct sl_span role = cache_session_part(class->session, CACHE_ROLE);
    struct view_row row;

    view_row_begin(&row);
    console_add_shape(&row, class->shape);
    view_add_printf(&row, "%.*s", (int)database.len, (const char *)database.at);
    view_add_printf(&row, "%.*s", (int)role.len, (const char *)role.at);
    view_add_text(&row, console_cache_class(entry->class));
    view_add_text(&row, state_of(entry, now));
    view_add_uint(&row, entry->rows);
    view_add_uint(&row, entry->bytes);
    view_add_uint(&row, atomic_load_explicit(&entry->hits, memory_order_relaxed));
    view_add_uint(&row, entry->cost_usec);
    view_add_uint(&row, key->saved);
    view_add_int(&row, (now - entry->filled_at) / SL_MSEC);
    if (entry->expires_at == INT64_MAX) {
        view_add_text(&row, NULL);
    } else {
        view_add_int(&row, (entry->expires_at - now) / SL_MSEC);
    }
    view_add_uint(&row, entry->tags_count);
    view_add_text(&row, entry->needs_stream ? "yes" : "no");
    console_cache_add_query(&row, class->shape);
    view_put(visit, &row);
}

/* ---- the view ---- */

static struct keys *keys_new(struct view_visit *visit)
{
    unsigned max = console_cache_limit(visit);

    if (max == 0) {
        return NULL;
    }
    struct keys *keys = calloc(1, sizeof *keys + max * sizeof keys->at[0]);
    if (keys != NULL) {
        keys->max = max;
        keys->reader = store_reader_new(cache_store(caching_cache()));
    }
    if (keys == NULL || keys->reader == NULL) {
        free(keys);
        visit->out->is_full = true;
        return NULL;
    }
    return keys;
}

/* True: that was all. */
static bool look(struct keys *keys)
{
    struct entry *entries[BATCH];

    for (unsigned seen = 0; seen < STEP; seen += BATCH) {
        unsigned count = store_reader_next(keys->reader, entries, BATCH);
        if (count == 0) {
            return true;
        }
        for (unsigned i = 0; i < count; i++) {
            take(keys, entries[i]);
        }
    }
    return false;
}

static bool show_keys(struct view_visit *visit, void *arg)
{
    const struct worker *worker = arg;

    if (caching_cache() == NULL || worker->index + 1 < process_workers()) {
        return true;
    }
    if (visit->state == NULL) {
        visit->state = keys_new(visit);
    }
    struct keys *keys = visit->state;
    if (keys == NULL) {
        return true;
    }
    if (!look(keys)) {
        return false;
    }
    qsort(keys->at, keys->count, sizeof keys->at[0], most_first);
    for (unsigned i = 0; i < keys->count; i++) {
        put_key(visit, &keys->at[i], worker->now);
    }
    return true;
}

static void end_keys(struct view_visit *visit)
{
    struct keys *keys = visit->state;

    if (keys != NULL) {
        for (unsigned i = 0; i < keys->count; i++) {
            entry_unref(keys->at[i].entry);
        }
        store_reader_free(keys->reader);
        free(keys);
        visit->state = NULL;
    }
}

const struct view console_views_cache_keys[] = {
        {.name = "cache_keys",
                .sentence = "Answers that are kept, the first 100 or as many as asked by what "
                            "they saved: whose, how long, and whether they may still be given.",
                .argument = "[limit]",
                .columns = key_columns,
                .columns_count = SL_COUNT(key_columns),
                .on_worker = show_keys,
                .end = end_keys},
        {.name = NULL},
};
