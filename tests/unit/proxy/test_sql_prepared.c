/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/sql_prepared.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add(
        struct sql_prepared_draft *draft, const char *name, const char *text, uint64_t reading)
{
    assert_int_equal(
            sql_prepared_draft_add(draft, sl_span_text(name), sl_span_text(text), reading), SL_OK);
}

/* names: one letter each. */
static const struct sql_prepared *made(const char *names, const char *text, uint64_t reading)
{
    struct sql_prepared_draft *draft = sql_prepared_draft_new();

    assert_non_null(draft);
    for (const char *at = names; *at != '\0'; at++) {
        const char name[] = {*at, '\0'};
        add(draft, name, text, reading);
    }
    const struct sql_prepared *set = sql_prepared_make(draft);
    assert_non_null(set);
    return set;
}

static void equal_sets_are_one_object(void **state)
{
    const struct sql_prepared *a = made("pqA", "x", 0);
    const struct sql_prepared *b = made("Aqp", "x", 0);
    const struct sql_prepared *others[] = {made("pqa", "x", 0), made("pq", "x", 0),
            made("pqA", "y", 0), made("pqA", "x", 1), made("", "x", 0)};

    (void)state;
    assert_ptr_equal(a, b);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_ptr_not_equal(a, others[i]);
        sql_prepared_unref(others[i]);
    }
    assert_ptr_equal(others[4], sql_prepared_empty());
    assert_ptr_equal(sql_prepared_ref(a), a);
    sql_prepared_unref(a);
    sql_prepared_unref(a);
    assert_int_equal(sql_prepared_count(b), 3);
    sql_prepared_unref(b);
    sql_prepared_unref(NULL);
    sql_prepared_unref(sql_prepared_empty());
}

static void a_statement_is_found_by_its_name(void **state)
{
    struct sql_prepared_draft *draft = sql_prepared_draft_new();

    (void)state;
    assert_non_null(draft);
    add(draft, "q", "prepare q", 0);
    add(draft, "P", "prepare \"P\"", 7);
    add(draft, "p", "prepare p", 0);
    const struct sql_prepared *set = sql_prepared_make(draft);
    assert_non_null(set);
    assert_string_equal(sql_prepared_at(set, 0)->name, "P");
    assert_string_equal(sql_prepared_at(set, 2)->text, "prepare q");
    assert_string_equal(sql_prepared_find(set, "p")->text, "prepare p");
    assert_int_equal(sql_prepared_find(set, "P")->reading, 7);
    assert_null(sql_prepared_find(set, "Q"));
    assert_null(sql_prepared_find(sql_prepared_empty(), "p"));
    sql_prepared_unref(set);
}

static void one_may_be_left_out(void **state)
{
    const struct sql_prepared *set = made("abc", "x", 3);
    const struct sql_prepared *expected = made("ac", "x", 3);
    const struct sql_prepared *without = sql_prepared_without(set, "b");

    (void)state;
    assert_ptr_equal(without, expected);
    sql_prepared_unref(without);
    without = sql_prepared_without(set, "z");
    assert_ptr_equal(without, set);
    sql_prepared_unref(without);
    sql_prepared_unref(expected);
    sql_prepared_unref(set);
    set = made("a", "x", 0);
    assert_ptr_equal(sql_prepared_without(set, "a"), sql_prepared_empty());
    sql_prepared_unref(set);
}

static void a_set_has_bounds(void **state)
{
    struct sql_prepared_draft *draft = sql_prepared_draft_new();
    size_t len = SQL_PREPARED_BYTES_MAX - 100;
    char *text = malloc(len);

    (void)state;
    assert_non_null(draft);
    assert_non_null(text);
    memset(text, 'x', len);
    assert_int_equal(
            sql_prepared_draft_add(draft, sl_span_text("a"), sl_span(text, len), 0), SL_OK);
    assert_int_equal(
            sql_prepared_draft_add(draft, sl_span_text("b"), sl_span(text, 97), 0), SL_ELIMIT);
    add(draft, "c", "fits", 0);
    const struct sql_prepared *set = sql_prepared_make(draft);
    assert_int_equal(sql_prepared_count(set), 2);
    assert_int_equal(strlen(sql_prepared_find(set, "a")->text), len);
    sql_prepared_unref(set);
    free(text);
    draft = sql_prepared_draft_new();
    assert_non_null(draft);
    for (int i = 0; i < SQL_PREPARED_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "%d", i);
        add(draft, name, "x", 0);
    }
    assert_int_equal(
            sql_prepared_draft_add(draft, sl_span_text("more"), sl_span_text("x"), 0), SL_ELIMIT);
    sql_prepared_draft_free(draft);
    sql_prepared_draft_free(NULL);
}

static void *make_and_drop(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20000; i++) {
        struct sql_prepared_draft *draft = sql_prepared_draft_new();
        if (draft == NULL || sql_prepared_draft_add(draft, sl_span_text("p"), sl_span_text("x"),
                                     (uint64_t)(i % 2)) != SL_OK) {
            return arg;
        }
        const struct sql_prepared *set = sql_prepared_make(draft);
        if (set == NULL || sql_prepared_find(set, "p") == NULL) {
            return arg;
        }
        sql_prepared_unref(set);
    }
    return NULL;
}

/* For the thread sanitizer. */
static void threads_share_sets(void **state)
{
    pthread_t threads[4];
    int failed = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, make_and_drop, &failed), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(equal_sets_are_one_object),
            cmocka_unit_test(a_statement_is_found_by_its_name),
            cmocka_unit_test(one_may_be_left_out),
            cmocka_unit_test(a_set_has_bounds),
            cmocka_unit_test(threads_share_sets),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
