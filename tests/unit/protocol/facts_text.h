/* SPDX-License-Identifier: PostgreSQL */
/* Facts as lines of text, so that a test can say what it expects. Included by one test each. */
#ifndef SLUICE_TESTS_UNIT_PROTOCOL_FACTS_TEXT_H
#define SLUICE_TESTS_UNIT_PROTOCOL_FACTS_TEXT_H

#include "protocol/sql_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct facts_text {
    char at[8192];
    size_t len;
    bool without_hints; /* only what is true of every text of the shape */
};

__attribute__((format(printf, 2, 3))) static void facts_say(
        struct facts_text *text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text->at + text->len, sizeof text->at - text->len, format, args);
    va_end(args);
    text->len += len < 0 ? 0 : (size_t)len;
    if (text->len >= sizeof text->at) {
        text->len = sizeof text->at - 1;
    }
}

static void facts_say_bits(struct facts_text *text, const char *label, uint32_t bits,
        const char *const *names, size_t count)
{
    if (bits == 0) {
        return;
    }
    facts_say(text, "%s:", label);
    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) != 0) {
            facts_say(text, " %s", names[i]);
        }
    }
    facts_say(text, "\n");
}

/* A column as table.name: the table's own name when it is known, "?" when it is not. */
static void facts_say_column(struct facts_text *text, const struct sql_facts *facts, uint16_t index)
{
    if (index == SQL_NONE) {
        facts_say(text, "-");
        return;
    }
    const struct sql_column *column = &facts->columns[index];
    const char *table = "?";

    if (column->table != SQL_NONE) {
        table = sql_facts_name(facts, facts->tables[column->table].name);
    }
    facts_say(text, "%s%s%s.%s", column->is_outer ? "^" : "", table, column->is_guess ? "~" : "",
            sql_facts_name(facts, column->name));
}

static void facts_say_tables(struct facts_text *text, const struct sql_facts *facts)
{
    for (size_t i = 0; i < facts->tables_count; i++) {
        const struct sql_table *table = &facts->tables[i];
        const char *schema = sql_facts_name(facts, table->schema);
        const char *alias = sql_facts_name(facts, table->alias);

        facts_say(text, "table: %s%s%s%s%s", schema, schema[0] == '\0' ? "" : ".",
                sql_facts_name(facts, table->name), alias[0] == '\0' ? "" : " as ", alias);
        facts_say(text, " %s%s%s%s%s\n", (table->role & SQL_TABLE_READ) != 0 ? "r" : "",
                (table->role & SQL_TABLE_WRITTEN) != 0 ? "w" : "",
                (table->role & SQL_TABLE_LOCKED) != 0 ? "l" : "",
                (table->role & SQL_TABLE_DEFINED) != 0 ? "d" : "", table->is_temp ? " temp" : "");
    }
}

static void facts_say_functions(struct facts_text *text, const struct sql_facts *facts)
{
    for (size_t i = 0; i < facts->functions_count; i++) {
        const struct sql_function *function = &facts->functions[i];
        const char *schema = sql_facts_name(facts, function->schema);

        facts_say(text, "function: %s%s%s/%u%s%s%s%s%s\n", schema, schema[0] == '\0' ? "" : ".",
                sql_facts_name(facts, function->name), function->args,
                function->is_aggregate ? " aggregate" : "", function->is_window ? " window" : "",
                function->is_distinct ? " distinct" : "", function->is_in_from ? " from" : "",
                function->is_keyword ? " keyword" : "");
    }
}

static const char *facts_op_text(const struct facts_text *text, enum sql_op op)
{
    bool is_hint = op == SQL_OP_LIKE_PREFIX || op == SQL_OP_LIKE_INFIX;

    return sql_op_text(is_hint && text->without_hints ? SQL_OP_LIKE : op);
}

static void facts_say_joins(struct facts_text *text, const struct sql_facts *facts)
{
    static const char *const kinds[] = {"inner", "left", "right", "full"};

    for (size_t i = 0; i < facts->joins_count; i++) {
        const struct sql_join *join = &facts->joins[i];

        facts_say(text, "join: ");
        facts_say_column(text, facts, join->left);
        facts_say(text, " = ");
        facts_say_column(text, facts, join->right);
        facts_say(text, " %s%s%s\n", kinds[join->kind], join->is_explicit ? " on" : "",
                join->is_correlated ? " correlated" : "");
    }
}

static void facts_say_filters(struct facts_text *text, const struct sql_facts *facts)
{
    static const char *const sides[] = {
            "nothing", "literal", "$", "list", "column", "query", "expression"};

    for (size_t i = 0; i < facts->filters_count; i++) {
        const struct sql_filter *filter = &facts->filters[i];

        facts_say(text, "filter: ");
        if (filter->function != SQL_NONE) {
            facts_say(text, "%s ", sql_facts_name(facts, facts->functions[filter->function].name));
        }
        facts_say_column(text, facts, filter->column);
        facts_say(text, " %s(%s) %s", facts_op_text(text, (enum sql_op)filter->op),
                sql_facts_name(facts, filter->operator), sides[filter->with]);
        if (filter->with == SQL_WITH_PARAM) {
            facts_say(text, "%u", filter->other);
        } else if (filter->with == SQL_WITH_LIST && !text->without_hints) {
            facts_say(text, " of %u", filter->list_len);
        } else if (filter->with == SQL_WITH_COLUMN) {
            facts_say(text, " ");
            facts_say_column(text, facts, filter->other);
        }
        facts_say(text, "%s%s%s%s%s\n", filter->is_negated ? " not" : "",
                filter->is_under_or ? " or" : "", filter->is_wrapped ? " wrapped" : "",
                filter->is_flipped ? " flipped" : "",
                filter->clause == SQL_IN_WHERE ? ""
                                               : (filter->clause == SQL_IN_ON ? " on" : " having"));
    }
}

static void facts_say_orders(struct facts_text *text, const struct sql_facts *facts)
{
    for (size_t i = 0; i < facts->orders_count; i++) {
        const struct sql_order *order = &facts->orders[i];

        facts_say(text, order->is_group ? "group: " : "order: ");
        facts_say_column(text, facts, order->column);
        facts_say(text, "%s%s%s\n", order->is_desc ? " desc" : "",
                order->is_position ? " position" : "",
                order->nulls == 0 ? "" : (order->nulls == 1 ? " first" : " last"));
    }
}

static void facts_say_targets(struct facts_text *text, const struct sql_facts *facts)
{
    for (size_t i = 0; i < facts->columns_count; i++) {
        if ((facts->columns[i].clauses >> SQL_IN_TARGET & 1) != 0) {
            facts_say(text, "target: ");
            facts_say_column(text, facts, (uint16_t)i);
            facts_say(text, "\n");
        }
    }
}

/* All but the columns that are only read, the values and the features. */
static const char *facts_describe(struct facts_text *text, const struct sql_facts *facts)
{
    static const char *const does[] = {"reads", "writes", "cte", "rows", "schema", "opaque", "time",
            "returning", "conflict", "copy", "sample", "star", "file"};
    static const char *const effects[] = {"set", "local", "role", "prepare", "deallocate", "listen",
            "unlisten", "notify", "temp", "hold", "cursor", "advisory", "discard", "sequences",
            "begin", "end", "two-phase", "load", "lock", "plain", "committed"};

    text->len = 0;
    text->at[0] = '\0';
    facts_say(text, "%s\n", sql_kind_text(facts->kind));
    facts_say_bits(text, "does", facts->does, does, sizeof does / sizeof *does);
    facts_say_bits(text, "effects", facts->effects, effects, sizeof effects / sizeof *effects);
    facts_say_tables(text, facts);
    facts_say_functions(text, facts);
    facts_say_joins(text, facts);
    facts_say_filters(text, facts);
    facts_say_orders(text, facts);
    facts_say_targets(text, facts);
    return text->at;
}

#endif
