/* SPDX-License-Identifier: PostgreSQL */
/* protocol/sql_parse.h and sql_tree.h: texts become trees or errors, and none does harm. */
#include "protocol/sql_parse.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- one thread for libpg_query, as the process has ---- */

struct ask {
    struct sl_span text;
    enum sl_err err;
    enum sl_err fingerprint_err;
    uint64_t fingerprint;
    struct sql_tree *tree;
    struct sql_parse_error error;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ask *ask; /* under LOCK */
    bool is_stopping;
    pthread_t thread;
} parser = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *parser_main(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&parser.lock);
    while (!parser.is_stopping) {
        struct ask *ask = parser.ask;

        if (ask != NULL) {
            ask->err = sql_parse(ask->text, &ask->tree, &ask->error);
            ask->fingerprint_err = sql_fingerprint(ask->text, &ask->fingerprint);
            parser.ask = NULL;
            pthread_cond_broadcast(&parser.changed);
        } else {
            pthread_cond_wait(&parser.changed, &parser.lock);
        }
    }
    pthread_mutex_unlock(&parser.lock);
    return NULL;
}

static int start(void **state)
{
    (void)state;
    pthread_attr_t attr;

    return pthread_attr_init(&attr) != 0 ||
           pthread_attr_setstacksize(&attr, SQL_STACK_BYTES) != 0 ||
           pthread_create(&parser.thread, &attr, parser_main, NULL) != 0;
}

static int stop(void **state)
{
    (void)state;
    pthread_mutex_lock(&parser.lock);
    parser.is_stopping = true;
    pthread_cond_broadcast(&parser.changed);
    pthread_mutex_unlock(&parser.lock);
    return pthread_join(parser.thread, NULL);
}

static struct ask parse_bytes(const void *at, size_t len)
{
    struct ask ask = {.text = sl_span(at, len)};

    pthread_mutex_lock(&parser.lock);
    parser.ask = &ask;
    pthread_cond_broadcast(&parser.changed);
    while (parser.ask != NULL) {
        pthread_cond_wait(&parser.changed, &parser.lock);
    }
    pthread_mutex_unlock(&parser.lock);
    return ask;
}

static struct ask parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

/* before, then middle so many times, then after so many times. */
static char *repeated(const char *before, const char *middle, const char *after, size_t count)
{
    size_t len = strlen(before) + count * (strlen(middle) + strlen(after)) + 2;
    char *text = calloc(1, len);

    assert_non_null(text);
    char *at = stpcpy(text, before);
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, middle);
    }
    at = stpcpy(at, "1");
    for (size_t i = 0; i < count; i++) {
        at = stpcpy(at, after);
    }
    return text;
}

/* Parses it and forgets it; what it says is not the question. */
static enum sl_err survives(char *text)
{
    struct ask ask = parse(text);

    sql_tree_free(ask.tree);
    free(text);
    return ask.err;
}

static void a_text_becomes_a_tree(void **state)
{
    (void)state;
    struct ask ask = parse("select a, 'x\"y\\\n\xc3\xa9' from \"T <1>\" where b = 12");

    assert_int_equal(ask.err, SL_OK);
    sql_node stmts = sql_node_find(ask.tree, 0, SQL_TAG_STMTS);
    assert_int_equal(sql_node_children(ask.tree, stmts), 1);
    sql_node item = sql_node_child(ask.tree, stmts);
    sql_node select = sql_node_child(ask.tree, sql_node_find(ask.tree, item, SQL_TAG_STMT));
    assert_int_equal(sql_node_tag(ask.tree, select), SQL_TAG_SELECT_STMT_NODE);
    sql_node from = sql_node_find(ask.tree, select, SQL_TAG_FROM_CLAUSE);
    sql_node table = sql_node_child(ask.tree, sql_node_child(ask.tree, from));
    assert_true(sql_field_is(ask.tree, table, SQL_TAG_RELNAME, "T <1>"));
    assert_int_equal(sql_field_number(ask.tree, table, SQL_TAG_LOCATION), 25);
    sql_node targets = sql_node_find(ask.tree, select, SQL_TAG_TARGET_LIST);
    assert_int_equal(sql_node_children(ask.tree, targets), 2);
    sql_node second =
            sql_node_child(ask.tree, sql_node_next(ask.tree, sql_node_child(ask.tree, targets)));
    sql_node constant = sql_node_child(ask.tree, sql_node_find(ask.tree, second, SQL_TAG_VAL));
    struct sl_span text =
            sql_field_text(ask.tree, sql_node_find(ask.tree, constant, SQL_TAG_SVAL), SQL_TAG_SVAL);
    assert_true(sl_span_is(text, "x\"y\\\n\xc3\xa9"));
    assert_int_equal(text.at[text.len], 0);
    sql_tree_free(ask.tree);
}

static void every_name_is_found(void **state)
{
    (void)state;
#define FOUND(tag, name) assert_int_equal(sql_tag_of(sl_span_text(name)), SQL_TAG_##tag);
    SQL_TAGS(FOUND)
    assert_int_equal(sql_tag_of(sl_span_text("nobody_asks")), SQL_TAG_OTHER);
    assert_int_equal(sql_tag_of(sl_span_text("")), SQL_TAG_OTHER);
}

static void broken_json_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"", "{", "[", "}", "]", "{]", "[}", "1", "\"a\"", "{\"a",
            "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":\"\\", "{\"a\":\"\\u12", "{\"a\":\"\\uzzzz\"}",
            "{\"a\":\"\\q\"}", "{1:2}", "[1,", "[\"a\":1]", "{\"a\":[1}}"};

    for (size_t i = 0; i < SL_COUNT(broken); i++) {
        struct sql_tree *tree = NULL;
        enum sl_err err = sql_tree_new(sl_span_text(broken[i]), &tree);

        if (err != SL_EINVAL) {
            fail_msg("taken for JSON: %s", broken[i]);
        }
        assert_null(tree);
    }
}

static void a_syntax_error_has_words_and_a_place(void **state)
{
    (void)state;
    struct ask ask = parse("select 'caf\xc3\xa9', fro from from t");

    assert_int_equal(ask.err, SL_EINVAL);
    assert_string_equal(ask.error.sqlstate, "42601");
    assert_string_equal(ask.error.message, "syntax error at or near \"from\"");
    assert_int_equal(ask.error.position, 25); /* in characters, not bytes */
    ask = parse_bytes("select 1\0 from t", 16);
    assert_int_equal(ask.err, SL_EINVAL);
    assert_string_equal(ask.error.message, "invalid byte 0x00");
}

static uint64_t fingerprint_of(const char *text)
{
    struct ask ask = parse(text);

    assert_int_equal(ask.fingerprint_err, SL_OK);
    sql_tree_free(ask.tree);
    return ask.fingerprint;
}

static void fingerprints_know_no_literals(void **state)
{
    (void)state;
    uint64_t one = fingerprint_of("select a from t where b = 1");

    assert_true(one == fingerprint_of("select a from t where b = 22"));
    assert_true(one != fingerprint_of("select a from t where c = 1"));
    assert_int_equal(parse("selec").fingerprint_err, SL_EINVAL);
}

static void long_texts_are_refused(void **state)
{
    (void)state;
    assert_int_equal(survives(repeated("select ", "1+", "", 200000)), SL_ELIMIT);
    assert_int_equal(survives(repeated("select ", "1+", "", SQL_TEXT_MAX / 2)), SL_ELIMIT);
    assert_int_equal(survives(repeated("select ", "1+", "", SQL_TEXT_MAX / 2 - 10)), SL_OK);
}

static void deep_texts_do_no_harm(void **state)
{
    (void)state;
    size_t max = SQL_TEXT_MAX - 200;
    static const struct {
        const char *before, *middle, *after;
    } nests[] = {{"select ", "(", ")"}, {"select ", "not ", ""}, {"select ", "- ", ""},
            {"select ", "array[", "]"}, {"select ", "f(", ")"}, {"select ", "1 in (1,", ")"},
            {"select ", "case when true then ", " end"}, {"", "select 1 union select ", ""},
            {"select ", "1 and ", ""}, {"select ", "1 = any(array[", "])"},
            {"", "select * from (select ", ") x"}, {"select ", "1::int + ", ""},
            {"select a", "[1]", ""}, {"select ", "a.", ""}, {"select ", "row(1,", ")"},
            {"select ", "cast(", " as int)"}, {"", "with a as (select 1) ", ""},
            {"select * from a", " join b on true", ""}, {"select ", "'a' || ", ""},
            {"select ", "exists (select ", ")"}, {"", "explain ", ""}, {"", ";", ""},
            {"select ", "((1,2),", ")"}, {"values ", "(1),", ""}, {"", "/*", "*/"},
            {"select 1 ", "collate x ", ""}, {"select (a", ").b", ""}};

    for (size_t i = 0; i < SL_COUNT(nests); i++) {
        size_t each = strlen(nests[i].middle) + strlen(nests[i].after);

        for (size_t count = 10; count < max / each; count *= 7) {
            survives(repeated(nests[i].before, nests[i].middle, nests[i].after, count));
        }
        survives(repeated(nests[i].before, nests[i].middle, nests[i].after, max / each));
    }
}

static void unfinished_texts_do_no_harm(void **state)
{
    (void)state;
    static const char *const texts[] = {"select '", "select \"", "select $$", "select $a$ $b$",
            "/*", "/* /* */", "select E'\\", "select E'\\x", "select U&'\\00", "select U&\"\\+0000",
            "--", "select b'", "select x'", "select 1 -", "(", "$", "$1",
            "select $99999999999999999999", "select 1e", "select 0x", "\xff", "select '\xff\xfe'",
            "select \xe2\x82", "\xf0\x9f\x98", "select E'\\xff'", "select U&'\\d800'",
            "select E'\\ud800\\u0041'", "select \"\"", "select :", "select @", "\\", "select 1;;;;",
            "U&\"a\" uescape '", "select ''''''"};

    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        struct ask ask = parse(texts[i]);

        if (ask.err != SL_EINVAL && ask.err != SL_OK) {
            fail_msg("%s: %s", texts[i], sl_err_text(ask.err));
        }
        sql_tree_free(ask.tree);
    }
}

static void long_names_are_cut_as_postgres_cuts_them(void **state)
{
    (void)state;
    char *text = NULL;

    assert_true(asprintf(&text, "select n%0*d", 64000, 0) > 0);
    struct ask ask = parse(text);
    assert_int_equal(ask.err, SL_OK);
    sql_node stmt = sql_node_find(ask.tree,
            sql_node_child(ask.tree, sql_node_find(ask.tree, 0, SQL_TAG_STMTS)), SQL_TAG_STMT);
    sql_node targets = sql_node_find(ask.tree, sql_node_child(ask.tree, stmt), SQL_TAG_TARGET_LIST);
    sql_node target = sql_node_child(ask.tree, sql_node_child(ask.tree, targets));
    sql_node column = sql_node_child(ask.tree, sql_node_find(ask.tree, target, SQL_TAG_VAL));
    sql_node field = sql_node_child(
            ask.tree, sql_node_child(ask.tree, sql_node_find(ask.tree, column, SQL_TAG_FIELDS)));
    assert_int_equal(sql_field_text(ask.tree, field, SQL_TAG_SVAL).len, 63);
    sql_tree_free(ask.tree);
    free(text);
}

/* Its source would be printed once for each column, and nested once for each product of them. */
static void shared_sources_do_not_multiply(void **state)
{
    (void)state;
    char *text = strdup("select 1");

    for (int i = 0; i < 24; i++) {
        char *next = NULL;
        assert_true(asprintf(&next,
                            "with x as (update t set (a, b /* ) = */) -- =\n = (%s) "
                            "returning 1) select * from x",
                            text) > 0);
        free(text);
        text = next;
    }
    assert_int_equal(survives(text), SL_ELIMIT);

    text = repeated("update t set (", "a,", "", 20000);
    char *whole = NULL;
    assert_true(asprintf(&whole, "%.*sa) = (select 1+1+1+1)", (int)strlen(text) - 1, text) > 0);
    free(text);
    assert_int_equal(survives(whole), SL_ELIMIT);

    /* What hides the list's beginning must not hide its length. */
    text = repeated("update t set (\"(\", ", "\"a\",", "", 5000);
    assert_true(asprintf(&whole, "%.*s\"a\") = (select 1)", (int)strlen(text) - 1, text) > 0);
    free(text);
    assert_int_equal(survives(whole), SL_ELIMIT);
    text = repeated("update t set (x, -- (\n", "a,", "", 5000);
    assert_true(asprintf(&whole, "%.*sa -- (\n) = (select 1)", (int)strlen(text) - 1, text) > 0);
    free(text);
    assert_int_equal(survives(whole), SL_ELIMIT);
}

/* PostgreSQL's scanner reads them as often as they are long: seconds. */
static void long_runs_of_operators_are_refused(void **state)
{
    char *whole = NULL;

    (void)state;
    assert_int_equal(survives(repeated("select ", "+", "1", 30000)), SL_ELIMIT);
    assert_int_equal(survives(repeated("select 1 ", "/*", "", 15000)), SL_ELIMIT);
    assert_int_equal(survives(repeated("select 1 ", "/*", "*/", SQL_RUN_MAX / 2 + 1)), SL_ELIMIT);
    assert_int_equal(survives(repeated("select 1 ", "/*", "*/", SQL_RUN_MAX / 2)), SL_OK);
    assert_int_equal(survives(repeated("select ", "+ ", "1", 1000)), SL_OK);
    char *stars = repeated("", "*", "", 250);
    assert_true(asprintf(&whole, "-- %0*d\nselect 1 /* %.250s */", 500, 0, stars) > 0);
    free(stars);
    assert_int_equal(survives(whole), SL_OK);
}

static void usual_updates_are_taken(void **state)
{
    (void)state;
    static const char *const texts[] = {"update t set (a, b) = (1, 2) where (c, d) = (3, 4)",
            "insert into t values (1) on conflict (a) do update set (a,b,c,d,e,f) = (1,2,3,4,5,6)",
            "update t set a = f(1) where lower(b) = 'x' and (upper(c)) = 'y' and (d) = (e)"};

    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        struct ask ask = parse(texts[i]);

        assert_int_equal(ask.err, SL_OK);
        sql_tree_free(ask.tree);
    }
    /* Rows compared by the hundred, where nothing is updated. */
    assert_int_equal(survives(repeated("select ", "(a, b) = (1, 2) or ", "", 3000)), SL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_text_becomes_a_tree),
            cmocka_unit_test(every_name_is_found),
            cmocka_unit_test(broken_json_is_refused),
            cmocka_unit_test(a_syntax_error_has_words_and_a_place),
            cmocka_unit_test(fingerprints_know_no_literals),
            cmocka_unit_test(long_texts_are_refused),
            cmocka_unit_test(deep_texts_do_no_harm),
            cmocka_unit_test(unfinished_texts_do_no_harm),
            cmocka_unit_test(long_names_are_cut_as_postgres_cuts_them),
            cmocka_unit_test(shared_sources_do_not_multiply),
            cmocka_unit_test(long_runs_of_operators_are_refused),
            cmocka_unit_test(usual_updates_are_taken),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
