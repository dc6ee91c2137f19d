/* SPDX-License-Identifier: PostgreSQL */
/* Of which transaction blocks it is believed that what is kept is what PostgreSQL would say there. */
#include "cache/stage_part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { VIEW = 5 };

static struct cache cache;
static struct cache_part part;
static struct stage_transaction block;
static bool reads_committed;
static bool knows_moment;
static uint64_t now_view;
static unsigned asked_for_level;

static bool says_moment(void *self, const struct stmt *stmt, uint64_t *view)
{
    (void)self;
    (void)stmt;
    *view = now_view;
    return knows_moment;
}

static bool says_committed(void *self, const struct stmt *stmt)
{
    (void)self;
    (void)stmt;
    asked_for_level++;
    return reads_committed;
}

static int start(void **state)
{
    (void)state;
    cache = (struct cache){.hooks = {.moment = says_moment, .reads_committed = says_committed}};
    part.cache = &cache;
    block = (struct stage_transaction){.is_clean = false};
    reads_committed = true;
    knows_moment = true;
    now_view = VIEW;
    asked_for_level = 0;
    return 0;
}

/* What is sent, if nothing else is said of it: a text that is known. */
struct sent {
    struct stmt stmt;
    struct policy policy;
    struct asked asked;
};

static struct sent *sent_as(char standing, enum policy_block is)
{
    static struct sent sent;

    sent = (struct sent){.stmt = {.is_plain = true,
                                 .query = sl_span("x", 1),
                                 .standing = standing,
                                 .under_way = &block},
            .policy = {.block = is}};
    sent.asked = (struct asked){.part = &part,
            .stmt = &sent.stmt,
            .verdict = {.policy = &sent.policy},
            .has_view = true,
            .view = now_view};
    return &sent;
}

static void send_as(char standing, enum policy_block is)
{
    block_dispatch(&sent_as(standing, is)->asked);
}

static bool has_answers(char standing)
{
    const struct stmt stmt = {.standing = standing, .under_way = &block};

    return block_may_have_answers(&part, &stmt);
}

static void outside_blocks_nothing_is_asked(void **state)
{
    const struct stmt stmt = {.standing = 'I', .under_way = NULL};

    (void)state;
    knows_moment = false;
    assert_true(block_may_have_answers(&part, &stmt));
    assert_false(has_answers('T'));
    assert_false(has_answers('\0'));
    assert_false(has_answers('E'));
    const struct stmt gone = {.standing = 'T', .under_way = NULL};
    assert_false(block_may_have_answers(&part, &gone));
}

static void a_block_is_clean_from_its_begin_on(void **state)
{
    (void)state;
    send_as('I', POLICY_BLOCK_BEGINS);
    assert_int_equal(asked_for_level, 1);
    assert_true(has_answers('T'));
    assert_true(has_answers('\0'));
    assert_false(has_answers('E'));
    send_as('\0', POLICY_BLOCK_KEEPS);
    send_as('T', POLICY_BLOCK_KEEPS);
    assert_true(has_answers('T'));
    send_as('I', POLICY_BLOCK_KEEPS); /* it is over: that is one of its own */
    assert_false(has_answers('T'));
}

static void a_level_is_asked_for_where_none_is_named(void **state)
{
    (void)state;
    reads_committed = false;
    send_as('I', POLICY_BLOCK_BEGINS);
    assert_false(has_answers('T'));
    send_as('I', POLICY_BLOCK_BEGINS_COMMITTED);
    assert_int_equal(asked_for_level, 1);
    assert_true(has_answers('T'));
}

/* Behind something, or in a block, it begins none of which all is known. */
static void only_where_nothing_is_under_way_a_block_begins(void **state)
{
    static const char standings[] = {'\0', 'T', 'E'};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(standings); i++) {
        send_as(standings[i], POLICY_BLOCK_BEGINS_COMMITTED);
        assert_false(has_answers('T'));
        send_as('I', POLICY_BLOCK_BEGINS_COMMITTED);
        send_as(standings[i], POLICY_BLOCK_BEGINS_COMMITTED);
        assert_false(has_answers('T'));
    }
}

static void send_with(char standing, enum policy_block is, unsigned which)
{
    static const uint8_t types[] = {0, 2, 0, 0, 0, 23, 0, 0, 0x40, 0};
    struct sent *sent = sent_as(standing, is);

    switch (which) {
    case 0:
        sent->asked.verdict.policy = NULL;
        break;
    case 1:
        sent->asked.has_view = false;
        break;
    case 2:
        sent->stmt.is_plain = false;
        break;
    case 3:
        sent->stmt.query = sl_span(NULL, 0);
        break;
    case 4:
        sent->stmt.names_failed = 1;
        break;
    case 5:
        sent->stmt.types = sl_span(types, sizeof types);
        break;
    case 6:
        sent->policy.block = POLICY_BLOCK_SPOILS;
        break;
    case 7:
        sent->asked.executes = true;
        break;
    default:
        block_spoil(&block);
        return;
    }
    block_dispatch(&sent->asked);
}

static void what_is_not_known_ends_it_for_good(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 9; which++) {
        send_as('I', POLICY_BLOCK_BEGINS);
        assert_true(has_answers('T'));
        send_with('T', POLICY_BLOCK_KEEPS, which);
        assert_false(has_answers('T'));
        send_as('T', POLICY_BLOCK_KEEPS);
        assert_false(has_answers('T'));
        send_as('\0', POLICY_BLOCK_KEEPS);
        assert_false(has_answers('\0'));
        send_with('I', POLICY_BLOCK_BEGINS, which); /* nor does it begin one */
        assert_false(has_answers('T'));
    }
    send_as('I', POLICY_BLOCK_BEGINS);
    send_as('E', POLICY_BLOCK_KEEPS); /* ROLLBACK TO */
    assert_false(has_answers('T'));
}

static void types_of_postgresqls_own_are_harmless(void **state)
{
    static const uint8_t types[] = {0, 2, 0, 0, 0, 23, 0, 0, 0, 0};
    struct sent *sent;

    (void)state;
    send_as('I', POLICY_BLOCK_BEGINS);
    sent = sent_as('T', POLICY_BLOCK_KEEPS);
    sent->stmt.types = sl_span(types, sizeof types);
    block_dispatch(&sent->asked);
    assert_true(has_answers('T'));
}

static void a_change_of_the_catalogue_ends_it(void **state)
{
    (void)state;
    send_as('I', POLICY_BLOCK_BEGINS);
    now_view = VIEW + 1;
    assert_false(has_answers('T'));
    now_view = VIEW;
    assert_true(has_answers('T')); /* as it was */
    knows_moment = false;
    assert_false(has_answers('T'));
    knows_moment = true;
    now_view = VIEW + 1;
    send_as('T', POLICY_BLOCK_KEEPS); /* by what was judged anew */
    assert_false(has_answers('T'));
    now_view = VIEW;
    assert_false(has_answers('T'));
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup(outside_blocks_nothing_is_asked, start),
            cmocka_unit_test_setup(a_block_is_clean_from_its_begin_on, start),
            cmocka_unit_test_setup(a_level_is_asked_for_where_none_is_named, start),
            cmocka_unit_test_setup(only_where_nothing_is_under_way_a_block_begins, start),
            cmocka_unit_test_setup(what_is_not_known_ends_it_for_good, start),
            cmocka_unit_test_setup(types_of_postgresqls_own_are_harmless, start),
            cmocka_unit_test_setup(a_change_of_the_catalogue_ends_it, start),
    };

    return cmocka_run_group_tests(cases, NULL, NULL);
}
