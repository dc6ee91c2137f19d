/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/params.h"

#include "proxy/param_names.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct params *with(const struct params *from, const char *name, const char *value)
{
    const struct params *set = params_with(from, name, value);

    assert_non_null(set);
    return set;
}

static void equal_sets_are_one_object(void **state)
{
    const struct params *a = with(params_empty(), "search_path", "x");
    const struct params *b = with(params_empty(), "search_path", "x");

    (void)state;
    assert_ptr_equal(a, b);
    b = with(b, "TimeZone", "UTC");
    assert_ptr_not_equal(a, b);
    assert_null(params_get(a, "TimeZone")); /* a set never changes */
    b = with(b, "TimeZone", NULL);
    assert_ptr_equal(a, b);
    params_unref(a);
    params_unref(b);
}

static void the_order_in_which_values_came_makes_no_difference(void **state)
{
    const struct params *a = with(with(with(params_empty(), "a", "1"), "b", "2"), "c", "3");
    const struct params *b = with(with(with(params_empty(), "c", "3"), "a", "1"), "b", "2");
    const struct params *c = with(with(with(params_empty(), "b", "0"), "c", "3"), "a", "1");

    (void)state;
    c = with(c, "b", "2");
    assert_ptr_equal(a, b);
    assert_ptr_equal(a, c);
    params_unref(a);
    params_unref(b);
    params_unref(c);
}

static void names_compare_without_regard_to_case(void **state)
{
    const struct params *set = with(params_empty(), "DateStyle", "ISO");
    const char *name;
    const char *value;

    (void)state;
    assert_string_equal(params_get(set, "datestyle"), "ISO");
    set = with(set, "DATESTYLE", "German");
    assert_int_equal(params_count(set), 1);
    params_at(set, 0, &name, &value);
    assert_string_equal(name, "DateStyle"); /* the spelling that came first */
    assert_string_equal(value, "German");
    set = with(set, "dateSTYLE", NULL);
    assert_ptr_equal(set, params_empty());
}

static void values_compare_with_regard_to_case(void **state)
{
    const struct params *a = with(params_empty(), "application_name", "App");
    const struct params *b = with(params_empty(), "application_name", "app");

    (void)state;
    assert_ptr_not_equal(a, b);
    params_unref(a);
    params_unref(b);
}

static void equal_sets_in_other_spelling_are_one_object(void **state)
{
    const struct params *a = with(params_empty(), "DateStyle", "ISO");
    const struct params *b = with(params_empty(), "datestyle", "ISO");

    (void)state;
    assert_ptr_equal(a, b);
    params_unref(a);
    params_unref(b);
}

static void all_pairs_are_found_in_order_of_name(void **state)
{
    const struct params *set = params_empty();
    const char *last = "";

    (void)state;
    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%02d", i * 37 % 50);
        set = with(set, name, name + 1);
    }
    assert_int_equal(params_count(set), 50);
    for (uint32_t i = 0; i < params_count(set); i++) {
        const char *name;
        const char *value;
        params_at(set, i, &name, &value);
        assert_true(strcmp(last, name) < 0);
        assert_string_equal(name + 1, value);
        last = name;
    }
    params_unref(set);
}

static void what_changes_nothing_is_the_same_set(void **state)
{
    const struct params *set = with(params_empty(), "a", "");

    (void)state;
    assert_string_equal(params_get(set, "a"), "");
    assert_ptr_equal(with(set, "a", ""), set);
    assert_ptr_equal(with(set, "b", NULL), set);
    assert_ptr_equal(with(params_empty(), "b", NULL), params_empty());
    params_unref(set);
}

static const struct params *full_set(void)
{
    const struct params *set = params_empty();

    for (int i = 0; i < PARAMS_COUNT_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        set = with(set, name, "v");
    }
    return set;
}

static void a_set_has_no_more_names_than_its_bound(void **state)
{
    const struct params *set = full_set();

    (void)state;
    assert_null(params_with(set, "one_more", "v"));
    assert_int_equal(params_count(set), PARAMS_COUNT_MAX); /* and set is still ours */
    params_unref(set);
}

static void a_full_set_may_change_and_shrink(void **state)
{
    const struct params *set = full_set();

    (void)state;
    set = with(set, "n7", "w");
    assert_string_equal(params_get(set, "n7"), "w");
    set = with(set, "n8", NULL);
    assert_int_equal(params_count(set), PARAMS_COUNT_MAX - 1);
    params_unref(set);
}

static void a_set_has_no_more_bytes_than_its_bound(void **state)
{
    static char value[PARAMS_BYTES_MAX + 1];

    (void)state;
    memset(value, 'x', PARAMS_BYTES_MAX);
    assert_null(params_with(params_empty(), "a", value));
    value[PARAMS_BYTES_MAX - 3] = '\0'; /* with "a" and two terminators it just fits */
    const struct params *set = with(params_empty(), "a", value);
    assert_int_equal(params_bytes(set), PARAMS_BYTES_MAX);
    assert_null(params_with(set, "b", ""));
    set = with(set, "a", "short");
    params_unref(set);
}

static void facts_of_the_server_are_not_settable(void **state)
{
    (void)state;
    assert_false(param_is_settable("server_version"));
    assert_false(param_is_settable("IS_SUPERUSER"));
    assert_true(param_is_settable("TimeZone"));
    assert_true(param_is_per_client("Application_Name"));
    assert_false(param_is_per_client("search_path"));
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 20000, NAMES = 5 };

static void *change_sets(void *arg)
{
    unsigned seed = *(unsigned *)arg;

    for (int i = 0; i < ROUNDS; i++) {
        char name[2] = {(char)('a' + (seed = seed * 1103515245 + 12345) / 65536 % NAMES), 0};
        char value[2] = {(char)('0' + seed / 1048576 % 2), 0};
        const struct params *set = params_with(params_empty(), name, value);
        const struct params *other = params_with(params_ref(set), "z", "1");
        const struct params *back = params_with(other, "z", NULL);
        if (back != set || strcmp(params_get(set, name), value) != 0) {
            return arg;
        }
        params_unref(back);
        params_unref(set);
    }
    return NULL;
}

static void threads_share_sets(void **state)
{
    pthread_t threads[THREADS];
    unsigned seeds[THREADS];

    (void)state;
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        assert_int_equal(pthread_create(&threads[i], NULL, change_sets, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(equal_sets_are_one_object),
            cmocka_unit_test(the_order_in_which_values_came_makes_no_difference),
            cmocka_unit_test(names_compare_without_regard_to_case),
            cmocka_unit_test(values_compare_with_regard_to_case),
            cmocka_unit_test(equal_sets_in_other_spelling_are_one_object),
            cmocka_unit_test(all_pairs_are_found_in_order_of_name),
            cmocka_unit_test(what_changes_nothing_is_the_same_set),
            cmocka_unit_test(a_set_has_no_more_names_than_its_bound),
            cmocka_unit_test(a_full_set_may_change_and_shrink),
            cmocka_unit_test(a_set_has_no_more_bytes_than_its_bound),
            cmocka_unit_test(facts_of_the_server_are_not_settable),
            cmocka_unit_test(threads_share_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
