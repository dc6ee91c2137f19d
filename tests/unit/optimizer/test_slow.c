/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/slow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <cmocka.h>

static struct slow *slow;
static struct slow_statement read_to[SLOW_MAX];

static int begin(void **state)
{
    (void)state;
    slow = slow_new();
    return slow == NULL ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    slow_free(slow);
    return 0;
}

static void add(uint64_t number, sl_usec total)
{
    slow_add(slow, &(struct slow_statement){.client = number, .times = {[TALLY_TOTAL] = total}});
}

static void the_last_are_kept_newest_first(void **state)
{
    (void)state;
    assert_int_equal(slow_read(slow, SLOW_BY_LAST, read_to), 0);
    add(1, 500);
    add(2, 400);
    assert_int_equal(slow_read(slow, SLOW_BY_LAST, read_to), 2);
    assert_int_equal(read_to[0].client, 2);
    assert_int_equal(read_to[1].client, 1);
    for (uint64_t i = 3; i <= (uint64_t)3 * SLOW_LAST; i++) {
        add(i, 400);
    }
    assert_int_equal(slow_read(slow, SLOW_BY_LAST, read_to), SLOW_LAST);
    assert_int_equal(read_to[0].client, (uint64_t)3 * SLOW_LAST);
    assert_int_equal(read_to[SLOW_LAST - 1].client, (uint64_t)2 * SLOW_LAST + 1);
}

/* 7919 is prime: totals 1 to 7918 come in an order of their own. */
static void the_slowest_stay_however_many_come_after_them(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < 7919; i++) {
        add(i, (sl_usec)(i * 4001 % 7919));
    }
    assert_int_equal(slow_read(slow, SLOW_BY_TOTAL, read_to), SLOW_WORST);
    for (int i = 0; i < SLOW_WORST; i++) {
        assert_int_equal(read_to[i].times[TALLY_TOTAL], 7918 - i);
        assert_int_equal(read_to[i].client * 4001 % 7919, 7918 - i);
    }
}

static void a_reset_forgets_both(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        add(i, 1000);
    }
    slow_reset(slow);
    assert_int_equal(slow_read(slow, SLOW_BY_LAST, read_to), 0);
    assert_int_equal(slow_read(slow, SLOW_BY_TOTAL, read_to), 0);
    add(7, 1);
    assert_int_equal(slow_read(slow, SLOW_BY_LAST, read_to), 1);
    assert_int_equal(slow_read(slow, SLOW_BY_TOTAL, read_to), 1);
    assert_int_equal(read_to[0].client, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(the_last_are_kept_newest_first, begin, end),
            cmocka_unit_test_setup_teardown(
                    the_slowest_stay_however_many_come_after_them, begin, end),
            cmocka_unit_test_setup_teardown(a_reset_forgets_both, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
