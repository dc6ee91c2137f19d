/* SPDX-License-Identifier: PostgreSQL */
#include "cache/hint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* As the stage does: nothing is read of a text that has none. */
static struct hint read_as(const char *text, struct shape_options options)
{
    struct hint hint = {0};

    if (hint_may_be_in(sl_span_text(text))) {
        hint_read(sl_span_text(text), options, &hint);
    }
    return hint;
}

static struct hint read_it(const char *text)
{
    return read_as(text, (struct shape_options){0});
}

static void assert_hint(const char *text, bool is_off, sl_usec ttl, sl_usec stale, uint32_t unknown)
{
    struct hint hint = read_it(text);

    if (hint.is_off != is_off || hint.ttl != ttl || hint.stale != stale ||
            hint.unknown != unknown) {
        fail_msg("%s: off %d ttl %lld stale %lld unknown %u", text, hint.is_off,
                (long long)hint.ttl, (long long)hint.stale, hint.unknown);
    }
}

static void a_comment_says_what_is_wanted(void **state)
{
    (void)state;
    assert_hint("/* sluice:cache=off */ select 1", true, 0, 0, 0);
    assert_hint("select/*sluice:cache=off*/1", true, 0, 0, 0);
    assert_hint("select 1 /*\n\tsluice: cache = OFF \n*/;", true, 0, 0, 0);
    assert_hint("/* sluice:cache=on */ select 1", false, 0, 0, 0);
    assert_hint("/* sluice:ttl=5s */ select 1", false, 5 * SL_SECOND, 0, 0);
    assert_hint("/* sluice:ttl=0.5 */ select 1", false, SL_SECOND / 2, 0, 0);
    assert_hint("/* sluice:stale=30s */ select 1", false, 0, 30 * SL_SECOND, 0);
    assert_hint("/* sluice:ttl=250ms , stale=2min */ select 1", false, SL_SECOND / 4,
            120 * SL_SECOND, 0);
    assert_hint("select 1 -- first\n /* sluice:ttl=1h */", false, 3600 * SL_SECOND, 0, 0);
    assert_hint("select 1 /* another */ /* sluice:ttl=1h */", false, 3600 * SL_SECOND, 0, 0);
    assert_hint("select 2*/* sluice:cache=off */3", true, 0, 0, 0);
    assert_hint("/* sluice:ttl=99999999d */ select 1", false, HINT_TIME_MAX, 0, 0);
}

static void the_strictest_holds(void **state)
{
    (void)state;
    assert_hint("/* sluice:ttl=5s */ select /* sluice:ttl=2s */ 1 /* sluice:ttl=9s */", false,
            2 * SL_SECOND, 0, 0);
    assert_hint("/* sluice:stale=5s,stale=2s */", false, 0, 2 * SL_SECOND, 0);
    assert_hint("/* sluice:stale=5s,stale=0 */", false, 0, 0, 0);
    assert_hint("/* sluice:stale=0,stale=5s */", false, 0, 0, 0);
    assert_hint("/* sluice:cache=off,cache=on */", true, 0, 0, 0);
    assert_hint("/* sluice:ttl=0 */ select 1", true, 0, 0, 0);
    assert_hint("/* sluice:ttl=0,ttl=5s */ select 1", true, 5 * SL_SECOND, 0, 0);
}

static void what_is_not_understood_is_counted_and_left_out(void **state)
{
    (void)state;
    assert_hint("/* sluice:cache=of */", false, 0, 0, 1);
    assert_hint("/* sluice:cache */", false, 0, 0, 1);
    assert_hint("/* sluice: */", false, 0, 0, 1);
    assert_hint("/* sluice:, */", false, 0, 0, 2);
    assert_hint("/* sluice:warm=1,ttl=5s,x */", false, 5 * SL_SECOND, 0, 2);
    assert_hint("/* sluice:ttl=5weeks,ttl=,ttl=-1,ttl=1e3,stale=x */", false, 0, 0, 5);
    assert_hint("/* sluice:ttl=999999999999999999999999999999 */", false, 0, 0, 1);
    assert_hint("/* sluice:ttl=0000000000000000000000000000000000000000000001 */", false, 0, 0, 1);
    assert_hint("/* sluice:cache=off /* nested */ */", false, 0, 0, 1);
}

static void what_is_no_comment_of_its_own_is_none(void **state)
{
    static const char *const texts[] = {"select '/* sluice:cache=off */'",
            "select \"/* sluice:cache=off */\" from t", "select $$/* sluice:cache=off */$$",
            "select $a$ $$ /* sluice:cache=off */ $a$", "select E'\\'/* sluice:cache=off */'",
            "select U&'/* sluice:cache=off */'", "select e'it''s /* sluice:cache=off */'",
            "select 1 -- /* sluice:cache=off */", "/* /* sluice:cache=off */ */ select 1",
            "/* no sluice:cache=off */ select 1", "/* Sluice:cache=off */ select 1",
            "/ * sluice:cache=off */ select 1", "select 1 /* sluice:cache=off",
            "select 'it' /* open '/* sluice:cache=off */", "-- sluice:cache=off\nselect 1",
            "select 'a'\n'/* sluice:cache=off */'", "", "/*", "/**/", "/*/", "sluice:cache=off"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_hint(texts[i], false, 0, 0, 0);
    }
}

/* A dollar within a name, and what a name ends in, begin no string. */
static void what_looks_like_a_string_hides_nothing(void **state)
{
    static const char *const texts[] = {"select a$b$c /* sluice:cache=off */ from t$b$",
            "select $1 /* sluice:cache=off */", "select valuee'x\\' /* sluice:cache=off */",
            "select b'1', x'f' /* sluice:cache=off */", "select 1.5e3 /* sluice:cache=off */",
            "select a - -1 /* sluice:cache=off */", "select U&\"a\"\"b\" /* sluice:cache=off */",
            "select \xc3\xa4$x$ /* sluice:cache=off */", "select 'a\\' /* sluice:cache=off */"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_hint(texts[i], true, 0, 0, 0);
    }
}

static void strings_are_read_as_their_session_does(void **state)
{
    static const char text[] = "select 'a\\' /* sluice:cache=off */ --'";
    /* In SJIS the byte behind 0x83 is no backslash, though it is one. */
    static const char sjis[] = "select 'a\x83\\' /* sluice:cache=off */ --'";
    struct shape_options options = {.backslashes = true};

    (void)state;
    assert_true(read_it(text).is_off);
    assert_false(read_as(text, options).is_off);
    options.encoding = SHAPE_ENCODING_SJIS;
    assert_true(read_as(sjis, options).is_off);
}

/* Exactly as long as it is, so that a sanitizer sees what is read behind it. */
static void every_beginning_of_a_text_is_read_within_its_bounds(void **state)
{
    static const char text[] =
            "/* sluice:ttl=5s,cache=off */ select 'a' -- x\n, E'\\'', $x$ $x$ \"b\" /* /* */ */";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        struct hint hint;
        char *copy = malloc(len == 0 ? 1 : len);
        assert_non_null(copy);
        memcpy(copy, text, len);
        (void)hint_may_be_in(sl_span(copy, len));
        hint_read(sl_span(copy, len), (struct shape_options){0}, &hint);
        assert_int_equal(hint.is_off, len >= strlen("/* sluice:ttl=5s,cache=off */"));
        free(copy);
    }
}

static void a_text_that_is_too_long_is_not_looked_at(void **state)
{
    static char text[HINT_TEXT_MAX + 64];

    (void)state;
    memset(text, ' ', sizeof text - 1);
    memcpy(text, "/* sluice:cache=off */", strlen("/* sluice:cache=off */"));
    assert_true(hint_may_be_in(sl_span(text, HINT_TEXT_MAX)));
    assert_false(hint_may_be_in(sl_span(text, HINT_TEXT_MAX + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_comment_says_what_is_wanted),
            cmocka_unit_test(the_strictest_holds),
            cmocka_unit_test(what_is_not_understood_is_counted_and_left_out),
            cmocka_unit_test(what_is_no_comment_of_its_own_is_none),
            cmocka_unit_test(what_looks_like_a_string_hides_nothing),
            cmocka_unit_test(strings_are_read_as_their_session_does),
            cmocka_unit_test(every_beginning_of_a_text_is_read_within_its_bounds),
            cmocka_unit_test(a_text_that_is_too_long_is_not_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
