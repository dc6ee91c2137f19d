/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as SQL, for the facts of it.
 *
 * 1. What libpg_query makes of a text is not much more than the text: its tree is within the
 *    bounds unless the text was refused before.
 * 2. Whatever facts point to is there: indices, names, and values within the text, in order.
 * 3. A text in two pieces, as two statements, does and leaves what either does and leaves.
 */
#include "protocol/sql_facts.h"

#include "protocol/sql_parse.h"

#include <stdlib.h>
#include <string.h>

/* libFuzzer's thread has the usual stack: no deeper than that. */
enum { TEXT_MAX = 8192 };

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_index(uint16_t index, uint16_t count)
{
    return index == SQL_NONE || index < count;
}

static void check_lists(const struct sql_facts *facts)
{
    for (size_t i = 0; i < facts->scopes_count; i++) {
        SL_CHECK(facts->scopes[i].parent == SQL_NONE || facts->scopes[i].parent < i);
        SL_CHECK(facts->scopes[i].outer == SQL_NONE || facts->scopes[i].outer < i);
    }
    for (size_t i = 0; i < facts->tables_count; i++) {
        SL_CHECK(is_index(facts->tables[i].scope, facts->scopes_count));
        SL_CHECK(strlen(sql_facts_name(facts, facts->tables[i].name)) > 0 || facts->is_truncated);
    }
    for (size_t i = 0; i < facts->columns_count; i++) {
        SL_CHECK(is_index(facts->columns[i].table, facts->tables_count));
        SL_CHECK(is_index(facts->columns[i].scope, facts->scopes_count));
        SL_CHECK(facts->columns[i].clauses < 1u << SQL_CLAUSE_COUNT);
    }
    for (size_t i = 0; i < facts->joins_count; i++) {
        SL_CHECK(is_index(facts->joins[i].left, facts->columns_count));
        SL_CHECK(is_index(facts->joins[i].right, facts->columns_count));
    }
    for (size_t i = 0; i < facts->orders_count; i++) {
        SL_CHECK(is_index(facts->orders[i].column, facts->columns_count));
    }
    for (size_t i = 0; i < facts->filters_count; i++) {
        const struct sql_filter *filter = &facts->filters[i];

        SL_CHECK(is_index(filter->column, facts->columns_count));
        SL_CHECK(is_index(filter->function, facts->functions_count));
        SL_CHECK(filter->with != SQL_WITH_COLUMN || is_index(filter->other, facts->columns_count));
        SL_CHECK(filter->with != SQL_WITH_LITERAL || is_index(filter->other, facts->values_count));
        SL_CHECK(strlen(sql_op_text((enum sql_op)filter->op)) > 0);
    }
}

static void check_values(const struct sql_facts *facts, const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < facts->values_count; i++) {
        const struct sql_value *value = &facts->values[i];

        SL_CHECK(value->offset < len);
        SL_CHECK(i == 0 || value->offset >= facts->values[i - 1].offset);
        SL_CHECK(value->kind != SQL_VALUE_PARAM || text[value->offset] == '$');
        SL_CHECK(value->number <= facts->features.params);
    }
}

static struct sql_facts *facts_of(const uint8_t *text, size_t len)
{
    struct sl_span span = sl_span(text, len);
    struct sql_tree *tree = NULL;
    struct sql_parse_error error = {0};
    struct sql_facts *facts = NULL;
    uint64_t fingerprint = 0;
    enum sl_err err = sql_parse(span, &tree, &error);

    SL_CHECK(err != SL_ELIMIT || sql_text_check(span) == SL_ELIMIT);
    SL_CHECK(err != SL_EINVAL || strlen(error.message) > 0);
    SL_CHECK(sql_fingerprint(span, &fingerprint) == err);
    if (err != SL_OK) {
        return NULL;
    }
    SL_CHECK(sql_facts_new(tree, &facts) == SL_OK);
    sql_tree_free(tree);
    check_lists(facts);
    check_values(facts, text, len);
    return facts;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char more[] = "\n;listen c; select f() from t";
    struct sql_facts *facts = size > TEXT_MAX ? NULL : facts_of(data, size);

    if (facts == NULL) {
        return 0;
    }
    uint8_t *both = malloc(size + sizeof more);
    SL_CHECK(both != NULL);
    memcpy(both, data, size);
    memcpy(both + size, more, sizeof more);
    struct sql_facts *longer = facts_of(both, size + sizeof more - 1);
    SL_CHECK(longer != NULL || sql_text_check(sl_span(both, size + sizeof more - 1)) != SL_OK);
    if (longer != NULL) {
        SL_CHECK(longer->kind == SQL_MULTI);
        SL_CHECK(longer->does == (facts->does | SQL_READS));
        SL_CHECK(longer->effects == (facts->effects | SQL_LISTENS));
        SL_CHECK(longer->features.statements == facts->features.statements + 2);
        SL_CHECK(longer->features.tables == facts->features.tables + 1);
    }
    sql_facts_free(longer);
    sql_facts_free(facts);
    free(both);
    return 0;
}
