/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_hidden.c - functions, relations, names of relations, and what any statement may
 * run are the nodes of one graph, in that order; an edge says who uses whom.
 */
#include "protocol/catalog_hidden.h"

#include "protocol/base/check.h"
#include "protocol/catalog_order.h"
#include "protocol/catalog_reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PG_CATALOG_OID = 11,
    USER_OID = 16384,
    TARGETS_TEXT_MAX = CATALOG_TARGETS_MAX * 12,
    STATISTICS_VERSION = 140000
};

enum state { STATE_UNUSED, STATE_USES, STATE_FALLEN };

/* Behind the relations. */
enum { NODE_ANYWAY, NODE_DDL, NODES_FIXED };

struct edge {
    uint32_t from;
    uint32_t to;
};

struct catalog_hidden {
    struct catalog_hidden_of of;
    uint8_t *states; /* enum state, of nodes that are no functions */
    uint32_t *order; /* of relations that use anything: by name */
    uint32_t order_count;
    bool has_wide_name; /* one of theirs is not in ASCII */
    bool truncates;     /* the words have come in the body that is read */
    bool cascades;
    struct edge *edges;
    uint32_t edges_count;
    uint32_t edges_cap;
    enum sl_err err;
};

/* ---- what is asked ---- */

/*
 * Backslashes would depend on standard_conforming_strings. A function that is not volatile and built
 * in leaves nothing. What is asked for of operators is not: :opfuncid is that of the second query.
 * In PostgreSQL 12 triggers that a partition has of its parent are internal ones.
 */
/* Of too many, who uses this one is told yet ("b"); where these are too many, too, nothing is known. */
#define MANY_TARGETS                                                                               \
    "CASE WHEN count(*) FILTER (WHERE left(t.target, 1) = 'b') < 128 THEN concat_ws(' ', 'x', "    \
    "string_agg(t.target, ' ') FILTER (WHERE left(t.target, 1) = 'b')) ELSE 'y' END"

#define TARGETS_QUERY(f, r, distinct, of_class, is_view, is_policy, is_other, by)                  \
    "SELECT c.oid, (SELECT CASE WHEN count(*) > %u THEN " MANY_TARGETS " "                         \
    "ELSE coalesce(string_agg(t.target, ' '), '') END FROM ("                                      \
    "SELECT DISTINCT CASE WHEN f.oid IS NOT NULL THEN " f " || f.oid "                             \
    "WHEN m.oid = 'pg_settings'::regclass THEN 'x' ELSE " r " || m.oid END AS target FROM ("       \
    "SELECT " distinct "x[1] = 'relid' AS is_relation, x[2]::oid AS oid" of_class " FROM ("        \
    "SELECT concat(r.ev_action, ' ', r.ev_qual) AS tree" is_view " FROM pg_rewrite r "             \
    "WHERE r.ev_class = c.oid AND r.ev_enabled <> 'D' "                                            \
    "UNION ALL SELECT d.adbin::text" is_other " FROM pg_attrdef d WHERE d.adrelid = c.oid "        \
    "UNION ALL SELECT k.conbin::text" is_other " FROM pg_constraint k WHERE k.conrelid = c.oid "   \
    "AND k.conbin IS NOT NULL "                                                                    \
    "UNION ALL SELECT concat(i.indexprs, ' ', i.indpred)" is_other " FROM pg_index i "             \
    "WHERE i.indrelid = c.oid "                                                                    \
    "UNION ALL SELECT concat(p.polqual, ' ', p.polwithcheck)" is_policy " FROM pg_policy p "       \
    "WHERE p.polrelid = c.oid "                                                                    \
    "UNION ALL SELECT t.tgqual::text" is_other " FROM pg_trigger t WHERE t.tgrelid = c.oid "       \
    "AND t.tgenabled <> 'D' AND t.tgqual IS NOT NULL "                                             \
    "UNION ALL SELECT p.partexprs::text" is_other " FROM pg_partitioned_table p "                  \
    "WHERE p.partrelid = c.oid OR (c.relispartition AND "                                          \
    "p.partrelid IN (SELECT pg_partition_ancestors(c.oid)))%s) s, "                                \
    "regexp_matches(s.tree, ':(funcid|aggfnoid|winfnoid|relid) ([0-9]+)', 'g') x " by              \
    "UNION ALL SELECT false, t.tgfoid" is_other " FROM pg_trigger t WHERE t.tgrelid = c.oid "      \
    "AND t.tgenabled <> 'D' AND (NOT t.tgisinternal OR t.tgfoid >= %u)) m "                        \
    "LEFT JOIN pg_proc f ON NOT m.is_relation AND f.oid = m.oid "                                  \
    "WHERE CASE WHEN m.is_relation "                                                               \
    "THEN m.oid <> c.oid AND (m.oid >= %u OR m.oid = 'pg_settings'::regclass) "                    \
    "WHEN f.oid < %u THEN f.provolatile = 'v' ELSE f.prolang NOT IN (12, 13) OR "                  \
    "f.oid <> ALL (ARRAY(SELECT k.castfunc FROM pg_cast k WHERE k.oid >= %u)) END "                \
    "UNION SELECT 'b' || h.inhparent FROM pg_inherits h WHERE h.inhrelid = c.oid "                 \
    "UNION SELECT 'b' || k.confrelid FROM pg_constraint k WHERE k.conrelid = c.oid "               \
    "AND k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') "                                   \
    "OR k.confupdtype IN ('c', 'n', 'd'))) t) "                                                    \
    "FROM (SELECT o.oid, o.relispartition FROM pg_class o WHERE o.oid > %u::oid AND o.relkind "    \
    "IN "                                                                                          \
    "('r', 'p', 'v', 'm', 'f') AND o.relpersistence <> 't' ORDER BY o.oid LIMIT %u) c "            \
    "ORDER BY c.oid"

static const char targets_query[] = TARGETS_QUERY("'f'", "'r'", "DISTINCT ", "", "", "", "", "");

/* How it is used: 1 when the relation is read, 2 when it is written; a view's own rule, a policy, another. */
static const char exact_query[] = TARGETS_QUERY("CASE m.uses WHEN 2 THEN 'f' ELSE 'F' END",
        "CASE m.uses WHEN 3 THEN 'V' WHEN 1 THEN 'R' ELSE 'r' END", "", ", bit_or(s.uses) AS uses",
        ", CASE r.ev_type WHEN '1' THEN 3 ELSE 2 END AS uses", ", 1", ", 2", "GROUP BY 1, 2 ");

/* From PostgreSQL 14 on. */
static const char statistics_part[] =
        " UNION ALL SELECT e.stxexprs::text%s FROM pg_statistic_ext e WHERE e.stxrelid = c.oid "
        "AND e.stxexprs IS NOT NULL";

/* 12 and 13 are internal and C. */
static const char anyway_query[] =
        "SELECT f.oid, min(a.kind) FROM ("
        "SELECT o.oprcode::oid AS oid, '0' AS kind FROM pg_operator o WHERE o.oid >= %u "
        "UNION ALL SELECT k.castfunc, '0' FROM pg_cast k WHERE k.oid >= %u "
        "UNION ALL SELECT s.amproc::oid, '0' FROM pg_amproc s WHERE s.oid >= %u "
        "UNION ALL SELECT u.oid, '0' FROM pg_range r, "
        "unnest(ARRAY[r.rngcanonical::oid, r.rngsubdiff::oid]) u (oid) WHERE r.rngtypid >= %u "
        "UNION ALL SELECT x[2]::oid, '0' FROM ("
        "SELECT d.conbin::text AS tree FROM pg_constraint d WHERE d.contypid >= %u "
        "AND d.conbin IS NOT NULL "
        "UNION ALL SELECT y.typdefaultbin::text FROM pg_type y WHERE y.oid >= %u "
        "AND y.typdefaultbin IS NOT NULL) s, "
        "regexp_matches(s.tree, ':(funcid|aggfnoid|winfnoid) ([0-9]+)', 'g') x "
        "UNION ALL SELECT e.evtfoid, '1' FROM pg_event_trigger e WHERE e.evtenabled <> 'D') a "
        "JOIN pg_proc f ON f.oid = a.oid WHERE CASE WHEN f.oid < %u THEN f.provolatile = 'v' "
        "ELSE f.prolang NOT IN (12, 13) END AND f.oid > %u::oid "
        "GROUP BY f.oid ORDER BY f.oid LIMIT %u";

enum sl_err catalog_hidden_query(struct sl_buf *query, const struct catalog_hidden_page *page)
{
    unsigned user = USER_OID;
    char part[sizeof statistics_part + 8] = "";

    if (page->server_version >= STATISTICS_VERSION) {
        snprintf(part, sizeof part, statistics_part, page->is_exact ? ", 2" : "");
    }
    return sl_buf_printf(query, page->is_exact ? exact_query : targets_query,
            (unsigned)CATALOG_TARGETS_MAX, part, user, user, user, user,
            page->above < user ? user - 1 : page->above, page->rows);
}

enum sl_err catalog_hidden_anyway_query(struct sl_buf *query, uint32_t above, uint32_t rows)
{
    unsigned user = USER_OID;

    return sl_buf_printf(
            query, anyway_query, user, user, user, user, user, user, user, above, rows);
}

/* ---- the graph ---- */

struct catalog_hidden *catalog_hidden_new(const struct catalog_hidden_of *of)
{
    struct catalog_hidden *hidden = calloc(1, sizeof *hidden);
    size_t nodes = 2 * (size_t)of->relations_count + NODES_FIXED;
    uint8_t *states = calloc(nodes, sizeof *states);

    if (hidden == NULL || states == NULL) {
        free(hidden);
        free(states);
        return NULL;
    }
    hidden->of = *of;
    hidden->states = states;
    return hidden;
}

void catalog_hidden_free(struct catalog_hidden *hidden)
{
    if (hidden != NULL) {
        free(hidden->states);
        free(hidden->order);
        free(hidden->edges);
        free(hidden);
    }
}

static uint32_t node_of_relation(const struct catalog_hidden *hidden, uint32_t relation)
{
    return hidden->of.functions_count + relation;
}

static uint32_t node_fixed(const struct catalog_hidden *hidden, uint32_t which)
{
    return node_of_relation(hidden, hidden->of.relations_count) + which;
}

/* The first of its name in the order stands for it. */
static uint32_t node_of_name(const struct catalog_hidden *hidden, uint32_t place)
{
    return node_fixed(hidden, NODES_FIXED) + place;
}

static bool is_function(const struct catalog_hidden *hidden, uint32_t node)
{
    return node < hidden->of.functions_count;
}

static uint8_t *state_of(struct catalog_hidden *hidden, uint32_t node)
{
    SL_DCHECK(!is_function(hidden, node));
    return &hidden->states[node - hidden->of.functions_count];
}

/* At the bound and without memory there is none. */
static bool note(struct catalog_hidden *hidden, uint32_t from, uint32_t to)
{
    if (hidden->edges_count == hidden->edges_cap) {
        uint32_t cap = hidden->edges_cap == 0 ? 64 : 2 * hidden->edges_cap;
        if (cap > CATALOG_EDGES_MAX) {
            return false;
        }
        struct edge *edges = realloc(hidden->edges, cap * sizeof *edges);
        if (edges == NULL) {
            hidden->err = SL_ENOMEM;
            return false;
        }
        hidden->edges = edges;
        hidden->edges_cap = cap;
    }
    hidden->edges[hidden->edges_count++] = (struct edge){from, to};
    return true;
}

/* Of what is no function; where it cannot be kept, it is as if the other had fallen. */
static void uses(struct catalog_hidden *hidden, uint32_t from, uint32_t to)
{
    uint8_t *state = state_of(hidden, from);

    if (*state != STATE_FALLEN) {
        *state = note(hidden, from, to) ? STATE_USES : STATE_FALLEN;
    }
}

static bool find_relation(const struct catalog_hidden *hidden, uint32_t oid, uint32_t *at)
{
    return catalog_find_oid(hidden->of.relations, sizeof *hidden->of.relations,
            hidden->of.relations_count, oid, at);
}

/* Built-in ones that nothing but a trigger can call. */
static bool is_trigger(const char *name)
{
    static const char *const names[] = {"suppress_redundant_updates_trigger",
            "tsvector_update_trigger", "tsvector_update_trigger_column"};

    for (size_t i = 0; i < SL_COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void uses_function(struct catalog_hidden *hidden, uint32_t node, uint32_t oid)
{
    uint32_t at = 0;

    if (!catalog_find_oid(
                hidden->of.functions_oids, sizeof oid, hidden->of.functions_count, oid, &at)) {
        *state_of(hidden, node) = STATE_FALLEN;
        return;
    }
    const struct catalog_function *function = &hidden->of.functions[at];
    if (hidden->of.schemas[function->schema].oid != PG_CATALOG_OID) {
        uses(hidden, node, at);
    } else if (!function->is_harmless && !is_trigger(hidden->of.names + function->name)) {
        *state_of(hidden, node) = STATE_FALLEN;
    }
}

static void uses_relation(struct catalog_hidden *hidden, uint32_t node, uint32_t oid)
{
    uint32_t at = 0;

    if (find_relation(hidden, oid, &at)) {
        uses(hidden, node, node_of_relation(hidden, at));
    } else {
        *state_of(hidden, node) = STATE_FALLEN;
    }
}

/* ---- rows ---- */

static void tell_reach(struct catalog_hidden *hidden, uint32_t relation, char letter, uint32_t oid)
{
    if (hidden->of.reach != NULL) {
        catalog_reach_target(hidden->of.reach, relation, letter, oid);
    }
}

/* One target: a letter, and for most an OID. False: it is none. */
static bool take_target(struct catalog_hidden *hidden, uint32_t relation, struct sl_span target)
{
    uint32_t node = node_of_relation(hidden, relation);
    uint32_t oid = 0;
    uint32_t at = 0;

    if (target.len == 1 && (target.at[0] == 'x' || target.at[0] == 'y')) {
        *state_of(hidden, node) = STATE_FALLEN;
        if (target.at[0] == 'y') {
            *state_of(hidden, node_fixed(hidden, NODE_ANYWAY)) = STATE_FALLEN;
        }
        tell_reach(hidden, relation, (char)target.at[0], 0);
        return true;
    }
    if (target.len < 2 || !catalog_row_read_number(sl_span(target.at + 1, target.len - 1), &oid)) {
        return false;
    }
    tell_reach(hidden, relation, (char)target.at[0], oid);
    switch (target.at[0]) {
    case 'f':
    case 'F':
        uses_function(hidden, node, oid);
        return true;
    case 'r':
    case 'R':
    case 'V':
        uses_relation(hidden, node, oid);
        return true;
    case 'b': /* the other way round */
        if (find_relation(hidden, oid, &at)) {
            uses(hidden, node_of_relation(hidden, at), node);
        }
        return true;
    default:
        return false;
    }
}

enum sl_err catalog_hidden_row(
        struct catalog_hidden *hidden, struct catalog_row *row, uint32_t *last)
{
    uint32_t at = 0;
    uint32_t oid = catalog_row_key(row, last);
    struct sl_span targets = catalog_row_text(row, 1, TARGETS_TEXT_MAX);

    if (row->is_bad) {
        return SL_EPROTO;
    }
    if (!find_relation(hidden, oid, &at)) {
        return SL_OK; /* made since they were read, or of a schema that is left out */
    }
    while (targets.len > 0) {
        const uint8_t *end = memchr(targets.at, ' ', targets.len);
        size_t len = end == NULL ? targets.len : (size_t)(end - targets.at);
        if (!take_target(hidden, at, sl_span(targets.at, len))) {
            return SL_EPROTO;
        }
        len += end != NULL;
        targets = sl_span(targets.at + len, targets.len - len);
    }
    return hidden->err;
}

enum sl_err catalog_hidden_anyway_row(
        struct catalog_hidden *hidden, struct catalog_row *row, uint32_t *last)
{
    uint32_t oid = catalog_row_key(row, last);
    bool is_ddl = catalog_row_char(row, 1, "01") == '1';

    if (row->is_bad) {
        return SL_EPROTO;
    }
    uses_function(hidden, node_fixed(hidden, is_ddl ? NODE_DDL : NODE_ANYWAY), oid);
    if (hidden->of.reach != NULL) {
        catalog_reach_anyway(hidden->of.reach, oid, is_ddl);
    }
    return hidden->err;
}

/* ---- names in bodies ---- */

static const char *name_at(const struct catalog_hidden *hidden, uint32_t place)
{
    return hidden->of.names + hidden->of.relations[hidden->order[place]].name;
}

static int compare(const void *left, const void *right, void *self)
{
    const struct catalog_hidden_of *of = self;
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return strcmp(of->names + of->relations[a].name, of->names + of->relations[b].name);
}

bool catalog_hidden_is_wide(struct sl_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

enum sl_err catalog_hidden_begin_names(struct catalog_hidden *hidden)
{
    uint32_t first = 0;

    hidden->has_wide_name = !hidden->of.is_utf8;
    hidden->order = calloc((size_t)hidden->of.relations_count + 1, sizeof *hidden->order);
    if (hidden->order == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < hidden->of.relations_count; i++) {
        if (hidden->states[i] != STATE_UNUSED) {
            hidden->order[hidden->order_count++] = i;
        }
    }
    if (hidden->order_count > 0) {
        qsort_r(hidden->order, hidden->order_count, sizeof *hidden->order, compare, &hidden->of);
    }
    for (uint32_t i = 0; i < hidden->order_count; i++) {
        const char *name = name_at(hidden, i);
        first = strcmp(name_at(hidden, first), name) == 0 ? first : i;
        hidden->has_wide_name |= catalog_hidden_is_wide(sl_span_text(name));
        uses(hidden, node_of_name(hidden, first), node_of_relation(hidden, hidden->order[i]));
    }
    return hidden->err;
}

static int compare_name(const char *name, struct sl_span other)
{
    int order = strncmp(name, (const char *)other.at, other.len);

    return order != 0 ? order : name[other.len] != '\0';
}

/* Whether it was mentioned by the same function before; those are the last edges. */
static bool is_noted(const struct catalog_hidden *hidden, uint32_t from, uint32_t to)
{
    for (uint32_t i = hidden->edges_count; i > 0 && hidden->edges[i - 1].from == from; i--) {
        if (hidden->edges[i - 1].to == to) {
            return true;
        }
    }
    return false;
}

/* What a word says of relations that are not named. False: that may be any. */
static bool take_word(struct catalog_hidden *hidden, uint32_t function, struct sl_span word)
{
    static const char *const any[] = {"analyze", "analyse", "vacuum", "reindex"};

    hidden->truncates |= sl_span_is(word, "truncate");
    hidden->cascades |= sl_span_is(word, "cascade");
    for (size_t i = 0; i < SL_COUNT(any) && hidden->order_count > 0; i++) {
        if (sl_span_is(word, any[i])) {
            return false;
        }
    }
    if (hidden->order_count > 0 && hidden->truncates && hidden->cascades) {
        return false;
    }
    if (sl_span_is(word, "refresh") || sl_span_is(word, "reindex")) { /* event triggers */
        return note(hidden, function, node_fixed(hidden, NODE_DDL));
    }
    return true;
}

bool catalog_hidden_mention(
        struct catalog_hidden *hidden, uint32_t function, struct sl_span name, bool is_quoted)
{
    uint32_t from = 0;
    uint32_t to = hidden->order_count;

    if (hidden->has_wide_name && !is_quoted && catalog_hidden_is_wide(name)) {
        return false; /* in lower case it may be another */
    }
    if (!is_quoted && !take_word(hidden, function, name)) {
        return false;
    }
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (compare_name(name_at(hidden, middle), name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    if (from == hidden->order_count || compare_name(name_at(hidden, from), name) != 0) {
        return true;
    }
    uint32_t node = node_of_name(hidden, from);
    return is_noted(hidden, function, node) || note(hidden, function, node);
}

enum sl_err catalog_hidden_error(const struct catalog_hidden *hidden)
{
    return hidden->err;
}

uint32_t catalog_hidden_begin_body(struct catalog_hidden *hidden)
{
    hidden->truncates = false;
    hidden->cascades = false;
    return hidden->edges_count;
}

void catalog_hidden_forget(struct catalog_hidden *hidden, uint32_t mark)
{
    SL_CHECK(mark <= hidden->edges_count);
    hidden->edges_count = mark;
}

/* ---- all of them ---- */

bool catalog_hidden_fall(struct catalog_hidden *hidden, bool *stands, bool is_last)
{
    bool has_fallen = false;

    for (uint32_t i = 0; i < hidden->edges_count; i++) {
        uint32_t from = hidden->edges[i].from;
        uint32_t to = hidden->edges[i].to;
        bool is_up =
                is_function(hidden, from) ? stands[from] : *state_of(hidden, from) != STATE_FALLEN;
        bool is_held = is_function(hidden, to) ? stands[to] : *state_of(hidden, to) != STATE_FALLEN;
        if (!is_up || (is_held && !is_last)) {
            continue;
        }
        has_fallen = true;
        if (is_function(hidden, from)) {
            stands[from] = false;
            hidden->of.functions[from].is_harmless = false;
        } else {
            *state_of(hidden, from) = STATE_FALLEN;
        }
    }
    return has_fallen;
}

void catalog_hidden_end(struct catalog_hidden *hidden)
{
    for (uint32_t i = 0; i < hidden->of.relations_count; i++) {
        hidden->of.relations[i].leaves = hidden->states[i] == STATE_FALLEN;
    }
}

bool catalog_hidden_leaves_anyway(const struct catalog_hidden *hidden)
{
    return hidden->states[hidden->of.relations_count + NODE_ANYWAY] == STATE_FALLEN;
}

bool catalog_hidden_leaves_by_ddl(const struct catalog_hidden *hidden)
{
    return hidden->states[hidden->of.relations_count + NODE_DDL] == STATE_FALLEN;
}
