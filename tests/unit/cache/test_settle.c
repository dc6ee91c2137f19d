/* SPDX-License-Identifier: PostgreSQL */
/* Snapshots, and what they settle. */
#include "cache/settle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DATABASE = 7 };

static struct tags *tags;
static struct settle settle;
static struct snapshot snapshot;

static int set_up(void **state)
{
    static const struct settle_limits limits = {.transactions_max = 3, .tags_max = 10};
    static const struct settle_hooks hooks = {.self = NULL};

    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_KEY_BITS);
    assert_non_null(tags);
    assert_int_equal(settle_init(&settle, tags, DATABASE, &limits, &hooks), SL_OK);
    snapshot_init(&snapshot);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    settle_fini(&settle);
    snapshot_fini(&snapshot);
    tags_free(tags);
    return 0;
}

static void commit(uint32_t xid, uint64_t lsn, uint32_t relation)
{
    struct tag_set set;

    tag_set_init(&set);
    tag_set_add(&set, tags_of_table(tags, DATABASE, relation, TAG_ANY), settle.all);
    settle_commit(&settle, xid, lsn, &set, false);
}

static bool is_pending(uint32_t tag)
{
    return (tags_word(tags, tag) & ((1U << TAGS_PENDING_BITS) - 1)) != 0;
}

static bool table_pends(uint32_t relation)
{
    return is_pending(tags_of_table(tags, DATABASE, relation, TAG_ANY));
}

static uint32_t look(const char *text)
{
    bool has_empty;

    assert_int_equal(snapshot_read(&snapshot, sl_span_text(text)), SL_OK);
    return settle_snapshot(&settle, &snapshot, &has_empty);
}

static void a_snapshot_says_who_is_over(void **state)
{
    (void)state;
    assert_int_equal(snapshot_read(&snapshot, sl_span_text("10:20:10,14,15")), SL_OK);
    static const uint32_t over[] = {3, 9, 11, 13, 16, 19};
    static const uint32_t runs[] = {10, 14, 15, 20, 21, 1000000};
    for (size_t i = 0; i < SL_COUNT(over); i++) {
        assert_true(snapshot_is_over(&snapshot, over[i]));
        assert_false(snapshot_is_over(&snapshot, runs[i]));
    }
    assert_int_equal(snapshot_read(&snapshot, sl_span_text("761:761:")), SL_OK);
    assert_true(snapshot_is_over(&snapshot, 760));
    assert_false(snapshot_is_over(&snapshot, 761));
}

/* The stream's numbers have begun anew; the snapshot's go on. */
static void numbers_that_begin_anew_are_told_apart(void **state)
{
    (void)state;
    /* 2^32 + 5 is next; 2^32 - 2 runs. */
    assert_int_equal(
            snapshot_read(&snapshot, sl_span_text("4294967294:4294967301:4294967294")), SL_OK);
    assert_false(snapshot_is_over(&snapshot, 4294967294U));
    assert_true(snapshot_is_over(&snapshot, 4294967295U));
    assert_true(snapshot_is_over(&snapshot, 3));
    assert_false(snapshot_is_over(&snapshot, 5));
    assert_true(snapshot_is_over(&snapshot, 4000000000U));
    assert_int_equal(snapshot_widen(&snapshot, 3), UINT64_C(4294967299));
    assert_int_equal(snapshot_widen(&snapshot, 4294967295U), UINT64_C(4294967295));
}

static void what_is_no_snapshot_is_refused(void **state)
{
    static const char *const wrong[] = {"", "1", "1:2", "0:1:", "5:4:", "10:20:9", "10:20:20",
            "10:20:12,11", "10:20:11,11", "10:20:11,", "10:20:,11", "10:20:x",
            "a:b:", "99999999999999999999:99999999999999999999:"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(wrong); i++) {
        assert_int_equal(snapshot_read(&snapshot, sl_span_text(wrong[i])), SL_EINVAL);
        assert_false(snapshot_is_over(&snapshot, 7)); /* nobody, then */
    }
}

/* What there was no room for runs. */
static void a_long_snapshot_is_cut_on_the_safe_side(void **state)
{
    size_t max = (size_t)SNAPSHOT_XIP_MAX * 16;
    char *text = malloc(max);
    int len;

    (void)state;
    assert_non_null(text);
    len = snprintf(text, max, "100:1000000:");
    for (int i = 0; i < SNAPSHOT_XIP_MAX + 10; i++) {
        len += snprintf(text + len, max - (size_t)len, "%s%d", i == 0 ? "" : ",", 100 + 2 * i);
    }
    assert_int_equal(snapshot_read(&snapshot, sl_span(text, (size_t)len)), SL_ENOMEM);
    assert_true(snapshot_is_over(&snapshot, 101));
    assert_false(snapshot_is_over(&snapshot, 102));
    assert_false(snapshot_is_over(&snapshot, 100 + 2 * SNAPSHOT_XIP_MAX + 1));
    assert_false(snapshot_is_over(&snapshot, 999999));
    free(text);
}

static void tags_end_with_their_transaction(void **state)
{
    (void)state;
    commit(10, 100, 1);
    commit(12, 200, 2);
    assert_true(table_pends(1) && table_pends(2));
    assert_int_equal(look("10:12:10"), 0);
    assert_int_equal(look("10:13:10"), 1); /* the later one is visible first */
    assert_true(table_pends(1) && !table_pends(2));
    assert_int_equal(look("13:13:"), 1);
    assert_false(table_pends(1));
    assert_true(settle_is_idle(&settle));
}

static void the_clock_waits_for_the_stream_and_for_what_settles(void **state)
{
    (void)state;
    assert_true(settle_mark(&settle, 5, 150));
    assert_int_equal(settle_fresh_until(&settle), 0);
    commit(10, 100, 1);
    settle_position(&settle, 100);
    commit(11, 160, 2); /* behind the mark: it need not settle */
    settle_position(&settle, 160);
    assert_int_equal(settle_fresh_until(&settle), 0);
    assert_true(settle_mark(&settle, 6, 160));
    look("11:12:11");
    assert_int_equal(settle_fresh_until(&settle), 5);
    look("12:12:");
    assert_int_equal(settle_fresh_until(&settle), 6);
    for (int i = 0; i < SETTLE_MARKS; i++) {
        assert_true(settle_mark(&settle, 10 + i, 1000 + (uint64_t)i));
    }
    assert_false(settle_mark(&settle, 100, 2000));
    settle_position(&settle, 1003);
    assert_int_equal(settle_fresh_until(&settle), 13);
    settle_position(&settle, 900); /* it never goes back */
    assert_int_equal(settle_fresh_until(&settle), 13);
    settle_reset(&settle);
    assert_int_equal(settle_fresh_until(&settle), 0);
}

static void what_has_no_room_is_all_of_the_database(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        commit(10 + i, 100 + i, i);
    }
    assert_false(is_pending(settle.all));
    commit(15, 200, 5);
    commit(14, 201, 5);
    assert_true(is_pending(settle.all) && !table_pends(5));
    settle_position(&settle, 300);
    assert_true(settle_mark(&settle, 9, 300));
    look("14:16:14"); /* 15 is over, but not all before it */
    assert_true(is_pending(settle.all));
    assert_int_equal(settle_fresh_until(&settle), 0);
    look("16:16:");
    assert_false(is_pending(settle.all));
    assert_int_equal(settle_fresh_until(&settle), 9);
}

static void many_tags_are_all_of_the_database(void **state)
{
    struct tag_set set;

    (void)state;
    tag_set_init(&set);
    for (uint32_t i = 0; i < 11; i++) {
        tag_set_add(&set, tags_of_table(tags, DATABASE, i, TAG_ANY), settle.all);
    }
    settle_commit(&settle, 10, 1, &set, false);
    assert_int_equal(set.count, 0);
    assert_true(is_pending(settle.all));
    settle_reset(&settle);
    assert_false(is_pending(settle.all));
}

static void who_never_comes_makes_all_stale(void **state)
{
    static const uint32_t early[] = {10, 12, 14};

    (void)state;
    settle_early(&settle, early, 3);
    uint64_t word = tags_word(tags, settle.all);
    look("10:13:10,12");
    assert_int_equal(tags_word(tags, settle.all), word);
    commit(12, 100, 1); /* this one comes after all */
    look("10:15:10,14");
    assert_int_equal(tags_word(tags, settle.all), word);
    look("15:15:");
    assert_true(tags_word(tags, settle.all) != word && !is_pending(settle.all));
    assert_int_equal(settle.counts.early, 1);
    assert_true(settle_is_idle(&settle));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(a_snapshot_says_who_is_over),
            CASE(numbers_that_begin_anew_are_told_apart),
            CASE(what_is_no_snapshot_is_refused),
            CASE(a_long_snapshot_is_cut_on_the_safe_side),
            CASE(tags_end_with_their_transaction),
            CASE(the_clock_waits_for_the_stream_and_for_what_settles),
            CASE(what_has_no_room_is_all_of_the_database),
            CASE(many_tags_are_all_of_the_database),
            CASE(who_never_comes_makes_all_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
