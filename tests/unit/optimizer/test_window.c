/* SPDX-License-Identifier: PostgreSQL */
#include "optimizer/history.h"
#include "optimizer/minutes.h"
#include "optimizer/names.h"
#include "optimizer/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const sl_usec start = 1000 * WINDOW_SLOT;

/* ---- window ---- */

static void a_window_has_the_last_hour_and_no_more_than_eighty_minutes(void **state)
{
    struct budget budget;
    struct window window = {0};

    (void)state;
    budget_init(&budget, 1 << 20);
    for (int64_t minute = 0; minute < 600; minute++) {
        sl_usec now = start + minute * MINUTE;
        struct histogram sum = {0};

        assert_int_equal(window_add(&window, &budget, (uint64_t)minute, now), SL_OK);
        assert_int_equal(window_read(&window, now, &sum, NULL), SL_OK);
        assert_in_range(now - window_from(now), 60 * MINUTE, 80 * MINUTE - 1);
        /* Exactly those since window_from(). */
        int64_t first = (window_from(now) - start) / MINUTE;
        first = first < 0 ? 0 : first;
        assert_int_equal(sum.min, first);
        assert_int_equal(sum.max, minute);
        assert_int_equal(sum.count, minute - first + 1);
        struct histogram quick = window_sum(&window, now);
        assert_int_equal(quick.min, sum.min);
        assert_int_equal(quick.max, sum.max);
        assert_int_equal(quick.count, sum.count);
        assert_int_equal(quick.sum, sum.sum);
        static const double quantiles[3] = {0.5, 0.9, 1};
        uint64_t values[3];
        window_quantiles(&window, now, quantiles, 3, values);
        for (int q = 0; q < 3; q++) {
            assert_int_equal(values[q], histogram_quantile(&sum, quantiles[q]));
        }
        histogram_fini(&sum, NULL);
    }
    assert_int_equal(budget_bytes(&budget), window_bytes(&window));
    window_trim(&window, &budget, start + 600 * MINUTE + 4 * WINDOW_SLOT);
    assert_int_equal(budget_bytes(&budget), 0);
    window_fini(&window, &budget);
}

static void a_window_after_a_long_silence_is_empty(void **state)
{
    struct window window = {0};
    struct histogram sum = {0};

    (void)state;
    assert_int_equal(window_add(&window, NULL, 5, start), SL_OK);
    assert_int_equal(window_read(&window, start + 100 * WINDOW_SLOT, &sum, NULL), SL_OK);
    assert_int_equal(window_read(&window, start + 4 * WINDOW_SLOT, &sum, NULL), SL_OK);
    assert_int_equal(sum.count, 0);
    assert_int_equal(window_sum(&window, start + 4 * WINDOW_SLOT).count, 0);
    assert_int_equal(window_read(&window, start + 3 * WINDOW_SLOT, &sum, NULL), SL_OK);
    assert_int_equal(sum.count, 1);
    histogram_fini(&sum, NULL);
    window_fini(&window, NULL);
}

static void what_comes_a_little_late_is_not_lost(void **state)
{
    struct window window = {0};
    struct histogram sum = {0};

    (void)state;
    assert_int_equal(window_add(&window, NULL, 5, start + 4 * WINDOW_SLOT), SL_OK);
    assert_int_equal(window_add(&window, NULL, 5, start), SL_OK); /* same place, older */
    assert_int_equal(window_read(&window, start + 4 * WINDOW_SLOT, &sum, NULL), SL_OK);
    assert_int_equal(sum.count, 2);
    /* The same for a reader whose now is a little behind. */
    assert_int_equal(window_sum(&window, start + 4 * WINDOW_SLOT - 1).count, 2);
    histogram_fini(&sum, NULL);
    window_fini(&window, NULL);
}

static void sums_leave_the_window_with_their_times(void **state)
{
    const struct tally_sample sample = {
            .times = {10, 4, 5}, .client = 1, .rows = 3, .sqlstate = "22012"};
    struct tally tally = {0};
    struct window window = {0};

    (void)state;
    assert_int_equal(tally_add(&tally, NULL, &sample, start), SL_OK);
    for (int64_t slot = 0; slot < 10; slot++) {
        sl_usec now = start + slot * WINDOW_SLOT;
        uint64_t n = slot < 4 ? (uint64_t)slot + 1 : 4;
        assert_int_equal(window_merge(&window, NULL, &tally, now), SL_OK);
        struct window_sums sums = window_sums(&window, now);
        assert_int_equal(window_sum(&window, now).count, n);
        assert_int_equal(sums.errors, n);
        assert_int_equal(sums.rows, 3 * n);
        assert_int_equal(sums.wait_usec, 4 * n);
        assert_int_equal(sums.server_usec, 5 * n);
        assert_int_equal(sums.client_usec, n);
    }
    assert_int_equal(window_sums(&window, start + 20 * WINDOW_SLOT).rows, 0);
    window_trim(&window, NULL, start + 20 * WINDOW_SLOT);
    assert_int_equal(window_sums(&window, start + 9 * WINDOW_SLOT).rows, 0);
    tally_fini(&tally, NULL);
    window_fini(&window, NULL);
}

/* ---- minutes ---- */

static void add_minute(struct minutes *minutes, struct budget *budget, uint64_t usec, sl_usec now)
{
    struct histogram one = {0};

    assert_int_equal(histogram_add(&one, NULL, usec), SL_OK);
    assert_int_equal(minutes_merge(minutes, budget, &one, now), SL_OK);
    histogram_fini(&one, NULL);
}

static void minutes_are_the_last_sixty_with_their_gaps(void **state)
{
    struct budget budget;
    struct minutes minutes = {0};
    struct minute read[MINUTES_MAX];

    (void)state;
    budget_init(&budget, 1 << 20);
    assert_int_equal(minutes_read(&minutes, start, read), 0);
    for (int64_t i = 0; i < 200; i++) {
        sl_usec now = start + i * MINUTE;
        if (i % 7 != 3) {
            for (int64_t n = 0; n <= i % 5; n++) {
                add_minute(&minutes, &budget, (uint64_t)(100 + i), now + n);
            }
        }
        unsigned count = minutes_read(&minutes, now + MINUTE - 1, read);
        for (unsigned k = 0; k < count; k++) {
            int64_t minute = i - (int64_t)count + 1 + k;
            bool is_empty = minute % 7 == 3;
            assert_int_equal(read[k].number, start / MINUTE + 1 + minute);
            assert_int_equal(read[k].count, is_empty ? 0 : minute % 5 + 1);
            assert_int_equal(read[k].sum, read[k].count * (uint64_t)(100 + minute));
            assert_int_equal(read[k].p50, is_empty ? 0 : 100 + minute);
            assert_int_equal(read[k].p99, is_empty ? 0 : 100 + minute);
        }
        /* Only a gap at the beginning may be missing. */
        assert_true(count == MINUTES_MAX || i < MINUTES_MAX || (i - MINUTES_MAX + 1) % 7 == 3);
    }
    assert_int_equal(minutes_read(&minutes, start + 500 * MINUTE, read), 0);
    minutes_fini(&minutes, &budget);
    assert_int_equal(budget_bytes(&budget), 0);
}

/* ---- history ---- */

static uint32_t read_all(struct history *history, sl_usec after, struct history_slot *slots)
{
    uint32_t count = 0;
    uint32_t n = 0;

    while ((n = history_read(history, &after, slots + count, HISTORY_COPY)) > 0) {
        count += n;
    }
    return count;
}

static void history_has_the_last_day_in_order(void **state)
{
    struct history *history = history_new(HISTORY_SLOTS);
    struct history_slot *slots = calloc(HISTORY_SLOTS + HISTORY_COPY, sizeof(*slots));

    (void)state;
    assert_non_null(history);
    assert_true(HISTORY_SLOTS * HISTORY_SLOT == 1440 * MINUTE);
    assert_true(history_bytes(history) <= 1 << 20);
    assert_int_equal(read_all(history, 0, slots), 0);
    for (int64_t i = 0; i < 20000; i++) {
        const struct history_slot slot = {
                .ended_at = start + i * HISTORY_SLOT, .queries = (uint64_t)i};
        history_put(history, &slot);
        if (i % 4999 == 0 || i == 19999) {
            uint32_t count = read_all(history, 0, slots);
            assert_int_equal(count, i < HISTORY_SLOTS ? i + 1 : HISTORY_SLOTS);
            for (uint32_t k = 0; k < count; k++) {
                assert_int_equal(slots[k].queries, i - count + 1 + k);
            }
        }
    }
    assert_int_equal(read_all(history, start + 19989 * HISTORY_SLOT, slots), 10);
    assert_int_equal(slots[0].queries, 19990);
    assert_int_equal(read_all(history, start + 20000 * HISTORY_SLOT, slots), 0);
    free(slots);
    history_free(history);
}

static void a_clock_set_back_does_not_disorder_history(void **state)
{
    struct history *history = history_new(5);
    struct history_slot slots[HISTORY_COPY];

    (void)state;
    assert_non_null(history);
    for (uint64_t i = 0; i < 7; i++) {
        const struct history_slot slot = {.ended_at = start - (sl_usec)i * SL_SECOND, .queries = i};
        history_put(history, &slot);
    }
    assert_int_equal(read_all(history, 0, slots), 5);
    for (uint64_t i = 0; i < 5; i++) {
        assert_int_equal(slots[i].queries, i + 2);
        assert_true(i == 0 || slots[i].ended_at > slots[i - 1].ended_at);
    }
    history_free(history);
}

static void a_slot_says_what_statements_did(void **state)
{
    struct history_slot slot = {.clients_active = 3};
    struct tally tally = {0};

    (void)state;
    for (int i = 1; i <= 100; i++) {
        const struct tally_sample sample = {.times = {i, 2, 3},
                .client = 4,
                .bytes_in = 5,
                .bytes_out = 6,
                .ends_transaction = i % 2 == 0};
        assert_int_equal(tally_add(&tally, NULL, &sample, start), SL_OK);
    }
    history_slot_fill(&slot, &tally);
    assert_int_equal(slot.queries, 100);
    assert_int_equal(slot.transactions, 50);
    assert_int_equal(slot.total_usec, 5050);
    assert_int_equal(slot.wait_usec, 200);
    assert_int_equal(slot.server_usec, 300);
    assert_int_equal(slot.client_usec, 400);
    assert_int_equal(slot.bytes_in, 500);
    assert_int_equal(slot.bytes_out, 600);
    assert_in_range(slot.p50_usec, 50, 51);
    assert_in_range(slot.p99_usec, 98, 100);
    assert_int_equal(slot.max_usec, 100);
    assert_int_equal(slot.clients_active, 3);
    tally_fini(&tally, NULL);
}

/* ---- names ---- */

static void a_name_keeps_its_number_and_the_last_ones_share_one(void **state)
{
    struct names *names = names_new();
    char name[32];

    (void)state;
    assert_non_null(names);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 1; i < NAMES_MAX + 100; i++) {
            (void)snprintf(name, sizeof(name), "database%u", i);
            uint32_t number = names_number(names, sl_span_text(name));
            assert_int_equal(number, i < NAMES_MAX ? i : 0);
            assert_string_equal(names_text(names, number), i < NAMES_MAX ? name : "(other)");
        }
    }
    assert_string_equal(names_text(names, UINT32_MAX), "(other)");
    assert_true(names_bytes(names) < 1 << 17);
    names_free(names);
    names_free(NULL);
}

static void a_name_is_found_without_becoming_one(void **state)
{
    struct names *names = names_new();
    uint32_t number = 7;

    (void)state;
    assert_non_null(names);
    uint32_t shop = names_number(names, sl_span_text("shop"));
    assert_true(names_find(names, sl_span_text("shop"), &number));
    assert_int_equal(number, shop);
    size_t bytes = names_bytes(names);
    assert_false(names_find(names, sl_span_text("sho"), &number));
    assert_int_equal(names_bytes(names), bytes);
    assert_true(names_find(names, sl_span_text("(other)"), &number));
    assert_int_equal(number, 0);
    names_free(names);
}

static void a_long_or_empty_name_is_a_name(void **state)
{
    struct names *names = names_new();
    char text[2000];

    (void)state;
    assert_non_null(names);
    memset(text, 'x', sizeof(text));
    uint32_t number = names_number(names, sl_span(text, sizeof(text)));
    assert_int_equal(strlen(names_text(names, number)), NAME_LEN_MAX);
    assert_int_equal(names_number(names, sl_span(text, sizeof(text))), number);
    number = names_number(names, sl_span_text(""));
    assert_string_equal(names_text(names, number), "");
    assert_int_equal(names_number(names, sl_span_text("")), number);
    names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_window_has_the_last_hour_and_no_more_than_eighty_minutes),
            cmocka_unit_test(a_window_after_a_long_silence_is_empty),
            cmocka_unit_test(what_comes_a_little_late_is_not_lost),
            cmocka_unit_test(sums_leave_the_window_with_their_times),
            cmocka_unit_test(minutes_are_the_last_sixty_with_their_gaps),
            cmocka_unit_test(history_has_the_last_day_in_order),
            cmocka_unit_test(a_clock_set_back_does_not_disorder_history),
            cmocka_unit_test(a_slot_says_what_statements_did),
            cmocka_unit_test(a_name_keeps_its_number_and_the_last_ones_share_one),
            cmocka_unit_test(a_name_is_found_without_becoming_one),
            cmocka_unit_test(a_long_or_empty_name_is_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
