/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/time_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_value_with_such_a_word_is_told(void **state)
{
    static const char *const values[] = {"now", "NOW", " now ", "today", "Tomorrow", "yesterday",
            "today 10:00", "{2020-01-01,today}", "(1,now)", "04:05 yesterday", "now+00",
            "[today,tomorrow)", "[to\"day\",)", "{tod\\ay}", "(\"to\"\"morrow\",1)"};
    static const char *const others[] = {"", "no", "nowhere", "know", "todays", "2020-01-01",
            "infinity", "yester day", "tomorro", "snow", "nnow", "12"};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (!time_words_in(sl_span_text(values[i]))) {
            fail_msg("not told: %s", values[i]);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (time_words_in(sl_span_text(others[i]))) {
            fail_msg("told: %s", others[i]);
        }
    }
    assert_true(time_words_in(sl_span_text("now_"))); /* rather once too often */
}

static void a_text_that_may_have_one_is_told(void **state)
{
    static const char *const texts[] = {"select 1 from t where d = 'today'", "select now from t",
            "select 'to'\n'day'", "select 'to' \t\r\n  'day'", "select 'to' -- and on\n 'day'",
            "select E'\\x6eow'", "select U&'\\006eow'", "select $$today$$", "select 'TODAY'"};
    static const char *const others[] = {"", "select 'a' 'b'", "select 'a', 'b'", "select 'it''s'",
            "select 'a'\n, 'b'", "select 'a' -- 'b'\n, 'c'", "select \"a\"\n'b'", "select 'a'\n",
            "select '' -- ", "select nowhere from todays"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!time_words_in_text(sl_span_text(texts[i]))) {
            fail_msg("not told: %s", texts[i]);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (time_words_in_text(sl_span_text(others[i]))) {
            fail_msg("told: %s", others[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_value_with_such_a_word_is_told),
            cmocka_unit_test(a_text_that_may_have_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
