/* SPDX-License-Identifier: PostgreSQL */
/* protocol/catalog.h, _build.h and _resolve.h: what rows are made of, and names stand for. */
#include "protocol/catalog_resolve.h"

#include "protocol/sql_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/protocol/catalog_rows.h"

enum { ENOUGH = 1 << 20, MANY = 1000 };

static const char *const roles[] = {"app", "other", "nobody", "own"};

static const struct catalog_rows shop = {
        .head = "150004|UTF8|app|\"$user\", public",
        .roles = (const char *const[]){"10|app|~", "11|other|b, a", "12|own|~", NULL},
        .schemas = (const char *const[]){"11|pg_catalog|1111", "2200|public|1111", "5000|b|1101",
                "5001|a|1101", "5002|own|0001", "5003|hidden|0100", NULL},
        .relations = (const char *const[]){"100|11|pg_class|r", "6000|2200|t|r", "6001|5001|t|v",
                "6002|5000|u|m", "6003|5001|u|p", "6004|5003|t|r", "6005|5002|t|f", "6006|2200|s|S",
                "6007|9999|gone|r", "6008|2200|m\xc3\xbcll|r", NULL},
        .functions = (const char *const[]){"200|11|lower|1|0|0|f|i|0", "201|11|now|0|0|0|f|s|0",
                "202|11|random|0|0|0|f|v|0", "203|11|sum|1|0|0|a|i|0", "204|11|concat|1|0|1|f|s|0",
                "205|11|rank|0|0|0|w|i|0", "206|11|interval|1|0|0|f|i|1", "207|11|abs|1|0|0|f|i|0",
                "208|11|abs|1|0|0|f|i|0", "7000|2200|f|1|0|0|f|i|0", "7001|2200|f|2|1|0|f|s|0",
                "7002|2200|f|3|0|0|f|v|0", "7003|5003|f|1|0|0|f|v|0", "7004|2200|mine|2|0|0|a|v|0",
                "7005|2200|lower|1|0|0|f|v|0", "7006|5001|total|1|0|0|a|s|0",
                "7007|5001|p|0|0|0|p|v|0", NULL},
        .bodies = (const char *const[]){"7000|1|select f(1), mine(1, 2)||~|s|~",
                "7001|0|begin delete from t; end||~|p|~", NULL},
        .tables = (const char *const[]){"6000|p|d||5|~|6100 p- 1", "6001|p|n|s|~|~|~",
                "6003|p|d||~|6000|~", NULL},
        .columns = (const char *const[]){"6000|1 23 n. 2 id 2 25 . 1 b", "6003|1 23 n. 2 id", NULL},
};

static bool wants_tables; /* of new builds */

static struct catalog_build *new_build(size_t bytes_max)
{
    return catalog_build_new(&(struct catalog_build_options){.bytes_max = bytes_max,
            .roles = roles,
            .roles_count = SL_COUNT(roles),
            .wants_tables = wants_tables});
}

static enum sl_err make(
        const struct catalog_rows *rows, size_t bytes_max, const struct catalog **catalog)
{
    struct catalog_build *build = new_build(bytes_max);
    enum sl_err err = build == NULL ? SL_ENOMEM : SL_OK;

    while (err == SL_OK && !catalog_build_is_done(build)) {
        err = build_on(build, rows);
    }
    if (err == SL_OK) {
        err = catalog_build_end(build, catalog);
    }
    catalog_build_free(build);
    return err;
}

static const struct catalog *shop_catalog(void)
{
    const struct catalog *catalog = NULL;

    assert_int_equal(make(&shop, ENOUGH, &catalog), SL_OK);
    return catalog;
}

/* ---- the snapshot ---- */

static void what_was_read_is_found_by_name(void **state)
{
    const struct catalog *catalog = shop_catalog();
    uint32_t count = 0;

    (void)state;
    assert_int_equal(catalog->server_version, 150004);
    assert_string_equal(catalog_name(catalog, catalog->encoding), "UTF8");
    assert_int_equal(catalog->schemas_count, 6);
    assert_int_equal(catalog->relations_count, 9); /* not that of a schema nobody knows */
    assert_int_equal(catalog->roles_count, 3);     /* "nobody" is not there */
    uint16_t a = catalog_find_schema(catalog, "a");
    assert_int_equal(catalog->schemas[a].oid, 5001);
    assert_int_equal(catalog_find_schema(catalog, "aa"), CATALOG_NONE);
    assert_int_equal(catalog_find_schema(catalog, ""), CATALOG_NONE);
    const struct catalog_relation *t = catalog_find_relation(catalog, "t", a);
    assert_non_null(t);
    assert_int_equal(t->oid, 6001);
    assert_int_equal(t->kind, CATALOG_VIEW);
    t = catalog_find_relation(catalog, "t", catalog_find_schema(catalog, "own"));
    assert_int_equal(t->oid, 6005);
    assert_int_equal(t->kind, CATALOG_FOREIGN);
    assert_null(catalog_find_relation(catalog, "t", catalog_find_schema(catalog, "b")));
    assert_null(catalog_find_relation(catalog, "gone", a));
    catalog_find_functions(catalog, "abs", &count);
    assert_int_equal(count, 1); /* two that no call can tell apart */
    catalog_find_functions(catalog, "f", &count);
    assert_int_equal(count, 4);
    catalog_find_functions(catalog, "ff", &count);
    assert_int_equal(count, 0);
    catalog_unref(catalog_ref(catalog));
    catalog_unref(catalog);
    catalog_unref(NULL);
}

static void a_role_begins_with_its_own_search_path(void **state)
{
    struct catalog_rows rows = shop;

    (void)state;
    const struct catalog *catalog = shop_catalog();
    assert_string_equal(catalog_role_path(catalog, "app"), "\"$user\", public");
    assert_string_equal(catalog_role_path(catalog, "other"), "b, a");
    assert_null(catalog_role_path(catalog, "nobody"));
    assert_null(catalog_role_path(catalog, "stranger"));
    assert_null(catalog_role_path(catalog, NULL));
    catalog_unref(catalog);

    rows.head = "150004|UTF8|app|~"; /* the one who asked has settings of its own */
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_OK);
    assert_null(catalog_role_path(catalog, "app"));
    assert_string_equal(catalog_role_path(catalog, "other"), "b, a");
    catalog_unref(catalog);

    rows.head = "150004|UTF8|root|public"; /* the session is another's by now */
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_OK);
    assert_null(catalog_role_path(catalog, "app"));
    catalog_unref(catalog);
}

static void a_large_catalogue_comes_in_small_answers(void **state)
{
    static const char *lines[MANY + 1];
    static char text[MANY][48];
    struct catalog_rows rows = shop;
    const struct catalog *catalog = NULL;
    unsigned asked = 0;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof text[i], "%u|2200|t%u|r", 10000 + i, i * 7919 % MANY);
        lines[i] = text[i];
    }
    rows.relations = lines;
    struct catalog_build *build = new_build(ENOUGH);
    assert_true(catalog_build_slow_down(build));
    for (; !catalog_build_is_done(build); asked++) {
        assert_int_equal(build_on(build, &rows), SL_OK);
    }
    assert_int_equal(asked, 8 + MANY / (CATALOG_ROWS_FIRST / 2) + 1); /* the last answer is empty */
    assert_int_equal(catalog_build_end(build, &catalog), SL_OK);
    catalog_build_free(build);
    uint16_t public = catalog_find_schema(catalog, "public");
    for (unsigned i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i * 7919 % MANY);
        const struct catalog_relation *relation = catalog_find_relation(catalog, name, public);
        assert_non_null(relation);
        assert_int_equal(relation->oid, 10000 + i);
    }
    catalog_unref(catalog);
    build = new_build(ENOUGH);
    for (asked = 0; catalog_build_slow_down(build); asked++) {
    }
    assert_int_equal(asked, 4); /* 400, 200, 100, 50, 25 */
    catalog_build_free(build);
}

static void at_its_bound_nothing_is_made(void **state)
{
    const struct catalog *catalog = shop_catalog();
    size_t bytes = catalog->bytes;

    (void)state;
    catalog_unref(catalog);
    catalog = NULL;
    for (size_t most = 0; most < bytes; most += 8) {
        struct catalog_build *build = new_build(most);
        enum sl_err err = build == NULL ? SL_ELIMIT : SL_OK; /* no room for the roles' names */
        while (err == SL_OK && !catalog_build_is_done(build)) {
            err = build_on(build, &shop);
        }
        err = err == SL_OK ? catalog_build_end(build, &catalog) : err;
        assert_int_equal(err, SL_ELIMIT);
        assert_null(catalog);
        catalog_build_free(build);
    }
    assert_int_equal(make(&shop, bytes, &catalog), SL_OK);
    catalog_unref(catalog);
}

/* ---- answers that are none ---- */

static enum sl_err with_relation(const char *line)
{
    struct catalog_rows rows = shop;
    const struct catalog *catalog = NULL;

    rows.relations = (const char *const[]){line, NULL};
    enum sl_err err = make(&rows, ENOUGH, &catalog);
    catalog_unref(catalog);
    return err;
}

static enum sl_err with_function(const char *line)
{
    struct catalog_rows rows = shop;
    const struct catalog *catalog = NULL;

    rows.functions = (const char *const[]){line, NULL};
    enum sl_err err = make(&rows, ENOUGH, &catalog);
    catalog_unref(catalog);
    return err;
}

static void an_answer_of_another_form_is_refused(void **state)
{
    static const char *const relations[] = {"1|2200|t|i", "1|2200|t|", "1|2200||r", "1|2200|t",
            "1|~|t|r", "1|x|t|r", "1|2200|~|r", "1|2200|t|rr", "1|99999999999|t|r"};
    static const char *const functions[] = {"1|11|f|x|0|0|f|i|0", "1|11|f|1|2|0|f|i|0",
            "1|11|f|255|0|0|f|i|0", "1|11|f|1|0|2|f|i|0", "1|11|f|1|0|0|x|i|0",
            "1|11|f|1|0|0|f|x|0", "1|11|f|1|0|0|f|i", "1|11|f|1|0|0|f|~|0"};
    struct catalog_rows rows = shop;
    const struct catalog *catalog = NULL;

    (void)state;
    assert_int_equal(with_relation("1|2200|t|r"), SL_OK);
    for (size_t i = 0; i < SL_COUNT(relations); i++) {
        assert_int_equal(with_relation(relations[i]), SL_EPROTO);
    }
    assert_int_equal(with_function("1|11|f|1|0|0|f|i|0"), SL_OK);
    for (size_t i = 0; i < SL_COUNT(functions); i++) {
        assert_int_equal(with_function(functions[i]), SL_EPROTO);
    }
    rows.schemas = (const char *const[]){"11|pg_catalog|111", NULL}; /* a role is missing */
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_EPROTO);
    rows = shop;
    rows.roles = (const char *const[]){"10|unasked|~", NULL};
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_EPROTO);
    rows = shop;
    rows.head = "150004|UTF8";
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_EPROTO);
    assert_null(catalog);
}

/* Else it would be asked for the same rows for ever. */
static void an_answer_that_does_not_go_on_is_refused(void **state)
{
    struct catalog_rows rows = shop;
    const struct catalog *catalog = NULL;

    (void)state;
    rows.relations = (const char *const[]){"7|2200|t|r", "7|2200|u|r", NULL};
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_EPROTO);
    rows.relations = (const char *const[]){"7|2200|t|r", "6|2200|u|r", NULL};
    assert_int_equal(make(&rows, ENOUGH, &catalog), SL_EPROTO);
    assert_null(catalog);
}

/* Whoever is called so: nothing of it is read as SQL. */
static void names_of_roles_are_no_sql(void **state)
{
    static const char *const evil[] = {"a'); DROP TABLE t; --", "b\\'"};
    struct sl_buf query;

    (void)state;
    struct catalog_build *build = catalog_build_new(&(struct catalog_build_options){
            .bytes_max = ENOUGH, .roles = evil, .roles_count = SL_COUNT(evil)});
    struct catalog_rows rows = shop;
    rows.roles = (const char *const[]){NULL};
    assert_int_equal(build_on(build, &rows), SL_OK);
    sl_buf_init(&query, 1 << 16);
    assert_int_equal(catalog_build_query(build, &query), SL_OK);
    assert_int_equal(sl_buf_put_u8(&query, 0), SL_OK);
    const char *text = (const char *)sl_buf_borrow(&query).at;
    assert_non_null(strstr(text, "('6127293b2044524f50205441424c4520743b202d2d', '625c27')"));
    assert_null(strstr(text, "DROP"));
    sl_buf_fini(&query);
    catalog_build_free(build);
}

/* ---- what names stand for ---- */

static struct sql_facts *facts_of(const char *text)
{
    struct sql_tree *tree = NULL;
    struct sql_facts *facts = NULL;
    struct sql_parse_error error = {0};

    if (sql_parse(sl_span_text(text), &tree, &error) != SL_OK) {
        fail_msg("%s: %s", text, error.message);
    }
    assert_int_equal(sql_facts_new(tree, &facts), SL_OK);
    sql_tree_free(tree);
    return facts;
}

static void expect_names(const struct catalog *catalog, const struct catalog_session *session,
        const char *text, const char *expected)
{
    struct sql_facts *facts = facts_of(text);
    struct catalog_resolution *resolution = NULL;
    struct sl_buf said;

    sl_buf_init(&said, 1 << 16);
    assert_int_equal(catalog_resolve(facts, catalog, session, &resolution), SL_OK);
    assert_int_equal(catalog_put_tables(&said, facts, resolution), SL_OK);
    assert_int_equal(sl_buf_printf(&said, "; "), SL_OK);
    assert_int_equal(catalog_put_functions(&said, facts, resolution), SL_OK);
    assert_int_equal(
            sl_buf_printf(&said, "; %s", catalog_volatility_text(resolution->volatility)), SL_OK);
    assert_int_equal(sl_buf_put_u8(&said, 0), SL_OK);
    if (strcmp((const char *)sl_buf_borrow(&said).at, expected) != 0) {
        fail_msg("%s: \"%s\", not \"%s\"", text, (const char *)sl_buf_borrow(&said).at, expected);
    }
    sl_buf_fini(&said);
    free(resolution);
    sql_facts_free(facts);
}

struct expected {
    const char *role;
    const char *path;
    const char *text;
    const char *said;
};

static const struct expected names[] = {
        /* tables, along the path */
        {"app", "\"$user\", public", "select 1 from t", "public.t; ; immutable"},
        {"app", "a, public", "select 1 from t", "a.t (view); ; immutable"},
        {"app", "public,a", "select 1 from t, u", "public.t, a.u (partitioned table); ; immutable"},
        {"app", "b, a", "select 1 from u", "b.u (materialized view); ; immutable"},
        {"own", "\"$user\", public", "select 1 from t", "own.t (foreign table); ; immutable"},
        {"app", "own, public", "select 1 from t", "public.t; ; immutable"}, /* no USAGE */
        {"other", "hidden, public", "select 1 from t", "hidden.t; ; immutable"},
        {"app", "hidden, public", "select 1 from t", "public.t; ; immutable"},
        {"app", "absent, public", "select 1 from s", "public.s (sequence); ; immutable"},
        {"app", "A, \"public\"", "select 1 from t", "a.t (view); ; immutable"},
        {"app", "\"A\", public", "select 1 from t", "public.t; ; immutable"},
        {"app", "", "select 1 from t", "?.t; ; immutable"},
        {"app", "\"\"", "select 1 from pg_class", "pg_catalog.pg_class; ; immutable"},
        {"app", "public", "select 1 from pg_class", "pg_catalog.pg_class; ; immutable"},
        {"app", "public, pg_catalog", "select 1 from pg_class, t",
                "pg_catalog.pg_class, public.t; ; immutable"},
        {"app", "public", "select 1 from a.t, hidden.t, absent.t",
                "a.t (view), hidden.t, absent.t; ; immutable"},
        {"app", "public", "select 1 from nowhere", "?.nowhere; ; immutable"},
        {"app", "public", "insert into t select * from a.t", "a.t (view), public.t; ; immutable"},
        {"app", "public", "create table t (a int)", "?.t; ; immutable"},
        {"app", "public", "create temp table t (a int)", "pg_temp.t; ; immutable"},
        /* what cannot be read is not known */
        {"app", "public,", "select 1 from t", "?.t; ; immutable"},
        {"app", "public a", "select 1 from t", "?.t; ; immutable"},
        {"app", "\"public", "select 1 from t", "?.t; ; immutable"},
        {"app", "m\xc3\xbcll, public", "select 1 from t", "?.t; ; immutable"},
        {"app", NULL, "select lower('x'), pg_catalog.now() from t",
                "?.t; lower(1) unknown, now(0) stable; unknown"},
        {"stranger", "public", "select lower('x') from t", "?.t; lower(1) unknown; unknown"},
        {NULL, "public", "select lower('x') from t", "?.t; lower(1) unknown; unknown"},
        /* functions */
        {"app", "a", "select lower('x')", "; lower(1) immutable; immutable"},
        {"app", "public", "select lower('x')", "; lower(1) volatile; volatile"}, /* of two */
        {"app", "public", "select pg_catalog.lower('x')", "; lower(1) immutable; immutable"},
        {"app", "public", "select now(), abs(1)", "; now(0) stable, abs(1) immutable; stable"},
        {"app", "public", "select random()", "; random(0) volatile; volatile"},
        {"app", "public", "select f(1)", "; f(1) stable; stable"}, /* f(int), or f(int, default) */
        {"app", "public", "select f(1, 2)", "; f(2) stable; stable"},
        {"app", "public", "select f(1, 2, 3)", "; f(3) volatile; volatile"},
        {"app", "public", "select f(1, 2, 3, 4)", "; f(4) unknown; unknown"},
        {"other", "hidden, public", "select f(1)", "; f(1) volatile; volatile"},
        {"app", "public", "select hidden.f(1)", "; f(1) volatile; volatile"},
        {"app", "public", "select absent.f(1)", "; f(1) unknown; unknown"},
        {"app", "public", "select concat(1), concat(1, 2, 3)",
                "; concat(1) stable, concat(3) stable; stable"},
        {"app", "public", "select sum(a), mine(a, b), rank() over () from t",
                "public.t; sum(1) immutable aggregate, mine(2) volatile aggregate, rank(0) "
                "immutable; volatile"},
        {"app", "a", "select total(x) from t", "a.t (view); total(1) stable aggregate; stable"},
        {"app", "a", "call p()", "; ; unknown"}, /* what it runs is not in the text */
        {"app", "public", "select \"interval\"('1 day')", "; interval(1) stable; stable"},
        {"app", "public", "select current_timestamp, current_user",
                "; current_timestamp(0) stable, current_user(0) stable; stable"},
};

static void names_stand_for_what_the_path_says(void **state)
{
    const struct catalog *catalog = shop_catalog();

    (void)state;
    for (size_t i = 0; i < SL_COUNT(names); i++) {
        struct catalog_session session = {
                .role = names[i].role, .search_path = names[i].path, .encoding = "UTF8"};
        expect_names(catalog, &session, names[i].text, names[i].said);
    }
    catalog_unref(catalog);
}

static void a_temporary_table_may_hide_another(void **state)
{
    const struct catalog *catalog = shop_catalog();
    struct catalog_session session = {
            .role = "app", .search_path = "public", .encoding = "UTF8", .may_have_temp = true};

    (void)state;
    expect_names(catalog, &session, "select abs(1) from t, a.t as x",
            "?.t, a.t (view); abs(1) immutable; immutable"); /* no function is looked for there */
    catalog_unref(catalog);
}

static void names_in_another_encoding_are_not_known(void **state)
{
    const struct catalog *catalog = shop_catalog();
    struct catalog_session session = {.role = "app", .search_path = "public", .encoding = "LATIN1"};

    (void)state;
    expect_names(catalog, &session, "select 1 from m\xc3\xbcll, t",
            "?.m\xc3\xbcll, public.t; ; immutable");
    session.encoding = NULL;
    expect_names(catalog, &session, "select 1 from m\xc3\xbcll", "?.m\xc3\xbcll; ; immutable");
    session.encoding = "UTF8";
    expect_names(catalog, &session, "select 1 from m\xc3\xbcll", "public.m\xc3\xbcll; ; immutable");
    catalog_unref(catalog);
}

static void without_a_snapshot_nothing_is_known(void **state)
{
    struct catalog_session session = {.role = "app", .search_path = "public", .encoding = "UTF8"};

    (void)state;
    expect_names(NULL, &session, "select lower('x'), current_date from t, s.t",
            "?.t, s.t; lower(1) unknown, current_date(0) stable; unknown");
}

/* ---- no memory ---- */

static long first_to_fail; /* counted from 1; 0: none */
static long seen;

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ALLOCATOR
#endif
#endif
#if !defined(HAS_ALLOCATOR) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define FAILS

void *real_malloc(size_t len) __asm__("__libc_malloc");
void *real_calloc(size_t count, size_t len) __asm__("__libc_calloc");
void *real_realloc(void *old, size_t len) __asm__("__libc_realloc");

static bool fails(void)
{
    return first_to_fail > 0 && ++seen == first_to_fail;
}

void *malloc(size_t len)
{
    return fails() ? NULL : real_malloc(len);
}

void *calloc(size_t count, size_t len)
{
    return fails() ? NULL : real_calloc(count, len);
}

void *realloc(void *old, size_t len)
{
    return fails() ? NULL : real_realloc(old, len);
}

#endif

/* The rows' own buffers are of the test: they are made before. */
static void expect_none_without_memory(void)
{
    enum { ANSWERS = 11 };
    struct sl_buf got[ANSWERS];
    struct sl_buf query;
    unsigned made = 0;

    sl_buf_init(&query, 1 << 16);
    struct catalog_build *build = new_build(ENOUGH);
    for (; !catalog_build_is_done(build); made++) {
        assert_in_range(made, 0, ANSWERS - 1);
        sl_buf_init(&got[made], 1 << 20);
        sl_buf_reset(&query);
        assert_int_equal(catalog_build_query(build, &query), SL_OK);
        assert_int_equal(sl_buf_put_u8(&query, 0), SL_OK);
        answer(&shop, (const char *)sl_buf_borrow(&query).at, &got[made]);
        assert_int_equal(catalog_build_rows(build, sl_buf_borrow(&got[made]), true), SL_OK);
    }
    catalog_build_free(build);
    bool was_made = false;
    long failures = 0;
    for (first_to_fail = 1; !was_made; first_to_fail++) {
        const struct catalog *catalog = NULL;
        seen = 0;
        build = new_build(ENOUGH);
        enum sl_err err = build == NULL ? SL_ENOMEM : SL_OK;
        for (unsigned i = 0; i < made && err == SL_OK; i++) {
            err = catalog_build_rows(build, sl_buf_borrow(&got[i]), true);
        }
        err = err == SL_OK ? catalog_build_end(build, &catalog) : err;
        was_made = err == SL_OK;
        failures += err == SL_ENOMEM;
        assert_true(was_made == (catalog != NULL));
        catalog_build_free(build);
        catalog_unref(catalog);
    }
    first_to_fail = 0;
#ifdef FAILS
    assert_in_range(failures, 8, 1000);
#else
    assert_int_equal(failures, 0);
#endif
    for (unsigned i = 0; i < made; i++) {
        sl_buf_fini(&got[i]);
    }
    sl_buf_fini(&query);
}

static void without_memory_there_is_none(void **state)
{
    (void)state;
    expect_none_without_memory();
    wants_tables = true;
    expect_none_without_memory();
    wants_tables = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_read_is_found_by_name),
            cmocka_unit_test(a_role_begins_with_its_own_search_path),
            cmocka_unit_test(a_large_catalogue_comes_in_small_answers),
            cmocka_unit_test(at_its_bound_nothing_is_made),
            cmocka_unit_test(an_answer_of_another_form_is_refused),
            cmocka_unit_test(an_answer_that_does_not_go_on_is_refused),
            cmocka_unit_test(names_of_roles_are_no_sql),
            cmocka_unit_test(names_stand_for_what_the_path_says),
            cmocka_unit_test(a_temporary_table_may_hide_another),
            cmocka_unit_test(names_in_another_encoding_are_not_known),
            cmocka_unit_test(without_a_snapshot_nothing_is_known),
            cmocka_unit_test(without_memory_there_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
