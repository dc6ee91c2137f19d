/* SPDX-License-Identifier: PostgreSQL */
/*
 * Workers, a reader and the clock's owner on one store at a time: what the thread
 * sanitizer looks at, and sums that must be exact in the end.
 */
#include "optimizer/history.h"
#include "optimizer/names.h"
#include "optimizer/shape_table.h"
#include "optimizer/shape_top.h"
#include "optimizer/totals.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORKERS = 3, STATEMENTS = 40000, SHAPES_MAX = 300, BYTES_MAX = 2 << 20 };

static const sl_usec start = 100000 * SL_SECOND;

static struct shape_store *store;
static struct history *history;
static struct names *names;
static struct shape_limits table_limits;
static atomic_uint working;

static void *work(void *arg)
{
    const uint64_t me = *(const unsigned *)arg;
    struct shape_table *table = shape_table_new(store, &table_limits, (uint32_t)me);
    uint32_t cursor = 0;

    for (uint64_t i = 0; table != NULL && i < STATEMENTS; i++) {
        /* Some for all of them, some that come once. */
        uint64_t number = i % 4 == 0 ? me << 32 | i : i % 50;
        const struct shape_key key = {.shape = sl_hash128(sl_span(&number, sizeof(number))),
                .database = names_number(names, sl_span_text("shop"))};
        const struct tally_sample sample = {.times = {(sl_usec)i % 3000, 1, 2}, .rows = 2};
        sl_usec now = start + (sl_usec)i * 50000; /* half an hour goes by */
        shape_table_add(table, shape_table_open(table, &key, now), &sample, now);
        if (i % 10 == 0) {
            (void)shape_table_flush(table, &cursor, 20, now);
        }
    }
    shape_table_free(table, start);
    atomic_fetch_sub(&working, 1);
    return NULL;
}

static uint64_t total_calls(void)
{
    const struct total_key match = {TOTAL_ALL, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL};
    struct tally sum = {0};

    (void)totals_sum(shape_store_totals(store), &match, &sum);
    uint64_t calls = sum.calls;
    tally_fini(&sum, NULL);
    return calls;
}

/* What SHOW QUERIES and /metrics do. */
static void *look(void *arg)
{
    static struct history_slot slots[HISTORY_COPY];

    (void)arg;
    while (atomic_load(&working) > 0) {
        struct shape_top top;
        struct shape_row other;
        sl_usec after = 0;

        if (shape_top_init(&top, store, SHAPE_BY_P99, 20, start) == SL_OK) {
            while (!shape_top_step(&top, 50)) {
            }
            for (uint32_t i = 0; i < top.count; i++) {
                SL_CHECK(names_text(names, top.rows[i].key.database)[0] == 's');
            }
            shape_top_fini(&top);
        }
        shape_store_read_other(store, &other);
        (void)total_calls();
        while (history_read(history, &after, slots, HISTORY_COPY) > 0) {
        }
    }
    return NULL;
}

static uint64_t calls_in_store(uint64_t *rows)
{
    struct shape_top top;
    struct shape_row other;
    uint64_t calls = 0;

    *rows = 0;
    assert_int_equal(shape_top_init(&top, store, SHAPE_BY_CALLS, SHAPES_MAX, start), SL_OK);
    while (!shape_top_step(&top, 50)) {
    }
    for (uint32_t i = 0; i < top.count; i++) {
        calls += top.rows[i].calls;
        *rows += top.rows[i].rows;
    }
    shape_top_fini(&top);
    shape_store_read_other(store, &other);
    *rows += other.rows;
    return calls + other.calls;
}

static void nothing_is_lost_between_threads(void **state)
{
    const struct shape_limits all = {.shapes_max = SHAPES_MAX, .bytes_max = BYTES_MAX};
    unsigned numbers[WORKERS];
    pthread_t threads[WORKERS + 1];
    struct shape_limits store_limits;
    struct tally tally = {0};
    uint64_t rows = 0;
    uint32_t turn = 0;

    (void)state;
    shape_limits_share(&all, WORKERS, &store_limits, &table_limits);
    store = shape_store_new(&store_limits);
    history = history_new(100);
    names = names_new();
    assert_non_null(store);
    assert_non_null(history);
    assert_non_null(names);
    atomic_store(&working, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[WORKERS], NULL, look, NULL), 0);
    while (atomic_load(&working) > 0) { /* as the control thread does */
        struct history_slot slot = {.ended_at = start + turn};
        shape_store_take(store, &tally);
        history_slot_fill(&slot, &tally);
        history_put(history, &slot);
        assert_int_equal(shape_top_track(store, ++turn, start), SL_OK);
        assert_true(shape_store_counts(store).bytes <= store_limits.bytes_max);
        assert_true(shape_store_counts(store).shapes <= SHAPES_MAX);
    }
    for (unsigned i = 0; i <= WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    shape_store_take(store, &tally);
    assert_int_equal(tally.calls, WORKERS * STATEMENTS);
    assert_int_equal(tally.rows, 2 * WORKERS * STATEMENTS);
    assert_int_equal(calls_in_store(&rows), WORKERS * STATEMENTS);
    assert_int_equal(rows, 2 * WORKERS * STATEMENTS);
    assert_int_equal(total_calls(), WORKERS * STATEMENTS);
    tally_fini(&tally, NULL);
    names_free(names);
    history_free(history);
    shape_store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nothing_is_lost_between_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
