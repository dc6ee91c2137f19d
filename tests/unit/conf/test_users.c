/* SPDX-License-Identifier: PostgreSQL */
#include "conf/users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SCRAM                                                                                      \
    "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2E=$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"        \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct conf_problems problems;

static const struct users *load(const char *text)
{
    const struct users *users;

    conf_problems_init(&problems);
    users = users_load_text("users.txt", sl_span_text(text), &problems);
    assert_non_null(users);
    return users;
}

static void unload(const struct users *users)
{
    users_unref(users);
    conf_problems_fini(&problems);
}

static void names_and_secrets_are_found_by_name(void **state)
{
    const struct users *users = load("\"bob\" \"x\"\n  \"alice\"\t\"y\" \"more\" is ignored\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(users_count(users), 2);
    assert_string_equal(users_find(users, "alice")->secret, "y");
    assert_null(users_find(users, "Alice"));
    assert_string_equal(users_at(users, 0)->name, "bob");
    assert_string_equal(users_at(users, 1)->name, "alice");
    assert_null(users_at(users, 2));
    assert_null(users_at(users, -1));
    unload(users);
}

static void a_doubled_quote_is_one(void **state)
{
    const struct users *users = load("\"a\"\"b\" \"c\"\"\"\"d\"\n\"\"\"\" \"e\"\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_string_equal(users_find(users, "a\"b")->secret, "c\"\"d");
    assert_string_equal(users_find(users, "\"")->secret, "e");
    unload(users);
}

static void comments_and_empty_lines_are_passed_over(void **state)
{
    const struct users *users = load("; \"no\" \"x\"\n\n# \"neither\" \"y\"\n\"yes\" \"z\"");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_int_equal(users_count(users), 1);
    unload(users);
}

static void of_two_lines_with_one_name_the_later_holds(void **state)
{
    const struct users *users = load("\"a\" \"1\"\n\"b\" \"2\"\n\"a\" \"3\"\n");

    (void)state;
    assert_int_equal(users_count(users), 2);
    assert_string_equal(users_find(users, "a")->secret, "3");
    unload(users);
}

static void a_broken_line_is_left_out_and_said(void **state)
{
    const struct users *users =
            load("\"a\" \"1\"\nbob x\n\"c\"\n\"d\" \"open\n\"e\" \"5\"\n\"open\n");

    (void)state;
    assert_int_equal(problems.warnings, 4);
    assert_int_equal(problems.list[0].line, 2);
    assert_int_equal(problems.list[1].line, 3);
    assert_int_equal(problems.list[2].line, 4);
    assert_int_equal(users_count(users), 2);
    assert_non_null(users_find(users, "e"));
    unload(users);
}

static void too_long_a_name_is_left_out(void **state)
{
    char text[300];
    const struct users *users;

    (void)state;
    snprintf(text, sizeof(text), "\"%0128d\" \"x\"\n\"%0127d\" \"y\"\n", 1, 2);
    users = load(text);
    assert_int_equal(problems.warnings, 1);
    assert_int_equal(users_count(users), 1);
    unload(users);
}

static void many_users_stay_where_they_are(void **state)
{
    size_t cap = (size_t)256 * 1024;
    char *text = malloc(cap);
    size_t len = 0;
    const struct users *users;

    (void)state;
    assert_non_null(text);
    for (int i = 0; i < 5000; i++) {
        len += (size_t)snprintf(text + len, cap - len, "\"user%d\" \"secret%d\"\n", i, i);
    }
    users = load(text);
    assert_int_equal(users_count(users), 5000);
    assert_string_equal(users_find(users, "user0")->secret, "secret0");
    assert_string_equal(users_find(users, "user4999")->secret, "secret4999");
    assert_string_equal(users_at(users, 3000)->name, "user3000");
    unload(users);
    free(text);
}

static void the_kind_of_a_secret_is_told_by_its_form(void **state)
{
    (void)state;
    assert_int_equal(users_secret_kind(""), USERS_SECRET_NONE);
    assert_int_equal(users_secret_kind("geheim"), USERS_SECRET_PLAIN);
    assert_int_equal(users_secret_kind("md545f2603610af569b6155c45067268c6b"), USERS_SECRET_MD5);
    assert_int_equal(users_secret_kind("md545f2603610af569b6155c45067268c6"), USERS_SECRET_PLAIN);
    assert_int_equal(users_secret_kind("md545f2603610af569b6155c45067268c6x"), USERS_SECRET_PLAIN);
    assert_int_equal(users_secret_kind(SCRAM), USERS_SECRET_SCRAM);
    assert_int_equal(users_secret_kind(SCRAM "A"), USERS_SECRET_PLAIN);
    assert_int_equal(users_secret_kind("SCRAM-SHA-256$x"), USERS_SECRET_PLAIN);
    assert_int_equal(users_secret_kind("SCRAM-SHA-256$4096:abc$d:e"), USERS_SECRET_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(names_and_secrets_are_found_by_name),
            cmocka_unit_test(a_doubled_quote_is_one),
            cmocka_unit_test(comments_and_empty_lines_are_passed_over),
            cmocka_unit_test(of_two_lines_with_one_name_the_later_holds),
            cmocka_unit_test(a_broken_line_is_left_out_and_said),
            cmocka_unit_test(too_long_a_name_is_left_out),
            cmocka_unit_test(many_users_stay_where_they_are),
            cmocka_unit_test(the_kind_of_a_secret_is_told_by_its_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
