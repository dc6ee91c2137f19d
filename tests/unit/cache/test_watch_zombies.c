/* SPDX-License-Identifier: PostgreSQL */
/* Servers that were lost while they wrote: until when their tags are pending. */
#include "cache/watch_zombies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { DATABASE = 7, PID = 100 };

static struct tags *tags;
static struct watch_zombies zombies;
static uint32_t all;
static const sl_usec lost_at = 1000 * SL_SECOND;

static int set_up(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    assert_non_null(tags);
    all = tags_of_database(tags, DATABASE);
    assert_int_equal(watch_zombies_init(&zombies, tags, DATABASE), SL_OK);
    return 0;
}

static bool pends(uint32_t tag)
{
    return (tags_word(tags, tag) & ((1U << TAGS_PENDING_BITS) - 1)) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    watch_zombies_fini(&zombies);
    bool is_left = pends(all);
    tags_free(tags);
    return is_left ? 1 : 0;
}

static uint32_t tag_of(uint32_t n)
{
    return tags_of_key(tags, DATABASE, 1, 1, n);
}

static void lose(uint32_t pid, uint32_t first, uint32_t count)
{
    struct tag_set set;

    tag_set_init(&set);
    for (uint32_t i = 0; i < count; i++) {
        tag_set_add(&set, tag_of(first + i), all);
    }
    tag_set_begin(&set, tags);
    watch_zombies_put(&zombies, pid, &set, lost_at);
    assert_true(tag_set_is_empty(&set));
}

/* A question after so long, where there is that backend, of that age; 0: none. */
static uint32_t ask(sl_usec after, uint32_t pid, sl_usec age)
{
    assert_true(watch_zombies_ask(&zombies));
    watch_zombies_see(&zombies, 1, lost_at + after, 0);
    if (pid != 0) {
        watch_zombies_see(&zombies, pid, lost_at + after, age);
    }
    return watch_zombies_answered(&zombies);
}

static void one_is_over_at_the_second_question_without_it(void **state)
{
    (void)state;
    lose(PID, 1, 1);
    for (int i = 1; i < 5; i++) {
        assert_int_equal(ask(i * SL_SECOND, PID, 3600 * SL_SECOND), 0);
        assert_true(pends(tag_of(1)));
    }
    assert_int_equal(ask(5 * SL_SECOND, 0, 0), 0);
    assert_true(pends(tag_of(1)));
    assert_int_equal(ask(5 * SL_SECOND, 0, 0), 1);
    assert_false(pends(tag_of(1)));
    assert_false(watch_zombies_ask(&zombies));
    assert_int_equal(watch_zombies_counts(&zombies).settled, 1);
}

static void another_of_the_same_number_is_not_it(void **state)
{
    (void)state;
    lose(PID, 1, 1);
    /* It began nine seconds after the loss. */
    assert_int_equal(ask(10 * SL_SECOND, PID, SL_SECOND), 0);
    assert_int_equal(ask(11 * SL_SECOND, PID, 2 * SL_SECOND), 1);
    assert_false(pends(tag_of(1)));
}

static void one_whose_beginning_is_hidden_may_be_it(void **state)
{
    (void)state;
    lose(PID, 1, 1);
    assert_int_equal(ask(10 * SL_SECOND, PID, -1), 0);
    assert_int_equal(ask(11 * SL_SECOND, PID, -1), 0);
    /* So may one that began within the second that clocks may differ. */
    assert_int_equal(ask(11 * SL_SECOND, PID, 10 * SL_SECOND + SL_MSEC), 0);
    assert_true(pends(tag_of(1)));
    assert_int_equal(ask(12 * SL_SECOND, 0, 0), 0);
    assert_int_equal(ask(12 * SL_SECOND, 0, 0), 1);
}

static void one_that_comes_while_it_is_asked_is_for_the_next(void **state)
{
    (void)state;
    lose(PID, 1, 1);
    assert_true(watch_zombies_ask(&zombies));
    lose(PID + 1, 2, 1);
    assert_int_equal(watch_zombies_answered(&zombies), 0);
    assert_int_equal(ask(SL_SECOND, 0, 0), 1);
    assert_false(pends(tag_of(1)));
    assert_true(pends(tag_of(2)));
    assert_int_equal(ask(SL_SECOND, 0, 0), 1);
    assert_false(pends(tag_of(2)));
}

/* The first question is not answered: it says nothing. */
static void a_question_that_is_lost_says_nothing(void **state)
{
    (void)state;
    lose(PID, 1, 1);
    assert_int_equal(ask(SL_SECOND, 0, 0), 0);
    assert_true(watch_zombies_ask(&zombies));
    assert_int_equal(ask(SL_SECOND, PID, -1), 0);
    assert_int_equal(ask(SL_SECOND, 0, 0), 0);
    assert_true(pends(tag_of(1)));
    assert_int_equal(ask(SL_SECOND, 0, 0), 1);
}

static void many_tags_are_all_of_the_database(void **state)
{
    const uint32_t each = TAG_SET_MAX;
    const uint32_t room = WATCH_ZOMBIE_TAGS_MAX / TAG_SET_MAX;

    (void)state;
    for (uint32_t i = 0; i < room - 1; i++) {
        lose(PID + i, i * each, each);
        assert_false(pends(all));
    }
    lose(PID + room, room * each, each / 2);
    assert_false(pends(all));
    lose(PID + room + 1, (room + 1) * each, each);
    assert_true(pends(all));
    assert_int_equal(watch_zombies_counts(&zombies).wide, 1);
    lose(PID + room + 2, 1, 1); /* of this there is still room */
    assert_int_equal(watch_zombies_counts(&zombies).wide, 1);
    uint64_t before = tags_word(tags, all);
    assert_int_equal(ask(SL_SECOND, PID + room + 1, -1), 0);
    assert_int_equal(ask(SL_SECOND, PID + room + 1, -1), room + 1);
    assert_true(tags_word(tags, all) == before);
    assert_int_equal(watch_zombies_counts(&zombies).tags, 0);
    assert_int_equal(ask(SL_SECOND, 0, 0), 0);
    assert_int_equal(ask(SL_SECOND, 0, 0), 1);
    assert_false(pends(all));
    assert_true(tags_word(tags, all) != before);
}

/* Nobody could say when those are over of whom nobody knows. */
static void more_than_can_be_known_stay(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < WATCH_ZOMBIES_MAX; i++) {
        lose(PID, i, 1);
    }
    assert_true(pends(all));
    assert_false(watch_zombies_counts(&zombies).is_full);
    lose(PID + 1, 0, 1);
    assert_true(watch_zombies_counts(&zombies).is_full);
    lose(PID + 2, 0, 1);
    assert_int_equal(ask(SL_SECOND, 0, 0), 0);
    assert_int_equal(ask(SL_SECOND, 0, 0), WATCH_ZOMBIES_MAX);
    assert_false(pends(tag_of(0)));
    assert_true(pends(all));
    lose(PID, 1, 1);
    watch_zombies_close(&zombies);
    assert_false(pends(all));
    assert_false(pends(tag_of(1)));
    lose(PID, 1, 1);
    assert_false(pends(tag_of(1)));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
            CASE(one_is_over_at_the_second_question_without_it),
            CASE(another_of_the_same_number_is_not_it),
            CASE(one_whose_beginning_is_hidden_may_be_it),
            CASE(one_that_comes_while_it_is_asked_is_for_the_next),
            CASE(a_question_that_is_lost_says_nothing),
            CASE(many_tags_are_all_of_the_database),
            CASE(more_than_can_be_known_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
