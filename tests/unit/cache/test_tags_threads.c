/* SPDX-License-Identifier: PostgreSQL */
/*
 * Writers on one word, who end in another order than they took their stamps; somebody compares what
 * they see with what a write has done before.
 */
#include "cache/tags.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WRITERS = 2, WRITES = 150000, KEPT = 1000, LONG = 500, TAG = 1000 };

static struct tags *tags;
static _Atomic uint64_t row;
static _Atomic uint64_t kept;
static atomic_uint writing;
static atomic_bool has_failed;

/* After an end no version is earlier than its stamp, whoever else ends. */
static void check_version(uint64_t before_end)
{
    if (tags_word(tags, TAG) >> TAGS_PENDING_BITS <= before_end) {
        atomic_store(&has_failed, true);
    }
}

/* The first one's sets are long: their stamp is old when they come to the tag. */
static void *write_row(void *arg)
{
    const unsigned others = *(const unsigned *)arg == 0 ? LONG : 0;

    for (unsigned i = 0; i < WRITES || atomic_load(&kept) < KEPT; i += 1 + others / 10) {
        struct tag_set set;
        tag_set_init(&set);
        for (uint32_t k = 0; k <= others; k++) {
            tag_set_add(&set, TAG - k, 0);
        }
        tag_set_begin(&set, tags);
        atomic_fetch_add(&row, 1);
        const uint64_t before_end = tags_clock(tags);
        tag_set_end(&set, tags);
        tag_set_fini(&set);
        for (unsigned k = 0; k < 20; k++) {
            check_version(before_end);
        }
    }
    atomic_fetch_sub(&writing, 1);
    return NULL;
}

/* What may be kept is what is there, for as long as the word is what it was. */
static void *read_row(void *arg)
{
    uint64_t version = 0;

    (void)arg;
    while (atomic_load(&writing) > 0) {
        sched_yield();
        const uint64_t clock = tags_clock(tags);
        const uint64_t number = atomic_load(&row);
        const uint64_t word = tags_word(tags, TAG);
        if (word >> TAGS_PENDING_BITS < version) {
            atomic_store(&has_failed, true);
        }
        version = word >> TAGS_PENDING_BITS;
        if (!tags_is_since(word, clock)) {
            continue;
        }
        const uint64_t later = atomic_load(&row);
        if (tags_word(tags, TAG) == word) {
            atomic_fetch_add(&kept, 1);
            if (later != number) {
                atomic_store(&has_failed, true);
            }
        }
    }
    return NULL;
}

static void a_word_at_rest_says_that_nothing_has_changed(void **state)
{
    pthread_t threads[WRITERS + 1];
    unsigned numbers[WRITERS];

    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    assert_non_null(tags);
    atomic_store(&writing, WRITERS);
    assert_int_equal(pthread_create(&threads[WRITERS], NULL, read_row, NULL), 0);
    for (unsigned i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_row, &numbers[i]), 0);
    }
    for (unsigned i = 0; i <= WRITERS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_false(atomic_load(&has_failed));
    assert_int_equal(tags_clock(tags), atomic_load(&row));
    assert_int_equal(tags_word(tags, TAG), atomic_load(&row) << TAGS_PENDING_BITS);
    print_message("%lu writes, kept %lu times\n", atomic_load(&row), atomic_load(&kept));
    tags_free(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_word_at_rest_says_that_nothing_has_changed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
