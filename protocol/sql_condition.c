/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_condition.c - conditions upon columns: filters, and what makes two tables equal.
 *
 * A condition is noted where it stands at the top of a clause's AND, OR and NOT. What it is made
 * of is walked after that like any other expression.
 */
#include "protocol/sql_walk.h"

#include <string.h>

enum { WRAPS_MAX = 16 /* how many casts and calls deep a column is looked for */ };

/* What one side of a condition turned out to be. */
struct side {
    sql_node node;     /* inside casts */
    uint16_t column;   /* SQL_NONE: none in it */
    uint32_t function; /* name of the innermost around it */
    uint16_t args;
    uint32_t function_schema;
    bool is_wrapped;
    bool is_json;
};

/* The operator's text: the last word of its name. */
static struct sl_span operator_text(const struct sql_tree *tree, sql_node expr)
{
    struct sl_span text = sl_span("", 0);
    sql_node names = sql_node_find(tree, expr, SQL_TAG_NAME);

    for (sql_node it = walk_inner(tree, names); it != 0; it = sql_node_next(tree, it)) {
        text = sql_field_text(tree, sql_node_child(tree, it), SQL_TAG_SVAL);
    }
    return text;
}

static bool is_json_operator(struct sl_span text)
{
    static const char *const words[] = {"->", "->>", "#>", "#>>", "?", "?|", "?&", "@?", "#-"};

    return walk_is_one_of(text, words, SL_COUNT(words));
}

/* The argument that is a column, or the first. */
static sql_node unwrap_call(struct made *made, struct side *side, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    struct sql_function function = walk_function(made, side->node, at);
    sql_node args = sql_node_find(tree, side->node, SQL_TAG_ARGS);
    sql_node inner = 0;

    side->function = function.name;
    side->function_schema = function.schema;
    side->args = function.args;
    for (sql_node it = walk_inner(tree, args); it != 0; it = sql_node_next(tree, it)) {
        sql_node arg = sql_node_child(tree, it);

        if (inner == 0 || walk_is_tag(tree, arg, SQL_TAG_COLUMN_REF_NODE)) {
            inner = arg;
        }
    }
    return inner;
}

/* One wrapping less: what is inside a cast, a call's column, an operator of JSON; 0: no more. */
static sql_node unwrap(struct made *made, struct side *side, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    sql_node node = side->node;
    sql_node inner = 0;

    switch ((int)sql_node_tag(tree, node)) {
    case SQL_TAG_TYPE_CAST_NODE:
    case SQL_TAG_A_INDIRECTION_NODE:
    case SQL_TAG_COLLATE_CLAUSE_NODE:
        inner = walk_inner(tree, sql_node_find(tree, node, SQL_TAG_ARG));
        break;
    case SQL_TAG_FUNC_CALL_NODE:
        inner = unwrap_call(made, side, at);
        break;
    case SQL_TAG_A_EXPR_NODE:
        side->is_json |= is_json_operator(operator_text(tree, node));
        inner = walk_inner(tree, sql_node_find(tree, node, SQL_TAG_LEXPR));
        break;
    default:
        break;
    }
    return inner;
}

/* Looks for the one column in it. `node` is the expression itself. */
static struct side side_of(struct made *made, sql_node node, const struct walk_place *at)
{
    struct side side = {.node = node, .column = SQL_NONE};

    for (int i = 0; i < WRAPS_MAX && side.node != 0; i++) {
        if (sql_node_tag(made->tree, side.node) == SQL_TAG_COLUMN_REF_NODE) {
            side.column = made_column(made, side.node, at);
            return side;
        }
        sql_node inner = unwrap(made, &side, at);
        if (inner == 0) {
            break;
        }
        side.node = inner;
        side.is_wrapped = true;
    }
    return side;
}

/* What a column is compared with; casts of it do not matter. */
static void note_other(struct made *made, struct made_filter *made_filter, sql_node node,
        const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    struct sql_filter *filter = &made_filter->filter;

    filter->other = SQL_NONE;
    filter->with = node == 0 ? SQL_WITH_NOTHING : SQL_WITH_EXPRESSION;
    for (int i = 0;
            i < WRAPS_MAX && node != 0 && sql_node_tag(tree, node) == SQL_TAG_TYPE_CAST_NODE; i++) {
        node = walk_inner(tree, sql_node_find(tree, node, SQL_TAG_ARG));
        filter->is_cast = true;
    }
    if (node == 0) {
        return;
    }
    unsigned len = 0;
    switch ((int)sql_node_tag(tree, node)) {
    case SQL_TAG_A_CONST_NODE:
        filter->with = SQL_WITH_LITERAL;
        made_filter->literal_at = walk_is_literal(tree, node)
                                          ? (uint32_t)sql_field_number(tree, node, SQL_TAG_LOCATION)
                                          : UINT32_MAX;
        break;
    case SQL_TAG_PARAM_REF_NODE:
        filter->with = SQL_WITH_PARAM;
        filter->other = (uint16_t)sql_field_number(tree, node, SQL_TAG_NUMBER);
        break;
    case SQL_TAG_COLUMN_REF_NODE:
        filter->with = SQL_WITH_COLUMN;
        filter->other = made_column(made, node, at);
        break;
    case SQL_TAG_LIST_NODE:
    case SQL_TAG_A_ARRAY_EXPR_NODE: {
        sql_node items = sql_node_find(tree, node, SQL_TAG_ITEMS);

        items = items != 0 ? items : sql_node_find(tree, node, SQL_TAG_ELEMENTS);
        len = items == 0 ? 0 : sql_node_children(tree, items);
        filter->with = SQL_WITH_LIST;
        filter->list_len = len > UINT16_MAX ? UINT16_MAX : (uint16_t)len;
        break;
    }
    case SQL_TAG_SUB_LINK_NODE:
        filter->with = SQL_WITH_QUERY;
        break;
    default:
        break;
    }
    if (len > made->sums.features.in_list_max) {
        made->sums.features.in_list_max = len;
    }
}

/* ---- conditions ---- */

struct condition {
    enum sql_op op;
    struct sl_span name;
    sql_node left; /* the expression itself */
    sql_node right;
    bool is_negated;
};

static struct sl_span flipped(struct sl_span name)
{
    static const char *const pairs[][2] = {{"<", ">"}, {"<=", ">="}, {">", "<"}, {">=", "<="}};

    for (size_t i = 0; i < SL_COUNT(pairs); i++) {
        if (sl_span_is(name, pairs[i][0])) {
            return sl_span_text(pairs[i][1]);
        }
    }
    return name;
}

static void note_filter(
        struct made *made, const struct condition *condition, const struct walk_place *at)
{
    struct made_filter filter = {.literal_at = UINT32_MAX};
    struct side side = side_of(made, condition->left, at);
    sql_node other = condition->right;
    struct sl_span name = condition->name;

    if (side.column == SQL_NONE && condition->right != 0) {
        struct side right = side_of(made, condition->right, at);

        if (right.column != SQL_NONE) {
            side = right;
            other = condition->left;
            name = flipped(name);
            filter.filter.is_flipped = true;
        }
    }
    filter.filter.operator= made_name(made, name);
    filter.filter.column = side.column;
    filter.filter.function = SQL_NONE;
    filter.filter.op = (uint8_t)(side.is_json ? SQL_OP_JSON : condition->op);
    filter.filter.clause = at->clause;
    filter.filter.is_negated = condition->is_negated != ((at->bits & WALK_NEGATED) != 0);
    filter.filter.is_under_or = (at->bits & WALK_UNDER_OR) != 0;
    filter.filter.is_wrapped = side.is_wrapped;
    note_other(made, &filter, other, at);
    if (side.column != SQL_NONE && side.function != 0) {
        struct sql_function function = {
                .schema = side.function_schema, .name = side.function, .args = side.args};

        filter.filter.function = made_function(made, &function);
        made->sums.features.functions_on_columns++;
    }
    made->sums.features.filters++;
    made->sums.features.filters_by[filter.filter.op]++;
    struct made_filter *slot = made_add(made, &made->filters);
    if (slot != NULL) {
        *slot = filter;
    }
}

static uint16_t table_of(const struct made *made, uint16_t column)
{
    return column == SQL_NONE ? SQL_NONE
                              : MADE_ITEM(made->columns, struct sql_column, column)->table;
}

/* Pairs of tables are counted once, however many columns make them equal. */
static bool is_pair_known(const struct made *made, const struct sql_join *join)
{
    uint16_t left = table_of(made, join->left);
    uint16_t right = table_of(made, join->right);

    for (uint32_t i = 0; i < made->joins.count && left != SQL_NONE && right != SQL_NONE; i++) {
        const struct sql_join *known = MADE_ITEM(made->joins, struct sql_join, i);
        uint16_t a = table_of(made, known->left);
        uint16_t b = table_of(made, known->right);

        if ((a == left && b == right) || (a == right && b == left)) {
            return true;
        }
    }
    return false;
}

/* Two bare columns made equal. False: they are of one table, so it is a filter. */
static bool note_join(struct made *made, sql_node left, sql_node right, const struct walk_place *at)
{
    struct sql_join join = {.left = made_column(made, left, at),
            .right = made_column(made, right, at),
            .kind = at->clause == SQL_IN_ON ? at->join : (uint8_t)SQL_JOIN_INNER,
            .scope = at->scope,
            .is_explicit = at->clause == SQL_IN_ON};

    if (join.left == SQL_NONE || join.right == SQL_NONE) {
        return false;
    }
    const struct sql_column *a = MADE_ITEM(made->columns, struct sql_column, join.left);
    const struct sql_column *b = MADE_ITEM(made->columns, struct sql_column, join.right);
    if ((a->table == b->table && a->table != SQL_NONE) ||
            (a->table == SQL_NONE && a->qualifier == b->qualifier && a->qualifier != 0)) {
        return false;
    }
    join.is_correlated = a->is_outer != b->is_outer;
    if (!join.is_explicit && !is_pair_known(made, &join)) {
        made->sums.features.joins_implicit++;
    }
    struct sql_join *slot = made_add(made, &made->joins);
    if (slot != NULL) {
        *slot = join;
    }
    return true;
}

static void note_condition(
        struct made *made, const struct condition *condition, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;
    bool is_certain = (at->bits & (WALK_NEGATED | WALK_UNDER_OR)) == 0 && !condition->is_negated;
    bool are_columns = walk_is_tag(tree, condition->left, SQL_TAG_COLUMN_REF_NODE) &&
                       walk_is_tag(tree, condition->right, SQL_TAG_COLUMN_REF_NODE);

    if (condition->op == SQL_OP_EQ && is_certain && are_columns &&
            note_join(made, condition->left, condition->right, at)) {
        return;
    }
    note_filter(made, condition, at);
}

/* (a, b) = (1, 2) and (a, b) IN (...): a condition for each column. False: not of that form. */
static bool note_row(
        struct made *made, const struct condition *condition, const struct walk_place *at)
{
    const struct sql_tree *tree = made->tree;

    if (!walk_is_tag(tree, condition->left, SQL_TAG_ROW_EXPR_NODE) ||
            (condition->op != SQL_OP_EQ && condition->op != SQL_OP_IN)) {
        return false;
    }
    bool are_rows = walk_is_tag(tree, condition->right, SQL_TAG_ROW_EXPR_NODE);
    sql_node left = walk_inner(tree, sql_node_find(tree, condition->left, SQL_TAG_ARGS));
    sql_node right =
            are_rows ? walk_inner(tree, sql_node_find(tree, condition->right, SQL_TAG_ARGS)) : 0;

    for (; left != 0; left = sql_node_next(tree, left)) {
        struct condition one = *condition;

        one.left = sql_node_child(tree, left);
        if (are_rows) {
            one.right = right == 0 ? 0 : sql_node_child(tree, right);
            right = right == 0 ? 0 : sql_node_next(tree, right);
        }
        note_condition(made, &one, at);
    }
    return true;
}

static enum sql_op like_op(const struct sql_tree *tree, sql_node pattern)
{
    if (!walk_is_tag(tree, pattern, SQL_TAG_A_CONST_NODE)) {
        return SQL_OP_LIKE;
    }
    struct sl_span text =
            sql_field_text(tree, sql_node_find(tree, pattern, SQL_TAG_SVAL), SQL_TAG_SVAL);
    bool is_infix = text.len > 0 && (text.at[0] == '%' || text.at[0] == '_');
    return is_infix ? SQL_OP_LIKE_INFIX : SQL_OP_LIKE_PREFIX;
}

static enum sql_op plain_op(struct sl_span name)
{
    static const char *const range[] = {"<", "<=", ">", ">="};
    static const char *const array[] = {"@>", "<@", "&&"};
    static const char *const like[] = {"~~", "~~*", "!~~", "!~~*", "~", "~*", "!~", "!~*"};

    if (sl_span_is(name, "=")) {
        return SQL_OP_EQ;
    }
    if (sl_span_is(name, "<>")) {
        return SQL_OP_NE;
    }
    if (walk_is_one_of(name, range, SL_COUNT(range))) {
        return SQL_OP_RANGE;
    }
    if (walk_is_one_of(name, array, SL_COUNT(array))) {
        return SQL_OP_ARRAY;
    }
    if (walk_is_one_of(name, like, SL_COUNT(like))) {
        return SQL_OP_LIKE;
    }
    return is_json_operator(name) ? SQL_OP_JSON : SQL_OP_OTHER;
}

static bool begins_with(struct sl_span text, const char *word)
{
    size_t len = strlen(word);

    return text.len >= len && memcmp(text.at, word, len) == 0;
}

static void comparison(struct made *made, const struct walk_frame *frame)
{
    const struct sql_tree *tree = made->tree;
    sql_node node = frame->node;
    struct sl_span kind = sql_field_text(tree, node, SQL_TAG_KIND);
    struct condition condition = {.name = operator_text(tree, node),
            .left = walk_inner(tree, sql_node_find(tree, node, SQL_TAG_LEXPR)),
            .right = walk_inner(tree, sql_node_find(tree, node, SQL_TAG_REXPR))};

    condition.op = plain_op(condition.name);
    if (sl_span_is(kind, "AEXPR_OP_ANY")) {
        condition.op = condition.op == SQL_OP_EQ ? SQL_OP_IN : SQL_OP_ARRAY;
    } else if (sl_span_is(kind, "AEXPR_OP_ALL")) {
        condition.op = SQL_OP_ARRAY;
    } else if (sl_span_is(kind, "AEXPR_IN")) {
        condition.is_negated = condition.op == SQL_OP_NE;
        condition.op = SQL_OP_IN;
    } else if (sl_span_is(kind, "AEXPR_LIKE") || sl_span_is(kind, "AEXPR_ILIKE")) {
        condition.is_negated = condition.name.len > 0 && condition.name.at[0] == '!';
        condition.op = like_op(tree, condition.right);
    } else if (begins_with(kind, "AEXPR_BETWEEN") || begins_with(kind, "AEXPR_NOT_BETWEEN")) {
        condition.is_negated = begins_with(kind, "AEXPR_NOT");
        condition.op = SQL_OP_RANGE;
    } else if (sl_span_is(kind, "AEXPR_NOT_DISTINCT")) {
        condition.op = SQL_OP_EQ;
    } else if (!sl_span_is(kind, "AEXPR_OP")) {
        condition.op = begins_with(kind, "AEXPR_SIMILAR") ? SQL_OP_LIKE : SQL_OP_OTHER;
    }
    if (condition.left != 0 && !note_row(made, &condition, &frame->at)) {
        note_condition(made, &condition, &frame->at);
    }
}

static void null_test(struct made *made, const struct walk_frame *frame, enum sql_op op)
{
    const struct sql_tree *tree = made->tree;
    struct sl_span type = sql_field_text(tree, frame->node, SQL_TAG_NULLTESTTYPE);
    struct condition condition = {.op = op,
            .name = sl_span_text(op == SQL_OP_NULL ? "IS NULL" : "IS"),
            .left = walk_inner(tree, sql_node_find(tree, frame->node, SQL_TAG_ARG)),
            .is_negated = sl_span_is(type, "IS_NOT_NULL")};

    if (condition.left != 0) {
        note_filter(made, &condition, &frame->at);
    }
}

/* a IN (SELECT ...), a = ANY (SELECT ...), (a, b) IN (SELECT ...). */
static void any_query(struct made *made, const struct walk_frame *frame)
{
    const struct sql_tree *tree = made->tree;
    sql_node wrapper = sql_node_find(tree, frame->node, SQL_TAG_TESTEXPR);
    struct sl_span name = sl_span_text("=");
    sql_node names = sql_node_find(tree, frame->node, SQL_TAG_OPER_NAME);

    for (sql_node it = walk_inner(tree, names); it != 0; it = sql_node_next(tree, it)) {
        name = sql_field_text(tree, sql_node_child(tree, it), SQL_TAG_SVAL);
    }
    bool is_any = sql_field_is(tree, frame->node, SQL_TAG_SUB_LINK_TYPE, "ANY_SUBLINK");
    struct condition condition = {.op = is_any && sl_span_is(name, "=") ? SQL_OP_IN : SQL_OP_ARRAY,
            .name = name,
            .left = walk_inner(tree, wrapper),
            .right = frame->node};
    if (condition.left != 0 && !note_row(made, &condition, &frame->at)) {
        note_filter(made, &condition, &frame->at);
    }
}

void walk_condition(struct made *made, const struct walk_frame *frame)
{
    struct condition bare = {
            .op = SQL_OP_OTHER, .name = sl_span("", 0), .left = frame->node, .right = 0};

    switch ((int)sql_node_tag(made->tree, frame->node)) {
    case SQL_TAG_A_EXPR_NODE:
        comparison(made, frame);
        break;
    case SQL_TAG_NULL_TEST_NODE:
        null_test(made, frame, SQL_OP_NULL);
        break;
    case SQL_TAG_BOOLEAN_TEST_NODE:
        null_test(made, frame, SQL_OP_OTHER);
        break;
    case SQL_TAG_SUB_LINK_NODE:
        if (sql_node_find(made->tree, frame->node, SQL_TAG_TESTEXPR) != 0) {
            any_query(made, frame);
        }
        break;
    case SQL_TAG_COLUMN_REF_NODE:
        note_filter(made, &bare, &frame->at);
        break;
    default:
        break;
    }
}
