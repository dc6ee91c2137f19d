/* SPDX-License-Identifier: PostgreSQL */
#include "cache/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DATABASE = 7 };

static struct tags *tags;

static int start(void **state)
{
    (void)state;
    tags = tags_new(TAGS_TABLE_BITS, TAGS_BITS_MIN);
    return tags == NULL;
}

static int stop(void **state)
{
    (void)state;
    tags_free(tags);
    return 0;
}

static uint32_t tag_of(uint32_t tree)
{
    return tags_of_table(tags, DATABASE, tree, TAG_ANY);
}

static bool is_pending(uint32_t tree)
{
    return !tags_is_since(tags_word(tags, tag_of(tree)), UINT64_MAX);
}

static struct tag_set set_of(uint32_t tree)
{
    struct tag_set set;

    tag_set_init(&set);
    tag_set_add(&set, tag_of(tree), tags_of_database(tags, DATABASE));
    return set;
}

static void take(struct account *account, uint32_t tree)
{
    struct tag_set set = set_of(tree);

    tag_set_begin(&set, tags);
    account_take(account, &set);
}

static void collect(struct account *account, uint32_t tree)
{
    struct tag_set set = set_of(tree);

    account_collect(account, &set);
    tag_set_fini(&set);
}

static void what_is_collected_is_pending_from_when_it_may_be_seen(void **state)
{
    struct account *account = account_new(tags, tags_of_database(tags, DATABASE));

    (void)state;
    collect(account, 1);
    collect(account, 2);
    assert_false(is_pending(1));
    account_begin(account);
    assert_true(is_pending(1));
    assert_true(is_pending(2));
    uint64_t before = tags_word(tags, tag_of(1));
    account_end(account);
    assert_false(is_pending(1));
    assert_false(is_pending(2));
    assert_true(tags_word(tags, tag_of(1)) != before);
}

/* At no moment between is it not. */
static void what_comes_later_is_pending_with_the_rest(void **state)
{
    struct account *account = account_new(tags, tags_of_database(tags, DATABASE));

    (void)state;
    take(account, 1);
    take(account, 2);
    take(account, 1); /* again */
    assert_true(is_pending(1));
    assert_true(is_pending(2));
    collect(account, 3);
    account_begin(account);
    collect(account, 4); /* of a block that went on all the same */
    account_begin(account);
    for (uint32_t tree = 1; tree <= 4; tree++) {
        assert_true(is_pending(tree));
    }
    account_end(account);
    for (uint32_t tree = 1; tree <= 4; tree++) {
        assert_false(is_pending(tree));
    }
}

static void of_a_lost_server_what_has_begun_is_somebody_elses(void **state)
{
    struct account *account = account_new(tags, tags_of_database(tags, DATABASE));
    struct tag_set pending;

    (void)state;
    collect(account, 1);
    assert_false(account_lose(account, &pending)); /* nobody was to see it */
    assert_false(is_pending(1));
    account = account_new(tags, tags_of_database(tags, DATABASE));
    take(account, 2);
    collect(account, 1);
    assert_true(account_lose(account, &pending));
    assert_true(is_pending(2));
    assert_false(is_pending(1));
    tag_set_end(&pending, tags);
    assert_false(is_pending(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_is_collected_is_pending_from_when_it_may_be_seen),
            cmocka_unit_test(what_comes_later_is_pending_with_the_rest),
            cmocka_unit_test(of_a_lost_server_what_has_begun_is_somebody_elses),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
