/* SPDX-License-Identifier: PostgreSQL */
/*
 * Readers, writers, somebody who looks and one who changes the limit, on one store: what the thread
 * sanitizer looks at; and no read returns what had been overwritten before it began.
 *
 * A "database" of numbers that only grow. A write is begin, number + 1, end; a read that misses reads
 * the clock, then the number, and keeps it under the words, as cache/tags.h says.
 */
#include "cache/store.h"
#include "tests/unit/cache/some_entries.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { READERS = 2, WRITERS = 2, ROWS = 64, READS = 60000, LONG = 3000 };

#define MB ((size_t)1 << 20)

static struct tags *tags;
static struct store *store;
static _Atomic uint64_t rows[ROWS];
static atomic_uint reading;
static _Atomic uint64_t hits, refused;
static atomic_bool has_failed;

static uint32_t tag_of(uint64_t row)
{
    return tags_of_key(tags, 1, 16384, 1, row);
}

static struct sl_hash128 key_of_row(uint64_t row, uint64_t variant)
{
    return key_of(row | variant << 32);
}

static void fill(uint64_t row, uint64_t variant)
{
    const uint64_t clock = tags_clock(tags);
    const uint64_t number = atomic_load(&rows[row]);
    struct entry *entry = entry_with(number, LONG, 1);

    entry->key = key_of_row(row, variant);
    entry->tags[0] = (struct entry_tag){.word = tags_word(tags, tag_of(row)), .tag = tag_of(row)};
    if (!tags_is_since(entry->tags[0].word, clock)) {
        entry_unref(entry);
    } else if (store_put(store, entry) != SL_OK) {
        atomic_fetch_add(&refused, 1); /* while the limit is being lowered */
    }
}

static void *read_rows(void *arg)
{
    uint64_t seed = *(const unsigned *)arg + 100;

    for (unsigned i = 0; i < READS; i++) {
        const uint64_t row = next_random(&seed) % ROWS;
        const uint64_t variant = next_random(&seed) % 40;
        const uint64_t before = atomic_load(&rows[row]);
        struct entry *entry = NULL;
        if (store_find(store, key_of_row(row, variant), (sl_usec)i, &entry) == STORE_HIT) {
            if (number_in(entry) < before || number_in(entry) > atomic_load(&rows[row])) {
                atomic_store(&has_failed, true);
            }
            atomic_fetch_add(&hits, 1);
            entry_unref(entry);
        } else {
            fill(row, variant);
        }
    }
    atomic_fetch_sub(&reading, 1);
    return NULL;
}

static void *write_rows(void *arg)
{
    uint64_t seed = *(const unsigned *)arg;

    while (atomic_load(&reading) > 0) {
        const uint64_t row = next_random(&seed) % ROWS;
        struct tag_set set;
        tag_set_init(&set);
        tag_set_add(&set, tag_of(row), 0);
        tag_set_add(&set, tag_of((row + 1) % ROWS), 0);
        tag_set_begin(&set, tags);
        atomic_fetch_add(&rows[row], 1);
        tag_set_end(&set, tags);
        tag_set_fini(&set);
        for (unsigned i = 0; i < 200; i++) { /* so that there are hits, too */
            (void)tags_clock(tags);
        }
    }
    return NULL;
}

static bool is_odd(void *self, const struct entry *entry)
{
    (void)self;
    return number_in(entry) % 2 == 1 && atomic_load(&entry->hits) == 0;
}

static bool sum(void *self, const struct entry *entry)
{
    *(uint64_t *)self += entry->bytes + atomic_load(&entry->hits);
    return *(uint64_t *)self < 3 * MB / 2;
}

static void *look(void *arg)
{
    uint64_t turn = 0;

    (void)arg;
    while (atomic_load(&reading) > 0) {
        struct store_counts counts;
        struct entry *entry = NULL;
        uint64_t bytes = 0;

        store_each(store, sum, &bytes);
        store_counts(store, &counts);
        if (counts.bytes > 8 * MB) {
            atomic_store(&has_failed, true);
        }
        (void)store_peek(store, key_of_row(turn % ROWS, 1), 0, &entry);
        entry_unref(entry);
        store_drop(store, key_of_row(turn % ROWS, 2));
        store_limit(store, turn % 2 == 0 ? 3 * MB : 8 * MB);
        (void)store_drop_if(store, is_odd, NULL);
        turn++;
    }
    return NULL;
}

static void readers_see_no_less_than_was_there_before(void **state)
{
    unsigned numbers[READERS + WRITERS];
    pthread_t threads[READERS + WRITERS + 1];
    struct store_counts counts;

    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    store = store_new(&(struct store_limits){.bytes_max = 8 * MB, .stripes = 4}, tags);
    assert_non_null(store);
    atomic_store(&reading, READERS);
    for (unsigned i = 0; i < READERS + WRITERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, i < READERS ? read_rows : write_rows,
                                 &numbers[i]),
                0);
    }
    assert_int_equal(pthread_create(&threads[READERS + WRITERS], NULL, look, NULL), 0);
    for (unsigned i = 0; i <= READERS + WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_false(atomic_load(&has_failed));
    assert_true(atomic_load(&hits) > 1000);
    store_counts(store, &counts);
    assert_true(counts.bytes_peak <= 8 * MB);
    assert_int_equal(counts.results[STORE_HIT], atomic_load(&hits));
    assert_int_equal(counts.refused, atomic_load(&refused));
    for (uint64_t row = 0; row < ROWS; row++) { /* as many ends as begins */
        assert_true(tags_is_since(tags_word(tags, tag_of(row)), tags_clock(tags)));
    }
    store_free(store);
    tags_free(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(readers_see_no_less_than_was_there_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
