/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_tags.h"

#include "cache/point.h"
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

/* ---- rows ---- */

/* What a row's columns say of its key. False: not all of it. */
static bool key_value(const struct catalog *catalog, const struct catalog_details *table,
        const struct catalog_key *key, struct sl_span row, uint64_t *value)
{
    struct point_hash hash;

    point_hash_begin(&hash);
    for (unsigned i = 0; i < key->columns_count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, key->columns[i]);
        struct sl_span name = sl_span_text(catalog_column_name(catalog, column));
        struct sl_span left = row;
        struct decode_column found;
        char text[WATCH_NAME_MAX + 1];
        bool is_found = false;
        while (!is_found && decode_next_column(&left, &found)) {
            is_found = decode_is(found.name, name);
        }
        if (!is_found || found.kind != DECODE_VALUE) {
            return false;
        }
        size_t len = decode_copy(found.value, text, sizeof text);
        if (len > sizeof text || !point_hash_text(&hash, (enum catalog_key_kind)column->key_kind,
                                         sl_span(text, len))) {
            return false;
        }
    }
    *value = hash.hash;
    return true;
}

static void add_kind(
        const struct watch_place *place, uint32_t tree, enum tag_kind kind, struct tag_set *set)
{
    tag_set_add_table(set, place->tags, place->database, tree, kind,
            tags_of_database(place->tags, place->database));
}

static bool add_key(const struct watch_place *place, const struct catalog_details *table,
        const struct catalog_key *key, struct sl_span row, struct tag_set *set)
{
    uint64_t value = 0;

    if (!key_value(place->catalog, table, key, row, &value)) {
        return false;
    }
    tag_set_add_name(set, place->tags, place->database,
            (struct tag_name){.relation = table->tree,
                    .field = tags_key_field(point_columns(place->catalog, table, key), value)},
            tags_of_database(place->tags, place->database));
    return true;
}

/* Does the old row have its key, or is the key what it was? */
static bool tells_key(const struct catalog_details *table, const struct catalog_key *key)
{
    return table->identity == 'f' || (table->identity == 'd' && key->is_primary);
}

/* By its key; false: which row it is nobody knows. As cache/stage_tags.c has it. */
static bool add_row(const struct watch_place *place, const struct catalog_details *table,
        const struct decode_change *change, struct tag_set *set)
{
    const struct catalog_key *key = point_key(place->catalog, table);
    bool is_told = false;

    if (change->kind == DECODE_INSERT) {
        add_kind(place, table->tree, TAG_NEG, set);
        return true;
    }
    add_kind(place, table->tree, TAG_OPEN, set);
    if (key == NULL || !tells_key(table, key)) {
        return false;
    }
    if (change->has_old) {
        is_told = add_key(place, table, key, change->old_row, set);
    }
    if (change->kind == DECODE_UPDATE && (is_told || !change->has_old)) {
        is_told = change->has_new && add_key(place, table, key, change->new_row, set);
    }
    return is_told;
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
        tag_set_add_table(set, place->tags, place->database, details->tree, TAG_ANY, all);
        if (!is_of_one_row(change) || !add_row(place, details, change, set)) {
            tag_set_add_table(set, place->tags, place->database, details->tree, TAG_WILD, all);
        }
    }
    if (!has_table) {
        tag_set_add(set, all, all);
    }
    return has_table;
}
