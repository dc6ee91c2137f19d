/* SPDX-License-Identifier: PostgreSQL */
#include "cache/rows.h"

#include "protocol/base/buf.h"
#include "protocol/message.h"
#include "protocol/sql_facts.h"

#include <string.h>

/* ---- who asks ---- */

static const struct catalog_column *column_named(
        const struct catalog *catalog, const struct catalog_details *table, const char *name)
{
    return catalog_find_column(catalog, table, sl_span_text(name));
}

/* In the order of their numbers. False: it is there, or there is no room. */
static bool add_column(struct rows *rows, int16_t number, const struct point_value *value)
{
    struct rowset_columns *columns = &rows->columns;
    unsigned at = 0;

    while (at < columns->count && columns->numbers[at] < number) {
        at++;
    }
    if (columns->count == CATALOG_KEY_COLUMNS_MAX ||
            (at < columns->count && columns->numbers[at] == number)) {
        return false;
    }
    for (unsigned i = columns->count; i > at; i--) {
        columns->numbers[i] = columns->numbers[i - 1];
        rows->set.values[i] = rows->set.values[i - 1];
    }
    columns->numbers[at] = number;
    rows->set.values[at] = *value;
    columns->count++;
    return true;
}

/* Every column that is compared with a value. */
static void find_set(const struct sql_facts *facts, const struct catalog *catalog,
        const struct catalog_details *table, struct rows *rows)
{
    for (unsigned i = 0; i < facts->filters_count; i++) {
        const struct sql_filter *filter = &facts->filters[i];
        if (filter->column >= facts->columns_count || !point_is_plain(filter)) {
            continue;
        }
        const struct sql_column *column = &facts->columns[filter->column];
        const struct catalog_column *of =
                column_named(catalog, table, sql_facts_name(facts, column->name));
        const struct point_side side = {
                .with = filter->with, .cast = filter->cast, .other = filter->other};
        struct point_value value;
        if (column->table == 0 && !column->is_outer && !column->is_guess && of != NULL &&
                !of->is_generated &&
                point_value_of(facts, side, (enum catalog_key_kind)of->key_kind, &value) &&
                add_column(rows, of->number, &value)) {
            rows->set.needs_literals |= !value.is_param;
        }
    }
    rows->set.count = rows->columns.count;
    rows->set.literals = facts->literals_count;
    rows->set.columns = rowset_hash(&rows->columns);
}

static bool is_of_set(const struct rows *rows, const struct catalog_column *column)
{
    for (unsigned i = 0; column != NULL && i < rows->columns.count; i++) {
        if (rows->columns.numbers[i] == column->number) {
            return true;
        }
    }
    return false;
}

/* May a row that has the set's values not be shown? What is asked of those columns alone is so for all or none. */
static bool is_open(const struct sql_facts *facts, const struct catalog *catalog,
        const struct catalog_details *table, const struct rows *rows)
{
    const uint16_t harmless = 1U << SQL_IN_OUTPUT | 1U << SQL_IN_ORDER;
    bool is_open = facts->functions_count > 0; /* of sets of rows, among them */

    for (unsigned i = 0; i < facts->columns_count; i++) {
        const struct sql_column *column = &facts->columns[i];
        is_open |=
                (column->clauses & ~harmless) != 0 &&
                !is_of_set(rows, column_named(catalog, table, sql_facts_name(facts, column->name)));
    }
    return is_open;
}

static void found_key(struct rows *rows, bool *found, int16_t number, uint16_t at)
{
    for (unsigned i = 0; i < rows->keys_count; i++) {
        if (rows->keys[i].number == number && !found[i]) {
            rows->keys[i].at = at;
            found[i] = true;
        }
    }
}

/* Where the primary key is among what is given. */
static bool find_keys(const struct sql_facts *facts, const struct catalog *catalog,
        const struct catalog_details *table, struct rows *rows)
{
    const struct catalog_column *columns = catalog->tables->columns + table->columns;
    bool found[CATALOG_KEY_COLUMNS_MAX] = {false};

    for (unsigned i = 0; i < facts->outputs_count; i++) {
        uint16_t output = facts->outputs[i];
        const char *name = output >= facts->columns_count
                                   ? ""
                                   : sql_facts_name(facts, facts->columns[output].name);
        if (strcmp(name, "*") == 0) {
            rows->is_of_star = true;
            for (unsigned k = 0; k < table->columns_count; k++) {
                found_key(rows, found, columns[k].number, rows->outputs++);
            }
            continue;
        }
        const struct catalog_column *of = column_named(catalog, table, name);
        if (of != NULL && facts->columns[output].table == 0) {
            found_key(rows, found, of->number, rows->outputs);
        }
        rows->outputs++;
    }
    for (unsigned i = 0; i < rows->keys_count; i++) {
        if (!found[i]) {
            return false;
        }
    }
    return true;
}

static void find_limit(const struct sql_facts *facts, struct rows *rows)
{
    const struct point_side side = {.with = facts->limit.with, .other = facts->limit.other};

    rows->has_limit = facts->features.has_limit || side.with != SQL_WITH_NOTHING;
    if (rows->has_limit &&
            point_value_of(facts, side, CATALOG_KEY_INTEGER, &rows->limit.values[0])) {
        rows->limit.count = 1;
        rows->limit.needs_literals = !rows->limit.values[0].is_param;
        rows->limit.literals = facts->literals_count;
    }
}

static bool is_of_rows(const struct sql_facts *facts)
{
    const struct sql_features *features = &facts->features;

    return facts->is_of_rows && facts->kind == SQL_SELECT && !facts->is_truncated &&
           facts->tables_count == 1 && facts->scopes_count == 1 && features->statements <= 1 &&
           features->subqueries == 0 && features->ctes == 0 && features->set_operations == 0 &&
           features->aggregates == 0 && features->windows == 0 && features->groups == 0 &&
           features->joins_explicit == 0 && !features->has_distinct && !features->has_offset;
}

bool rows_of(const struct sql_facts *facts, const struct catalog *catalog,
        const struct catalog_details *table, struct rows *rows)
{
    const struct catalog_key *key = point_key(catalog, table);

    *rows = (struct rows){.set = {.tree = 0}};
    if (key == NULL || !is_of_rows(facts)) {
        return false;
    }
    for (unsigned i = 0; i < key->columns_count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, key->columns[i]);
        rows->keys[i] = (struct rows_key){.number = column->number, .kind = column->key_kind};
    }
    rows->keys_count = key->columns_count;
    rows->key_columns = point_columns(catalog, table, key);
    find_set(facts, catalog, table, rows);
    if (rows->set.count == 0 || !find_keys(facts, catalog, table, rows)) {
        return false;
    }
    find_limit(facts, rows);
    rows->is_open = is_open(facts, catalog, table, rows);
    rows->set.tree = table->tree;
    return true;
}

int64_t rows_limit(const struct rows *rows, const struct point_source *source)
{
    int64_t limit = 0;

    if (!rows->has_limit) {
        return INT64_MAX;
    }
    bool is_known = rows->limit.count == 1 && point_integer(&rows->limit, source, &limit);
    return is_known && limit > 0 ? limit : 0;
}

/* ---- answers ---- */

/* Are the primary key's columns where they should be, and in which format? */
static bool read_head(const struct rows *rows, struct sl_span head,
        uint16_t formats[static CATALOG_KEY_COLUMNS_MAX])
{
    /* Behind a name: table (4), column (2), type (4), length (2), modifier (4), format (2). */
    enum { BEHIND_NAME = 18, COLUMN_AT = 4, FORMAT_AT = 16 };
    size_t at = MESSAGE_HEAD + 2;

    if (head.len < at || sl_get_u16(head.at + MESSAGE_HEAD) != rows->outputs) {
        return false;
    }
    for (unsigned i = 0; i < rows->outputs; i++) {
        const uint8_t *end = memchr(head.at + at, '\0', head.len - at);
        size_t behind = end == NULL ? head.len : (size_t)(end - head.at) + 1;
        if (head.len - behind < BEHIND_NAME) {
            return false;
        }
        const uint8_t *field = head.at + behind;
        for (unsigned k = 0; k < rows->keys_count; k++) {
            if (rows->keys[k].at != i) {
                continue;
            }
            if (sl_get_u32(field) != rows->set.tree ||
                    (int16_t)sl_get_u16(field + COLUMN_AT) != rows->keys[k].number) {
                return false;
            }
            formats[k] = sl_get_u16(field + FORMAT_AT);
        }
        at = behind + BEHIND_NAME;
    }
    return true;
}

/* None: all are text; one: of all; else of each ("Bind"). */
static bool read_formats(const struct rows *rows, struct sl_span codes,
        uint16_t formats[static CATALOG_KEY_COLUMNS_MAX])
{
    size_t count = codes.len / 2;

    if (count > 1 && count != rows->outputs) {
        return false;
    }
    for (unsigned k = 0; k < rows->keys_count; k++) {
        size_t at = count == 1 ? 0 : rows->keys[k].at;
        formats[k] = count == 0 ? 0 : sl_get_u16(codes.at + 2 * at);
    }
    return true;
}

/* A DataRow's primary key. */
static bool read_row(
        const struct rows *rows, struct sl_span row, const uint16_t *formats, uint64_t *number)
{
    struct sl_span values[CATALOG_KEY_COLUMNS_MAX] = {{NULL, 0}};
    struct sl_span left = sl_span(row.at + MESSAGE_HEAD + 2, row.len - MESSAGE_HEAD - 2);
    struct point_hash hash;

    for (unsigned i = 0; i < rows->outputs; i++) {
        struct sl_span value;
        if (!key_bind_next(&left, &value)) { /* a DataRow has them as a Bind */
            return false;
        }
        for (unsigned k = 0; k < rows->keys_count; k++) {
            values[k] = rows->keys[k].at == i ? value : values[k];
        }
    }
    point_hash_begin(&hash);
    for (unsigned k = 0; k < rows->keys_count; k++) {
        enum catalog_key_kind kind = (enum catalog_key_kind)rows->keys[k].kind;
        if (values[k].at == NULL || formats[k] > 1 ||
                !(formats[k] == 0 ? point_hash_text(&hash, kind, values[k])
                                  : point_hash_binary(&hash, kind, values[k]))) {
            return false;
        }
    }
    *number = hash.hash;
    return left.len == 0;
}

bool rows_read(const struct rows *rows, const struct entry_parts *answer, struct sl_span formats,
        uint64_t values[static ROWS_MAX], unsigned *count)
{
    uint16_t codes[CATALOG_KEY_COLUMNS_MAX] = {0};
    struct sl_span left = answer->rows;

    *count = 0;
    if (answer->head.len > 0 ? !read_head(rows, answer->head, codes)
                             : rows->is_of_star || !read_formats(rows, formats, codes)) {
        return false;
    }
    while (left.len > 0) {
        size_t len = left.len < MESSAGE_HEAD + 2 ? 0 : (size_t)sl_get_u32(left.at + 1) + 1;
        if (len < MESSAGE_HEAD + 2 || len > left.len || *count == ROWS_MAX ||
                sl_get_u16(left.at + MESSAGE_HEAD) != rows->outputs ||
                !read_row(rows, sl_span(left.at, len), codes, &values[*count])) {
            return false;
        }
        (*count)++;
        left = sl_span(left.at + len, left.len - len);
    }
    return true;
}

uint16_t rows_answer_tags(const struct rows *rows, const struct rows_where *where,
        const struct rows_answer *answer, uint32_t to[static ROWS_TAGS_MAX])
{
    const uint32_t tree = rows->set.tree;
    uint32_t number =
            rowsets_want(where->rowsets, where->database, tree, &rows->columns, answer->at);
    uint16_t count = 0;

    if (number == 0) {
        return 0;
    }
    to[count++] = tags_of_table(where->tags, where->database, tree, TAG_WILD);
    to[count++] = tags_of_key(where->tags, where->database, tree, rows->set.columns, answer->value);
    to[count++] = rowsets_any(where->tags, where->database, tree, number);
    for (uint32_t i = 0; i < number; i++) {
        to[count++] = rowsets_until(where->tags, where->database, tree, i);
    }
    for (unsigned i = 0; i < answer->keys_count; i++) {
        to[count++] =
                tags_of_key(where->tags, where->database, tree, rows->key_columns, answer->keys[i]);
    }
    if (rows->is_open || answer->keys_count >= (uint64_t)answer->limit) {
        to[count++] = tags_of_table(where->tags, where->database, tree, TAG_OPEN);
    }
    return count;
}

/* ---- who writes ---- */

/* The n-th of an INSERT without a list, or by its name; NULL: not known. */
static const struct catalog_column *assigned(const struct sql_facts *facts,
        const struct sql_assign *assign, const struct catalog *catalog,
        const struct catalog_details *table)
{
    if (assign->column < facts->columns_count) {
        return column_named(
                catalog, table, sql_facts_name(facts, facts->columns[assign->column].name));
    }
    return facts->kind == SQL_INSERT && table->knows_columns &&
                           assign->position < table->columns_count
                   ? &catalog->tables->columns[table->columns + assign->position]
                   : NULL;
}

/* Is every column that is assigned to among what is known of? */
static bool is_complete(const struct sql_facts *facts)
{
    bool is_complete = true;

    for (unsigned i = 0; i < facts->columns_count; i++) {
        bool is_found = (facts->columns[i].clauses & 1U << SQL_IN_TARGET) == 0;
        for (unsigned k = 0; k < facts->assigns_count && !is_found; k++) {
            is_found = facts->assigns[k].column == i;
        }
        is_complete &= is_found;
    }
    return is_complete;
}

struct rows_given rows_given_of(const struct sql_facts *facts, unsigned index,
        const struct catalog *catalog, const struct catalog_details *table,
        struct rows_value room[static ROWS_GIVEN_MAX])
{
    struct rows_given given = {.values = room, .literals = facts->literals_count};

    if (facts->is_truncated || facts->assigns_count > ROWS_GIVEN_MAX ||
            (facts->kind == SQL_UPDATE && (facts->assigns_count == 0 || !is_complete(facts)))) {
        return (struct rows_given){.is_all = true};
    }
    for (unsigned i = 0; i < facts->assigns_count; i++) {
        const struct sql_assign *assign = &facts->assigns[i];
        const struct catalog_column *column = assigned(facts, assign, catalog, table);
        const struct point_side side = {
                .with = assign->with, .cast = assign->cast, .other = assign->other};
        if (column == NULL || (assign->column < facts->columns_count &&
                                      facts->columns[assign->column].table != index)) {
            return (struct rows_given){.is_all = true};
        }
        struct rows_value *value = &room[given.count++];
        value->number = column->number;
        value->is_known =
                !column->is_generated &&
                point_value_of(facts, side, (enum catalog_key_kind)column->key_kind, &value->value);
        given.needs_literals |= value->is_known && !value->value.is_param;
    }
    return given;
}

static const struct rows_value *value_of(const struct rows_given *given, int16_t number)
{
    for (unsigned i = 0; i < given->count; i++) {
        if (given->values[i].number == number) {
            return &given->values[i];
        }
    }
    return NULL;
}

enum rows_touch rows_touch(const struct rows_given *given, bool is_new,
        const struct rowset_columns *columns, const struct point_source *source, uint64_t *value)
{
    struct point point = {.tree = 1,
            .is_given = true,
            .needs_literals = given->needs_literals,
            .literals = given->literals};
    bool is_touched = given->is_all || is_new;

    for (unsigned i = 0; i < columns->count; i++) {
        const struct rows_value *one = value_of(given, columns->numbers[i]);
        is_touched |= one != NULL;
        if (one != NULL && one->is_known) {
            point.values[point.count++] = one->value;
        }
    }
    if (!is_touched) {
        return ROWS_UNTOUCHED;
    }
    return !given->is_all && point.count == columns->count && point_values(&point, source, value)
                   ? ROWS_GIVEN
                   : ROWS_UNKNOWN;
}

void rows_write_tags(const struct rows_write *write, const struct rows_where *where,
        struct tag_set *set, uint32_t all)
{
    struct rowset_list list;

    rowsets_of(where->rowsets, where->database, write->tree, &list);
    tag_set_add_local(
            set, rowsets_until(where->tags, where->database, write->tree, list.last), all);
    for (unsigned i = 0; i < list.count; i++) {
        const struct rowset_columns *columns = &list.sets[i].columns;
        uint64_t value = 0;
        switch (rows_touch(write->given, write->is_new, columns, write->source, &value)) {
        case ROWS_UNTOUCHED:
            break;
        case ROWS_GIVEN:
            tag_set_add_local(set,
                    tags_of_key(
                            where->tags, where->database, write->tree, rowset_hash(columns), value),
                    all);
            break;
        case ROWS_UNKNOWN:
            tag_set_add_local(set,
                    rowsets_any(where->tags, where->database, write->tree, list.sets[i].number),
                    all);
            break;
        }
    }
}
