/* SPDX-License-Identifier: PostgreSQL */
/* protocol/sql_expr.c - expressions: values, columns, functions, and what is under AND and OR. */
#include "protocol/sql_walk.h"

#include <string.h>

void walk_names(struct made *made, sql_node list, uint32_t *schema, uint32_t *name)
{
    const struct sql_tree *tree = made->tree;

    *schema = 0;
    *name = 0;
    for (sql_node it = walk_inner(tree, list); it != 0; it = sql_node_next(tree, it)) {
        *schema = *name;
        *name = made_name(made, sql_field_text(tree, sql_node_child(tree, it), SQL_TAG_SVAL));
    }
}

bool walk_is_one_of(struct sl_span text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sl_span_is(text, words[i])) {
            return true;
        }
    }
    return false;
}

/* ---- values ---- */

static int64_t location_of(const struct sql_tree *tree, sql_node node)
{
    return sql_field_number(tree, node, SQL_TAG_LOCATION);
}

bool walk_is_literal(const struct sql_tree *tree, sql_node constant)
{
    return sql_node_find(tree, constant, SQL_TAG_ISNULL) == 0 &&
           sql_node_find(tree, constant, SQL_TAG_BOOLVAL) == 0;
}

static void note_value(struct made *made, sql_node node, const struct walk_place *at, bool is_param)
{
    const struct sql_tree *tree = made->tree;
    int64_t location = location_of(tree, node);
    int64_t number = is_param ? sql_field_number(tree, node, SQL_TAG_NUMBER) : 0;
    struct sql_features *features = &made->sums.features;

    if (location < 0 || (!is_param && !walk_is_literal(tree, node))) {
        return;
    }
    if (number > features->params && number <= UINT16_MAX) {
        features->params = (uint32_t)number;
    }
    features->literals += !is_param;
    struct sql_value *value = made_add(made, &made->values);
    if (value == NULL) {
        return;
    }
    value->offset = (uint32_t)location;
    value->number = number < 0 || number > UINT16_MAX ? 0 : (uint16_t)number;
    value->literal = SQL_NONE;
    value->clause = at->clause;
    value->kind = SQL_VALUE_NUMBER;
    if (is_param) {
        value->kind = SQL_VALUE_PARAM;
    } else if (sql_node_find(tree, node, SQL_TAG_SVAL) != 0) {
        value->kind = SQL_VALUE_STRING;
    } else if (sql_node_find(tree, node, SQL_TAG_BSVAL) != 0) {
        value->kind = SQL_VALUE_BITS;
    }
}

/* ---- functions ---- */

static const char *const aggregates[] = {"array_agg", "avg", "bit_and", "bit_or", "bit_xor",
        "bool_and", "bool_or", "corr", "count", "covar_pop", "covar_samp", "every", "json_agg",
        "json_object_agg", "jsonb_agg", "jsonb_object_agg", "max", "min", "mode", "percentile_cont",
        "percentile_disc", "range_agg", "range_intersect_agg", "regr_avgx", "regr_avgy",
        "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy",
        "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "var_pop", "var_samp",
        "variance", "xmlagg"};

static void function_effects(struct made *made, struct sl_span name)
{
    static const struct {
        const char *name;
        uint32_t effects;
    } known[] = {{"set_config", SQL_SETS}, {"nextval", SQL_USES_SEQUENCES},
            {"currval", SQL_USES_SEQUENCES}, {"lastval", SQL_USES_SEQUENCES},
            {"setval", SQL_USES_SEQUENCES}, {"pg_notify", SQL_NOTIFIES},
            {"pg_advisory_lock", SQL_LOCKS_ADVISORY},
            {"pg_advisory_lock_shared", SQL_LOCKS_ADVISORY},
            {"pg_try_advisory_lock", SQL_LOCKS_ADVISORY},
            {"pg_try_advisory_lock_shared", SQL_LOCKS_ADVISORY},
            {"pg_advisory_unlock", SQL_LOCKS_ADVISORY},
            {"pg_advisory_unlock_shared", SQL_LOCKS_ADVISORY},
            {"pg_advisory_unlock_all", SQL_LOCKS_ADVISORY}};

    for (size_t i = 0; i < SL_COUNT(known); i++) {
        if (sl_span_is(name, known[i].name)) {
            made->sums.effects |= known[i].effects;
        }
    }
}

static bool is_same_function(const struct sql_function *a, const struct sql_function *b)
{
    return a->name == b->name && a->schema == b->schema && a->args == b->args &&
           a->is_window == b->is_window && a->is_distinct == b->is_distinct &&
           a->is_in_from == b->is_in_from && a->is_keyword == b->is_keyword;
}

uint16_t made_function(struct made *made, const struct sql_function *function)
{
    for (uint32_t i = 0; i < made->functions.count; i++) {
        if (is_same_function(MADE_ITEM(made->functions, struct sql_function, i), function)) {
            return (uint16_t)i;
        }
    }
    struct sql_function *slot = made_add(made, &made->functions);
    if (slot == NULL) {
        return SQL_NONE;
    }
    *slot = *function;
    return (uint16_t)(made->functions.count - 1);
}

struct sql_function walk_function(struct made *made, sql_node call, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    struct sql_function function = {0};
    sql_node args = sql_node_find(tree, call, SQL_TAG_ARGS);
    unsigned count = args == 0 ? 0 : sql_node_children(tree, args);

    walk_names(made, sql_node_find(tree, call, SQL_TAG_FUNCNAME), &function.schema, &function.name);
    function.args = count > UINT16_MAX ? UINT16_MAX : (uint16_t)count;
    function.is_window = sql_node_find(tree, call, SQL_TAG_OVER) != 0;
    function.is_distinct = sql_field_number(tree, call, SQL_TAG_AGG_DISTINCT) != 0;
    function.is_in_from = at->clause == SQL_IN_FROM;
    struct sl_span name = sl_span("", 0);
    if (made->names.count > 0) {
        name = sl_span_text((const char *)made->names.items + function.name);
    }
    bool is_aggregate = function.is_distinct ||
                        sql_field_number(tree, call, SQL_TAG_AGG_STAR) != 0 ||
                        sql_node_find(tree, call, SQL_TAG_AGG_FILTER) != 0 ||
                        sql_node_find(tree, call, SQL_TAG_AGG_ORDER) != 0 ||
                        walk_is_one_of(name, aggregates, SL_COUNT(aggregates));
    function.is_aggregate = is_aggregate && !function.is_window;
    return function;
}

static void call_step(struct made *made, const struct walk_frame *frame)
{
    const struct sql_tree *tree = made->tree;
    struct sql_function function = walk_function(made, frame->node, &frame->at);
    struct walk_place at = frame->at;
    sql_node over = sql_node_find(tree, frame->node, SQL_TAG_OVER);

    made->sums.features.functions++;
    made->sums.features.windows += function.is_window;
    made->sums.features.aggregates += function.is_aggregate;
    if (function.name != 0) {
        function_effects(made, sl_span_text((const char *)made->names.items + function.name));
        SL_IGNORE(made_function(made, &function), "at its bound it is counted as truncated");
    }
    at.bits &= WALK_IN_CTE;
    walk_push_field(made, frame->node, SQL_TAG_ARGS, at);
    walk_push_field(made, frame->node, SQL_TAG_AGG_FILTER, at);
    walk_push_field(made, frame->node, SQL_TAG_AGG_ORDER, at);
    at.clause = SQL_IN_WINDOW;
    if (over != 0) {
        walk_push_children(made, over, at);
    }
}

/* CURRENT_TIMESTAMP and its like: SVFOP_CURRENT_TIMESTAMP. */
static void keyword_step(struct made *made, sql_node node)
{
    struct sl_span op = sql_field_text(made->tree, node, SQL_TAG_OP);
    char name[64];
    size_t len = op.len > 6 ? op.len - 6 : 0;

    if (len == 0 || len >= sizeof name) {
        return;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t c = op.at[6 + i];
        name[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    /* CURRENT_TIME(0) and without precision are two of PostgreSQL's operations, and one function. */
    if (len > 2 && memcmp(name + len - 2, "_n", 2) == 0) {
        len -= 2;
    }
    struct sql_function function = {
            .name = made_name(made, sl_span(name, len)), .is_keyword = true};
    made->sums.features.functions++;
    SL_IGNORE(made_function(made, &function), "at its bound it is counted as truncated");
}

/* ---- the steps ---- */

static void bool_step(struct made *made, const struct walk_frame *frame)
{
    struct walk_place at = frame->at;
    const struct sql_tree *tree = made->tree;
    sql_node args = sql_node_find(tree, frame->node, SQL_TAG_ARGS);

    if (sql_field_is(tree, frame->node, SQL_TAG_BOOLOP, "OR_EXPR")) {
        at.bits |= WALK_UNDER_OR;
    } else if (sql_field_is(tree, frame->node, SQL_TAG_BOOLOP, "NOT_EXPR")) {
        sql_node arg = args == 0 ? 0 : sql_node_child(tree, args);
        sql_node inner = arg == 0 ? 0 : sql_node_child(tree, arg);

        at.bits ^= WALK_NEGATED;
        at.bits |= walk_is_tag(tree, inner, SQL_TAG_BOOL_EXPR_NODE) ? WALK_UNDER_OR : 0;
    }
    /* Past the list and its items, which would end the predicate. */
    for (sql_node it = walk_inner(tree, args); it != 0; it = sql_node_next(tree, it)) {
        walk_push(made, sql_node_child(tree, it), WALK_BY_TAG, at);
    }
}

static void sublink_step(struct made *made, const struct walk_frame *frame)
{
    struct walk_place at = frame->at;
    struct walk_place within = at;

    made->sums.features.subqueries++;
    at.bits &= WALK_IN_CTE;
    within.bits &= WALK_IN_CTE;
    within.depth++;
    walk_push_field(made, frame->node, SQL_TAG_TESTEXPR, at);
    walk_push_field(made, frame->node, SQL_TAG_SUBSELECT, within);
}

static void target_step(struct made *made, const struct walk_frame *frame)
{
    struct walk_place at = frame->at;

    if (at.clause == SQL_IN_TARGET) {
        struct sl_span name = sql_field_text(made->tree, frame->node, SQL_TAG_NAME);

        uint16_t column = made_target(made, name, &at);
        if ((at.bits & WALK_UPDATES) != 0) {
            made->sums.features.set_columns++;
            made_assign(made, frame->node, column);
        }
        at.clause = SQL_IN_SET;
    }
    at.bits &= WALK_IN_CTE;
    walk_push_field(made, frame->node, SQL_TAG_VAL, at);
    walk_push_field(made, frame->node, SQL_TAG_INDIRECTION, at);
}

/* 'now'::timestamp is another value every time; so may be any literal or parameter cast so. */
static void cast_step(struct made *made, const struct walk_frame *frame)
{
    static const char *const times[] = {
            "timestamp", "timestamptz", "date", "time", "timetz", "abstime"};
    const struct sql_tree *tree = made->tree;
    sql_node type = sql_node_find(tree, frame->node, SQL_TAG_TYPE_NAME);
    sql_node arg = walk_inner(tree, sql_node_find(tree, frame->node, SQL_TAG_ARG));
    uint32_t schema = 0;
    uint32_t name = 0;

    if (type != 0) {
        walk_names(made, sql_node_find(tree, type, SQL_TAG_NAMES), &schema, &name);
    }
    if (name != 0 && arg != 0 && sql_node_tag(tree, arg) != SQL_TAG_COLUMN_REF_NODE &&
            walk_is_one_of(
                    sl_span_text((const char *)made->names.items + name), times, SL_COUNT(times))) {
        made->sums.does |= SQL_CASTS_TIME;
    }
}

/* Whether a tag is of an expression whose being a condition must reach what is under it. */
static bool is_clause_field(enum sql_tag tag)
{
    return tag == SQL_TAG_WHERE_CLAUSE || tag == SQL_TAG_HAVING_CLAUSE || tag == SQL_TAG_QUALS ||
           tag == SQL_TAG_JOIN_CONDITION || tag == SQL_TAG_CONDITION;
}

/* (x).f: a field of it, or a function that takes it. */
static void note_fields(struct made *made, const struct walk_frame *frame)
{
    const struct sql_tree *tree = made->tree;
    sql_node fields = sql_node_find(tree, frame->node, SQL_TAG_INDIRECTION);

    for (sql_node item = walk_inner(tree, fields); item != 0; item = sql_node_next(tree, item)) {
        made_field(
                made, sql_field_text(tree, sql_node_child(tree, item), SQL_TAG_SVAL), &frame->at);
    }
}

static void expression_children(struct made *made, const struct walk_frame *frame)
{
    struct walk_place at = frame->at;

    at.bits &= WALK_IN_CTE;
    walk_push_children(made, frame->node, at);
}

bool walk_expression(struct made *made, const struct walk_frame *frame)
{
    enum sql_tag tag = sql_node_tag(made->tree, frame->node);
    bool is_condition = (frame->at.bits & WALK_PREDICATE) != 0;

    if (is_clause_field(tag)) {
        walk_push_children(made, frame->node, frame->at);
        return true;
    }
    if (is_condition) {
        walk_condition(made, frame);
    }
    switch ((int)tag) {
    case SQL_TAG_A_CONST_NODE:
        note_value(made, frame->node, &frame->at, false);
        return true;
    case SQL_TAG_PARAM_REF_NODE:
        note_value(made, frame->node, &frame->at, true);
        return true;
    case SQL_TAG_COLUMN_REF_NODE:
        SL_IGNORE(made_column(made, frame->node, &frame->at), "the column is on its list");
        return true;
    case SQL_TAG_A_INDIRECTION_NODE:
        note_fields(made, frame);
        return false;
    case SQL_TAG_FUNC_CALL_NODE:
        call_step(made, frame);
        return true;
    case SQL_TAG_SQL_VALUE_FUNCTION_NODE:
        keyword_step(made, frame->node);
        return true;
    case SQL_TAG_BOOL_EXPR_NODE:
        bool_step(made, frame);
        return true;
    case SQL_TAG_SUB_LINK_NODE:
        sublink_step(made, frame);
        return true;
    case SQL_TAG_RES_TARGET_NODE:
        target_step(made, frame);
        return true;
    case SQL_TAG_MULTI_ASSIGN_REF_NODE:
        /* The source hangs under each of the columns: once is enough. */
        if (sql_field_number(made->tree, frame->node, SQL_TAG_COLNO) == 1) {
            expression_children(made, frame);
        }
        return true;
    case SQL_TAG_TYPE_CAST_NODE:
        cast_step(made, frame);
        expression_children(made, frame);
        return true;
    default:
        return false;
    }
}
