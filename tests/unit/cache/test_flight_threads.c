/* SPDX-License-Identifier: PostgreSQL */
/*
 * Many come for few keys, some leave, and somebody writes: each is woken once or has left, never both,
 * and nobody gets what had been overwritten before they came.
 */
#include "cache/flight.h"
#include "tests/unit/cache/some_entries.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4, TIMES = 20000, KEYS = 3 };

static struct tags *tags;
static struct flights *flights;
static _Atomic uint64_t rows[KEYS];
static atomic_uint working;
static atomic_bool has_failed;
static _Atomic uint64_t waited, served, left;

struct somebody {
    struct flight_waiter waiter;
    atomic_uint woken;
    struct entry *got;
};

static uint32_t tag_of(uint64_t row)
{
    return tags_of_key(tags, 1, 16384, 1, row);
}

static void wake(struct flight_waiter *waiter, struct entry *entry)
{
    struct somebody *who = SL_CONTAINER(waiter, struct somebody, waiter);

    who->got = entry;
    if (atomic_fetch_add(&who->woken, 1) != 0) {
        atomic_store(&has_failed, true);
    }
}

/* Where even the known tags say nothing: only the row's own does, when the answer is there. */
static void lead(struct flight_leader *leader, uint64_t row, unsigned turns)
{
    const uint64_t number = atomic_load(&rows[row]);
    struct entry *entry = entry_with(number, 100, 1);

    entry->tags[0] = (struct entry_tag){.word = tags_word(tags, tag_of(row)), .tag = tag_of(row)};
    while (turns-- > 0) { /* others come meanwhile */
        (void)tags_clock(tags);
    }
    bool is_kept = tags_is_since(entry->tags[0].word, leader->clock);
    flight_end(flights, leader, is_kept ? entry : NULL);
    entry_unref(entry);
}

static void wait_for(struct somebody *who, uint64_t row, uint64_t before, unsigned turns)
{
    const bool is_patient = turns % 20 == 0;

    atomic_fetch_add(&waited, 1);
    while (turns-- > 0 && atomic_load(&who->woken) == 0) {
    }
    if (!is_patient && flight_leave(flights, &who->waiter)) {
        atomic_fetch_add(&left, 1);
        if (atomic_load(&who->woken) != 0) {
            atomic_store(&has_failed, true);
        }
        return;
    }
    while (atomic_load(&who->woken) == 0) {
        sched_yield();
    }
    if (who->got != NULL) {
        atomic_fetch_add(&served, 1);
        if (number_in(who->got) < before || number_in(who->got) > atomic_load(&rows[row])) {
            atomic_store(&has_failed, true);
        }
        entry_unref(who->got);
    }
}

static void *come(void *arg)
{
    uint64_t seed = *(const unsigned *)arg;

    for (unsigned i = 0; i < TIMES; i++) {
        const uint64_t row = next_random(&seed) % KEYS;
        const uint64_t before = atomic_load(&rows[row]);
        struct flight_leader leader = {.key = key_of(row), .clock = tags_clock(tags)};
        struct somebody who = {.waiter.wake = wake};
        const unsigned turns = (unsigned)(next_random(&seed) % 300);

        switch (flight_begin(flights, &leader, &who.waiter)) {
        case FLIGHT_LEADS:
            if (i % 16 == 0) {
                sched_yield();
            }
            lead(&leader, row, turns);
            break;
        case FLIGHT_WAITS:
            wait_for(&who, row, before, turns * 10);
            break;
        case FLIGHT_FULL:
            break;
        }
    }
    atomic_fetch_sub(&working, 1);
    return NULL;
}

static void *write_rows(void *arg)
{
    uint64_t seed = 99;

    (void)arg;
    while (atomic_load(&working) > 0) {
        const uint64_t row = next_random(&seed) % KEYS;
        tags_begin(tags, tag_of(row));
        atomic_fetch_add(&rows[row], 1);
        tags_end(tags, tag_of(row));
        for (unsigned i = 0; i < 100; i++) { /* so that some are kept */
            sched_yield();
        }
    }
    return NULL;
}

static void each_is_woken_once_or_has_left(void **state)
{
    unsigned numbers[THREADS];
    pthread_t threads[THREADS + 1];
    struct flight_counts counts;

    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    flights = flights_new(tags);
    assert_non_null(flights);
    atomic_store(&working, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, come, &numbers[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[THREADS], NULL, write_rows, NULL), 0);
    for (unsigned i = 0; i <= THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_false(atomic_load(&has_failed));
    flights_counts(flights, &counts);
    assert_int_equal(counts.now, 0);
    assert_int_equal(counts.waited, atomic_load(&waited));
    assert_int_equal(counts.left, atomic_load(&left));
    assert_int_equal(counts.served, atomic_load(&served));
    assert_int_equal(counts.led + counts.waited + counts.full, THREADS * TIMES);
    assert_true(counts.served > 100);
    print_message("waited %lu, served %lu, left %lu\n", counts.waited, counts.served, counts.left);
    flights_free(flights);
    tags_free(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_is_woken_once_or_has_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
