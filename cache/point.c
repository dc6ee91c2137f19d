/* SPDX-License-Identifier: PostgreSQL */
#include "cache/point.h"

#include "protocol/base/buf.h"
#include "protocol/sql_facts.h"

#include <stdlib.h>
#include <string.h>

/* OIDs of types ("pg_type.dat"). */
enum {
    BOOL = 16,
    INT8 = 20,
    INT2 = 21,
    INT4 = 23,
    TEXT = 25,
    BPCHAR = 1042,
    VARCHAR = 1043,
    UUID = 2950
};
enum { UUID_BYTES = 16, UUID_TEXT = 36, DIGITS_MAX = 19 };

/* ---- which row ---- */

uint64_t point_columns(const struct catalog *catalog, const struct catalog_details *table,
        const struct catalog_key *key)
{
    uint64_t hash = 1;

    for (unsigned i = 0; i < key->columns_count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, key->columns[i]);
        hash = sl_hash64_seed(sl_span_text(catalog_column_name(catalog, column)), hash);
    }
    return hash;
}

static bool is_alone(const struct catalog *catalog, const struct catalog_details *table)
{
    unsigned members = 0;

    for (uint32_t i = 0; i < catalog->relations_count && members < 2; i++) {
        const struct catalog_details *other = &catalog->tables->tables[i];
        members += !other->is_known ? 0U : other->tree == table->tree;
    }
    return members == 1;
}

const struct catalog_key *point_key(
        const struct catalog *catalog, const struct catalog_details *table)
{
    if (!table->is_known || !table->knows_columns || table->keys_count == 0 ||
            (table->facts & (CATALOG_FACT_INHERITED | CATALOG_FACT_RULES)) != 0) {
        return NULL;
    }
    const struct catalog_key *key = catalog_key_of(catalog, table, 0);
    if (!key->is_primary || !is_alone(catalog, table)) {
        return NULL;
    }
    for (unsigned i = 0; i < key->columns_count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, key->columns[i]);
        if (column == NULL || column->key_kind == CATALOG_KEY_OTHER || column->is_generated) {
            return NULL;
        }
    }
    return key;
}

/*
 * Of the one scope: the row is there only if that is so. A cast may cut a text, round a number and give a binary
 * value another meaning: then the value is not what stands there.
 */
static bool is_plain(const struct sql_filter *filter)
{
    return filter->op == SQL_OP_EQ && filter->clause == SQL_IN_WHERE && !filter->is_negated &&
           !filter->is_under_or && !filter->is_wrapped && !filter->is_cast &&
           filter->function == SQL_NONE;
}

static bool is_single(const struct sql_facts *facts, uint16_t number)
{
    unsigned count = 0;

    for (unsigned i = 0; i < facts->values_count; i++) {
        count += facts->values[i].number == number;
    }
    return count == 1;
}

static bool take_value(
        const struct sql_facts *facts, const struct sql_filter *filter, struct point *point)
{
    struct point_value *value = &point->values[point->count];

    value->is_param = filter->with == SQL_WITH_PARAM;
    value->number = filter->other;
    if (filter->with == SQL_WITH_LITERAL) {
        uint16_t literal = filter->other < facts->values_count
                                   ? facts->values[filter->other].literal
                                   : SQL_NONE;
        value->number = literal;
        point->needs_literals = true;
        return literal != SQL_NONE;
    }
    value->is_single = is_single(facts, value->number);
    return value->is_param && value->number > 0;
}

static bool find_value(
        const struct sql_facts *facts, unsigned index, const char *name, struct point *point)
{
    for (unsigned i = 0; i < facts->filters_count; i++) {
        const struct sql_filter *filter = &facts->filters[i];
        if (filter->column >= facts->columns_count || !is_plain(filter)) {
            continue;
        }
        const struct sql_column *column = &facts->columns[filter->column];
        if (column->table == index && !column->is_outer && !column->is_guess &&
                strcmp(sql_facts_name(facts, column->name), name) == 0 &&
                column->scope == facts->tables[index].scope && take_value(facts, filter, point)) {
            return true;
        }
    }
    return false;
}

bool point_of(const struct sql_facts *facts, unsigned index, const struct catalog *catalog,
        const struct catalog_details *table, struct point *point)
{
    const struct catalog_key *key = point_key(catalog, table);

    *point = (struct point){.tree = 0};
    if (key == NULL || facts->is_truncated) {
        return false;
    }
    for (unsigned i = 0; i < key->columns_count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, key->columns[i]);
        point->values[point->count].kind = column->key_kind;
        if (!find_value(facts, index, catalog_column_name(catalog, column), point)) {
            return false;
        }
        point->count++;
    }
    point->tree = table->tree;
    point->columns = point_columns(catalog, table, key);
    point->literals = facts->literals_count;
    return true;
}

/* ---- values ---- */

void point_hash_begin(struct point_hash *hash)
{
    hash->hash = 1;
}

static bool add(struct point_hash *hash, enum catalog_key_kind kind, struct sl_span bytes)
{
    hash->hash = sl_hash64_seed(bytes, hash->hash * 31 + (uint64_t)kind);
    return true;
}

static bool add_integer(struct point_hash *hash, int64_t value)
{
    return add(hash, CATALOG_KEY_INTEGER, sl_span(&value, sizeof value));
}

/* "-42", "007"; no spaces, no underscores. */
static bool add_digits(struct point_hash *hash, struct sl_span text)
{
    bool is_negative = text.len > 0 && text.at[0] == '-';
    uint64_t value = 0;

    if (text.len == (size_t)is_negative || text.len > DIGITS_MAX) {
        return false; /* the longest of an int8 are not worth their overflow */
    }
    for (size_t i = is_negative; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text.at[i] - '0');
    }
    if (value > INT64_MAX) {
        return false;
    }
    return add_integer(hash, is_negative ? -(int64_t)value : (int64_t)value);
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" */
static bool add_uuid(struct point_hash *hash, struct sl_span text)
{
    uint8_t bytes[UUID_BYTES];
    size_t at = 0;

    if (text.len != UUID_TEXT) {
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            if (text.at[at++] != '-') {
                return false;
            }
        }
        int high = digit_of(text.at[at]);
        int low = digit_of(text.at[at + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return add(hash, CATALOG_KEY_UUID, sl_span(bytes, sizeof bytes));
}

static bool add_bool(struct point_hash *hash, struct sl_span text)
{
    bool is_true = sl_span_is(text, "t") || sl_span_is(text, "true");
    uint8_t byte = is_true;

    return (is_true || sl_span_is(text, "f") || sl_span_is(text, "false")) &&
           add(hash, CATALOG_KEY_BOOL, sl_span(&byte, 1));
}

/* In whatever encoding it came. */
static bool is_ascii(struct sl_span text)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < text.len; i++) {
        bits |= text.at[i];
    }
    return bits < 0x80;
}

bool point_hash_text(struct point_hash *hash, enum catalog_key_kind kind, struct sl_span text)
{
    switch (kind) {
    case CATALOG_KEY_INTEGER:
        return add_digits(hash, text);
    case CATALOG_KEY_UUID:
        return add_uuid(hash, text);
    case CATALOG_KEY_BOOL:
        return add_bool(hash, text);
    case CATALOG_KEY_TEXT:
        return is_ascii(text) && add(hash, kind, text);
    case CATALOG_KEY_BPCHAR:
        while (text.len > 0 && text.at[text.len - 1] == ' ') {
            text.len--;
        }
        return is_ascii(text) && add(hash, kind, text);
    case CATALOG_KEY_OTHER:
        break;
    }
    return false;
}

/* As the type's send function writes it ("pg_type"). */
static bool hash_binary(struct point_hash *hash, enum catalog_key_kind kind, struct sl_span value)
{
    uint64_t number = 0;

    switch (kind) {
    case CATALOG_KEY_INTEGER:
        if (value.len != 2 && value.len != 4 && value.len != 8) {
            return false;
        }
        for (size_t i = 0; i < value.len; i++) {
            number = number << 8 | value.at[i];
        }
        return add_integer(hash, value.len == 2   ? (int16_t)number
                                 : value.len == 4 ? (int32_t)number
                                                  : (int64_t)number);
    case CATALOG_KEY_UUID:
        return value.len == UUID_BYTES && add(hash, kind, value);
    case CATALOG_KEY_BOOL:
        return value.len == 1 && value.at[0] <= 1 && add(hash, kind, value);
    case CATALOG_KEY_TEXT:
    case CATALOG_KEY_BPCHAR:
        return point_hash_text(hash, kind, value);
    case CATALOG_KEY_OTHER:
        break;
    }
    return false;
}

/* A parameter of that type is compared as the column's kind says. */
static bool is_of_kind(enum catalog_key_kind kind, uint32_t type)
{
    switch (kind) {
    case CATALOG_KEY_INTEGER:
        return type == INT2 || type == INT4 || type == INT8;
    case CATALOG_KEY_UUID:
        return type == UUID;
    case CATALOG_KEY_BOOL:
        return type == BOOL;
    case CATALOG_KEY_TEXT:
        return type == TEXT || type == VARCHAR;
    case CATALOG_KEY_BPCHAR:
        return type == BPCHAR;
    case CATALOG_KEY_OTHER:
        break;
    }
    return false;
}

static uint32_t type_of(struct sl_span types, unsigned number)
{
    if (types.len < 2 || number > sl_get_u16(types.at) || types.len < 2 + 4 * (size_t)number) {
        return 0;
    }
    return sl_get_u32(types.at + 2 + 4 * (size_t)(number - 1));
}

static bool hash_param(
        struct point_hash *hash, const struct point_value *value, const struct point_source *source)
{
    const struct key_bind *bind = source->bind;
    struct sl_span values;
    struct sl_span found = sl_span(NULL, 0);

    uint32_t type = type_of(source->types, value->number);

    if (bind == NULL || value->number > bind->params ||
            (type == 0 ? !value->is_single : !is_of_kind(value->kind, type))) {
        return false;
    }
    values = bind->values;
    for (unsigned i = 0; i < value->number; i++) {
        if (!key_bind_next(&values, &found)) {
            return false;
        }
    }
    if (found.at == NULL) {
        return false; /* NULL is equal to nothing */
    }
    return key_bind_is_text(bind, value->number - 1U) ? point_hash_text(hash, value->kind, found)
                                                      : hash_binary(hash, value->kind, found);
}

/* As it is written: a number, or a string without anything in it that another way of writing could hide. */
static bool hash_literal(struct point_hash *hash, enum catalog_key_kind kind,
        const struct shape_literal *literal, struct sl_span text)
{
    struct sl_span written = sl_span(text.at + literal->at, literal->len);

    if (literal->kind == SHAPE_NUMBER) {
        return kind == CATALOG_KEY_INTEGER && add_digits(hash, written);
    }
    if (literal->kind != SHAPE_STRING || written.len < 2 || written.at[0] != '\'' ||
            written.at[written.len - 1] != '\'') {
        return false;
    }
    struct sl_span inner = sl_span(written.at + 1, written.len - 2);
    if (memchr(inner.at, '\'', inner.len) != NULL || memchr(inner.at, '\\', inner.len) != NULL) {
        return false;
    }
    return point_hash_text(hash, kind, inner);
}

/* Lists of one shape differ in how long they are: which of its literals one is nobody knows then. */
static bool has_list(const struct shape_literal *literals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (literals[i].is_listed) {
            return true;
        }
    }
    return false;
}

/* False: they are not those of the text that the facts were made from, one for one. */
static bool find_literals(const struct point *point, const struct point_source *source,
        struct shape_literal literals[static POINT_LITERALS_MAX])
{
    struct shape_room room = {.literals = literals, .literals_max = POINT_LITERALS_MAX};
    struct shape shape;

    shape_of(source->text, source->rules, room, &shape);
    return shape.flags == 0 && shape.literals == point->literals &&
           shape.literals <= POINT_LITERALS_MAX && !has_list(literals, shape.literals);
}

bool point_values(const struct point *point, const struct point_source *source, uint64_t *value)
{
    struct shape_literal literals[POINT_LITERALS_MAX];
    struct point_hash hash;

    point_hash_begin(&hash);
    if (point->needs_literals && !find_literals(point, source, literals)) {
        return false;
    }
    for (unsigned i = 0; i < point->count; i++) {
        const struct point_value *one = &point->values[i];
        bool is_known = one->is_param ? hash_param(&hash, one, source)
                                      : one->number < point->literals &&
                                                hash_literal(&hash, one->kind,
                                                        &literals[one->number], source->text);
        if (!is_known) {
            return false;
        }
    }
    *value = hash.hash;
    return true;
}
