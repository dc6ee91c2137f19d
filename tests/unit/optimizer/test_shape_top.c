/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/shape_top.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SHAPES = 3000 };

static const sl_usec start = 100000 * SL_SECOND;

static uint64_t seed = 11;

static uint64_t next_random(void)
{
    uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static struct shape_key key_of(uint64_t number)
{
    return (struct shape_key){.shape = sl_hash128(sl_span(&number, sizeof(number)))};
}

static void put(struct shape_store *store, uint64_t number, unsigned calls)
{
    struct shape_key key = key_of(number);
    struct tally tally = {0};

    for (unsigned i = 0; i < calls; i++) {
        struct tally_sample sample = {.rows = next_random() % 100,
                .bytes_out = next_random() % 5000,
                .client = (sl_usec)(next_random() % 1000)};
        for (int t = 0; t < TALLY_TIMES; t++) {
            sample.times[t] = (sl_usec)(next_random() % 100000);
        }
        if (next_random() % 5 == 0) {
            memcpy(sample.sqlstate, "23505", sizeof(sample.sqlstate));
        }
        assert_int_equal(
                tally_add(&tally, NULL, &sample, start + (sl_usec)(next_random() % 1000000)),
                SL_OK);
    }
    shape_store_add(store, &key, &tally, start);
    tally_fini(&tally, NULL);
}

static struct shape_store *filled(uint32_t shapes)
{
    const struct shape_limits limits = {.shapes_max = SHAPES, .bytes_max = 64 << 20};
    struct shape_store *store = shape_store_new(&limits);

    assert_non_null(store);
    for (uint32_t i = 0; i < shapes; i++) {
        put(store, i, 1 + (unsigned)(next_random() % 20));
    }
    return store;
}

/* The value a row is ordered by, told here once more and independently. */
static double order_value(const struct shape_row *row, enum shape_order order)
{
    const struct shape_time *total = &row->times[TALLY_TOTAL];
    const double values[SHAPE_ORDERS] = {
            [SHAPE_BY_TOTAL] = (double)total->sum,
            [SHAPE_BY_CALLS] = (double)row->calls,
            [SHAPE_BY_MEAN] = (double)(uint64_t)((double)total->sum / (double)total->count * 1000),
            [SHAPE_BY_P50] = (double)total->p50,
            [SHAPE_BY_P95] = (double)total->p95,
            [SHAPE_BY_P99] = (double)total->p99,
            [SHAPE_BY_MAX] = (double)total->max,
            [SHAPE_BY_WAIT] = (double)row->times[TALLY_WAIT].sum,
            [SHAPE_BY_SERVER] = (double)row->times[TALLY_SERVER].sum,
            [SHAPE_BY_CLIENT] = (double)row->client_usec,
            [SHAPE_BY_ROWS] = (double)row->rows,
            [SHAPE_BY_BYTES] = (double)(row->bytes_in + row->bytes_out),
            [SHAPE_BY_ERRORS] = (double)row->errors,
            [SHAPE_BY_LAST_SEEN] = (double)row->last_seen,
            [SHAPE_BY_HOUR] = (double)row->hour.sum,
    };

    return values[order];
}

static enum shape_order sort_order;

static int by_order(const void *a, const void *b)
{
    double x = order_value(a, sort_order);
    double y = order_value(b, sort_order);

    return x < y ? 1 : x > y ? -1 : 0;
}

static uint32_t read_all(struct shape_store *store, struct shape_row *rows)
{
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = start};
    uint32_t cursor = 0;
    uint32_t count = 0;

    while (cursor != SHAPE_STORE_END) {
        count += shape_store_read(store, &cursor, rows + count, SHAPE_READ_MIN, cut);
    }
    return count;
}

static void any_order_gives_the_first_ones_of_all(void **state)
{
    static const uint32_t sizes[] = {1, 2, 10, 100, SHAPES, 2 * SHAPES};
    struct shape_store *store = filled(SHAPES);
    struct shape_row *all = calloc(SHAPES + SHAPE_READ_MIN, sizeof(*all));

    (void)state;
    for (int order = 0; order < SHAPE_ORDERS; order++) {
        assert_int_equal(read_all(store, all), SHAPES);
        sort_order = (enum shape_order)order;
        qsort(all, SHAPES, sizeof(*all), by_order);
        for (size_t s = 0; s < SL_COUNT(sizes); s++) {
            struct shape_top top;
            uint32_t steps = 0;
            assert_int_equal(shape_top_init(&top, store, sort_order, sizes[s], start), SL_OK);
            while (!shape_top_step(&top, 100)) {
                steps++;
            }
            assert_true(steps >= SHAPES / 200); /* not all in one go */
            assert_int_equal(top.count, sizes[s] < SHAPES ? sizes[s] : SHAPES);
            for (uint32_t i = 0; i < top.count; i++) {
                assert_true(
                        order_value(&top.rows[i], sort_order) == order_value(&all[i], sort_order));
                assert_true(top.rows[i].times[TALLY_WAIT].p99 > 0);
                assert_true(top.rows[i].hour.p99 > 0);
            }
            shape_top_fini(&top);
        }
    }
    free(all);
    shape_store_free(store);
}

static void put_at(struct shape_store *store, struct shape_key key, sl_usec usec, sl_usec at)
{
    struct tally tally = {0};
    const struct tally_sample sample = {.times = {usec, usec / 2, usec / 3}, .rows = 1};

    assert_int_equal(tally_add(&tally, NULL, &sample, at), SL_OK);
    shape_store_add(store, &key, &tally, at);
    tally_fini(&tally, NULL);
}

/* What was dear long ago is not among the dear of the hour. */
static void the_hours_order_is_of_the_hours_numbers(void **state)
{
    const sl_usec late = start + 10 * WINDOW_SLOT;
    struct shape_store *store = filled(0);
    struct shape_top top;

    (void)state;
    put_at(store, key_of(1), 9000, start);
    put_at(store, key_of(2), 8000, start);
    put_at(store, key_of(1), 10, late);
    put_at(store, key_of(3), 20, late);
    put_at(store, key_of(3), 20, late);
    static const enum shape_order orders[] = {SHAPE_BY_TOTAL, SHAPE_BY_CALLS, SHAPE_BY_MEAN,
            SHAPE_BY_P50, SHAPE_BY_P95, SHAPE_BY_P99, SHAPE_BY_MAX, SHAPE_BY_WAIT, SHAPE_BY_SERVER,
            SHAPE_BY_ROWS, SHAPE_BY_HOUR};
    for (size_t i = 0; i < SL_COUNT(orders); i++) {
        assert_int_equal(shape_top_init(&top, store, orders[i], 10, late), SL_OK);
        shape_top_by_hour(&top);
        while (!shape_top_step(&top, 100)) {
        }
        assert_int_equal(top.count, 2);
        assert_true(top.rows[0].key.shape.lo == key_of(3).shape.lo);
        assert_int_equal(top.rows[0].hour.count, 2);
        assert_int_equal(top.rows[0].hour_sums.rows, 2);
        assert_int_equal(top.rows[0].hour_sums.wait_usec, 20);
        assert_true(top.rows[1].key.shape.lo == key_of(1).shape.lo);
        assert_int_equal(top.rows[1].hour.sum, 10);
        shape_top_fini(&top);
    }
    shape_store_free(store);
}

static void only_a_database_or_user_may_be_asked_for(void **state)
{
    struct shape_store *store = filled(0);

    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        struct shape_key key = key_of(i);
        key.database = 1 + i % 2;
        key.user = 1 + i % 5;
        put_at(store, key, 1000, start);
    }
    static const uint32_t expected[][3] = {{SHAPE_ANY, SHAPE_ANY, 100}, {1, SHAPE_ANY, 50},
            {SHAPE_ANY, 5, 20}, {2, 1, 10}, {3, SHAPE_ANY, 0}};
    for (size_t i = 0; i < SL_COUNT(expected); i++) {
        struct shape_top top;
        assert_int_equal(shape_top_init(&top, store, SHAPE_BY_TOTAL, 1000, start), SL_OK);
        shape_top_only(&top, expected[i][0], expected[i][1]);
        while (!shape_top_step(&top, 100)) {
        }
        assert_int_equal(top.count, expected[i][2]);
        for (uint32_t row = 0; row < top.count; row++) {
            assert_true(
                    expected[i][0] == SHAPE_ANY || top.rows[row].key.database == expected[i][0]);
            assert_true(expected[i][1] == SHAPE_ANY || top.rows[row].key.user == expected[i][1]);
        }
        shape_top_fini(&top);
    }
    shape_store_free(store);
}

static void an_empty_store_has_no_first(void **state)
{
    struct shape_store *store = filled(0);
    struct shape_top top;

    (void)state;
    assert_int_equal(shape_top_init(&top, store, SHAPE_BY_TOTAL, 10, start), SL_OK);
    while (!shape_top_step(&top, 1)) {
    }
    assert_int_equal(top.count, 0);
    shape_top_fini(&top);
    shape_store_free(store);
}

static void what_goes_while_it_is_sorted_is_left_out(void **state)
{
    struct shape_store *store = filled(100);
    struct shape_top top;

    (void)state;
    assert_int_equal(shape_top_init(&top, store, SHAPE_BY_CALLS, 10, start), SL_OK);
    while (!top.is_sorted) {
        assert_false(shape_top_step(&top, 50));
    }
    shape_store_reset(store);
    while (!shape_top_step(&top, 50)) {
    }
    assert_int_equal(top.count, 0);
    shape_top_fini(&top);
    shape_store_free(store);
}

static void orders_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPE_ORDERS; i++) {
        const char *name = shape_order_name((enum shape_order)i);
        assert_int_equal(shape_order_named(sl_span_text(name)), i);
    }
    assert_int_equal(shape_order_named(sl_span_text("P99")), SHAPE_BY_P99);
    assert_int_equal(shape_order_named(sl_span_text("p9")), -1);
    assert_int_equal(shape_order_named(sl_span_text("")), -1);
}

static void those_that_cost_most_are_tracked_until_others_do(void **state)
{
    struct shape_store *store = filled(SHAPES);
    struct minute minutes[MINUTES_MAX];
    struct tally tally = {0};
    const struct tally_sample dear = {.times = {1000 * SL_SECOND}};
    struct shape_key key = key_of(0);
    unsigned tracked = 0;

    (void)state;
    size_t bytes = shape_store_counts(store).bytes;
    assert_int_equal(shape_top_track(store, 1, start), SL_OK);
    assert_int_equal(shape_store_counts(store).bytes - bytes,
            SHAPE_TRACKED * budget_cost(sizeof(struct minutes)));
    for (unsigned i = 0; i < SHAPES; i++) {
        put(store, i, 1);
    }
    for (unsigned i = 0; i < SHAPES; i++) {
        struct shape_key one = key_of(i);
        tracked += shape_store_minutes(store, &one, minutes, start) > 0 ? 1 : 0;
    }
    assert_int_equal(tracked, SHAPE_TRACKED);
    /* Two hours later nothing of that counts any more, and key costs something. */
    sl_usec later = start + 120 * MINUTE;
    assert_int_equal(tally_add(&tally, NULL, &dear, later), SL_OK);
    shape_store_add(store, &key, &tally, later);
    assert_int_equal(shape_top_track(store, 2, later), SL_OK);
    shape_store_add(store, &key, &tally, later);
    assert_true(shape_store_minutes(store, &key, minutes, later) > 0);
    tally_fini(&tally, NULL);
    shape_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(any_order_gives_the_first_ones_of_all),
            cmocka_unit_test(the_hours_order_is_of_the_hours_numbers),
            cmocka_unit_test(only_a_database_or_user_may_be_asked_for),
            cmocka_unit_test(an_empty_store_has_no_first),
            cmocka_unit_test(what_goes_while_it_is_sorted_is_left_out),
            cmocka_unit_test(orders_have_names),
            cmocka_unit_test(those_that_cost_most_are_tracked_until_others_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
