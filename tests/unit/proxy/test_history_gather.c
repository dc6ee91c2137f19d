/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/history_gather.h"

#include "optimizer/history.h"
#include "optimizer/names.h"
#include "optimizer/shape_store.h"
#include "proxy/recorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { QUEUE_BYTES = 4 << 20, SHAPE = 7, CALLS = 8, TOTAL = 14 /* columns, from 0 */ };

static const sl_usec start = 1000 * HISTORY_SLOT + 3 * SL_SECOND;

static struct shape_store *store;
static struct names *names;
static struct history_gather gather;
static struct history_queue queue;

static int begin(void **state)
{
    struct shape_limits limits = {.shapes_max = 5000, .bytes_max = 64 << 20};

    (void)state;
    sl_clock_set(start);
    store = shape_store_new(&limits);
    names = names_new();
    if (store == NULL || names == NULL || recorder_start(store, 1 << 20) != SL_OK) {
        return -1;
    }
    shape_store_keep_intervals(store, true);
    memset(&queue, 0, sizeof queue);
    history_queue_init(&queue, QUEUE_BYTES);
    history_gather_init(
            &gather, (struct history_who){.instance = "here:1", .pid = 5}, store, names);
    return 0;
}

static int end(void **state)
{
    (void)state;
    history_queue_drop(&queue);
    recorder_stop();
    names_free(names);
    shape_store_free(store);
    sl_clock_set(0);
    return 0;
}

/* One call of each, which took as many microseconds as its number. */
static void call(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++) {
        struct shape_key key = {
                .shape = {.lo = i * UINT64_C(0x9e3779b97f4a7c15), .hi = i}, .database = 1};
        struct tally_sample sample = {.times = {[TALLY_TOTAL] = (sl_usec)i}};
        struct tally tally = {0};
        assert_int_equal(tally_add(&tally, NULL, &sample, start), SL_OK);
        shape_store_add(store, &key, &tally, start);
        tally_fini(&tally, NULL);
    }
}

static void tick(sl_usec now)
{
    sl_clock_set(now);
    recorder_tick(now);
}

struct sums {
    unsigned slots;
    unsigned shapes;
    unsigned others;
    uint64_t calls[2]; /* of slots, and of the others */
    uint64_t usec[2];
};

/* Of the oldest batch, which is then taken off. */
static struct sums read_batch(void)
{
    struct history_batch *batch = history_queue_first(&queue);
    struct sums sums = {0};

    assert_non_null(batch);
    assert_int_equal(sl_buf_put_u8(&batch->text, 0), SL_OK);
    char *rest = NULL;
    char *text = strdup((const char *)sl_buf_borrow(&batch->text).at);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
            line = strtok_r(NULL, "\n", &rest)) {
        char *more = NULL;
        bool is_slot = false;
        char *value = strtok_r(line, "\t", &more);
        for (int i = 0; value != NULL; i++, value = strtok_r(NULL, "\t", &more)) {
            if (i == SHAPE) {
                is_slot = strcmp(value, "\\N") == 0;
                bool is_other = strcmp(value, "other") == 0;
                sums.slots += is_slot;
                sums.others += is_other;
                sums.shapes += !is_slot && !is_other;
            }
            sums.calls[!is_slot] += i == CALLS ? strtoull(value, NULL, 10) : 0;
            sums.usec[!is_slot] += i == TOTAL ? strtoull(value, NULL, 10) : 0;
        }
    }
    free(text);
    assert_int_equal(batch->rows, sums.slots + sums.shapes + sums.others);
    assert_int_equal(sl_buf_len(&batch->shapes), sums.shapes * sizeof(struct sl_hash128));
    history_queue_pop(&queue, true);
    return sums;
}

static void both_kinds_of_rows_have_the_same_sums(void **state)
{
    (void)state;
    call(1, 1500);
    tick(1001 * HISTORY_SLOT);
    call(1, 10);
    tick(1002 * HISTORY_SLOT);
    history_gather(&gather, &queue);
    struct sums sums = read_batch();
    assert_int_equal(sums.slots, 2);
    assert_int_equal(sums.shapes, HISTORY_SHAPES_MAX);
    assert_int_equal(sums.others, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sums.calls[i], 1510);
        assert_int_equal(sums.usec[i], 1500 * 1501 / 2 + 10 * 11 / 2);
    }
}

static void a_batch_has_what_came_since_the_last(void **state)
{
    (void)state;
    history_gather(&gather, &queue);
    assert_null(history_queue_first(&queue)); /* nothing came */
    call(1, 3);
    tick(1001 * HISTORY_SLOT);
    history_gather(&gather, &queue);
    sl_usec at = history_queue_first(&queue)->at;
    assert_int_equal(read_batch().calls[1], 3);
    call(1, 4);
    history_gather(&gather, &queue); /* the clock stands still: its time is later all the same */
    assert_int_equal(history_queue_first(&queue)->from, at);
    assert_true(history_queue_first(&queue)->at > at);
    struct sums sums = read_batch();
    assert_int_equal(sums.slots, 0);
    assert_int_equal(sums.calls[1], 4);
    assert_int_equal(sums.others, 0);
}

static void without_room_rows_are_counted_as_dropped(void **state)
{
    (void)state;
    history_queue_init(&queue, 4096);
    call(1, 500);
    history_gather(&gather, &queue);
    struct history_queue_counts counts = history_queue_counts(&queue);
    assert_int_equal(counts.rows_dropped + counts.rows_queued, 500);
    assert_true(counts.rows_dropped > 400);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(both_kinds_of_rows_have_the_same_sums),
            CASE(a_batch_has_what_came_since_the_last),
            CASE(without_room_rows_are_counted_as_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
