/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/shape_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const sl_usec start = 1000 * SL_SECOND;

static struct shape_store *store;

static int begin_with(uint32_t shapes_max, size_t bytes_max)
{
    struct shape_limits limits = {.shapes_max = shapes_max, .bytes_max = bytes_max};

    store = shape_store_new(&limits);
    if (store == NULL) {
        return -1;
    }
    shape_store_keep_intervals(store, true);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(1000, 16 << 20);
}

static int begin_few(void **state)
{
    (void)state;
    return begin_with(100, 16 << 20);
}

static int begin_short(void **state)
{
    (void)state;
    return begin_with(1000, 128 << 10);
}

static int end(void **state)
{
    (void)state;
    shape_store_free(store); /* its budget must be even then */
    return 0;
}

static struct shape_key key_of(uint64_t number)
{
    return (struct shape_key){
            .shape = {.lo = number * UINT64_C(0x9e3779b97f4a7c15), .hi = number}, .database = 1};
}

static void add(uint64_t number, unsigned calls, sl_usec usec)
{
    struct shape_key key = key_of(number);
    struct tally_sample sample = {.times = {usec, usec / 4, usec / 2},
            .rows = 3,
            .bytes_in = 50,
            .bytes_out = 200,
            .client = 7,
            .sqlstate = "22012",
            .ends_transaction = true};
    struct tally tally = {0};

    for (unsigned i = 0; i < calls; i++) {
        assert_int_equal(tally_add(&tally, NULL, &sample, start), SL_OK);
    }
    shape_store_add(store, &key, &tally, start);
    tally_fini(&tally, NULL);
}

struct taken {
    uint32_t rows;
    struct interval_sums sums;
    uint64_t count;
    uint64_t usec;
    struct shape_interval last;
};

/* In parts of so many. */
static struct taken take(uint32_t part)
{
    struct shape_interval intervals[64];
    struct taken taken = {0};
    uint32_t cursor = 0;

    while (cursor != SHAPE_STORE_END) {
        uint32_t n = shape_store_take_intervals(store, &cursor, intervals, part);
        for (uint32_t i = 0; i < n; i++) {
            interval_sums_add(&taken.sums, &intervals[i].sums);
            taken.count += intervals[i].total.count;
            taken.usec += intervals[i].total.sum;
            taken.last = intervals[i];
        }
        taken.rows += n;
    }
    shape_store_take_other_interval(store, &intervals[0]);
    interval_sums_add(&taken.sums, &intervals[0].sums);
    taken.count += intervals[0].total.count;
    taken.usec += intervals[0].total.sum;
    return taken;
}

static void expect(const struct taken *taken, uint64_t calls, uint64_t usec)
{
    assert_int_equal(taken->sums.calls, calls);
    assert_int_equal(taken->sums.errors, calls);
    assert_int_equal(taken->sums.rows, 3 * calls);
    assert_int_equal(taken->sums.transactions, calls);
    assert_int_equal(taken->sums.bytes_in, 50 * calls);
    assert_int_equal(taken->sums.bytes_out, 200 * calls);
    assert_int_equal(taken->sums.client_usec, 7 * calls);
    assert_int_equal(taken->sums.wait_usec, usec / 4);
    assert_int_equal(taken->sums.server_usec, usec / 2);
    assert_int_equal(taken->count, calls);
    assert_int_equal(taken->usec, usec);
}

static void a_row_has_what_it_got_since_the_last_take(void **state)
{
    struct shape_key key = key_of(5);

    (void)state;
    add(5, 10, 1000);
    add(5, 10, 3000);
    struct taken taken = take(1);
    assert_int_equal(taken.rows, 1);
    assert_true(shape_key_equal(&taken.last.key, &key));
    assert_in_range(taken.last.total.p50, 980, 1020);
    assert_in_range(taken.last.total.p99, 2950, 3050);
    assert_int_equal(taken.last.total.max, 3000);
    expect(&taken, 20, 40000);
    add(5, 4, 100);
    taken = take(64);
    assert_int_equal(taken.rows, 1);
    assert_int_equal(taken.last.total.max, 100);
    expect(&taken, 4, 400);
    taken = take(64);
    assert_int_equal(taken.rows, 0);
    expect(&taken, 0, 0);
}

static void all_rows_are_taken_in_parts(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        add(i, 2, 100);
    }
    struct taken taken = take(3);
    assert_int_equal(taken.rows, 500);
    expect(&taken, 1000, 100000);
}

static void what_evicted_rows_got_is_others(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        add(i, 2, 100);
    }
    assert_true(shape_store_counts(store).evicted > 0);
    struct taken taken = take(64);
    assert_in_range(taken.rows, 1, 100);
    expect(&taken, 10000, 1000000);
}

static void without_memory_the_sum_is_whole(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        add(i % 700, 2, 100 + (sl_usec)(i % 50) * 4000);
    }
    struct taken taken = take(64);
    assert_int_equal(taken.sums.calls, 6000);
    assert_int_equal(taken.count, 6000);
}

static void a_reset_leaves_what_was_not_taken(void **state)
{
    (void)state;
    add(1, 3, 100);
    shape_store_reset(store);
    add(1, 2, 100);
    struct taken taken = take(64);
    assert_int_equal(taken.rows, 1);
    assert_int_equal(taken.last.sums.calls, 2);
    expect(&taken, 5, 500);
}

static void nothing_is_kept_unless_asked_for(void **state)
{
    struct tally tally = {.calls = 1};

    (void)state;
    shape_store_keep_intervals(store, false);
    size_t before = shape_store_counts(store).bytes;
    add(1, 3, 100);
    size_t after_one = shape_store_counts(store).bytes;
    shape_store_add_other(store, &tally);
    struct taken taken = take(64);
    assert_int_equal(taken.rows, 0);
    expect(&taken, 0, 0);
    shape_store_reset(store);
    shape_store_keep_intervals(store, true);
    add(1, 3, 100);
    assert_true(shape_store_counts(store).bytes - before > after_one - before);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(a_row_has_what_it_got_since_the_last_take),
            CASE(all_rows_are_taken_in_parts),
            cmocka_unit_test_setup_teardown(what_evicted_rows_got_is_others, begin_few, end),
            cmocka_unit_test_setup_teardown(without_memory_the_sum_is_whole, begin_short, end),
            CASE(a_reset_leaves_what_was_not_taken),
            CASE(nothing_is_kept_unless_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
