/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/search_path.h"

#include "protocol/base/check.h"
#include "protocol/effects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- one form ---- */

static void a_value_has_one_form(void **state)
{
    static const struct {
        const char *value;
        const char *list; /* NULL: it has none */
    } rows[] = {
            {"", ""},
            {"  ", ""},
            {"a", "a"},
            {"a,b", "a, b"},
            {" a , \"B\",c_1 ", "a, \"B\", c_1"},
            {"A, B", "a, b"},
            {"\"$user\", public", "\"$user\", public"},
            {"$user,public", "\"$user\", public"},
            {"\"a\"", "a"},
            {"\"a b\"", "\"a b\""},
            {"\"a\"\"b\"", "\"a\"\"b\""},
            {"\"\"", "\"\""},
            {"1a", "\"1a\""},
            {"pg_catalog, pg_temp", "pg_catalog, pg_temp"},
            {"pg_temp, a", NULL},
            {"a, pg_temp", NULL},
            {"a,", NULL},
            {",a", NULL},
            {"a b", NULL},
            {"\"a", NULL},
            {"a\"b", NULL},
            {"\xc3\xa4", NULL},
            {"\"\xc3\xa4\"", NULL},
            {"\"a\nb\"", NULL},
            {"a234567890123456789012345678901234567890123456789012345678901234", NULL},
    };
    char list[SEARCH_PATH_MAX + 1];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        bool is_plain = search_path_plain(sl_span_text(rows[i].value), list);
        if (is_plain != (rows[i].list != NULL) || (is_plain && strcmp(list, rows[i].list) != 0)) {
            fail_msg("%s: %s", rows[i].value, is_plain ? list : "none");
        }
    }
}

static void a_value_is_bounded(void **state)
{
    char value[SEARCH_PATH_MAX + 4];
    char list[SEARCH_PATH_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof value; i++) {
        value[i] = i % 3 == 0 ? 'a' : i % 3 == 1 ? ',' : ' ';
    }
    assert_true(search_path_plain(sl_span(value, SEARCH_PATH_MAX - 2), list));
    assert_int_equal(strlen(list), SEARCH_PATH_MAX - 2);
    assert_false(search_path_plain(sl_span(value, SEARCH_PATH_MAX + 1), list));
}

static void options_may_set_it(void **state)
{
    static const struct {
        const char *options;
        const char *value; /* NULL: none */
        bool has_role;
    } rows[] = {
            {"", NULL, false},
            {"-c search_path=a", "a", false},
            {"-csearch_path=a,b", "a,b", false},
            {"--search_path=a\\ b -c x=y", "a b", false},
            {"--search-path=a", "a", false},
            {"-c Search_Path=a", "a", false},
            {"-c search_path=abcdef -c search_path=b", "b", false},
            {"-c search_path=b -c work_mem=1MB -csearch_path=longer", "longer", false},
            {"-c search_path=", "", false},
            {"-c work_mem=1MB", NULL, false},
            {"-c", NULL, false},
            {"-e search_path=a", NULL, false},
            {"-c search_pathx=a", NULL, false},
            {"-c role=x", NULL, true},
            {"-c search_path=a --role=x", "a", true},
            {"--session_authorization=x", NULL, true},
    };
    char value[128];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        bool has_role = false;
        bool is_set = search_path_in_options(rows[i].options, value, &has_role);
        if (is_set != (rows[i].value != NULL) || has_role != rows[i].has_role ||
                (is_set && strcmp(value, rows[i].value) != 0)) {
            fail_msg("%s: %s", rows[i].options, is_set ? value : "none");
        }
    }
}

/* ---- texts ---- */

struct row {
    const char *text;
    enum search_path_change_kind kind;
    const char *list; /* of those that set one; NULL: it has none */
};

static void check_rows(const struct row *rows, size_t count, bool is_several)
{
    for (size_t i = 0; i < count; i++) {
        struct search_path_change change;
        search_path_read(sl_span_text(rows[i].text), false, &change);
        bool sets = change.kind == SEARCH_PATH_SET || change.kind == SEARCH_PATH_LOCAL;
        const char *list = sets && change.has_list ? change.list : NULL;
        bool is_same = list == NULL || rows[i].list == NULL ? list == rows[i].list
                                                            : strcmp(list, rows[i].list) == 0;
        if (change.kind != rows[i].kind || !is_same || change.is_several != is_several) {
            fail_msg("%s: kind %d, list %s, several %d", rows[i].text, change.kind,
                    list == NULL ? "none" : list, change.is_several);
        }
        /* Whoever asks only where effects_of() says so misses nothing. */
        if (change.kind != SEARCH_PATH_KEPT &&
                (effects_of(sl_span_text(rows[i].text)) & (EFFECTS_RULES | EFFECTS_STAY)) == 0) {
            fail_msg("%s: not seen by its effects", rows[i].text);
        }
    }
}

static void sets_are_read(void **state)
{
    static const struct row rows[] = {
            {"SET search_path = a", SEARCH_PATH_SET, "a"},
            {"set search_path to A, \"B\" , 'c d', public;", SEARCH_PATH_SET,
                    "a, \"B\", \"c d\", public"},
            {"SET SESSION search_path = a ; ", SEARCH_PATH_SET, "a"},
            {"SET \"search_path\" = 'A'", SEARCH_PATH_SET, "\"A\""},
            {"/* x; */ SET -- y\n search_path='it''s'", SEARCH_PATH_SET, "\"it's\""},
            {"SET search_path = ''", SEARCH_PATH_SET, "\"\""},
            {"SET search_path = 'a, b'", SEARCH_PATH_SET, "\"a, b\""},
            {"SET SCHEMA 'a'", SEARCH_PATH_SET, "a"},
            {"SET LOCAL SCHEMA 'a'", SEARCH_PATH_LOCAL, "a"},
            {"SET LOCAL search_path TO a, b", SEARCH_PATH_LOCAL, "a, b"},
            {"SET search_path = \"\xc3\xa4\"", SEARCH_PATH_SET, NULL},
            {"SET search_path = pg_temp", SEARCH_PATH_SET, NULL},
            {"SET search_path TO DEFAULT", SEARCH_PATH_RESET, NULL},
            {"SET LOCAL search_path = default", SEARCH_PATH_LOCAL_RESET, NULL},
            {"SET search_path FROM CURRENT", SEARCH_PATH_OPAQUE, NULL},
            {"SET search_path = 1", SEARCH_PATH_OPAQUE, NULL},
            {"SET search_path = a b", SEARCH_PATH_OPAQUE, NULL},
            {"SET timezone = 'UTC'", SEARCH_PATH_KEPT, NULL},
            {"SET TIME ZONE 'UTC'", SEARCH_PATH_KEPT, NULL},
            {"SET LOCAL statement_timeout = 0", SEARCH_PATH_KEPT, NULL},
            {"SET search_path.x = 1", SEARCH_PATH_KEPT, NULL},
            {"FETCH 10 FROM c", SEARCH_PATH_KEPT, NULL},
            {"MOVE c", SEARCH_PATH_KEPT, NULL},
            {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", SEARCH_PATH_KEPT, NULL},
            {"SET ROLE x", SEARCH_PATH_OPAQUE, NULL},
            {"SET LOCAL ROLE x", SEARCH_PATH_LOCAL_OPAQUE, NULL},
            {"SET SESSION AUTHORIZATION x", SEARCH_PATH_OPAQUE, NULL},
            {"SET \"role\" = x", SEARCH_PATH_OPAQUE, NULL},
            {"RESET search_path", SEARCH_PATH_RESET, NULL},
            {"reset all", SEARCH_PATH_RESET, NULL},
            {"RESET \"search_path\"", SEARCH_PATH_RESET, NULL},
            {"RESET timezone", SEARCH_PATH_KEPT, NULL},
            {"DISCARD ALL", SEARCH_PATH_DISCARD, NULL},
            {"DISCARD TEMP", SEARCH_PATH_KEPT, NULL},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows), false);
}

static void calls_are_read(void **state)
{
    static const struct row rows[] = {
            {"SELECT set_config('search_path', 'a,b', true)", SEARCH_PATH_LOCAL, "a, b"},
            {"select pg_catalog.set_config('search_path', '\"A\"', false);", SEARCH_PATH_SET,
                    "\"A\""},
            {"SELECT set_config('search_path', $1, true)", SEARCH_PATH_LOCAL, NULL},
            {"SELECT set_config('search_path', $1, false)", SEARCH_PATH_SET, NULL},
            {"SELECT set_config('Search_Path', 'a', false)", SEARCH_PATH_SET, "a"},
            {"SELECT set_config('search_path', 'it''s', false)", SEARCH_PATH_OPAQUE, NULL},
            {"SELECT set_config($1, 'a', true)", SEARCH_PATH_LOCAL_OPAQUE, NULL},
            {"SELECT set_config('search_path', 'a', $1)", SEARCH_PATH_OPAQUE, NULL},
            {"SELECT set_config('role', 'a', true)", SEARCH_PATH_LOCAL_OPAQUE, NULL},
            {"SELECT set_config('app.tenant', $12, true)", SEARCH_PATH_KEPT, NULL},
            {"SELECT set_config('app.tenant', 'x', false)", SEARCH_PATH_KEPT, NULL},
            {"SELECT set_config('app.tenant', f(), true)", SEARCH_PATH_OPAQUE, NULL},
            {"SELECT set_config('app.x', $1, true), set_config('search_path', $2, true)",
                    SEARCH_PATH_LOCAL_OPAQUE, NULL},
            {"SELECT set_config('search_path', 'a', true) FROM t", SEARCH_PATH_LOCAL_OPAQUE, NULL},
            {"SELECT f()", SEARCH_PATH_OPAQUE, NULL},
            {"SELECT * FROM t WHERE a = f(b)", SEARCH_PATH_OPAQUE, NULL},
            {"INSERT INTO t VALUES (f())", SEARCH_PATH_OPAQUE, NULL},
            {"DO 'begin end'", SEARCH_PATH_OPAQUE, NULL},
            {"CALL p()", SEARCH_PATH_OPAQUE, NULL},
            {"EXECUTE p", SEARCH_PATH_OPAQUE, NULL},
            {"UPDATE pg_settings SET setting = 'x' WHERE name = 'search_path'", SEARCH_PATH_OPAQUE,
                    NULL},
            {"SELECT 1", SEARCH_PATH_KEPT, NULL},
            {"COMMIT", SEARCH_PATH_KEPT, NULL},
            {"ROLLBACK TO SAVEPOINT s", SEARCH_PATH_KEPT, NULL},
            {"LISTEN x", SEARCH_PATH_KEPT, NULL},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows), false);
}

static void temporary_tables_are_seen(void **state)
{
    static const struct row rows[] = {
            {"CREATE TEMP TABLE t (a int)", SEARCH_PATH_TEMP, NULL},
            {"create local temporary table t as select 1 as a", SEARCH_PATH_TEMP, NULL},
            {"CREATE TEMP TABLE t AS SELECT f()", SEARCH_PATH_OPAQUE, NULL},
            {"CREATE TABLE pg_temp.t (a int)", SEARCH_PATH_TEMP, NULL},
            {"CREATE TABLE \"pg_temp_3\".t (a int)", SEARCH_PATH_TEMP, NULL},
            {"CREATE OR REPLACE TEMP VIEW v AS SELECT 1", SEARCH_PATH_TEMP, NULL},
            {"CREATE TABLE t (a varchar(10) DEFAULT f())", SEARCH_PATH_KEPT, NULL},
            {"CREATE TABLE t (a int GENERATED ALWAYS AS (f(b)) STORED)", SEARCH_PATH_KEPT, NULL},
            {"CREATE UNLOGGED TABLE t AS SELECT f()", SEARCH_PATH_OPAQUE, NULL},
            {"CREATE TABLE t AS EXECUTE p", SEARCH_PATH_OPAQUE, NULL},
            {"CREATE INDEX i ON t (a)", SEARCH_PATH_KEPT, NULL},
            {"CREATE EXTENSION x", SEARCH_PATH_OPAQUE, NULL},
            {"CREATE MATERIALIZED VIEW v AS SELECT f()", SEARCH_PATH_OPAQUE, NULL},
            {"SELECT 1 AS a INTO TEMP t", SEARCH_PATH_OPAQUE, NULL},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows), false);
}

static void several_are_not_guessed_at(void **state)
{
    static const struct row rows[] = {
            {"SET search_path = a; SELECT * FROM t", SEARCH_PATH_OPAQUE, NULL},
            {"SELECT 1; SET search_path = a;", SEARCH_PATH_OPAQUE, NULL},
            {"BEGIN; SET LOCAL search_path = a; SELECT * FROM t; COMMIT", SEARCH_PATH_LOCAL_OPAQUE,
                    NULL},
            {"SET LOCAL search_path = a; RESET search_path", SEARCH_PATH_OPAQUE, NULL},
            {"SET timezone = 'a;b'; SELECT ';'", SEARCH_PATH_KEPT, NULL},
            {"CREATE TEMP TABLE t (a int); SELECT * FROM t", SEARCH_PATH_TEMP, NULL},
            {"SELECT 1; CREATE TEMP TABLE t (a int); SET search_path = b", SEARCH_PATH_OPAQUE,
                    NULL},
            {"SELECT 1; SELECT f()", SEARCH_PATH_OPAQUE, NULL},
            {"DO $$ begin end $$", SEARCH_PATH_OPAQUE, NULL},      /* $$ is not read */
            {"SET search_path = 'a\\'", SEARCH_PATH_OPAQUE, NULL}, /* nor a backslash */
            {"SET search_path = E'a'", SEARCH_PATH_OPAQUE, NULL},
            {"SET search_path = a; SELECT '", SEARCH_PATH_OPAQUE, NULL},
    };

    (void)state;
    check_rows(rows, SL_COUNT(rows), true);
}

static void long_texts_are_not_read(void **state)
{
    static char text[EFFECTS_TEXT_MAX + 2];
    struct search_path_change change;

    (void)state;
    memset(text, ' ', sizeof text - 1);
    text[snprintf(text, sizeof text, "SET search_path = a")] = ' ';
    search_path_read(sl_span(text, EFFECTS_TEXT_MAX), false, &change);
    assert_int_equal(change.kind, SEARCH_PATH_SET);
    search_path_read(sl_span(text, EFFECTS_TEXT_MAX + 1), false, &change);
    assert_int_equal(change.kind, SEARCH_PATH_OPAQUE);
    assert_true(change.is_several);
}

/* It may be a literal. */
static void what_does_not_look_like_a_name_is_not_shown(void **state)
{
    static const struct {
        const char *value;
        const char *shown;
        bool is_whole;
    } rows[] = {
            {"a_1$, \"B_2\",_c, \"$user\", $user,\"\"",
                    "\"a_1$\", \"B_2\", _c, \"$user\", \"$user\", \"\"", true},
            {"", "", true},
            {"pg_temp, a", "pg_temp, a", true},
            {"\"4111 1111\"", "?", false},
            {"\"4111\", a, 4111", "?, a, ?", false},
            {"\"a b\", \"a-b\", \"a'b\", \"a\"\"b\", \"a,b\", \"$users\", \"$\"",
                    "?, ?, ?, ?, ?, ?, ?", false},
            {"a,", "?", false},         /* it cannot be read */
            {"b\xc3\xa4r", "?", false}, /* as beyond ASCII */
            {"a, \"b", "?", false},
    };
    char shown[SEARCH_PATH_MAX + 1];
    char value[2 * SEARCH_PATH_MAX];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        bool is_whole = search_path_show(sl_span_text(rows[i].value), shown);
        assert_string_equal(shown, rows[i].shown);
        assert_int_equal(is_whole, rows[i].is_whole);
    }
    for (size_t i = 0; i < sizeof value; i += 2) {
        value[i] = 'a';
        value[i + 1] = ',';
    }
    assert_false(search_path_show(sl_span(value, sizeof value - 1), shown));
    assert_string_equal(shown, "?");
}

/* As a catalogue says of what it calls. */
static void calls_that_leave_nothing_do_not_matter(void **state)
{
    static const struct row rows[] = {
            {"begin; select f(1); commit", SEARCH_PATH_KEPT, NULL},
            {"select a.f(1), g()", SEARCH_PATH_KEPT, NULL},
            {"select f(); select set_config('search_path', 'x', true)", SEARCH_PATH_LOCAL_OPAQUE,
                    NULL},
            {"select f(), set_config('search_path', 'x', true)", SEARCH_PATH_LOCAL_OPAQUE, NULL},
            {"select f(), set_config('search_path', 'x', false)", SEARCH_PATH_OPAQUE, NULL},
            {"select f(), pg_catalog.set_config('search_path', 'x', false)", SEARCH_PATH_OPAQUE,
                    NULL},
            {"select f(); set search_path = x", SEARCH_PATH_OPAQUE, NULL},
            {"do $$begin end$$", SEARCH_PATH_OPAQUE, NULL},
    };

    (void)state;
    for (size_t i = 0; i < SL_COUNT(rows); i++) {
        struct search_path_change change;
        search_path_read(sl_span_text(rows[i].text), true, &change);
        if (change.kind != rows[i].kind) {
            fail_msg("%s: %d", rows[i].text, (int)change.kind);
        }
        search_path_read(sl_span_text(rows[i].text), false, &change);
        assert_true(change.kind == SEARCH_PATH_OPAQUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_has_one_form),
            cmocka_unit_test(a_value_is_bounded),
            cmocka_unit_test(what_does_not_look_like_a_name_is_not_shown),
            cmocka_unit_test(options_may_set_it),
            cmocka_unit_test(sets_are_read),
            cmocka_unit_test(calls_are_read),
            cmocka_unit_test(temporary_tables_are_seen),
            cmocka_unit_test(several_are_not_guessed_at),
            cmocka_unit_test(calls_that_leave_nothing_do_not_matter),
            cmocka_unit_test(long_texts_are_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
