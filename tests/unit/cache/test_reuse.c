/* SPDX-License-Identifier: PostgreSQL */
/* Which shapes are cold: those whose answers are got, and hardly ever given again. */
#include "cache/reuse.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORKERS = 3, CHEAP = 100, DEAR = REUSE_DEAR_USEC + 1 };

static const sl_usec then = 1000 * SL_SECOND;

static int begin(void **state)
{
    *state = reuse_new(WORKERS);
    return *state == NULL;
}

static int end(void **state)
{
    reuse_free(*state);
    return 0;
}

/* Fills by all workers in turn, and so many hits for a hundred of them, by the last worker. */
static void live(struct reuse *reuse, uint64_t shape, unsigned fills, unsigned percent,
        uint32_t cost_usec, sl_usec now)
{
    for (unsigned i = 0; i < fills; i++) {
        if (i % 100 < percent) {
            reuse_hit(reuse, WORKERS - 1, key_of(shape));
        }
        reuse_fill(reuse, i % WORKERS, key_of(shape), cost_usec, now);
    }
}

static bool is_cold(const struct reuse *reuse, uint64_t shape, sl_usec now)
{
    return reuse_cold_until(reuse, key_of(shape), now) > now;
}

static void few_hits_make_a_shape_cold(void **state)
{
    live(*state, 1, 2 * REUSE_FILLS, 10, CHEAP, then);
    assert_true(is_cold(*state, 1, then));
    assert_false(is_cold(*state, 2, then));
    assert_false(is_cold(*state, 1, then + REUSE_COLD));
}

static void enough_hits_do_not(void **state)
{
    live(*state, 1, 4 * REUSE_FILLS, 35, CHEAP, then);
    assert_false(is_cold(*state, 1, then));
}

static void too_few_fills_say_nothing(void **state)
{
    live(*state, 1, REUSE_FILLS - 1, 0, CHEAP, then);
    assert_false(is_cold(*state, 1, then));
}

static void what_is_dear_is_never_cold(void **state)
{
    live(*state, 1, 4 * REUSE_FILLS, 1, DEAR, then);
    assert_false(is_cold(*state, 1, then));
}

/* As long as it takes: what came before may be counted, too. */
static void live_until_cold(struct reuse *reuse, sl_usec now)
{
    for (unsigned i = 0; i < 4 * REUSE_FILLS && !is_cold(reuse, 1, now); i++) {
        live(reuse, 1, 1, 0, CHEAP, now);
    }
    assert_true(is_cold(reuse, 1, now));
}

static void each_time_is_twice_as_long(void **state)
{
    sl_usec now = then;

    for (unsigned i = 0; i < REUSE_DOUBLINGS_MAX + 2; i++) {
        sl_usec length = REUSE_COLD << (i < REUSE_DOUBLINGS_MAX ? i : REUSE_DOUBLINGS_MAX);
        live_until_cold(*state, now);
        assert_true(is_cold(*state, 1, now + length - 1));
        now += length;
        assert_false(is_cold(*state, 1, now));
    }
    live(*state, 1, 4 * REUSE_FILLS, 90, CHEAP, now); /* it has become better */
    assert_false(is_cold(*state, 1, now));
    live_until_cold(*state, now);
    assert_false(is_cold(*state, 1, now + REUSE_COLD));
}

static void a_worker_knows_what_it_did(void **state)
{
    live(*state, 1, 30, 100, CHEAP, then);
    assert_int_equal(reuse_here(*state, 0, key_of(1)).fills, 10);
    assert_int_equal(reuse_here(*state, WORKERS - 1, key_of(1)).hits, 30);
    assert_int_equal(reuse_here(*state, 0, key_of(2)).fills, 0);
}

/* As many as there are places, and more: one is told from another. */
static void shapes_that_share_a_place_are_told_apart(void **state)
{
    for (uint64_t shape = 0; shape < 3 * REUSE_SHAPES; shape++) {
        live(*state, shape, 3, 0, CHEAP, then);
    }
    for (uint64_t shape = 0; shape < 3 * REUSE_SHAPES; shape++) {
        assert_true(reuse_here(*state, 0, key_of(shape)).fills <= 1);
        assert_false(is_cold(*state, shape, then));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(few_hits_make_a_shape_cold, begin, end),
            cmocka_unit_test_setup_teardown(enough_hits_do_not, begin, end),
            cmocka_unit_test_setup_teardown(too_few_fills_say_nothing, begin, end),
            cmocka_unit_test_setup_teardown(what_is_dear_is_never_cold, begin, end),
            cmocka_unit_test_setup_teardown(each_time_is_twice_as_long, begin, end),
            cmocka_unit_test_setup_teardown(a_worker_knows_what_it_did, begin, end),
            cmocka_unit_test_setup_teardown(shapes_that_share_a_place_are_told_apart, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
