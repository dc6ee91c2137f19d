/* SPDX-License-Identifier: PostgreSQL */
/* Who is let in: who comes back soon. */
#include "cache/door.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STRANGERS = DOOR_LINES * DOOR_WAYS * 4 };

static const sl_usec begin_at = 1000 * SL_SECOND;

static int begin(void **state)
{
    *state = door_new();
    return *state == NULL;
}

static int end(void **state)
{
    door_free(*state);
    return 0;
}

static void who_comes_back_is_counted(void **state)
{
    assert_int_equal(door_knock(*state, key_of(1), begin_at), 1);
    assert_int_equal(door_knock(*state, key_of(2), begin_at), 1);
    assert_int_equal(door_knock(*state, key_of(1), begin_at), 2);
    assert_int_equal(door_knock(*state, key_of(1), begin_at + DOOR_TIME), 3);
    assert_int_equal(door_knock(*state, key_of(2), begin_at + DOOR_TIME), 2);
}

static void who_stays_away_is_forgotten(void **state)
{
    assert_int_equal(door_knock(*state, key_of(1), begin_at), 1);
    assert_int_equal(door_knock(*state, key_of(1), begin_at + DOOR_TIME + SL_SECOND), 1);
    assert_int_equal(door_knock(*state, key_of(1), begin_at + DOOR_TIME + 2 * SL_SECOND), 2);
}

static void a_count_has_an_end(void **state)
{
    for (unsigned i = 1; i < 1000; i++) {
        assert_int_equal(door_knock(*state, key_of(1), begin_at), i < 255 ? i : 255);
    }
}

/* Four times as many as there is room for, each of them once: nobody of them is taken for another. */
static void strangers_do_not_let_each_other_in(void **state)
{
    unsigned admitted = 0;

    for (uint64_t i = 0; i < STRANGERS; i++) {
        admitted += door_knock(*state, key_of(i), begin_at + (sl_usec)i) > 1;
    }
    assert_true(admitted < STRANGERS / 10000);
}

/* Who comes often is not forgotten over many who do not. */
static void a_crowd_does_not_hide_who_comes_often(void **state)
{
    unsigned seen = 0;

    for (uint64_t i = 0; i < STRANGERS; i++) {
        sl_usec now = begin_at + (sl_usec)i * 20;
        (void)door_knock(*state, key_of(i + 100), now);
        if (i % 1000 == 0) {
            seen += door_knock(*state, key_of(7), now) > 1;
        }
    }
    assert_true(seen >= STRANGERS / 1000 - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(who_comes_back_is_counted, begin, end),
            cmocka_unit_test_setup_teardown(who_stays_away_is_forgotten, begin, end),
            cmocka_unit_test_setup_teardown(a_count_has_an_end, begin, end),
            cmocka_unit_test_setup_teardown(strangers_do_not_let_each_other_in, begin, end),
            cmocka_unit_test_setup_teardown(a_crowd_does_not_hide_who_comes_often, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
