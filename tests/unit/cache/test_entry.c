/* SPDX-License-Identifier: PostgreSQL */
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_entry_has_its_parts_one_behind_the_other(void **state)
{
    const struct entry_parts parts = {.head = sl_span_text("head"),
            .rows = sl_span_text("rows..."),
            .tail = sl_span_text("t")};
    struct entry *entry = entry_new(&parts, 3);

    (void)state;
    assert_non_null(entry);
    assert_true(sl_span_is(entry_head(entry), "head"));
    assert_true(sl_span_is(entry_rows_and_tail(entry), "rows...t"));
    assert_int_equal(entry->tail_len, 1);
    assert_int_equal(entry->tags_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(entry->tags[i].word == 0 && entry->tags[i].tag == 0);
    }
    assert_true(entry->bytes >= sizeof(*entry) + 3 * sizeof(struct entry_tag) + 12);
    entry_unref(entry);
    entry_unref(NULL);
}

static void an_answer_may_be_empty(void **state)
{
    const struct entry_parts parts = {.tail = sl_span_text("SELECT 0")};
    struct entry *entry = entry_new(&parts, 0);
    struct tags *tags = tags_new(TAGS_BITS_MIN, TAGS_BITS_MIN);

    (void)state;
    assert_non_null(entry);
    assert_int_equal(entry_head(entry).len, 0);
    assert_true(sl_span_is(entry_rows_and_tail(entry), "SELECT 0"));
    assert_true(entry_is_fresh(entry, tags));
    entry_unref(entry);
    tags_free(tags);
}

/* Asked for so often that it is to be got again, or one time less; made at 10 s, over at 20 s. */
static struct entry *one_asked_for(uint32_t hits)
{
    struct entry *entry = entry_with(1, 100, 0);

    entry->filled_at = 10 * SL_SECOND;
    entry->expires_at = 20 * SL_SECOND;
    atomic_store(&entry->hits, hits);
    return entry;
}

static void one_that_is_asked_for_often_is_got_again_before_its_time_is_over(void **state)
{
    const sl_usec last = 19 * SL_SECOND;
    struct entry *entry = one_asked_for(20);

    (void)state;
    assert_false(entry_wants_heir(entry, 10 * SL_SECOND));
    assert_false(entry_wants_heir(entry, last));
    assert_true(entry_is_old(entry, last + 1));
    assert_true(entry_wants_heir(entry, last + 1));
    assert_false(entry_wants_heir(entry, last + 1)); /* once */
    assert_false(entry_wants_heir(entry, last + 2));
    entry_unref(entry);

    entry = one_asked_for(8);
    assert_false(entry_wants_heir(entry, last + 1));
    entry_unref(entry);

    entry = one_asked_for(1000); /* it is never over */
    entry->expires_at = INT64_MAX;
    assert_false(entry_wants_heir(entry, last));
    assert_false(entry_wants_heir(entry, INT64_MAX / 4));
    entry_unref(entry);
}

static void one_word_of_many_is_enough_to_be_stale(void **state)
{
    struct tags *tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);

    (void)state;
    for (unsigned changed = 0; changed < ENTRY_TAGS_MAX; changed++) {
        struct entry *entry = entry_with(1, 100, ENTRY_TAGS_MAX);
        for (uint32_t i = 0; i < ENTRY_TAGS_MAX; i++) {
            entry->tags[i] = (struct entry_tag){.word = tags_word(tags, 50 + i), .tag = 50 + i};
        }
        assert_true(entry_is_fresh(entry, tags));
        tags_begin(tags, 50 + changed);
        assert_false(entry_is_fresh(entry, tags));
        tags_end(tags, 50 + changed);
        assert_false(entry_is_fresh(entry, tags));
        entry_unref(entry);
    }
    tags_free(tags);
}

static void what_another_got_is_of_no_known_moment(void **state)
{
    struct entry *entry = entry_with(1, 10, 0);

    (void)state;
    assert_int_equal(entry_date_shared(entry, 300, 1000), 700);
    assert_int_equal(entry->sent_at, 0); /* below each floor */
    assert_int_equal(entry->filled_at, 1000);
    assert_int_equal(entry_date_shared(entry, -1, 1000), 1000);
    entry_unref(entry);
}

static unsigned released;

static void release(struct entry_origin *origin)
{
    (void)origin;
    released++;
}

static void an_origin_goes_with_the_last_entry_that_has_it(void **state)
{
    struct entry_origin origin = {.refs = 1, .release = release};
    struct entry *a = entry_with(1, 10, 0);
    struct entry *b = entry_with(2, 10, 0);

    (void)state;
    a->origin = entry_origin_ref(&origin);
    b->origin = entry_origin_ref(&origin);
    entry_origin_unref(&origin);
    entry_ref(b);
    entry_unref(a);
    entry_unref(b);
    assert_int_equal(released, 0);
    entry_unref(b);
    assert_int_equal(released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_entry_has_its_parts_one_behind_the_other),
            cmocka_unit_test(an_answer_may_be_empty),
            cmocka_unit_test(one_that_is_asked_for_often_is_got_again_before_its_time_is_over),
            cmocka_unit_test(one_word_of_many_is_enough_to_be_stale),
            cmocka_unit_test(what_another_got_is_of_no_known_moment),
            cmocka_unit_test(an_origin_goes_with_the_last_entry_that_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
