/* SPDX-License-Identifier: PostgreSQL */
#include "cache/flight.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TAG = 7, OTHER_TAG = 8 };

static struct tags *tags;
static struct flights *flights;

static int begin(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    flights = flights_new(tags);
    return tags == NULL || flights == NULL;
}

static int end(void **state)
{
    (void)state;
    flights_free(flights);
    tags_free(tags);
    return 0;
}

struct somebody {
    struct flight_leader leader;
    struct flight_waiter waiter;
    unsigned woken;
    struct entry *got;
    struct somebody *takes_along; /* who leaves when this one is woken */
    bool has_left;
};

static void wake(struct flight_waiter *waiter, struct entry *entry)
{
    struct somebody *who = SL_CONTAINER(waiter, struct somebody, waiter);

    who->woken++;
    who->got = entry;
    if (who->takes_along != NULL) {
        who->takes_along->has_left = flight_leave(flights, &who->takes_along->waiter);
    }
}

static enum flight_result come(struct somebody *who, uint64_t number)
{
    *who = (struct somebody){.leader = {.key = key_of(number),
                                     .clock = tags_clock(tags),
                                     .tags = {TAG},
                                     .tags_count = 1},
            .waiter.wake = wake};
    return flight_begin(flights, &who->leader, &who->waiter);
}

static struct flight_counts counts(void)
{
    struct flight_counts of;

    flights_counts(flights, &of);
    return of;
}

static void write_to(uint32_t tag)
{
    tags_begin(tags, tag);
    tags_end(tags, tag);
}

static void the_first_leads_and_the_others_get_its_answer(void **state)
{
    enum { MANY = 300 };
    struct somebody first;
    struct somebody *others = calloc(MANY, sizeof(*others));
    struct entry *entry = entry_on(1, tags, TAG);

    (void)state;
    assert_non_null(others);
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(come(&others[i], 1), FLIGHT_WAITS);
    }
    assert_int_equal(counts().now, 1);
    flight_end(flights, &first.leader, entry);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(others[i].woken, 1);
        assert_ptr_equal(others[i].got, entry);
        entry_unref(others[i].got);
    }
    entry_unref(entry);
    assert_int_equal(first.woken, 0);
    assert_int_equal(counts().now, 0);
    assert_int_equal(counts().led, 1);
    assert_int_equal(counts().waited, MANY);
    assert_int_equal(counts().served, MANY);
    free(others);
}

static void keys_do_not_meet(void **state)
{
    enum { MANY = 5000 };
    struct somebody *all = calloc(MANY, sizeof(*all));

    (void)state;
    assert_non_null(all);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(come(&all[i], i), FLIGHT_LEADS);
    }
    assert_int_equal(counts().now, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        flight_end(flights, &all[i].leader, NULL);
    }
    assert_int_equal(counts().now, 0);
    free(all);
}

static void when_the_fill_fails_each_goes_its_own_way(void **state)
{
    struct somebody first;
    struct somebody second;
    struct somebody third;

    (void)state;
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    assert_int_equal(come(&second, 1), FLIGHT_WAITS);
    flight_end(flights, &first.leader, NULL);
    assert_int_equal(second.woken, 1);
    assert_null(second.got);
    assert_int_equal(counts().served, 0);
    assert_int_equal(come(&third, 1), FLIGHT_LEADS);
    flight_end(flights, &third.leader, NULL);
}

static void nobody_waits_for_an_answer_that_is_older_than_a_write(void **state)
{
    struct somebody first;
    struct somebody second;

    (void)state;
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    tags_begin(tags, TAG);
    assert_int_equal(come(&second, 1), FLIGHT_FULL);
    tags_end(tags, TAG);
    assert_int_equal(come(&second, 1), FLIGHT_FULL);
    flight_end(flights, &first.leader, NULL);
    assert_int_equal(come(&second, 1), FLIGHT_LEADS);
    flight_end(flights, &second.leader, NULL);
    assert_int_equal(counts().full, 2);
}

/* The tag of a row that is in the answer: the leader could not know it. */
static void nobody_gets_an_answer_that_has_become_stale_while_they_waited(void **state)
{
    struct somebody first;
    struct somebody second;
    struct entry *entry = NULL;

    (void)state;
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    entry = entry_on(1, tags, OTHER_TAG);
    write_to(OTHER_TAG);
    assert_int_equal(come(&second, 1), FLIGHT_WAITS);
    flight_end(flights, &first.leader, entry);
    assert_int_equal(second.woken, 1);
    assert_null(second.got);
    entry_unref(entry);
}

static void who_has_left_is_not_woken(void **state)
{
    struct somebody first;
    struct somebody second;
    struct somebody third;
    struct entry *entry = entry_on(1, tags, TAG);

    (void)state;
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    assert_int_equal(come(&second, 1), FLIGHT_WAITS);
    assert_int_equal(come(&third, 1), FLIGHT_WAITS);
    assert_true(flight_leave(flights, &second.waiter));
    assert_false(flight_leave(flights, &second.waiter));
    flight_end(flights, &first.leader, entry);
    assert_int_equal(second.woken, 0);
    assert_int_equal(third.woken, 1);
    assert_false(flight_leave(flights, &third.waiter)); /* too late */
    entry_unref(third.got);
    entry_unref(entry);
    assert_int_equal(counts().left, 1);
    assert_int_equal(counts().served, 1);
}

static void while_others_are_woken_it_is_too_late_to_leave(void **state)
{
    struct somebody first;
    struct somebody second;
    struct somebody third;

    (void)state;
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    assert_int_equal(come(&second, 1), FLIGHT_WAITS);
    assert_int_equal(come(&third, 1), FLIGHT_WAITS);
    second.takes_along = &third;
    flight_end(flights, &first.leader, NULL);
    assert_false(second.takes_along->has_left);
    assert_int_equal(third.woken, 1);
}

static void who_does_not_want_to_wait_goes_its_own_way(void **state)
{
    struct somebody first;
    struct flight_leader other = {.key = key_of(1)};

    (void)state;
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    assert_int_equal(flight_begin(flights, &other, NULL), FLIGHT_FULL);
    flight_end(flights, &first.leader, NULL);
    assert_int_equal(flight_begin(flights, &other, NULL), FLIGHT_LEADS);
    flight_end(flights, &other, NULL);
}

static void there_are_so_many_waiters_and_no_more(void **state)
{
    struct somebody first;
    struct somebody *others = calloc(FLIGHT_WAITERS_MAX + 1, sizeof(*others));

    (void)state;
    assert_non_null(others);
    assert_int_equal(come(&first, 1), FLIGHT_LEADS);
    for (unsigned i = 0; i < FLIGHT_WAITERS_MAX; i++) {
        assert_int_equal(come(&others[i], 1), FLIGHT_WAITS);
    }
    assert_int_equal(come(&others[FLIGHT_WAITERS_MAX], 1), FLIGHT_FULL);
    assert_true(flight_leave(flights, &others[17].waiter));
    assert_int_equal(come(&others[FLIGHT_WAITERS_MAX], 1), FLIGHT_WAITS);
    flight_end(flights, &first.leader, NULL);
    for (unsigned i = 0; i <= FLIGHT_WAITERS_MAX; i++) {
        assert_int_equal(others[i].woken, i != 17);
    }
    free(others);
}

static void there_are_so_many_keys_and_no_more(void **state)
{
    struct somebody *all = calloc(FLIGHT_KEYS_MAX + 1, sizeof(*all));

    (void)state;
    assert_non_null(all);
    for (unsigned i = 0; i < FLIGHT_KEYS_MAX; i++) {
        assert_int_equal(come(&all[i], i), FLIGHT_LEADS);
    }
    assert_int_equal(come(&all[FLIGHT_KEYS_MAX], 77777), FLIGHT_FULL);
    assert_int_equal(counts().now, FLIGHT_KEYS_MAX);
    flight_end(flights, &all[5].leader, NULL);
    assert_int_equal(come(&all[5], 77777), FLIGHT_LEADS);
    for (unsigned i = 0; i < FLIGHT_KEYS_MAX; i++) {
        flight_end(flights, &all[i].leader, NULL);
    }
    free(all);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            ONE(the_first_leads_and_the_others_get_its_answer),
            ONE(keys_do_not_meet),
            ONE(when_the_fill_fails_each_goes_its_own_way),
            ONE(nobody_waits_for_an_answer_that_is_older_than_a_write),
            ONE(nobody_gets_an_answer_that_has_become_stale_while_they_waited),
            ONE(who_has_left_is_not_woken),
            ONE(while_others_are_woken_it_is_too_late_to_leave),
            ONE(who_does_not_want_to_wait_goes_its_own_way),
            ONE(there_are_so_many_waiters_and_no_more),
            ONE(there_are_so_many_keys_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
