/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/stats.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS = 3, ROUNDS = 100000 };

static struct stats_row rows[WORKERS];

static int begin(void **state)
{
    (void)state;
    memset(rows, 0, sizeof rows);
    return 0;
}

static void the_rows_of_all_workers_are_summed(void **state)
{
    struct stats_totals sum = {{0}};

    (void)state;
    stats_add(&rows[0], STATS_QUERIES, 1);
    stats_add(&rows[1], STATS_QUERIES, 20);
    stats_add(&rows[2], STATS_QUERIES, 300);
    stats_add(&rows[2], STATS_BINDS, 7);
    stats_read(rows, WORKERS, &sum);
    assert_int_equal(sum.counters[STATS_QUERIES], 321);
    assert_int_equal(sum.counters[STATS_BINDS], 7);
    assert_int_equal(sum.counters[STATS_XACTS], 0);
    stats_read(rows, WORKERS, &sum); /* adds to what is there: several pools make one sum */
    assert_int_equal(sum.counters[STATS_QUERIES], 642);
}

static void rows_of_different_workers_share_no_cache_line(void **state)
{
    (void)state;
    assert_int_equal(sizeof rows[0] % 64, 0);
    assert_int_equal((uintptr_t)&rows[1] % 64, 0);
}

static void *count(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        stats_add(arg, STATS_XACTS, 1);
    }
    return NULL;
}

static void reading_while_others_count_sees_no_number_go_back(void **state)
{
    pthread_t threads[WORKERS];
    uint64_t last = 0;

    (void)state;
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count, &rows[i]), 0);
    }
    while (last < 1000) {
        struct stats_totals sum = {{0}};
        stats_read(rows, WORKERS, &sum);
        assert_true(sum.counters[STATS_XACTS] >= last);
        last = sum.counters[STATS_XACTS];
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    struct stats_totals sum = {{0}};
    stats_read(rows, WORKERS, &sum);
    assert_int_equal(sum.counters[STATS_XACTS], WORKERS * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup(the_rows_of_all_workers_are_summed, begin),
            cmocka_unit_test_setup(rows_of_different_workers_share_no_cache_line, begin),
            cmocka_unit_test_setup(reading_while_others_count_sees_no_number_go_back, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
