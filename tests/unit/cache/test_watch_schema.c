/* SPDX-License-Identifier: PostgreSQL */
/* Which question about the schema is due when, and what its answers say. */
#include "cache/watch_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct watch_schema schema;
static sl_usec now;

static int set_up(void **state)
{
    (void)state;
    now = 1000 * SL_SECOND;
    watch_schema_init(&schema, SL_SECOND, 10 * SL_SECOND);
    schema.is_wanted = true;
    return 0;
}

/* The next one, when it is due, which takes so long; whether the schema has changed. */
static bool ask(enum catalog_changes expected, sl_usec took, const char *answer)
{
    enum catalog_changes what;
    sl_usec due = watch_schema_due(&schema, &what);

    now = due > now ? due : now;
    assert_int_equal(what, expected);
    watch_schema_asked(&schema, what, now);
    now += took;
    return watch_schema_answered(&schema, what, sl_span_text(answer), now);
}

static void expect_due(enum catalog_changes expected, sl_usec in)
{
    enum catalog_changes what;
    sl_usec due = watch_schema_due(&schema, &what);

    assert_int_equal(what, expected);
    assert_int_equal(due - now, in);
}

static void what_is_cheap_is_asked_alone(void **state)
{
    enum catalog_changes what;

    (void)state;
    assert_true(watch_schema_due(&schema, &what) == 0);
    assert_true(ask(CATALOG_CHANGES_ALL, SL_MSEC, "a")); /* the first one may be another */
    for (int i = 0; i < 5; i++) {
        expect_due(CATALOG_CHANGES_ALL, SL_SECOND - SL_MSEC);
        assert_false(ask(CATALOG_CHANGES_ALL, SL_MSEC, "a"));
    }
    assert_true(ask(CATALOG_CHANGES_ALL, SL_MSEC, "b"));
    assert_false(ask(CATALOG_CHANGES_ALL, SL_MSEC, "b"));
    schema.is_wanted = false;
    expect_due(CATALOG_CHANGES_ALL, 10 * SL_SECOND - SL_MSEC);
}

static void what_is_not_is_asked_when_one_that_is_has_changed(void **state)
{
    (void)state;
    assert_true(ask(CATALOG_CHANGES_ALL, 60 * SL_MSEC, "a"));
    assert_false(ask(CATALOG_CHANGES_TABLES, 8 * SL_MSEC, "x")); /* nobody knows what was before */
    for (int i = 0; i < 4; i++) {
        expect_due(CATALOG_CHANGES_TABLES, SL_SECOND - 8 * SL_MSEC);
        assert_false(ask(CATALOG_CHANGES_TABLES, 8 * SL_MSEC, "x"));
    }
    assert_false(ask(CATALOG_CHANGES_ALL, 60 * SL_MSEC, "a"));
    assert_false(ask(CATALOG_CHANGES_TABLES, 8 * SL_MSEC, "y"));
    expect_due(CATALOG_CHANGES_ALL, 20 * 60 * SL_MSEC - SL_SECOND - 8 * SL_MSEC);
    assert_true(ask(CATALOG_CHANGES_ALL, 60 * SL_MSEC, "b"));
    expect_due(CATALOG_CHANGES_TABLES, SL_SECOND - 60 * SL_MSEC);
}

/* 100,000 tables. */
static void what_takes_long_is_asked_seldom(void **state)
{
    (void)state;
    assert_true(ask(CATALOG_CHANGES_ALL, 2 * SL_SECOND, "a"));
    assert_false(ask(CATALOG_CHANGES_TABLES, 300 * SL_MSEC, "x"));
    assert_false(ask(CATALOG_CHANGES_COUNTED, SL_MSEC, "1"));
    for (int i = 0; i < 5; i++) {
        expect_due(CATALOG_CHANGES_COUNTED, SL_SECOND - SL_MSEC);
        assert_false(ask(CATALOG_CHANGES_COUNTED, SL_MSEC, "1"));
    }
    watch_schema_hint(&schema); /* it has a reason, and rests nevertheless */
    expect_due(CATALOG_CHANGES_COUNTED, SL_SECOND - SL_MSEC);
    now += 20 * SL_SECOND;
    assert_false(ask(CATALOG_CHANGES_COUNTED, SL_MSEC, "1"));
    assert_false(ask(CATALOG_CHANGES_TABLES, 300 * SL_MSEC, "x"));
    assert_false(ask(CATALOG_CHANGES_ALL, 2 * SL_SECOND, "a"));
}

static void a_hint_is_a_reason(void **state)
{
    (void)state;
    assert_true(ask(CATALOG_CHANGES_ALL, SL_MSEC, "a"));
    watch_schema_hint(&schema);
    expect_due(CATALOG_CHANGES_ALL, 19 * SL_MSEC);
    watch_schema_asked(&schema, CATALOG_CHANGES_ALL, now);
    watch_schema_hint(&schema); /* what it is for may be later than the question */
    now += SL_MSEC;
    assert_false(watch_schema_answered(&schema, CATALOG_CHANGES_ALL, sl_span_text("a"), now));
    expect_due(CATALOG_CHANGES_ALL, 19 * SL_MSEC);
    assert_true(ask(CATALOG_CHANGES_ALL, SL_MSEC, "b"));
    expect_due(CATALOG_CHANGES_ALL, SL_SECOND - SL_MSEC);
}

/* The machine stood still for ten seconds. */
static void what_took_long_once_is_asked_again(void **state)
{
    (void)state;
    assert_true(ask(CATALOG_CHANGES_ALL, SL_MSEC, "a"));
    assert_false(ask(CATALOG_CHANGES_ALL, 10 * SL_SECOND, "a"));
    assert_false(ask(CATALOG_CHANGES_ALL, SL_MSEC, "a")); /* at once, and as often as before */
    expect_due(CATALOG_CHANGES_ALL, SL_SECOND - SL_MSEC);
}

/* It was asked and never answered: the connection was lost. */
static void what_was_not_answered_is_asked_again(void **state)
{
    enum catalog_changes what;

    (void)state;
    assert_true(watch_schema_due(&schema, &what) <= now);
    watch_schema_asked(&schema, CATALOG_CHANGES_ALL, now);
    now += 10 * SL_SECOND;
    assert_true(ask(CATALOG_CHANGES_ALL, SL_MSEC, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(what_is_cheap_is_asked_alone, set_up),
            cmocka_unit_test_setup(what_is_not_is_asked_when_one_that_is_has_changed, set_up),
            cmocka_unit_test_setup(what_takes_long_is_asked_seldom, set_up),
            cmocka_unit_test_setup(a_hint_is_a_reason, set_up),
            cmocka_unit_test_setup(what_took_long_once_is_asked_again, set_up),
            cmocka_unit_test_setup(what_was_not_answered_is_asked_again, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
