/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/hold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct hold_cache cache;

static int end(void **state)
{
    (void)state;
    hold_cache_fini(&cache);
    return 0;
}

static void put(struct hold *hold, const char *text)
{
    assert_int_equal(hold_put(hold, &cache, text, strlen(text)), SL_OK);
}

static void bytes_come_out_as_they_went_in(void **state)
{
    struct hold hold = {0};

    (void)state;
    put(&hold, "abc");
    put(&hold, "defg");
    hold_consume(&hold, &cache, 2);
    put(&hold, "h");
    assert_int_equal(hold_len(&hold), 6);
    assert_true(sl_span_is(hold_borrow(&hold), "cdefgh"));
    hold_drop(&hold, &cache);
}

static void an_empty_hold_has_no_block(void **state)
{
    struct hold hold = {0};

    (void)state;
    put(&hold, "");
    assert_null(hold.at);
    assert_int_equal(hold_borrow(&hold).len, 0);
    put(&hold, "abc");
    assert_non_null(hold.at);
    hold_consume(&hold, &cache, 3);
    assert_null(hold.at);
    assert_int_equal(hold_len(&hold), 0);
    hold_drop(&hold, &cache);
}

static void a_block_that_was_given_back_is_the_next_one_taken(void **state)
{
    struct hold one = {0};
    struct hold other = {0};

    (void)state;
    put(&one, "abc");
    const uint8_t *block = one.at;
    hold_drop(&one, &cache);
    assert_int_equal(cache.count, 1);
    put(&other, "x");
    assert_ptr_equal(other.at, block);
    assert_int_equal(cache.count, 0);
    hold_drop(&other, &cache);
}

static void a_hold_grows_and_keeps_what_is_in_it(void **state)
{
    enum { BYTES = 300000 };
    struct hold hold = {0};

    (void)state;
    for (size_t i = 0; i < BYTES; i++) {
        uint8_t byte = (uint8_t)(i % 251);
        assert_int_equal(hold_put(&hold, &cache, &byte, 1), SL_OK);
        if (i % 3 == 2) {
            hold_consume(&hold, &cache, 1);
        }
    }
    struct sl_span held = hold_borrow(&hold);
    assert_int_equal(held.len, BYTES - BYTES / 3);
    for (size_t i = 0; i < held.len; i++) {
        assert_int_equal(held.at[i], (BYTES / 3 + i) % 251);
    }
    hold_drop(&hold, &cache);
}

/* A stream through a hold that is never quite empty: it moves to the front, and need not grow. */
static void a_steady_stream_needs_no_larger_block(void **state)
{
    struct hold hold = {0};

    (void)state;
    put(&hold, "0123456789");
    for (int i = 0; i < 10000; i++) {
        put(&hold, "0123456789");
        hold_consume(&hold, &cache, 10);
    }
    assert_true(sl_span_is(hold_borrow(&hold), "0123456789"));
    assert_int_equal(hold.cap, HOLD_BLOCK);
    hold_drop(&hold, &cache);
}

static void the_cache_is_bounded(void **state)
{
    static struct hold many[HOLD_BLOCKS_KEPT + 10];

    (void)state;
    for (size_t i = 0; i < SL_COUNT(many); i++) {
        put(&many[i], "x");
    }
    for (size_t i = 0; i < SL_COUNT(many); i++) {
        hold_drop(&many[i], &cache);
    }
    assert_int_equal(cache.count, HOLD_BLOCKS_KEPT);
}

static void beyond_its_bound_a_hold_takes_nothing(void **state)
{
    struct hold hold = {0};

    (void)state;
    put(&hold, "abc");
    assert_int_equal(hold_reserve(&hold, &cache, HOLD_BYTES_MAX), SL_ELIMIT);
    assert_int_equal(hold_reserve(&hold, &cache, SIZE_MAX), SL_ELIMIT);
    assert_true(sl_span_is(hold_borrow(&hold), "abc"));
    hold_drop(&hold, &cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_teardown(bytes_come_out_as_they_went_in, end),
            cmocka_unit_test_teardown(an_empty_hold_has_no_block, end),
            cmocka_unit_test_teardown(a_block_that_was_given_back_is_the_next_one_taken, end),
            cmocka_unit_test_teardown(a_hold_grows_and_keeps_what_is_in_it, end),
            cmocka_unit_test_teardown(a_steady_stream_needs_no_larger_block, end),
            cmocka_unit_test_teardown(the_cache_is_bounded, end),
            cmocka_unit_test_teardown(beyond_its_bound_a_hold_takes_nothing, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
