/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_tables.h"

#include "protocol/base/check.h"

#include <string.h>

const struct catalog_details *catalog_details_of(
        const struct catalog *catalog, const struct catalog_relation *relation)
{
    if (catalog->tables == NULL) {
        return NULL;
    }
    const struct catalog_details *table =
            &catalog->tables->tables[(size_t)(relation - catalog->relations)];
    return table->is_known ? table : NULL;
}

const struct catalog_column *catalog_find_column(
        const struct catalog *catalog, const struct catalog_details *table, struct sl_span name)
{
    const struct catalog_column *columns = catalog->tables->columns + table->columns;

    for (unsigned i = 0; i < table->columns_count; i++) {
        const char *own = catalog_column_name(catalog, &columns[i]);
        if (sl_span_is(name, own)) {
            return &columns[i];
        }
    }
    return NULL;
}

const struct catalog_column *catalog_column_of(
        const struct catalog *catalog, const struct catalog_details *table, int16_t number)
{
    const struct catalog_column *columns = catalog->tables->columns + table->columns;

    for (unsigned i = 0; i < table->columns_count; i++) {
        if (columns[i].number == number) {
            return &columns[i];
        }
    }
    return NULL;
}

static struct catalog_trees trees_of(const struct catalog *catalog, uint32_t set)
{
    struct catalog_trees trees = {.is_known = false};

    if (catalog->tables == NULL || set == CATALOG_SET_UNKNOWN) {
        return trees;
    }
    SL_DCHECK(set < catalog->tables->sets_count);
    const struct catalog_set *it = &catalog->tables->sets[set];
    trees.trees = catalog->tables->trees + it->first;
    trees.count = it->count;
    trees.is_known = true;
    return trees;
}

struct catalog_trees catalog_writes_of_table(
        const struct catalog *catalog, const struct catalog_details *table)
{
    return trees_of(catalog, table->writes);
}

struct catalog_trees catalog_reads_of_table(
        const struct catalog *catalog, const struct catalog_details *table)
{
    return trees_of(catalog, table->reads);
}

struct catalog_trees catalog_writes_of_function(
        const struct catalog *catalog, const struct catalog_function *function)
{
    return trees_of(catalog, function->writes);
}

struct catalog_trees catalog_writes_anyway(const struct catalog *catalog)
{
    return trees_of(
            catalog, catalog->tables == NULL ? CATALOG_SET_UNKNOWN : catalog->tables->anyway);
}

struct catalog_trees catalog_writes_by_ddl(const struct catalog *catalog)
{
    return trees_of(
            catalog, catalog->tables == NULL ? CATALOG_SET_UNKNOWN : catalog->tables->by_ddl);
}

bool catalog_trees_has(const struct catalog_trees *trees, uint32_t tree)
{
    uint32_t from = 0;
    uint32_t to = trees->count;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (trees->trees[middle] == tree) {
            return true;
        }
        if (trees->trees[middle] < tree) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return false;
}
