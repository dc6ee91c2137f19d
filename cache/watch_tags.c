/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_tags.h"

#include "protocol/catalog_tables.h"

/* False: it is too long, or cannot be a name. */
static bool copy_name(struct decode_text text, char name[WATCH_NAME_MAX + 1])
{
    size_t len = decode_copy(text, name, WATCH_NAME_MAX);

    if (len == 0 || len > WATCH_NAME_MAX) {
        return false;
    }
    name[len] = '\0';
    return true;
}

/* NULL: nothing is known of it. */
static const struct catalog_details *find_table(
        const struct catalog *catalog, const struct decode_table *table)
{
    char name[WATCH_NAME_MAX + 1];

    if (catalog == NULL || !copy_name(table->schema, name)) {
        return NULL;
    }
    uint16_t schema = catalog_find_schema(catalog, name);
    if (schema == CATALOG_NONE || !copy_name(table->name, name)) {
        return NULL;
    }
    const struct catalog_relation *relation = catalog_find_relation(catalog, name, schema);
    return relation == NULL ? NULL : catalog_details_of(catalog, relation);
}

static bool is_of_one_row(const struct decode_change *change)
{
    return change->kind == DECODE_INSERT || change->kind == DECODE_UPDATE ||
           change->kind == DECODE_DELETE;
}

bool watch_tags_of_change(
        const struct watch_place *place, const struct decode_change *change, struct tag_set *set)
{
    const uint32_t all = tags_of_database(place->tags, place->database);
    struct sl_span tables = change->tables;
    struct decode_table table;
    bool has_table = false;

    if (change->kind == DECODE_MESSAGE) {
        return true; /* it changes no row */
    }
    while (decode_next_table(&tables, &table)) {
        const struct catalog_details *details = find_table(place->catalog, &table);
        if (details == NULL) {
            tag_set_add(set, all, all);
            return false;
        }
        has_table = true;
        tag_set_add(set, tags_of_table(place->tags, place->database, details->tree, TAG_ANY), all);
        if (!is_of_one_row(change)) {
            tag_set_add(
                    set, tags_of_table(place->tags, place->database, details->tree, TAG_WILD), all);
        }
    }
    if (!has_table) {
        tag_set_add(set, all, all);
    }
    return has_table;
}
