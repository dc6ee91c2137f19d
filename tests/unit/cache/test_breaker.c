/* SPDX-License-Identifier: PostgreSQL */
#include "cache/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct breaker_limits limits = {.failures_max = 5,
        .slow = 5 * SL_MSEC,
        .window = SL_SECOND,
        .window_min = 20,
        .probe_every = 250 * SL_MSEC};

static void failures_in_a_row_open_it(void **state)
{
    struct breaker breaker;

    (void)state;
    breaker_init(&breaker, &limits);
    for (int i = 0; i < 4; i++) {
        assert_false(breaker_failure(&breaker, 1000));
    }
    assert_false(breaker_answer(&breaker, 1000, 100));
    for (int i = 0; i < 4; i++) {
        assert_false(breaker_failure(&breaker, 1000));
    }
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_true(breaker_failure(&breaker, 1000));
    assert_false(breaker_failure(&breaker, 1000)); /* it is told once */
    assert_int_equal(breaker.opened, 1);
}

static void slow_answers_of_a_window_open_it(void **state)
{
    struct breaker breaker;

    (void)state;
    breaker_init(&breaker, &limits);
    for (int i = 0; i < 500; i++) { /* one in a hundred */
        assert_false(breaker_answer(&breaker, SL_SECOND + i, i % 100 == 99 ? 6 * SL_MSEC : 100));
    }
    assert_false(breaker_answer(&breaker, SL_SECOND + 500, 100));
    assert_true(breaker_answer(&breaker, SL_SECOND + 501, 6 * SL_MSEC));
    breaker_init(&breaker, &limits);
    for (int i = 0; i < 19; i++) { /* too few to judge by */
        assert_false(breaker_answer(&breaker, SL_SECOND, 6 * SL_MSEC));
    }
    assert_false(breaker_answer(&breaker, 3 * SL_SECOND, 6 * SL_MSEC)); /* another window */
}

static void a_probe_closes_it_or_not(void **state)
{
    struct breaker breaker;

    (void)state;
    breaker_init(&breaker, &limits);
    assert_false(breaker_probe(&breaker, SL_SECOND));
    breaker_open(&breaker, SL_SECOND);
    assert_false(breaker_probe(&breaker, SL_SECOND + 249 * SL_MSEC));
    assert_true(breaker_probe(&breaker, SL_SECOND + 250 * SL_MSEC));
    assert_false(breaker_probe(&breaker, SL_SECOND + 250 * SL_MSEC)); /* one */
    assert_false(breaker_failure(&breaker, SL_SECOND + 260 * SL_MSEC));
    assert_int_equal(breaker.state, BREAKER_OPEN);
    assert_false(breaker_probe(&breaker, SL_SECOND + 500 * SL_MSEC));
    assert_true(breaker_probe(&breaker, SL_SECOND + 510 * SL_MSEC));
    breaker_probed(&breaker, SL_SECOND + 510 * SL_MSEC);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    for (int i = 0; i < 4; i++) {
        assert_false(breaker_failure(&breaker, 2 * SL_SECOND));
    }
    assert_int_equal(breaker.opened, 1);
}

static void quantiles_are_within_a_fifth(void **state)
{
    struct breaker breaker;

    (void)state;
    breaker_init(&breaker, &limits);
    assert_int_equal(breaker_quantile(&breaker, 500), 0);
    for (int i = 1; i <= 1000; i++) {
        breaker_answer(&breaker, SL_SECOND, i);
    }
    sl_usec p50 = breaker_quantile(&breaker, 500);
    sl_usec p99 = breaker_quantile(&breaker, 990);
    assert_true(p50 >= 500 && p50 < 600);
    assert_true(p99 >= 990 && p99 < 1200);
    for (int i = 0; i < 3000000; i++) {
        breaker_answer(&breaker, SL_SECOND, INT64_MAX);
    }
    assert_true(breaker_quantile(&breaker, 500) > SL_SECOND);
    breaker_answer(&breaker, SL_SECOND, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(failures_in_a_row_open_it),
            cmocka_unit_test(slow_answers_of_a_window_open_it),
            cmocka_unit_test(a_probe_closes_it_or_not),
            cmocka_unit_test(quantiles_are_within_a_fifth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
