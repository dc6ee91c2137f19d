/* SPDX-License-Identifier: PostgreSQL */
#include "cache/tags.h"
#include "tests/unit/cache/some_entries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PENDING_COUNTED = (1 << TAGS_PENDING_BITS) - 2 };

static const uint64_t pending_mask = (UINT64_C(1) << TAGS_PENDING_BITS) - 1;

static struct tags *new_tags(void)
{
    struct tags *tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);

    assert_non_null(tags);
    return tags;
}

static uint64_t pending_of(const struct tags *tags, uint32_t tag)
{
    return tags_word(tags, tag) & pending_mask;
}

static uint64_t version_of(const struct tags *tags, uint32_t tag)
{
    return tags_word(tags, tag) >> TAGS_PENDING_BITS;
}

static void a_write_changes_the_word_when_it_begins_and_when_it_ends(void **state)
{
    struct tags *tags = new_tags();
    const uint32_t tag = tags_of_table(tags, 1, 16384, TAG_ANY);
    const uint64_t before = tags_word(tags, tag);

    (void)state;
    tags_begin(tags, tag);
    const uint64_t meanwhile = tags_word(tags, tag);
    tags_end(tags, tag);
    const uint64_t after = tags_word(tags, tag);
    assert_true(before != meanwhile && meanwhile != after && after != before);
    assert_int_equal(after & pending_mask, 0);
    tags_free(tags);
}

static void an_end_has_a_stamp_that_nothing_had_before(void **state)
{
    struct tags *tags = new_tags();
    const uint32_t a = tags_of_key(tags, 1, 16384, 7, 1);
    const uint32_t b = tags_of_key(tags, 1, 16384, 7, 2);
    uint64_t last = tags_clock(tags);

    (void)state;
    assert_true(a != b);
    for (unsigned i = 0; i < 1000; i++) {
        const uint32_t tag = i % 3 == 0 ? a : b;
        tags_begin(tags, tag);
        tags_end(tags, tag);
        assert_true(version_of(tags, tag) > last);
        last = version_of(tags, tag);
        assert_int_equal(tags_clock(tags), last);
    }
    tags_free(tags);
}

static void what_ends_after_the_clock_was_read_is_not_since(void **state)
{
    struct tags *tags = new_tags();
    const uint32_t tag = tags_of_table(tags, 1, 16384, TAG_ANY);

    (void)state;
    tags_begin(tags, tag);
    tags_end(tags, tag);
    const uint64_t clock = tags_clock(tags);
    assert_true(tags_is_since(tags_word(tags, tag), clock));
    tags_begin(tags, tag);
    assert_false(tags_is_since(tags_word(tags, tag), clock)); /* pending */
    tags_end(tags, tag);
    assert_false(tags_is_since(tags_word(tags, tag), clock));
    assert_true(tags_is_since(tags_word(tags, tag), tags_clock(tags)));
    tags_free(tags);
}

static void of_two_writes_both_must_have_ended(void **state)
{
    struct tags *tags = new_tags();
    const uint32_t tag = tags_of_table(tags, 1, 16384, TAG_ANY);

    (void)state;
    tags_begin(tags, tag);
    tags_begin(tags, tag);
    tags_end(tags, tag);
    assert_false(tags_is_since(tags_word(tags, tag), tags_clock(tags)));
    assert_int_equal(pending_of(tags, tag), 1);
    tags_end(tags, tag);
    assert_true(tags_is_since(tags_word(tags, tag), tags_clock(tags)));
    tags_free(tags);
}

static void a_word_at_rest_never_comes_back(void **state)
{
    enum { WORDS = 3000 };
    struct tags *tags = new_tags();
    const uint32_t tag = tags_of_table(tags, 1, 16384, TAG_ANY);
    uint64_t seen[WORDS];
    unsigned pending = 0;
    unsigned count = 0;
    uint64_t seed = 3;

    (void)state;
    while (count < WORDS) {
        if (pending == 0 || (pending < 5 && next_random(&seed) % 2 == 0)) {
            tags_begin(tags, tag);
            pending++;
        } else {
            tags_end(tags, tag);
            pending--;
        }
        if (pending == 0) {
            for (unsigned i = 0; i < count; i++) {
                assert_true(seen[i] != tags_word(tags, tag));
            }
            seen[count++] = tags_word(tags, tag);
        }
    }
    tags_free(tags);
}

static void one_more_pending_than_can_be_counted_stays_for_good(void **state)
{
    struct tags *tags = new_tags();
    const uint32_t tag = tags_of_table(tags, 1, 16384, TAG_WILD);

    (void)state;
    for (unsigned i = 0; i < PENDING_COUNTED; i++) {
        tags_begin(tags, tag);
    }
    assert_int_equal(tags_stuck(tags), 0);
    assert_int_equal(version_of(tags, tag), 0);
    for (unsigned i = 0; i < 5; i++) {
        tags_begin(tags, tag);
        assert_int_equal(tags_stuck(tags), 1); /* each word once */
        assert_int_equal(version_of(tags, tag), 0);
    }
    for (unsigned i = 0; i < PENDING_COUNTED + 5; i++) {
        tags_end(tags, tag);
    }
    assert_false(tags_is_since(tags_word(tags, tag), tags_clock(tags)));
    tags_begin(tags, tag);
    tags_end(tags, tag);
    assert_false(tags_is_since(tags_word(tags, tag), tags_clock(tags)));
    tags_free(tags);
}

static void as_many_pending_as_can_be_counted_all_end(void **state)
{
    struct tags *tags = new_tags();
    const uint32_t tag = tags_of_table(tags, 1, 16384, TAG_WILD);

    (void)state;
    for (unsigned i = 0; i < PENDING_COUNTED; i++) {
        tags_begin(tags, tag);
    }
    for (unsigned i = 0; i < PENDING_COUNTED; i++) {
        assert_true(pending_of(tags, tag) > 0);
        tags_end(tags, tag);
    }
    assert_true(tags_is_since(tags_word(tags, tag), tags_clock(tags)));
    assert_int_equal(tags_stuck(tags), 0);
    tags_free(tags);
}

static void names_are_the_same_each_time_and_others_are_others(void **state)
{
    enum { NAMES = 20000 };
    struct tags *tags = new_tags();
    uint8_t *seen = calloc(1U << TAGS_KEY_BITS, 1);
    unsigned shared = 0;

    (void)state;
    assert_non_null(seen);
    for (uint64_t i = 0; i < NAMES; i++) {
        uint32_t tag = tags_of_key(tags, 5, (uint32_t)(i % 7), i % 11, i);
        assert_int_equal(tags_of_key(tags, 5, (uint32_t)(i % 7), i % 11, i), tag);
        assert_in_range(
                tag, 1U << TAGS_TABLE_BITS, (1U << TAGS_TABLE_BITS) + (1U << TAGS_KEY_BITS) - 1);
        shared += seen[tag - (1U << TAGS_TABLE_BITS)]++ > 0;
    }
    /* n * n / 2m of them: 190 on average. */
    assert_in_range(shared, 120, 260);
    assert_true(tags_of_key(tags, 5, 1, 2, 3) != tags_of_key(tags, 6, 1, 2, 3));
    assert_true(tags_of_key(tags, 5, 1, 2, 3) != tags_of_key(tags, 5, 2, 2, 3));
    assert_true(tags_of_key(tags, 5, 1, 2, 3) != tags_of_key(tags, 5, 1, 3, 2));
    free(seen);
    tags_free(tags);
}

/* With the fewest words there can be: so that it is not luck. */
static void kinds_never_share_a_word(void **state)
{
    struct tags *tags = tags_new(TAGS_BITS_MIN, TAGS_BITS_MIN);
    unsigned kinds[1 << TAGS_BITS_MIN] = {0};

    (void)state;
    assert_non_null(tags);
    for (uint32_t i = 0; i < 1000; i++) {
        kinds[tags_of_database(tags, i)] |= 1;
        for (unsigned kind = TAG_ANY; kind <= TAG_NEG; kind++) {
            kinds[tags_of_table(tags, 1, i, (enum tag_kind)kind)] |= 2U << kind;
        }
        assert_in_range(tags_of_key(tags, 1, i, 1, i), 16, 31);
    }
    for (unsigned i = 0; i < 1 << TAGS_BITS_MIN; i++) {
        assert_true(kinds[i] != 0); /* and none lies idle */
        assert_int_equal(kinds[i] & (kinds[i] - 1), 0);
    }
    tags_free(tags);
}

/* ---- sets ---- */

static const uint32_t all = 3;

static void a_set_has_each_tag_once(void **state)
{
    struct tags *tags = new_tags();
    struct tag_set set;

    (void)state;
    tag_set_init(&set);
    assert_true(tag_set_is_empty(&set));
    for (uint32_t i = 0; i < 3000; i++) {
        tag_set_add(&set, 100 + i * 7919 % 1000, all);
    }
    assert_int_equal(set.count, 1000);
    tag_set_begin(&set, tags);
    tag_set_begin(&set, tags); /* again: nothing */
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(pending_of(tags, 100 + i), 1);
    }
    assert_int_equal(pending_of(tags, all), 0);
    tag_set_end(&set, tags);
    assert_true(tag_set_is_empty(&set));
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(pending_of(tags, 100 + i), 0);
        assert_int_equal(version_of(tags, 100 + i), 1);
    }
    tag_set_fini(&set);
    tags_free(tags);
}

static void beyond_its_bound_all_of_the_database_stands_for_a_set(void **state)
{
    struct tags *tags = new_tags();
    struct tag_set set;

    (void)state;
    tag_set_init(&set);
    for (uint32_t i = 0; i < TAG_SET_MAX; i++) {
        tag_set_add(&set, 100 + i, all);
    }
    assert_int_equal(set.count, TAG_SET_MAX);
    tag_set_add(&set, 100, all); /* it is in it */
    assert_int_equal(set.count, TAG_SET_MAX);
    tag_set_add(&set, 99, all);
    assert_int_equal(set.count, 1);
    tag_set_add(&set, 100, all);
    assert_int_equal(set.count, 1);
    tag_set_begin(&set, tags);
    assert_int_equal(pending_of(tags, all), 1);
    assert_int_equal(pending_of(tags, 100), 0);
    tag_set_end(&set, tags);
    assert_int_equal(pending_of(tags, all), 0);
    tag_set_fini(&set);
    tags_free(tags);
}

static void a_set_that_joins_another_has_both(void **state)
{
    struct tags *tags = new_tags();
    struct tag_set a;
    struct tag_set b;

    (void)state;
    tag_set_init(&a);
    tag_set_init(&b);
    for (uint32_t i = 0; i < 20; i++) {
        tag_set_add(i % 2 == 0 ? &a : &b, 100 + i, all);
    }
    tag_set_add(&b, 100, all);
    tag_set_join(&a, &b, all);
    assert_int_equal(a.count, 20);
    assert_int_equal(b.count, 11);
    tag_set_begin(&a, tags);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(pending_of(tags, 100 + i), 1);
    }
    tag_set_end(&a, tags);
    tag_set_end(&b, tags); /* did not begin */
    assert_true(tag_set_is_empty(&b));
    assert_int_equal(version_of(tags, 101), 1);
    tag_set_fini(&a);
    tag_set_fini(&b);
    tags_free(tags);
}

static void a_set_may_be_used_again_when_it_has_ended(void **state)
{
    struct tags *tags = new_tags();
    struct tag_set set;

    (void)state;
    tag_set_init(&set);
    for (unsigned i = 1; i < 20; i++) {
        for (uint32_t k = 0; k < i; k++) {
            tag_set_add(&set, 100 + k, all);
        }
        tag_set_begin(&set, tags);
        tag_set_end(&set, tags);
        assert_int_equal(version_of(tags, 100), i);
        assert_int_equal(pending_of(tags, 100), 0);
    }
    tag_set_fini(&set);
    tags_free(tags);
}

/* ---- turns ---- */

static void begin_one(struct tag_set *set, struct tags *tags, uint8_t counted)
{
    tag_set_init(set);
    tag_set_add(set, tags_of_database(tags, 1), tags_of_database(tags, 0));
    tag_set_begin_for(set, tags, counted);
}

static void a_turn_is_over_when_what_had_begun_has_ended(void **state)
{
    struct tags *tags = new_tags();
    struct tags_turn turn;
    struct tag_set before;
    struct tag_set behind;

    (void)state;
    tags_turn_begin(&turn);
    assert_true(tags_turn_is_over(tags, &turn));
    begin_one(&before, tags, 0);
    tags_turn_begin(&turn);
    assert_false(tags_turn_is_over(tags, &turn));
    begin_one(&behind, tags, 0); /* is led to where nobody waits for it */
    assert_false(tags_turn_is_over(tags, &turn));
    tag_set_end(&before, tags);
    assert_true(tags_turn_is_over(tags, &turn));
    tags_turn_begin(&turn);
    assert_false(tags_turn_is_over(tags, &turn));
    tag_set_withdraw(&behind, tags);
    assert_true(tags_turn_is_over(tags, &turn));
    tags_free(tags);
}

/* Whatever begins meanwhile: one ends when the next has begun. */
static void a_turn_is_over_though_something_is_always_under_way(void **state)
{
    struct tags *tags = new_tags();
    struct tags_turn turn;
    struct tag_set sets[2];
    bool is_over = false;

    (void)state;
    begin_one(&sets[0], tags, 0);
    tags_turn_begin(&turn);
    for (unsigned i = 0; i < 10 && !is_over; i++) {
        is_over = tags_turn_is_over(tags, &turn);
        begin_one(&sets[(i + 1) % 2], tags, 0);
        tag_set_end(&sets[i % 2], tags);
    }
    assert_true(is_over);
    tag_set_end(&sets[0], tags);
    tag_set_end(&sets[1], tags);
    tags_free(tags);
}

static void who_takes_the_place_of_one_is_of_its_turn(void **state)
{
    struct tags *tags = new_tags();
    struct tags_turn turn;
    struct tag_set one;
    struct tag_set heir;

    (void)state;
    begin_one(&one, tags, 0);
    tags_turn_begin(&turn);
    assert_false(tags_turn_is_over(tags, &turn));
    begin_one(&heir, tags, one.counted);
    tag_set_end(&one, tags);
    assert_false(tags_turn_is_over(tags, &turn));
    tag_set_end(&heir, tags);
    assert_true(tags_turn_is_over(tags, &turn));
    tags_free(tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_turn_is_over_when_what_had_begun_has_ended),
            cmocka_unit_test(a_turn_is_over_though_something_is_always_under_way),
            cmocka_unit_test(who_takes_the_place_of_one_is_of_its_turn),
            cmocka_unit_test(a_write_changes_the_word_when_it_begins_and_when_it_ends),
            cmocka_unit_test(an_end_has_a_stamp_that_nothing_had_before),
            cmocka_unit_test(what_ends_after_the_clock_was_read_is_not_since),
            cmocka_unit_test(of_two_writes_both_must_have_ended),
            cmocka_unit_test(a_word_at_rest_never_comes_back),
            cmocka_unit_test(one_more_pending_than_can_be_counted_stays_for_good),
            cmocka_unit_test(as_many_pending_as_can_be_counted_all_end),
            cmocka_unit_test(names_are_the_same_each_time_and_others_are_others),
            cmocka_unit_test(kinds_never_share_a_word),
            cmocka_unit_test(a_set_has_each_tag_once),
            cmocka_unit_test(beyond_its_bound_all_of_the_database_stands_for_a_set),
            cmocka_unit_test(a_set_that_joins_another_has_both),
            cmocka_unit_test(a_set_may_be_used_again_when_it_has_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
