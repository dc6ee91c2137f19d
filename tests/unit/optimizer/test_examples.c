/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct examples *examples;
static struct example read_to[EXAMPLES_MAX];

static int begin(void **state)
{
    (void)state;
    examples = examples_new();
    return examples == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    examples_free(examples);
    return 0;
}

static struct sl_hash128 shape_of(uint64_t number)
{
    return (struct sl_hash128){.hi = number, .lo = ~number};
}

static void add(uint64_t number, const char *normalised, const char *text)
{
    examples_add(examples, shape_of(number), sl_span_text(normalised), sl_span_text(text));
}

static unsigned count_of(uint64_t number)
{
    return examples_read(examples, shape_of(number), read_to);
}

static void nothing_is_kept_until_it_is_wanted_and_all_goes_when_it_is_not(void **state)
{
    size_t before = examples_bytes(examples);

    (void)state;
    add(1, "select ?", "select 1");
    assert_int_equal(count_of(1), 0);
    examples_set(examples, true);
    add(1, "select ?", "select 1");
    assert_int_equal(count_of(1), 1);
    assert_string_equal(read_to[0].text, "select 1");
    assert_int_equal(examples_bytes(examples), before + 9);
    examples_set(examples, false);
    assert_int_equal(count_of(1), 0);
    assert_int_equal(examples_bytes(examples), before);
}

static void the_first_few_that_differ_are_kept(void **state)
{
    (void)state;
    examples_set(examples, true);
    add(1, "select ?", "select 1");
    add(1, "select ?", "select 1");
    add(1, "select ?", "select 2");
    add(1, "select ?", "select 3");
    add(1, "select ?", "select 4");
    assert_int_equal(count_of(1), 3);
    assert_string_equal(read_to[1].text, "select 2");
    assert_string_equal(read_to[2].text, "select 3");
    assert_int_equal(count_of(2), 0);
    assert_int_equal(count_of(1 + EXAMPLES_SHAPES), 0); /* it would have the same place */
    add(1 + EXAMPLES_SHAPES, "select ?", "select 5");
    assert_int_equal(count_of(1), 0);
    assert_int_equal(count_of(1 + EXAMPLES_SHAPES), 1);
}

static void statements_about_roles_and_settings_are_not_kept(void **state)
{
    static const char *const texts[] = {"alter role a password ?", "create user a password ?",
            "set x to ?", "copy t from stdin", "do ?", "select ?; alter role a password ?",
            "prepare p as select ?", "selects ?", "select"};

    (void)state;
    examples_set(examples, true);
    for (size_t i = 0; i < SL_COUNT(texts); i++) {
        add(1, texts[i], "secret");
        assert_int_equal(count_of(1), 0);
    }
    add(1, "with a as (select ?) select", "x");
    add(2, "(select ?) union (select ?)", "x");
    assert_int_equal(count_of(1), 1);
    assert_int_equal(count_of(2), 1);
}

static void memory_has_a_bound(void **state)
{
    static char text[2 * EXAMPLE_LEN_MAX];

    (void)state;
    examples_set(examples, true);
    memset(text, 'x', sizeof text - 1);
    text[EXAMPLE_LEN_MAX - 1] = '\xc3'; /* the cut would be in the middle of this character */
    text[EXAMPLE_LEN_MAX] = '\xa9';
    for (unsigned i = 0; i < 5 * EXAMPLES_SHAPES; i++) {
        for (unsigned k = 0; k < EXAMPLES_MAX + 2; k++) {
            snprintf(text, 10, "%09u", k);
            text[9] = 'x';
            add(i, "select ?", text);
        }
    }
    assert_in_range(examples_bytes(examples), 3000000, 3200000);
    assert_int_equal(count_of(5 * EXAMPLES_SHAPES - 1), EXAMPLES_MAX);
    assert_int_equal(strlen(read_to[0].text), EXAMPLE_LEN_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    nothing_is_kept_until_it_is_wanted_and_all_goes_when_it_is_not, begin, end),
            cmocka_unit_test_setup_teardown(the_first_few_that_differ_are_kept, begin, end),
            cmocka_unit_test_setup_teardown(
                    statements_about_roles_and_settings_are_not_kept, begin, end),
            cmocka_unit_test_setup_teardown(memory_has_a_bound, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
