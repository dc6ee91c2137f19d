/* SPDX-License-Identifier: PostgreSQL */
/* The bound on bytes: what is counted, and what malloc says. */
#include "cache/store.h"
#include "tests/unit/cache/some_entries.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MB ((size_t)1 << 20)

enum { TAG = 7, OFF_BOOKS = 600 << 10 /* what malloc keeps of what is free, for its threads */ };

static struct tags *tags;

static int begin(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    return tags == NULL;
}

static int end(void **state)
{
    (void)state;
    tags_free(tags);
    return 0;
}

static struct store *new_store(size_t bytes_max, unsigned stripes)
{
    struct store *store =
            store_new(&(struct store_limits){.bytes_max = bytes_max, .stripes = stripes}, tags);

    assert_non_null(store);
    return store;
}

static struct store_counts counts_of(const struct store *store)
{
    struct store_counts counts;

    store_counts(store, &counts);
    return counts;
}

/* Nothing, with a sanitizer. */
static size_t malloc_has(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

struct sum {
    uint64_t entries;
    uint64_t bytes;
};

static bool add(void *self, const struct entry *entry)
{
    struct sum *sum = self;

    sum->entries++;
    sum->bytes += entry->bytes;
    return true;
}

static void check(struct store *store, size_t bytes_max)
{
    struct store_counts counts = counts_of(store);
    struct sum sum = {0};

    store_each(store, add, &sum);
    assert_int_equal(sum.entries, counts.entries);
    assert_true(sum.bytes < counts.bytes);
    assert_true(counts.bytes <= bytes_max);
    assert_true(counts.bytes <= counts.bytes_peak);
}

static size_t some_length(uint64_t *seed)
{
    uint64_t random = next_random(seed);

    switch (random % 8) {
    case 0:
        return random / 8 % 100000;
    case 1:
        return random / 8 % 10000;
    default:
        return random / 8 % 400;
    }
}

static void at_random(struct store *store, uint64_t *seed, unsigned steps, uint64_t keys)
{
    for (unsigned i = 0; i < steps; i++) {
        uint64_t number = next_random(seed) % keys;
        struct entry *entry = NULL;
        switch (next_random(seed) % 8) {
        case 0:
            store_drop(store, key_of(number));
            break;
        case 1:
            if (next_random(seed) % 64 == 0) {
                tags_begin(tags, TAG + (uint32_t)number % 50);
                tags_end(tags, TAG + (uint32_t)number % 50);
            }
            break;
        case 2:
        case 3:
        case 4:
            (void)store_find(store, key_of(number), (sl_usec)i, &entry);
            entry_unref(entry);
            break;
        default:
            entry = entry_with(number, some_length(seed), 1);
            entry->tags[0].tag = TAG + (uint32_t)number % 50;
            entry->tags[0].word = tags_word(tags, entry->tags[0].tag);
            entry->expires_at = (sl_usec)(i + next_random(seed) % 50000);
            entry->cost_usec = (uint32_t)(next_random(seed) % 100);
            (void)store_put(store, entry);
        }
    }
}

static void bytes_never_exceed_the_bound(void **state)
{
    static const unsigned stripes[] = {1, 2, 16};
    uint64_t seed = 1;

    (void)state;
    for (unsigned i = 0; i < SL_COUNT(stripes); i++) {
        const size_t bytes_max = 4 * MB;
        const size_t before = malloc_has();
        struct store *store = new_store(bytes_max, stripes[i]);
        for (unsigned k = 0; k < 60; k++) {
            at_random(store, &seed, 2000, k % 2 == 0 ? 500 : 100000);
            check(store, bytes_max);
            assert_true(malloc_has() <= before + bytes_max + OFF_BOOKS);
        }
        assert_true(counts_of(store).evicted > 1000);
        assert_true(counts_of(store).swept > 1000);
        assert_true(counts_of(store).bytes_peak <= bytes_max);
        assert_true(counts_of(store).bytes_peak > bytes_max / 10 * 8); /* and it is made use of */
        store_free(store);
    }
}

static void many_small_entries_leave_room_for_one_long_one(void **state)
{
    struct store *store = new_store(MB, 1);
    struct entry *found = NULL;

    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 8, 0)), SL_OK);
    }
    assert_true(counts_of(store).entries > 4000);
    assert_int_equal(store_put(store, entry_with(77777, MB - 8192, 0)), SL_OK);
    assert_int_equal(counts_of(store).entries, 1);
    assert_int_equal(store_find(store, key_of(77777), 0, &found), STORE_HIT);
    entry_unref(found);
    for (uint64_t i = 0; i < 20000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 8, 0)), SL_OK);
    }
    assert_true(counts_of(store).entries > 4000);
    assert_true(counts_of(store).bytes_peak <= MB);
    assert_int_equal(counts_of(store).refused, 0);
    store_free(store);
}

/* Their lengths grow: an index that was right for many is given back. */
static void an_index_that_has_become_too_wide_is_given_back(void **state)
{
    struct store *store = new_store(MB, 1);
    struct sum sum = {0};

    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 8, 0)), SL_OK);
    }
    for (uint64_t i = 0; i < 2000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 10000, 0)), SL_OK);
    }
    store_each(store, add, &sum);
    assert_true(sum.bytes > MB / 100 * 97);
    assert_true(counts_of(store).bytes_peak <= MB);
    store_free(store);
}

static void a_lower_limit_holds_at_once_and_a_higher_one_is_made_use_of(void **state)
{
    struct store *store = new_store(16 * MB, 0);

    (void)state;
    for (uint64_t i = 0; i < 60000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 200, 0)), SL_OK);
    }
    assert_true(counts_of(store).bytes > 15 * MB);
    store_limit(store, 2 * MB);
    check(store, 2 * MB);
    assert_true(counts_of(store).bytes > 3 * MB / 2);
    for (uint64_t i = 0; i < 10000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 200, 0)), SL_OK);
    }
    check(store, 2 * MB);
    store_limit(store, 8 * MB);
    for (uint64_t i = 0; i < 60000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 200, 0)), SL_OK);
    }
    check(store, 8 * MB);
    assert_true(counts_of(store).bytes > 7 * MB);
    assert_true(counts_of(store).bytes_peak <= 16 * MB);
    store_limit(store, 0); /* the least there is */
    check(store, MB);
    store_free(store);
}

static void a_lower_limit_gives_memory_back(void **state)
{
    const size_t before = malloc_has();
    struct store *store = new_store(64 * MB, 0);

    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        assert_int_equal(store_put(store, entry_with(i, 200, 0)), SL_OK);
    }
    store_limit(store, MB);
    check(store, MB);
    assert_true(malloc_has() <= before + MB + OFF_BOOKS);
    store_free(store);
}

static void entries_are_counted_as_long_as_malloc_makes_them(void **state)
{
    (void)state;
    for (size_t len = 0; len < 100000; len += 37) {
        struct entry *entry = entry_with(1, len, (uint16_t)(len % 100));
        /* A remainder too short to be of use may be left behind it. */
        assert_true(malloc_usable_size(entry) + sizeof(size_t) <= entry->bytes + 16);
        entry_unref(entry);
    }
}

#define ONE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            ONE(bytes_never_exceed_the_bound),
            ONE(many_small_entries_leave_room_for_one_long_one),
            ONE(an_index_that_has_become_too_wide_is_given_back),
            ONE(a_lower_limit_holds_at_once_and_a_higher_one_is_made_use_of),
            ONE(a_lower_limit_gives_memory_back),
            ONE(entries_are_counted_as_long_as_malloc_makes_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
