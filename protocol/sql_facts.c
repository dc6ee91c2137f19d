/* SPDX-License-Identifier: PostgreSQL */
/* protocol/sql_facts.c - the walk's loop, the sums of its end, and names for people. */
#include "protocol/sql_facts.h"

#include "protocol/sql_walk.h"

#include <stdlib.h>

/* What was pushed since `begin` is taken in the order in which it was pushed. */
static void reverse_frames(struct made *made, uint32_t begin)
{
    uint32_t end = made->frames.count;

    while (begin + 1 < end) {
        struct walk_frame *a = MADE_ITEM(made->frames, struct walk_frame, begin);
        struct walk_frame *b = MADE_ITEM(made->frames, struct walk_frame, end - 1);
        struct walk_frame held = *a;

        *a = *b;
        *b = held;
        begin++;
        end--;
    }
}

static void walk_one(struct made *made, struct walk_frame frame)
{
    if (walk_statement(made, &frame) || walk_utility(made, &frame) ||
            walk_expression(made, &frame)) {
        return;
    }
    frame.at.bits &= WALK_IN_CTE | WALK_UPDATES;
    walk_push_children(made, frame.node, frame.at);
}

static void walk(struct made *made)
{
    while (made->frames.count > 0 && made->err == SL_OK) {
        struct walk_frame frame =
                *MADE_ITEM(made->frames, struct walk_frame, made->frames.count - 1);

        made->frames.count--;
        uint32_t begin = made->frames.count;
        walk_one(made, frame);
        reverse_frames(made, begin);
    }
}

static void begin_walk(struct made *made)
{
    const struct sql_tree *tree = made->tree;
    sql_node statements = sql_node_find(tree, 0, SQL_TAG_STMTS);
    struct walk_place at = {.scope = SQL_NONE, .outer = SQL_NONE, .role = SQL_TABLE_READ};

    for (sql_node it = walk_inner(tree, statements); it != 0; it = sql_node_next(tree, it)) {
        sql_node statement = walk_inner(tree, sql_node_find(tree, it, SQL_TAG_STMT));

        if (statement != 0) {
            walk_root(made, statement, at);
        }
    }
    reverse_frames(made, 0);
}

static void add_up(struct sql_facts *facts)
{
    const struct sql_features *features = &facts->features;
    uint32_t depth = features->depth > UINT16_MAX ? UINT16_MAX : features->depth;

    facts->complexity = (struct sql_complexity){
            .tables = features->tables,
            .joins = 2 * (features->joins_explicit + features->joins_implicit),
            .filters = features->filters,
            .aggregates = 2 * features->aggregates,
            .windows = 3 * features->windows,
            .subqueries = 4 * features->subqueries,
            .set_operations = 2 * features->set_operations,
            .depth = depth * depth,
    };
    const struct sql_complexity *part = &facts->complexity;
    facts->complexity.score = part->tables + part->joins + part->filters + part->aggregates +
                              part->windows + part->subqueries + part->set_operations + part->depth;
}

enum sl_err sql_facts_new(const struct sql_tree *tree, struct sql_facts **facts)
{
    struct made *made = malloc(sizeof *made);

    if (made == NULL) {
        return SL_ENOMEM;
    }
    made_init(made, tree);
    begin_walk(made);
    walk(made);
    add_up(&made->sums);
    made->sums.is_of_rows &= made->sums.kind == SQL_SELECT && made->sums.features.statements == 1;
    made->sums.varies = sql_variance(tree);
    made->sums.operators = sql_operators(tree, &made->sums.has_casts);
    enum sl_err err = made->err;
    struct sql_facts *packed = err == SL_OK ? made_pack(made) : NULL;
    made_fini(made);
    free(made);
    if (packed == NULL) {
        return SL_ENOMEM;
    }
    *facts = packed;
    return SL_OK;
}

void sql_facts_free(struct sql_facts *facts)
{
    free(facts);
}

/* Both in the order of the text. Only those outside of lists have a number: it is the same in every such text. */
void sql_facts_align(
        struct sql_facts *facts, const struct shape_literal *literals, size_t literals_count)
{
    struct sql_value *values = (struct sql_value *)(uintptr_t)facts->values; /* in its own block */
    size_t number = 0;
    unsigned i = 0;

    for (size_t k = 0; k < literals_count; k++) {
        while (i < facts->values_count && values[i].offset < literals[k].at) {
            i++;
        }
        bool is_value = i < facts->values_count && values[i].offset == literals[k].at;
        if (is_value && !literals[k].is_listed && number < SQL_NONE) {
            values[i].literal = (uint16_t)number;
        }
        number += !literals[k].is_listed;
    }
    facts->literals_count = number > UINT16_MAX ? UINT16_MAX : (uint16_t)number;
}

const char *sql_kind_text(enum sql_kind kind)
{
    static const char *const texts[SQL_KIND_COUNT] = {"EMPTY", "MULTI", "SELECT", "INSERT",
            "UPDATE", "DELETE", "MERGE", "COPY", "TRANSACTION", "SET", "SHOW", "DDL", "TRUNCATE",
            "EXPLAIN", "PREPARE", "EXECUTE", "DEALLOCATE", "CURSOR", "CALL", "LISTEN", "LOCK",
            "DISCARD", "MAINTENANCE", "UTILITY"};

    return texts[kind];
}

const char *sql_op_text(enum sql_op op)
{
    static const char *const texts[SQL_OP_COUNT] = {"equal", "unequal", "range", "in",
            "LIKE prefix", "LIKE infix", "LIKE", "null", "json", "array", "other"};

    return texts[op];
}
