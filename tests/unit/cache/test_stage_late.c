/* SPDX-License-Identifier: PostgreSQL */
/* What is over before it is known what it was: when that puts the schema in doubt. */
#include "cache/account.h"
#include "cache/stage_part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DATABASE = 3, VIEW = 5, MANY = 2000 };

struct cache_held {
    int whose;
};

static struct cache cache;
static struct cache_part part;
static struct stage_transaction where;
static struct policy policy;
static struct stmt stmt;
static struct asked asked;
static enum cache_view view_is;
static unsigned doubts;
static unsigned holds;

static enum cache_view says_view(void *self, unsigned worker, const struct stmt *of,
        struct sl_hash128 *shape, uint64_t *view)
{
    (void)self;
    (void)worker;
    (void)of;
    (void)shape;
    *view = VIEW;
    return view_is;
}

static struct cache_held *hold(void *self, const struct stmt *of)
{
    (void)self;
    (void)of;
    holds++;
    return malloc(sizeof(struct cache_held));
}

static void drop(void *self, struct cache_held *held)
{
    (void)self;
    holds -= held != NULL;
    free(held);
}

static enum cache_view judges(void *self, unsigned worker, const struct cache_lately *lately,
        struct cache_verdict *verdict)
{
    (void)self;
    (void)worker;
    *verdict = (struct cache_verdict){.policy = NULL};
    if (view_is == CACHE_VIEW_KNOWN || (view_is == CACHE_VIEW_DOUBTFUL && lately->is_in_doubt)) {
        verdict->policy = policy_ref(&policy);
    }
    return view_is;
}

static void doubt(void *self, const struct stage_transaction *transaction)
{
    (void)self;
    assert_int_equal(transaction->database, DATABASE);
    doubts++;
}

static int start(void **state)
{
    (void)state;
    cache = (struct cache){.hooks = {.view = says_view,
                                   .hold = hold,
                                   .drop = drop,
                                   .judge_held = judges,
                                   .doubt = doubt},
            .tags = tags_new(TAGS_BITS_MIN, TAGS_BITS_MIN)};
    assert_non_null(cache.tags);
    part.cache = &cache;
    part.lates_count = 0;
    part.late_look_at = INT64_MAX;
    where = (struct stage_transaction){.database = DATABASE};
    policy = (struct policy){.reason = POLICY_NOT_SELECT, .writes_nothing = true};
    atomic_init(&policy.refs, 1);
    view_is = CACHE_VIEW_DOUBTFUL;
    doubts = 0;
    holds = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    late_fini(&part);
    assert_int_equal(holds, 0);
    tags_free(cache.tags);
    return 0;
}

/* One that was sent in doubt is over: 'I', or 'T' if its transaction goes on. True: it waits. */
static bool is_over(char transaction, bool may_hide)
{
    const uint32_t all = stage_everything(cache.tags);

    stmt = (struct stmt){.transaction = transaction, .under_way = &where};
    asked = (struct asked){.part = &part,
            .stmt = &stmt,
            .view = VIEW,
            .is_late = true,
            .has_writes = true,
            .may_hide = may_hide};
    tag_set_init(&asked.writes);
    tag_set_add(&asked.writes, all, all);
    if (transaction == 'I') {
        tag_set_begin(&asked.writes, cache.tags);
    }
    bool waits = late_settle(&asked);
    if (!waits && transaction == 'I') {
        tag_set_end(&asked.writes, cache.tags);
    }
    return waits;
}

static void look_behind(sl_usec usec)
{
    late_turn(&part, sl_now() + usec);
}

/* Each would be another doubt, and there would be no end of it. */
static void what_was_known_before_a_doubt_brings_no_other(void **state)
{
    unsigned waiting = 0;

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        waiting += is_over('I', false);
        assert_false(asked.may_hide);
    }
    assert_int_equal(waiting, LATE_HARMLESS);
    assert_int_equal(part.lates_count, LATE_HARMLESS + 1);
    view_is = CACHE_VIEW_KNOWN;
    look_behind(LATE_LOOKS);
    assert_int_equal(doubts, 0);
    assert_int_equal(part.lates_count, 0);
}

/* It was believed to hide nothing by a schema that is another now. */
static void what_was_believed_is_in_doubt_when_the_schema_is_another(void **state)
{
    (void)state;
    assert_true(is_over('I', false));
    look_behind(2 * LATE_WAITS);
    assert_int_equal(doubts, 0);
    assert_int_equal(part.lates_count, 1);
    look_behind(10 * LATE_WAITS);
    assert_int_equal(part.lates_count, 1); /* it is no statement that waits */
    view_is = CACHE_VIEW_NONE;
    look_behind(11 * LATE_WAITS);
    assert_int_equal(doubts, 1);
    assert_int_equal(part.lates_count, 0);
}

static void what_nobody_has_read_is_a_doubt(void **state)
{
    (void)state;
    policy.reason = POLICY_NOT_READ;
    policy.writes.is_any = true;
    assert_true(is_over('I', true));
    look_behind(2 * LATE_WAITS);
    assert_int_equal(doubts, 1);
    assert_int_equal(part.lates_count, 0);
    for (unsigned i = 0; i < LATE_UNREAD; i++) {
        assert_true(is_over('I', true));
    }
    assert_false(is_over('I', true));
    assert_true(asked.may_hide);
}

static void what_has_been_read_meanwhile_is_none(void **state)
{
    (void)state;
    assert_true(is_over('I', true));
    look_behind(2 * LATE_WAITS);
    assert_int_equal(doubts, 0);
    view_is = CACHE_VIEW_KNOWN;
    look_behind(3 * LATE_WAITS);
    assert_int_equal(doubts, 0);
}

/* What a block has done is seen when it is over: a doubt of before says nothing of that. */
static void a_block_is_believed_when_it_is_over(void **state)
{
    (void)state;
    assert_true(is_over('T', false));
    struct account *account = where.state;
    assert_non_null(account);
    late_join(&part, account);
    assert_int_equal(part.lates_count, 0);
    assert_false(account->has_doubts);
    late_over(&part, &where);
    assert_int_equal(part.lates_count, 1);
    view_is = CACHE_VIEW_NONE;
    look_behind(LATE_LOOKS);
    assert_int_equal(doubts, 1);
    account_end(account);
}

static void a_block_that_may_hide_something_is_a_doubt(void **state)
{
    (void)state;
    policy.writes.is_any = true;
    assert_true(is_over('T', false));
    struct account *account = where.state;
    late_join(&part, account);
    assert_true(account->has_doubts);
    late_over(&part, &where);
    assert_int_equal(doubts, 1);
    account_end(account);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    what_was_known_before_a_doubt_brings_no_other, start, end),
            cmocka_unit_test_setup_teardown(
                    what_was_believed_is_in_doubt_when_the_schema_is_another, start, end),
            cmocka_unit_test_setup_teardown(what_nobody_has_read_is_a_doubt, start, end),
            cmocka_unit_test_setup_teardown(what_has_been_read_meanwhile_is_none, start, end),
            cmocka_unit_test_setup_teardown(a_block_is_believed_when_it_is_over, start, end),
            cmocka_unit_test_setup_teardown(a_block_that_may_hide_something_is_a_doubt, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
