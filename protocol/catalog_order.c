/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_order.h"

#include "protocol/catalog.h"

#include <stdlib.h>
#include <string.h>

static int order_of_names(const char *names, uint32_t a, uint32_t b)
{
    return strcmp(names + a, names + b);
}

int catalog_compare_schemas(const void *left, const void *right, void *names)
{
    const struct catalog_schema *a = left;
    const struct catalog_schema *b = right;

    return order_of_names(names, a->name, b->name);
}

int catalog_compare_relations(const void *left, const void *right, void *names)
{
    const struct catalog_relation *a = left;
    const struct catalog_relation *b = right;
    int order = order_of_names(names, a->name, b->name);

    return order != 0 ? order : (int)a->schema - (int)b->schema;
}

int catalog_compare_functions(const void *left, const void *right, void *names)
{
    const struct catalog_function *a = left;
    const struct catalog_function *b = right;
    int order = order_of_names(names, a->name, b->name);

    order = order != 0 ? order : (int)a->schema - (int)b->schema;
    order = order != 0 ? order : (int)a->args_min - (int)b->args_min;
    order = order != 0 ? order : (int)a->args_max - (int)b->args_max;
    order = order != 0 ? order : (int)a->volatility - (int)b->volatility;
    order = order != 0 ? order : (int)a->kind - (int)b->kind;
    order = order != 0 ? order : (int)a->is_harmless - (int)b->is_harmless;
    order = order != 0 ? order : (int)a->holds - (int)b->holds;
    order = order != 0 ? order : (int)a->writes - (int)b->writes;
    return order != 0 ? order : (int)a->names_type - (int)b->names_type;
}

static int compare_places(const void *left, const void *right, void *names)
{
    return order_of_names(names, *(const uint32_t *)left, *(const uint32_t *)right);
}

uint32_t catalog_order_names(uint32_t *places, uint32_t count, char *names)
{
    uint32_t kept = 0;

    if (count > 0) {
        qsort_r(places, count, sizeof *places, compare_places, names);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || order_of_names(names, places[kept - 1], places[i]) != 0) {
            places[kept++] = places[i];
        }
    }
    return kept;
}

bool catalog_find_oid(const void *first, size_t apart, uint32_t count, uint32_t oid, uint32_t *at)
{
    uint32_t from = 0;
    uint32_t to = count;
    uint32_t found = 0;

    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        memcpy(&found, (const uint8_t *)first + middle * apart, sizeof found);
        if (found == oid) {
            *at = middle;
            return true;
        }
        if (found < oid) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return false;
}
