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

enum said { SAID_NOT, SAID_NULL, SAID_VALUE };

/* What a row says of a column; text: up to WATCH_NAME_MAX + 1 bytes of it. */
static enum said say(const struct catalog *catalog, const struct catalog_column *column,
        struct sl_span row, char text[static WATCH_NAME_MAX + 1], size_t *len)
{
    struct sl_span name = sl_span_text(catalog_column_name(catalog, column));
    struct decode_column found;

    while (decode_next_column(&row, &found)) {
        if (!decode_is(found.name, name)) {
            continue;
        }
        if (found.kind == DECODE_NULL) {
            return SAID_NULL;
        }
        *len = found.kind == DECODE_VALUE ? decode_copy(found.value, text, WATCH_NAME_MAX + 1) : 0;
        return found.kind == DECODE_VALUE && *len <= WATCH_NAME_MAX + 1 ? SAID_VALUE : SAID_NOT;
    }
    return SAID_NOT;
}

/* What a row's columns say of some, by their numbers: SAID_NULL if one of them is. */
static enum said say_value(const struct catalog *catalog, const struct catalog_details *table,
        const int16_t *numbers, unsigned count, struct sl_span row, uint64_t *value)
{
    enum said all = SAID_VALUE;
    struct point_hash hash;

    point_hash_begin(&hash);
    for (unsigned i = 0; i < count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, numbers[i]);
        char text[WATCH_NAME_MAX + 1];
        size_t len = 0;
        enum said said = column == NULL ? SAID_NOT : say(catalog, column, row, text, &len);
        if (said == SAID_NULL) {
            return SAID_NULL;
        }
        if (said == SAID_NOT || !point_hash_text(&hash, (enum catalog_key_kind)column->key_kind,
                                        sl_span(text, len))) {
            all = SAID_NOT;
        }
    }
    *value = hash.hash;
    return all;
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

    if (say_value(place->catalog, table, key->columns, key->columns_count, row, &value) !=
            SAID_VALUE) {
        return false;
    }
    tag_set_add_name(set, place->tags, place->database,
            (struct tag_name){.relation = table->tree,
                    .field = tags_key_field(point_columns(place->catalog, table, key), value)},
            tags_of_database(place->tags, place->database));
    return true;
}

/* A new row's: answers by those values may show it from now on. NULL is equal to nothing. */
static void add_values(const struct watch_place *place, const struct catalog_details *table,
        const struct decode_change *change, struct tag_set *set)
{
    const uint32_t all = tags_of_database(place->tags, place->database);
    struct rowset_list list;

    rowsets_of(place->rowsets, place->database, table->tree, &list);
    if (place->rowsets != NULL) {
        tag_set_add_local(
                set, rowsets_until(place->tags, place->database, table->tree, list.last), all);
    }
    for (unsigned i = 0; i < list.count && change->kind != DECODE_DELETE; i++) {
        const struct rowset_columns *columns = &list.sets[i].columns;
        uint64_t value = 0;
        enum said said = !change->has_new ? SAID_NOT
                                          : say_value(place->catalog, table, columns->numbers,
                                                    columns->count, change->new_row, &value);
        if (said == SAID_VALUE) {
            tag_set_add_local(set,
                    tags_of_key(
                            place->tags, place->database, table->tree, rowset_hash(columns), value),
                    all);
        } else if (said == SAID_NOT) {
            tag_set_add_local(set,
                    rowsets_any(place->tags, place->database, table->tree, list.sets[i].number),
                    all);
        }
    }
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

    add_values(place, table, change, set);
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
