/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog.h"

#include "protocol/base/check.h"

#include <stdlib.h>

const struct catalog *catalog_ref(const struct catalog *catalog)
{
    union {
        const struct catalog *lent;
        struct catalog *own;
    } it = {.lent = catalog}; /* the count is what may change in it */

    atomic_fetch_add_explicit(&it.own->refs, 1, memory_order_relaxed);
    return catalog;
}

void catalog_unref(const struct catalog *catalog)
{
    union {
        const struct catalog *lent;
        struct catalog *own;
    } it = {.lent = catalog};

    if (catalog != NULL && atomic_fetch_sub_explicit(&it.own->refs, 1, memory_order_acq_rel) == 1) {
        free(it.own);
    }
}

/* ---- looking up ---- */

/* The first of count items whose name is not before `name`; each is of len bytes, name at `at`. */
struct search {
    const char *names;
    const uint8_t *items;
    uint32_t count;
    size_t len;
    size_t at;
};

static const char *name_of(const struct search *search, uint32_t i)
{
    uint32_t name = 0;

    memcpy(&name, search->items + i * search->len + search->at, sizeof name);
    return search->names + name;
}

static uint32_t first_not_before(const struct search *search, const char *name)
{
    uint32_t from = 0;
    uint32_t to = search->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (strcmp(name_of(search, middle), name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

uint16_t catalog_find_schema(const struct catalog *catalog, const char *name)
{
    struct search search = {.names = catalog->names,
            .items = (const uint8_t *)catalog->schemas,
            .count = catalog->schemas_count,
            .len = sizeof *catalog->schemas,
            .at = offsetof(struct catalog_schema, name)};
    uint32_t at = first_not_before(&search, name);

    return at < search.count && strcmp(name_of(&search, at), name) == 0 ? (uint16_t)at
                                                                        : CATALOG_NONE;
}

uint16_t catalog_find_role(const struct catalog *catalog, const char *name)
{
    for (uint32_t i = 0; i < catalog->roles_count; i++) {
        if (strcmp(catalog_name(catalog, catalog->roles[i].name), name) == 0) {
            return (uint16_t)i;
        }
    }
    return CATALOG_NONE;
}

const struct catalog_relation *catalog_find_relation(
        const struct catalog *catalog, const char *name, uint16_t schema)
{
    uint32_t from = 0;
    uint32_t to = catalog->relations_count;

    while (from < to) { /* many schemas may have the same tables */
        uint32_t middle = from + (to - from) / 2;
        const struct catalog_relation *relation = &catalog->relations[middle];
        int order = strcmp(catalog_name(catalog, relation->name), name);
        if (order == 0 && relation->schema == schema) {
            return relation;
        }
        if (order < 0 || (order == 0 && relation->schema < schema)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return NULL;
}

const struct catalog_function *catalog_find_functions(
        const struct catalog *catalog, const char *name, uint32_t *count)
{
    struct search search = {.names = catalog->names,
            .items = (const uint8_t *)catalog->functions,
            .count = catalog->functions_count,
            .len = sizeof *catalog->functions,
            .at = offsetof(struct catalog_function, name)};
    uint32_t first = first_not_before(&search, name);
    uint32_t end = first;

    while (end < search.count && strcmp(name_of(&search, end), name) == 0) {
        end++;
    }
    *count = end - first;
    return catalog->functions + first;
}

/* In lower case; false: it is too long, or not in ASCII. */
static bool fold(struct sl_span name, char folded[64])
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        if (i == 63 || c >= 0x80 || c == 0) {
            return false;
        }
        folded[i] = (char)((uint8_t)(c - 'A') < 26 ? c | 0x20 : c);
    }
    folded[name.len] = '\0';
    return true;
}

bool catalog_call_is_harmless(
        const struct catalog *catalog, struct sl_span schema, struct sl_span name)
{
    char text[64];
    uint32_t count = 0;
    uint16_t of = CATALOG_NONE;
    bool is_there = false;

    if (!fold(schema, text)) {
        return false;
    }
    if (schema.len > 0) {
        of = catalog_find_schema(catalog, text);
        if (of == CATALOG_NONE) {
            return false;
        }
    }
    if (!fold(name, text)) {
        return false;
    }
    const struct catalog_function *functions = catalog_find_functions(catalog, text, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (of == CATALOG_NONE || functions[i].schema == of) {
            is_there = true;
            if (!functions[i].is_harmless) {
                return false;
            }
        }
    }
    return is_there;
}

const char *catalog_kind_text(enum catalog_kind kind)
{
    static const char *const texts[CATALOG_KIND_COUNT] = {[CATALOG_UNKNOWN] = "unknown",
            [CATALOG_TABLE] = "table",
            [CATALOG_PARTITIONED] = "partitioned table",
            [CATALOG_VIEW] = "view",
            [CATALOG_MATVIEW] = "materialized view",
            [CATALOG_FOREIGN] = "foreign table",
            [CATALOG_SEQUENCE] = "sequence"};

    SL_CHECK(kind >= 0 && kind < CATALOG_KIND_COUNT);
    return texts[kind];
}
