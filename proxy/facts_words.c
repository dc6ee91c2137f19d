/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/facts_words.h"

const char *const facts_does[FACTS_DOES] = {"reads", "writes", "writes_in_cte", "locks_rows",
        "changes_schema", "opaque", "casts_time", "returning", "on_conflict", "copies_in",
        "samples", "star", "server_files"};

const char *const facts_effects[FACTS_EFFECTS] = {"sets", "sets_local", "sets_role", "prepares",
        "deallocates", "listens", "unlistens", "notifies", "makes_temp", "holds_cursor",
        "opens_cursor", "locks_advisory", "discards", "uses_sequences", "begins", "ends",
        "two_phase", "loads", "locks_table", "begins_plain", "begins_committed"};

const char *const facts_roles[FACTS_ROLES] = {"read", "written", "locked", "defined"};

_Static_assert(SQL_SERVER_FILES == 1 << (FACTS_DOES - 1), "a word for each bit");
_Static_assert(SQL_BEGINS_COMMITTED == 1 << (FACTS_EFFECTS - 1), "a word for each bit");
_Static_assert(SQL_TABLE_DEFINED == 1 << (FACTS_ROLES - 1), "a word for each bit");

const char *const facts_clauses[SQL_CLAUSE_COUNT] = {[SQL_IN_OTHER] = "other",
        [SQL_IN_OUTPUT] = "output",
        [SQL_IN_FROM] = "from",
        [SQL_IN_ON] = "on",
        [SQL_IN_WHERE] = "where",
        [SQL_IN_HAVING] = "having",
        [SQL_IN_GROUP] = "group",
        [SQL_IN_ORDER] = "order",
        [SQL_IN_LIMIT] = "limit",
        [SQL_IN_SET] = "set",
        [SQL_IN_VALUES] = "values",
        [SQL_IN_TARGET] = "target",
        [SQL_IN_WINDOW] = "window"};

const char *const facts_with[SQL_WITH_EXPRESSION + 1] = {[SQL_WITH_NOTHING] = "nothing",
        [SQL_WITH_LITERAL] = "literal",
        [SQL_WITH_PARAM] = "parameter",
        [SQL_WITH_LIST] = "list",
        [SQL_WITH_COLUMN] = "column",
        [SQL_WITH_QUERY] = "query",
        [SQL_WITH_EXPRESSION] = "expression"};

const char *const facts_joins[SQL_JOIN_FULL + 1] = {[SQL_JOIN_INNER] = "inner",
        [SQL_JOIN_LEFT] = "left",
        [SQL_JOIN_RIGHT] = "right",
        [SQL_JOIN_FULL] = "full"};

const char *const facts_values[SQL_VALUE_BITS + 1] = {[SQL_VALUE_PARAM] = "parameter",
        [SQL_VALUE_NUMBER] = "number",
        [SQL_VALUE_STRING] = "string",
        [SQL_VALUE_BITS] = "bits"};

const char *const facts_volatilities[SQL_VOLATILE + 1] = {[SQL_VOLATILITY_UNKNOWN] = NULL,
        [SQL_IMMUTABLE] = "immutable",
        [SQL_STABLE] = "stable",
        [SQL_VOLATILE] = "volatile"};
