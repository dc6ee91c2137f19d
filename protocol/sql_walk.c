/* SPDX-License-Identifier: PostgreSQL */
/* protocol/sql_walk.c - statements, and what stands in FROM. */
#include "protocol/sql_walk.h"

#include <string.h>

void walk_push(struct made *made, sql_node node, enum walk_step step, struct walk_place at)
{
    struct walk_frame *frame = node == 0 ? NULL : made_add(made, &made->frames);

    if (frame != NULL) {
        *frame = (struct walk_frame){.node = node, .step = step, .at = at};
    }
}

void walk_push_field(struct made *made, sql_node node, enum sql_tag field, struct walk_place at)
{
    walk_push(made, sql_node_find(made->tree, node, field), WALK_BY_TAG, at);
}

void walk_push_children(struct made *made, sql_node node, struct walk_place at)
{
    for (sql_node it = sql_node_child(made->tree, node); it != 0;
            it = sql_node_next(made->tree, it)) {
        walk_push(made, it, WALK_BY_TAG, at);
    }
}

static struct walk_place in_clause(struct walk_place at, enum sql_clause clause)
{
    at.clause = (uint8_t)clause;
    at.bits &= WALK_IN_CTE;
    return at;
}

/* A clause that is a condition. */
static struct walk_place in_condition(struct walk_place at, enum sql_clause clause)
{
    at = in_clause(at, clause);
    at.bits |= WALK_PREDICATE;
    return at;
}

static struct walk_place with_role(struct walk_place at, uint8_t role)
{
    at.role = role;
    return at;
}

/* In a new scope of that kind. */
static struct walk_place in_scope(struct made *made, struct walk_place at, enum sql_kind kind)
{
    at.scope = made_scope(made, &at, kind);
    at.outer = at.scope;
    return with_role(in_clause(at, SQL_IN_OTHER), SQL_TABLE_READ);
}

/* For what sees the CTEs from here, but none of the columns. */
static struct walk_place unseeing(const struct made *made, struct walk_place at)
{
    at.outer = made_outer(made, at.scope);
    return at;
}

static uint8_t nulls_of(const struct sql_tree *tree, sql_node sort)
{
    if (sql_field_is(tree, sort, SQL_TAG_SORTBY_NULLS, "SORTBY_NULLS_FIRST")) {
        return 1;
    }
    return sql_field_is(tree, sort, SQL_TAG_SORTBY_NULLS, "SORTBY_NULLS_LAST") ? 2 : 0;
}

/* What an output's alias stands for: its ColumnRef, or the expression, or 0 when it is none. */
static sql_node aliased(const struct sql_tree *tree, sql_node select, sql_node column_ref)
{
    sql_node fields = sql_node_find(tree, column_ref, SQL_TAG_FIELDS);
    sql_node outputs = sql_node_find(tree, select, SQL_TAG_TARGET_LIST);

    if (sql_node_children(tree, fields) != 1 || outputs == 0) {
        return 0;
    }
    struct sl_span name =
            sql_field_text(tree, sql_node_child(tree, sql_node_child(tree, fields)), SQL_TAG_SVAL);
    for (sql_node it = sql_node_child(tree, outputs); it != 0; it = sql_node_next(tree, it)) {
        sql_node target = sql_node_child(tree, it);

        if (name.len > 0 && sl_span_equal(sql_field_text(tree, target, SQL_TAG_NAME), name)) {
            return walk_inner(tree, sql_node_find(tree, target, SQL_TAG_VAL));
        }
    }
    return 0;
}

/* One item of ORDER BY or GROUP BY: `expression` is the node itself, {"ColumnRef": ...}'s inner. */
static void note_order(struct made *made, sql_node select, sql_node expression,
        const struct walk_place *at, struct sql_order order)
{
    const struct sql_tree *tree = made->tree;

    order.column = SQL_NONE;
    order.scope = at->scope;
    if (expression == 0) {
        return;
    }
    if (sql_node_tag(tree, expression) == SQL_TAG_COLUMN_REF_NODE) {
        sql_node meant = aliased(tree, select, expression);

        /* ORDER BY means the alias; GROUP BY the table's column, if it has one: not told here. */
        if (meant == 0) {
            meant = expression;
        } else if (order.is_group) {
            meant = 0;
        }
        if (meant != 0 && sql_node_tag(tree, meant) == SQL_TAG_COLUMN_REF_NODE) {
            order.column = made_column(made, meant, at);
        }
    }
    order.is_position = sql_node_tag(tree, expression) == SQL_TAG_A_CONST_NODE;
    struct sql_order *slot = made_add(made, &made->orders);
    if (slot != NULL) {
        *slot = order;
    }
}

enum { ORDERS_LOOKED_AT = 256 }; /* each may look through all outputs */

static void note_orders(struct made *made, sql_node select, struct walk_place at)
{
    const struct sql_tree *tree = made->tree;
    sql_node sorts = sql_node_find(tree, select, SQL_TAG_SORT_CLAUSE);
    sql_node groups = sql_node_find(tree, select, SQL_TAG_GROUP_CLAUSE);
    unsigned looked_at = 0;

    at.clause = SQL_IN_GROUP;
    for (sql_node it = walk_inner(tree, groups); it != 0; it = sql_node_next(tree, it)) {
        made->sums.features.groups++;
        if (looked_at++ < ORDERS_LOOKED_AT) {
            note_order(made, select, sql_node_child(tree, it), &at,
                    (struct sql_order){.is_group = true});
        }
    }
    at.clause = SQL_IN_ORDER;
    for (sql_node it = walk_inner(tree, sorts); it != 0; it = sql_node_next(tree, it)) {
        sql_node sort = sql_node_child(tree, it);
        struct sql_order order = {
                .is_desc = sql_field_is(tree, sort, SQL_TAG_SORTBY_DIR, "SORTBY_DESC"),
                .nulls = nulls_of(tree, sort)};

        made->sums.features.orders++;
        if (looked_at++ < ORDERS_LOOKED_AT) {
            note_order(made, select, walk_inner(tree, sql_node_find(tree, sort, SQL_TAG_NODE)), &at,
                    order);
        }
    }
}

/* ORDER BY and GROUP BY once the ranges are known. */
static void select_ordered(struct made *made, sql_node select, struct walk_place at)
{
    note_orders(made, select, at);
    if (at.scope == 0) {
        made_rows(made, select, &at);
    }
    walk_push_field(made, select, SQL_TAG_GROUP_CLAUSE, in_clause(at, SQL_IN_GROUP));
    walk_push_field(made, select, SQL_TAG_SORT_CLAUSE, in_clause(at, SQL_IN_ORDER));
}

static void count_select(struct made *made, sql_node select)
{
    const struct sql_tree *tree = made->tree;
    struct sql_features *features = &made->sums.features;
    sql_node rows = sql_node_find(tree, select, SQL_TAG_VALUES_LISTS);

    features->has_distinct |= sql_node_find(tree, select, SQL_TAG_DISTINCT_CLAUSE) != 0;
    features->has_limit |= sql_node_find(tree, select, SQL_TAG_LIMIT_COUNT) != 0;
    features->has_offset |= sql_node_find(tree, select, SQL_TAG_LIMIT_OFFSET) != 0;
    features->values_rows += rows == 0 ? 0 : sql_node_children(tree, rows);
    features->set_operations += sql_node_find(tree, select, SQL_TAG_LARG) != 0;
}

static void select_step(struct made *made, sql_node select, struct walk_place at)
{
    const struct sql_tree *tree = made->tree;

    count_select(made, select);
    at = in_scope(made, at, SQL_SELECT);
    walk_push_field(made, select, SQL_TAG_WITH_CLAUSE, at);
    walk_push(made, sql_node_find(tree, select, SQL_TAG_LARG), WALK_SELECT, at);
    walk_push(made, sql_node_find(tree, select, SQL_TAG_RARG), WALK_SELECT, at);
    walk_push_field(made, select, SQL_TAG_FROM_CLAUSE, in_clause(at, SQL_IN_FROM));
    walk_push_field(made, select, SQL_TAG_DISTINCT_CLAUSE, in_clause(at, SQL_IN_OUTPUT));
    walk_push_field(made, select, SQL_TAG_TARGET_LIST, in_clause(at, SQL_IN_OUTPUT));
    walk_push_field(made, select, SQL_TAG_WHERE_CLAUSE, in_condition(at, SQL_IN_WHERE));
    walk_push(made, select, WALK_ORDERED, at);
    walk_push_field(made, select, SQL_TAG_HAVING_CLAUSE, in_condition(at, SQL_IN_HAVING));
    walk_push_field(made, select, SQL_TAG_WINDOW_CLAUSE, in_clause(at, SQL_IN_WINDOW));
    walk_push_field(made, select, SQL_TAG_VALUES_LISTS, in_clause(at, SQL_IN_VALUES));
    walk_push_field(made, select, SQL_TAG_LIMIT_OFFSET, in_clause(at, SQL_IN_LIMIT));
    walk_push_field(made, select, SQL_TAG_LIMIT_COUNT, in_clause(at, SQL_IN_LIMIT));
    walk_push_field(made, select, SQL_TAG_LOCKING_CLAUSE, at);
    sql_node into = sql_node_find(tree, select, SQL_TAG_INTO_CLAUSE);
    if (into != 0) {
        made->sums.does |= SQL_WRITES | SQL_CHANGES_SCHEMA;
        at.scope = SQL_NONE;
        walk_push(made, into, WALK_BY_TAG, with_role(at, SQL_TABLE_DEFINED | SQL_TABLE_WRITTEN));
    }
}

static void written(struct made *made, const struct walk_place *at)
{
    made->sums.does |= SQL_WRITES | ((at->bits & WALK_IN_CTE) != 0 ? SQL_WRITES_IN_CTE : 0u);
}

static void returning(struct made *made, sql_node statement, struct walk_place at)
{
    if (sql_node_find(made->tree, statement, SQL_TAG_RETURNING_LIST) != 0) {
        made->sums.does |= SQL_RETURNING;
        walk_push_field(made, statement, SQL_TAG_RETURNING_LIST, in_clause(at, SQL_IN_OUTPUT));
    }
}

static void insert_step(struct made *made, sql_node insert, struct walk_place at)
{
    const struct sql_tree *tree = made->tree;
    sql_node conflict = sql_node_find(tree, insert, SQL_TAG_ON_CONFLICT_CLAUSE);

    written(made, &at);
    at = in_scope(made, at, SQL_INSERT);
    walk_push_field(made, insert, SQL_TAG_WITH_CLAUSE, at);
    walk_push_field(
            made, insert, SQL_TAG_SELECT_STMT, unseeing(made, in_clause(at, SQL_IN_VALUES)));
    walk_push_field(made, insert, SQL_TAG_RELATION, with_role(at, SQL_TABLE_WRITTEN));
    walk_push_field(made, insert, SQL_TAG_COLS, in_clause(at, SQL_IN_TARGET));
    walk_push(made, insert, WALK_INSERTED, at);
    if (conflict != 0) {
        made->sums.does |= SQL_ON_CONFLICT;
        walk_push(made, conflict, WALK_BY_TAG, at);
    }
    returning(made, insert, at);
}

static struct walk_place in_assignments(struct walk_place at)
{
    at = in_clause(at, SQL_IN_TARGET);
    at.bits |= WALK_UPDATES;
    return at;
}

static void conflict_step(struct made *made, sql_node conflict, struct walk_place at)
{
    made_range(made, made_name(made, sl_span_text("excluded")), at.scope);
    walk_push_field(made, conflict, SQL_TAG_INFER, at);
    walk_push_field(made, conflict, SQL_TAG_TARGET_LIST, in_assignments(at));
    walk_push_field(made, conflict, SQL_TAG_WHERE_CLAUSE, in_condition(at, SQL_IN_WHERE));
}

static void update_step(struct made *made, sql_node update, struct walk_place at)
{
    written(made, &at);
    at = in_scope(made, at, SQL_UPDATE);
    walk_push_field(made, update, SQL_TAG_WITH_CLAUSE, at);
    walk_push_field(made, update, SQL_TAG_RELATION, with_role(at, SQL_TABLE_WRITTEN));
    walk_push_field(made, update, SQL_TAG_FROM_CLAUSE, in_clause(at, SQL_IN_FROM));
    walk_push_field(made, update, SQL_TAG_TARGET_LIST, in_assignments(at));
    walk_push_field(made, update, SQL_TAG_WHERE_CLAUSE, in_condition(at, SQL_IN_WHERE));
    returning(made, update, at);
}

static void delete_step(struct made *made, sql_node statement, struct walk_place at)
{
    written(made, &at);
    at = in_scope(made, at, SQL_DELETE);
    walk_push_field(made, statement, SQL_TAG_WITH_CLAUSE, at);
    walk_push_field(made, statement, SQL_TAG_RELATION, with_role(at, SQL_TABLE_WRITTEN));
    walk_push_field(made, statement, SQL_TAG_USING_CLAUSE, in_clause(at, SQL_IN_FROM));
    walk_push_field(made, statement, SQL_TAG_WHERE_CLAUSE, in_condition(at, SQL_IN_WHERE));
    returning(made, statement, at);
}

static void merge_step(struct made *made, sql_node merge, struct walk_place at)
{
    written(made, &at);
    made->sums.features.joins_explicit++;
    at = in_scope(made, at, SQL_MERGE);
    walk_push_field(made, merge, SQL_TAG_WITH_CLAUSE, at);
    walk_push_field(made, merge, SQL_TAG_RELATION, with_role(at, SQL_TABLE_WRITTEN));
    walk_push_field(made, merge, SQL_TAG_SOURCE_RELATION, in_clause(at, SQL_IN_FROM));
    walk_push_field(made, merge, SQL_TAG_JOIN_CONDITION, in_condition(at, SQL_IN_ON));
    walk_push_field(made, merge, SQL_TAG_MERGE_WHEN_CLAUSES, at);
}

static void merge_when_step(struct made *made, sql_node when, struct walk_place at)
{
    bool updates = sql_field_is(made->tree, when, SQL_TAG_COMMAND_TYPE, "CMD_UPDATE");

    walk_push_field(made, when, SQL_TAG_CONDITION, in_condition(at, SQL_IN_WHERE));
    walk_push_field(made, when, SQL_TAG_TARGET_LIST,
            updates ? in_assignments(at) : in_clause(at, SQL_IN_TARGET));
    walk_push_field(made, when, SQL_TAG_VALUES, in_clause(at, SQL_IN_VALUES));
}

static void with_step(struct made *made, sql_node with, struct walk_place at)
{
    const struct sql_tree *tree = made->tree;
    sql_node ctes = sql_node_find(tree, with, SQL_TAG_CTES);
    bool is_recursive = sql_field_number(tree, with, SQL_TAG_RECURSIVE) != 0;

    made->sums.features.is_recursive |= is_recursive;
    for (sql_node it = walk_inner(tree, ctes); it != 0 && is_recursive;
            it = sql_node_next(tree, it)) {
        walk_push(made, sql_node_child(tree, it), WALK_CTE_KNOWN, at);
    }
    for (sql_node it = walk_inner(tree, ctes); it != 0; it = sql_node_next(tree, it)) {
        struct walk_place within = unseeing(made, at);
        sql_node cte = sql_node_child(tree, it);

        made->sums.features.ctes++;
        within.bits |= WALK_IN_CTE;
        within.depth++;
        if (cte != 0) {
            walk_push_field(made, cte, SQL_TAG_CTEQUERY, within);
            walk_push(made, is_recursive ? 0 : cte, WALK_CTE_KNOWN, at);
        }
    }
}

static void cte_known(struct made *made, sql_node cte, struct walk_place at)
{
    struct made_cte *known = at.scope == SQL_NONE ? NULL : made_add(made, &made->ctes);

    if (known != NULL) {
        known->name = made_name(made, sql_field_text(made->tree, cte, SQL_TAG_CTENAME));
        known->scope = at.scope;
    }
}

static void join_step(struct made *made, sql_node join, struct walk_place at)
{
    static const struct {
        const char *name;
        enum sql_join_kind kind;
    } kinds[] = {{"JOIN_LEFT", SQL_JOIN_LEFT}, {"JOIN_RIGHT", SQL_JOIN_RIGHT},
            {"JOIN_FULL", SQL_JOIN_FULL}};
    const struct sql_tree *tree = made->tree;
    struct walk_place on = in_condition(at, SQL_IN_ON);

    on.join = SQL_JOIN_INNER;
    for (size_t i = 0; i < SL_COUNT(kinds); i++) {
        if (sql_field_is(tree, join, SQL_TAG_JOINTYPE, kinds[i].name)) {
            on.join = (uint8_t)kinds[i].kind;
            made->sums.features.joins_outer++;
        }
    }
    made->sums.features.joins_explicit++;
    walk_push_field(made, join, SQL_TAG_LARG, at);
    walk_push_field(made, join, SQL_TAG_RARG, at);
    walk_push(made, join, WALK_USING, on);
    walk_push_field(made, join, SQL_TAG_QUALS, on);
}

/* What a side's columns are qualified with when it is a single table; 0 otherwise. */
static uint32_t side_name(struct made *made, sql_node join, enum sql_tag field)
{
    const struct sql_tree *tree = made->tree;
    sql_node side = walk_inner(tree, sql_node_find(tree, join, field));

    if (side == 0 || sql_node_tag(tree, side) != SQL_TAG_RANGE_VAR_NODE) {
        return 0;
    }
    sql_node alias = sql_node_find(tree, side, SQL_TAG_ALIAS);
    return made_name(made, alias != 0 ? sql_field_text(tree, alias, SQL_TAG_ALIASNAME)
                                      : sql_field_text(tree, side, SQL_TAG_RELNAME));
}

static void using_step(struct made *made, sql_node join, struct walk_place at)
{
    const struct sql_tree *tree = made->tree;
    sql_node names = sql_node_find(tree, join, SQL_TAG_USING_CLAUSE);
    uint32_t left = side_name(made, join, SQL_TAG_LARG);
    uint32_t right = side_name(made, join, SQL_TAG_RARG);
    sql_node alias = sql_node_find(tree, join, SQL_TAG_ALIAS);

    for (sql_node it = walk_inner(tree, names); it != 0; it = sql_node_next(tree, it)) {
        uint32_t name =
                made_name(made, sql_field_text(tree, sql_node_child(tree, it), SQL_TAG_SVAL));
        struct sql_join *slot = made_add(made, &made->joins);

        if (slot != NULL) {
            slot->left = left == 0 ? SQL_NONE : made_column_named(made, left, name, &at);
            slot->right = right == 0 ? SQL_NONE : made_column_named(made, right, name, &at);
            slot->kind = at.join;
            slot->scope = at.scope;
            slot->is_explicit = true;
        }
    }
    if (alias != 0) {
        made_alias(made, alias, at.scope);
    }
}

static void subselect_step(struct made *made, sql_node range, struct walk_place at)
{
    bool is_lateral = sql_field_number(made->tree, range, SQL_TAG_LATERAL) != 0;
    struct walk_place within = is_lateral ? at : unseeing(made, at);

    made->sums.features.subqueries++;
    within.depth++;
    walk_push_field(made, range, SQL_TAG_SUBQUERY, within);
    made_alias(made, sql_node_find(made->tree, range, SQL_TAG_ALIAS), at.scope);
}

bool walk_statement(struct made *made, const struct walk_frame *frame)
{
    sql_node node = frame->node;
    struct walk_place at = frame->at;

    if (frame->step == WALK_CTE_KNOWN) {
        cte_known(made, node, at);
        return true;
    }
    if (frame->step == WALK_USING) {
        using_step(made, node, at);
        return true;
    }
    if (frame->step == WALK_ORDERED) {
        select_ordered(made, node, at);
        return true;
    }
    if (frame->step == WALK_INSERTED) {
        made_inserted(made, node, &at);
        return true;
    }
    static const struct {
        enum sql_tag tag;
        void (*step)(struct made *made, sql_node node, struct walk_place at);
    } steps[] = {
            {SQL_TAG_SELECT_STMT_NODE, select_step},
            {SQL_TAG_INSERT_STMT_NODE, insert_step},
            {SQL_TAG_UPDATE_STMT_NODE, update_step},
            {SQL_TAG_DELETE_STMT_NODE, delete_step},
            {SQL_TAG_MERGE_STMT_NODE, merge_step},
            {SQL_TAG_MERGE_WHEN_CLAUSE_NODE, merge_when_step},
            {SQL_TAG_ON_CONFLICT_CLAUSE, conflict_step},
            {SQL_TAG_WITH_CLAUSE, with_step},
            {SQL_TAG_JOIN_EXPR_NODE, join_step},
            {SQL_TAG_RANGE_SUBSELECT_NODE, subselect_step},
    };
    enum sql_tag tag =
            frame->step == WALK_SELECT ? SQL_TAG_SELECT_STMT_NODE : sql_node_tag(made->tree, node);
    for (size_t i = 0; i < SL_COUNT(steps); i++) {
        if (steps[i].tag == tag) {
            steps[i].step(made, node, at);
            return true;
        }
    }
    return false;
}
