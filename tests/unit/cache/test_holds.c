/* SPDX-License-Identifier: PostgreSQL */
/* A short list of ranges. */
#include "cache/holds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct holds holds;

static int begin(void **state)
{
    (void)state;
    return holds_init(&holds) != SL_OK;
}

static int end(void **state)
{
    (void)state;
    holds_fini(&holds);
    return 0;
}

static void what_lies_within_is_held(void **state)
{
    (void)state;
    assert_false(holds_has(&holds, 0));
    assert_int_equal(holds_add(&holds, 10, 20), SL_OK);
    assert_false(holds_has(&holds, 9));
    assert_true(holds_has(&holds, 10));
    assert_true(holds_has(&holds, 20));
    assert_false(holds_has(&holds, 21));
}

static void what_lies_within_is_given_up(void **state)
{
    (void)state;
    assert_int_equal(holds_add(&holds, 10, 20), SL_OK);
    assert_int_equal(holds_add(&holds, 12, 13), SL_OK);
    assert_int_equal(holds_add(&holds, 30, 30), SL_OK);
    assert_int_equal(holds_remove(&holds, 11, 20), 1);
    assert_true(holds_has(&holds, 12)); /* by the wider one */
    assert_int_equal(holds_remove(&holds, 0, UINT64_MAX), 2);
    assert_false(holds_has(&holds, 12));
    assert_int_equal(holds_remove(&holds, 0, UINT64_MAX), 0);
}

static void there_are_only_so_many(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < HOLDS_MAX; i++) {
        assert_int_equal(holds_add(&holds, i, i), SL_OK);
        assert_int_equal(holds_add(&holds, i, i), SL_OK);
    }
    assert_int_equal(holds_add(&holds, 1000, 1000), SL_ELIMIT);
    assert_int_equal(holds_remove(&holds, 5, 5), 1);
    assert_int_equal(holds_add(&holds, 1000, 1000), SL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(what_lies_within_is_held, begin, end),
            cmocka_unit_test_setup_teardown(what_lies_within_is_given_up, begin, end),
            cmocka_unit_test_setup_teardown(there_are_only_so_many, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
