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
                                         "n /^[a-z]+$ guest\nq /^(a+)-(b*)$ \\1.\\1\n"
                                         "r /^a \\1\nr /^b(x)?$ \\1\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_true(hba_ident_allows(ident, "m", "bob@example.com", "xboby"));
    assert_false(hba_ident_allows(ident, "m", "bob@example.com", "bob"));
    assert_false(hba_ident_allows(ident, "m", "bob@exampleXcom", "xboby"));
    assert_false(hba_ident_allows(ident, "m", "bob@example.com.evil", "xboby"));
    assert_true(hba_ident_allows(ident, "n", "abc", "guest"));
    assert_false(hba_ident_allows(ident, "n", "ABC", "guest"));
    assert_true(hba_ident_allows(ident, "q", "aa-b", "aa.aa"));
    assert_false(hba_ident_allows(ident, "q", "aa-b", "aa.\\1"));
    assert_false(hba_ident_allows(ident, "q", "aa-b", "aa.a"));
    assert_false(hba_ident_allows(ident, "q", "aa-b", "aa.aaa"));
    /* Nothing was matched that \1 could stand for. */
    assert_false(hba_ident_allows(ident, "r", "a", "\\1"));
    assert_false(hba_ident_allows(ident, "r", "b", "\\1"));
    assert_false(hba_ident_allows(ident, "r", "b", ""));
    assert_true(hba_ident_allows(ident, "r", "bx", "x"));
    unload(ident);
}

/* PostgreSQL 15 and 16 look at the first byte, whether it stood in quotes or not. */
static void quotes_do_not_make_an_expression_a_name(void **state)
{
    const struct hba_ident *ident = load("m \"/^(.*)@x, y$\" \\1\nn \"/^a\" \"b\\1\"\n"
                                         "o \"/^(a)\" \"\\1\"\n");

    (void)state;
    assert_int_equal(problems.warnings, 0);
    assert_true(hba_ident_allows(ident, "m", "bob@x, y", "bob"));
    assert_false(hba_ident_allows(ident, "m", "/^(.*)@x, y$", "\\1"));
    assert_false(hba_ident_allows(ident, "n", "a", "b\\1"));
    assert_true(hba_ident_allows(ident, "o", "ab", "a"));
    unload(ident);
}

/* What PostgreSQL's escapes mean; some mean other things, or nothing, to the C library. */
static void expressions_mean_what_they_mean_to_postgresql(void **state)
{
    static const struct {
        const char *expression;
        const char *yes;
        const char *no;
    } cases[] = {
            {"^a\\d+$", "a12", "add"},
            {"^a\\D$", "ab", "a1"},
            {"^\\w+$", "a_1", "a-1"},
            {"^\\W$", "-", "w"},
            {"^[\\w.-]+$", "a.b-c_1", "a\\b"},
            {"^[^\\d\\s]+$", "ab", "a1"},
            {"\\Aab\\Z", "ab", "abc"},
            {"^\\<a\\>$", "<a>", "a"},
            {"^a\\.b$", "a.b", "axb"},
            {"^[]a]+$", "a]", "b"},
            {"^[^]a]+$", "b", "]"},
            {"^[[:upper:]]+$", "AB", "ab"},
            {"^[\\\\]$", "\\", "a"},
            {"^[\\.]$", ".", "\\"},
            {"^[{}*+?]$", "*", "a"},
            {"b|c", "abd", "ad"},
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "m /%s u\n", cases[i].expression);
        const struct hba_ident *ident = load(text);
        if (problems.warnings != 0 || !hba_ident_allows(ident, "m", cases[i].yes, "u") ||
                hba_ident_allows(ident, "m", cases[i].no, "u")) {
            fail_msg("%s", cases[i].expression);
        }
        unload(ident);
    }
}

static void an_expression_that_cannot_be_said_is_left_out(void **state)
{
    static const char *const expressions[] = {"a\\yb", "\\1", "(?:a)", "(?i)a", "***=a", "a+?",
            "a**", "a\\", "[a", "[\\", "[[.a.]]", "[a\\]b]", "[\\D]", "a{2}", "\\x41",
            "[[:", "[[:no:]]"};
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
        snprintf(text, sizeof text, "m /%s u\n", expressions[i]);
        const struct hba_ident *ident = load(text);
        if (problems.warnings != 1) {
            fail_msg("%s", expressions[i]);
        }
        assert_false(hba_ident_has_map(ident, "m"));
        unload(ident);
    }
    /* The longest, each byte of which grows most. */
    size_t len = (size_t)snprintf(text, sizeof text, "m /xx");
    while (len <= 240) {
        len += (size_t)snprintf(text + len, sizeof text - len, "\\W");
    }
    (void)snprintf(text + len, sizeof text - len, " u\n");
    unload(load(text));
    assert_int_equal(problems.warnings, 0);
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
    assert_int_equal(problems.warnings, 3);
    assert_true(hba_ident_allows(ident, "m", "{", "b"));
    assert_true(hba_ident_allows(ident, "m", "{x", "b"));
    unload(ident);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(without_a_map_the_names_must_be_the_same),
            cmocka_unit_test(a_map_lists_who_may_be_whom),
            cmocka_unit_test(an_expression_may_hand_over_a_part),
            cmocka_unit_test(quotes_do_not_make_an_expression_a_name),
            cmocka_unit_test(expressions_mean_what_they_mean_to_postgresql),
            cmocka_unit_test(an_expression_that_cannot_be_said_is_left_out),
            cmocka_unit_test(a_wrong_line_is_left_out_and_said),
            cmocka_unit_test(an_expression_that_could_take_for_ever_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
