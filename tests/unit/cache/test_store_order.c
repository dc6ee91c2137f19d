/* SPDX-License-Identifier: PostgreSQL */
/* Which of them goes: one stripe, entries of one length, so that order is all. */
#include "cache/store.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MB = 1 << 20, LONG = 4000, FULL = 240 /* entries, about */, TAG = 7, OTHER_TAG = 8 };

static struct tags *tags;
static struct store *store;

static int begin(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    store = store_new(&(struct store_limits){.bytes_max = MB, .stripes = 1}, tags);
    return tags == NULL || store == NULL;
}

static int end(void **state)
{
    (void)state;
    store_free(store);
    tags_free(tags);
    return 0;
}

static void put_one(uint64_t number, uint32_t tag, uint32_t cost_usec)
{
    struct entry *entry = entry_with(number, LONG, 1);

    entry->tags[0] = (struct entry_tag){.word = tags_word(tags, tag), .tag = tag};
    entry->cost_usec = cost_usec;
    assert_int_equal(store_put(store, entry), SL_OK);
}

static void put(uint64_t number)
{
    put_one(number, TAG, 100);
}

static bool find(uint64_t number)
{
    struct entry *entry = NULL;

    (void)store_find(store, key_of(number), 0, &entry);
    entry_unref(entry);
    return entry != NULL;
}

static bool is_there(uint64_t number)
{
    struct entry *entry = NULL;

    (void)store_peek(store, key_of(number), 0, &entry);
    entry_unref(entry);
    return entry != NULL;
}

static struct store_counts counts(void)
{
    struct store_counts of;

    store_counts(store, &of);
    return of;
}

/* New ones, of which nobody asks for one. */
static void flood(uint64_t from, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        put(from + i);
    }
}

/* New ones that are asked for, so that they push in main. */
static void flood_main(uint64_t from, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        put(from + i);
        assert_true(find(from + i));
    }
}

static void what_nobody_asks_for_goes_in_the_order_in_which_it_came(void **state)
{
    (void)state;
    flood(0, 1000);
    const uint64_t evicted = counts().evicted;
    assert_in_range(1000 - evicted, FULL - 20, FULL + 20);
    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(is_there(i), i >= evicted);
    }
}

static void a_flood_does_not_push_out_what_was_asked_for_again(void **state)
{
    enum { HOT = 150 };

    (void)state;
    flood(0, HOT);
    for (uint64_t i = 0; i < HOT; i++) {
        assert_true(find(i));
    }
    flood(1000, 20000);
    for (uint64_t i = 0; i < HOT; i++) {
        assert_true(is_there(i));
    }
}

static void what_came_back_soon_after_it_was_let_go_is_no_stranger(void **state)
{
    (void)state;
    flood(3000, 500);
    uint64_t last = 3499;
    while (is_there(last)) {
        last--;
    }
    put(last - FULL / 2); /* ghosts */
    put(last);
    put(9999); /* a stranger */
    flood(5000, 2000);
    assert_true(is_there(last));
    assert_true(is_there(last - FULL / 2));
    assert_false(is_there(9999));
}

static void a_hit_counts_three_times_at_most(void **state)
{
    (void)state;
    put(1);
    assert_true(find(1));
    flood(1000, FULL + 10); /* it is in main now */
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(find(1));
    }
    flood_main(2000, 2 * FULL);
    assert_true(is_there(1));
    flood_main(3000, 6 * FULL);
    assert_false(is_there(1));
}

static void what_is_stale_goes_before_what_is_fresh(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        put_one(i, i % 2 == 0 ? TAG : OTHER_TAG, 100);
        assert_true(find(i) && find(i) && find(i)); /* whatever it counts */
    }
    flood_main(1000, FULL - 200);
    const uint64_t evicted = counts().evicted;
    tags_begin(tags, OTHER_TAG);
    tags_end(tags, OTHER_TAG);
    flood(2000, 80);
    assert_int_equal(counts().evicted, evicted);
    assert_in_range(counts().swept, 40, 100);
    for (uint64_t i = evicted; i < 200; i += 2) {
        assert_true(is_there(i));
    }
}

static void what_has_expired_goes_before_what_is_fresh(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        struct entry *entry = entry_with(i, LONG, 0);
        entry->expires_at = i % 2 == 0 ? 1000 : never;
        assert_int_equal(store_put(store, entry), SL_OK);
        assert_true(find(i));
    }
    flood_main(1000, FULL - 200);
    assert_int_equal(counts().swept, 0);
    const uint64_t evicted = counts().evicted;
    struct entry *late = entry_with(999, LONG, 0);
    late->filled_at = 1000; /* it is that late, then */
    assert_int_equal(store_put(store, late), SL_OK);
    flood(2000, 80);
    assert_int_equal(counts().evicted, evicted);
    assert_in_range(counts().swept, 40, 100);
}

/* Main has the dead, and small alone would make room: main's are found all the same. */
static void the_dead_do_not_lie_in_main_while_small_is_short_of_room(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < FULL; i++) {
        put_one(i, OTHER_TAG, 100);
        (void)find(i);
    }
    flood(1000, 100); /* all have come to main */
    tags_begin(tags, OTHER_TAG);
    tags_end(tags, OTHER_TAG);
    flood(2000, 400);
    for (uint64_t i = 0; i < 180; i++) {
        assert_true(is_there(2399 - i));
    }
}

static void what_was_dear_has_another_lap(void **state)
{
    (void)state;
    flood(0, 50);
    put_one(50, TAG, 900); /* not ten times as much */
    put_one(51, TAG, 1500);
    flood(1000, 2000);
    assert_false(is_there(50));
    assert_true(is_there(51));
    flood_main(5000, 3 * FULL); /* but it is one */
    assert_false(is_there(51));
}

static void what_changed_and_is_filled_again_keeps_its_rank(void **state)
{
    (void)state;
    flood(0, 100);
    assert_true(find(3));
    flood_main(1000, FULL);
    flood(2000, 300); /* now 3 is in main, if it is still there */
    put(3);
    assert_true(find(3));
    put_one(4, OTHER_TAG, 100);
    assert_true(find(4));
    tags_begin(tags, OTHER_TAG);
    tags_end(tags, OTHER_TAG);
    assert_false(find(4));
    put(4);
    flood(3000, 2000);
    assert_true(is_there(3));
    assert_true(is_there(4));
}

/* ---- what is pinned ---- */

static struct entry *pinned_one(uint64_t number)
{
    struct entry *entry = entry_on(number, tags, OTHER_TAG);

    entry->place.is_pinned = true;
    return entry;
}

static bool pin(uint64_t number, bool is_pinned)
{
    struct entry *entry = NULL;

    assert_int_equal(store_peek(store, key_of(number), 0, &entry), STORE_HIT);
    bool is_there = store_pin(store, entry, is_pinned);
    entry_unref(entry);
    return is_there;
}

static void what_is_pinned_stays(void **state)
{
    (void)state;
    assert_int_equal(store_put(store, pinned_one(1)), SL_OK);
    put(2);
    put(3);
    assert_true(pin(2, true));
    assert_int_equal(counts().pinned, 2);
    flood(1000, 5000);
    flood_main(10000, 5 * FULL);
    assert_true(is_there(1));
    assert_true(is_there(2));
    assert_false(is_there(3));
    assert_true(pin(1, false));
    assert_true(pin(2, false));
    assert_int_equal(counts().pinned, 0);
    flood(20000, 5000);
    flood_main(30000, 5 * FULL);
    assert_false(is_there(1));
    assert_false(is_there(2));
}

static void one_that_is_gone_is_not_pinned(void **state)
{
    struct entry *entry = NULL;

    (void)state;
    put(1);
    assert_int_equal(store_peek(store, key_of(1), 0, &entry), STORE_HIT);
    put(1); /* another */
    assert_false(store_pin(store, entry, true));
    store_drop(store, key_of(1));
    assert_false(store_pin(store, entry, true));
    assert_int_equal(counts().pinned, 0);
    entry_unref(entry);
}

/* As many as there is room for, pinned one and all: new ones come and go all the same. */
static void a_quarter_is_pinned_at_most(void **state)
{
    unsigned there = 0;

    (void)state;
    for (uint64_t i = 0; i < 2 * FULL; i++) {
        struct entry *entry = entry_with(i, LONG, 0);
        entry->place.is_pinned = true;
        assert_int_equal(store_put(store, entry), SL_OK);
    }
    assert_true(counts().pinned_bytes <= MB / 4);
    assert_true(counts().pinned_bytes > MB / 5);
    flood(1000, 5000);
    for (uint64_t i = 0; i < 2 * FULL; i++) {
        there += is_there(i);
    }
    assert_in_range(there, FULL / 5, FULL / 4 + 4);
    assert_int_equal(counts().pinned, there);
    assert_true(counts().bytes <= MB);
}

/* And when one of them goes, the next that is put, or that the hand comes to, has its place. */
static void what_is_pinned_waits_for_a_place(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100; i++) {
        struct entry *entry = entry_with(i, LONG, 0);
        entry->place.is_pinned = true;
        assert_int_equal(store_put(store, entry), SL_OK);
    }
    uint64_t pinned = counts().pinned;
    assert_in_range(pinned, 40, 99);
    store_drop(store, key_of(0));
    assert_int_equal(counts().pinned, pinned - 1);
    flood(1000, 1000);
    assert_int_equal(counts().pinned, pinned);
}

static void what_is_pinned_and_stale_goes(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(store_put(store, pinned_one(i)), SL_OK);
    }
    assert_int_equal(counts().pinned, 50);
    tags_begin(tags, OTHER_TAG);
    tags_end(tags, OTHER_TAG);
    assert_false(find(7));
    assert_int_equal(counts().pinned, 49);
    flood(1000, 1000);
    assert_int_equal(counts().pinned, 0); /* the slow hand */
    assert_int_equal(counts().swept, 49);
}

static void less_memory_is_less_for_what_is_pinned(void **state)
{
    store_free(store);
    store = store_new(&(struct store_limits){.bytes_max = 4 * MB, .stripes = 1}, tags);
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        struct entry *entry = entry_with(i, LONG, 0);
        entry->place.is_pinned = true;
        assert_int_equal(store_put(store, entry), SL_OK);
    }
    assert_int_equal(counts().pinned, 200);
    store_limit(store, MB);
    assert_true(counts().bytes <= MB);
    flood(1000, 1000);
    assert_true(counts().bytes <= MB);
    assert_true(counts().pinned_bytes <= MB / 4);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            ONE(what_nobody_asks_for_goes_in_the_order_in_which_it_came),
            ONE(a_flood_does_not_push_out_what_was_asked_for_again),
            ONE(what_came_back_soon_after_it_was_let_go_is_no_stranger),
            ONE(a_hit_counts_three_times_at_most),
            ONE(what_is_stale_goes_before_what_is_fresh),
            ONE(what_has_expired_goes_before_what_is_fresh),
            ONE(the_dead_do_not_lie_in_main_while_small_is_short_of_room),
            ONE(what_was_dear_has_another_lap),
            ONE(what_changed_and_is_filled_again_keeps_its_rank),
            ONE(what_is_pinned_stays),
            ONE(one_that_is_gone_is_not_pinned),
            ONE(a_quarter_is_pinned_at_most),
            ONE(what_is_pinned_waits_for_a_place),
            ONE(what_is_pinned_and_stale_goes),
            ONE(less_memory_is_less_for_what_is_pinned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
