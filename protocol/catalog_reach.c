/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_reach.c - nodes, in that order: functions, relations as they are written, as they are
 * read, their names likewise, and what is behind any statement and any change of the schema.
 */
#include "protocol/catalog_reach.h"

#include "protocol/catalog_closure.h"
#include "protocol/catalog_order.h"
#include "protocol/catalog_row.h"
#include "protocol/effects_names.h"
#include "protocol/function_body.h"
#include "protocol/sql_facts.h"

#include <stdlib.h>
#include <string.h>

enum { PG_CATALOG_OID = 11, USER_OID = 16384, OVERLOADS_MAX = 32, DEFAULTS_MAX = 1024 };

/* Behind the others. */
enum { NODE_ANYWAY, NODE_DDL, NODES_FIXED };

struct edge {
    uint32_t from;
    uint32_t to;
};

struct catalog_reach {
    struct catalog_hidden_of of;
    uint32_t nodes;
    uint8_t *is_unknown;
    struct catalog_vec edges; /* struct edge */
    struct catalog_vec views; /* likewise: relations that read others */
    uint32_t *tables;         /* relations that a body may mean: by name */
    uint32_t tables_count;
    uint32_t *functions; /* by name */
    uint32_t caller;     /* whose body is read, as the next */
    bool truncates;
    bool cascades;
    bool is_lost;
    enum sl_err err;
};

/* ---- nodes ---- */

static uint32_t node_written(const struct catalog_reach *reach, uint32_t relation)
{
    return reach->of.functions_count + relation;
}

static uint32_t node_read(const struct catalog_reach *reach, uint32_t relation)
{
    return reach->of.functions_count + reach->of.relations_count + relation;
}

/* The first of its name in the order stands for it. */
static uint32_t node_of_name(const struct catalog_reach *reach, uint32_t place, bool is_written)
{
    return reach->of.functions_count + (is_written ? 2 : 3) * reach->of.relations_count + place;
}

static uint32_t node_fixed(const struct catalog_reach *reach, uint32_t which)
{
    return reach->of.functions_count + 4 * reach->of.relations_count + which;
}

/* ---- names ---- */

static const char *name_of_function(const struct catalog_reach *reach, uint32_t function)
{
    return reach->of.names + reach->of.functions[function].name;
}

static const char *name_of_table(const struct catalog_reach *reach, uint32_t place)
{
    return reach->of.names + reach->of.relations[reach->tables[place]].name;
}

static int compare_functions(const void *left, const void *right, void *self)
{
    const struct catalog_reach *reach = self;

    return strcmp(name_of_function(reach, *(const uint32_t *)left),
            name_of_function(reach, *(const uint32_t *)right));
}

static int compare_tables(const void *left, const void *right, void *self)
{
    const struct catalog_reach *reach = self;
    const struct catalog_relation *relations = reach->of.relations;

    return strcmp(reach->of.names + relations[*(const uint32_t *)left].name,
            reach->of.names + relations[*(const uint32_t *)right].name);
}

static int compare_name(const char *name, struct sl_span other)
{
    int order = strncmp(name, (const char *)other.at, other.len);

    return order != 0 ? order : name[other.len] != '\0';
}

/* The first that is not before that name. */
static uint32_t find_function(const struct catalog_reach *reach, struct sl_span name)
{
    uint32_t from = 0;
    uint32_t to = reach->of.functions_count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (compare_name(name_of_function(reach, reach->functions[middle]), name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static uint32_t find_table(const struct catalog_reach *reach, struct sl_span name)
{
    uint32_t from = 0;
    uint32_t to = reach->tables_count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (compare_name(name_of_table(reach, middle), name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

/* ---- what is built in ---- */

static bool is_builtin(const struct catalog_reach *reach, uint32_t function)
{
    uint16_t schema = reach->of.functions[function].schema;

    return reach->of.schemas[schema].oid == PG_CATALOG_OID &&
           reach->of.functions_oids[function] < USER_OID;
}

/* They run what is in a view, or a text. */
static bool runs_others(const char *name)
{
    static const char *const ends[] = {"_to_xml", "_to_xmlschema", "_to_xml_and_xmlschema"};
    size_t len = strlen(name);

    for (size_t i = 0; i < SL_COUNT(ends); i++) {
        size_t end = strlen(ends[i]);
        if (len > end && strcmp(name + len - end, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Volatile ones that leave something in a session, but write no relation. */
static bool is_quiet(const char *name)
{
    static const char *const names[] = {"currval", "lastval", "pg_advisory_lock",
            "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_all",
            "pg_advisory_unlock_shared", "pg_stat_clear_snapshot", "pg_try_advisory_lock",
            "pg_try_advisory_lock_shared", "set_config", "setseed",
            "suppress_redundant_updates_trigger", "tsvector_update_trigger",
            "tsvector_update_trigger_column"};

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Of a user's own, what is not known of it before its body is read. */
static bool is_unknown_at_first(const struct catalog_reach *reach, uint32_t function)
{
    const struct catalog_function *it = &reach->of.functions[function];
    const char *name = name_of_function(reach, function);

    if (!is_builtin(reach, function)) {
        return it->volatility != SQL_IMMUTABLE;
    }
    return runs_others(name) ||
           (it->volatility == SQL_VOLATILE && !effects_name_is_known(sl_span_text(name)) &&
                   !is_quiet(name));
}

/* ---- the graph ---- */

struct catalog_reach *catalog_reach_new(const struct catalog_hidden_of *of)
{
    struct catalog_reach *reach = calloc(1, sizeof *reach);

    if (reach == NULL) {
        return NULL;
    }
    reach->of = *of;
    reach->nodes = of->functions_count + 4 * of->relations_count + NODES_FIXED;
    reach->edges.len = sizeof(struct edge);
    reach->views.len = sizeof(struct edge);
    reach->is_unknown = calloc(reach->nodes, sizeof *reach->is_unknown);
    reach->tables = calloc((size_t)of->relations_count + 1, sizeof *reach->tables);
    reach->functions = calloc((size_t)of->functions_count + 1, sizeof *reach->functions);
    if (reach->is_unknown == NULL || reach->tables == NULL || reach->functions == NULL) {
        catalog_reach_free(reach);
        return NULL;
    }
    for (uint32_t i = 0; i < of->functions_count; i++) {
        reach->functions[i] = i;
        reach->is_unknown[i] = is_unknown_at_first(reach, i);
    }
    for (uint32_t i = 0; i < of->relations_count; i++) {
        if (of->relations[i].oid >= USER_OID && of->relations[i].kind != CATALOG_SEQUENCE) {
            reach->tables[reach->tables_count++] = i;
        }
    }
    if (of->functions_count > 0) {
        qsort_r(reach->functions, of->functions_count, sizeof *reach->functions, compare_functions,
                reach);
    }
    if (reach->tables_count > 0) {
        qsort_r(reach->tables, reach->tables_count, sizeof *reach->tables, compare_tables, reach);
    }
    return reach;
}

void catalog_reach_free(struct catalog_reach *reach)
{
    if (reach != NULL) {
        free(reach->is_unknown);
        free(reach->edges.items);
        free(reach->views.items);
        free(reach->tables);
        free(reach->functions);
        free(reach);
    }
}

static void note(struct catalog_reach *reach, uint32_t from, uint32_t to)
{
    struct edge edge = {from, to};
    bool fits = reach->edges.count < CATALOG_REACH_EDGES_MAX;
    enum sl_err err = fits ? catalog_vec_add(&reach->edges, &edge, 1) : SL_ELIMIT;

    if (err != SL_OK) {
        reach->is_unknown[from] = 1;
        reach->err = err == SL_ENOMEM ? err : reach->err;
    }
}

static bool find_relation(const struct catalog_reach *reach, uint32_t oid, uint32_t *at)
{
    return catalog_find_oid(
            reach->of.relations, sizeof *reach->of.relations, reach->of.relations_count, oid, at);
}

static void uses_function(struct catalog_reach *reach, uint32_t node, uint32_t oid)
{
    uint32_t at = 0;

    if (!catalog_find_oid(
                reach->of.functions_oids, sizeof oid, reach->of.functions_count, oid, &at)) {
        reach->is_unknown[node] = 1;
    } else if (!is_builtin(reach, at)) {
        note(reach, node, at);
    } else {
        reach->is_unknown[node] |= reach->is_unknown[at];
    }
}

static void note_view(struct catalog_reach *reach, uint32_t relation, uint32_t base)
{
    struct edge edge = {relation, base};
    enum sl_err err = catalog_vec_add(&reach->views, &edge, 1);

    reach->err = err != SL_OK ? err : reach->err;
    note(reach, node_read(reach, relation), node_read(reach, base));
}

static bool is_matview(const struct catalog_reach *reach, uint32_t relation)
{
    return reach->of.relations[relation].kind == CATALOG_MATVIEW;
}

/* One that it uses: what REFRESH reads nobody writes through it, nor reads who reads what is kept. */
static void uses_relation(struct catalog_reach *reach, uint32_t relation, char letter, uint32_t oid)
{
    uint32_t at = 0;
    uint32_t written = node_written(reach, relation);

    if (!find_relation(reach, oid, &at)) {
        reach->is_unknown[written] = 1;
        reach->is_unknown[node_read(reach, relation)] = 1;
    } else if (letter == 'r') {
        note(reach, written, node_written(reach, at));
    } else if (is_matview(reach, relation)) {
        note(reach, written, node_read(reach, at));
    } else if (letter == 'R') {
        note(reach, written, node_read(reach, at));
        note(reach, node_read(reach, relation), node_read(reach, at));
    } else {
        note(reach, written, node_written(reach, at));
        note_view(reach, relation, at);
    }
}

void catalog_reach_target(struct catalog_reach *reach, uint32_t relation, char letter, uint32_t oid)
{
    uint32_t at = 0;

    switch (letter) {
    case 'F': /* when it is read, too */
        if (!is_matview(reach, relation)) {
            uses_function(reach, node_read(reach, relation), oid);
        }
        uses_function(reach, node_written(reach, relation), oid);
        break;
    case 'f':
        uses_function(reach, node_written(reach, relation), oid);
        break;
    case 'r':
    case 'R':
    case 'V':
        uses_relation(reach, relation, letter, oid);
        break;
    case 'b': /* the other way round; if it is not there, nobody writes it */
        if (find_relation(reach, oid, &at)) {
            note(reach, node_written(reach, at), node_written(reach, relation));
        }
        break;
    default:
        reach->is_lost |= letter == 'y';
        reach->is_unknown[node_written(reach, relation)] = 1;
        reach->is_unknown[node_read(reach, relation)] = 1;
        break;
    }
}

bool catalog_reach_is_lost(const struct catalog_reach *reach)
{
    return reach->is_lost;
}

void catalog_reach_anyway(struct catalog_reach *reach, uint32_t oid, bool is_ddl)
{
    uses_function(reach, node_fixed(reach, is_ddl ? NODE_DDL : NODE_ANYWAY), oid);
}

/* ---- bodies ---- */

/* By the same function before; those are the last edges. */
static bool is_noted(const struct catalog_reach *reach, uint32_t to)
{
    const struct edge *edges = reach->edges.items;

    for (uint32_t i = reach->edges.count; i > 0 && edges[i - 1].from == reach->caller; i--) {
        if (edges[i - 1].to == to) {
            return true;
        }
    }
    return false;
}

static void note_once(struct catalog_reach *reach, uint32_t to)
{
    if (!is_noted(reach, to)) {
        note(reach, reach->caller, to);
    }
}

/* PostgreSQL lets no other say INSERT, UPDATE, DELETE ... */
static bool is_writer(const struct catalog_reach *reach)
{
    return reach->of.functions[reach->caller].volatility == SQL_VOLATILE;
}

/* What a word says of relations that are not named. False: that may be any. */
static bool take_word(struct catalog_reach *reach, struct sl_span word)
{
    reach->truncates |= sl_span_is(word, "truncate");
    reach->cascades |= sl_span_is(word, "cascade");
    if (sl_span_is(word, "refresh") || sl_span_is(word, "reindex")) { /* event triggers */
        note_once(reach, node_fixed(reach, NODE_DDL));
    }
    return !reach->truncates || !reach->cascades;
}

static bool on_name(void *self, struct sl_span name, bool is_quoted)
{
    struct catalog_reach *reach = self;

    if (!is_quoted && !reach->of.is_utf8 && catalog_hidden_is_wide(name)) {
        return false; /* in lower case it may be another */
    }
    if (!is_quoted && !take_word(reach, name)) {
        return false;
    }
    uint32_t place = find_table(reach, name);
    if (place < reach->tables_count && compare_name(name_of_table(reach, place), name) == 0) {
        note_once(reach, node_of_name(reach, place, is_writer(reach)));
    }
    return true;
}

static bool is_of_schema(
        const struct catalog_reach *reach, uint32_t function, struct sl_span schema)
{
    uint16_t own = reach->of.functions[function].schema;

    return schema.len == 0 ||
           compare_name(reach->of.names + reach->of.schemas[own].name, schema) == 0;
}

/* Before a parenthesis where no function is: one of the grammar's words, or unknown. */
static bool is_word_of_grammar(const struct function_call *call)
{
    return call->schema.len == 0 && !call->is_quoted &&
           (call->is_word || effects_name_is_known(call->name));
}

static bool on_call(void *self, const struct function_call *call)
{
    struct catalog_reach *reach = self;
    uint32_t first = find_function(reach, call->name);
    bool is_there = false;

    for (uint32_t i = first; i < reach->of.functions_count; i++) {
        uint32_t function = reach->functions[i];
        if (compare_name(name_of_function(reach, function), call->name) != 0) {
            break;
        }
        if (i - first == OVERLOADS_MAX) {
            return false;
        }
        if (!is_of_schema(reach, function, call->schema)) {
            continue;
        }
        is_there = true;
        if (!is_builtin(reach, function)) {
            note_once(reach, function);
        } else if (reach->is_unknown[function] != 0 && call->kind != FUNCTION_COLUMN) {
            return false;
        }
    }
    return is_there || call->kind != FUNCTION_CALL || is_word_of_grammar(call);
}

static bool is_read(struct catalog_reach *reach, struct sl_span text, bool is_sql)
{
    return function_body_is_known(&(struct function_body){
            .text = text, .is_sql = is_sql, .on_call = on_call, .on_name = on_name, .self = reach});
}

/* "f1 r2 x" of a tree. False: it is none. */
static bool take_targets(struct catalog_reach *reach, struct sl_span targets)
{
    uint32_t oid = 0;
    uint32_t at = 0;

    while (targets.len > 0) {
        const uint8_t *end = memchr(targets.at, ' ', targets.len);
        size_t len = end == NULL ? targets.len : (size_t)(end - targets.at);
        char letter = (char)targets.at[0];
        bool is_more = letter == 'x' && len == 1;
        if (!is_more && ((letter != 'f' && letter != 'r') ||
                                !catalog_row_read_number(sl_span(targets.at + 1, len - 1), &oid))) {
            return false;
        }
        if (letter == 'f') {
            uses_function(reach, reach->caller, oid);
        } else if (is_more || !find_relation(reach, oid, &at)) {
            reach->is_unknown[reach->caller] = 1;
        } else {
            note_once(reach, is_writer(reach) ? node_written(reach, at) : node_read(reach, at));
        }
        len += end != NULL;
        targets = sl_span(targets.at + len, targets.len - len);
    }
    return true;
}

bool catalog_reach_take_body(struct catalog_reach *reach, const struct catalog_reach_body *body)
{
    bool is_known = true;

    reach->caller = body->function;
    reach->truncates = false;
    reach->cascades = false;
    if (is_builtin(reach, body->function)) {
        return true;
    }
    reach->is_unknown[body->function] = 0;
    switch (body->kind) {
    case CATALOG_REACH_PLPGSQL:
    case CATALOG_REACH_SQL:
        is_known = is_read(reach, body->text, body->kind == CATALOG_REACH_SQL);
        break;
    case CATALOG_REACH_ATOMIC:
        if (!take_targets(reach, body->text)) {
            return false;
        }
        break;
    case CATALOG_REACH_C:
        break;
    default:
        is_known = false;
        break;
    }
    if (is_known && body->defaults.len > 0) {
        is_known = body->defaults.len < DEFAULTS_MAX && is_read(reach, body->defaults, true);
    }
    reach->is_unknown[body->function] |= !is_known;
    return true;
}

/* ---- all of it ---- */

/* What a name stands for: all that are called so. */
static void note_names(struct catalog_reach *reach)
{
    uint32_t first = 0;

    for (uint32_t i = 0; i < reach->tables_count; i++) {
        first = strcmp(name_of_table(reach, first), name_of_table(reach, i)) == 0 ? first : i;
        note(reach, node_of_name(reach, first, true), node_written(reach, reach->tables[i]));
        note(reach, node_of_name(reach, first, false), node_read(reach, reach->tables[i]));
    }
}

/* Edges as an array for each node: first[node] to first[node + 1]. */
static void put_in_order(const struct catalog_reach *reach, uint32_t *first, uint32_t *to)
{
    const struct edge *edges = reach->edges.items;
    uint32_t count = 0;

    for (uint32_t i = 0; i < reach->edges.count; i++) {
        first[edges[i].from + 1]++;
    }
    for (uint32_t i = 1; i <= reach->nodes; i++) {
        count += first[i];
        first[i] = count;
    }
    for (uint32_t i = reach->edges.count; i > 0; i--) { /* from the end of each */
        to[--first[edges[i - 1].from + 1]] = edges[i - 1].to;
    }
    for (uint32_t i = 0; i < reach->nodes; i++) { /* each is one place behind by now */
        first[i] = first[i + 1];
    }
    first[reach->nodes] = reach->edges.count;
}

static bool has_rows(const struct catalog_reach *reach, uint32_t relation)
{
    uint8_t kind = reach->of.relations[relation].kind;

    return kind != CATALOG_VIEW && kind != CATALOG_SEQUENCE &&
           reach->of.relations[relation].oid >= USER_OID;
}

struct ending {
    struct catalog_reach *reach;
    struct catalog_sets sets;
    uint32_t *first;
    uint32_t *to;
    uint32_t *trees; /* of nodes */
    uint32_t *found;
};

static enum sl_err close_graph(struct ending *ending)
{
    return catalog_closure(&(struct catalog_graph){.nodes = ending->reach->nodes,
                                   .first = ending->first,
                                   .to = ending->to,
                                   .trees = ending->trees,
                                   .is_unknown = ending->reach->is_unknown},
            &ending->sets, ending->found);
}

/* What is written behind a relation: its own tree is not, unless something behind it does so. */
static uint32_t written_behind(struct ending *ending, uint32_t node)
{
    catalog_sets_begin(&ending->sets);
    if (ending->reach->is_unknown[node] != 0) {
        return CATALOG_SET_UNKNOWN;
    }
    for (uint32_t i = ending->first[node]; i < ending->first[node + 1]; i++) {
        catalog_sets_add_set(&ending->sets, ending->found[ending->to[i]]);
    }
    return catalog_sets_end(&ending->sets);
}

static enum sl_err find_writes(
        struct ending *ending, const uint32_t *trees, struct catalog_reach_sets *sets)
{
    struct catalog_reach *reach = ending->reach;

    for (uint32_t i = 0; i < reach->of.relations_count; i++) {
        ending->trees[node_written(reach, i)] = has_rows(reach, i) ? trees[i] : 0;
    }
    enum sl_err err = close_graph(ending);
    if (err != SL_OK) {
        return err;
    }
    memcpy(sets->functions, ending->found, reach->of.functions_count * sizeof *sets->functions);
    sets->anyway = ending->found[node_fixed(reach, NODE_ANYWAY)];
    sets->by_ddl = ending->found[node_fixed(reach, NODE_DDL)];
    for (uint32_t i = 0; i < reach->of.relations_count; i++) {
        sets->writes[i] = written_behind(ending, node_written(reach, i));
    }
    return ending->sets.err;
}

static enum sl_err find_reads(
        struct ending *ending, const uint32_t *trees, struct catalog_reach_sets *sets)
{
    struct catalog_reach *reach = ending->reach;

    for (uint32_t i = 0; i < reach->of.relations_count; i++) {
        ending->trees[node_read(reach, i)] = has_rows(reach, i) ? trees[i] : 0;
    }
    enum sl_err err = close_graph(ending);
    for (uint32_t i = 0; i < reach->of.relations_count && err == SL_OK; i++) {
        sets->reads[i] = ending->found[node_read(reach, i)];
    }
    return err;
}

/* A view may read a view: until nothing changes. */
static void spread_facts(const struct catalog_reach *reach, uint32_t *facts)
{
    const struct edge *views = reach->views.items;
    bool has_spread = true;

    while (has_spread) {
        has_spread = false;
        for (uint32_t i = 0; i < reach->views.count; i++) {
            uint32_t all = facts[views[i].from] | facts[views[i].to];
            has_spread |= all != facts[views[i].from];
            facts[views[i].from] = all;
        }
    }
}

enum sl_err catalog_reach_end(struct catalog_reach *reach, const uint32_t *trees, uint32_t *facts,
        struct catalog_reach_sets *sets)
{
    struct ending ending = {.reach = reach};
    size_t relations = (size_t)reach->of.relations_count + 1;

    note_names(reach);
    spread_facts(reach, facts);
    enum sl_err err = reach->err != SL_OK ? reach->err : catalog_sets_init(&ending.sets);
    ending.first = calloc((size_t)reach->nodes + 2, sizeof *ending.first);
    ending.to = calloc((size_t)reach->edges.count + 1, sizeof *ending.to);
    ending.trees = calloc((size_t)reach->nodes + 1, sizeof *ending.trees);
    ending.found = calloc((size_t)reach->nodes + 1, sizeof *ending.found);
    sets->writes = calloc(relations, sizeof *sets->writes);
    sets->reads = calloc(relations, sizeof *sets->reads);
    sets->functions = calloc((size_t)reach->of.functions_count + 1, sizeof *sets->functions);
    bool is_there = ending.first != NULL && ending.to != NULL && ending.trees != NULL &&
                    ending.found != NULL && sets->writes != NULL && sets->reads != NULL &&
                    sets->functions != NULL;
    err = err == SL_OK && !is_there ? SL_ENOMEM : err;
    if (err == SL_OK) {
        put_in_order(reach, ending.first, ending.to);
        err = find_writes(&ending, trees, sets);
    }
    err = err == SL_OK ? find_reads(&ending, trees, sets) : err;
    sets->sets = ending.sets.sets;
    sets->trees = ending.sets.trees;
    ending.sets.sets.items = NULL;
    ending.sets.trees.items = NULL;
    catalog_sets_fini(&ending.sets);
    free(ending.first);
    free(ending.to);
    free(ending.trees);
    free(ending.found);
    return err;
}

void catalog_reach_sets_free(struct catalog_reach_sets *sets)
{
    free(sets->sets.items);
    free(sets->trees.items);
    free(sets->writes);
    free(sets->reads);
    free(sets->functions);
    *sets = (struct catalog_reach_sets){.writes = NULL};
}
