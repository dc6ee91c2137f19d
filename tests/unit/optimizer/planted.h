/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/optimizer/planted.h - shapes of four kinds of load, each known by whom it was made.
 *
 * PLANTED_LEDGER is like TPC-B (short statements by key), PLANTED_REPORTS like TPC-H (joins and
 * aggregates), PLANTED_ORM what a mapper of objects writes (all columns, quoted), PLANTED_MONITOR
 * what asks the catalogue. Every shape is put together anew by chance: table, columns, conditions,
 * order, limit. PLANTED_GROUPS groups are to be found: the kind and the table it is about, and all
 * reports, which are about the same two.
 *
 * Ownership: texts are the struct's. Threads: the test's. Bounds: PLANTED_MAX shapes.
 */
#ifndef SLUICE_TESTS_UNIT_OPTIMIZER_PLANTED_H
#define SLUICE_TESTS_UNIT_OPTIMIZER_PLANTED_H

#include "optimizer/random.h"
#include "optimizer/workload.h"

#include "protocol/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PLANTED_MAX = 4096,
    PLANTED_COLUMNS_MAX = 24,
    PLANTED_TEXT_MAX = 1600,
    PLANTED_KINDS = 4,
    PLANTED_GROUPS = 4 + 1 + 3 + 2
};

enum planted_kind { PLANTED_LEDGER, PLANTED_REPORTS, PLANTED_ORM, PLANTED_MONITOR };

struct planted_shape {
    char text[PLANTED_TEXT_MAX];
    char column_texts[PLANTED_COLUMNS_MAX][64];
    struct sl_span columns[PLANTED_COLUMNS_MAX];
    uint32_t columns_count;
    uint32_t table;
};

struct planted {
    struct planted_shape made[PLANTED_MAX];
    struct workload_shape shapes[PLANTED_MAX];
    uint32_t kinds[PLANTED_MAX];
    uint32_t groups[PLANTED_MAX]; /* what is to be found: the kind and its table; reports are one */
    uint32_t count;
    uint64_t random;
};

struct planted_table {
    const char *name;
    const char *columns[10]; /* the key first */
};

static const struct planted_table planted_ledger[] = {
        {"pgbench_accounts", {"aid", "bid", "abalance", "filler"}},
        {"pgbench_tellers", {"tid", "bid", "tbalance", "filler"}},
        {"pgbench_branches", {"bid", "bbalance", "filler"}},
        {"pgbench_history", {"tid", "bid", "aid", "delta", "mtime", "filler"}}};

static const struct planted_table planted_reports[] = {
        {"lineitem", {"l_orderkey", "l_partkey", "l_quantity", "l_extendedprice", "l_discount",
                             "l_tax", "l_returnflag", "l_shipdate"}},
        {"orders", {"o_orderkey", "o_custkey", "o_totalprice", "o_orderdate", "o_orderpriority"}},
        {"customer", {"c_custkey", "c_name", "c_nationkey", "c_acctbal", "c_mktsegment"}},
        {"supplier", {"s_suppkey", "s_name", "s_nationkey", "s_acctbal"}},
        {"nation", {"n_nationkey", "n_name", "n_regionkey"}}};

static const struct planted_table planted_orm[] = {
        {"users", {"id", "email", "first_name", "last_name", "created_at", "updated_at",
                          "deleted_at", "locale"}},
        {"posts", {"id", "user_id", "title", "body", "published_at", "created_at", "updated_at"}},
        {"comments", {"id", "post_id", "user_id", "body", "created_at", "updated_at"}}};

static const struct planted_table planted_monitor[] = {
        {"pg_class", {"oid", "relname", "relkind", "relpages", "reltuples", "relnamespace"}},
        {"pg_namespace", {"oid", "nspname", "nspowner"}},
        {"pg_stat_activity", {"pid", "datname", "usename", "state", "query_start", "wait_event"}},
        {"pg_locks", {"pid", "locktype", "mode", "granted", "relation"}}};

static uint32_t planted_chance(struct planted *planted, uint32_t of)
{
    return (uint32_t)(random_next(&planted->random) % of);
}

static uint32_t planted_width(const struct planted_table *table)
{
    uint32_t width = 0;

    while (width < SL_COUNT(table->columns) && table->columns[width] != NULL) {
        width++;
    }
    SL_CHECK(width > 0);
    return width;
}

SL_PRINTF(2, 3) static void planted_add(struct planted_shape *shape, const char *format, ...)
{
    size_t len = strlen(shape->text);
    va_list args;

    va_start(args, format);
    int more = vsnprintf(shape->text + len, sizeof shape->text - len, format, args);
    va_end(args);
    SL_CHECK(more >= 0);
    SL_CHECK((size_t)more < sizeof shape->text - len);
}

static void planted_column(struct planted_shape *shape, const char *table, const char *column)
{
    char text[64];

    snprintf(text, sizeof text, "%s.%s", table, column);
    for (uint32_t i = 0; i < shape->columns_count; i++) {
        if (strcmp(shape->column_texts[i], text) == 0) {
            return;
        }
    }
    if (shape->columns_count < PLANTED_COLUMNS_MAX) {
        char *at = shape->column_texts[shape->columns_count];

        memcpy(at, text, sizeof text);
        shape->columns[shape->columns_count++] = sl_span_text(at);
    }
}

/* A column by chance, noted as a term. */
static const char *planted_any(
        struct planted *planted, struct planted_shape *shape, const struct planted_table *table)
{
    const char *column = table->columns[planted_chance(planted, planted_width(table))];

    planted_column(shape, table->name, column);
    return column;
}

static void planted_ledger_shape(struct planted *planted, struct planted_shape *shape)
{
    shape->table = planted_chance(planted, 4);
    const struct planted_table *table = &planted_ledger[shape->table];
    const char *key = table->columns[0];

    planted_column(shape, table->name, key);
    switch (planted_chance(planted, 3)) {
    case 0:
        planted_add(shape, "update %s set ", table->name);
        planted_add(shape, "%s = ?", planted_any(planted, shape, table));
        planted_add(shape, " where %s = ?", key);
        break;
    case 1:
        planted_add(shape, "select %s", planted_any(planted, shape, table));
        planted_add(shape, " from %s where %s = ?", table->name, key);
        break;
    default:
        planted_add(shape, "insert into %s (%s", table->name, key);
        for (uint32_t i = 1 + planted_chance(planted, 3); i > 0; i--) {
            planted_add(shape, ", %s", planted_any(planted, shape, table));
        }
        planted_add(shape, ") values (?)");
    }
    if (planted_chance(planted, 4) == 0) {
        planted_add(shape, " returning %s", planted_any(planted, shape, table));
    }
}

static void planted_report_shape(struct planted *planted, struct planted_shape *shape)
{
    static const char *const aggregates[] = {"sum", "avg", "count", "min", "max"};
    const struct planted_table *lines = &planted_reports[0];
    const struct planted_table *orders = &planted_reports[1];
    const struct planted_table *third = &planted_reports[2 + planted_chance(planted, 3)];
    const char *by = planted_any(planted, shape, orders);

    planted_add(shape, "select %s", by);
    for (uint32_t i = 1 + planted_chance(planted, 4); i > 0; i--) {
        planted_add(shape, ", %s", aggregates[planted_chance(planted, 5)]);
        planted_add(shape, "(%s)", planted_any(planted, shape, lines));
    }
    planted_add(shape, " from lineitem, orders, %s where l_orderkey = o_orderkey", third->name);
    planted_column(shape, lines->name, lines->columns[0]);
    planted_column(shape, orders->name, orders->columns[0]);
    for (uint32_t i = 1 + planted_chance(planted, 3); i > 0; i--) {
        planted_add(shape, " and %s >= date ? + interval ?", planted_any(planted, shape, third));
    }
    planted_add(shape, " group by %s order by %s desc", by, by);
    if (planted_chance(planted, 2) == 0) {
        planted_add(shape, " limit ?");
    }
}

static void planted_orm_shape(struct planted *planted, struct planted_shape *shape)
{
    shape->table = planted_chance(planted, 3);
    const struct planted_table *a = &planted_orm[shape->table];
    const struct planted_table *b = &planted_orm[planted_chance(planted, 3)];

    planted_add(shape, "select ");
    for (uint32_t i = 0; i < planted_width(a); i++) {
        planted_add(shape, "%s\"%s\".\"%s\" as \"t0_r%u\"", i == 0 ? "" : ", ", a->name,
                a->columns[i], i);
        planted_column(shape, a->name, a->columns[i]);
    }
    planted_add(shape, " from \"%s\"", a->name);
    if (a != b) {
        planted_add(shape, " left outer join \"%s\" on \"%s\".\"id\" = \"%s\".\"id\"", b->name,
                b->name, a->name);
        planted_column(shape, b->name, "id");
    }
    planted_add(shape, " where \"%s\".\"%s\" = $1", a->name, planted_any(planted, shape, a));
    for (uint32_t i = planted_chance(planted, 3); i > 0; i--) {
        planted_add(shape, " and \"%s\".\"%s\" is null", a->name, planted_any(planted, shape, a));
    }
    planted_add(shape, " order by \"%s\".\"id\" asc limit $2", a->name);
}

static void planted_monitor_shape(struct planted *planted, struct planted_shape *shape)
{
    shape->table = planted_chance(planted, 2) * 2;
    const struct planted_table *a = &planted_monitor[shape->table];
    const struct planted_table *b = &planted_monitor[shape->table + 1];

    planted_add(shape, "select %s", planted_any(planted, shape, a));
    for (uint32_t i = planted_chance(planted, 4); i > 0; i--) {
        planted_add(shape, ", %s", planted_any(planted, shape, a));
    }
    planted_add(shape, " from pg_catalog.%s", a->name);
    if (planted_chance(planted, 2) == 0) {
        planted_add(shape, " join pg_catalog.%s using (%s)", b->name, a->columns[0]);
        planted_column(shape, b->name, b->columns[0]);
    }
    planted_add(shape, " where %s <> all (array [ ? ])", planted_any(planted, shape, a));
    planted_add(shape, " and pg_catalog.current_database() ~~ %s", planted_any(planted, shape, a));
}

/* One more shape of that kind and weight. */
static void planted_put(struct planted *planted, enum planted_kind kind, double weight)
{
    static void (*const makers[])(struct planted * planted, struct planted_shape * shape) = {
            planted_ledger_shape, planted_report_shape, planted_orm_shape, planted_monitor_shape};
    SL_CHECK(planted->count < PLANTED_MAX);
    uint32_t at = planted->count++;
    struct planted_shape *shape = &planted->made[at];

    makers[kind](planted, shape);
    planted->kinds[at] = kind;
    planted->groups[at] = kind * 4 + shape->table;
    planted->shapes[at] = (struct workload_shape){.source = {.text = sl_span_text(shape->text),
                                                          .columns = shape->columns,
                                                          .columns_count = shape->columns_count},
            .weight = weight};
}

/*
 * Hubert and Arabie's adjusted Rand index of what was found: 1, as planted; about 0, by chance.
 * A shape in no group is in one of its own.
 */
static inline double planted_agreement(const struct planted *planted, const struct workload *found)
{
    double both = 0;
    double planted_pairs = 0;
    double found_pairs = 0;
    double all = (double)planted->count * (planted->count - 1) / 2;

    for (uint32_t i = 0; i < planted->count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            bool is_planted = planted->groups[i] == planted->groups[j];
            bool is_found = found->members[i] == found->members[j] &&
                            found->members[i] != WORKLOAD_NO_GROUP;

            planted_pairs += is_planted;
            found_pairs += is_found;
            both += is_planted && is_found;
        }
    }
    double by_chance = planted_pairs * found_pairs / all;
    return (both - by_chance) / ((planted_pairs + found_pairs) / 2 - by_chance);
}

/* The caller's to free(). */
static inline struct planted *planted_new(uint32_t count, uint64_t seed)
{
    struct planted *planted = calloc(1, sizeof *planted);

    SL_CHECK(planted != NULL);
    planted->random = seed;
    for (uint32_t i = 0; i < count; i++) {
        planted_put(planted, i % PLANTED_KINDS, 1);
    }
    return planted;
}

#endif
