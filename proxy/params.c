/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/params.c - a set is its text: name\0value\0name\0value\0..., sorted by
 * name; a hash of it, blind to the case of names, finds it in the table.
 */
#include "proxy/params.h"

#include "protocol/base/hash.h"
#include "protocol/base/map.h"
#include "protocol/base/parse.h"
#include "proxy/search_paths.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATH_UNREAD = UINT16_MAX };

struct params {
    struct sl_map_node node; /* under table_lock */
    atomic_uint refs;        /* any thread */
    uint32_t count;
    uint32_t len;
    struct shape_options rules;
    uint64_t reading;
    _Atomic uint16_t path; /* any thread; the same, whoever reads it first */
    char text[];
};

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_map table = {.nodes_max = UINT32_MAX}; /* under table_lock */
static struct params empty_set = {.refs = 1};

const struct params *params_empty(void)
{
    return &empty_set;
}

/* A const set is const to those who hold it; the count is the table's business. */
static struct params *owned(const struct params *params)
{
    return (struct params *)(uintptr_t)params;
}

const struct params *params_ref(const struct params *params)
{
    if (params != &empty_set) {
        atomic_fetch_add_explicit(&owned(params)->refs, 1, memory_order_relaxed);
    }
    return params;
}

void params_unref(const struct params *params)
{
    if (params == NULL || params == &empty_set) {
        return;
    }
    struct params *set = owned(params);
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

uint32_t params_count(const struct params *params)
{
    return params->count;
}

struct shape_options params_rules(const struct params *params)
{
    return params->rules;
}

uint64_t params_reading(const struct params *params)
{
    return params->reading;
}

uint64_t params_number(const struct params *params)
{
    return params->node.hash; /* constant once it is in the table */
}

uint16_t params_path(const struct params *params)
{
    uint16_t path = atomic_load_explicit(&params->path, memory_order_acquire);

    if (SL_UNLIKELY(path == PATH_UNREAD)) {
        path = search_paths_of_startup(params);
        atomic_store_explicit(&owned(params)->path, path, memory_order_release);
    }
    return path;
}

size_t params_bytes(const struct params *params)
{
    return params->len;
}

void params_at(const struct params *params, uint32_t i, const char **name, const char **value)
{
    const char *at = params->text;

    SL_CHECK(i < params->count);
    for (; i > 0; i--) {
        at += strlen(at) + 1;
        at += strlen(at) + 1;
    }
    *name = at;
    *value = at + strlen(at) + 1;
}

const char *params_get(const struct params *params, const char *name)
{
    const char *at = params->text;

    for (uint32_t i = 0; i < params->count; i++) {
        const char *value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0) {
            return value;
        }
        at = value + strlen(value) + 1;
    }
    return NULL;
}

static size_t put_pair(char *to, const char *name, const char *value)
{
    size_t name_len = strlen(name) + 1;
    size_t value_len = strlen(value) + 1;

    memcpy(to, name, name_len);
    memcpy(to + name_len, value, value_len);
    return name_len + value_len;
}

/* Copies from's text into set with name changed, keeping the order. */
static void fill(struct params *set, const struct params *from, const char *name, const char *value)
{
    const char *at = from->text;
    bool placed = value == NULL;

    for (uint32_t i = 0; i < from->count; i++) {
        const char *old = at + strlen(at) + 1;
        int order = strcasecmp(at, name);
        const char *spelled = order == 0 ? at : name;
        if (!placed && order >= 0) {
            set->len += (uint32_t)put_pair(set->text + set->len, spelled, value);
            set->count++;
            placed = true;
        }
        if (order != 0) {
            set->len += (uint32_t)put_pair(set->text + set->len, at, old);
            set->count++;
        }
        at = old + strlen(old) + 1;
    }
    if (!placed) {
        set->len += (uint32_t)put_pair(set->text + set->len, name, value);
        set->count++;
    }
}

/* Whatever the case of the names, and exactly as to values. */
static uint64_t hash_of(const struct params *set)
{
    const char *at = set->text;
    uint64_t hash = set->count;

    for (uint32_t i = 0; i < set->count; i++) {
        for (; *at != '\0'; at++) {
            hash = hash * 31 + (uint8_t)tolower((unsigned char)*at);
        }
        at++;
        size_t len = strlen(at);
        hash = sl_hash64_seed(sl_span(at, len), hash);
        at += len + 1;
    }
    return hash;
}

static bool is_equal(const struct params *a, const struct params *b)
{
    const char *left = a->text;
    const char *right = b->text;

    if (a->count != b->count || a->len != b->len) {
        return false;
    }
    for (uint32_t i = 0; i < 2 * a->count; i++) {
        if (i % 2 == 0 ? strcasecmp(left, right) != 0 : strcmp(left, right) != 0) {
            return false;
        }
        left += strlen(left) + 1;
        right += strlen(right) + 1;
    }
    return true;
}

/* The set in the table that equals set, or set itself, now in the table. NULL: no memory. */
static struct params *intern(struct params *set)
{
    uint64_t hash = hash_of(set);
    struct params *found = NULL;

    pthread_mutex_lock(&table_lock);
    for (struct sl_map_node *n = sl_map_first(&table, hash); n != NULL; n = sl_map_next(n)) {
        struct params *other = SL_CONTAINER(n, struct params, node);
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

static struct shape_options rules_of(const struct params *set)
{
    const char *encoding = params_get(set, "client_encoding");
    const char *conforming = params_get(set, "standard_conforming_strings");
    bool conforms = true;

    if (conforming != NULL && sl_parse_bool(conforming, &conforms) != SL_OK) {
        conforms = true;
    }
    return (struct shape_options){.encoding = encoding == NULL
                                                      ? SHAPE_ENCODING_SAFE
                                                      : shape_encoding_of(sl_span_text(encoding)),
            .backslashes = !conforms};
}

/* Of what PostgreSQL reports: the settings that its types' input functions and its scanner read. */
static uint64_t reading_of(const struct params *set)
{
    static const char *const names[] = {"client_encoding", "DateStyle", "IntervalStyle",
            "standard_conforming_strings", "TimeZone"};
    uint64_t reading = 0;

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        const char *value = params_get(set, names[i]);
        reading = value == NULL ? reading : sl_hash64_seed(sl_span_text(value), reading + i + 1);
    }
    return reading;
}

/* Bytes of the set in which name has value; NULL: it has none. */
static size_t bytes_with(const struct params *from, const char *name, const char *value)
{
    const char *old = params_get(from, name);

    return from->len - (old == NULL ? 0 : strlen(name) + strlen(old) + 2) +
           (value == NULL ? 0 : strlen(name) + strlen(value) + 2);
}

bool params_has_room(const struct params *from, const char *name, const char *value)
{
    return bytes_with(from, name, value) <= PARAMS_BYTES_MAX &&
           (params_get(from, name) != NULL || from->count < PARAMS_COUNT_MAX);
}

const struct params *params_with(const struct params *from, const char *name, const char *value)
{
    const char *old = params_get(from, name);

    if (old == NULL ? value == NULL : value != NULL && strcmp(old, value) == 0) {
        return from;
    }
    if (value != NULL && !params_has_room(from, name, value)) {
        return NULL;
    }
    struct params *set = malloc(sizeof *set + bytes_with(from, name, value));
    if (set == NULL) {
        return NULL;
    }
    atomic_init(&set->refs, 1);
    set->count = 0;
    set->len = 0;
    fill(set, from, name, value);
    set->rules = rules_of(set);
    set->reading = reading_of(set);
    atomic_init(&set->path, PATH_UNREAD);
    const struct params *made = &empty_set;
    if (set->count == 0) {
        free(set);
    } else {
        made = intern(set);
    }
    if (made != NULL) {
        params_unref(from);
    }
    return made;
}
