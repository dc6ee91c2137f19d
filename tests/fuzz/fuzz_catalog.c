/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as what a server answers a builder of catalogues, and as a search_path.
 *
 * The first byte says how many answers are of the right form, and by its highest bit whether tables are wanted, the second how long the path is
 * that follows; the rest, cut at 0xff 0xfe, is the other answers. Where they are taken:
 *
 * 1. Names are in the snapshot's own heap, arrays are in their order, schemas are there.
 * 2. What is in it is found by its name.
 * 3. A session's names stand for what is in it, whatever its search_path.
 * 4. Sets are in their order, and of trees; columns and keys are those of their table.
 * 5. A relation that leaves something is found in a text that is its name; the path is another text.
 */
#include "protocol/catalog_resolve.h"
#include "protocol/catalog_tables.h"
#include "tests/unit/protocol/catalog_rows.h"

enum { ANSWERS = 11, WANTS_TABLES = 0x80, PATH_MAX_LEN = 255 };

static const char *const roles[] = {"app", "other"};

static const struct catalog_rows shop = {
        .head = "150004|UTF8|app|\"$user\", public",
        .roles = (const char *const[]){"10|app|~", "11|other|b, a", NULL},
        .schemas = (const char *const[]){"11|pg_catalog|11", "2200|public|11", "5000|b|10",
                "5001|a|01", NULL},
        .relations = (const char *const[]){"16400|2200|t|r", "16401|5001|t|v", NULL},
        .functions = (const char *const[]){"200|11|f|1|0|0|f|i|0", "201|2200|f|2|1|1|a|v|0", NULL},
        .targets = (const char *const[]){"16400|b16401", "16401|f201 r16400", NULL},
        .bodies = (const char *const[]){"201|0|begin delete from t; set a.b = 1; end||~|p|~", NULL},
        .customs = (const char *const[]){"16400|0 0 0 0 97 46 99", NULL},
        .tables =
                (const char *const[]){"16400|p|d|r|7 16|~|17000 p- 1", "16401|p|n|vt|81|~|~", NULL},
        .columns = (const char *const[]){"16400|1 23 nh. 2 id 2 25 . 1 b", NULL},
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct catalog *catalog, uint32_t name)
{
    const char *end = (const char *)catalog + catalog->bytes;

    SL_CHECK(catalog->names + name < end && end[-1] == '\0');
}

static void check_arrays(const struct catalog *catalog)
{
    for (uint32_t i = 0; i < catalog->schemas_count; i++) {
        check_name(catalog, catalog->schemas[i].name);
        SL_CHECK(i == 0 || strcmp(catalog_name(catalog, catalog->schemas[i - 1].name),
                                   catalog_name(catalog, catalog->schemas[i].name)) <= 0);
    }
    for (uint32_t i = 0; i < catalog->relations_count; i++) {
        const struct catalog_relation *relation = &catalog->relations[i];
        check_name(catalog, relation->name);
        SL_CHECK(relation->schema < catalog->schemas_count);
        SL_CHECK(relation->kind > CATALOG_UNKNOWN && relation->kind < CATALOG_KIND_COUNT);
        const struct catalog_relation *found = catalog_find_relation(
                catalog, catalog_name(catalog, relation->name), relation->schema);
        SL_CHECK(found != NULL && found->name == relation->name);
    }
    for (uint32_t i = 0; i < catalog->functions_count; i++) {
        const struct catalog_function *function = &catalog->functions[i];
        uint32_t count = 0;
        check_name(catalog, function->name);
        SL_CHECK(function->schema < catalog->schemas_count);
        SL_CHECK(function->args_min <= function->args_max);
        const struct catalog_function *found =
                catalog_find_functions(catalog, catalog_name(catalog, function->name), &count);
        SL_CHECK(found <= function && function < found + count);
    }
}

static void check_trees(const struct catalog *catalog, struct catalog_trees trees)
{
    for (uint32_t i = 0; i < trees.count; i++) {
        bool is_there = false;
        for (uint32_t r = 0; r < catalog->relations_count; r++) {
            is_there |= catalog->relations[r].oid == trees.trees[i];
        }
        SL_CHECK(is_there && trees.is_known && trees.count <= CATALOG_TREES_MAX);
        SL_CHECK(i == 0 || trees.trees[i - 1] < trees.trees[i]);
        SL_CHECK(catalog_trees_has(&trees, trees.trees[i]));
    }
}

static void check_table(const struct catalog *catalog, const struct catalog_details *table)
{
    SL_CHECK(table->columns + table->columns_count <= catalog->tables->columns_count);
    SL_CHECK(table->keys + table->keys_count <= catalog->tables->keys_count);
    SL_CHECK((table->behind & table->facts) == table->facts);
    for (unsigned i = 0; i < table->columns_count; i++) {
        const struct catalog_column *column = &catalog->tables->columns[table->columns + i];
        const char *name = catalog_column_name(catalog, column);
        SL_CHECK(name + strlen(name) < (const char *)catalog + catalog->bytes);
        SL_CHECK(catalog_column_of(catalog, table, column->number) == column);
        SL_CHECK(catalog_find_column(catalog, table, sl_span_text(name)) != NULL);
    }
    for (unsigned i = 0; i < table->keys_count; i++) {
        const struct catalog_key *key = catalog_key_of(catalog, table, i);
        SL_CHECK(key->columns_count > 0 && key->columns_count <= CATALOG_KEY_COLUMNS_MAX);
    }
    check_trees(catalog, catalog_writes_of_table(catalog, table));
    check_trees(catalog, catalog_reads_of_table(catalog, table));
}

static void check_tables(const struct catalog *catalog, bool wants_tables)
{
    SL_CHECK((catalog->tables != NULL) == wants_tables);
    for (uint32_t i = 0; i < catalog->relations_count; i++) {
        const struct catalog_details *table = catalog_details_of(catalog, &catalog->relations[i]);
        if (table != NULL) {
            check_table(catalog, table);
        }
    }
    for (uint32_t i = 0; i < catalog->functions_count; i++) {
        check_trees(catalog, catalog_writes_of_function(catalog, &catalog->functions[i]));
    }
    check_trees(catalog, catalog_writes_anyway(catalog));
    check_trees(catalog, catalog_writes_by_ddl(catalog));
}

static void check_leaving(const struct catalog *catalog)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < catalog->leaving_names_count; i++) {
        check_name(catalog, catalog->leaving_names[i]);
        SL_CHECK(i == 0 || strcmp(catalog_name(catalog, catalog->leaving_names[i - 1]),
                                   catalog_name(catalog, catalog->leaving_names[i])) < 0);
    }
    for (uint32_t i = 0; i < catalog->relations_count; i++) {
        struct sl_buf text;
        if (!catalog->relations[i].leaves) {
            continue;
        }
        count++;
        sl_buf_init(&text, 1 << 12);
        SL_CHECK(sl_buf_put_u8(&text, '"') == SL_OK);
        for (const char *at = catalog_name(catalog, catalog->relations[i].name); *at != 0; at++) {
            SL_CHECK(sl_buf_printf(&text, *at == '"' ? "\"\"" : "%c", *at) == SL_OK);
        }
        SL_CHECK(sl_buf_put_u8(&text, '"') == SL_OK);
        SL_CHECK(catalog_text_leaves(catalog, sl_buf_borrow(&text)));
        sl_buf_fini(&text);
    }
    SL_CHECK(count == catalog->leaving_count);
    for (uint32_t i = 0; i < catalog->customs_count; i++) {
        check_name(catalog, catalog->customs[i]);
    }
}

/* select t.x, f(1) from t, s.t: without the parser. */
static void check_session(const struct catalog *catalog, const char *path)
{
    static const struct sql_table tables[] = {{.name = 1}, {.schema = 3, .name = 1}};
    static const struct sql_function functions[] = {{.name = 5, .args = 1}};
    static const char names[] = "\0t\0a\0f";
    const struct sql_facts facts = {.tables_count = SL_COUNT(tables),
            .functions_count = SL_COUNT(functions),
            .tables = tables,
            .functions = functions,
            .names = names};
    struct catalog_resolution *resolution = NULL;

    for (size_t i = 0; i < SL_COUNT(roles); i++) {
        struct catalog_session session = {
                .role = roles[i], .search_path = path, .encoding = "UTF8"};
        if (path[0] == '\0') {
            session.search_path = catalog_role_path(catalog, roles[i]);
        }
        SL_CHECK(catalog_resolve(&facts, catalog, &session, &resolution) == SL_OK);
        for (unsigned t = 0; t < resolution->tables_count; t++) {
            SL_CHECK(resolution->tables[t].kind == CATALOG_UNKNOWN ||
                     resolution->tables[t].schema != NULL);
        }
        SL_CHECK(resolution->functions[0].volatility <= SQL_VOLATILE);
        free(resolution);
    }
}

static struct sl_span next_answer(struct sl_span *rest)
{
    static const uint8_t cut[] = {0xff, 0xfe};
    const uint8_t *at = rest->len == 0 ? NULL : memmem(rest->at, rest->len, cut, sizeof cut);
    struct sl_span answer = *rest;

    if (at == NULL) {
        *rest = sl_span("", 0);
        return answer;
    }
    answer.len = (size_t)(at - rest->at);
    *rest = sl_span(at + sizeof cut, rest->len - answer.len - sizeof cut);
    return answer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH_MAX_LEN + 1] = "";
    const struct catalog *catalog = NULL;

    if (size < 2 || size > 65536 || size < 2U + data[1]) {
        return 0;
    }
    memcpy(path, data + 2, data[1]);
    struct sl_span rest = sl_span(data + 2 + data[1], size - 2U - data[1]);
    struct catalog_build *build =
            catalog_build_new(&(struct catalog_build_options){.bytes_max = 1 << 20,
                    .roles = roles,
                    .roles_count = SL_COUNT(roles),
                    .wants_tables = (data[0] & WANTS_TABLES) != 0});
    SL_CHECK(build != NULL);
    enum sl_err err = SL_OK;
    for (unsigned i = 0; err == SL_OK && !catalog_build_is_done(build); i++) {
        err = i < (data[0] & ~WANTS_TABLES) % (ANSWERS + 1)
                      ? build_on(build, &shop)
                      : catalog_build_rows(build, next_answer(&rest), true);
    }
    if (err == SL_OK) {
        SL_CHECK(catalog_build_end(build, &catalog) == SL_OK);
        check_arrays(catalog);
        check_tables(catalog, (data[0] & WANTS_TABLES) != 0);
        check_leaving(catalog);
        SL_IGNORE(catalog_text_leaves(catalog, sl_span_text(path)), "it only must not crash");
        SL_IGNORE(catalog_text_holds(catalog, sl_span_text(path)), "likewise");
        check_session(catalog, path);
    }
    catalog_build_free(build);
    catalog_unref(catalog);
    return 0;
}
