/* SPDX-License-Identifier: PostgreSQL */
/* protocol/catalog_tables.h and catalog_reach.h: columns, keys, and what a statement reaches, by rows. */
#include "protocol/catalog_tables.h"

#include "protocol/catalog_reach.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/protocol/catalog_rows.h"

enum { ENOUGH = 1 << 24, TEXT_MAX = 256, CHAIN = 3000, WIDE = 1500 };

static const char *const roles[] = {"app"};

#define FUNCTION(oid, name) oid "|2200|" name "|1|0|0|f|v|0"
#define RELATION(oid, name) oid "|2200|" name "|r"
#define SQL(oid, body) oid "|1|" body "||~|s|~"
#define PLAIN(oid) oid "|p|d||~|~|~"

static const struct catalog_rows world = {
        .head = "150004|UTF8|app|public",
        .roles = (const char *const[]){"10|app|~", NULL},
        .schemas = (const char *const[]){"11|pg_catalog|1", "2200|public|1", "5000|b|1", NULL},
        .relations = (const char *const[]){"1259|11|pg_class|r", RELATION("20000", "a"),
                RELATION("20001", "b"), RELATION("20002", "c"), "20003|2200|v|v", "20004|5000|b|r",
                RELATION("20005", "child"), RELATION("20006", "many"), "20007|2200|s|S", NULL},
        .functions = (const char *const[]){"20|11|nextval|1|0|0|f|v|0",
                "21|11|set_config|3|0|0|f|v|0", "22|11|pg_reload_conf|0|0|0|f|v|0",
                FUNCTION("300", "writes_b"), FUNCTION("301", "calls"), FUNCTION("302", "unknown"),
                FUNCTION("303", "executes"), "304|2200|in_c|1|0|0|f|i|0", FUNCTION("305", "atomic"),
                FUNCTION("306", "reloads"), FUNCTION("307", "lib"), "308|2200|reads|1|0|0|f|s|0",
                NULL},
        .targets = (const char *const[]){"20000|f300 f20", "20001|", "20002|b20000 f304",
                "20003|V20000 F308", "20005|b20000 f302", "20006|x", NULL},
        .anyway = (const char *const[]){"301|0", "303|1", NULL},
        .bodies = (const char *const[]){SQL("300", "delete from B"),
                SQL("301", "select writes_b(1)"), SQL("303", "execute x"),
                "305|2|||~|a|f301 r20002", SQL("306", "select pg_reload_conf()"),
                "307|1|SELECT 1||~|c|~", SQL("308", "select 1 from c"), NULL},
        .tables = (const char *const[]){"20000|p|d|r|7 16|~|20011 p- 1 20012 -i 2,1",
                "20001|u|i|wh|~|~|20013 -i 3", PLAIN("20002"), "20003|p|n|svtlmyocbn|81|~|~",
                "20004|p|f||~|~|~", "20005|p|d||18|20000|~", "20006|p|d||~|~|~", NULL},
        .columns = (const char *const[]){"20000|1 23 nhs. 2 id 2 25 . 3 a b 5 1042 gi. 1 c",
                "20001|3 2950 n. 2 id", "20002|", "20005|~", NULL},
};

static struct catalog_build *new_build(size_t bytes_max)
{
    return catalog_build_new(&(struct catalog_build_options){
            .bytes_max = bytes_max, .roles = roles, .roles_count = 1, .wants_tables = true});
}

static enum sl_err make_within(
        const struct catalog_rows *rows, size_t bytes_max, const struct catalog **catalog)
{
    struct catalog_build *build = new_build(bytes_max);
    enum sl_err err = build == NULL ? SL_ELIMIT : SL_OK;

    while (err == SL_OK && !catalog_build_is_done(build)) {
        err = build_on(build, rows);
    }
    err = err == SL_OK ? catalog_build_end(build, catalog) : err;
    catalog_build_free(build);
    return err;
}

static const struct catalog *make(const struct catalog_rows *rows)
{
    const struct catalog *catalog = NULL;

    assert_int_equal(make_within(rows, ENOUGH, &catalog), SL_OK);
    return catalog;
}

static const struct catalog_details *table_of(const struct catalog *catalog, const char *name)
{
    const struct catalog_relation *relation =
            catalog_find_relation(catalog, name, catalog_find_schema(catalog, "public"));

    assert_non_null(relation);
    return catalog_details_of(catalog, relation);
}

/* "20000 20001", "-": none, "?": unknown. */
static const char *text_of(struct catalog_trees trees)
{
    static char text[TEXT_MAX];
    size_t len = 0;

    for (uint32_t i = 0; i < trees.count; i++) {
        len += (size_t)snprintf(
                text + len, sizeof text - len, "%s%u", i == 0 ? "" : " ", trees.trees[i]);
    }
    return !trees.is_known ? "?" : trees.count == 0 ? "-" : text;
}

static void expect_writes(const struct catalog *catalog, const char *name, const char *expected)
{
    assert_string_equal(
            text_of(catalog_writes_of_table(catalog, table_of(catalog, name))), expected);
}

static void expect_call(const struct catalog *catalog, const char *name, const char *expected)
{
    uint32_t count = 0;
    const struct catalog_function *function = catalog_find_functions(catalog, name, &count);

    assert_int_equal(count, 1);
    assert_string_equal(text_of(catalog_writes_of_function(catalog, function)), expected);
}

/* ---- tables ---- */

static void rows_become_tables(void **state)
{
    const struct catalog *catalog = make(&world);
    const struct catalog_details *a = table_of(catalog, "a");
    const struct catalog_details *b = table_of(catalog, "b");
    const struct catalog_details *v = table_of(catalog, "v");

    (void)state;
    assert_int_equal(a->facts, CATALOG_FACT_ROW_SECURITY | CATALOG_FACT_GENERATED);
    assert_true(catalog_has_trigger(a->triggers, CATALOG_INSERT, CATALOG_BEFORE_ROW));
    assert_true(catalog_has_trigger(a->triggers, CATALOG_UPDATE, CATALOG_AFTER_STATEMENT));
    assert_true(catalog_has_trigger(a->tree_triggers, CATALOG_UPDATE, CATALOG_BEFORE_STATEMENT));
    assert_int_equal(a->keys_count, 2);
    assert_true(catalog_key_of(catalog, a, 0)->is_primary);
    assert_true(catalog_key_of(catalog, a, 0)->is_identity);
    assert_false(catalog_key_of(catalog, a, 1)->is_identity);
    assert_int_equal(catalog_key_of(catalog, a, 1)->columns_count, 2);
    assert_int_equal(catalog_key_of(catalog, a, 1)->columns[0], 2);
    assert_int_equal(b->facts, CATALOG_FACT_UNLOGGED | CATALOG_FACT_RULES | CATALOG_FACT_INHERITED);
    assert_true(catalog_key_of(catalog, b, 0)->is_identity);
    assert_int_equal(a->columns_count, 3);
    const struct catalog_column *column = catalog_find_column(catalog, a, sl_span_text("a b"));
    assert_int_equal(column->key_kind, CATALOG_KEY_TEXT);
    assert_string_equal(catalog_column_name(catalog, column), "a b");
    column = catalog_column_of(catalog, a, 5);
    assert_int_equal(column->key_kind, CATALOG_KEY_OTHER);
    assert_true(column->is_generated && !column->is_not_null && !column->is_new);
    column = catalog_column_of(catalog, a, 1);
    assert_true(column->has_default && column->is_new);
    assert_int_equal(catalog_find_column(catalog, a, sl_span_text("id"))->name,
            catalog_find_column(catalog, b, sl_span_text("id"))->name);
    assert_true(table_of(catalog, "c")->knows_columns);
    assert_false(table_of(catalog, "child")->knows_columns);
    assert_null(table_of(catalog, "s"));
    assert_null(catalog_details_of(catalog, catalog_find_relation(catalog, "pg_class",
                                                    catalog_find_schema(catalog, "pg_catalog"))));
    assert_int_equal(table_of(catalog, "child")->tree, 20000);
    assert_true((v->behind & CATALOG_FACT_ROW_SECURITY) != 0);
    assert_true((v->facts & CATALOG_FACT_ROW_SECURITY) == 0);
    assert_true(catalog_has_trigger(v->triggers, CATALOG_UPDATE, CATALOG_INSTEAD_ROW));
    catalog_unref(catalog);
}

static void a_statement_reaches_what_is_behind_what_it_names(void **state)
{
    const struct catalog *catalog = make(&world);

    (void)state;
    expect_writes(catalog, "b", "-");
    expect_writes(catalog, "a", "?"); /* its child's trigger */
    expect_writes(catalog, "c", "-"); /* a function in C that is immutable */
    expect_writes(catalog, "v", "?");
    expect_writes(catalog, "many", "?");
    expect_call(catalog, "writes_b", "20001 20004");
    expect_call(catalog, "calls", "20001 20004");
    expect_call(catalog, "unknown", "?");
    expect_call(catalog, "executes", "?");
    expect_call(catalog, "in_c", "-");
    expect_call(catalog, "atomic", "20001 20002 20004");
    expect_call(catalog, "reloads", "?");
    expect_call(catalog, "lib", "-");
    expect_call(catalog, "reads", "-");
    expect_call(catalog, "nextval", "-");
    expect_call(catalog, "set_config", "-");
    expect_call(catalog, "pg_reload_conf", "?");
    assert_string_equal(text_of(catalog_writes_anyway(catalog)), "20001 20004");
    assert_string_equal(text_of(catalog_writes_by_ddl(catalog)), "?");
    assert_string_equal(
            text_of(catalog_reads_of_table(catalog, table_of(catalog, "v"))), "20000 20002");
    assert_string_equal(text_of(catalog_reads_of_table(catalog, table_of(catalog, "many"))), "?");
    catalog_unref(catalog);
}

/* A parent that nobody knows may be anybody's. */
static void without_its_parents_no_tree_is_known(void **state)
{
    static const char *const parents[] = {"20005|p|d||~|x|~", "20005|p|d||~|99999|~"};
    struct catalog_rows rows = world;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(parents); i++) {
        rows.tables = (const char *const[]){PLAIN("20000"), parents[i], NULL};
        const struct catalog *catalog = make(&rows);
        assert_null(table_of(catalog, "a"));
        expect_call(catalog, "writes_b", "?");
        expect_call(catalog, "lib", "-");
        catalog_unref(catalog);
    }
}

/* "x": too many of its own; "y": of those whom it is a target of, too. */
static void too_many_targets_are_not_known(void **state)
{
    struct catalog_rows rows = world;

    (void)state;
    rows.targets = (const char *const[]){"20001|", "20002|x b20001", NULL};
    const struct catalog *catalog = make(&rows);
    expect_writes(catalog, "c", "?");
    expect_writes(catalog, "b", "?");
    expect_writes(catalog, "a", "-");
    catalog_unref(catalog);
    rows.targets = (const char *const[]){"20002|y", NULL};
    catalog = make(&rows);
    assert_null(table_of(catalog, "a"));
    expect_call(catalog, "writes_b", "?");
    catalog_unref(catalog);
}

/* ---- many ---- */

static struct {
    const char *relations[CHAIN + 1];
    const char *targets[CHAIN + 1];
    const char *tables[CHAIN + 1];
    char text[3][CHAIN][48];
} many;

/* Each is changed along with the one before, or all with the first. */
static struct catalog_rows make_many(unsigned count, bool is_chain)
{
    struct catalog_rows rows = world;

    for (unsigned i = 0; i < count; i++) {
        unsigned above = is_chain ? 30000 + (i == 0 ? 0 : i - 1) : 30000;
        snprintf(many.text[0][i], 48, "%u|2200|t%u|r", 30000 + i, i);
        snprintf(many.text[1][i], 48, i == 0 ? "%u|" : "%u|b%u", 30000 + i, above);
        snprintf(many.text[2][i], 48, "%u|p|d||~|~|~", 30000 + i);
        many.relations[i] = many.text[0][i];
        many.targets[i] = many.text[1][i];
        many.tables[i] = many.text[2][i];
    }
    many.relations[count] = NULL;
    many.targets[count] = NULL;
    many.tables[count] = NULL;
    rows.relations = many.relations;
    rows.targets = many.targets;
    rows.tables = many.tables;
    rows.columns = NULL;
    return rows;
}

static void a_chain_of_any_length_is_followed(void **state)
{
    struct catalog_rows rows = make_many(CATALOG_TREES_MAX + 1, true);
    const struct catalog *catalog = make(&rows);

    (void)state;
    struct catalog_trees trees = catalog_writes_of_table(catalog, table_of(catalog, "t0"));
    assert_true(trees.is_known);
    assert_int_equal(trees.count, CATALOG_TREES_MAX);
    assert_true(catalog_trees_has(&trees, 31000) && !catalog_trees_has(&trees, 30000));
    expect_writes(catalog, "t1024", "-");
    catalog_unref(catalog);
    rows = make_many(CHAIN, true); /* more than may be in a set */
    catalog = make(&rows);
    expect_writes(catalog, "t0", "?");
    expect_writes(catalog, "t2998", "32999");
    catalog_unref(catalog);
}

static void what_many_reach_is_there_once(void **state)
{
    struct catalog_rows rows = make_many(WIDE, false);

    (void)state;
    for (unsigned i = 0; i < WIDE; i++) { /* all fire the same */
        snprintf(many.text[1][i], 48, "%u|f300", 30000 + i);
    }
    snprintf(many.text[0][0], 48, "30000|2200|b|r");
    const struct catalog *catalog = make(&rows);
    expect_writes(catalog, "t7", "30000");
    assert_true(catalog->tables->sets_count <= CATALOG_SETS_FIXED + WIDE);
    catalog_unref(catalog);
    rows = make_many(WIDE, false);
    catalog = make(&rows);
    expect_writes(catalog, "t0", "?"); /* more than may be in a set */
    catalog_unref(catalog);
}

/* ---- bounds, and answers that are none ---- */

static void at_its_bound_nothing_is_made(void **state)
{
    const struct catalog *catalog = make(&world);
    size_t bytes = catalog->bytes;

    (void)state;
    catalog_unref(catalog);
    for (size_t most = 0; most < bytes; most += 8) {
        catalog = NULL;
        assert_int_equal(make_within(&world, most, &catalog), SL_ELIMIT);
        assert_null(catalog);
    }
}

static void rows_of_another_form_are_refused(void **state)
{
    static const char *const tables[] = {"20000|t|d||~|~|~", "20000|p|x||~|~|~",
            "20000|p|d|z|~|~|~", "20000|p|d||x|~|~", "20000|p|d||~|x y|~", "20000|p|d||~|~|5",
            "20000|p|d||~|~|5 p 1", "20000|p|d||~|~|5 p- 0",
            "20000|p|d||~|~|5 p- 1,2,3,4,5,6,7,8,9", "20000|p|d||~|~|5 p- ",
            "20000|p|d||~|~|5 p- 99999", "20000|p"};
    static const char *const columns[] = {"20000|x", "20000|1 23 n. 3 id", "20000|1 23 n. 0 ",
            "20000|1 23 n. 2 idx", "20000|2 23 . 1 a 1 23 . 1 b", "20000|0 23 . 1 a",
            "20000|1 23  1 a", "20000|40000 23 . 1 a", "20000"};
    static const char *const bodies[] = {
            "305|2|||~|z|~", "305|2|||~|a|q1", "305|2|||~|a|f", "305|2|||~", "305|2|||~|~|~"};
    struct catalog_rows rows = world;
    const struct catalog *catalog = NULL;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(tables); i++) {
        rows.tables = (const char *const[]){tables[i], NULL};
        assert_int_equal(make_within(&rows, ENOUGH, &catalog), SL_EPROTO);
    }
    rows = world;
    for (size_t i = 0; i < SL_COUNT(columns); i++) {
        rows.columns = (const char *const[]){columns[i], NULL};
        enum sl_err expected = i == SL_COUNT(columns) - 1 ? SL_OK : SL_EPROTO; /* as if null */
        assert_int_equal(make_within(&rows, ENOUGH, &catalog), expected);
    }
    catalog_unref(catalog);
    catalog = NULL;
    rows = world;
    for (size_t i = 0; i < SL_COUNT(bodies); i++) {
        rows.bodies = (const char *const[]){bodies[i], NULL};
        assert_int_equal(make_within(&rows, ENOUGH, &catalog), SL_EPROTO);
    }
    assert_null(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(rows_become_tables),
            cmocka_unit_test(a_statement_reaches_what_is_behind_what_it_names),
            cmocka_unit_test(without_its_parents_no_tree_is_known),
            cmocka_unit_test(too_many_targets_are_not_known),
            cmocka_unit_test(a_chain_of_any_length_is_followed),
            cmocka_unit_test(what_many_reach_is_there_once),
            cmocka_unit_test(at_its_bound_nothing_is_made),
            cmocka_unit_test(rows_of_another_form_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
