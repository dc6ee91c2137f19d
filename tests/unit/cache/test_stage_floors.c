/* SPDX-License-Identifier: PostgreSQL */
/* What a session has seen, and what it may be given next. */
#include "cache/stage_part.h"
#include "cache/watch_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TABLE = 7, KEY = 9, NOW = 1000000, AGE = 5000 };

static struct cache cache;
static struct cache_part part;
static struct watched watched;
static struct stmt stmt;
static struct floors *floors;

static struct floors **floors_of_session(void *self, const struct stmt *of)
{
    (void)self;
    (void)of;
    return &floors;
}

static int start(void **state)
{
    (void)state;
    cache = (struct cache){.hooks = {.floors = floors_of_session}};
    part.cache = &cache;
    atomic_init(&watched.fresh_until, NOW - AGE); /* what came since is not known of */
    floors = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(floors);
    return 0;
}

static struct entry *row_of(struct entry_tag *tags)
{
    static struct entry entry;

    tags[ENTRY_KEY] = (struct entry_tag){.tag = KEY};
    entry = (struct entry){.class = ENTRY_POINT,
            .needs_stream = true,
            .tags_count = ENTRY_KEY + 1,
            .table = TABLE,
            .tags = tags};
    return &entry;
}

static bool may_be_given(const struct entry *entry)
{
    return stage_floor_above(&part, &stmt, entry, &watched) == 0;
}

static void what_was_asked_for_behind_what_was_seen_is_given(void **state)
{
    struct entry_tag tags[ENTRY_TAGS_MAX];
    struct entry *row = row_of(tags);

    (void)state;
    row->sent_at = NOW - 100;
    row->filled_at = NOW;
    assert_true(may_be_given(row));
    stage_floor_of_entry(&part, &stmt, row, &watched);
    assert_false(may_be_given(row)); /* what came amid it may be missing there */
    row->sent_at = NOW;
    assert_true(may_be_given(row));
}

/* By another machine's clock, which may be ahead, it was asked for later, or there earlier. */
static void what_another_got_waits_until_all_is_known(void **state)
{
    struct entry_tag tags[ENTRY_TAGS_MAX];
    struct entry *row = row_of(tags);

    (void)state;
    (void)entry_date_shared(
            row, AGE / 2, NOW); /* found at NOW, with anything that is visible then */
    stage_floor_of_entry(&part, &stmt, row, &watched);
    row->sent_at = NOW - 1; /* one of ours: a moment too early */
    row->filled_at = NOW - 1;
    assert_false(may_be_given(row));
    (void)entry_date_shared(row, 0, NOW + AGE);
    assert_false(may_be_given(row));
    atomic_store(&watched.fresh_until, NOW);
    assert_true(may_be_given(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    what_was_asked_for_behind_what_was_seen_is_given, start, end),
            cmocka_unit_test_setup_teardown(what_another_got_waits_until_all_is_known, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
