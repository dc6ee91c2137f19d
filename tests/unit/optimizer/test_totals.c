/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/totals.h"

#include "optimizer/shape_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MB ((size_t)1 << 20)

static const sl_usec start = 100000 * SL_SECOND;
static const struct total_key every_pool = {TOTAL_ALL, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL};

static struct shape_store *store_of(uint32_t shapes_max, size_t bytes_max)
{
    const struct shape_limits limits = {.shapes_max = shapes_max, .bytes_max = bytes_max};
    struct shape_store *store = shape_store_new(&limits);

    assert_non_null(store);
    return store;
}

static struct shape_table *table_of(struct shape_store *store, uint32_t worker)
{
    const struct shape_limits limits = {.shapes_max = 50, .bytes_max = MB};
    struct shape_table *table = shape_table_new(store, &limits, worker);

    assert_non_null(table);
    return table;
}

static void count(struct shape_table *table, struct shape_key key, sl_usec usec, const char *error)
{
    struct tally_sample sample = {.times = {usec, usec / 4, usec / 2}, .rows = 2};

    snprintf(sample.sqlstate, sizeof sample.sqlstate, "%s", error);
    shape_table_add(table, shape_table_open(table, &key, start), &sample, start);
}

static struct shape_key key_of(uint64_t shape, uint32_t database, uint32_t user, uint32_t node)
{
    return (struct shape_key){
            .shape = {.lo = shape, .hi = ~shape}, .database = database, .user = user, .node = node};
}

static void flush(struct shape_table *table)
{
    uint32_t cursor = 0;

    while (!shape_table_flush(table, &cursor, 10, start)) {
    }
}

static void expect_sum(
        struct shape_store *store, struct total_key match, uint64_t calls, uint64_t usec)
{
    struct tally sum = {0};

    (void)totals_sum(shape_store_totals(store), &match, &sum);
    assert_int_equal(sum.calls, calls);
    assert_int_equal(sum.times[TALLY_TOTAL].count, calls);
    assert_int_equal(sum.times[TALLY_TOTAL].sum, usec);
    tally_fini(&sum, NULL);
}

static void each_pool_database_node_and_worker_has_its_total(void **state)
{
    struct shape_store *store = store_of(100, 4 * MB);
    struct shape_table *tables[] = {table_of(store, 0), table_of(store, 1)};

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        count(tables[i % 2], key_of(i % 7, 1, 2, 3), 1000, i % 10 == 0 ? "23505" : "");
        count(tables[0], key_of(i % 5, 1, 2, 4), 100, "");
        count(tables[1], key_of(i % 3, 5, 2, 3), 10, "");
    }
    expect_sum(store, every_pool, 0, 0); /* nothing is told yet */
    flush(tables[0]);
    flush(tables[1]);
    expect_sum(store, every_pool, 300, 111000);
    expect_sum(store, (struct total_key){TOTAL_ALL, 1, 2, 3}, 100, 100000);
    expect_sum(store, (struct total_key){TOTAL_ALL, 1, TOTAL_ALL, TOTAL_ALL}, 200, 110000);
    expect_sum(store, (struct total_key){TOTAL_ALL, TOTAL_ALL, TOTAL_ALL, 3}, 200, 101000);
    expect_sum(store, (struct total_key){TOTAL_ALL, TOTAL_ALL, 2, TOTAL_ALL}, 300, 111000);
    expect_sum(store, (struct total_key){TOTAL_ALL, 9, 2, 3}, 0, 0);
    expect_sum(store, (struct total_key){0, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL}, 150, 60000);
    expect_sum(store, (struct total_key){1, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL}, 150, 51000);
    shape_table_free(tables[0], start);
    shape_table_free(tables[1], start);
    shape_store_free(store);
}

static void a_total_has_its_errors_and_buckets(void **state)
{
    static const uint64_t bounds[] = {50, 500, 5000};
    struct shape_store *store = store_of(100, 4 * MB);
    struct shape_table *table = table_of(store, 0);
    struct total_key key;
    struct tally tally = {0};
    uint32_t cursor = 0;
    uint64_t counts[3];

    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        count(table, key_of(i, 1, 2, 3), i < 10 ? 20 : i < 15 ? 200 : 2000, i < 3 ? "40P01" : "");
    }
    flush(table);
    assert_true(totals_read(shape_store_totals(store), &cursor, &key, &tally));
    assert_int_equal(key.worker, TOTAL_ALL);
    assert_int_equal(key.database, 1);
    assert_int_equal(key.user, 2);
    assert_int_equal(key.node, 3);
    assert_int_equal(tally.errors, 3);
    assert_memory_equal(tally.classes[0].name, "40", 2);
    assert_int_equal(tally.classes[0].count, 3);
    assert_int_equal(tally.classes[0].last_seen, start);
    histogram_cumulative(&tally.times[TALLY_TOTAL], bounds, 3, counts);
    assert_int_equal(counts[0], 10);
    assert_int_equal(counts[1], 15);
    assert_int_equal(counts[2], 30);
    tally_fini(&tally, NULL);
    assert_true(totals_read(shape_store_totals(store), &cursor, &key, &tally));
    assert_int_equal(key.worker, 0);
    assert_int_equal(key.database, TOTAL_ALL);
    assert_int_equal(tally.calls, 30);
    tally_fini(&tally, NULL);
    assert_false(totals_read(shape_store_totals(store), &cursor, &key, &tally));
    assert_int_equal(tally.calls, 0);
    shape_table_free(table, start);
    shape_store_free(store);
}

static void rows_that_go_take_nothing_from_totals(void **state)
{
    struct shape_store *store = store_of(20, 4 * MB);
    struct shape_table *table = table_of(store, 0);

    (void)state;
    for (unsigned i = 0; i < 5000; i++) {
        count(table, key_of(i, 1, 2, 3), 7, "");
    }
    flush(table);
    assert_true(shape_store_counts(store).evicted >= 4900);
    expect_sum(store, (struct total_key){TOTAL_ALL, 1, 2, 3}, 5000, 35000);
    shape_table_free(table, start);
    shape_store_free(store);
}

static void later_pools_are_added_up_in_one(void **state)
{
    struct shape_store *store = store_of(2000, 4 * MB);
    struct shape_table *table = table_of(store, 0);
    const uint32_t pools_max = totals_pools_max(shape_store_totals(store));

    (void)state;
    assert_in_range(pools_max, TOTALS_POOLS_MIN, 200); /* of 4 MB */
    for (uint32_t i = 1; i <= pools_max + 50; i++) {
        count(table, key_of(1, i, 2, 3), 7, "");
        flush(table);
    }
    expect_sum(store, (struct total_key){TOTAL_ALL, pools_max, 2, 3}, 1, 7);
    expect_sum(store, (struct total_key){TOTAL_ALL, pools_max + 1, 2, 3}, 0, 0);
    expect_sum(store, (struct total_key){TOTAL_ALL, 0, 0, 0}, 50, 350);
    expect_sum(store, every_pool, pools_max + 50, (uint64_t)7 * (pools_max + 50));
    shape_table_free(table, start);
    shape_store_free(store);
}

static void totals_count_in_the_stores_bytes_and_end_with_a_reset(void **state)
{
    struct shape_store *store = store_of(100, 4 * MB);
    struct shape_table *table = table_of(store, 0);
    size_t before = shape_store_counts(store).bytes;
    struct tally tally = {0};
    struct total_key key;
    uint32_t cursor = 0;

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        const struct tally_sample sample = {.times = {(sl_usec)1 << i % 20, 1, 1}};
        SL_IGNORE(tally_add(&tally, NULL, &sample, start), "there is memory");
    }
    totals_add(shape_store_totals(store), &(struct total_key){0, 1, 2, 3}, &tally, start);
    tally_fini(&tally, NULL);
    assert_true(shape_store_counts(store).bytes > before + 2000);
    shape_store_reset(store);
    expect_sum(store, every_pool, 0, 0);
    assert_false(totals_read(shape_store_totals(store), &cursor, &key, &tally));
    assert_in_range(shape_store_counts(store).bytes, before, before + 2000); /* the empty rows */
    count(table, key_of(1, 1, 2, 3), 7, "");
    flush(table);
    expect_sum(store, every_pool, 1, 7);
    shape_table_free(table, start);
    shape_store_free(store);
}

static void expect_hour(
        struct shape_store *store, struct total_key match, sl_usec now, uint64_t count)
{
    struct total_hour hour = {.match = match, .now = now};
    unsigned calls = 1;

    while (!totals_hour(shape_store_totals(store), &hour, 2)) {
        calls++;
    }
    assert_int_equal(hour.times.count, count);
    assert_int_equal(hour.sums.rows, 2 * count);
    assert_int_equal(hour.sums.wait_usec, count * 1000);
    assert_int_equal(hour.sums.server_usec, count * 2000);
    if (count > 0) {
        assert_in_range(histogram_quantile(&hour.times, 0.99), 3900, 4100);
        assert_true(calls >= 4); /* not all in one go */
    }
    histogram_fini(&hour.times, NULL);
}

static void the_last_hour_is_of_pools_whatever_became_of_rows(void **state)
{
    struct shape_store *store = store_of(20, 4 * MB);
    struct shape_table *table = table_of(store, 0);
    const struct total_key first = {TOTAL_ALL, 1, TOTAL_ALL, TOTAL_ALL};

    (void)state;
    for (unsigned i = 0; i < 700; i++) {
        count(table, key_of(i, 1 + i % 7, 2, 3), 4000, "");
    }
    flush(table);
    expect_hour(store, every_pool, start, 700);
    expect_hour(store, first, start, 100);
    expect_hour(store, (struct total_key){TOTAL_ALL, 9, 2, 3}, start, 0);
    expect_hour(store, every_pool, start + 5 * WINDOW_SLOT, 0);
    size_t bytes = shape_store_counts(store).bytes;
    totals_trim(shape_store_totals(store), start + 5 * WINDOW_SLOT);
    assert_true(shape_store_counts(store).bytes < bytes);
    expect_hour(store, every_pool, start, 0);
    count(table, key_of(1, 1, 2, 3), 4000, "");
    flush(table);
    shape_store_reset(store);
    expect_hour(store, every_pool, start, 0);
    shape_table_free(table, start);
    shape_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_pool_database_node_and_worker_has_its_total),
            cmocka_unit_test(a_total_has_its_errors_and_buckets),
            cmocka_unit_test(rows_that_go_take_nothing_from_totals),
            cmocka_unit_test(the_last_hour_is_of_pools_whatever_became_of_rows),
            cmocka_unit_test(later_pools_are_added_up_in_one),
            cmocka_unit_test(totals_count_in_the_stores_bytes_and_end_with_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
