/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_names.c - which table a name means, as far as the tree tells.
 *
 * A scope's ranges are what stands in its FROM, and what it writes to. A qualified column is the
 * nearest range's of that name, going outwards; an unqualified one is the table's only where
 * there is no other range in its scope. Two names are equal when their numbers are.
 */
#include "protocol/sql_walk.h"

static struct sql_scope *scope_of(const struct made *made, uint16_t scope)
{
    return MADE_ITEM(made->scopes, struct sql_scope, scope);
}

uint16_t made_outer(const struct made *made, uint16_t scope)
{
    return scope == SQL_NONE ? SQL_NONE : scope_of(made, scope)->outer;
}

uint16_t made_scope(struct made *made, const struct walk_place *at, enum sql_kind kind)
{
    struct sql_scope *scope = made_add(made, &made->scopes);

    if (at->depth > made->sums.features.depth) {
        made->sums.features.depth = at->depth;
    }
    if (scope == NULL) {
        return SQL_NONE;
    }
    scope->parent = at->scope;
    scope->outer = at->outer;
    scope->kind = (uint8_t)kind;
    scope->depth = at->depth > UINT8_MAX ? UINT8_MAX : (uint8_t)at->depth;
    return (uint16_t)(made->scopes.count - 1);
}

/*
 * Looking up costs what is looked through, and a text may ask for names in many scopes tens of
 * thousands of times. Past MADE_EFFORT_MAX names are no longer resolved. False: so it is.
 */
static bool spend(struct made *made, uint32_t steps)
{
    if (made->effort + steps > MADE_EFFORT_MAX) {
        made->sums.is_truncated = true;
        return false;
    }
    made->effort += steps + 1;
    return true;
}

static bool is_cte(struct made *made, uint32_t name, uint16_t scope)
{
    for (; scope != SQL_NONE && spend(made, made->ctes.count);
            scope = scope_of(made, scope)->parent) {
        for (uint32_t i = 0; i < made->ctes.count; i++) {
            const struct made_cte *cte = MADE_ITEM(made->ctes, struct made_cte, i);

            if (cte->scope == scope && cte->name == name) {
                return true;
            }
        }
    }
    return false;
}

static void add_range(
        struct made *made, uint32_t schema, uint32_t name, uint16_t table, uint16_t scope)
{
    struct made_range *range = scope == SQL_NONE ? NULL : made_add(made, &made->ranges);

    if (range != NULL) {
        *range =
                (struct made_range){.schema = schema, .name = name, .table = table, .scope = scope};
    }
}

void made_range(struct made *made, uint32_t name, uint16_t scope)
{
    add_range(made, 0, name, SQL_NONE, scope);
}

/* What a table of that role means for the whole. */
static void add_role(struct made *made, const struct sql_table *table, uint8_t bits)
{
    if ((table->role & SQL_TABLE_READ) != 0) {
        made->sums.does |= SQL_READS;
    }
    if ((table->role & SQL_TABLE_WRITTEN) != 0) {
        made->sums.does |= SQL_WRITES | ((bits & WALK_IN_CTE) != 0 ? SQL_WRITES_IN_CTE : 0u);
    }
    if ((table->role & SQL_TABLE_DEFINED) != 0 && table->is_temp) {
        made->sums.effects |= SQL_MAKES_TEMP;
    }
}

void made_table(struct made *made, sql_node range_var, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    sql_node alias_node = sql_node_find(tree, range_var, SQL_TAG_ALIAS);
    struct sl_span schema_text = sql_field_text(tree, range_var, SQL_TAG_SCHEMANAME);
    uint32_t schema = made_name(made, schema_text);
    uint32_t name = made_name(made, sql_field_text(tree, range_var, SQL_TAG_RELNAME));
    uint32_t alias = alias_node == 0
                             ? 0
                             : made_name(made, sql_field_text(tree, alias_node, SQL_TAG_ALIASNAME));
    uint32_t seen_as = alias != 0 ? alias : name;

    if (schema == 0 && (at->role & SQL_TABLE_READ) != 0 && is_cte(made, name, at->scope)) {
        add_range(made, 0, seen_as, SQL_NONE, at->scope);
        return;
    }
    made->sums.features.tables++;
    struct sql_table table = {.schema = schema,
            .name = name,
            .alias = alias,
            .scope = at->scope,
            .role = at->role,
            .is_temp = sql_field_is(tree, range_var, SQL_TAG_RELPERSISTENCE, "t") ||
                       sl_span_is(schema_text, "pg_temp")};
    add_role(made, &table, at->bits);
    struct sql_table *slot = made_add(made, &made->tables);
    if (slot == NULL) {
        add_range(made, 0, seen_as, SQL_NONE, at->scope);
        return;
    }
    *slot = table;
    add_range(
            made, alias != 0 ? 0 : schema, seen_as, (uint16_t)(made->tables.count - 1), at->scope);
}

void made_alias(struct made *made, sql_node alias, uint16_t scope)
{
    uint32_t name =
            alias == 0 ? 0 : made_name(made, sql_field_text(made->tree, alias, SQL_TAG_ALIASNAME));

    add_range(made, 0, name, SQL_NONE, scope);
}

/* The ranges of one scope that a column may be of: how many, and the last of them. */
static unsigned ranges_of(struct made *made, uint16_t scope, struct made_range *last)
{
    unsigned count = 0;

    if (!spend(made, made->ranges.count)) {
        return 0;
    }
    for (uint32_t i = 0; i < made->ranges.count; i++) {
        const struct made_range *range = MADE_ITEM(made->ranges, struct made_range, i);

        if (range->scope == scope) {
            count++;
            *last = *range;
        }
    }
    return count;
}

/* The nearest range of that name, outwards; *found untouched when there is none. */
static bool find_range(
        struct made *made, uint32_t schema, uint32_t name, uint16_t scope, struct made_range *found)
{
    for (; scope != SQL_NONE && spend(made, made->ranges.count); scope = made_outer(made, scope)) {
        for (uint32_t i = made->ranges.count; i-- > 0;) {
            const struct made_range *range = MADE_ITEM(made->ranges, struct made_range, i);

            if (range->scope == scope && range->name == name &&
                    (schema == 0 || range->schema == schema)) {
                *found = *range;
                return true;
            }
        }
    }
    return false;
}

static bool has_outer_ranges(struct made *made, uint16_t scope)
{
    struct made_range last = {0};

    for (scope = made_outer(made, scope); scope != SQL_NONE; scope = made_outer(made, scope)) {
        if (ranges_of(made, scope, &last) > 0) {
            return true;
        }
    }
    return false;
}

/* The column of that spelling in its scope, new or known. */
static uint16_t keep_column(struct made *made, const struct sql_column *as)
{
    if (!spend(made, made->columns.count)) {
        return SQL_NONE;
    }
    for (uint32_t i = 0; i < made->columns.count; i++) {
        struct sql_column *column = MADE_ITEM(made->columns, struct sql_column, i);

        if (column->name == as->name && column->qualifier == as->qualifier &&
                column->scope == as->scope && column->table == as->table) {
            column->clauses |= as->clauses;
            return (uint16_t)i;
        }
    }
    struct sql_column *column = made_add(made, &made->columns);
    if (column == NULL) {
        return SQL_NONE;
    }
    *column = *as;
    return (uint16_t)(made->columns.count - 1);
}

static uint16_t resolve_column(
        struct made *made, uint32_t schema, struct sql_column *column, const struct walk_place *at)
{
    struct made_range range = {.table = SQL_NONE, .scope = at->scope};

    column->scope = at->scope;
    column->clauses = (uint16_t)(1u << at->clause);
    column->table = SQL_NONE;
    if (at->scope == SQL_NONE || column->name == 0) {
        return column->name == 0 ? SQL_NONE : keep_column(made, column);
    }
    if (column->qualifier != 0) {
        if (find_range(made, schema, column->qualifier, at->scope, &range)) {
            column->table = range.table;
            column->is_outer = range.scope != at->scope;
        }
    } else if (ranges_of(made, at->scope, &range) == 1) {
        column->table = range.table;
        column->is_guess = range.table != SQL_NONE && has_outer_ranges(made, at->scope);
    }
    return keep_column(made, column);
}

uint16_t made_column(struct made *made, sql_node column_ref, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    sql_node fields = sql_node_find(tree, column_ref, SQL_TAG_FIELDS);
    uint32_t parts[4] = {0}; /* the last four: catalog, schema, table, column */

    for (sql_node item = walk_inner(tree, fields); item != 0; item = sql_node_next(tree, item)) {
        sql_node part = sql_node_child(tree, item);
        bool is_star = part != 0 && sql_node_tag(tree, part) == SQL_TAG_A_STAR_NODE;

        parts[0] = parts[1];
        parts[1] = parts[2];
        parts[2] = parts[3];
        parts[3] = made_name(
                made, is_star ? sl_span_text("*") : sql_field_text(tree, part, SQL_TAG_SVAL));
        if (is_star && at->clause == SQL_IN_OUTPUT) {
            made->sums.does |= SQL_STAR;
        }
    }
    struct sql_column column = {.qualifier = parts[2], .name = parts[3]};
    return resolve_column(made, parts[1], &column, at);
}

uint16_t made_column_named(
        struct made *made, uint32_t qualifier, uint32_t name, const struct walk_place *at)
{
    struct sql_column column = {.qualifier = qualifier, .name = name};

    return resolve_column(made, 0, &column, at);
}

uint16_t made_target(struct made *made, struct sl_span name, const struct walk_place *at)
{
    struct sql_column column = {.name = made_name(made, name),
            .scope = at->scope,
            .table = SQL_NONE,
            .clauses = 1u << SQL_IN_TARGET};

    for (uint32_t i = 0; i < made->tables.count; i++) {
        const struct sql_table *table = MADE_ITEM(made->tables, struct sql_table, i);

        if (table->scope == at->scope && (table->role & SQL_TABLE_WRITTEN) != 0) {
            column.table = (uint16_t)i;
        }
    }
    return column.name == 0 ? SQL_NONE : keep_column(made, &column);
}

void made_field(struct made *made, struct sl_span name, const struct walk_place *at)
{
    struct sql_column column = {.name = name.len == 0 ? 0 : made_name(made, name),
            .scope = at->scope,
            .table = SQL_NONE,
            .clauses = (uint16_t)(1u << at->clause)};

    if (column.name != 0) {
        SL_IGNORE(keep_column(made, &column), "the column is on its list");
    }
}

void made_locked(struct made *made, sql_node locking_clause, uint16_t scope)
{
    const struct sql_tree *tree = made->tree;
    sql_node named = walk_inner(tree, sql_node_find(tree, locking_clause, SQL_TAG_LOCKED_RELS));

    made->sums.does |= SQL_LOCKS_ROWS;
    if (!spend(made, made->tables.count *
                             sql_node_children(tree,
                                     sql_node_find(tree, locking_clause, SQL_TAG_LOCKED_RELS)))) {
        return;
    }
    for (uint32_t i = 0; i < made->tables.count; i++) {
        struct sql_table *table = MADE_ITEM(made->tables, struct sql_table, i);
        bool is_meant = named == 0;

        for (sql_node it = named; it != 0 && !is_meant; it = sql_node_next(tree, it)) {
            sql_node range_var = sql_node_child(tree, it);
            uint32_t name = made_name(made, sql_field_text(tree, range_var, SQL_TAG_RELNAME));

            is_meant = name == (table->alias != 0 ? table->alias : table->name);
        }
        if (is_meant && table->scope == scope) {
            table->role |= SQL_TABLE_LOCKED;
        }
    }
}
