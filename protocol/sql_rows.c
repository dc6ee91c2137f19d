/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_rows.c - whether a SELECT gives rows of one table as they are, what it gives of them, and what columns
 * are given by an UPDATE or INSERT.
 *
 * Default-deny: every field of the statement's node is one of a list, or nothing is said.
 */
#include "protocol/sql_walk.h"

enum { CASTS_MAX = 16 };

/* ---- values ---- */

/* By its built-in name, as written or as the grammar has it; without length, array or schema of others. */
static enum sql_cast cast_of(struct made *made, sql_node cast)
{
    static const struct {
        const char *name;
        enum sql_cast cast;
    } known[] = {{"int2", SQL_CAST_INTEGER}, {"int4", SQL_CAST_INTEGER}, {"int8", SQL_CAST_INTEGER},
            {"uuid", SQL_CAST_UUID}, {"bool", SQL_CAST_BOOL}, {"text", SQL_CAST_TEXT},
            {"varchar", SQL_CAST_TEXT}};
    const struct sql_tree *tree = made->tree;
    sql_node type = sql_node_find(tree, cast, SQL_TAG_TYPE_NAME);
    uint32_t schema = 0;
    uint32_t name = 0;

    if (type == 0 || sql_node_find(tree, type, SQL_TAG_TYPMODS) != 0 ||
            sql_node_find(tree, type, SQL_TAG_ARRAY_BOUNDS) != 0) {
        return SQL_CAST_OTHER;
    }
    walk_names(made, sql_node_find(tree, type, SQL_TAG_NAMES), &schema, &name);
    const char *names = (const char *)made->names.items;
    if (name == 0 || (schema != 0 && !sl_span_is(sl_span_text(names + schema), "pg_catalog"))) {
        return SQL_CAST_OTHER;
    }
    for (size_t i = 0; i < SL_COUNT(known); i++) {
        if (sl_span_is(sl_span_text(names + name), known[i].name)) {
            return known[i].cast;
        }
    }
    return SQL_CAST_OTHER;
}

struct walk_plain walk_plain_value(struct made *made, sql_node node)
{
    const struct sql_tree *tree = made->tree;
    struct walk_plain plain = {
            .with = SQL_WITH_EXPRESSION, .other = SQL_NONE, .literal_at = UINT32_MAX};

    for (int i = 0; i < CASTS_MAX && walk_is_tag(tree, node, SQL_TAG_TYPE_CAST_NODE); i++) {
        plain.cast = (uint8_t)(i == 0 ? cast_of(made, node) : SQL_CAST_OTHER);
        node = walk_inner(tree, sql_node_find(tree, node, SQL_TAG_ARG));
    }
    if (walk_is_tag(tree, node, SQL_TAG_A_CONST_NODE)) {
        plain.with = SQL_WITH_LITERAL;
        if (walk_is_literal(tree, node)) {
            plain.literal_at = (uint32_t)sql_field_number(tree, node, SQL_TAG_LOCATION);
        }
    } else if (walk_is_tag(tree, node, SQL_TAG_PARAM_REF_NODE)) {
        plain.with = SQL_WITH_PARAM;
        plain.other = (uint16_t)sql_field_number(tree, node, SQL_TAG_NUMBER);
    }
    return plain;
}

/* ---- SELECT ---- */

/* Nothing but what may be in a SELECT of rows. */
static bool has_only_known(const struct sql_tree *tree, sql_node select)
{
    for (sql_node it = sql_node_child(tree, select); it != 0; it = sql_node_next(tree, it)) {
        switch ((int)sql_node_tag(tree, it)) {
        case SQL_TAG_TARGET_LIST:
        case SQL_TAG_FROM_CLAUSE:
        case SQL_TAG_WHERE_CLAUSE:
        case SQL_TAG_SORT_CLAUSE:
        case SQL_TAG_LIMIT_COUNT:
        case SQL_TAG_LIMIT_OPTION:
        case SQL_TAG_OP:
            break;
        default:
            return false;
        }
    }
    bool has_ties = sql_node_find(tree, select, SQL_TAG_LIMIT_OPTION) != 0 &&
                    !sql_field_is(tree, select, SQL_TAG_LIMIT_OPTION, "LIMIT_OPTION_DEFAULT") &&
                    !sql_field_is(tree, select, SQL_TAG_LIMIT_OPTION, "LIMIT_OPTION_COUNT");
    bool has_op = sql_node_find(tree, select, SQL_TAG_OP) != 0 &&
                  !sql_field_is(tree, select, SQL_TAG_OP, "SETOP_NONE");
    return !has_ties && !has_op;
}

static bool is_of_one_table(const struct sql_tree *tree, sql_node select)
{
    sql_node first = walk_inner(tree, sql_node_find(tree, select, SQL_TAG_FROM_CLAUSE));

    return first != 0 && sql_node_next(tree, first) == 0 &&
           walk_is_tag(tree, sql_node_child(tree, first), SQL_TAG_RANGE_VAR_NODE);
}

static bool add_output(struct made *made, sql_node target, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    sql_node value = walk_inner(tree, sql_node_find(tree, target, SQL_TAG_VAL));
    struct walk_place place = *at;

    place.clause = SQL_IN_OUTPUT;
    if (!walk_is_tag(tree, target, SQL_TAG_RES_TARGET_NODE) || value == 0 ||
            sql_node_tag(tree, value) == SQL_TAG_A_INDIRECTION_NODE) {
        return false; /* (x).* is of several */
    }
    uint16_t *output = made_add(made, &made->outputs);
    if (output == NULL) {
        return false;
    }
    *output = SQL_NONE;
    if (sql_node_tag(tree, value) == SQL_TAG_COLUMN_REF_NODE) {
        *output = made_column(made, value, &place);
        return *output != SQL_NONE;
    }
    return true;
}

void made_rows(struct made *made, sql_node select, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    sql_node targets = sql_node_find(tree, select, SQL_TAG_TARGET_LIST);
    sql_node limit = walk_inner(tree, sql_node_find(tree, select, SQL_TAG_LIMIT_COUNT));
    bool is_of_rows = has_only_known(tree, select) && is_of_one_table(tree, select);

    for (sql_node it = walk_inner(tree, targets); it != 0 && is_of_rows;
            it = sql_node_next(tree, it)) {
        is_of_rows = add_output(made, sql_node_child(tree, it), at);
    }
    made->sums.is_of_rows = is_of_rows;
    if (limit != 0 && is_of_rows) {
        struct walk_plain plain = walk_plain_value(made, limit);
        bool is_plain = plain.cast == SQL_CAST_NONE || plain.cast == SQL_CAST_INTEGER;
        made->sums.limit.with = is_plain ? plain.with : (uint8_t)SQL_WITH_EXPRESSION;
        made->sums.limit.other = plain.other;
        made->limit_at = plain.literal_at;
    }
}

/* ---- what columns are given ---- */

static void assign(struct made *made, uint16_t column, uint16_t position, sql_node value)
{
    struct made_assign *made_assign = made_add(made, &made->assigns);
    struct walk_plain plain = walk_plain_value(made, value);

    if (made_assign != NULL) {
        made_assign->assign = (struct sql_assign){.column = column,
                .position = position,
                .other = plain.other,
                .with = plain.with,
                .cast = plain.cast};
        made_assign->literal_at = plain.literal_at;
    }
}

void made_assign(struct made *made, sql_node target, uint16_t column)
{
    const struct sql_tree *tree = made->tree;
    bool is_part = sql_node_find(tree, target, SQL_TAG_INDIRECTION) != 0;

    assign(made, column, 0,
            is_part ? 0 : walk_inner(tree, sql_node_find(tree, target, SQL_TAG_VAL)));
}

/* The one row of VALUES, and nothing that says that its values are not what is put in; or 0. */
static sql_node only_row(const struct sql_tree *tree, sql_node insert)
{
    sql_node select = walk_inner(tree, sql_node_find(tree, insert, SQL_TAG_SELECT_STMT));
    sql_node rows = select == 0 ? 0 : sql_node_find(tree, select, SQL_TAG_VALUES_LISTS);
    bool is_overriding = sql_node_find(tree, insert, SQL_TAG_OVERRIDE) != 0 &&
                         !sql_field_is(tree, insert, SQL_TAG_OVERRIDE, "OVERRIDING_NOT_SET");

    if (rows == 0 || is_overriding || sql_node_children(tree, rows) != 1) {
        return 0;
    }
    sql_node row = sql_node_child(tree, sql_node_child(tree, rows)); /* {"List": ...} */
    return walk_is_tag(tree, row, SQL_TAG_LIST_NODE) ? sql_node_find(tree, row, SQL_TAG_ITEMS) : 0;
}

void made_inserted(struct made *made, sql_node insert, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    sql_node columns = sql_node_find(tree, insert, SQL_TAG_COLS);
    sql_node column = walk_inner(tree, columns);
    uint16_t position = 0;

    for (sql_node it = walk_inner(tree, only_row(tree, insert)); it != 0;
            it = sql_node_next(tree, it)) {
        sql_node target = column == 0 ? 0 : sql_node_child(tree, column);
        uint16_t index = SQL_NONE;
        bool is_part = columns != 0 && target == 0;
        if (target != 0) {
            index = made_target(made, sql_field_text(tree, target, SQL_TAG_NAME), at);
            is_part = sql_node_find(tree, target, SQL_TAG_INDIRECTION) != 0;
            column = sql_node_next(tree, column);
        }
        assign(made, index, position++, is_part ? 0 : sql_node_child(tree, it));
    }
}
