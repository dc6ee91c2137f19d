/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_utility.c - statements that are not queries, and tables wherever they are named.
 *
 * A statement that is not in the list is DDL: there are far more of those than of all others,
 * and to take one for DDL costs least.
 */
#include "protocol/sql_walk.h"

enum { CURSOR_HOLD = 0x20 /* of DeclareCursorStmt.options: PostgreSQL's CURSOR_OPT_HOLD */ };

static const struct utility {
    enum sql_tag tag;
    enum sql_kind kind;
    uint32_t does;
    uint32_t effects;
    uint8_t role; /* of the tables it names */
} utilities[] = {
        {SQL_TAG_SELECT_STMT_NODE, SQL_SELECT, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_INSERT_STMT_NODE, SQL_INSERT, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_UPDATE_STMT_NODE, SQL_UPDATE, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_DELETE_STMT_NODE, SQL_DELETE, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_MERGE_STMT_NODE, SQL_MERGE, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_COPY_STMT_NODE, SQL_COPY, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_TRANSACTION_STMT_NODE, SQL_TRANSACTION, 0, 0, 0},
        {SQL_TAG_VARIABLE_SET_STMT_NODE, SQL_SET, 0, 0, 0},
        {SQL_TAG_CONSTRAINTS_SET_STMT_NODE, SQL_SET, 0, SQL_SETS_LOCAL, 0},
        {SQL_TAG_VARIABLE_SHOW_STMT_NODE, SQL_SHOW, 0, 0, 0},
        {SQL_TAG_TRUNCATE_STMT_NODE, SQL_TRUNCATE, SQL_WRITES, 0, SQL_TABLE_WRITTEN},
        {SQL_TAG_EXPLAIN_STMT_NODE, SQL_EXPLAIN, 0, 0, SQL_TABLE_READ},
        {SQL_TAG_PREPARE_STMT_NODE, SQL_PREPARE, 0, SQL_PREPARES, SQL_TABLE_READ},
        {SQL_TAG_EXECUTE_STMT_NODE, SQL_EXECUTE, SQL_OPAQUE, 0, SQL_TABLE_READ},
        {SQL_TAG_DEALLOCATE_STMT_NODE, SQL_DEALLOCATE, 0, SQL_DEALLOCATES, 0},
        {SQL_TAG_DECLARE_CURSOR_STMT_NODE, SQL_CURSOR, 0, SQL_OPENS_CURSOR, SQL_TABLE_READ},
        {SQL_TAG_FETCH_STMT_NODE, SQL_CURSOR, SQL_OPAQUE, 0, 0},
        {SQL_TAG_CLOSE_PORTAL_STMT_NODE, SQL_CURSOR, 0, 0, 0},
        {SQL_TAG_CALL_STMT_NODE, SQL_CALL, SQL_OPAQUE, 0, SQL_TABLE_READ},
        {SQL_TAG_DO_STMT_NODE, SQL_CALL, SQL_OPAQUE, 0, 0},
        {SQL_TAG_LISTEN_STMT_NODE, SQL_LISTEN, 0, SQL_LISTENS, 0},
        {SQL_TAG_UNLISTEN_STMT_NODE, SQL_LISTEN, 0, SQL_UNLISTENS, 0},
        {SQL_TAG_NOTIFY_STMT_NODE, SQL_LISTEN, 0, SQL_NOTIFIES, 0},
        {SQL_TAG_LOCK_STMT_NODE, SQL_LOCK, 0, SQL_LOCKS_TABLE, SQL_TABLE_LOCKED},
        {SQL_TAG_DISCARD_STMT_NODE, SQL_DISCARD, 0, SQL_DISCARDS, 0},
        {SQL_TAG_VACUUM_STMT_NODE, SQL_MAINTENANCE, 0, 0, SQL_TABLE_DEFINED},
        {SQL_TAG_CLUSTER_STMT_NODE, SQL_MAINTENANCE, 0, 0, SQL_TABLE_DEFINED},
        {SQL_TAG_REINDEX_STMT_NODE, SQL_MAINTENANCE, 0, 0, SQL_TABLE_DEFINED},
        {SQL_TAG_REFRESH_MAT_VIEW_STMT_NODE, SQL_MAINTENANCE, SQL_WRITES, 0, SQL_TABLE_WRITTEN},
        {SQL_TAG_CHECK_POINT_STMT_NODE, SQL_MAINTENANCE, 0, 0, 0},
        {SQL_TAG_LOAD_STMT_NODE, SQL_UTILITY, 0, SQL_LOADS, 0},
        {SQL_TAG_ALTER_SYSTEM_STMT_NODE, SQL_UTILITY, 0, 0, 0},
        {SQL_TAG_CREATE_TABLE_AS_STMT_NODE, SQL_DDL, SQL_CHANGES_SCHEMA | SQL_WRITES, 0,
                SQL_TABLE_DEFINED},
};

static const struct utility other_ddl = {
        SQL_TAG_OTHER, SQL_DDL, SQL_CHANGES_SCHEMA, 0, SQL_TABLE_DEFINED};

static const struct utility *utility_of(enum sql_tag tag)
{
    for (size_t i = 0; i < SL_COUNT(utilities); i++) {
        if (utilities[i].tag == tag) {
            return &utilities[i];
        }
    }
    return NULL;
}

void walk_root(struct made *made, sql_node statement, struct walk_place at)
{
    const struct utility *utility = utility_of(sql_node_tag(made->tree, statement));

    if (utility == NULL) {
        utility = &other_ddl;
        made->sums.does |= utility->does;
        at.role = utility->role;
    }
    made->sums.kinds |= 1u << utility->kind;
    made->sums.kind = made->sums.features.statements == 0 ? utility->kind : SQL_MULTI;
    made->sums.features.statements++;
    walk_push(made, statement, WALK_BY_TAG, at);
}

/* Which isolation level BEGIN names: whatever it says of reading, writing and deferring is no matter. */
static uint32_t isolation_of(const struct made *made, sql_node node)
{
    const struct sql_tree *tree = made->tree;
    sql_node options = sql_node_find(tree, node, SQL_TAG_OPTIONS);
    bool is_named = false;

    for (sql_node it = sql_node_child(tree, options); options != 0 && it != 0;
            it = sql_node_next(tree, it)) {
        sql_node option = sql_node_find(tree, it, SQL_TAG_DEF_ELEM_NODE);
        struct sl_span name = sql_field_text(tree, option, SQL_TAG_DEFNAME);
        sql_node constant =
                sql_node_find(tree, sql_node_find(tree, option, SQL_TAG_ARG), SQL_TAG_A_CONST_NODE);
        sql_node text = sql_node_find(tree, constant, SQL_TAG_SVAL);
        if (sl_span_is(name, "transaction_read_only") ||
                sl_span_is(name, "transaction_deferrable")) {
            continue;
        }
        if (!sl_span_is(name, "transaction_isolation") ||
                !sl_span_is(sql_field_text(tree, text, SQL_TAG_SVAL), "read committed")) {
            return 0;
        }
        is_named = true;
    }
    return is_named ? SQL_BEGINS_COMMITTED : SQL_BEGINS_PLAIN;
}

static void transaction_step(struct made *made, sql_node node)
{
    static const struct {
        const char *kind;
        uint32_t effects;
    } kinds[] = {{"TRANS_STMT_BEGIN", SQL_BEGINS}, {"TRANS_STMT_START", SQL_BEGINS},
            {"TRANS_STMT_COMMIT", SQL_ENDS}, {"TRANS_STMT_ROLLBACK", SQL_ENDS},
            {"TRANS_STMT_PREPARE", SQL_ENDS | SQL_TWO_PHASE},
            {"TRANS_STMT_COMMIT_PREPARED", SQL_TWO_PHASE},
            {"TRANS_STMT_ROLLBACK_PREPARED", SQL_TWO_PHASE}};

    for (size_t i = 0; i < SL_COUNT(kinds); i++) {
        if (sql_field_is(made->tree, node, SQL_TAG_KIND, kinds[i].kind)) {
            made->sums.effects |= kinds[i].effects;
            made->sums.effects |= kinds[i].effects == SQL_BEGINS ? isolation_of(made, node) : 0;
        }
    }
}

static void set_step(struct made *made, sql_node node)
{
    const struct sql_tree *tree = made->tree;
    struct sl_span name = sql_field_text(tree, node, SQL_TAG_NAME);

    if (sql_field_number(tree, node, SQL_TAG_IS_LOCAL) != 0 || sl_span_is(name, "TRANSACTION") ||
            sl_span_is(name, "TRANSACTION SNAPSHOT")) {
        made->sums.effects |= SQL_SETS_LOCAL;
        return;
    }
    made->sums.effects |= SQL_SETS;
    if (sl_span_is(name, "role") || sl_span_is(name, "session_authorization")) {
        made->sums.effects |= SQL_SETS_ROLE;
    }
}

static void copy_step(struct made *made, sql_node copy, struct walk_place at)
{
    const struct sql_tree *tree = made->tree;
    bool is_from = sql_field_number(tree, copy, SQL_TAG_IS_FROM) != 0;

    made->sums.does |= is_from ? SQL_WRITES | SQL_COPIES_IN : SQL_READS;
    if (sql_node_find(tree, copy, SQL_TAG_FILENAME) != 0) {
        made->sums.does |= SQL_SERVER_FILES;
    }
    at.scope = made_scope(made, &at, SQL_COPY);
    at.outer = at.scope;
    at.role = is_from ? SQL_TABLE_WRITTEN : SQL_TABLE_READ;
    walk_push_field(made, copy, SQL_TAG_RELATION, at);
    at.role = SQL_TABLE_READ;
    walk_push_field(made, copy, SQL_TAG_QUERY, at);
    at.clause = SQL_IN_WHERE;
    at.bits |= WALK_PREDICATE;
    walk_push_field(made, copy, SQL_TAG_WHERE_CLAUSE, at);
}

/* DROP names its tables as lists of words. */
static void drop_step(struct made *made, sql_node drop)
{
    static const char *const tables[] = {
            "OBJECT_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW", "OBJECT_FOREIGN_TABLE"};
    const struct sql_tree *tree = made->tree;
    sql_node objects = sql_node_find(tree, drop, SQL_TAG_OBJECTS);
    bool are_tables = false;

    for (size_t i = 0; i < SL_COUNT(tables); i++) {
        are_tables |= sql_field_is(tree, drop, SQL_TAG_REMOVE_TYPE, tables[i]);
    }
    for (sql_node it = are_tables ? walk_inner(tree, objects) : 0; it != 0;
            it = sql_node_next(tree, it)) {
        uint32_t parts[2] = {0};
        sql_node list = sql_node_child(tree, it);
        sql_node items = list == 0 ? 0 : sql_node_find(tree, list, SQL_TAG_ITEMS);

        for (sql_node word = walk_inner(tree, items); word != 0; word = sql_node_next(tree, word)) {
            parts[0] = parts[1];
            parts[1] =
                    made_name(made, sql_field_text(tree, sql_node_child(tree, word), SQL_TAG_SVAL));
        }
        made->sums.features.tables++;
        struct sql_table *table = made_add(made, &made->tables);
        if (table != NULL) {
            *table = (struct sql_table){.schema = parts[0],
                    .name = parts[1],
                    .scope = SQL_NONE,
                    .role = SQL_TABLE_DEFINED};
        }
    }
}

/* A field that holds a RangeVar as it is, or a named node around one. */
static void relation_step(struct made *made, sql_node node, struct walk_place at)
{
    if (sql_node_find(made->tree, node, SQL_TAG_RELNAME) != 0) {
        made_table(made, node, &at);
    } else {
        walk_push_children(made, node, at);
    }
}

static void other_utility(
        struct made *made, const struct utility *utility, const struct walk_frame *frame)
{
    struct walk_place at = frame->at;
    const struct sql_tree *tree = made->tree;

    made->sums.does |= utility->does;
    made->sums.effects |= utility->effects;
    if (utility->tag == SQL_TAG_DECLARE_CURSOR_STMT_NODE &&
            (sql_field_number(tree, frame->node, SQL_TAG_OPTIONS) & CURSOR_HOLD) != 0) {
        made->sums.effects |= SQL_HOLDS_CURSOR;
    }
    at.role = utility->role;
    walk_push_children(made, frame->node, at);
}

static bool utility_step(struct made *made, const struct walk_frame *frame, enum sql_tag tag)
{
    switch ((int)tag) {
    case SQL_TAG_TRANSACTION_STMT_NODE:
        transaction_step(made, frame->node);
        return true;
    case SQL_TAG_VARIABLE_SET_STMT_NODE:
        set_step(made, frame->node);
        return true;
    case SQL_TAG_COPY_STMT_NODE:
        copy_step(made, frame->node, frame->at);
        return true;
    case SQL_TAG_DROP_STMT_NODE:
        drop_step(made, frame->node);
        return true;
    default:
        break;
    }
    const struct utility *utility = utility_of(tag);
    if (utility == NULL) {
        return false;
    }
    other_utility(made, utility, frame);
    return true;
}

bool walk_utility(struct made *made, const struct walk_frame *frame)
{
    sql_node node = frame->node;
    enum sql_tag tag = sql_node_tag(made->tree, node);

    switch ((int)tag) {
    case SQL_TAG_RANGE_VAR_NODE:
        made_table(made, node, &frame->at);
        return true;
    case SQL_TAG_RELATION:
    case SQL_TAG_REL:
    case SQL_TAG_VIEW:
    case SQL_TAG_SEQUENCE:
        relation_step(made, node, frame->at);
        return true;
    case SQL_TAG_RANGE_TABLE_SAMPLE_NODE:
        made->sums.does |= SQL_SAMPLES;
        walk_push_children(made, node, frame->at);
        return true;
    case SQL_TAG_RANGE_FUNCTION_NODE:
        made_alias(made, sql_node_find(made->tree, node, SQL_TAG_ALIAS), frame->at.scope);
        walk_push_children(made, node, frame->at);
        return true;
    case SQL_TAG_LOCKING_CLAUSE_NODE:
        made_locked(made, node, frame->at.scope);
        return true;
    default:
        return utility_step(made, frame, tag);
    }
}
