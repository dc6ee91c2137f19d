/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/console_facts.h"

#include "protocol/catalog_resolve.h"
#include "proxy/catalogs_names.h"
#include "proxy/facts_words.h"
#include "proxy/search_paths.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_LEN = 640 };

#define PLAN "plan"

void console_put_line(
        struct view_visit *visit, const char *section, const char *name, const char *format, ...)
{
    char text[LINE_MAX_LEN];
    struct view_row row;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    view_row_begin(&row);
    view_add_text(&row, section);
    view_add_copy(&row, name);
    view_add_text(&row, text);
    view_put(visit, &row);
}

/* ---- pieces of a line ---- */

struct line {
    size_t len;
    char text[LINE_MAX_LEN];
};

SL_PRINTF(2, 3) static void say(struct line *line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(line->text + line->len, sizeof line->text - line->len, format, args);
    va_end(args);
    line->len += len < 0 ? 0 : (size_t)len;
    if (line->len >= sizeof line->text) {
        line->len = sizeof line->text - 1;
    }
}

/* "a, b" */
static void say_words(struct line *line, uint32_t bits, const char *const *words, unsigned count)
{
    const char *before = "";

    for (unsigned i = 0; i < count; i++) {
        if ((bits & UINT32_C(1) << i) != 0) {
            say(line, "%s%s", before, words[i]);
            before = ", ";
        }
    }
}

/* "schema.name", or as it must be: what is not said is not there. */
static void say_name(
        struct line *line, const struct sql_facts *facts, uint32_t schema, uint32_t name)
{
    const char *of = sql_facts_name(facts, schema);

    say(line, "%s%s%s", of, of[0] == '\0' ? "" : ".", sql_facts_name(facts, name));
}

/* By its table, or what that is called here, where it is known; as it was written where not. */
static void say_column(struct line *line, const struct sql_facts *facts, uint16_t number)
{
    if (number >= facts->columns_count) {
        say(line, "expression");
        return;
    }
    const struct sql_column *column = &facts->columns[number];
    if (column->table < facts->tables_count) {
        const struct sql_table *table = &facts->tables[column->table];
        const char *alias = sql_facts_name(facts, table->alias);
        if (alias[0] == '\0') {
            say_name(line, facts, table->schema, table->name);
        }
        say(line, "%s.", alias);
    } else {
        const char *qualifier = sql_facts_name(facts, column->qualifier);
        say(line, "%s%s", qualifier, qualifier[0] == '\0' ? "" : ".");
    }
    say(line, "%s", sql_facts_name(facts, column->name));
}

static void put(struct view_visit *visit, const char *name, const struct line *line)
{
    console_put_line(visit, PLAN, name, "%s", line->text);
}

/* ---- lists ---- */

static void put_tables(struct view_visit *visit, const struct sql_facts *facts)
{
    for (unsigned i = 0; i < facts->tables_count; i++) {
        const struct sql_table *table = &facts->tables[i];
        const char *alias = sql_facts_name(facts, table->alias);
        struct line line = {0};

        say_name(&line, facts, table->schema, table->name);
        say(&line, "%s%s: ", alias[0] == '\0' ? "" : " as ", alias);
        say_words(&line, table->role, facts_roles, FACTS_ROLES);
        say(&line, "%s", table->is_temp ? ", temporary" : "");
        put(visit, "table", &line);
    }
}

static void put_columns(struct view_visit *visit, const struct sql_facts *facts)
{
    for (unsigned i = 0; i < facts->columns_count; i++) {
        const struct sql_column *column = &facts->columns[i];
        struct line line = {0};

        say_column(&line, facts, (uint16_t)i);
        say(&line, ": ");
        say_words(&line, column->clauses, facts_clauses, SQL_CLAUSE_COUNT);
        say(&line, "%s%s", column->is_guess ? " (perhaps of that table)" : "",
                column->is_outer ? " (of a query around it)" : "");
        put(visit, "column", &line);
    }
}

static void say_other_side(
        struct line *line, const struct sql_facts *facts, const struct sql_filter *filter)
{
    switch ((enum sql_other_side)filter->with) {
    case SQL_WITH_NOTHING:
        break;
    case SQL_WITH_PARAM:
        say(line, " $%u", filter->other);
        break;
    case SQL_WITH_COLUMN:
        say(line, " ");
        say_column(line, facts, filter->other);
        break;
    case SQL_WITH_LITERAL:
    case SQL_WITH_LIST:
    case SQL_WITH_QUERY:
    case SQL_WITH_EXPRESSION:
        say(line, " %s", facts_with[filter->with]);
        break;
    }
}

static void put_filters(struct view_visit *visit, const struct sql_facts *facts)
{
    for (unsigned i = 0; i < facts->filters_count; i++) {
        const struct sql_filter *filter = &facts->filters[i];
        bool has_function = filter->function < facts->functions_count;
        struct line line = {0};

        if (has_function) {
            say(&line, "%s(", sql_facts_name(facts, facts->functions[filter->function].name));
        }
        say_column(&line, facts, filter->column);
        say(&line, "%s %s", has_function ? ")" : "", sql_facts_name(facts, filter->operator));
        say_other_side(&line, facts, filter);
        say(&line, ": %s, %s%s%s%s", sql_op_text((enum sql_op)filter->op),
                facts_clauses[filter->clause], filter->is_negated ? ", negated" : "",
                filter->is_under_or ? ", under or" : "",
                filter->is_wrapped ? ", in an expression" : "");
        put(visit, "filter", &line);
    }
}

static void put_joins(struct view_visit *visit, const struct sql_facts *facts)
{
    for (unsigned i = 0; i < facts->joins_count; i++) {
        const struct sql_join *join = &facts->joins[i];
        struct line line = {0};

        say_column(&line, facts, join->left);
        say(&line, " = ");
        say_column(&line, facts, join->right);
        say(&line, ": %s%s%s", facts_joins[join->kind], join->is_explicit ? "" : ", in where",
                join->is_correlated ? ", correlated" : "");
        put(visit, "join", &line);
    }
}

static void put_functions(struct view_visit *visit, const struct sql_facts *facts)
{
    for (unsigned i = 0; i < facts->functions_count; i++) {
        const struct sql_function *function = &facts->functions[i];
        const char *volatility = facts_volatilities[function->volatility];
        struct line line = {0};

        say_name(&line, facts, function->schema, function->name);
        say(&line, ": %u argument%s%s%s%s%s%s%s", function->args, function->args == 1 ? "" : "s",
                function->is_window ? ", over" : "", function->is_distinct ? ", distinct" : "",
                function->is_in_from ? ", in from" : "", function->is_keyword ? ", keyword" : "",
                volatility == NULL ? "" : ", ", volatility == NULL ? "" : volatility);
        put(visit, function->is_aggregate ? "aggregate" : "function", &line);
    }
}

static void put_orders(struct view_visit *visit, const struct sql_facts *facts)
{
    static const char *const nulls[] = {"", ", nulls first", ", nulls last"};

    for (unsigned i = 0; i < facts->orders_count; i++) {
        const struct sql_order *order = &facts->orders[i];
        struct line line = {0};

        if (order->is_position) {
            say(&line, "an output's number");
        } else {
            say_column(&line, facts, order->column);
        }
        say(&line, "%s%s", order->is_desc ? ", descending" : "", nulls[order->nulls]);
        put(visit, order->is_group ? "group by" : "order by", &line);
    }
}

/* ---- numbers ---- */

static void put_features(struct view_visit *visit, const struct sql_features *features)
{
    const struct {
        const char *name;
        uint32_t value;
    } counts[] = {{"tables", features->tables}, {"joins", features->joins_explicit},
            {"joins in where", features->joins_implicit}, {"outer joins", features->joins_outer},
            {"filters", features->filters}, {"longest list", features->in_list_max},
            {"aggregates", features->aggregates}, {"windows", features->windows},
            {"subqueries", features->subqueries}, {"depth", features->depth},
            {"CTEs", features->ctes}, {"set operations", features->set_operations},
            {"functions", features->functions},
            {"functions on columns", features->functions_on_columns}, {"groups", features->groups},
            {"orders", features->orders}, {"columns set", features->set_columns},
            {"parameters", features->params}, {"literals", features->literals},
            {"rows of values", features->values_rows}, {"distinct", features->has_distinct},
            {"limit", features->has_limit}, {"offset", features->has_offset},
            {"recursive", features->is_recursive}};

    for (size_t i = 0; i < SL_COUNT(counts); i++) {
        if (counts[i].value > 0) {
            console_put_line(visit, "features", counts[i].name, "%u", counts[i].value);
        }
    }
}

static void put_complexity(struct view_visit *visit, const struct sql_complexity *of)
{
    console_put_line(visit, "complexity", "score", "%u", of->score);
    console_put_line(visit, "complexity", "parts",
            "tables %u, joins %u, filters %u, aggregates %u, windows %u, subqueries %u, "
            "set operations %u, depth %u",
            of->tables, of->joins, of->filters, of->aggregates, of->windows, of->subqueries,
            of->set_operations, of->depth);
}

static void put_words(struct view_visit *visit, const char *name, uint32_t bits,
        const char *const *words, unsigned count)
{
    struct line line = {0};

    if (bits != 0) {
        say_words(&line, bits, words, count);
        put(visit, name, &line);
    }
}

void console_put_facts(struct view_visit *visit, const struct sql_facts *facts)
{
    put_words(visit, "does", facts->does, facts_does, FACTS_DOES);
    put_words(visit, "effects", facts->effects, facts_effects, FACTS_EFFECTS);
    put_tables(visit, facts);
    put_columns(visit, facts);
    put_filters(visit, facts);
    put_joins(visit, facts);
    put_functions(visit, facts);
    put_orders(visit, facts);
    if (facts->is_truncated) {
        console_put_line(visit, PLAN, "truncated", "there is more than was taken down");
    }
    put_features(visit, &facts->features);
    put_complexity(visit, &facts->complexity);
}

/* ---- what names stand for ---- */

static void put_list(struct view_visit *visit, const char *name, struct sl_buf *list)
{
    if (sl_buf_len(list) > 0 && sl_buf_put_u8(list, 0) == SL_OK) {
        console_put_line(visit, "names", name, "%s", (const char *)sl_buf_borrow(list).at);
    }
}

void console_put_names(
        struct view_visit *visit, const struct sql_facts *facts, const struct catalogs_session *of)
{
    struct catalogs_names resolved;
    struct sl_buf tables;
    struct sl_buf functions;
    const char *path = search_paths_text(of->path);
    char name[SEARCH_PATH_MAX + 256];

    if (catalogs_names_resolve(facts, of, &resolved) != SL_OK) {
        return; /* no memory: it is for people */
    }
    sl_buf_init(&tables, VIEW_TEXT_MAX);
    sl_buf_init(&functions, VIEW_TEXT_MAX);
    /* A list that is too long ends where the line does. */
    SL_IGNORE(catalog_put_tables(&tables, facts, resolved.resolution), "as far as it goes");
    SL_IGNORE(catalog_put_functions(&functions, facts, resolved.resolution), "likewise");
    snprintf(name, sizeof name, "tables of %.80s/%.80s, search_path %s", of->database, of->user,
            path);
    put_list(visit, name, &tables);
    snprintf(name, sizeof name, "functions of %.80s/%.80s, search_path %s", of->database, of->user,
            path);
    put_list(visit, name, &functions);
    sl_buf_fini(&tables);
    sl_buf_fini(&functions);
    catalogs_names_fini(&resolved);
}
