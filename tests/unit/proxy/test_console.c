/* SPDX-License-Identifier: PostgreSQL */
/* The console's language and its two tables; what it answers is in tests/e2e/test_console.c. */
#include "proxy/console.h"
#include "proxy/console_parse.h"
#include "proxy/console_show.h"
#include "proxy/console_verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct console_command command;

static enum console_kind kind_of(const char *text)
{
    struct sl_error error;

    if (console_parse(text, &command, &error) != SL_OK) {
        fail_msg("\"%s\" gives %s", text, error.text);
    }
    return command.kind;
}

static void refused(const char *text)
{
    struct sl_error error = {.text = ""};

    assert_int_equal(console_parse(text, &command, &error), SL_EINVAL);
    assert_string_equal(error.sqlstate, "42601");
    assert_non_null(strstr(error.text, "SHOW HELP"));
}

static void words_may_be_in_any_case_and_quoted(void **state)
{
    (void)state;
    assert_int_equal(kind_of("show pools"), CONSOLE_SHOW);
    assert_string_equal(command.view->name, "pools");
    assert_int_equal(kind_of(" SHOW\n\t\"Stats_Totals\" ; ;"), CONSOLE_SHOW);
    assert_string_equal(command.view->name, "stats_totals");
    assert_int_equal(kind_of("SELECT VERSION"), CONSOLE_SHOW);
    assert_string_equal(command.argument, "");
    assert_int_equal(kind_of("show queries p99"), CONSOLE_SHOW);
    assert_string_equal(command.view->name, "queries");
    assert_string_equal(command.argument, "p99");
    assert_int_equal(kind_of("show cache"), CONSOLE_SHOW);
    assert_string_equal(command.view->name, "cache");
    assert_int_equal(kind_of("show Cache STREAM;"), CONSOLE_SHOW);
    assert_string_equal(command.view->name, "cache_stream");
    assert_string_equal(command.argument, "");
    assert_int_equal(kind_of("Show Help"), CONSOLE_HELP);
    assert_int_equal(kind_of(";"), CONSOLE_EMPTY);
    assert_int_equal(kind_of(""), CONSOLE_EMPTY);
}

static void a_database_may_have_any_name(void **state)
{
    (void)state;
    assert_int_equal(kind_of("pause"), CONSOLE_DO);
    assert_string_equal(command.argument, "");
    assert_string_equal(console_verb_name(command.verb), "PAUSE");
    assert_int_equal(kind_of("pause my-shop.eu;"), CONSOLE_DO);
    assert_string_equal(command.argument, "my-shop.eu");
    assert_int_equal(kind_of("PAUSE \"a \"\"quoted\"\" one;\""), CONSOLE_DO);
    assert_string_equal(command.argument, "a \"quoted\" one;");
    assert_int_equal(kind_of("pause gesch\xc3\xa4"
                             "ft"),
            CONSOLE_DO);
    assert_string_equal(command.argument, "gesch\xc3\xa4"
                                          "ft");
}

static void cache_takes_the_whole_line(void **state)
{
    char word[16];

    (void)state;
    assert_int_equal(kind_of("cache  flush table \"a b\".c ; "), CONSOLE_DO);
    assert_string_equal(console_verb_name(command.verb), "CACHE");
    assert_string_equal(command.value, "flush table \"a b\".c");
    const char *rest = console_next_word(command.value, word, sizeof word);
    assert_string_equal(word, "flush");
    assert_string_equal(rest, " table \"a b\".c");
    assert_int_equal(kind_of("Explain Cache shop as one select 1, 'a;b' ;"), CONSOLE_EXPLAIN);
    assert_string_equal(command.value, "shop as one select 1, 'a;b'");
    assert_string_equal(command.view->name, "cache_why");
    refused("explain cache");
    refused("explain select 1");
    assert_null(console_next_word("", word, sizeof word));
    assert_null(console_next_word("= 1", word, sizeof word));
    assert_null(console_next_word("a_word_that_has_no_room", word, sizeof word));
}

static void a_set_has_a_key_a_sign_and_a_value(void **state)
{
    (void)state;
    assert_int_equal(kind_of("set default_pool_size=5"), CONSOLE_SET);
    assert_string_equal(command.argument, "default_pool_size");
    assert_string_equal(command.value, "5");
    assert_int_equal(kind_of("SET server_check_query TO 'select ''x'';'"), CONSOLE_SET);
    assert_string_equal(command.value, "select 'x';");
    assert_int_equal(kind_of("set logfile = ''"), CONSOLE_SET);
    assert_string_equal(command.value, "");
    assert_int_equal(kind_of("set DateStyle = 'ISO'"), CONSOLE_SET_FAKE);
    refused("set");
    refused("set x");
    refused("set x =");
    refused("set x = 1 2");
    refused("set x = 'open");
    refused("set 'x' = 1");
}

static void blocks_are_what_drivers_say(void **state)
{
    static const char *const begins[] = {"begin", "BEGIN TRANSACTION;", "start transaction"};
    static const char *const ends[] = {"commit", "end", "COMMIT WORK"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(begins); i++) {
        assert_int_equal(kind_of(begins[i]), CONSOLE_BEGIN);
    }
    for (size_t i = 0; i < SL_COUNT(ends); i++) {
        assert_int_equal(kind_of(ends[i]), CONSOLE_END_BLOCK);
        assert_string_equal(command.argument, "COMMIT");
    }
    assert_int_equal(kind_of("rollback;"), CONSOLE_END_BLOCK);
    assert_string_equal(command.argument, "ROLLBACK");
}

static void anything_else_is_refused(void **state)
{
    static const char *const wrong[] = {"show", "show nothing", "show pools lists",
            "show pools; show lists", "select 1", "nonsense", "pause a b", "= 1", "\"", "'x'", "(",
            "show 'pools'", "begin now"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(wrong); i++) {
        refused(wrong[i]);
    }
}

static void what_is_too_long_is_refused(void **state)
{
    char text[4096];

    (void)state;
    snprintf(text, sizeof text, "pause %0*d", CONSOLE_ARGUMENT_MAX - 1, 1);
    assert_int_equal(kind_of(text), CONSOLE_DO);
    snprintf(text, sizeof text, "pause %0*d", CONSOLE_ARGUMENT_MAX, 1);
    refused(text);
    snprintf(text, sizeof text, "set x = %0*d", CONSOLE_VALUE_MAX - 1, 1);
    assert_int_equal(kind_of(text), CONSOLE_SET);
    snprintf(text, sizeof text, "set x = %0*d", CONSOLE_VALUE_MAX, 1);
    refused(text);
}

static void every_view_is_whole_and_found_by_its_name(void **state)
{
    const struct view *view;
    unsigned count = 0;

    (void)state;
    for (; (view = console_view_at(count)) != NULL; count++) {
        assert_ptr_equal(console_view_find(view->name), view);
        assert_true(view->columns_count > 0 && view->columns_count <= VIEW_COLUMNS_MAX);
        assert_true(view->on_worker != NULL || view->finish != NULL);
        assert_true(view->sentence != NULL && view->sentence[0] != '\0');
    }
    assert_true(count >= 24);
    assert_null(console_view_find("nothing"));
}

static void every_verb_is_found_and_has_its_line_of_help(void **state)
{
    const char *usage;
    unsigned count = 0;

    (void)state;
    for (; (usage = console_verb_usage(count)) != NULL; count++) {
        char word[32];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(usage, " "), usage);
        const struct console_verb *verb = console_verb_find(word);
        assert_non_null(verb);
        assert_string_equal(console_verb_name(verb), word);
    }
    assert_int_equal(count, 14);
}

static void two_databases_are_consoles(void **state)
{
    (void)state;
    assert_true(console_is_database("pgbouncer"));
    assert_true(console_is_database("sluice"));
    assert_false(console_is_database("Sluice"));
    assert_false(console_is_database("postgres"));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(words_may_be_in_any_case_and_quoted),
            cmocka_unit_test(a_database_may_have_any_name),
            cmocka_unit_test(cache_takes_the_whole_line),
            cmocka_unit_test(a_set_has_a_key_a_sign_and_a_value),
            cmocka_unit_test(blocks_are_what_drivers_say),
            cmocka_unit_test(anything_else_is_refused),
            cmocka_unit_test(what_is_too_long_is_refused),
            cmocka_unit_test(every_view_is_whole_and_found_by_its_name),
            cmocka_unit_test(every_verb_is_found_and_has_its_line_of_help),
            cmocka_unit_test(two_databases_are_consoles),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
