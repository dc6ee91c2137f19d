/* SPDX-License-Identifier: PostgreSQL */
/* protocol/catalog_hidden.h: which relations leave something, and which texts by what they name. */
#include "protocol/catalog_hidden.h"

#include "protocol/catalog_customs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/protocol/catalog_rows.h"

enum { ENOUGH = 1 << 22, CHAIN = 50, MANY = 300 };

static const char *const roles[] = {"app"};

/* OID, schema, name; 11 is pg_catalog. */
#define FUNCTION(oid, schema, name) oid "|" schema "|" name "|1|0|0|f|v|0"
#define RELATION(oid, name) oid "|2200|" name "|r"
#define SQL(oid, body) oid "|1|" body "|"

static const struct catalog_rows world = {
        .head = "150004|UTF8|app|\"$user\", public",
        .roles = (const char *const[]){"10|app|~", NULL},
        .schemas = (const char *const[]){"11|pg_catalog|1", "2200|public|1", "5000|b|1", NULL},
        .relations = (const char *const[]){RELATION("20100", "plain"),
                RELATION("20101", "triggered"), RELATION("20102", "fine"),
                RELATION("20103", "of_view"), RELATION("20104", "parent"),
                RELATION("20105", "child"), RELATION("20106", "serial"),
                RELATION("20107", "config"), RELATION("20108", "in_c"),
                RELATION("20109", "unknown_function"), RELATION("20110", "unknown_relation"),
                RELATION("20111", "by_body"), RELATION("20112", "reads_fine"), "20113|5000|twice|r",
                RELATION("20114", "twice"), RELATION("20115", "by_twice"),
                RELATION("20116", "many"), RELATION("20117", "one"), RELATION("20118", "other"),
                RELATION("20119", "truncates"), RELATION("20120", "analyzes"),
                RELATION("20121", "as_type"), RELATION("20122", "Qu\"oted"),
                RELATION("20123", "grand"), RELATION("20124", "refreshes"), NULL},
        .functions = (const char *const[]){FUNCTION("20", "11", "nextval"),
                FUNCTION("21", "11", "set_config"), FUNCTION("22", "11", "tsvector_update_trigger"),
                FUNCTION("200", "2200", "sets_it"), FUNCTION("201", "2200", "plain_body"),
                FUNCTION("202", "2200", "in_c"), FUNCTION("203", "2200", "reads_view"),
                FUNCTION("204", "2200", "reads_fine"), FUNCTION("205", "2200", "reads_twice"),
                FUNCTION("206", "2200", "truncates"), FUNCTION("207", "2200", "analyzes"),
                "208|2200|as_type|1|0|0|f|v|1", FUNCTION("209", "2200", "quotes"),
                FUNCTION("210", "2200", "truncates_one"), FUNCTION("211", "2200", "refreshes"),
                FUNCTION("212", "2200", "reads_other"), NULL},
        .targets = (const char *const[]){"20100|", "20101|f200", "20102|f201 f22",
                "20103|r20101 f201", "20104|b20123", "20105|b20104 f200", "20106|f20 f201",
                "20107|f21", "20108|f202", "20109|f999", "20110|r999", "20111|f203", "20112|f204",
                "20113|f200", "20115|f205", "20116|x", "20117|r20118", "20118|r20117", "20119|f206",
                "20120|f207", "20121|f208", "20122|f200", NULL},
        .bodies = (const char *const[]){SQL("200", "select set_config('a.b', 'c', false)"),
                SQL("201", "select 1"), SQL("203", "select 1 from OF_View"),
                SQL("204", "select 1 from fine, plain"), SQL("205", "delete from twice"),
                SQL("206", "truncate plain cascade"), SQL("207", "analyze"),
                SQL("208", "select 'x'"), SQL("209", "select 1 from \"of_view\""),
                SQL("210", "truncate plain"), SQL("211", "refresh materialized view plain"),
                SQL("212", "select 1 from \"OF_View\", one"), NULL},
};

static struct catalog_build *new_build(void)
{
    struct catalog_build *build = catalog_build_new(
            &(struct catalog_build_options){.bytes_max = ENOUGH, .roles = roles, .roles_count = 1});

    assert_non_null(build);
    return build;
}

static const struct catalog *make(const struct catalog_rows *rows)
{
    const struct catalog *catalog = NULL;
    struct catalog_build *build = new_build();

    while (!catalog_build_is_done(build)) {
        assert_int_equal(build_on(build, rows), SL_OK);
    }
    assert_int_equal(catalog_build_end(build, &catalog), SL_OK);
    catalog_build_free(build);
    return catalog;
}

static bool leaves(const struct catalog *catalog, const char *schema, const char *name)
{
    const struct catalog_relation *relation =
            catalog_find_relation(catalog, name, catalog_find_schema(catalog, schema));

    assert_non_null(relation);
    return relation->leaves;
}

static bool text_leaves(const struct catalog *catalog, const char *text)
{
    struct sl_span whole = sl_span_text(text);
    size_t len = whole.len;
    uint8_t *copy = malloc(len > 0 ? len : 1); /* so that what reads beyond is found */

    assert_non_null(copy);
    memcpy(copy, whole.at, len);
    bool said = catalog_text_leaves(catalog, sl_span(copy, len));
    free(copy);
    return said;
}

/* ---- relations ---- */

static void a_relation_leaves_what_it_uses_does(void **state)
{
    static const char *const leaving[] = {"triggered", "of_view", "parent", "child", "config",
            "in_c", "unknown_function", "unknown_relation", "by_body", "by_twice", "many",
            "truncates", "analyzes", "Qu\"oted", "grand"};
    static const char *const others[] = {"plain", "fine", "serial", "reads_fine", "twice", "one",
            "other", "as_type", "refreshes"};
    struct catalog_rows rows = world;
    const struct catalog *catalog = make(&rows);

    (void)state;
    for (size_t i = 0; i < SL_COUNT(leaving); i++) {
        if (!leaves(catalog, "public", leaving[i])) {
            fail_msg("%s leaves something", leaving[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if (leaves(catalog, "public", others[i])) {
            fail_msg("%s leaves nothing", others[i]);
        }
    }
    assert_true(leaves(catalog, "b", "twice"));
    assert_int_equal(catalog->leaving_count, SL_COUNT(leaving) + 1);
    assert_int_equal(catalog->leaving_names_count, SL_COUNT(leaving) + 1);
    assert_false(catalog->leaves_anyway);
    assert_false(catalog->leaves_by_ddl);
    catalog_unref(catalog);
}

static void a_function_that_names_such_a_relation_is_not_harmless(void **state)
{
    static const char *const harmful[] = {
            "reads_view", "reads_twice", "truncates", "analyzes", "quotes", "as_type"};
    static const char *const harmless[] = {
            "plain_body", "reads_fine", "truncates_one", "refreshes", "reads_other"};
    struct catalog_rows rows = world;
    const struct catalog *catalog = make(&rows);

    (void)state;
    for (size_t i = 0; i < SL_COUNT(harmful); i++) {
        assert_false(catalog_call_is_harmless(catalog, sl_span("", 0), sl_span_text(harmful[i])));
    }
    for (size_t i = 0; i < SL_COUNT(harmless); i++) {
        assert_true(catalog_call_is_harmless(catalog, sl_span("", 0), sl_span_text(harmless[i])));
    }
    catalog_unref(catalog);
}

/* t0 uses t1 uses t2 ...: the harm at the end comes up one round at a time, and not all the way. */
static void a_chain_longer_than_the_rounds_leaves_something(void **state)
{
    static char relations[CHAIN][64];
    static char targets[CHAIN][64];
    static const char *relation_rows[CHAIN + 1];
    static const char *target_rows[CHAIN + 1];
    struct catalog_rows rows = world;

    (void)state;
    for (int i = 0; i < CHAIN; i++) {
        snprintf(relations[i], sizeof relations[i], "%d|2200|t%d|r", 20100 + i, i);
        snprintf(targets[i], sizeof targets[i], "%d|r%d", 20100 + i, 20100 + i + 1);
        relation_rows[i] = relations[i];
        target_rows[i] = targets[i];
    }
    rows.relations = relation_rows;
    rows.targets = target_rows;
    const struct catalog *catalog = make(&rows); /* the last one uses what is not there */
    assert_int_equal(catalog->leaving_count, CHAIN);
    catalog_unref(catalog);
    snprintf(targets[CHAIN - 1], sizeof targets[0], "%d|", 20100 + CHAIN - 1);
    catalog = make(&rows);
    assert_int_equal(catalog->leaving_count, 0);
    catalog_unref(catalog);
}

static void many_relations_come_in_many_answers(void **state)
{
    static char relations[MANY][64];
    static char targets[MANY][64];
    static const char *relation_rows[MANY + 1];
    static const char *target_rows[MANY + 1];
    struct catalog_rows rows = world;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(relations[i], sizeof relations[i], "%d|2200|t%d|r", 20000 + i, i % 100);
        snprintf(targets[i], sizeof targets[i], "%d|f%d", 20000 + i, i % 3 == 0 ? 200 : 201);
        relation_rows[i] = relations[i];
        target_rows[i] = targets[i];
    }
    rows.relations = relation_rows;
    rows.targets = target_rows;
    const struct catalog *catalog = make(&rows);
    assert_int_equal(catalog->leaving_count, MANY / 3);
    assert_int_equal(
            catalog->leaving_names_count, 100); /* each of a hundred names is there thrice */
    assert_true(text_leaves(catalog, "select from t99"));
    assert_false(text_leaves(catalog, "select from t100"));
    catalog_unref(catalog);
}

static void more_edges_than_there_may_be_leave_something(void **state)
{
    enum { RELATIONS = 2400 };
    static char relations[RELATIONS][32];
    static char targets[RELATIONS][16 + 60 * 8];
    static const char *relation_rows[RELATIONS + 1];
    static const char *target_rows[RELATIONS + 1];
    struct catalog_rows rows = world;

    (void)state;
    for (int i = 0; i < RELATIONS; i++) {
        snprintf(relations[i], sizeof relations[i], "%d|2200|t%d|r", 20000 + i, i);
        int len = snprintf(targets[i], sizeof targets[i], "%d|r20000", 20000 + i);
        for (int n = 1; n < 60; n++) {
            len += snprintf(targets[i] + len, sizeof targets[i] - (size_t)len, " r%d", 20000 + n);
        }
        relation_rows[i] = relations[i];
        target_rows[i] = targets[i];
    }
    rows.relations = relation_rows;
    rows.targets = target_rows;
    const struct catalog *catalog = make(&rows);
    assert_true(leaves(catalog, "public", "t2399"));
    assert_false(leaves(catalog, "public", "t1000")); /* and none of the first sixty does */
    catalog_unref(catalog);
}

static void functions_behind_operators_spoil_all(void **state)
{
    static const struct {
        const char *row;
        bool anyway;
        bool by_ddl;
    } cases[] = {{"200|0", true, false}, {"200|1", false, true}, {"201|0", false, false},
            {"201|1", false, false}, {"203|0", true, false}, {"20|0", false, false},
            {"21|0", true, false}, {"208|0", false, false}, {"999|0", true, false}};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        struct catalog_rows rows = world;
        rows.anyway = (const char *const[]){cases[i].row, NULL};
        const struct catalog *catalog = make(&rows);
        if (catalog->leaves_anyway != cases[i].anyway ||
                catalog->leaves_by_ddl != cases[i].by_ddl) {
            fail_msg("%s: %d %d", cases[i].row, catalog->leaves_anyway, catalog->leaves_by_ddl);
        }
        assert_int_equal(text_leaves(catalog, "select 1"), cases[i].anyway);
        assert_int_equal(
                text_leaves(catalog, "create table t ()"), cases[i].anyway || cases[i].by_ddl);
        catalog_unref(catalog);
    }
}

static void rows_of_another_form_are_refused(void **state)
{
    static const char *const bad[] = {"", "x|f1", "100", "20100|~", "20100|f", "20100|1",
            "20100|y1", "20100|f1,f2", "20100|f1  f2", "20100| f1", "20100|fx",
            "20100|f99999999999", "20100|f4294967296", "20100|xx", "0|"};
    static const char *const bad_anyway[] = {"", "x|0", "200", "200|~", "200|2", "200|", "0|0"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad) + SL_COUNT(bad_anyway); i++) {
        bool is_anyway = i >= SL_COUNT(bad);
        const char *row = is_anyway ? bad_anyway[i - SL_COUNT(bad)] : bad[i];
        struct catalog_build *build = new_build();
        struct sl_buf got;
        for (unsigned asked = 0; asked < 5U + is_anyway; asked++) {
            struct catalog_rows rows = world;
            assert_int_equal(build_on(build, &rows), SL_OK);
        }
        sl_buf_init(&got, 1 << 16);
        put_row(&got, row);
        if (catalog_build_rows(build, sl_buf_borrow(&got), true) != SL_EPROTO) {
            fail_msg("\"%s\" was taken", row);
        }
        sl_buf_fini(&got);
        catalog_build_free(build);
    }
}

/* ---- texts ---- */

static void a_text_leaves_what_it_names(void **state)
{
    static const char *const leaving[] = {"select * from triggered",
            "INSERT INTO Triggered VALUES (1)", "select * from \"triggered\"",
            "select * from public.of_view v", "table parent", "select a.child",
            "select 1; select 2 from config", "select * from \"Qu\"\"oted\"",
            "select * from u&\"x\"", "select * from U&\"x\" uescape '!'", "select 'a\\b'",
            "select n'a\\b'", "select 'open", "select \"open", "select $$open", "select /* open",
            "select $a$ $$ x", "vacuum", "Analyze", "select 1; reindex database x",
            "truncate plain cascade", "select 1into triggered", "select a-/*x*/-triggered",
            "select E'\\'', triggered",
            "select x123456789012345678901234567890123456789012345678901234567890123",
            "select E'\xc3\xa4\\'' from plain", "select triggered", "copy triggered from stdin"};
    static const char *const others[] = {"", " ", ";", "select 1 from plain, fine",
            "select 'triggered'", "select * from \"Triggered\"", "select e'\\', triggered'",
            "select e'a\\\\', 'triggered'", "/* triggered */ select 1 -- triggered",
            "select $$triggered$$, $1, $a$of_view$a$", "explain analyze select 1", "truncate plain",
            "alter table plain drop a cascade", "select n'triggered', b'0', x'1f', u&'triggered'",
            "select triggered2, _triggered", "select m\xc3\xbcller from \"M\xc3\xbcller\"",
            "select a$triggered", "select quoted, \"qu\"", "select 1.5, .5, 1e5, 0x1f", "vacuumed",
            "select analyze"};
    struct catalog_rows rows = world;
    const struct catalog *catalog = make(&rows);

    (void)state;
    for (size_t i = 0; i < SL_COUNT(leaving); i++) {
        if (!text_leaves(catalog, leaving[i])) {
            fail_msg("%s", leaving[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if (text_leaves(catalog, others[i])) {
            fail_msg("not: %s", others[i]);
        }
    }
    char *text = malloc(CATALOG_TEXT_MAX + 2);
    assert_non_null(text);
    memset(text, ' ', CATALOG_TEXT_MAX + 1);
    assert_false(catalog_text_leaves(catalog, sl_span(text, CATALOG_TEXT_MAX)));
    assert_true(catalog_text_leaves(catalog, sl_span(text, CATALOG_TEXT_MAX + 1)));
    free(text);
    catalog_unref(catalog);
}

static void where_nothing_leaves_no_text_is_read(void **state)
{
    struct catalog_rows rows = world;

    (void)state;
    rows.targets = NULL;
    const struct catalog *catalog = make(&rows);
    assert_int_equal(catalog->leaving_count, 0);
    assert_false(text_leaves(catalog, "select 'open"));
    assert_false(text_leaves(catalog, "vacuum"));
    catalog_unref(catalog);
}

static void event_triggers_are_behind_what_changes_the_schema(void **state)
{
    static const char *const quiet[] = {"select 1", "insert into t select 1",
            "merge into t using u", "with a as (select 1) insert into t table a", "(select 1)",
            "begin; commit", "set a = 1", "truncate t", "copy t from stdin", "\"x\""};
    static const char *const loud[] = {"create table t ()", "select 1 into t",
            "begin; drop table t", "execute p", "explain analyze create table t as select 1",
            "refresh materialized view m", "call f()", "do 'x'", "reindex table t", "grant a to b"};
    struct catalog_rows rows = world;

    (void)state;
    rows.targets = NULL;
    rows.anyway = (const char *const[]){"200|1", NULL};
    const struct catalog *catalog = make(&rows);
    for (size_t i = 0; i < SL_COUNT(quiet); i++) {
        if (text_leaves(catalog, quiet[i])) {
            fail_msg("not: %s", quiet[i]);
        }
    }
    for (size_t i = 0; i < SL_COUNT(loud); i++) {
        if (!text_leaves(catalog, loud[i])) {
            fail_msg("%s", loud[i]);
        }
    }
    assert_false(catalog_call_is_harmless(catalog, sl_span("", 0), sl_span_text("refreshes")));
    catalog_unref(catalog);
}

static void custom_settings_of_functions_are_told(void **state)
{
    static const char *const expected[] = {"a.b", "my.thing", "x.y.z", "c.d", "e.f", "g.h", "i.j"};
    struct catalog_rows rows = world;

    (void)state;
    rows.bodies = (const char *const[]){
            SQL("200", "select set_config('A.b', 'c', false), set_config ( 'a.B', 'd', true), "
                       "set_config('work_mem', 'x', false), set_config($1, 'no.name', false)"),
            SQL("201", "select current_setting('harmless.one')"),
            SQL("202", "begin set my.thing = 1; set local x.y.z to 'a'; SET SESSION c.d := 2; "
                       "execute 'select set_config(''e.f'', ''1'', false)'; set role = r; "
                       "execute $$set g.h = 1$$; execute $a$set i.j to 1$a$; "
                       "reset a.c; set 1.x = 1; set .x = 1; set x. = 1; set x.; set"),
            SQL("203", "select set_config('"), SQL("204", "select set_config("), NULL};
    const struct catalog *catalog = make(&rows);
    assert_int_equal(catalog->customs_count, SL_COUNT(expected));
    for (size_t i = 0; i < SL_COUNT(expected); i++) {
        assert_string_equal(catalog_name(catalog, catalog->customs[i]), expected[i]);
    }
    catalog_unref(catalog);
}

/* Of bodies that are only searched, and of trees: a constant comes as its bytes, the first four a length. */
static void custom_settings_that_are_not_in_a_body_are_told(void **state)
{
    static const char *const expected[] = {
            "a.searched", "a.default", "a.at", "a.b", "c.d", "x.y_\xc3\xa4"};
    static char longest[2 * 4096] = "20103|1 1 1 1 97 46";
    struct catalog_rows rows = world;

    (void)state;
    for (int i = 0; i < CATALOG_CUSTOM_LEN_MAX; i++) {
        strcat(longest, " 98");
    }
    rows.bodies = (const char *const[]){"200|2|set work_mem =; set a.searched = 1|",
            "201|1|select 1|set_config('a.default'::text, 'x'::text, false)",
            "202|2|set_config(|32 0 0 0 97 46 97 116|", "203|2|set_config(||32 0 0 0 97 46 97 116",
            "204|2|||~", NULL};
    rows.customs = (const char *const[]){"20100|", "20101|28 0 0 0 97 46 66 ",
            "20102|-1 0 0 0 99 46 100,28 0 0 0 97 46 98 ,0 0 0 0 120 46 121 95 -61 164 ", longest,
            "20104|0 0 0 0 97 98 ,0 0 0 ,,28 0 0 0,28 0 0 0 97 46 39", NULL};
    const struct catalog *catalog = make(&rows);
    assert_int_equal(catalog->customs_count, SL_COUNT(expected));
    for (size_t i = 0; i < SL_COUNT(expected); i++) {
        assert_string_equal(catalog_name(catalog, catalog->customs[i]), expected[i]);
    }
    catalog_unref(catalog);
}

static void constants_of_another_form_are_refused(void **state)
{
    static const char *const bad[] = {"", "x|", "0|", "100|a", "100|-", "100|1 -129", "100|256",
            "100|1 2;3", "100|--1", "100|1-", "100|99999999999999999999"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        struct catalog_customs customs = {.count = 0};
        struct sl_buf got;
        uint32_t last = 0;
        sl_buf_init(&got, 1 << 16);
        put_row(&got, bad[i]);
        struct sl_span rows = sl_buf_borrow(&got);
        struct catalog_row row = {.body = sl_span(rows.at + 4, rows.len - 4)};
        if (catalog_customs_row(&customs, &row, &last) != SL_EPROTO) {
            fail_msg("\"%s\" was taken", bad[i]);
        }
        sl_buf_fini(&got);
    }
}

/* Columns that are there from PostgreSQL 14 on. */
static void what_a_server_does_not_have_is_not_asked_for(void **state)
{
    static const struct {
        const char *head;
        bool has_them;
    } cases[] = {{"120022|UTF8|app|public", false}, {"139999|UTF8|app|public", false},
            {"140000|UTF8|app|public", true}, {"180001|UTF8|app|public", true}};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(cases); i++) {
        struct catalog_rows rows = world;
        struct catalog_build *build = new_build();
        unsigned bodies = 0;
        unsigned statistics = 0;
        rows.head = cases[i].head;
        while (!catalog_build_is_done(build)) {
            struct sl_buf query;
            sl_buf_init(&query, 1 << 20);
            assert_int_equal(catalog_build_query(build, &query), SL_OK);
            assert_int_equal(sl_buf_put_u8(&query, 0), SL_OK);
            const char *text = (const char *)sl_buf_borrow(&query).at;
            bodies += strstr(text, "prosqlbody") != NULL;
            statistics += strstr(text, "stxexprs") != NULL;
            sl_buf_fini(&query);
            assert_int_equal(build_on(build, &rows), SL_OK);
        }
        assert_int_equal(bodies, cases[i].has_them);
        assert_int_equal(statistics, cases[i].has_them);
        catalog_build_free(build);
    }
}

static void no_more_custom_settings_are_told_than_there_may_be(void **state)
{
    static char body[CATALOG_CUSTOMS_MAX * 64];
    struct catalog_rows rows = world;
    int len = snprintf(body, sizeof body, "200|0|begin ");

    (void)state;
    for (int i = 0; i < CATALOG_CUSTOMS_MAX + 10; i++) {
        len += snprintf(body + len, sizeof body - (size_t)len, "set a.b%d = 1; ", i);
    }
    snprintf(body + len, sizeof body - (size_t)len, "end|");
    rows.bodies = (const char *const[]){body, NULL};
    const struct catalog *catalog = make(&rows);
    assert_int_equal(catalog->customs_count, CATALOG_CUSTOMS_MAX);
    assert_string_equal(catalog_name(catalog, catalog->customs[31]), "a.b31");
    catalog_unref(catalog);
}

/* A foreign key's table that has too many targets of its own is its parents' yet. */
static void too_many_targets_do_not_hide_whose_target_it_is(void **state)
{
    struct catalog_rows rows = world;

    (void)state;
    rows.targets = (const char *const[]){"20100|", "20101|x b20100", NULL};
    const struct catalog *catalog = make(&rows);
    assert_true(leaves(catalog, "public", "triggered"));
    assert_true(leaves(catalog, "public", "plain"));
    assert_false(catalog->leaves_anyway);
    catalog_unref(catalog);
    rows.targets = (const char *const[]){"20101|y", NULL};
    catalog = make(&rows);
    assert_true(catalog->leaves_anyway);
    catalog_unref(catalog);
}

/* What another encoding has instead of them nobody knows here. */
static void names_that_are_not_ascii_are_taken_for_any_of_them(void **state)
{
    struct catalog_rows rows = world;

    (void)state;
    rows.relations =
            (const char *const[]){RELATION("20100", "m\xc3\xbcll"), RELATION("20101", "t"), NULL};
    rows.targets = (const char *const[]){"20100|f200", "20101|", NULL};
    const struct catalog *catalog = make(&rows);
    assert_true(text_leaves(catalog, "select from m\xc3\xbcll"));
    assert_true(text_leaves(catalog, "select from \"\xe4\""));
    assert_false(text_leaves(catalog, "select from t"));
    catalog_unref(catalog);
    rows.head = "150004|LATIN5|app|public"; /* 'I' with a dot may be an i in lower case */
    rows.relations = (const char *const[]){RELATION("20100", "i"), RELATION("20101", "t"), NULL};
    catalog = make(&rows);
    assert_true(text_leaves(catalog, "select from \xdd"));
    assert_false(text_leaves(catalog, "select from t"));
    catalog_unref(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_relation_leaves_what_it_uses_does),
            cmocka_unit_test(a_function_that_names_such_a_relation_is_not_harmless),
            cmocka_unit_test(a_chain_longer_than_the_rounds_leaves_something),
            cmocka_unit_test(many_relations_come_in_many_answers),
            cmocka_unit_test(more_edges_than_there_may_be_leave_something),
            cmocka_unit_test(functions_behind_operators_spoil_all),
            cmocka_unit_test(rows_of_another_form_are_refused),
            cmocka_unit_test(a_text_leaves_what_it_names),
            cmocka_unit_test(where_nothing_leaves_no_text_is_read),
            cmocka_unit_test(event_triggers_are_behind_what_changes_the_schema),
            cmocka_unit_test(custom_settings_of_functions_are_told),
            cmocka_unit_test(custom_settings_that_are_not_in_a_body_are_told),
            cmocka_unit_test(constants_of_another_form_are_refused),
            cmocka_unit_test(what_a_server_does_not_have_is_not_asked_for),
            cmocka_unit_test(no_more_custom_settings_are_told_than_there_may_be),
            cmocka_unit_test(too_many_targets_do_not_hide_whose_target_it_is),
            cmocka_unit_test(names_that_are_not_ascii_are_taken_for_any_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
