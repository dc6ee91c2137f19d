/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 64 * 1024, BATCH = 10 * 1024 };

static struct history_queue *queue;

static int begin(void **state)
{
    (void)state;
    queue = test_calloc(1, sizeof *queue);
    history_queue_init(queue, BYTES_MAX);
    return 0;
}

static int end(void **state)
{
    (void)state;
    history_queue_drop(queue);
    assert_int_equal(history_queue_counts(queue).bytes, 0);
    assert_int_equal(history_queue_counts(queue).rows_queued, 0);
    test_free(queue);
    return 0;
}

/* Whose first byte is its name. */
static void put(char name, uint32_t rows, size_t len)
{
    struct history_batch *batch = history_batch_new((size_t)2 * BYTES_MAX);

    assert_non_null(batch);
    assert_int_equal(sl_buf_reserve(&batch->text, len), SL_OK);
    memset(batch->text.at, name, len);
    batch->text.filled = len;
    batch->rows = rows;
    history_queue_put(queue, batch);
}

static int first(void)
{
    struct history_batch *batch = history_queue_first(queue);

    return batch == NULL ? '-' : ((const char *)sl_buf_borrow(&batch->text).at)[0];
}

static void expect(uint64_t queued, uint64_t written, uint64_t dropped)
{
    struct history_queue_counts counts = history_queue_counts(queue);

    assert_int_equal(counts.rows_queued, queued);
    assert_int_equal(counts.rows_written, written);
    assert_int_equal(counts.rows_dropped, dropped);
    assert_in_range(counts.bytes, 0, BYTES_MAX);
}

static void batches_go_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(first(), '-');
    put('a', 3, BATCH);
    put('b', 4, BATCH);
    assert_int_equal(first(), 'a');
    expect(7, 0, 0);
    history_queue_pop(queue, true);
    assert_int_equal(first(), 'b');
    expect(4, 3, 0);
    history_queue_pop(queue, false);
    assert_int_equal(first(), '-');
    expect(0, 3, 4);
    put('c', 1, BATCH);
    assert_int_equal(first(), 'c');
}

static void at_the_bound_the_oldest_go_and_are_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 26; i++) {
        put((char)('a' + i), 10, BATCH);
    }
    struct history_queue_counts counts = history_queue_counts(queue);
    assert_in_range(counts.rows_queued, 30, 60);
    expect(counts.rows_queued, 0, 260 - counts.rows_queued);
    assert_int_equal(first(), 'z' - (int)(counts.rows_queued / 10) + 1);
}

static void what_is_too_long_alone_goes_too(void **state)
{
    (void)state;
    put('a', 1, BATCH);
    put('b', 5, BYTES_MAX + 1);
    assert_int_equal(first(), '-');
    expect(0, 0, 6);
    put('c', 1, BATCH);
    assert_int_equal(first(), 'c');
}

static void all_can_be_dropped(void **state)
{
    (void)state;
    put('a', 2, BATCH);
    put('b', 3, BATCH);
    history_queue_lost(queue, 4);
    history_queue_drop(queue);
    expect(0, 0, 9);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(batches_go_in_their_order),
            CASE(at_the_bound_the_oldest_go_and_are_counted),
            CASE(what_is_too_long_alone_goes_too),
            CASE(all_can_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
