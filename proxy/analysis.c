/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/analysis.c - rows become shapes, shapes groups, and groups are added up.
 *
 * A shape has a row for each database, user and node; here these are one. Plans are held while
 * their texts are looked at, and let go before the analysis is shown.
 */
#include "proxy/analysis.h"

#include "optimizer/drift.h"
#include "optimizer/shape_top.h"
#include "protocol/sql_facts.h"
#include "proxy/console_shapes.h"
#include "proxy/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_ROWS = 256, TABLES_SEEN = 64, TABLE_NAME_MAX = 130 };

/* One shape, of all its rows. */
struct member {
    const struct plan *plan;
    uint64_t calls;
    uint64_t usec;
    uint64_t max_usec;
};

struct making {
    const struct analysis_options *options;
    struct shape_top top;
    struct member *members; /* as shapes */
    struct workload_shape *shapes;
    uint32_t count;
    uint32_t unread;
    struct sl_arena terms;
    struct workload workload;
    struct analysis *analysis;
};

static bool is_cancelled(const struct making *making)
{
    const struct analysis_options *options = making->options;

    return options->is_cancelled != NULL && options->is_cancelled(options->arg);
}

/* ---- rows ---- */

static int by_shape(const void *a, const void *b)
{
    const struct shape_key *one = &((const struct shape_row *)a)->key;
    const struct shape_key *two = &((const struct shape_row *)b)->key;

    if (one->shape.hi != two->shape.hi) {
        return one->shape.hi < two->shape.hi ? -1 : 1;
    }
    return one->shape.lo < two->shape.lo ? -1 : one->shape.lo > two->shape.lo ? 1 : 0;
}

static enum sl_err read_rows(struct making *making, struct shape_store *store)
{
    enum sl_err err = shape_top_init(
            &making->top, store, SHAPE_BY_HOUR, ANALYSIS_SHAPES_MAX, making->options->now);

    if (err != SL_OK) {
        return err;
    }
    shape_top_by_hour(&making->top);
    while (!shape_top_step(&making->top, STEP_ROWS)) {
        if (is_cancelled(making)) {
            return SL_ETIMEOUT;
        }
    }
    qsort(making->top.rows, making->top.count, sizeof *making->top.rows, by_shape);
    return SL_OK;
}

/* The table a column is of, by its own name, whatever its alias. */
static const char *table_of(const struct sql_facts *facts, const struct sql_column *column)
{
    return column->table == SQL_NONE ? ""
                                     : sql_facts_name(facts, facts->tables[column->table].name);
}

/* Its table.column terms; fewer when there is no room for them. */
static void find_columns(
        struct making *making, const struct plan *plan, struct terms_source *source)
{
    const struct sql_facts *facts = plan->facts;
    uint32_t most = facts == NULL ? 0 : facts->columns_count;

    most = most < TERMS_COLUMNS_MAX ? most : TERMS_COLUMNS_MAX;
    struct sl_span *spans = most == 0 ? NULL : sl_arena_take(&making->terms, most * sizeof *spans);
    source->columns = spans;
    for (uint32_t i = 0; spans != NULL && i < most; i++) {
        const char *table = table_of(facts, &facts->columns[i]);
        const char *name = sql_facts_name(facts, facts->columns[i].name);
        if (table[0] == '\0' || name[0] == '\0') {
            continue;
        }
        const char *term = sl_arena_printf(&making->terms, "%s.%s", table, name);
        if (term == NULL) {
            break;
        }
        spans[source->columns_count++] = sl_span_text(term);
    }
}

/* The next shape, of all rows from *at on that have it. */
static void add_shape(struct making *making, uint32_t *at)
{
    const struct shape_row *rows = making->top.rows;
    const struct shape_row *first = &rows[*at];
    struct member member = {.plan = plans_find(first->key.shape)};

    for (; *at < making->top.count && by_shape(first, &rows[*at]) == 0; (*at)++) {
        const struct shape_time *hour = &rows[*at].hour;
        member.calls += hour->count;
        member.usec += hour->sum;
        member.max_usec = hour->max > member.max_usec ? hour->max : member.max_usec;
    }
    if (member.plan == NULL) {
        making->unread++;
        return;
    }
    struct workload_shape *shape = &making->shapes[making->count];
    shape->source.text = sl_span(member.plan->text, member.plan->text_len);
    shape->weight = (double)member.usec;
    find_columns(making, member.plan, &shape->source);
    making->members[making->count++] = member;
}

static enum sl_err find_shapes(struct making *making)
{
    uint32_t most = making->top.count + 1; /* never of no bytes */

    making->members = calloc(most, sizeof *making->members);
    making->shapes = calloc(most, sizeof *making->shapes);
    if (making->members == NULL || making->shapes == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t at = 0; at < making->top.count;) {
        add_shape(making, &at);
    }
    shape_top_fini(&making->top);
    return SL_OK;
}

/* ---- groups ---- */

struct seen_table {
    const struct sql_facts *facts; /* whose names these are */
    const struct sql_table *table;
    uint64_t usec;
};

static bool is_same_table(
        const struct seen_table *seen, const struct sql_facts *facts, const struct sql_table *table)
{
    return strcmp(sql_facts_name(seen->facts, seen->table->name),
                   sql_facts_name(facts, table->name)) == 0 &&
           strcmp(sql_facts_name(seen->facts, seen->table->schema),
                   sql_facts_name(facts, table->schema)) == 0;
}

static void see_tables(struct seen_table seen[static TABLES_SEEN], const struct member *member)
{
    const struct sql_facts *facts = member->plan->facts;

    for (uint16_t t = 0; facts != NULL && t < facts->tables_count; t++) {
        const struct sql_table *table = &facts->tables[t];
        unsigned i = 0;
        while (i < TABLES_SEEN && seen[i].table != NULL && !is_same_table(&seen[i], facts, table)) {
            i++;
        }
        if (i < TABLES_SEEN) {
            seen[i].facts = facts;
            seen[i].table = table;
            seen[i].usec += member->usec + 1; /* also when it took no time at all */
        }
    }
}

static int dearest_first(const void *a, const void *b)
{
    const struct seen_table *one = a;
    const struct seen_table *two = b;

    return one->usec < two->usec ? 1 : one->usec > two->usec ? -1 : 0;
}

static const char *name_tables(struct making *making, uint32_t group)
{
    struct seen_table seen[TABLES_SEEN] = {0};
    char text[ANALYSIS_TABLES_MAX * (TABLE_NAME_MAX + 2) + 8] = "";
    size_t len = 0;

    for (uint32_t i = 0; i < making->count; i++) {
        if (making->workload.members[i] == group) {
            see_tables(seen, &making->members[i]);
        }
    }
    qsort(seen, TABLES_SEEN, sizeof seen[0], dearest_first);
    for (unsigned i = 0; i < ANALYSIS_TABLES_MAX && seen[i].table != NULL; i++) {
        const char *schema = sql_facts_name(seen[i].facts, seen[i].table->schema);
        const char *name = sql_facts_name(seen[i].facts, seen[i].table->name);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.64s%s%.64s", i > 0 ? ", " : "",
                schema, schema[0] != '\0' ? "." : "", name);
    }
    if (seen[ANALYSIS_TABLES_MAX].table != NULL) {
        snprintf(text + len, sizeof text - len, " ...");
    }
    return sl_arena_text(&making->analysis->arena, sl_span_text(text));
}

static enum sl_err represent(
        struct making *making, struct analysis_group *to, const struct plan *plan)
{
    size_t len = console_plan_cut(plan, ANALYSIS_TEXT_MAX);

    to->shape = plan->key;
    to->text = sl_arena_printf(&making->analysis->arena, "%.*s%s", (int)len, plan->text,
            len < plan->text_len ? " ..." : "");
    return to->text == NULL ? SL_ENOMEM : SL_OK;
}

/* group: WORKLOAD_NO_GROUP for those that are like none. */
static enum sl_err add_up(struct making *making, uint32_t group, struct analysis_group *to)
{
    const struct member *dearest = NULL;

    for (uint32_t i = 0; i < making->count; i++) {
        const struct member *member = &making->members[i];
        if (making->workload.members[i] != group) {
            continue;
        }
        to->shapes++;
        to->calls += member->calls;
        to->usec += member->usec;
        to->max_usec = member->max_usec > to->max_usec ? member->max_usec : to->max_usec;
        if (dearest == NULL || member->usec > dearest->usec) {
            dearest = member;
        }
    }
    SL_CHECK(dearest != NULL); /* no group is empty */
    to->tables = name_tables(making, group);
    if (to->tables == NULL) {
        return SL_ENOMEM;
    }
    if (group == WORKLOAD_NO_GROUP) {
        to->share = making->workload.noise_share;
        return represent(making, to, dearest->plan);
    }
    const struct workload_group *from = &making->workload.groups[group];
    to->share = from->share;
    to->name = sl_arena_text(&making->analysis->arena, sl_span_text(from->name));
    if (to->name == NULL) {
        return SL_ENOMEM;
    }
    return represent(making, to, making->members[from->representative].plan);
}

static enum sl_err make_groups(struct making *making)
{
    struct analysis *analysis = making->analysis;
    const struct workload *workload = &making->workload;

    analysis->groups_count = workload->groups_count;
    analysis->rows_count = workload->groups_count + (workload->noise_count > 0 ? 1 : 0);
    if (analysis->rows_count == 0) {
        return SL_OK;
    }
    struct analysis_group *groups =
            sl_arena_take(&analysis->arena, analysis->rows_count * sizeof *groups);
    if (groups == NULL) {
        return SL_ENOMEM;
    }
    analysis->groups = groups;
    for (uint32_t i = 0; i < analysis->rows_count; i++) {
        bool is_named = i < workload->groups_count;
        enum sl_err err = add_up(making, is_named ? i : WORKLOAD_NO_GROUP, &groups[i]);
        if (err != SL_OK) {
            return err;
        }
        analysis->calls += groups[i].calls;
        analysis->usec += groups[i].usec;
    }
    return SL_OK;
}

static enum sl_err compare(struct making *making)
{
    struct analysis *analysis = making->analysis;
    const struct workload *then = making->options->then;

    analysis->drift = -1;
    if (then == NULL || then->count == 0 || making->count == 0) {
        return SL_OK;
    }
    analysis->drift_since = making->options->then_at;
    return drift_score(then, making->shapes, making->count, &analysis->drift);
}

/* ---- all of it ---- */

static enum sl_err make(struct making *making, struct shape_store *store)
{
    struct workload_options options = {
            .seed = 1, .is_cancelled = making->options->is_cancelled, .arg = making->options->arg};
    enum sl_err err = read_rows(making, store);

    if (err == SL_OK) {
        err = find_shapes(making);
    }
    if (err == SL_OK) {
        err = workload_analyse(&making->workload, making->shapes, making->count, &options);
    }
    if (err == SL_OK) {
        making->analysis->shapes = making->count;
        making->analysis->unread = making->unread;
        making->analysis->method = making->workload.method;
        making->analysis->silhouette = making->workload.silhouette;
        err = make_groups(making);
    }
    return err == SL_OK ? compare(making) : err;
}

enum sl_err analysis_new(struct shape_store *store, const struct analysis_options *options,
        const struct analysis **made, struct workload *workload)
{
    struct making making = {.options = options};
    sl_usec began_at = sl_now();

    making.analysis = calloc(1, sizeof *making.analysis);
    if (making.analysis == NULL) {
        return SL_ENOMEM;
    }
    atomic_init(&making.analysis->refs, 1);
    sl_arena_init(&making.analysis->arena, ANALYSIS_KEPT_MAX);
    sl_arena_init(&making.terms, ANALYSIS_TERMS_MAX);
    enum sl_err err = make(&making, store);
    for (uint32_t i = 0; i < making.count; i++) {
        plan_unref(making.members[i].plan);
    }
    shape_top_fini(&making.top);
    sl_arena_fini(&making.terms);
    free(making.members);
    free(making.shapes);
    if (err != SL_OK) {
        workload_fini(&making.workload);
        analysis_unref(making.analysis);
        return err;
    }
    making.analysis->made_at = options->now;
    sl_usec from = window_from(options->now);
    making.analysis->from = from > options->since ? from : options->since;
    making.analysis->took_usec = sl_now() - began_at;
    *made = making.analysis;
    *workload = making.workload;
    return SL_OK;
}

/* The count is what may change in it. */
static struct analysis *counted(const struct analysis *analysis)
{
    union {
        const struct analysis *lent;
        struct analysis *own;
    } it = {.lent = analysis};

    return it.own;
}

const struct analysis *analysis_ref(const struct analysis *analysis)
{
    atomic_fetch_add_explicit(&counted(analysis)->refs, 1, memory_order_relaxed);
    return analysis;
}

void analysis_unref(const struct analysis *analysis)
{
    struct analysis *own = counted(analysis);

    if (own != NULL && atomic_fetch_sub_explicit(&own->refs, 1, memory_order_acq_rel) == 1) {
        sl_arena_fini(&own->arena);
        free(own);
    }
}

const char *analysis_method_text(enum workload_method method)
{
    switch (method) {
    case WORKLOAD_KMEANS:
        return "k-means";
    case WORKLOAD_DBSCAN:
        return "DBSCAN";
    case WORKLOAD_ONE:
        break;
    }
    return "one";
}
