/* SPDX-License-Identifier: PostgreSQL */
#include "cache/policy.h"

#include "protocol/catalog_resolve.h"
#include "protocol/effects_names.h"
#include "protocol/sql_facts.h"
#include "protocol/time_words.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_USER_OID = 16384 };

struct judge {
    const struct policy_question *question;
    const struct sql_facts *facts;
    const struct catalog *catalog;
    struct policy *made;
    uint32_t reads[POLICY_TREES_MAX];
    uint32_t writes[POLICY_TREES_MAX];
    struct rows_value given[ROWS_GIVEN_MAX];
};

/* The first reason is the one that is told. */
static void refuse(struct judge *judge, enum policy_reason reason, const char *what)
{
    struct policy *made = judge->made;

    if (made->reason == POLICY_KEPT) {
        made->reason = reason;
        size_t len = strnlen(what, sizeof made->what - 1);
        memcpy(made->what, what, len);
        made->what[len] = '\0';
    }
}

/* ---- sets ---- */

static void add_tree(struct policy_trees *set, uint32_t *room, uint32_t tree)
{
    uint32_t at = 0;

    while (at < set->count && room[at] < tree) {
        at++;
    }
    if (set->is_any || (at < set->count && room[at] == tree)) {
        return;
    }
    if (set->count == POLICY_TREES_MAX) {
        set->is_any = true;
        return;
    }
    memmove(room + at + 1, room + at, (set->count - at) * sizeof *room);
    room[at] = tree;
    set->count++;
}

static void add_trees(struct policy_trees *set, uint32_t *room, struct catalog_trees trees)
{
    set->is_any |= !trees.is_known;
    for (uint32_t i = 0; i < trees.count && !set->is_any; i++) {
        add_tree(set, room, trees.trees[i]);
    }
}

static void may_write(struct judge *judge, struct catalog_trees trees)
{
    add_trees(&judge->made->writes, judge->writes, trees);
}

static void may_write_anything(struct judge *judge)
{
    judge->made->writes.is_any = true;
}

/* ---- tables ---- */

/* regproc ... aclitem and others that show what is in the catalogue; timetz, whose zone is of the day. */
bool policy_type_is_steady(uint32_t type)
{
    static const uint32_t unsteady[] = {24, 1033, 1034, 1008, 1266, 1270, 2202, 2203, 2204, 2205,
            2206, 2207, 2208, 2209, 2210, 2211, 3734, 3735, 3769, 3770, 4089, 4090, 4096, 4097,
            4191, 4192};

    for (size_t i = 0; i < SL_COUNT(unsteady); i++) {
        if (type == unsteady[i]) {
            return false;
        }
    }
    return type < FIRST_USER_OID;
}

static bool is_system(const char *schema)
{
    return schema != NULL &&
           (strncmp(schema, "pg_", 3) == 0 || strcmp(schema, "information_schema") == 0);
}

static const struct catalog_relation *relation_of(
        const struct judge *judge, const struct catalog_table *named, const char *name)
{
    uint16_t schema = named->schema == NULL || named->oid == 0
                              ? CATALOG_NONE
                              : catalog_find_schema(judge->catalog, named->schema);

    return schema == CATALOG_NONE ? NULL : catalog_find_relation(judge->catalog, name, schema);
}

static void look_at_columns(
        struct judge *judge, const struct catalog_details *table, const char *name)
{
    const struct catalog_column *columns = judge->catalog->tables->columns + table->columns;

    for (unsigned i = 0; i < table->columns_count; i++) {
        if (columns[i].type < FIRST_USER_OID && !policy_type_is_steady(columns[i].type)) {
            refuse(judge, POLICY_COLUMN_TYPE, name);
        }
    }
}

/* Of views: all that is behind them. */
static void look_at_facts(struct judge *judge, const struct catalog_relation *relation,
        const struct catalog_details *table, const char *name)
{
    const uint32_t varies = CATALOG_FACT_STABLE | CATALOG_FACT_VOLATILE | CATALOG_FACT_TIME |
                            CATALOG_FACT_LOCKS | CATALOG_FACT_SAMPLE | CATALOG_FACT_SYSTEM_COLUMNS |
                            CATALOG_FACT_IO_CASTS | CATALOG_FACT_SYSTEM_RELATION |
                            CATALOG_FACT_SEQUENCE;
    uint32_t facts = table->facts | table->behind;
    bool is_view = relation->kind == CATALOG_VIEW;

    if ((facts & CATALOG_FACT_ROW_SECURITY) != 0) {
        refuse(judge, POLICY_ROW_SECURITY, name);
    }
    if ((facts & CATALOG_FACT_UNLOGGED) != 0) {
        refuse(judge, POLICY_UNLOGGED, name);
    }
    if ((facts & (CATALOG_FACT_FOREIGN | CATALOG_FACT_MATVIEW)) != 0) {
        refuse(judge, POLICY_TABLE_KIND, name);
    }
    if (is_view && (facts & varies) != 0) {
        refuse(judge, POLICY_VIEW, name);
    }
    if (!is_view && !table->knows_columns) {
        refuse(judge, POLICY_TABLE_NOT_KNOWN, name);
    }
}

static void read_table(struct judge *judge, const struct catalog_table *named, const char *name)
{
    const struct catalog_relation *relation = relation_of(judge, named, name);
    const struct catalog_details *table =
            relation == NULL ? NULL : catalog_details_of(judge->catalog, relation);

    if (is_system(named->schema)) {
        refuse(judge, POLICY_SYSTEM_TABLE, name);
        return;
    }
    if (table == NULL || !table->is_known) {
        refuse(judge, POLICY_TABLE_NOT_KNOWN, name);
        return;
    }
    if (relation->kind != CATALOG_TABLE && relation->kind != CATALOG_PARTITIONED &&
            relation->kind != CATALOG_VIEW) {
        refuse(judge, POLICY_TABLE_KIND, name);
    }
    look_at_facts(judge, relation, table, name);
    look_at_columns(judge, table, name);
    struct catalog_trees trees = catalog_reads_of_table(judge->catalog, table);
    if (!trees.is_known) {
        refuse(judge, POLICY_VIEW, name);
    }
    add_trees(&judge->made->reads, judge->reads, trees);
    if ((table->behind & CATALOG_FACT_VOLATILE) != 0 || !trees.is_known) {
        may_write(judge, catalog_writes_of_table(judge->catalog, table));
    }
}

/* ---- rows ---- */

/* The one table that it writes, and there is nothing that writes it by another way. */
static bool is_only_written(const struct sql_facts *facts)
{
    unsigned written = 0;

    for (unsigned i = 0; i < facts->tables_count; i++) {
        written += (facts->tables[i].role & SQL_TABLE_WRITTEN) != 0;
    }
    return written == 1 && !facts->is_truncated && (facts->does & SQL_ON_CONFLICT) == 0;
}

/* UPDATE's SET of a column of its key. */
static bool moves_key(const struct judge *judge, const struct catalog_details *table)
{
    const struct sql_facts *facts = judge->facts;
    const struct catalog_key *key = point_key(judge->catalog, table);

    for (unsigned i = 0; i < facts->columns_count; i++) {
        const struct sql_column *column = &facts->columns[i];
        const char *name = sql_facts_name(facts, column->name);
        bool is_target = (column->clauses & 1U << SQL_IN_TARGET) != 0;
        for (unsigned k = 0; is_target && k < key->columns_count; k++) {
            const struct catalog_column *of =
                    catalog_column_of(judge->catalog, table, key->columns[k]);
            if (strcmp(name, "*") == 0 ||
                    strcmp(catalog_column_name(judge->catalog, of), name) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool has_before_row(const struct catalog_details *table)
{
    for (unsigned event = 0; event < CATALOG_EVENT_COUNT; event++) {
        if (catalog_has_trigger(
                    table->tree_triggers, (enum catalog_event)event, CATALOG_BEFORE_ROW)) {
            return true;
        }
    }
    return false;
}

static void give_values(struct judge *judge, unsigned index, const struct catalog_details *table)
{
    const struct sql_facts *facts = judge->facts;
    struct rows_given *given = &judge->made->row.given;

    if (facts->kind == SQL_COPY || has_before_row(table)) {
        given->is_all = true;
    } else if (facts->kind != SQL_DELETE) {
        *given = rows_given_of(facts, index, judge->catalog, table, judge->given);
    }
}

static bool names_columns(const struct sql_facts *facts)
{
    for (unsigned i = 0; i < facts->columns_count; i++) {
        if ((facts->columns[i].clauses & 1U << SQL_IN_TARGET) != 0) {
            return true;
        }
    }
    return false;
}

/* Each new row has a key that there never was: no column of it is given, and one is of a sequence, say. */
static bool has_new_keys(const struct judge *judge, const struct catalog_details *table)
{
    const struct catalog_key *key = point_key(judge->catalog, table);
    bool is_new = false;

    for (unsigned i = 0; i < key->columns_count; i++) {
        is_new |= catalog_column_of(judge->catalog, table, key->columns[i])->is_new;
    }
    return is_new && judge->facts->kind == SQL_INSERT && !has_before_row(table) &&
           names_columns(judge->facts) && !moves_key(judge, table);
}

/* By which answers with a row have tags: none where all that comes is new. */
static void find_key(
        const struct judge *judge, const struct catalog_details *table, struct policy_row *row)
{
    const struct catalog *catalog = judge->catalog;
    const struct catalog_key *key = point_key(catalog, table);

    if (key == NULL || has_new_keys(judge, table)) {
        return;
    }
    for (unsigned i = 0; i < key->columns_count; i++) {
        const struct catalog_column *column = catalog_column_of(catalog, table, key->columns[i]);
        row->key.numbers[row->key.count++] = column->number;
    }
    row->point.columns = point_columns(catalog, table, key);
}

/* True: more is known of it than that the table is written, and noted. */
static bool write_rows(struct judge *judge, const struct catalog_relation *relation,
        const struct catalog_details *table, const struct catalog_table *named)
{
    const struct sql_facts *facts = judge->facts;
    struct policy_row *row = &judge->made->row;
    unsigned index = (unsigned)(named - judge->question->resolution->tables);

    if (!is_only_written(facts) || relation->kind != CATALOG_TABLE || !table->knows_columns ||
            (table->facts & CATALOG_FACT_RULES) != 0) {
        return false;
    }
    if (facts->kind == SQL_INSERT ||
            (facts->kind == SQL_COPY && (facts->does & SQL_COPIES_IN) != 0)) {
        row->rows = POLICY_ROWS_INSERT;
        find_key(judge, table, row);
    } else if ((facts->kind == SQL_UPDATE || facts->kind == SQL_DELETE) && !has_before_row(table) &&
               point_of(facts, index, judge->catalog, table, &row->point) &&
               !moves_key(judge, table)) {
        row->rows = POLICY_ROWS_POINT;
    } else {
        return false;
    }
    row->tree = table->tree;
    give_values(judge, index, table);
    return true;
}

/* Where something else writes the table too, nothing is known of its rows. */
static void settle_rows(struct judge *judge)
{
    struct policy *made = judge->made;
    bool is_written = made->writes.is_any;

    for (uint32_t i = 0; i < made->writes.count; i++) {
        is_written |= judge->writes[i] == made->row.tree;
    }
    if (made->row.rows != POLICY_ROWS_ANY && is_written) {
        made->row = (struct policy_row){.rows = POLICY_ROWS_ANY};
    }
}

static bool has_aggregate(const struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    bool has_it = facts->features.aggregates > 0 || facts->features.windows > 0;

    for (unsigned i = 0; i < facts->functions_count; i++) {
        const struct catalog_call *call = &judge->question->resolution->functions[i];
        has_it |= facts->functions[i].is_aggregate || call->is_aggregate || call->schema == NULL ||
                  strcmp(call->schema, "pg_catalog") != 0;
    }
    return has_it;
}

/* It sees one row of one table, which its key tells, and nothing else; or some, and shows their keys. */
static void look_for_rows(struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    const struct sql_features *features = &facts->features;

    if (facts->tables_count != 1 || facts->scopes_count != 1 || features->subqueries > 0 ||
            features->ctes > 0 || features->set_operations > 0) {
        return;
    }
    const struct catalog_table *named = &judge->question->resolution->tables[0];
    const struct catalog_relation *relation =
            relation_of(judge, named, sql_facts_name(facts, facts->tables[0].name));
    const struct catalog_details *table =
            relation == NULL ? NULL : catalog_details_of(judge->catalog, relation);
    if (table == NULL || relation->kind != CATALOG_TABLE) {
        return;
    }
    if (point_of(facts, 0, judge->catalog, table, &judge->made->point)) {
        judge->made->needs_absence = has_aggregate(judge);
    } else if (has_aggregate(judge) || !rows_of(facts, judge->catalog, table, &judge->made->rows)) {
        judge->made->rows = (struct rows){.set = {.tree = 0}};
    }
}

static void write_table(struct judge *judge, const struct catalog_table *named, const char *name)
{
    const struct catalog_relation *relation = relation_of(judge, named, name);
    const struct catalog_details *table =
            relation == NULL ? NULL : catalog_details_of(judge->catalog, relation);

    if (table == NULL || !table->is_known) {
        may_write_anything(judge);
        return;
    }
    if (relation->kind != CATALOG_VIEW && !write_rows(judge, relation, table, named)) {
        may_write(
                judge, (struct catalog_trees){.trees = &table->tree, .count = 1, .is_known = true});
    }
    may_write(judge, catalog_writes_of_table(judge->catalog, table));
}

static void look_at_tables(struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    bool reads_any = false;

    for (unsigned i = 0; i < facts->tables_count; i++) {
        const struct sql_table *table = &facts->tables[i];
        const struct catalog_table *named = &judge->question->resolution->tables[i];
        const char *name = sql_facts_name(facts, table->name);
        if ((table->role & SQL_TABLE_WRITTEN) != 0) {
            write_table(judge, named, name);
        }
        if ((table->role & (SQL_TABLE_READ | SQL_TABLE_LOCKED)) != 0) {
            read_table(judge, named, name);
            reads_any = true;
        }
    }
    if (!reads_any) {
        refuse(judge, POLICY_NO_TABLE, "");
    }
    if (judge->question->may_shadow) { /* what is written is that, or nothing that others see */
        refuse(judge, POLICY_TEMPORARY, "");
    }
}

/* ---- functions ---- */

static bool is_in(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* STABLE ones of pg_catalog that depend on settings alone, all of which a key has. */
static bool is_of_settings(const char *name)
{
    static const char *const names[] = {"array_to_json", "array_to_string", "concat", "concat_ws",
            "current_database", "current_schema", "current_schemas", "date_bin", "date_part",
            "date_trunc", "extract", "format", "generate_series", "json_agg", "json_build_array",
            "json_build_object", "json_object_agg", "jsonb_agg", "jsonb_build_array",
            "jsonb_build_object", "jsonb_object_agg", "phraseto_tsquery", "plainto_tsquery",
            "quote_literal", "quote_nullable", "row_to_json", "string_agg", "timezone", "to_char",
            "to_date", "to_json", "to_jsonb", "to_timestamp", "to_tsquery", "to_tsvector",
            "ts_headline", "websearch_to_tsquery"};

    return is_in(name, names, SL_COUNT(names));
}

/* CURRENT_USER and its like: role, path and database are in a key. */
static bool is_of_session(const char *name)
{
    static const char *const names[] = {"current_catalog", "current_role", "current_schema",
            "current_user", "session_user", "user"};

    return is_in(name, names, SL_COUNT(names));
}

static void look_at_keyword(struct judge *judge, const char *name)
{
    if (!is_of_session(name)) {
        refuse(judge, POLICY_TIME, name);
    }
}

static void look_at_function(
        struct judge *judge, const struct sql_function *function, const struct catalog_call *call)
{
    const char *name = sql_facts_name(judge->facts, function->name);
    uint32_t count = 0;

    if (function->is_keyword) {
        look_at_keyword(judge, name);
        return;
    }
    const struct catalog_function *functions = catalog_find_functions(judge->catalog, name, &count);
    for (uint32_t i = 0; i < count; i++) {
        may_write(judge, catalog_writes_of_function(judge->catalog, &functions[i]));
    }
    if (count == 0) {
        may_write_anything(judge);
    }
    bool is_built_in = call->schema != NULL && strcmp(call->schema, "pg_catalog") == 0;
    if (call->volatility == SQL_VOLATILITY_UNKNOWN) {
        refuse(judge, POLICY_FUNCTION_NOT_KNOWN, name);
    } else if (call->volatility != SQL_IMMUTABLE &&
               !(call->volatility == SQL_STABLE && is_built_in && is_of_settings(name))) {
        refuse(judge, POLICY_FUNCTION_VARIES, name);
    }
}

/* The first of which that is not known; "": there is none. */
static const char *what_leaves(const struct judge *judge)
{
    for (unsigned i = 0; i < judge->facts->functions_count; i++) {
        const struct sql_function *function = &judge->facts->functions[i];
        struct sl_span schema = sl_span_text(sql_facts_name(judge->facts, function->schema));
        const char *name = sql_facts_name(judge->facts, function->name);
        if (!function->is_keyword && !effects_name_is_known(sl_span_text(name)) &&
                !catalog_call_is_harmless(judge->catalog, schema, sl_span_text(name))) {
            return name;
        }
    }
    return "";
}

static void look_at_functions(struct judge *judge)
{
    for (unsigned i = 0; i < judge->facts->functions_count; i++) {
        look_at_function(
                judge, &judge->facts->functions[i], &judge->question->resolution->functions[i]);
    }
}

/* t.f and (x).f are f(t) and f(x) where there is such a function and no such column. */
static void look_at_fields(struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    uint16_t system = catalog_find_schema(judge->catalog, "pg_catalog");

    for (unsigned i = 0; i < facts->columns_count; i++) {
        const struct sql_column *column = &facts->columns[i];
        const char *name = sql_facts_name(facts, column->name);
        uint32_t count = 0;
        const struct catalog_function *functions =
                catalog_find_functions(judge->catalog, name, &count);
        bool is_plain =
                sql_facts_name(facts, column->qualifier)[0] == '\0' && column->table != SQL_NONE;
        for (uint32_t k = 0; k < count && !is_plain; k++) {
            if (functions[k].schema == system || functions[k].args_min > 1 ||
                    functions[k].args_max < 1) {
                continue;
            }
            may_write(judge, catalog_writes_of_function(judge->catalog, &functions[k]));
            if (functions[k].volatility != SQL_IMMUTABLE) {
                refuse(judge, POLICY_FUNCTION_VARIES, name);
            }
        }
    }
}

/* ---- the statement ---- */

static uint32_t kinds_of(const struct sql_facts *facts)
{
    return facts->kind == SQL_MULTI ? facts->kinds : UINT32_C(1) << facts->kind;
}

static void look_at_kind(struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    const uint32_t harmless =
            1U << SQL_EMPTY | 1U << SQL_MULTI | 1U << SQL_SELECT | 1U << SQL_INSERT |
            1U << SQL_UPDATE | 1U << SQL_DELETE | 1U << SQL_MERGE | 1U << SQL_COPY |
            1U << SQL_TRANSACTION | 1U << SQL_SET | 1U << SQL_SHOW | 1U << SQL_EXPLAIN |
            1U << SQL_PREPARE | 1U << SQL_DEALLOCATE | 1U << SQL_CURSOR | 1U << SQL_LISTEN |
            1U << SQL_LOCK | 1U << SQL_DISCARD | 1U << SQL_MAINTENANCE;
    struct policy *made = judge->made;
    uint32_t kinds = kinds_of(facts);
    uint32_t truncate = judge->question->may_cascade ? 0 : 1U << SQL_TRUNCATE;
    bool is_opaque = (facts->does & SQL_OPAQUE) != 0 && (kinds & ~(1U << SQL_CURSOR)) != 0;

    if ((kinds & ~(harmless | truncate)) != 0 || is_opaque || facts->is_truncated ||
            (facts->does & SQL_CHANGES_SCHEMA) != 0 || (facts->effects & SQL_TWO_PHASE) != 0) {
        may_write_anything(judge);
    }
    made->begins = (facts->effects & SQL_BEGINS) != 0;
    made->may_end = (facts->effects & (SQL_ENDS | SQL_TWO_PHASE)) != 0 || is_opaque ||
                    facts->is_truncated || (kinds & (1U << SQL_CALL | 1U << SQL_UTILITY)) != 0;
    if (facts->kind == SQL_MULTI) {
        refuse(judge, POLICY_SEVERAL, "");
    } else if (facts->kind != SQL_SELECT) {
        refuse(judge, POLICY_NOT_SELECT, "");
    } else if ((facts->does & (SQL_WRITES | SQL_CHANGES_SCHEMA | SQL_OPAQUE)) != 0) {
        refuse(judge, POLICY_WRITES, "");
    } else if ((facts->does & SQL_LOCKS_ROWS) != 0) {
        refuse(judge, POLICY_LOCKS, "");
    } else if ((facts->does & SQL_SAMPLES) != 0) {
        refuse(judge, POLICY_SAMPLES, "");
    } else if (facts->is_truncated) {
        refuse(judge, POLICY_TOO_LARGE, "");
    }
}

/* By name, whatever types they are of: those are not known here. */
static void look_at_operators(struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    const struct catalog *catalog = judge->catalog;

    if ((facts->operators & catalog->operators) != 0) {
        refuse(judge, POLICY_OTHER_OPERATOR, "");
    }
    if ((catalog->casts & CATALOG_CASTS_ANYWHERE) != 0 ||
            (facts->has_casts && (catalog->casts & CATALOG_CASTS_WRITTEN) != 0)) {
        refuse(judge, POLICY_OTHER_OPERATOR, "cast");
    }
}

static void look_at_values(struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;

    if ((facts->varies & SQL_VARIES_SYSTEM_COLUMN) != 0) {
        refuse(judge, POLICY_SYSTEM_COLUMN, "");
    }
    if ((facts->varies & SQL_VARIES_CATALOG_TYPE) != 0) {
        refuse(judge, POLICY_CATALOG_TYPE, "");
    }
    if ((facts->varies & SQL_VARIES_CAST_TO_TIME) != 0) {
        refuse(judge, POLICY_TIME, "");
    }
    if ((facts->varies & SQL_VARIES_OTHER_TYPE) != 0) {
        refuse(judge, POLICY_OTHER_TYPE, "");
    }
    if ((facts->varies & SQL_VARIES_OTHER_OPERATOR) != 0) {
        refuse(judge, POLICY_OTHER_OPERATOR, "");
    }
    if (time_words_in_text(judge->question->text)) {
        refuse(judge, POLICY_TIME_WORD, "");
    }
}

/* PostgreSQL looks there first, unless it is named behind others. */
static bool is_path_usual(const char *path)
{
    return path != NULL && strstr(path, "pg_catalog") == NULL && strstr(path, "pg_temp") == NULL;
}

static void judge_it(struct judge *judge)
{
    const struct policy_question *question = judge->question;

    if (judge->facts == NULL) {
        refuse(judge, POLICY_NOT_READ, "");
        may_write_anything(judge);
        judge->made->may_end = true;
        return;
    }
    look_at_kind(judge);
    if (judge->catalog == NULL || judge->catalog->tables == NULL || question->resolution == NULL) {
        refuse(judge, POLICY_NO_CATALOG, "");
        bool touches = judge->facts->tables_count + judge->facts->functions_count > 0;
        judge->made->writes.is_any |= touches;
        return;
    }
    if (question->search_path == NULL) {
        refuse(judge, POLICY_PATH_NOT_KNOWN, "");
    } else if (!is_path_usual(question->search_path)) {
        refuse(judge, POLICY_SEARCH_PATH, "");
    }
    look_at_tables(judge);
    look_at_functions(judge);
    look_at_fields(judge);
    look_at_operators(judge);
    look_at_values(judge);
    if (question->may_leave) {
        refuse(judge, POLICY_LEAVES, what_leaves(judge));
    }
    if (judge->facts->tables_count + judge->facts->functions_count > 0) {
        may_write(judge, catalog_writes_anyway(judge->catalog));
    }
}

/* ---- */

/* The block has room for what is given, and both sets, behind it. */
static const struct policy *pack(struct judge *judge)
{
    struct policy *made = judge->made;
    uint32_t reads = made->reason == POLICY_KEPT ? made->reads.count : 0;
    uint32_t writes = made->writes.is_any ? 0 : made->writes.count;
    size_t given = made->row.given.count * sizeof *judge->given;
    size_t trees = ((size_t)reads + writes) * sizeof *judge->reads;
    struct policy *packed = malloc(sizeof *packed + given + trees);

    if (packed == NULL) {
        return NULL;
    }
    *packed = *made;
    packed->reads.trees = (uint32_t *)(packed + 1);
    packed->reads.count = reads;
    packed->writes.trees = packed->reads.trees + reads;
    packed->writes.count = writes;
    memcpy(packed->reads.trees, judge->reads, reads * sizeof *judge->reads);
    memcpy(packed->writes.trees, judge->writes, writes * sizeof *judge->writes);
    struct rows_value *values = (struct rows_value *)(packed->writes.trees + writes);
    memcpy(values, judge->given, given);
    packed->row.given.values = values;
    packed->writes_nothing =
            !made->writes.is_any && writes == 0 && made->row.rows == POLICY_ROWS_ANY;
    atomic_init(&packed->refs, 1);
    return packed;
}

static bool is_only_write(const struct policy_question *question)
{
    const struct sql_facts *facts = question->facts;

    return facts != NULL && question->resolution != NULL && !facts->is_truncated &&
           (facts->kind == SQL_INSERT || facts->kind == SQL_UPDATE || facts->kind == SQL_DELETE) &&
           facts->tables_count == 1 && facts->functions_count == 0 && facts->scopes_count == 1;
}

/* Of a statement that is no more than its text says: SELECT 1. */
static bool is_bare_select(const struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;

    return facts->kind == SQL_SELECT && judge->made->names_nothing && judge->catalog != NULL &&
           is_path_usual(judge->question->search_path) && facts->does == 0 && facts->effects == 0 &&
           facts->varies == 0 && facts->features.params == 0;
}

static enum policy_block block_of(const struct judge *judge)
{
    const struct sql_facts *facts = judge->facts;
    const struct policy *made = judge->made;

    if (facts == NULL || facts->is_truncated) {
        return POLICY_BLOCK_SPOILS;
    }
    if (facts->kind == SQL_TRANSACTION && (facts->effects & SQL_BEGINS_COMMITTED) != 0) {
        return POLICY_BLOCK_BEGINS_COMMITTED;
    }
    if (facts->kind == SQL_TRANSACTION && (facts->effects & SQL_BEGINS_PLAIN) != 0) {
        return POLICY_BLOCK_BEGINS;
    }
    bool is_bare = facts->kind == SQL_TRANSACTION || facts->kind == SQL_SHOW ||
                   facts->kind == SQL_EMPTY; /* of the first what is left are savepoints */
    bool keeps = made->reason == POLICY_KEPT || is_bare_select(judge) ||
                 (is_bare && facts->effects == 0 && facts->does == 0);
    return keeps ? POLICY_BLOCK_KEEPS : POLICY_BLOCK_SPOILS;
}

const struct policy *policy_of(const struct policy_question *question)
{
    struct policy made = {.reason = POLICY_KEPT};
    struct judge judge = {.question = question,
            .facts = question->facts,
            .catalog = question->catalog,
            .made = &made};

    judge_it(&judge);
    made.only_writes = is_only_write(question);
    made.names_nothing = question->facts != NULL && !question->facts->is_truncated &&
                         question->facts->tables_count + question->facts->functions_count == 0 &&
                         (question->facts->does & SQL_OPAQUE) == 0;
    if (made.reads.is_any) {
        refuse(&judge, POLICY_TOO_LARGE, "");
    }
    settle_rows(&judge);
    if (made.writes.is_any || made.writes.count > 0 || made.row.rows != POLICY_ROWS_ANY) {
        refuse(&judge, POLICY_WRITES, "");
    }
    if (made.reason == POLICY_KEPT) {
        look_for_rows(&judge);
    }
    made.block = block_of(&judge);
    return pack(&judge);
}

const struct policy *policy_ref(const struct policy *policy)
{
    struct policy *mine = (struct policy *)(uintptr_t)policy;

    atomic_fetch_add_explicit(&mine->refs, 1, memory_order_relaxed);
    return policy;
}

void policy_unref(const struct policy *policy)
{
    struct policy *mine = (struct policy *)(uintptr_t)policy;

    if (mine != NULL && atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) == 1) {
        free(mine);
    }
}
