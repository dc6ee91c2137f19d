/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_shapes.c - CACHE_SHAPES: statements, whether their answers are kept, and why not;
 * CACHE_TABLES: the tables that answers are of, and how it is known of writes to them.
 */
#include "conf/conf.h"
#include "proxy/caching.h"
#include "proxy/caching_policy.h"
#include "proxy/console_cache.h"
#include "proxy/console_cache_gather.h"
#include "proxy/console_shapes.h"
#include "proxy/console_show.h"
#include "proxy/process.h"
#include "proxy/worker.h"

#include <stdlib.h>

enum { TABLES_MAX = 4096 };

/* on_worker() of both; put: of what was gathered, behind all. */
static bool show(struct view_visit *visit, const struct worker *worker,
        void (*put)(struct view_visit *visit, struct gather *gather, sl_usec now))
{
    if (caching_cache() == NULL) {
        return true;
    }
    if (visit->state == NULL) {
        visit->state = gather_new();
        visit->out->is_full = visit->state == NULL;
    }
    struct gather *gather = visit->state;
    uint32_t cursor = visit->cursor >> 1; /* the lowest bit: this worker is done */
    if (gather == NULL) {
        return true;
    }
    if ((visit->cursor & 1) == 0) {
        bool is_done = gather_worker(gather, worker, &cursor);
        visit->cursor = cursor << 1 | is_done;
        return is_done && worker->index + 1 < process_workers();
    }
    if (!gather_store(gather)) {
        return false;
    }
    put(visit, gather, worker->now);
    return true;
}

static void end_show(struct view_visit *visit)
{
    gather_free(visit->state);
    visit->state = NULL;
}

/* ---- SHAPES ---- */

static const struct reply_column shape_columns[] = {{"id", REPLY_TEXT}, {"database", REPLY_TEXT},
        {"verdict", REPLY_TEXT}, {"policy", REPLY_TEXT}, {"reason", REPLY_TEXT},
        {"what", REPLY_TEXT}, {"class", REPLY_TEXT}, {"entries", REPLY_INT8}, {"bytes", REPLY_INT8},
        {"hits", REPLY_INT8}, {"saved_us", REPLY_INT8}, {"misses", REPLY_INT8},
        {"fills", REPLY_INT8}, {"last_miss", REPLY_TEXT}, {"last_miss_ms", REPLY_INT8},
        {"cost_us", REPLY_INT8}, {"query", REPLY_TEXT}, {"pinned", REPLY_TEXT}};

static int most_first(const void *a, const void *b)
{
    const struct gather_record *one = a;
    const struct gather_record *other = b;

    if (one->saved_usec != other->saved_usec) {
        return one->saved_usec < other->saved_usec ? 1 : -1;
    }
    return one->shape.misses < other->shape.misses   ? 1
           : one->shape.misses > other->shape.misses ? -1
                                                     : 0;
}

static const char *verdict_of(const struct cache_shape *shape)
{
    const struct cache_verdict *verdict = &shape->verdict;

    if (verdict->policy != NULL && verdict->policy->reason != POLICY_KEPT) {
        return "refused";
    }
    if (verdict->is_off) {
        return "off";
    }
    if (verdict->policy != NULL && !verdict->is_covered) {
        return "uncovered";
    }
    return shape->cold_until != 0 ? "cold" : "kept";
}

static const char *class_of(const struct gather_record *record)
{
    const struct policy *policy = record->shape.verdict.policy;

    if (record->entries > 0) {
        return console_cache_class(record->points > 0 ? ENTRY_POINT
                                   : record->sets > 0 ? ENTRY_ROWS
                                                      : ENTRY_TABLE);
    }
    if (policy == NULL || policy->reason != POLICY_KEPT) {
        return NULL;
    }
    return console_cache_class(policy->point.tree != 0      ? ENTRY_POINT
                               : policy->rows.set.tree != 0 ? ENTRY_ROWS
                                                            : ENTRY_TABLE);
}

/* What the configuration says; NULL: nothing. */
static void add_said(struct view_row *row, struct conf_policy said)
{
    char text[32];

    if (caching_policy_text(&said, text, sizeof text)[0] == '\0') {
        view_add_text(row, NULL);
    } else {
        view_add_copy(row, text);
    }
}

static void put_shape(struct view_visit *visit, const struct gather_record *record, sl_usec now)
{
    const struct cache_shape *shape = &record->shape;
    const struct policy *policy = shape->verdict.policy;
    struct view_row row;

    view_row_begin(&row);
    console_add_shape(&row, shape->shape);
    view_add_text(&row, console_cache_database(shape->verdict.database));
    view_add_text(&row, verdict_of(shape));
    add_said(&row,
            (struct conf_policy){.cache = !shape->verdict.is_off, .ttl_usec = shape->verdict.ttl});
    view_add_text(&row, policy == NULL ? NULL : policy_reason_name(policy->reason));
    view_add_text(&row, policy == NULL || policy->what[0] == '\0' ? NULL : policy->what);
    view_add_text(&row, class_of(record));
    view_add_uint(&row, record->entries);
    view_add_uint(&row, record->bytes);
    view_add_uint(&row, record->hits);
    view_add_uint(&row, record->saved_usec);
    view_add_uint(&row, shape->misses);
    view_add_uint(&row, shape->fills);
    if (shape->last_at == 0) {
        view_add_text(&row, NULL);
        view_add_text(&row, NULL);
    } else {
        view_add_text(&row, cache_unkept_name((enum cache_unkept)shape->unkept));
        view_add_int(&row, (now - shape->last_at) / SL_MSEC);
    }
    view_add_uint(&row, shape->cost_usec);
    console_cache_add_query(&row, shape->shape);
    view_add_text(&row, holds_has(cache_holds(caching_cache()), shape->shape.hi) ? "pinned" : NULL);
    view_put(visit, &row);
}

static void put_shapes(struct view_visit *visit, struct gather *gather, sl_usec now)
{
    uint32_t count = 0;
    struct gather_record *records = gather_records(gather, &count);
    unsigned limit = console_cache_limit(visit);

    qsort(records, count, sizeof *records, most_first);
    for (uint32_t i = 0; i < count && i < limit; i++) {
        put_shape(visit, &records[i], now);
    }
}

static bool show_shapes(struct view_visit *visit, void *arg)
{
    return console_cache_limit(visit) == 0 || show(visit, arg, put_shapes);
}

/* ---- TABLES ---- */

static const struct reply_column table_columns[] = {{"database", REPLY_TEXT}, {"table", REPLY_TEXT},
        {"coverage", REPLY_TEXT}, {"policy", REPLY_TEXT}, {"shapes", REPLY_INT8},
        {"entries", REPLY_INT8}, {"points", REPLY_INT8}, {"row_sets", REPLY_INT8},
        {"bytes", REPLY_INT8}, {"hits", REPLY_INT8}, {"saved_us", REPLY_INT8},
        {"misses", REPLY_INT8}, {"fills", REPLY_INT8}};

struct table {
    uint64_t database;
    uint32_t tree;
    uint32_t shapes;
    struct gather_record sum;
};

struct tables {
    uint32_t count;
    struct table at[TABLES_MAX];
};

static struct table *table_of(struct tables *tables, uint64_t database, uint32_t tree)
{
    for (uint32_t i = 0; i < tables->count; i++) {
        if (tables->at[i].tree == tree && tables->at[i].database == database) {
            return &tables->at[i];
        }
    }
    if (tables->count == TABLES_MAX) {
        return NULL;
    }
    struct table *table = &tables->at[tables->count++];
    *table = (struct table){.database = database, .tree = tree};
    return table;
}

static void add_record(struct table *table, const struct gather_record *record)
{
    table->shapes++;
    table->sum.entries += record->entries;
    table->sum.points += record->points;
    table->sum.sets += record->sets;
    table->sum.bytes += record->bytes;
    table->sum.hits += record->hits;
    table->sum.saved_usec += record->saved_usec;
    table->sum.shape.misses += record->shape.misses;
    table->sum.shape.fills += record->shape.fills;
}

static void add_tables(struct tables *tables, const struct gather_record *record)
{
    const struct cache_verdict *verdict = &record->shape.verdict;

    if (verdict->policy == NULL || verdict->policy->reason != POLICY_KEPT) {
        return;
    }
    for (uint32_t i = 0; i < verdict->policy->reads.count; i++) {
        struct table *table = table_of(tables, verdict->database, verdict->policy->reads.trees[i]);
        if (table != NULL) {
            add_record(table, record);
        }
    }
}

static int by_saved(const void *a, const void *b)
{
    const struct table *one = a;
    const struct table *other = b;

    return most_first(&one->sum, &other->sum);
}

static void put_table(struct view_visit *visit, const struct table *table, const struct conf *conf)
{
    const struct catalog *catalog = console_cache_catalog(table->database);
    const char *database = console_cache_database(table->database);
    struct sl_buf name;
    struct view_row row;

    sl_buf_init(&name, VIEW_TEXT_MAX / 2);
    console_cache_put_tree(&name, catalog, table->tree);
    struct sl_span text = sl_buf_borrow(&name);
    view_row_begin(&row);
    view_add_text(&row, database);
    view_add_printf(&row, "%.*s", (int)text.len, (const char *)text.at);
    view_add_text(&row, caching_coverage_name(caching_coverage(conf, catalog, table->tree)));
    add_said(&row,
            caching_policy_of_table(conf, catalog, database == NULL ? "" : database, table->tree));
    view_add_uint(&row, table->shapes);
    view_add_uint(&row, table->sum.entries);
    view_add_uint(&row, table->sum.points);
    view_add_uint(&row, table->sum.sets);
    view_add_uint(&row, table->sum.bytes);
    view_add_uint(&row, table->sum.hits);
    view_add_uint(&row, table->sum.saved_usec);
    view_add_uint(&row, table->sum.shape.misses);
    view_add_uint(&row, table->sum.shape.fills);
    view_put(visit, &row);
    sl_buf_fini(&name);
    catalog_unref(catalog);
}

static void put_tables(struct view_visit *visit, struct gather *gather, sl_usec now)
{
    struct tables *tables = calloc(1, sizeof *tables);
    uint32_t count = 0;
    const struct gather_record *records = gather_records(gather, &count);

    (void)now;
    if (tables == NULL) {
        visit->out->is_full = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        add_tables(tables, &records[i]);
    }
    qsort(tables->at, tables->count, sizeof tables->at[0], by_saved);
    const struct conf *conf = process_conf();
    for (uint32_t i = 0; i < tables->count && i < console_cache_limit(visit); i++) {
        put_table(visit, &tables->at[i], conf);
    }
    conf_unref(conf);
    free(tables);
}

static bool show_tables(struct view_visit *visit, void *arg)
{
    return console_cache_limit(visit) == 0 || show(visit, arg, put_tables);
}

const struct view console_views_cache_shapes[] = {
        {.name = "cache_shapes",
                .sentence = "Statements by shape, the first 100 or as many as asked by what they "
                            "saved, then by misses: whether their answers are kept, and why not.",
                .argument = "[limit]",
                .columns = shape_columns,
                .columns_count = SL_COUNT(shape_columns),
                .on_worker = show_shapes,
                .end = end_show},
        {.name = "cache_tables",
                .sentence = "Tables that kept answers are of: how many, what they saved, and how "
                            "it is known of writes past Sluice.",
                .argument = "[limit]",
                .columns = table_columns,
                .columns_count = SL_COUNT(table_columns),
                .on_worker = show_tables,
                .end = end_show},
        {.name = NULL},
};
