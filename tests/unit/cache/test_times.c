/* SPDX-License-Identifier: PostgreSQL */
#include "cache/times.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct times_sum sum_of(const struct times *times)
{
    struct times_sum sum;

    memset(&sum, 0, sizeof sum);
    times_read(times, &sum);
    return sum;
}

static void nothing_is_nothing(void **state)
{
    static struct times times;
    struct times_sum sum = sum_of(&times);

    (void)state;
    assert_int_equal(sum.count, 0);
    assert_int_equal(times_mean(&sum), 0);
    assert_int_equal(times_quantile(&sum, 0.99), 0);
    assert_int_equal(times_up_to(&sum, 1000), 0);
}

static void quantiles_are_within_a_sixteenth(void **state)
{
    static struct times times;

    (void)state;
    for (sl_usec i = 1; i <= 100000; i++) {
        times_add(&times, i);
    }
    struct times_sum sum = sum_of(&times);
    assert_int_equal(sum.count, 100000);
    assert_int_equal(sum.max, 100000);
    assert_int_equal(times_mean(&sum), 50000);
    for (unsigned percent = 1; percent <= 100; percent++) {
        uint64_t exact = percent * UINT64_C(1000);
        assert_in_range(times_quantile(&sum, percent / 100.0), exact - exact / 16,
                exact + exact / 16 > 100000 ? 100000 : exact + exact / 16);
    }
}

static void every_value_is_somewhere(void **state)
{
    static struct times times;
    static const sl_usec values[] = {
            -5, 0, 7, 8, 15, 16, 1000000, INT64_C(1) << 32, INT64_C(1) << 33, INT64_MAX / 2};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        times_add(&times, values[i]);
        struct times_sum sum = sum_of(&times);
        assert_int_equal(sum.count, i + 1);
        assert_int_equal(times_up_to(&sum, UINT64_MAX), i + 1);
    }
    struct times_sum sum = sum_of(&times);
    assert_int_equal(times_up_to(&sum, 0), 2);
    assert_int_equal(times_up_to(&sum, 8), 4);
    assert_int_equal(times_quantile(&sum, 0), 0);
}

static void several_are_summed(void **state)
{
    static struct times one;
    static struct times other;
    struct times_sum sum;

    (void)state;
    times_add(&one, 1);
    times_add(&other, 1000);
    memset(&sum, 0, sizeof sum);
    times_read(&one, &sum);
    times_read(&other, &sum);
    assert_int_equal(sum.count, 2);
    assert_int_equal(sum.sum, 1001);
    assert_int_equal(sum.max, 1000);
    assert_int_equal(times_quantile(&sum, 0.5), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nothing_is_nothing),
            cmocka_unit_test(quantiles_are_within_a_sixteenth),
            cmocka_unit_test(every_value_is_somewhere),
            cmocka_unit_test(several_are_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
