/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_walk.h - inside the making of facts: what is collected, and the walk.
 *
 * Used by protocol/sql_facts.c (the driver), sql_made.c (lists and names), sql_names.c (tables,
 * columns and who sees them), sql_walk.c (queries), sql_utility.c (other statements),
 * sql_expr.c (expressions) and sql_condition.c (conditions), and by nobody else.
 *
 * The walk keeps its own stack of frames. A step is given one frame and pushes those that are to
 * come of it, in the order in which they shall be taken; each is done with all that is below
 * it before the next begins. So FROM is known before WHERE is looked at.
 */
#ifndef SLUICE_PROTOCOL_SQL_WALK_H
#define SLUICE_PROTOCOL_SQL_WALK_H

#include "protocol/sql_facts.h"

enum {
    WALK_PREDICATE = 1, /* a condition of the clause: true or the row is not there */
    WALK_NEGATED = 2,
    WALK_UNDER_OR = 4,
    WALK_IN_CTE = 8,
    WALK_UPDATES = 16, /* targets are those of an UPDATE */
};

/* What a node is taken for, when its tag alone does not say. */
enum walk_step {
    WALK_BY_TAG,
    WALK_SELECT,    /* an arm of a set operation: a SelectStmt without its name */
    WALK_CTE_KNOWN, /* from here on the CTE's name is seen */
    WALK_USING,     /* both sides of a join are known */
    WALK_ORDERED,   /* GROUP BY and ORDER BY of a SELECT, its FROM known */
    WALK_INSERTED,  /* an INSERT, its table known */
};

/* What a node inherits from where it stands. */
struct walk_place {
    uint16_t scope;
    uint16_t outer; /* whose columns the next scope below sees */
    uint8_t clause; /* enum sql_clause */
    uint8_t bits;   /* of WALK_PREDICATE ... */
    uint8_t role;   /* of SQL_TABLE_*: of tables named here */
    uint8_t join;   /* enum sql_join_kind, in SQL_IN_ON */
    uint16_t depth; /* of query levels */
};

struct walk_frame {
    sql_node node;
    enum walk_step step;
    struct walk_place at;
};

/* A growing array of equal items. */
struct made_list {
    uint8_t *items;
    uint32_t item_size;
    uint32_t count;
    uint32_t cap;
    uint32_t max;
};

/* What a name before a column may mean: a table, or something that has none. */
struct made_range {
    uint32_t schema;
    uint32_t name;
    uint16_t table; /* SQL_NONE: subquery, function, CTE, join */
    uint16_t scope;
};

struct made_cte {
    uint32_t name;
    uint16_t scope;
};

struct made_filter {
    struct sql_filter filter;
    uint32_t literal_at; /* offset, when it is one of the values; its index comes at the end */
};

struct made_assign {
    struct sql_assign assign;
    uint32_t literal_at; /* likewise */
};

enum { MADE_NAMES_MAX = 2048, MADE_SLOTS = 2 * MADE_NAMES_MAX, MADE_EFFORT_MAX = 16 << 20 };

struct made {
    const struct sql_tree *tree;
    struct sql_facts sums; /* all but the lists */
    enum sl_err err;       /* SL_ENOMEM ends the walk */
    struct made_list scopes;
    struct made_list tables;
    struct made_list columns;
    struct made_list functions;
    struct made_list filters; /* struct made_filter */
    struct made_list joins;
    struct made_list orders;
    struct made_list values;
    struct made_list outputs; /* uint16_t */
    struct made_list assigns; /* struct made_assign */
    uint32_t limit_at;        /* as literal_at */
    struct made_list ranges;
    struct made_list ctes;
    struct made_list names;  /* bytes */
    struct made_list frames; /* struct walk_frame */
    uint32_t names_count;
    uint32_t effort;            /* spent on looking up names */
    uint32_t slots[MADE_SLOTS]; /* of names, by hash; 0 is free */
};

/* ---- sql_made.c ---- */

void made_init(struct made *made, const struct sql_tree *tree);
void made_fini(struct made *made);
/* A zeroed item, or NULL: at the bound (truncated) or without memory (err). */
void *made_add(struct made *made, struct made_list *list);
/* The number of a name; equal names have the same. 0: empty, or no room. */
uint32_t made_name(struct made *made, struct sl_span name);
/* One block of all that was made, or NULL. */
struct sql_facts *made_pack(struct made *made);

#define MADE_ITEM(list, type, i) (&((type *)(void *)(list).items)[i])

/* ---- sql_names.c ---- */

/* A scope below that place: its number, or SQL_NONE. */
uint16_t made_scope(struct made *made, const struct walk_place *at, enum sql_kind kind);
/* Whose columns that scope sees besides its own. */
uint16_t made_outer(const struct made *made, uint16_t scope);
/* A RangeVar: a table of that role, or a CTE's name. Seen by its scope from here on. */
void made_table(struct made *made, sql_node range_var, const struct walk_place *at);
/* Something with an alias that is no table. */
void made_alias(struct made *made, sql_node alias, uint16_t scope);
void made_range(struct made *made, uint32_t name, uint16_t scope);
/* The column's index, or SQL_NONE. */
uint16_t made_column(struct made *made, sql_node column_ref, const struct walk_place *at);
/* A column by name of the last range of that scope whose name it is; qualifier may be 0. */
uint16_t made_column_named(
        struct made *made, uint32_t qualifier, uint32_t name, const struct walk_place *at);
/* A column of what the scope writes to. */
uint16_t made_target(struct made *made, struct sl_span name, const struct walk_place *at);
/* A field of a value, not of a table: (x).name. An empty name is none. */
void made_field(struct made *made, struct sl_span name, const struct walk_place *at);
void made_locked(struct made *made, sql_node locking_clause, uint16_t scope);

/* ---- the walk ---- */

/* node 0 is nothing and is left out. */
void walk_push(struct made *made, sql_node node, enum walk_step step, struct walk_place at);
void walk_push_field(struct made *made, sql_node node, enum sql_tag field, struct walk_place at);
/* All children, with nothing to say of them. */
void walk_push_children(struct made *made, sql_node node, struct walk_place at);

/* Statements and what stands in FROM. False: none of those. */
bool walk_statement(struct made *made, const struct walk_frame *frame);
/* sql_utility.c: statements that are not queries, and tables named anywhere. */
bool walk_utility(struct made *made, const struct walk_frame *frame);
/* A whole statement begins: its kind, then its walk. */
void walk_root(struct made *made, sql_node statement, struct walk_place at);
/* sql_expr.c: whatever else has a meaning. False: none of those. */
bool walk_expression(struct made *made, const struct walk_frame *frame);

/* sql_condition.c: a frame with WALK_PREDICATE; what is below it is not walked here. */
void walk_condition(struct made *made, const struct walk_frame *frame);

/* ---- sql_rows.c ---- */

/* What a parameter or literal is that stands by itself, or in casts; *literal_at: UINT32_MAX: none. */
struct walk_plain {
    uint8_t with;
    uint8_t cast;
    uint16_t other;
    uint32_t literal_at;
};
struct walk_plain walk_plain_value(struct made *made, sql_node node);
/* The root SELECT, its FROM known: is_of_rows, outputs, limit. */
void made_rows(struct made *made, sql_node select, const struct walk_place *at);
/* A column of UPDATE's SET. */
void made_assign(struct made *made, sql_node target, uint16_t column);
/* An INSERT, its table known. */
void made_inserted(struct made *made, sql_node insert, const struct walk_place *at);

/* ---- sql_expr.c, for sql_condition.c ---- */

/* The words of a name list: the last in *name, the one before in *schema. */
void walk_names(struct made *made, sql_node list, uint32_t *schema, uint32_t *name);
bool walk_is_one_of(struct sl_span text, const char *const *words, size_t count);
/* An A_Const is one, unless it is NULL, TRUE or FALSE: those are words of the shape. */
bool walk_is_literal(const struct sql_tree *tree, sql_node constant);
/* What a FuncCall calls. */
struct sql_function walk_function(struct made *made, sql_node call, const struct walk_place *at);
/* Its index, new or known, or SQL_NONE. */
uint16_t made_function(struct made *made, const struct sql_function *function);

/* node may be 0. */
static inline bool walk_is_tag(const struct sql_tree *tree, sql_node node, enum sql_tag tag)
{
    return node != 0 && sql_node_tag(tree, node) == tag;
}

/* The one child of a field that holds a named node: {"lexpr": {"ColumnRef": ...}}. */
static inline sql_node walk_inner(const struct sql_tree *tree, sql_node field)
{
    return field == 0 ? 0 : sql_node_child(tree, field);
}

#endif
