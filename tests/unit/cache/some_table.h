/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/cache/some_table.h - a catalogue of one table, and what texts say of it.
 *
 *     create table t (pk int primary key, u text unique, c int, d int, e int, g int generated always as (c) stored)
 */
#ifndef SLUICE_TESTS_UNIT_CACHE_SOME_TABLE_H
#define SLUICE_TESTS_UNIT_CACHE_SOME_TABLE_H

#include "cache/rows.h"
#include "protocol/catalog_tables.h"
#include "protocol/sql_facts.h"
#include "protocol/sql_parse.h"

enum {
    TABLE_TREE = 16384,
    TABLE_PK = 1,
    TABLE_U,
    TABLE_C,
    TABLE_D,
    TABLE_E,
    TABLE_G,
    TABLE_COLUMNS = 6
};

static const char table_names[] = "public\0t\0pk\0u\0c\0d\0e\0g";
static const struct catalog_schema table_schemas[] = {{.name = 0}};
static const struct catalog_column table_columns[] = {
        {.name = 9, .number = 1, .type = 23, .key_kind = CATALOG_KEY_INTEGER, .is_not_null = true},
        {.name = 12, .number = 2, .type = 25, .key_kind = CATALOG_KEY_TEXT},
        {.name = 14, .number = 3, .type = 23, .key_kind = CATALOG_KEY_INTEGER},
        {.name = 16, .number = 4, .type = 23, .key_kind = CATALOG_KEY_INTEGER},
        {.name = 18, .number = 5, .type = 1700, .key_kind = CATALOG_KEY_OTHER},
        {.name = 20,
                .number = 6,
                .type = 23,
                .key_kind = CATALOG_KEY_INTEGER,
                .is_generated = true}};
static const struct catalog_key table_keys[] = {
        {.columns = {1}, .columns_count = 1, .is_primary = true, .is_identity = true}};
static const struct catalog_details table_details[] = {{.tree = TABLE_TREE,
        .is_known = true,
        .knows_columns = true,
        .columns_count = TABLE_COLUMNS,
        .keys_count = 1,
        .identity = 'd'}};
static const struct catalog_relation table_relations[] = {
        {.oid = TABLE_TREE, .name = 7, .schema = 0}};
static const struct catalog_tables table_tables = {.tables = table_details,
        .columns = table_columns,
        .keys = table_keys,
        .names = table_names};
static const struct catalog table_catalog = {.schemas_count = 1,
        .relations_count = 1,
        .schemas = table_schemas,
        .relations = table_relations,
        .names = table_names,
        .tables = &table_tables};

/* NULL: it is no SQL. */
static inline struct sql_facts *table_facts(const char *text)
{
    struct shape_literal literals[POINT_LITERALS_MAX];
    struct shape_room room = {.literals = literals, .literals_max = POINT_LITERALS_MAX};
    struct sql_tree *tree = NULL;
    struct sql_facts *facts = NULL;
    struct sql_parse_error error;
    struct shape shape;

    if (sql_parse(sl_span_text(text), &tree, &error) != SL_OK) {
        return NULL;
    }
    SL_CHECK(sql_facts_new(tree, &facts) == SL_OK);
    sql_tree_free(tree);
    shape_of(sl_span_text(text), (struct shape_options){.encoding = SHAPE_ENCODING_SAFE}, room,
            &shape);
    sql_facts_align(facts, literals, shape.literals);
    return facts;
}

#endif
