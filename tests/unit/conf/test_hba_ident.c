/* SPDX-License-Identifier: PostgreSQL */
#include "conf/hba_ident.h"

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

static struct conf_problems problems;

static const struct hba_ident *load(const char *text)
{
    const struct hba_ident *ident;

    conf_problems_init(&problems);
    ident = hba_ident_load_text("ident.conf", sl_span_text(text), &problems);
    assert_non_null(ident);
    return ident;
}

static void unload(const struct hba_ident *ident)
{
    hba_ident_unref(ident);
    conf_problems_fini(&problems);
}

static void without_a_map_the_names_must_be_the_same(void **state)
{
    const struct hba_ident *ident = load("");

    (void)state;
    assert_true(hba_ident_allows(ident, NULL, "bob", "bob"));
    assert_false(hba_ident_allows(ident, NULL, "bob", "Bob"));
    assert_false(hba_ident_allows(ident, "m", "bob", "bob"));
    unload(ident);
}

static void a_map_lists_who_may_be_whom(void **state)
{
    const struct hba_ident *ident = load("m bob app\nm bob report # two\nother bob admin\n"
                                         "m root all\nm \"a b\" \"all\"\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_true(hba_ident_has_map(ident, "m"));
    assert_false(hba_ident_has_map(ident, "n"));
    assert_true(hba_ident_allows(ident, "m", "bob", "app"));
    assert_true(hba_ident_allows(ident, "m", "bob", "report"));
    assert_false(hba_ident_allows(ident, "m", "bob", "admin"));
    assert_false(hba_ident_allows(ident, "m", "bob", "bob"));
    assert_true(hba_ident_allows(ident, "m", "root", "anyone"));
    assert_true(hba_ident_allows(ident, "m", "a b", "all"));
    assert_false(hba_ident_allows(ident, "m", "a b", "anyone"));
    unload(ident);
}

static void an_expression_may_hand_over_a_part(void **state)
{
    const struct hba_ident *ident = load("m /^(.*)@example\\.com$ x\\1y\n"
                                         "n /^[a-z]+$ guest\nq \"/^a\" r\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_true(hba_ident_allows(ident, "m", "bob@example.com", "xboby"));
    assert_false(hba_ident_allows(ident, "m", "bob@example.com", "bob"));
    assert_false(hba_ident_allows(ident, "m", "bob@exampleXcom", "xboby"));
    assert_false(hba_ident_allows(ident, "m", "bob@example.com.evil", "xboby"));
    assert_true(hba_ident_allows(ident, "n", "abc", "guest"));
    assert_false(hba_ident_allows(ident, "n", "ABC", "guest"));
    assert_true(hba_ident_allows(ident, "q", "/^a", "r"));
    assert_false(hba_ident_allows(ident, "q", "abc", "r"));
    unload(ident);
}

static void a_wrong_line_is_left_out_and_said(void **state)
{
    const struct hba_ident *ident =
            load("m a\nm a b c\nm /( b\nm a +group\nm \"open b\n\nm good yes\n");

    (void)state;
    assert_int_equal(problems.warnings, 5);
    assert_int_equal(problems.list[4].line, 5);
    assert_true(hba_ident_allows(ident, "m", "good", "yes"));
    assert_false(hba_ident_allows(ident, "m", "a", "b"));
    unload(ident);
}

static void an_expression_that_could_take_for_ever_is_left_out(void **state)
{
    const struct hba_ident *ident =
            load("m /a***************** b\nm /a{1,200} b\nm /(a)\\1 b\nm /[{] b\nm /\\{.* b\n");

    (void)state;
    assert_int_equal(problems.warnings, 4);
    assert_true(hba_ident_allows(ident, "m", "{x", "b"));
    unload(ident);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(without_a_map_the_names_must_be_the_same),
            cmocka_unit_test(a_map_lists_who_may_be_whom),
            cmocka_unit_test(an_expression_may_hand_over_a_part),
            cmocka_unit_test(a_wrong_line_is_left_out_and_said),
            cmocka_unit_test(an_expression_that_could_take_for_ever_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
