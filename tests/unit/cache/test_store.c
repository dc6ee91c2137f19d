/* SPDX-License-Identifier: PostgreSQL */
#include "cache/store.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MB ((size_t)1 << 20)

static struct tags *tags;
static struct store *store;

static int begin(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    store = store_new(&(struct store_limits){.bytes_max = 4 * MB, .stripes = 2}, tags);
    return tags == NULL || store == NULL;
}

static int end(void **state)
{
    (void)state;
    store_free(store);
    tags_free(tags);
    return 0;
}

static enum store_result find(uint64_t number, sl_usec now)
{
    struct entry *entry = NULL;
    enum store_result result = store_find(store, key_of(number), now, &entry);

    assert_int_equal(entry != NULL, result == STORE_HIT);
    if (entry != NULL) {
        assert_int_equal(number_in(entry), number);
        entry_unref(entry);
    }
    return result;
}

static enum store_result peek(uint64_t number, sl_usec now)
{
    struct entry *entry = NULL;
    enum store_result result = store_peek(store, key_of(number), now, &entry);

    assert_int_equal(entry != NULL, result == STORE_HIT);
    entry_unref(entry);
    return result;
}

static struct store_counts counts(void)
{
    struct store_counts of;

    store_counts(store, &of);
    return of;
}

static void put(uint64_t number)
{
    assert_int_equal(store_put(store, entry_on(number, tags, 7)), SL_OK);
}

static void write_to(uint32_t tag)
{
    tags_begin(tags, tag);
    tags_end(tags, tag);
}

static void what_was_put_is_found(void **state)
{
    (void)state;
    assert_int_equal(find(1, 0), STORE_MISS);
    for (uint64_t i = 0; i < 5000; i++) {
        put(i);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        assert_int_equal(find(i, 0), STORE_HIT);
    }
    assert_int_equal(find(5000, 0), STORE_MISS);
    assert_int_equal(counts().entries, 5000);
    assert_int_equal(counts().puts, 5000);
    assert_int_equal(counts().results[STORE_HIT], 5000);
    assert_int_equal(counts().results[STORE_MISS], 2);
}

static void a_lent_entry_outlives_its_eviction(void **state)
{
    struct entry *entry = NULL;

    (void)state;
    put(1);
    assert_int_equal(store_find(store, key_of(1), 0, &entry), STORE_HIT);
    store_drop(store, key_of(1));
    assert_int_equal(find(1, 0), STORE_MISS);
    assert_int_equal(number_in(entry), 1);
    assert_int_equal(entry->hits, 1);
    entry_unref(entry);
}

static void while_a_write_is_under_way_there_is_no_hit_and_after_it_none(void **state)
{
    (void)state;
    put(1);
    tags_begin(tags, 7);
    assert_int_equal(find(1, 0), STORE_PENDING);
    assert_int_equal(peek(1, 0), STORE_PENDING);
    tags_end(tags, 7);
    assert_int_equal(peek(1, 0), STORE_CHANGED);
    assert_int_equal(find(1, 0), STORE_CHANGED);
    assert_int_equal(find(1, 0), STORE_MISS);
    assert_int_equal(counts().results[STORE_PENDING], 1);
    assert_int_equal(counts().results[STORE_CHANGED], 1);
    assert_int_equal(counts().entries, 0);
}

/* Whoever finds it sees that it has: nobody else is given it. */
static void what_may_be_stale_stays_when_it_has_changed(void **state)
{
    struct entry *entry = entry_on(1, tags, 7);
    struct entry *found = NULL;

    (void)state;
    entry->may_be_stale = true;
    entry->expires_at = 100;
    assert_int_equal(store_put(store, entry), SL_OK);
    tags_begin(tags, 7);
    assert_int_equal(store_find(store, key_of(1), 0, &found), STORE_PENDING);
    assert_int_equal(number_in(found), 1);
    entry_unref(found);
    tags_end(tags, 7);
    assert_int_equal(store_find(store, key_of(1), 0, &found), STORE_CHANGED);
    assert_int_equal(number_in(found), 1);
    entry_unref(found);
    assert_int_equal(store_find(store, key_of(1), 0, &found), STORE_CHANGED);
    entry_unref(found);
    assert_int_equal(counts().entries, 1);
    assert_int_equal(store_find(store, key_of(1), 100, &found), STORE_EXPIRED);
    assert_null(found);
    assert_int_equal(counts().entries, 0);
    /* What takes its place is as any other. */
    put(1);
    write_to(7);
    assert_int_equal(find(1, 0), STORE_CHANGED);
    assert_int_equal(counts().entries, 0);
}

static void what_has_changed_goes_even_if_something_else_is_pending(void **state)
{
    struct entry *entry = entry_with(1, 100, 2);

    (void)state;
    entry->tags[0].tag = 8;
    entry->tags[1].tag = 9;
    assert_int_equal(store_put(store, entry), SL_OK);
    tags_begin(tags, 8);
    write_to(9);
    assert_int_equal(find(1, 0), STORE_CHANGED);
    assert_int_equal(find(1, 0), STORE_MISS);
    tags_end(tags, 8);
}

static void an_expired_entry_is_gone(void **state)
{
    struct entry *entry = entry_on(1, tags, 7);

    (void)state;
    entry->expires_at = 1000;
    assert_int_equal(store_put(store, entry), SL_OK);
    assert_int_equal(find(1, 999), STORE_HIT);
    assert_int_equal(peek(1, 1000), STORE_EXPIRED);
    assert_int_equal(find(1, 1000), STORE_EXPIRED);
    assert_int_equal(find(1, 999), STORE_MISS);
}

static void looking_counts_nothing(void **state)
{
    struct entry *entry = NULL;

    (void)state;
    put(1);
    assert_int_equal(store_peek(store, key_of(1), 0, &entry), STORE_HIT);
    assert_int_equal(entry->hits, 0);
    assert_int_equal(entry->used, 0);
    entry_unref(entry);
    assert_int_equal(peek(2, 0), STORE_MISS);
    assert_int_equal(counts().results[STORE_HIT], 0);
    assert_int_equal(counts().results[STORE_MISS], 0);
}

static void a_later_answer_takes_the_place_of_an_earlier_one(void **state)
{
    struct entry *entry = NULL;

    (void)state;
    put(1);
    struct entry *later = entry_on(2, tags, 7);
    later->key = key_of(1);
    assert_int_equal(store_put(store, later), SL_OK);
    assert_int_equal(store_find(store, key_of(1), 0, &entry), STORE_HIT);
    assert_int_equal(number_in(entry), 2);
    entry_unref(entry);
    assert_int_equal(counts().entries, 1);
    assert_int_equal(counts().replaced, 1);
}

static void one_that_is_too_long_is_refused_and_what_it_was_to_replace_goes(void **state)
{
    (void)state;
    put(1);
    put(2);
    store_limit(store, 2 * MB); /* two stripes */
    assert_int_equal(store_put(store, entry_with(1, MB, 0)), SL_ELIMIT);
    assert_int_equal(find(1, 0), STORE_MISS);
    assert_int_equal(find(2, 0), STORE_HIT);
    assert_int_equal(counts().refused, 1);
    assert_int_equal(counts().replaced, 1);
    assert_int_equal(store_put(store, entry_with(1, MB - 8192, 0)), SL_OK);
    assert_int_equal(find(1, 0), STORE_HIT);
}

static bool is_even(void *self, const struct entry *entry)
{
    unsigned *asked = self;

    (*asked)++;
    return number_in(entry) % 2 == 0;
}

static void those_that_it_is_said_of_are_dropped(void **state)
{
    unsigned asked = 0;

    (void)state;
    for (uint64_t i = 0; i < 1001; i++) {
        put(i);
        if (i % 3 == 0) {
            assert_int_equal(find(i, 0), STORE_HIT);
        }
    }
    assert_int_equal(store_drop_if(store, is_even, &asked), 501);
    assert_int_equal(asked, 1001);
    for (uint64_t i = 0; i < 1001; i++) {
        assert_int_equal(find(i, 0), i % 2 == 0 ? STORE_MISS : STORE_HIT);
    }
    assert_int_equal(counts().entries, 500);
    assert_int_equal(counts().dropped, 501);
    store_drop(store, key_of(4444)); /* is not there */
    assert_int_equal(counts().dropped, 501);
}

struct shown {
    uint8_t times[1000];
    unsigned count;
    unsigned enough;
};

static bool show(void *self, const struct entry *entry)
{
    struct shown *shown = self;

    shown->times[number_in(entry)]++;
    store_drop(store, key_of(number_in(entry) ^ 1)); /* no lock is held */
    return ++shown->count < shown->enough;
}

static void each_is_shown_once_until_it_is_enough(void **state)
{
    struct shown shown = {.enough = 10000};

    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        put(2 * i);
    }
    store_each(store, show, &shown);
    assert_int_equal(shown.count, 500);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(shown.times[i], i % 2 == 0);
    }
    shown = (struct shown){.enough = 77};
    store_each(store, show, &shown);
    assert_int_equal(shown.count, 77);
    assert_int_equal(counts().entries, 500);
}

static unsigned read_some(struct store_reader *reader, struct shown *shown, unsigned max)
{
    struct entry *entries[64];
    unsigned count = store_reader_next(reader, entries, max);

    for (unsigned i = 0; i < count; i++) {
        shown->times[number_in(entries[i])]++;
        shown->count++;
        entry_unref(entries[i]);
    }
    return count;
}

/* In between the store goes on, and the reader is where it was. */
static void a_reader_takes_its_time(void **state)
{
    struct shown shown = {.count = 0};

    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        put(2 * i);
    }
    struct store_reader *reader = store_reader_new(store);
    while (read_some(reader, &shown, 7) > 0) {
        assert_int_equal(find(4, 1), STORE_HIT);
        store_drop(store, key_of(1001));
    }
    assert_int_equal(read_some(reader, &shown, 7), 0);
    assert_int_equal(shown.count, 500);
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(shown.times[i], i % 2 == 0);
    }
    store_reader_free(reader);

    reader = store_reader_new(store); /* given up in the midst of it, and before it began */
    assert_true(read_some(reader, &shown, 64) > 0);
    store_reader_free(reader);
    store_reader_free(store_reader_new(store));
    store_reader_free(NULL);
    assert_int_equal(counts().entries, 500);
}

/* Sixteen words for everything: a hit may be lost, a change may not. */
static void tags_that_share_words_cost_hits_and_nothing_else(void **state)
{
    enum { TABLES = 40 };
    struct tags *few = tags_new(TAGS_BITS_MIN, TAGS_BITS_MIN);
    struct store *small = store_new(&(struct store_limits){.bytes_max = MB}, few);
    uint64_t versions[TABLES] = {0};
    uint64_t filled[TABLES] = {0};
    uint64_t seed = 5;
    unsigned hits = 0;
    unsigned lost = 0;

    (void)state;
    for (unsigned step = 0; step < 200000; step++) {
        const uint32_t table = (uint32_t)(next_random(&seed) % TABLES);
        const uint32_t tag = next_random(&seed) % 2 == 0
                                     ? tags_of_table(few, 1, table % 20, TAG_ANY)
                                     : tags_of_key(few, 1, table % 20, 1, table);
        struct entry *entry = NULL;
        if (next_random(&seed) % 10 == 0) {
            tags_begin(few, tags_of_table(few, 1, table % 20, TAG_ANY));
            tags_begin(few, tags_of_key(few, 1, table % 20, 1, table));
            versions[table]++;
            tags_end(few, tags_of_key(few, 1, table % 20, 1, table));
            tags_end(few, tags_of_table(few, 1, table % 20, TAG_ANY));
        } else if (store_find(small, key_of(table), 0, &entry) == STORE_HIT) {
            assert_int_equal(number_in(entry), versions[table]);
            entry_unref(entry);
            hits++;
        } else {
            lost += filled[table] > 0 && filled[table] - 1 == versions[table];
            entry = entry_on(versions[table], few, tag);
            entry->key = key_of(table);
            filled[table] = versions[table] + 1;
            assert_int_equal(store_put(small, entry), SL_OK);
        }
    }
    assert_true(hits > 10000);
    assert_true(lost > 10000);
    store_free(small);
    tags_free(few);
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            ONE(what_was_put_is_found),
            ONE(a_lent_entry_outlives_its_eviction),
            ONE(while_a_write_is_under_way_there_is_no_hit_and_after_it_none),
            cmocka_unit_test_setup_teardown(
                    what_may_be_stale_stays_when_it_has_changed, begin, end),
            ONE(what_has_changed_goes_even_if_something_else_is_pending),
            ONE(an_expired_entry_is_gone),
            ONE(looking_counts_nothing),
            ONE(a_later_answer_takes_the_place_of_an_earlier_one),
            ONE(one_that_is_too_long_is_refused_and_what_it_was_to_replace_goes),
            ONE(those_that_it_is_said_of_are_dropped),
            ONE(each_is_shown_once_until_it_is_enough),
            ONE(a_reader_takes_its_time),
            cmocka_unit_test(tags_that_share_words_cost_hits_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
