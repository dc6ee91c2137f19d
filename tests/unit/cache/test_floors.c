/* SPDX-License-Identifier: PostgreSQL */
#include "cache/floors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TABLE = 1, OTHER = 2, ROW = 11, OTHER_ROW = 12 };

static void what_was_seen_is_the_floor_of_its_like(void **state)
{
    struct floors *floors = NULL;

    (void)state;
    assert_int_equal(floors_of(floors, TABLE, 0), 0);
    assert_true(floors_raise(&floors, TABLE, ROW, 100, 50));
    assert_int_equal(floors_of(floors, TABLE, ROW), 100);
    assert_int_equal(floors_of(floors, TABLE, OTHER_ROW), 0);
    assert_int_equal(floors_of(floors, TABLE, 0), 100); /* who sees all rows sees that one */
    assert_int_equal(floors_of(floors, OTHER, 0), 0);
    assert_true(floors_raise(&floors, TABLE, ROW, 90, 50)); /* never down */
    assert_int_equal(floors_of(floors, TABLE, ROW), 100);
    assert_true(floors_raise(&floors, TABLE, 0, 120, 50));
    assert_int_equal(floors_of(floors, TABLE, OTHER_ROW), 120);
    assert_true(floors_raise_all(&floors, 130, 50));
    assert_int_equal(floors_of(floors, OTHER, ROW), 130);
    free(floors);
}

static void what_the_clock_has_passed_is_forgotten(void **state)
{
    struct floors *floors = NULL;

    (void)state;
    assert_true(floors_raise(&floors, TABLE, ROW, 100, 100));
    assert_null(floors); /* it never was one */
    assert_true(floors_raise(&floors, TABLE, ROW, 100, 50));
    assert_true(floors_raise_all(&floors, 110, 50));
    assert_true(floors_raise(&floors, OTHER, 0, 130, 110));
    assert_int_equal(floors_of(floors, TABLE, ROW), 0);
    assert_int_equal(floors_of(floors, OTHER, 0), 130);
    free(floors);
}

static void of_too_many_there_is_one_for_everything(void **state)
{
    struct floors *floors = NULL;

    (void)state;
    for (uint32_t i = 0; i <= FLOORS_MAX; i++) {
        assert_true(floors_raise(&floors, TABLE, 100 + i, 1000 + (sl_usec)i, 50));
    }
    assert_int_equal(floors_of(floors, OTHER, 0), 1000 + FLOORS_MAX);
    assert_int_equal(floors_of(floors, TABLE, 100), 1000 + FLOORS_MAX);
    free(floors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_was_seen_is_the_floor_of_its_like),
            cmocka_unit_test(what_the_clock_has_passed_is_forgotten),
            cmocka_unit_test(of_too_many_there_is_one_for_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
