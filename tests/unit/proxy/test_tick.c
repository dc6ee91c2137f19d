/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/tick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PERIOD (20 * SL_MSEC)

static struct event_base *base;
static struct tick tick;
static int ticks;

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    ticks++;
}

static int begin(void **state)
{
    (void)state;
    ticks = 0;
    base = event_base_new();
    return base == NULL || tick_init(&tick, base, PERIOD, on_tick, NULL) != SL_OK;
}

static int end(void **state)
{
    (void)state;
    tick_fini(&tick);
    event_base_free(base);
    return 0;
}

static void while_something_goes_on_it_comes_every_period(void **state)
{
    (void)state;
    assert_true(tick.armed == PERIOD);
    for (int i = 0; i < 3; i++) {
        tick_stir(&tick);
        tick_end(&tick, TICK_NEVER);
        assert_true(tick.armed == PERIOD);
    }
    event_base_loop(base, EVLOOP_ONCE);
    event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(ticks, 2);
}

static void after_a_tick_without_it_rests_as_long_as_is_said(void **state)
{
    (void)state;
    tick_end(&tick, 10 * SL_SECOND); /* the first time it is taken for stirred */
    assert_true(tick.armed == PERIOD);
    tick_end(&tick, 10 * SL_SECOND);
    assert_in_range(tick.armed, 10 * SL_SECOND, 11 * SL_SECOND);
    tick_end(&tick, SL_MSEC);
    assert_true(tick.armed == PERIOD);
    tick_end(&tick, -SL_SECOND);
    assert_true(tick.armed == PERIOD);
}

static void what_stirs_it_ends_the_rest(void **state)
{
    (void)state;
    tick_end(&tick, 0);
    tick_end(&tick, 3600 * SL_SECOND);
    tick_stir(&tick);
    assert_true(tick.armed == PERIOD);
    event_base_loop(base, EVLOOP_ONCE); /* not in an hour */
    assert_int_equal(ticks, 1);
    tick_end(&tick, 3600 * SL_SECOND); /* one more after it */
    assert_true(tick.armed == PERIOD);
}

static void it_may_not_come_at_all_until_it_is_stirred(void **state)
{
    (void)state;
    tick_end(&tick, 0);
    tick_end(&tick, TICK_NEVER);
    assert_false(event_pending(tick.event, EV_TIMEOUT, NULL));
    assert_int_equal(event_base_loop(base, EVLOOP_ONCE), 1); /* there is nothing to wait for */
    assert_int_equal(ticks, 0);
    tick_stir(&tick);
    event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(ticks, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(while_something_goes_on_it_comes_every_period),
            CASE(after_a_tick_without_it_rests_as_long_as_is_said),
            CASE(what_stirs_it_ends_the_rest),
            CASE(it_may_not_come_at_all_until_it_is_stirred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
