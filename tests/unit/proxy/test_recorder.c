/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/recorder.h"

#include "optimizer/history.h"
#include "optimizer/shape_store.h"
#include "proxy/console_show.h"
#include "proxy/http_rows.h"
#include "proxy/worker.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_BYTES = 16 << 20, RING_BYTES = 4 << 20 };

/* On no boundary of anything. */
static const sl_usec start = 1000 * HISTORY_SLOT + 3 * SL_SECOND;

static struct shape_store *store;

static int begin_with(size_t ring_bytes)
{
    struct shape_limits limits = {.shapes_max = 100, .bytes_max = 4 << 20};

    sl_clock_set(start);
    store = shape_store_new(&limits);
    return store != NULL && recorder_start(store, ring_bytes) == SL_OK ? 0 : -1;
}

static int begin(void **state)
{
    (void)state;
    return begin_with(RING_BYTES);
}

static int begin_small(void **state)
{
    (void)state;
    return begin_with(10 * sizeof(struct history_slot));
}

static int end(void **state)
{
    (void)state;
    recorder_stop();
    assert_null(recorder_history());
    assert_int_equal(recorder_bytes(), 0);
    shape_store_free(store);
    sl_clock_set(0);
    return 0;
}

static void count_calls(unsigned calls, sl_usec now)
{
    struct shape_key key = {.shape = {.lo = 1}};
    struct tally_sample sample = {.times = {[TALLY_TOTAL] = 500, [TALLY_WAIT] = 100}};
    struct tally tally = {0};

    for (unsigned i = 0; i < calls; i++) {
        assert_int_equal(tally_add(&tally, NULL, &sample, now), SL_OK);
    }
    shape_store_add(store, &key, &tally, now);
    tally_fini(&tally, NULL);
}

static void tick(sl_usec now)
{
    sl_clock_set(now);
    recorder_tick(now);
}

static void a_slot_has_what_came_in_its_ten_seconds(void **state)
{
    struct history_slot slots[HISTORY_COPY];
    sl_usec after = 0;

    (void)state;
    count_calls(3, start);
    tick(start + 1);
    assert_int_equal(history_count(recorder_history()), 0);
    sl_usec first = 1001 * HISTORY_SLOT;
    tick(first + 40 * SL_MSEC); /* a tick is never quite in time */
    count_calls(4, first + SL_SECOND);
    tick(first + 5 * SL_SECOND);
    tick(first + HISTORY_SLOT - 1);
    tick(first + HISTORY_SLOT);
    tick(first + 2 * HISTORY_SLOT);
    assert_int_equal(history_read(recorder_history(), &after, slots, HISTORY_COPY), 3);
    assert_int_equal(slots[0].ended_at, first);
    assert_int_equal(slots[0].usec, 7 * SL_SECOND + 40 * SL_MSEC);
    assert_int_equal(slots[0].queries, 3);
    assert_int_equal(slots[0].total_usec, 1500);
    assert_int_equal(slots[0].wait_usec, 300);
    assert_int_equal(slots[0].max_usec, 500);
    assert_int_equal(slots[1].ended_at, first + HISTORY_SLOT);
    assert_int_equal(slots[1].usec, HISTORY_SLOT - 40 * SL_MSEC);
    assert_int_equal(slots[1].queries, 4);
    assert_int_equal(slots[2].queries, 0);
    assert_int_equal(slots[2].max_usec, 0);
}

static void where_it_slept_there_is_one_long_slot(void **state)
{
    struct history_slot slot;
    sl_usec after = 0;

    (void)state;
    count_calls(3, start);
    tick(start + 3600 * SL_SECOND);
    assert_int_equal(history_read(recorder_history(), &after, &slot, 1), 1);
    assert_int_equal(slot.ended_at, 1360 * HISTORY_SLOT);
    assert_int_equal(slot.usec, 3600 * SL_SECOND);
    assert_int_equal(slot.queries, 3);
    assert_int_equal(history_read(recorder_history(), &after, &slot, 1), 0);
}

static void minutes_of_what_costs_most_are_kept(void **state)
{
    struct shape_key key = {.shape = {.lo = 1}};
    struct minute minutes[MINUTES_MAX];

    (void)state;
    count_calls(3, start);
    tick(start + MINUTE);
    count_calls(4, start + MINUTE);
    assert_int_equal(shape_store_minutes(store, &key, minutes, start + MINUTE), 1);
    assert_int_equal(minutes[0].count, 4);
}

/* ---- the view ---- */

static struct http_rows rows;
static bool was_refused;

/* As a reader does on the only worker; how many turns it took. */
static unsigned show(const char *argument)
{
    const struct view *view = &console_views_history[0];
    struct worker *worker = test_calloc(1, sizeof *worker);
    unsigned turns = 1;

    http_rows_init(&rows, view, ROWS_BYTES);
    struct view_visit visit = {.view = view, .out = &rows.out, .argument = argument};
    while (!view->on_worker(&visit, worker)) {
        turns++;
    }
    was_refused = visit.refusal != NULL;
    view_end(&visit);
    test_free(worker);
    assert_false(rows.out.is_full);
    return turns;
}

static void a_whole_day_is_shown_some_slots_a_turn(void **state)
{
    const char *values[VIEW_COLUMNS_MAX];
    char text[32];
    size_t at = 0;

    (void)state;
    for (int i = 0; i < HISTORY_SLOTS + 10; i++) { /* the first ten go */
        struct history_slot slot = {.ended_at = i * HISTORY_SLOT, .queries = (uint64_t)i};
        history_put(recorder_history(), &slot);
    }
    assert_true(show(NULL) > HISTORY_SLOTS / HISTORY_COPY);
    assert_int_equal(rows.count, HISTORY_SLOTS);
    for (int i = 10; i < HISTORY_SLOTS + 10; i++) {
        assert_true(http_rows_next(&rows, &at, values));
        snprintf(text, sizeof text, "%" PRId64, i * HISTORY_SLOT);
        assert_string_equal(values[0], text);
        snprintf(text, sizeof text, "%d", i);
        assert_string_equal(values[2], text);
    }
    http_rows_fini(&rows);
    snprintf(text, sizeof text, "%" PRId64, HISTORY_SLOTS * HISTORY_SLOT);
    show(text);
    assert_int_equal(rows.count, 9);
    assert_false(was_refused);
    http_rows_fini(&rows);
    show("no number");
    assert_int_equal(rows.count, 0);
    assert_true(was_refused);
    http_rows_fini(&rows);
}

static void with_little_memory_it_is_less_than_a_day(void **state)
{
    (void)state;
    for (int i = 1; i <= 20; i++) {
        tick(start + i * HISTORY_SLOT);
    }
    assert_int_equal(history_count(recorder_history()), 10);
    assert_in_range(
            recorder_bytes(), 10 * sizeof(struct history_slot), 11 * sizeof(struct history_slot));
}

static void without_statistics_it_is_empty(void **state)
{
    (void)state;
    assert_int_equal(show(NULL), 1);
    assert_int_equal(rows.count, 0);
    http_rows_fini(&rows);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(a_slot_has_what_came_in_its_ten_seconds),
            CASE(where_it_slept_there_is_one_long_slot),
            CASE(minutes_of_what_costs_most_are_kept),
            CASE(a_whole_day_is_shown_some_slots_a_turn),
            cmocka_unit_test_setup_teardown(
                    with_little_memory_it_is_less_than_a_day, begin_small, end),
            cmocka_unit_test(without_statistics_it_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
