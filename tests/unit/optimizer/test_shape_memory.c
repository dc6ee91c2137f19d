/* SPDX-License-Identifier: PostgreSQL */
/*
 * Every allocation fails once, alone and with those after it. The sanitizers bring an
 * allocator of their own: there nothing fails, and the sums must be right all the same.
 */
#include "optimizer/history.h"
#include "optimizer/names.h"
#include "optimizer/shape_table.h"
#include "optimizer/shape_top.h"
#include "optimizer/totals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STATEMENTS = 400, KINDS = 60 };

static const sl_usec start = 100000 * SL_SECOND;

static long first_to_fail; /* counted from 1; 0: none */
static long fail_count;
static long seen;
static long failed;

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ALLOCATOR
#endif
#endif
#if !defined(HAS_ALLOCATOR) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void *real_malloc(size_t len) __asm__("__libc_malloc");
void *real_calloc(size_t count, size_t len) __asm__("__libc_calloc");
void *real_memalign(size_t align, size_t len) __asm__("__libc_memalign");

static bool fails(void)
{
    if (first_to_fail == 0) {
        return false;
    }
    seen++;
    bool is_hit = seen >= first_to_fail && seen < first_to_fail + fail_count;
    failed += is_hit ? 1 : 0;
    return is_hit;
}

void *malloc(size_t len)
{
    return fails() ? NULL : real_malloc(len);
}

void *calloc(size_t count, size_t len)
{
    return fails() ? NULL : real_calloc(count, len);
}

void *aligned_alloc(size_t align, size_t len)
{
    return fails() ? NULL : real_memalign(align, len);
}

#endif

static struct shape_key key_of(uint64_t number)
{
    return (struct shape_key){.shape = sl_hash128(sl_span(&number, sizeof(number))),
            .database = (uint32_t)(number % 5)};
}

struct result {
    bool was_made;
    uint64_t calls; /* rows and other */
    uint64_t usec;
    uint64_t taken;
    uint64_t pools; /* in totals, as what follows */
    uint64_t workers;
    uint64_t placed; /* of all total times, in buckets or known to be in none */
};

static void sum_row(struct result *result, const struct shape_row *row)
{
    result->calls += row->calls;
    result->usec += row->times[TALLY_TOTAL].sum;
    result->placed += row->times[TALLY_TOTAL].count;
}

static uint64_t total_calls(struct shape_store *store, uint32_t worker)
{
    const struct total_key match = {worker, TOTAL_ALL, TOTAL_ALL, TOTAL_ALL};
    struct tally sum = {0};

    (void)totals_sum(shape_store_totals(store), &match, &sum);
    uint64_t calls = sum.calls;
    tally_fini(&sum, NULL);
    return calls;
}

static void read_back(struct shape_store *store, struct result *result)
{
    const struct shape_cut cut = {.parts = SHAPE_ALL, .now = start};
    static struct shape_row rows[SHAPE_READ_MIN];
    struct shape_top top;
    uint32_t cursor = 0;
    struct tally taken = {0};

    while (cursor != SHAPE_STORE_END) {
        uint32_t count = shape_store_read(store, &cursor, rows, SHAPE_READ_MIN, cut);
        for (uint32_t i = 0; i < count; i++) {
            sum_row(result, &rows[i]);
        }
    }
    shape_store_read_other(store, &rows[0]);
    sum_row(result, &rows[0]);
    shape_store_take(store, &taken);
    result->taken = taken.calls;
    tally_fini(&taken, NULL);
    result->pools = total_calls(store, TOTAL_ALL);
    result->workers = total_calls(store, 0);
    if (shape_top_init(&top, store, SHAPE_BY_P99, 10, start) == SL_OK) {
        while (!shape_top_step(&top, 10)) {
        }
        shape_top_fini(&top);
    }
}

/* A little of everything: eviction on both sides, widened pages, minutes, a reset. */
static struct result run(void)
{
    const struct shape_limits store_limits = {.shapes_max = 40, .bytes_max = 200000};
    const struct shape_limits table_limits = {.shapes_max = 20, .bytes_max = 30000};
    struct shape_store *store = shape_store_new(&store_limits);
    struct shape_table *table = store == NULL ? NULL : shape_table_new(store, &table_limits, 0);
    struct result result = {.was_made = table != NULL};
    uint32_t cursor = 0;

    for (unsigned i = 0; table != NULL && i < STATEMENTS; i++) {
        struct shape_key key = key_of(i % 3 == 0 ? 0 : i % KINDS);
        const struct tally_sample sample = {.times = {1 << i % 20, i % 5, 300}};
        shape_table_add(table, shape_table_open(table, &key, start), &sample, start);
        if (i % 50 == 49) {
            while (!shape_table_flush(table, &cursor, 8, start)) {
            }
            SL_IGNORE(shape_top_track(store, i, start), "next minute, then");
        }
    }
    shape_table_free(table, start);
    if (table != NULL) {
        read_back(store, &result);
    }
    shape_store_free(store); /* checks that every byte came back */
    return result;
}

static uint64_t usec_of_all(void)
{
    uint64_t usec = 0;

    for (unsigned i = 0; i < STATEMENTS; i++) {
        usec += UINT64_C(1) << i % 20;
    }
    return usec;
}

static void whichever_allocation_fails_the_sums_are_right(void **state)
{
    static const long counts[] = {1, 3, 1000000};

    (void)state;
    for (size_t c = 0; c < SL_COUNT(counts); c++) {
        long n = 1;
        do {
            seen = 0;
            failed = 0;
            fail_count = counts[c];
            first_to_fail = n++;
            struct result result = run();
            first_to_fail = 0;
            if (result.was_made) {
                assert_int_equal(result.calls, STATEMENTS);
                assert_int_equal(result.taken, STATEMENTS);
                assert_int_equal(result.pools, STATEMENTS);
                assert_true(result.workers == STATEMENTS || failed > 0);
                assert_int_equal(result.usec, usec_of_all());
                assert_int_equal(result.placed, STATEMENTS);
            }
        } while (failed > 0);
    }
}

static void without_memory_there_is_none_of_the_others(void **state)
{
    (void)state;
    fail_count = 1000000;
    first_to_fail = 1;
    seen = 0;
    failed = 0;
    struct names *names = names_new();
    struct history *history = history_new(10);
    first_to_fail = 0;
    if (failed > 0) {
        assert_null(names);
        assert_null(history);
        names = names_new();
        assert_non_null(names);
        seen = 0;
        first_to_fail = 1;
        uint32_t number = names_number(names, sl_span_text("shop"));
        first_to_fail = 0;
        assert_int_equal(number, 0);
        assert_int_equal(names_number(names, sl_span_text("shop")), 1);
    }
    names_free(names);
    history_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(whichever_allocation_fails_the_sums_are_right),
            cmocka_unit_test(without_memory_there_is_none_of_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
