/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_facts.h - what a statement is: the immutable facts of a shape.
 *
 * One walk over the parse tree. Facts hold for every text of the shape they were made from: they
 * never depend on a literal's value, but where marked "hint". They hold no literal either.
 *
 * A text with several statements has one set of facts for all of them together: reading, writing
 * and effects are those of any, lists are joined, kind is SQL_MULTI. Whoever acts upon one
 * statement acts upon none of those.
 *
 * What the tree cannot tell is left open, never guessed: a table without schema (search_path),
 * an unqualified column where there is a choice, a function's volatility. What did not fit a
 * bound is missing, is_truncated says so, and nothing may then be concluded from absence.
 *
 * Ownership: one block, sql_facts_free(). Threads: immutable, any. Bounds: SQL_FACTS_*_MAX.
 */
#ifndef SLUICE_PROTOCOL_SQL_FACTS_H
#define SLUICE_PROTOCOL_SQL_FACTS_H

#include "protocol/shape.h"
#include "protocol/sql_tree.h"
#include "protocol/sql_variance.h"

enum {
    SQL_FACTS_SCOPES_MAX = 256,
    SQL_FACTS_TABLES_MAX = 256,
    SQL_FACTS_COLUMNS_MAX = 1024,
    SQL_FACTS_FUNCTIONS_MAX = 256,
    SQL_FACTS_FILTERS_MAX = 1024,
    SQL_FACTS_JOINS_MAX = 256,
    SQL_FACTS_ORDERS_MAX = 128,
    SQL_FACTS_VALUES_MAX = 4096,
    SQL_FACTS_OUTPUTS_MAX = 2048,
    SQL_FACTS_ASSIGNS_MAX = 2048,
    SQL_FACTS_NAMES_MAX = 65535,
    SQL_NONE = 0xffff /* no table, column, function, scope */
};

enum sql_kind {
    SQL_EMPTY, /* no statement: blanks, comments */
    SQL_MULTI, /* several */
    SQL_SELECT,
    SQL_INSERT,
    SQL_UPDATE,
    SQL_DELETE,
    SQL_MERGE,
    SQL_COPY,
    SQL_TRANSACTION,
    SQL_SET,
    SQL_SHOW,
    SQL_DDL,
    SQL_TRUNCATE,
    SQL_EXPLAIN, /* does what its statement does: with ANALYZE it does */
    SQL_PREPARE,
    SQL_EXECUTE,
    SQL_DEALLOCATE,
    SQL_CURSOR, /* DECLARE, FETCH, MOVE, CLOSE */
    SQL_CALL,   /* CALL, DO */
    SQL_LISTEN, /* LISTEN, UNLISTEN, NOTIFY */
    SQL_LOCK,
    SQL_DISCARD,
    SQL_MAINTENANCE, /* VACUUM, ANALYZE, CLUSTER, REINDEX, REFRESH, CHECKPOINT */
    SQL_UTILITY,     /* all else */
    SQL_KIND_COUNT
};

/* What it does, as far as its tree tells: functions, triggers, rules and views may do more. */
enum {
    SQL_READS = 1 << 0,  /* a table */
    SQL_WRITES = 1 << 1, /* rows of a table, wherever in it: a CTE may */
    SQL_WRITES_IN_CTE = 1 << 2,
    SQL_LOCKS_ROWS = 1 << 3, /* FOR UPDATE and its like */
    SQL_CHANGES_SCHEMA = 1 << 4,
    SQL_OPAQUE = 1 << 5,     /* runs what is not in the text: EXECUTE, FETCH, CALL, DO */
    SQL_CASTS_TIME = 1 << 6, /* a literal or parameter to date or time: 'now' is one */
    SQL_RETURNING = 1 << 7,
    SQL_ON_CONFLICT = 1 << 8,
    SQL_COPIES_IN = 1 << 9,     /* COPY FROM */
    SQL_SAMPLES = 1 << 10,      /* TABLESAMPLE */
    SQL_STAR = 1 << 11,         /* a * among what it gives */
    SQL_SERVER_FILES = 1 << 12, /* COPY with a file or program of the server's */
};

/* What it may leave in its session. Of functions only those of that name are known. */
enum {
    SQL_SETS = 1 << 0, /* SET, RESET, set_config() */
    SQL_SETS_LOCAL = 1 << 1,
    SQL_SETS_ROLE = 1 << 2, /* SET ROLE, SET SESSION AUTHORIZATION: with SQL_SETS */
    SQL_PREPARES = 1 << 3,
    SQL_DEALLOCATES = 1 << 4,
    SQL_LISTENS = 1 << 5,
    SQL_UNLISTENS = 1 << 6,
    SQL_NOTIFIES = 1 << 7,
    SQL_MAKES_TEMP = 1 << 8,
    SQL_HOLDS_CURSOR = 1 << 9,    /* WITH HOLD */
    SQL_OPENS_CURSOR = 1 << 10,   /* any DECLARE */
    SQL_LOCKS_ADVISORY = 1 << 11, /* for the session */
    SQL_DISCARDS = 1 << 12,
    SQL_USES_SEQUENCES = 1 << 13, /* nextval(), currval(), lastval(), setval() */
    SQL_BEGINS = 1 << 14,
    SQL_ENDS = 1 << 15, /* COMMIT, ROLLBACK, PREPARE TRANSACTION */
    SQL_TWO_PHASE = 1 << 16,
    SQL_LOADS = 1 << 17,
    SQL_LOCKS_TABLE = 1 << 18,
    SQL_BEGINS_PLAIN = 1 << 19,     /* with SQL_BEGINS: no isolation level is named */
    SQL_BEGINS_COMMITTED = 1 << 20, /* likewise: it is READ COMMITTED, by its name */
};

/* Where in a statement something stands. */
enum sql_clause {
    SQL_IN_OTHER,
    SQL_IN_OUTPUT, /* what a SELECT or RETURNING gives */
    SQL_IN_FROM,
    SQL_IN_ON,
    SQL_IN_WHERE,
    SQL_IN_HAVING,
    SQL_IN_GROUP,
    SQL_IN_ORDER,
    SQL_IN_LIMIT,
    SQL_IN_SET,    /* the source of an assignment */
    SQL_IN_VALUES, /* INSERT's */
    SQL_IN_TARGET, /* assigned to: UPDATE's SET, INSERT's columns */
    SQL_IN_WINDOW,
    SQL_CLAUSE_COUNT
};

/* A query level: a SELECT, an arm of a set operation, an INSERT ... */
struct sql_scope {
    uint16_t parent; /* around it, whose CTEs it sees; SQL_NONE at the top */
    uint16_t outer;  /* whose columns it sees too: not its siblings', unless LATERAL */
    uint8_t kind;    /* enum sql_kind */
    uint8_t depth;   /* of subqueries around it; stays at 255 */
};

enum { SQL_TABLE_READ = 1, SQL_TABLE_WRITTEN = 2, SQL_TABLE_LOCKED = 4, SQL_TABLE_DEFINED = 8 };

/* A table as written, once for each time it is named. Views look the same. */
struct sql_table {
    uint32_t schema; /* "": by search_path */
    uint32_t name;
    uint32_t alias; /* "": none */
    uint16_t scope;
    uint8_t role; /* of SQL_TABLE_* */
    bool is_temp; /* CREATE TEMP */
};

/* A column as written, once for each scope and spelling. */
struct sql_column {
    uint32_t qualifier; /* alias or table, "" when there is none */
    uint32_t name;      /* "*" for all of them */
    uint16_t table;     /* index, or SQL_NONE: not told by the tree, or not a table's */
    uint16_t scope;
    uint16_t clauses; /* a bit for each enum sql_clause it stands in */
    bool is_guess;    /* unqualified, one table here, but outer scopes might have it */
    bool is_outer;    /* a table of a scope around this one: correlated */
};

enum { SQL_VOLATILITY_UNKNOWN, SQL_IMMUTABLE, SQL_STABLE, SQL_VOLATILE };

/* A function, once for each name, number of arguments and manner of call. */
struct sql_function {
    uint32_t schema;
    uint32_t name;
    uint16_t args;
    uint8_t volatility; /* from the catalogue; not yet known here */
    bool is_aggregate;  /* by its syntax, or a built-in one's name */
    bool is_window;     /* OVER */
    bool is_distinct;
    bool is_in_from;
    bool is_keyword; /* CURRENT_TIMESTAMP and its like, by their names in small letters */
};

enum sql_op {
    SQL_OP_EQ,
    SQL_OP_NE,
    SQL_OP_RANGE,       /* < <= > >= BETWEEN */
    SQL_OP_IN,          /* IN (list), IN (SELECT), = ANY */
    SQL_OP_LIKE_PREFIX, /* hint: the pattern begins with what it looks for */
    SQL_OP_LIKE_INFIX,  /* hint: with a wildcard */
    SQL_OP_LIKE,        /* a parameter, or no constant; SIMILAR TO, regular expressions */
    SQL_OP_NULL,        /* IS [NOT] NULL */
    SQL_OP_JSON,        /* -> ->> #> ? ?| and others of JSON alone */
    SQL_OP_ARRAY,       /* @> <@ && and others that arrays, JSON and ranges share; op ANY */
    SQL_OP_OTHER,
    SQL_OP_COUNT
};

enum sql_other_side {
    SQL_WITH_NOTHING, /* IS NULL, a bare boolean */
    SQL_WITH_LITERAL,
    SQL_WITH_PARAM,
    SQL_WITH_LIST, /* of literals and parameters */
    SQL_WITH_COLUMN,
    SQL_WITH_QUERY,
    SQL_WITH_EXPRESSION,
};

/* What a parameter or literal is cast to: one cast, to a type without a length, by its built-in name. */
enum sql_cast {
    SQL_CAST_NONE,
    SQL_CAST_INTEGER, /* int2, int4, int8 */
    SQL_CAST_UUID,
    SQL_CAST_BOOL,
    SQL_CAST_TEXT,  /* text, varchar */
    SQL_CAST_OTHER, /* or several, one within the other */
};

/* A condition upon one column, in WHERE, HAVING or ON. */
struct sql_filter {
    uint32_t operator; /* as written: "=", "~~", "@>" */
    uint16_t column;
    uint16_t function; /* applied to the column: lower(a) = ...; SQL_NONE */
    uint16_t other;    /* SQL_WITH_PARAM: its number; _COLUMN: index; _LITERAL: index */
    uint16_t list_len; /* SQL_WITH_LIST: hint */
    uint8_t op;        /* enum sql_op */
    uint8_t with;      /* enum sql_other_side */
    uint8_t clause;    /* enum sql_clause */
    bool is_negated;   /* an odd number of NOTs around it, or NOT in it */
    bool is_under_or;  /* or under a NOT of an AND: it may be false and the row stay */
    bool is_wrapped;   /* the column stands in an expression or cast */
    uint8_t cast;      /* enum sql_cast: of a parameter or literal */
    bool is_flipped;   /* the column stood on the right: 1 < a is RANGE, operator ">" */
};

enum sql_join_kind {
    SQL_JOIN_INNER,
    SQL_JOIN_LEFT,
    SQL_JOIN_RIGHT,
    SQL_JOIN_FULL,
};

/* Two columns made equal. USING leaves a side SQL_NONE that is no single table; NATURAL is only
 * counted. */
struct sql_join {
    uint16_t left;
    uint16_t right;
    uint8_t kind; /* enum sql_join_kind; of an implicit one: inner */
    uint16_t scope;
    bool is_explicit;   /* JOIN ... ON or USING; otherwise a condition in WHERE */
    bool is_correlated; /* with a column of a scope around it */
};

/* One of ORDER BY or GROUP BY, in order. */
struct sql_order {
    uint16_t column; /* SQL_NONE: an expression, a position, an alias of one */
    uint16_t scope;
    bool is_group;
    bool is_desc;
    bool is_position; /* ORDER BY 1: which, only the text says */
    uint8_t nulls;    /* 0: as usual, 1: first, 2: last */
};

enum sql_value_kind { SQL_VALUE_PARAM, SQL_VALUE_NUMBER, SQL_VALUE_STRING, SQL_VALUE_BITS };

/* A parameter or literal, in the order of the text the facts were made from. */
struct sql_value {
    uint32_t offset; /* bytes into that text */
    uint16_t number; /* $n; 0 for a literal */
    uint16_t
            literal; /* which of its shape's that are in no list: sql_facts_align(); SQL_NONE: not known, or none */
    uint8_t kind;   /* enum sql_value_kind; TRUE, FALSE and NULL are no literals */
    uint8_t clause; /* enum sql_clause */
};

/* What a column is given: UPDATE's SET, or an INSERT of one row of VALUES; in the order of the text. */
struct sql_assign {
    uint16_t column;   /* its index; SQL_NONE: INSERT without a list, or not known */
    uint16_t position; /* in INSERT's list, from 0 */
    uint16_t other;    /* as sql_filter's */
    uint8_t with;      /* SQL_WITH_PARAM, SQL_WITH_LITERAL; else SQL_WITH_EXPRESSION */
    uint8_t cast;      /* enum sql_cast */
};

/* LIMIT. */
struct sql_limit {
    uint16_t other; /* as sql_filter's */
    uint8_t with;   /* SQL_WITH_NOTHING: there is none; as sql_assign's */
};

/* Counts go on beyond the lists' bounds. */
struct sql_features {
    uint32_t statements;
    uint32_t tables;
    uint32_t joins_explicit;
    uint32_t joins_implicit; /* pairs of tables made equal in WHERE */
    uint32_t joins_outer;
    uint32_t filters;
    uint32_t filters_by[SQL_OP_COUNT];
    uint32_t in_list_max; /* hint: the longest list */
    uint32_t aggregates;
    uint32_t windows;
    uint32_t subqueries;
    uint32_t depth; /* of subqueries and CTEs within each other */
    uint32_t ctes;
    uint32_t set_operations;
    uint32_t functions;
    uint32_t functions_on_columns; /* in conditions */
    uint32_t groups;
    uint32_t orders;
    uint32_t set_columns; /* UPDATE's */
    uint32_t params;      /* highest number */
    uint32_t literals;
    uint32_t values_rows; /* hint: of VALUES */
    bool has_distinct;
    bool has_limit;
    bool has_offset;
    bool is_recursive;
};

/* 1*tables + 2*joins + 1*filters + 2*aggregates + 3*windows + 4*subqueries + 2*set operations +
 * depth^2. For ordering; each part as it enters the sum. */
struct sql_complexity {
    uint32_t tables;
    uint32_t joins;
    uint32_t filters;
    uint32_t aggregates;
    uint32_t windows;
    uint32_t subqueries;
    uint32_t set_operations;
    uint32_t depth;
    uint32_t score;
};

struct sql_facts {
    enum sql_kind kind;
    uint32_t kinds;   /* a bit for each enum sql_kind among several statements */
    uint32_t does;    /* of SQL_READS ... */
    uint32_t effects; /* of SQL_SETS ... */
    uint32_t varies;  /* of enum sql_variance */
    bool is_truncated;
    bool has_casts;     /* sql_operators(), as the next */
    uint64_t operators; /* a bit for each of their names */
    struct sql_features features;
    struct sql_complexity complexity;
    /*
     * A SELECT, the only statement: what it gives comes of rows of one table, each by itself, in some order and at
     * most so many. FROM is that table alone; nothing groups, joins, repeats or skips rows, or is made of others'.
     * (Aggregates and functions of sets are told by the list of functions.)
     */
    bool is_of_rows;
    struct sql_limit limit; /* if so */

    uint16_t scopes_count;
    uint16_t tables_count;
    uint16_t columns_count;
    uint16_t functions_count;
    uint16_t filters_count;
    uint16_t joins_count;
    uint16_t orders_count;
    uint16_t values_count;
    uint16_t outputs_count;
    uint16_t assigns_count;
    uint16_t literals_count; /* of its shape, outside of lists */
    const struct sql_scope *scopes;
    const struct sql_table *tables;
    const struct sql_column *columns;
    const struct sql_function *functions;
    const struct sql_filter *filters;
    const struct sql_join *joins;
    const struct sql_order *orders;
    const struct sql_value *values;
    const uint16_t *
            outputs; /* if is_of_rows: each output's column, may be "*"; SQL_NONE: one of another kind */
    const struct sql_assign *assigns;
    const char *names; /* sql_facts_name() */
    size_t bytes;      /* of the whole block */
};

/* SL_ENOMEM; *facts is untouched on failure. Whatever the tree, it takes no stack for its depth. */
SL_MUST_CHECK enum sl_err sql_facts_new(const struct sql_tree *tree, struct sql_facts **facts);
void sql_facts_free(struct sql_facts *facts);
/*
 * Finds the literals in the shape of the text that the facts were made from: of those outside of what was collapsed
 * the same number is the same value in another text of that shape.
 */
void sql_facts_align(
        struct sql_facts *facts, const struct shape_literal *literals, size_t literals_count);

/* A name by its number in the facts; "" for 0. */
static inline const char *sql_facts_name(const struct sql_facts *facts, uint32_t name)
{
    return facts->names + name;
}

/* For people: "SELECT", "LIKE prefix". */
const char *sql_kind_text(enum sql_kind kind);
const char *sql_op_text(enum sql_op op);

#endif
