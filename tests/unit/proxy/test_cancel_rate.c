/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/cancel_rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const sl_usec start = 1000 * SL_SECOND;
static const sl_usec interval = SL_SECOND / CANCEL_RATE;

static void a_burst_goes_at_once_the_rest_in_turn(void **state)
{
    struct cancel_rate rate = {0};

    (void)state;
    for (int i = 0; i < CANCEL_RATE_BURST; i++) {
        assert_int_equal(cancel_rate_take(&rate, start), 0);
    }
    for (int i = 1; i <= 200; i++) {
        assert_int_equal(cancel_rate_take(&rate, start), i * interval);
    }
}

static void a_steady_trickle_never_waits(void **state)
{
    struct cancel_rate rate = {0};

    (void)state;
    for (int i = 0; i < 10 * CANCEL_RATE; i++) {
        assert_int_equal(cancel_rate_take(&rate, start + i * interval), 0);
    }
}

static void no_more_than_the_rate_in_any_second(void **state)
{
    struct cancel_rate rate = {0};
    int within = 0;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        sl_usec now = start + i * SL_MSEC; /* a thousand a second, five seconds long */
        sl_usec at = now + cancel_rate_take(&rate, now);
        within += at >= start + SL_SECOND && at < start + 2 * SL_SECOND ? 1 : 0;
    }
    assert_int_equal(within, CANCEL_RATE);
}

static void quiet_gives_the_burst_back_and_no_more(void **state)
{
    struct cancel_rate rate = {0};
    int at_once = 0;

    (void)state;
    for (int i = 0; i < 3 * CANCEL_RATE_BURST; i++) {
        (void)cancel_rate_take(&rate, start);
    }
    for (int i = 0; i < 3 * CANCEL_RATE_BURST; i++) {
        at_once += cancel_rate_take(&rate, start + 3600 * SL_SECOND) == 0 ? 1 : 0;
    }
    assert_int_equal(at_once, CANCEL_RATE_BURST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_burst_goes_at_once_the_rest_in_turn),
            cmocka_unit_test(a_steady_trickle_never_waits),
            cmocka_unit_test(no_more_than_the_rate_in_any_second),
            cmocka_unit_test(quiet_gives_the_burst_back_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
