/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_made.c - growing lists, names that are kept once, and the one block of the end.
 */
#include "protocol/sql_walk.h"

#include "protocol/base/hash.h"

#include <stdlib.h>
#include <string.h>

static struct made_list list_of(size_t item_size, uint32_t max)
{
    return (struct made_list){.item_size = (uint32_t)item_size, .max = max};
}

void made_init(struct made *made, const struct sql_tree *tree)
{
    memset(made, 0, sizeof *made);
    made->tree = tree;
    made->scopes = list_of(sizeof(struct sql_scope), SQL_FACTS_SCOPES_MAX);
    made->tables = list_of(sizeof(struct sql_table), SQL_FACTS_TABLES_MAX);
    made->columns = list_of(sizeof(struct sql_column), SQL_FACTS_COLUMNS_MAX);
    made->functions = list_of(sizeof(struct sql_function), SQL_FACTS_FUNCTIONS_MAX);
    made->filters = list_of(sizeof(struct made_filter), SQL_FACTS_FILTERS_MAX);
    made->joins = list_of(sizeof(struct sql_join), SQL_FACTS_JOINS_MAX);
    made->orders = list_of(sizeof(struct sql_order), SQL_FACTS_ORDERS_MAX);
    made->values = list_of(sizeof(struct sql_value), SQL_FACTS_VALUES_MAX);
    made->outputs = list_of(sizeof(uint16_t), SQL_FACTS_OUTPUTS_MAX);
    made->assigns = list_of(sizeof(struct made_assign), SQL_FACTS_ASSIGNS_MAX);
    made->limit_at = UINT32_MAX;
    made->ranges = list_of(sizeof(struct made_range), 2 * SQL_FACTS_TABLES_MAX);
    made->ctes = list_of(sizeof(struct made_cte), SQL_FACTS_SCOPES_MAX);
    made->names = list_of(1, SQL_FACTS_NAMES_MAX);
    made->frames = list_of(sizeof(struct walk_frame), 2 * SQL_TREE_NODES_MAX);
}

void made_fini(struct made *made)
{
    struct made_list *lists[] = {&made->scopes, &made->tables, &made->columns, &made->functions,
            &made->filters, &made->joins, &made->orders, &made->values, &made->outputs,
            &made->assigns, &made->ranges, &made->ctes, &made->names, &made->frames};

    for (size_t i = 0; i < SL_COUNT(lists); i++) {
        free(lists[i]->items);
    }
}

/* Room for len more items. */
static bool list_reserve(struct made *made, struct made_list *list, uint32_t len)
{
    if (len > list->max - list->count) {
        made->sums.is_truncated = true;
        return false;
    }
    if (list->count + len <= list->cap) {
        return true;
    }
    uint32_t cap = list->cap == 0 ? 16 : list->cap;
    while (cap < list->count + len) {
        cap *= 2;
    }
    uint8_t *items = realloc(list->items, (size_t)cap * list->item_size);
    if (items == NULL) {
        made->err = SL_ENOMEM;
        return false;
    }
    list->items = items;
    list->cap = cap;
    return true;
}

void *made_add(struct made *made, struct made_list *list)
{
    if (!list_reserve(made, list, 1)) {
        return NULL;
    }
    void *item = list->items + (size_t)list->count * list->item_size;
    memset(item, 0, list->item_size);
    list->count++;
    return item;
}

/* Names with a NUL within cannot come: the text had none. */
uint32_t made_name(struct made *made, struct sl_span name)
{
    if (name.len == 0) {
        return 0;
    }
    uint32_t slot = (uint32_t)(sl_hash64(name) % MADE_SLOTS);
    while (made->slots[slot] != 0) {
        const char *known = (const char *)made->names.items + made->slots[slot];

        if (sl_span_is(name, known)) {
            return made->slots[slot];
        }
        slot = (slot + 1) % MADE_SLOTS;
    }
    if (made->names.count == 0 && made_add(made, &made->names) == NULL) {
        return 0; /* the empty name is number 0 */
    }
    if (made->names_count == MADE_NAMES_MAX || name.len > SQL_FACTS_NAMES_MAX ||
            !list_reserve(made, &made->names, (uint32_t)name.len + 1)) {
        made->sums.is_truncated = true;
        return 0;
    }
    uint32_t number = made->names.count;
    memcpy(made->names.items + number, name.at, name.len);
    made->names.items[number + name.len] = '\0';
    made->names.count += (uint32_t)name.len + 1;
    made->slots[slot] = number;
    made->names_count++;
    return number;
}

static int value_order(const void *a, const void *b)
{
    uint32_t left = ((const struct sql_value *)a)->offset;
    uint32_t right = ((const struct sql_value *)b)->offset;

    return (left > right) - (left < right);
}

/* The index of the value at that offset, or SQL_NONE. */
static uint16_t value_at(const struct made_list *values, uint32_t offset)
{
    struct sql_value key = {.offset = offset};
    const struct sql_value *found = values->count == 0 ? NULL
                                                       : bsearch(&key, values->items, values->count,
                                                                 sizeof key, value_order);

    return found == NULL
                   ? SQL_NONE
                   : (uint16_t)(found - (const struct sql_value *)(const void *)values->items);
}

static void settle_values(struct made *made)
{
    if (made->values.count > 0) {
        qsort(made->values.items, made->values.count, sizeof(struct sql_value), value_order);
    }
    for (uint32_t i = 0; i < made->filters.count; i++) {
        struct made_filter *it = MADE_ITEM(made->filters, struct made_filter, i);

        if (it->filter.with == SQL_WITH_LITERAL) {
            it->filter.other = value_at(&made->values, it->literal_at);
        }
    }
    for (uint32_t i = 0; i < made->assigns.count; i++) {
        struct made_assign *it = MADE_ITEM(made->assigns, struct made_assign, i);

        if (it->assign.with == SQL_WITH_LITERAL) {
            it->assign.other = value_at(&made->values, it->literal_at);
        }
    }
    if (made->sums.limit.with == SQL_WITH_LITERAL) {
        made->sums.limit.other = value_at(&made->values, made->limit_at);
    }
}

/* Copies a list to *at, which moves on; every item's size is even, and the block's begin aligned. */
static const void *pack_list(const struct made_list *list, uint8_t **at)
{
    size_t bytes = (size_t)list->count * list->item_size;
    uint8_t *to = *at;

    if (bytes > 0) {
        memcpy(to, list->items, bytes);
    }
    *at += (bytes + 7) / 8 * 8;
    return to;
}

static size_t packed_bytes(const struct made_list *list)
{
    return ((size_t)list->count * list->item_size + 7) / 8 * 8;
}

/* The filters without what only the making needed. */
static void strip_filters(struct made *made)
{
    struct made_list *list = &made->filters;

    for (uint32_t i = 0; i < list->count; i++) {
        struct sql_filter filter = MADE_ITEM(*list, struct made_filter, i)->filter;
        memcpy(list->items + i * sizeof filter, &filter, sizeof filter);
    }
    list->item_size = sizeof(struct sql_filter);
}

static void strip_assigns(struct made *made)
{
    struct made_list *list = &made->assigns;

    for (uint32_t i = 0; i < list->count; i++) {
        struct sql_assign assign = MADE_ITEM(*list, struct made_assign, i)->assign;
        memcpy(list->items + i * sizeof assign, &assign, sizeof assign);
    }
    list->item_size = sizeof(struct sql_assign);
}

struct sql_facts *made_pack(struct made *made)
{
    settle_values(made);
    strip_filters(made);
    strip_assigns(made);
    if (made->names.count == 0 && made_add(made, &made->names) == NULL) {
        return NULL;
    }
    const struct made_list *lists[] = {&made->scopes, &made->tables, &made->columns,
            &made->functions, &made->filters, &made->joins, &made->orders, &made->values,
            &made->outputs, &made->assigns, &made->names};
    size_t bytes = (sizeof(struct sql_facts) + 7) / 8 * 8;
    for (size_t i = 0; i < SL_COUNT(lists); i++) {
        bytes += packed_bytes(lists[i]);
    }
    struct sql_facts *facts = malloc(bytes);
    if (facts == NULL) {
        return NULL;
    }
    uint8_t *at = (uint8_t *)facts + (sizeof *facts + 7) / 8 * 8;
    *facts = made->sums;
    facts->bytes = bytes;
    facts->scopes_count = (uint16_t)made->scopes.count;
    facts->tables_count = (uint16_t)made->tables.count;
    facts->columns_count = (uint16_t)made->columns.count;
    facts->functions_count = (uint16_t)made->functions.count;
    facts->filters_count = (uint16_t)made->filters.count;
    facts->joins_count = (uint16_t)made->joins.count;
    facts->orders_count = (uint16_t)made->orders.count;
    facts->values_count = (uint16_t)made->values.count;
    facts->outputs_count = (uint16_t)made->outputs.count;
    facts->assigns_count = (uint16_t)made->assigns.count;
    facts->scopes = pack_list(&made->scopes, &at);
    facts->tables = pack_list(&made->tables, &at);
    facts->columns = pack_list(&made->columns, &at);
    facts->functions = pack_list(&made->functions, &at);
    facts->filters = pack_list(&made->filters, &at);
    facts->joins = pack_list(&made->joins, &at);
    facts->orders = pack_list(&made->orders, &at);
    facts->values = pack_list(&made->values, &at);
    facts->outputs = pack_list(&made->outputs, &at);
    facts->assigns = pack_list(&made->assigns, &at);
    facts->names = pack_list(&made->names, &at);
    SL_CHECK((size_t)(at - (uint8_t *)facts) == bytes);
    return facts;
}
