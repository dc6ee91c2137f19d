/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/timer.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define START (1000 * SL_SECOND)

static struct timer_wheel wheel;
static struct timer *fired[64];
static int fired_count;

static void note(struct timer *timer)
{
    assert_false(timer_is_set(timer));
    fired[fired_count++] = timer;
}

static int begin(void **state)
{
    (void)state;
    fired_count = 0;
    timer_wheel_init(&wheel, START);
    return 0;
}

static void a_timer_fires_within_a_tick_of_its_time_and_never_before(void **state)
{
    (void)state;
    for (sl_usec after = 0; after < 3 * TIMER_TICK; after += TIMER_TICK / 7) {
        struct timer timer;
        timer_wheel_init(&wheel, START);
        fired_count = 0;
        timer_init(&timer, note);
        timer_set(&wheel, &timer, START + after);
        sl_usec now = START;
        while (fired_count == 0) {
            now += 100;
            timer_wheel_turn(&wheel, now);
            assert_true(now <= START + after + TIMER_TICK + 100);
        }
        assert_true(now >= START + after);
        assert_int_equal(wheel.count, 0);
    }
}

static void a_timer_fires_once(void **state)
{
    struct timer timer;

    (void)state;
    timer_init(&timer, note);
    timer_set(&wheel, &timer, START + SL_SECOND);
    assert_true(timer_is_set(&timer));
    for (int i = 0; i < 100; i++) {
        timer_wheel_turn(&wheel, START + i * SL_SECOND);
    }
    assert_int_equal(fired_count, 1);
}

static void a_cleared_timer_does_not_fire(void **state)
{
    struct timer timer;

    (void)state;
    timer_init(&timer, note);
    timer_clear(&wheel, &timer);
    timer_set(&wheel, &timer, START + SL_SECOND);
    timer_clear(&wheel, &timer);
    assert_false(timer_is_set(&timer));
    timer_wheel_turn(&wheel, START + 10 * SL_SECOND);
    assert_int_equal(fired_count, 0);
    assert_int_equal(wheel.count, 0);
}

static void setting_again_moves_it(void **state)
{
    struct timer timer;

    (void)state;
    timer_init(&timer, note);
    timer_set(&wheel, &timer, START + SL_SECOND);
    timer_set(&wheel, &timer, START + 3 * SL_SECOND);
    assert_int_equal(wheel.count, 1);
    timer_wheel_turn(&wheel, START + 2 * SL_SECOND);
    assert_int_equal(fired_count, 0);
    timer_wheel_turn(&wheel, START + 4 * SL_SECOND);
    assert_int_equal(fired_count, 1);
}

static void a_time_rounds_away_is_waited_for(void **state)
{
    sl_usec round = TIMER_SLOTS * TIMER_TICK;
    struct timer timer;

    (void)state;
    timer_init(&timer, note);
    timer_set(&wheel, &timer, START + 3 * round + 5 * TIMER_TICK);
    for (sl_usec now = START; now < START + 3 * round + 5 * TIMER_TICK; now += TIMER_TICK) {
        timer_wheel_turn(&wheel, now);
        assert_int_equal(fired_count, 0);
    }
    timer_wheel_turn(&wheel, START + 3 * round + 6 * TIMER_TICK);
    assert_int_equal(fired_count, 1);
}

static void after_a_long_sleep_all_that_is_due_fires(void **state)
{
    static struct timer timers[50];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(timers); i++) {
        timer_init(&timers[i], note);
        timer_set(&wheel, &timers[i], START + (sl_usec)i * 7 * SL_SECOND);
    }
    timer_wheel_turn(&wheel, START + 100000 * SL_SECOND);
    assert_int_equal(fired_count, SL_COUNT(timers));
    assert_int_equal(wheel.count, 0);
}

static void what_is_past_already_fires_within_a_tick(void **state)
{
    struct timer timer;

    (void)state;
    timer_wheel_turn(&wheel, START + 10 * SL_SECOND);
    timer_init(&timer, note);
    timer_set(&wheel, &timer, START);
    timer_wheel_turn(&wheel, START + 10 * SL_SECOND + TIMER_TICK);
    assert_int_equal(fired_count, 1);
}

/* ---- firing one changes others ---- */

static struct timer first;
static struct timer second;

static void clear_second(struct timer *timer)
{
    note(timer);
    timer_clear(&wheel, &second);
}

static void one_that_fires_may_clear_another_that_is_due(void **state)
{
    (void)state;
    timer_init(&first, clear_second);
    timer_init(&second, note);
    timer_set(&wheel, &first, START + TIMER_TICK);
    timer_set(&wheel, &second, START + TIMER_TICK);
    timer_wheel_turn(&wheel, START + SL_SECOND);
    assert_int_equal(fired_count, 1);
    assert_ptr_equal(fired[0], &first);
    assert_int_equal(wheel.count, 0);
}

static void set_at_once(struct timer *timer)
{
    note(timer);
    timer_set(&wheel, timer, START);
}

static void one_that_sets_itself_fires_again_in_a_later_turn(void **state)
{
    (void)state;
    timer_init(&first, set_at_once);
    timer_set(&wheel, &first, START + TIMER_TICK);
    timer_wheel_turn(&wheel, START + SL_SECOND);
    assert_int_equal(fired_count, 1);
    timer_wheel_turn(&wheel, START + SL_SECOND + TIMER_TICK);
    assert_int_equal(fired_count, 2);
}

/* ---- when the next is due ---- */

/* As a worker rests: until then, or until the limit, and again. */
static int rests_until_fired(sl_usec *now)
{
    int rests = 0;

    while (fired_count == 0) {
        sl_usec next = timer_wheel_next(&wheel, *now + 3600 * SL_SECOND);
        assert_true(next > *now - TIMER_TICK);
        *now = next > *now ? next : *now + TIMER_TICK;
        timer_wheel_turn(&wheel, *now);
        assert_true(++rests < 100000);
    }
    return rests;
}

static void who_rests_until_the_next_is_due_fires_it_in_time_and_wakes_no_more(void **state)
{
    struct timer timer;

    (void)state;
    for (sl_usec after = SL_MSEC; after < 600 * SL_SECOND; after = after * 3 + 7) {
        sl_usec now = START;
        timer_wheel_init(&wheel, START);
        timer_wheel_turn(&wheel, now);
        fired_count = 0;
        timer_init(&timer, note);
        timer_set(&wheel, &timer, START + after);
        int rests = rests_until_fired(&now);
        assert_true(now >= START + after);
        assert_true(now <= START + after + TIMER_TICK);
        /* Once a round is looked around: 600 s are thirty of them. */
        assert_true(rests <= 1 + after / (TIMER_SLOTS * TIMER_TICK));
    }
}

static void without_timers_or_before_any_it_is_the_limit(void **state)
{
    struct timer timer;

    (void)state;
    timer_wheel_turn(&wheel, START);
    assert_true(timer_wheel_next(&wheel, START + 3600 * SL_SECOND) == START + 3600 * SL_SECOND);
    timer_init(&timer, note);
    timer_set(&wheel, &timer, START + SL_SECOND);
    assert_true(timer_wheel_next(&wheel, START + SL_SECOND / 2) == START + SL_SECOND / 2);
    timer_clear(&wheel, &timer);
    assert_true(timer_wheel_next(&wheel, START + 3600 * SL_SECOND) == START + 3600 * SL_SECOND);
}

/* A million clients with a deadline each: it is looked at some, and then again. */
static void of_many_timers_it_looks_at_some_and_still_none_is_late(void **state)
{
    static struct timer timers[20000];
    struct timer near;
    sl_usec now = START;

    (void)state;
    timer_wheel_turn(&wheel, now);
    for (size_t i = 0; i < SL_COUNT(timers); i++) {
        timer_init(&timers[i], note);
        timer_set(&wheel, &timers[i], START + 500 * SL_SECOND + (sl_usec)i * SL_MSEC);
    }
    assert_true(timer_wheel_next(&wheel, START + 3600 * SL_SECOND) < START + 2 * SL_SECOND);
    timer_init(&near, note);
    timer_set(&wheel, &near, START + 15 * SL_SECOND);
    assert_true(rests_until_fired(&now) > 1);
    assert_ptr_equal(fired[0], &near);
    assert_true(now <= START + 15 * SL_SECOND + TIMER_TICK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(a_timer_fires_within_a_tick_of_its_time_and_never_before, begin),
            cmocka_unit_test_setup(a_timer_fires_once, begin),
            cmocka_unit_test_setup(a_cleared_timer_does_not_fire, begin),
            cmocka_unit_test_setup(setting_again_moves_it, begin),
            cmocka_unit_test_setup(a_time_rounds_away_is_waited_for, begin),
            cmocka_unit_test_setup(after_a_long_sleep_all_that_is_due_fires, begin),
            cmocka_unit_test_setup(what_is_past_already_fires_within_a_tick, begin),
            cmocka_unit_test_setup(
                    who_rests_until_the_next_is_due_fires_it_in_time_and_wakes_no_more, begin),
            cmocka_unit_test_setup(without_timers_or_before_any_it_is_the_limit, begin),
            cmocka_unit_test_setup(of_many_timers_it_looks_at_some_and_still_none_is_late, begin),
            cmocka_unit_test_setup(one_that_fires_may_clear_another_that_is_due, begin),
            cmocka_unit_test_setup(one_that_sets_itself_fires_again_in_a_later_turn, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
