/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_facts.c - the lists of the facts, one after the other.
 *
 * What the tree does not tell is null.
 */
#include "proxy/http_facts.h"

#include "protocol/catalog_resolve.h"
#include "proxy/facts_words.h"

/* ---- members ---- */

static void put_text(struct json *json, const char *name, const char *text)
{
    json_key(json, name);
    json_text(json, text);
}

static void put_int(struct json *json, const char *name, int64_t value)
{
    json_key(json, name);
    json_int(json, value);
}

static void put_bool(struct json *json, const char *name, bool value)
{
    json_key(json, name);
    json_bool(json, value);
}

/* A name by its number; "" is null. */
static void put_name(
        struct json *json, const char *member, const struct sql_facts *facts, uint32_t name)
{
    const char *text = sql_facts_name(facts, name);

    put_text(json, member, text[0] == '\0' ? NULL : text);
}

static void put_words(struct json *json, const char *member, uint32_t bits,
        const char *const *words, unsigned count)
{
    json_key(json, member);
    json_open(json, '[');
    for (unsigned i = 0; i < count; i++) {
        if ((bits & UINT32_C(1) << i) != 0) {
            json_text(json, words[i]);
        }
    }
    json_close(json, ']');
}

static void open_list(struct json *json, const char *member)
{
    json_key(json, member);
    json_open(json, '[');
}

/* A column as an object, or null. Its table by name, where the tree tells which it is. */
static void put_column(
        struct json *json, const char *member, const struct sql_facts *facts, uint16_t number)
{
    if (member != NULL) {
        json_key(json, member);
    }
    if (number >= facts->columns_count) {
        json_text(json, NULL);
        return;
    }
    const struct sql_column *column = &facts->columns[number];
    bool has_table = column->table < facts->tables_count;
    json_open(json, '{');
    put_name(json, "schema", facts, has_table ? facts->tables[column->table].schema : 0);
    put_name(json, "table", facts, has_table ? facts->tables[column->table].name : 0);
    put_name(json, "qualifier", facts, column->qualifier);
    put_name(json, "name", facts, column->name);
    if (member == NULL) {
        put_words(json, "clauses", column->clauses, facts_clauses, SQL_CLAUSE_COUNT);
        put_bool(json, "is_guess", column->is_guess);
        put_bool(json, "is_outer", column->is_outer);
    }
    json_close(json, '}');
}

/* ---- lists ---- */

static void put_tables(struct json *json, const struct sql_facts *facts,
        const struct catalog_resolution *resolution)
{
    open_list(json, "tables");
    for (unsigned i = 0; i < facts->tables_count; i++) {
        const struct sql_table *table = &facts->tables[i];
        enum catalog_kind kind = (enum catalog_kind)resolution->tables[i].kind;
        json_open(json, '{');
        put_text(json, "schema", resolution->tables[i].schema);
        put_name(json, "name", facts, table->name);
        put_name(json, "alias", facts, table->alias);
        put_words(json, "is", table->role, facts_roles, FACTS_ROLES);
        put_bool(json, "is_temp", table->is_temp);
        put_text(json, "relation", kind == CATALOG_UNKNOWN ? NULL : catalog_kind_text(kind));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_columns(struct json *json, const struct sql_facts *facts)
{
    open_list(json, "columns");
    for (unsigned i = 0; i < facts->columns_count; i++) {
        put_column(json, NULL, facts, (uint16_t)i);
    }
    json_close(json, ']');
}

static void put_filters(struct json *json, const struct sql_facts *facts)
{
    open_list(json, "filters");
    for (unsigned i = 0; i < facts->filters_count; i++) {
        const struct sql_filter *filter = &facts->filters[i];
        bool has_function = filter->function < facts->functions_count;
        json_open(json, '{');
        put_column(json, "column", facts, filter->column);
        put_name(json, "function", facts,
                has_function ? facts->functions[filter->function].name : 0);
        put_name(json, "operator", facts, filter->operator);
        put_text(json, "class", sql_op_text(filter->op));
        put_text(json, "with", facts_with[filter->with]);
        if (filter->with == SQL_WITH_PARAM) {
            put_int(json, "parameter", filter->other);
        } else if (filter->with == SQL_WITH_COLUMN) {
            put_column(json, "other", facts, filter->other);
        } else if (filter->with == SQL_WITH_LIST) {
            put_int(json, "list_length", filter->list_len);
        }
        put_text(json, "clause", facts_clauses[filter->clause]);
        put_bool(json, "is_negated", filter->is_negated);
        put_bool(json, "is_under_or", filter->is_under_or);
        put_bool(json, "is_wrapped", filter->is_wrapped);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_joins(struct json *json, const struct sql_facts *facts)
{
    open_list(json, "joins");
    for (unsigned i = 0; i < facts->joins_count; i++) {
        const struct sql_join *join = &facts->joins[i];
        json_open(json, '{');
        put_text(json, "kind", facts_joins[join->kind]);
        put_column(json, "left", facts, join->left);
        put_column(json, "right", facts, join->right);
        put_bool(json, "is_explicit", join->is_explicit);
        put_bool(json, "is_correlated", join->is_correlated);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_functions(struct json *json, const struct sql_facts *facts,
        const struct catalog_resolution *resolution)
{
    open_list(json, "functions");
    for (unsigned i = 0; i < facts->functions_count; i++) {
        const struct sql_function *function = &facts->functions[i];
        json_open(json, '{');
        put_name(json, "schema", facts, function->schema);
        put_name(json, "name", facts, function->name);
        put_int(json, "arguments", function->args);
        put_text(json, "volatility", facts_volatilities[resolution->functions[i].volatility]);
        put_bool(json, "is_aggregate", resolution->functions[i].is_aggregate);
        put_bool(json, "is_window", function->is_window);
        put_bool(json, "is_distinct", function->is_distinct);
        put_bool(json, "is_in_from", function->is_in_from);
        put_bool(json, "is_keyword", function->is_keyword);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_orders(
        struct json *json, const char *member, const struct sql_facts *facts, bool groups)
{
    static const char *const nulls[] = {NULL, "first", "last"};

    open_list(json, member);
    for (unsigned i = 0; i < facts->orders_count; i++) {
        const struct sql_order *order = &facts->orders[i];
        if (order->is_group != groups) {
            continue;
        }
        json_open(json, '{');
        put_column(json, "column", facts, order->column);
        put_bool(json, "is_position", order->is_position);
        if (!groups) {
            put_bool(json, "is_desc", order->is_desc);
            put_text(json, "nulls", nulls[order->nulls]);
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_values(struct json *json, const struct sql_facts *facts)
{
    open_list(json, "values");
    for (unsigned i = 0; i < facts->values_count; i++) {
        const struct sql_value *value = &facts->values[i];
        json_open(json, '{');
        put_text(json, "kind", facts_values[value->kind]);
        if (value->kind == SQL_VALUE_PARAM) {
            put_int(json, "number", value->number);
        }
        put_int(json, "offset", value->offset);
        put_text(json, "clause", facts_clauses[value->clause]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* ---- numbers ---- */

static void put_features(struct json *json, const struct sql_features *features)
{
    const struct {
        const char *name;
        uint32_t value;
    } counts[] = {{"tables", features->tables}, {"joins_explicit", features->joins_explicit},
            {"joins_implicit", features->joins_implicit}, {"joins_outer", features->joins_outer},
            {"filters", features->filters}, {"in_list_max", features->in_list_max},
            {"aggregates", features->aggregates}, {"windows", features->windows},
            {"subqueries", features->subqueries}, {"depth", features->depth},
            {"ctes", features->ctes}, {"set_operations", features->set_operations},
            {"functions", features->functions},
            {"functions_on_columns", features->functions_on_columns}, {"groups", features->groups},
            {"orders", features->orders}, {"set_columns", features->set_columns},
            {"parameters", features->params}, {"literals", features->literals},
            {"values_rows", features->values_rows}};

    json_key(json, "features");
    json_open(json, '{');
    for (size_t i = 0; i < SL_COUNT(counts); i++) {
        put_int(json, counts[i].name, counts[i].value);
    }
    json_key(json, "filters_by");
    json_open(json, '{');
    for (unsigned i = 0; i < SQL_OP_COUNT; i++) {
        put_int(json, sql_op_text((enum sql_op)i), features->filters_by[i]);
    }
    json_close(json, '}');
    put_bool(json, "has_distinct", features->has_distinct);
    put_bool(json, "has_limit", features->has_limit);
    put_bool(json, "has_offset", features->has_offset);
    put_bool(json, "is_recursive", features->is_recursive);
    json_close(json, '}');
}

static void put_kinds(struct json *json, uint32_t kinds)
{
    open_list(json, "kinds");
    for (unsigned i = 0; i < SQL_KIND_COUNT; i++) {
        if ((kinds & UINT32_C(1) << i) != 0) {
            json_text(json, sql_kind_text((enum sql_kind)i));
        }
    }
    json_close(json, ']');
}

static void put_complexity(struct json *json, const struct sql_complexity *complexity)
{
    json_key(json, "complexity");
    json_open(json, '{');
    put_int(json, "score", complexity->score);
    put_int(json, "tables", complexity->tables);
    put_int(json, "joins", complexity->joins);
    put_int(json, "filters", complexity->filters);
    put_int(json, "aggregates", complexity->aggregates);
    put_int(json, "windows", complexity->windows);
    put_int(json, "subqueries", complexity->subqueries);
    put_int(json, "set_operations", complexity->set_operations);
    put_int(json, "depth", complexity->depth);
    json_close(json, '}');
}

void http_facts_put(struct json *json, const struct sql_facts *facts,
        const struct catalog_resolution *resolution)
{
    put_int(json, "statements", facts->features.statements);
    put_text(json, "kind", sql_kind_text(facts->kind));
    put_kinds(json, facts->kinds);
    put_words(json, "does", facts->does, facts_does, SL_COUNT(facts_does));
    put_words(json, "effects", facts->effects, facts_effects, SL_COUNT(facts_effects));
    put_tables(json, facts, resolution);
    put_columns(json, facts);
    put_filters(json, facts);
    put_joins(json, facts);
    put_functions(json, facts, resolution);
    put_text(json, "volatility", facts_volatilities[resolution->volatility]);
    put_orders(json, "order_by", facts, false);
    put_orders(json, "group_by", facts, true);
    put_values(json, facts);
    put_features(json, &facts->features);
    put_complexity(json, &facts->complexity);
    put_bool(json, "is_truncated", facts->is_truncated);
}
