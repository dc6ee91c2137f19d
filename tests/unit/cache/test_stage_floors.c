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
static struct watched streamless;
static struct cache_session session = {.watched = &watched};
static struct tier_cover cover;
static const struct tier_seat seat_of_all = {.cover = &cover, .watched = &streamless};
static struct stmt stmt;
static struct floors *floors;

static struct floors **floors_of_session(void *self, const struct stmt *of)
{
    (void)self;
    (void)of;
    return &floors;
}

static const struct tier_seat *seat_of(void *self, unsigned worker, uint64_t database)
{
    (void)self;
    (void)worker;
    (void)database;
    return &seat_of_all;
}

static int start(void **state)
{
    (void)state;
    cache = (struct cache){.hooks = {.floors = floors_of_session, .seat = seat_of},
            .tags = tags_new(TAGS_BITS_MIN, TAGS_BITS_MIN)};
    assert_non_null(cache.tags);
    part.cache = &cache;
    session.watched = &watched;
    atomic_store(&cover.told_until, 0);
    atomic_store(&cover.wants_told, true);        /* so that nobody is rung for */
    atomic_init(&watched.fresh_until, NOW - AGE); /* what came since is not known of */
    floors = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    free(floors);
    tags_free(cache.tags);
    return 0;
}

static struct entry *row_of(struct entry_tag *tags)
{
    static struct entry entry;

    for (uint32_t i = 0; i <= ENTRY_KEY; i++) {
        const uint32_t tag = i == ENTRY_KEY ? KEY : i;
        tags[i] = (struct entry_tag){.tag = tag, .word = tags_word(cache.tags, tag)};
    }
    entry = (struct entry){.class = ENTRY_POINT,
            .needs_stream = true,
            .tags_count = ENTRY_KEY + 1,
            .table = TABLE,
            .tags = tags};
    return &entry;
}

static bool may_be_given(const struct entry *entry)
{
    sl_usec below;

    return stage_is_above_floors(&part, &stmt, entry, &session, &below);
}

static void what_was_asked_for_behind_what_was_seen_is_given(void **state)
{
    struct entry_tag tags[ENTRY_TAGS_MAX];
    struct entry *row = row_of(tags);

    (void)state;
    row->sent_at = NOW - 100;
    row->filled_at = NOW;
    assert_true(may_be_given(row));
    stage_floor_of_entry(&part, &stmt, row, &session);
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
    stage_floor_of_entry(&part, &stmt, row, &session);
    row->sent_at = NOW - 1; /* one of ours: a moment too early */
    row->filled_at = NOW - 1;
    assert_false(may_be_given(row));
    (void)entry_date_shared(row, 0, NOW + AGE);
    assert_false(may_be_given(row));
    atomic_store(&watched.fresh_until, NOW);
    assert_true(may_be_given(row));
}

/* No stream tells of it: others do, and the clock is of what they have said. */
static void what_sluices_write_waits_until_they_have_told(void **state)
{
    struct entry_tag tags[ENTRY_TAGS_MAX];
    struct entry *row = row_of(tags);

    (void)state;
    row->needs_stream = false;
    assert_false(stage_has_floors(&part, row)); /* there are no others */
    atomic_store(&cache.shares, true);
    assert_true(stage_has_floors(&part, row));
    session.watched = NULL;
    row->sent_at = NOW - 100;
    row->filled_at = NOW;
    stage_floor_of_entry(&part, &stmt, row, &session);
    atomic_store(&cover.told_until, NOW - 1);
    assert_false(may_be_given(row));
    row->needs_stream = true;
    atomic_store(&cover.told_until, NOW);
    assert_false(may_be_given(row)); /* what is written past them they do not know of */
    row->needs_stream = false;
    assert_true(may_be_given(row));
    session.watched = &watched; /* a stream is as good, if it is as late */
    atomic_store(&cover.told_until, 0);
    assert_false(may_be_given(row));
    atomic_store(&watched.fresh_until, NOW);
    assert_true(may_be_given(row));
}

/* Its words were looked at, then something changed, and then the clock moved. */
static void words_are_looked_at_behind_the_clock(void **state)
{
    struct entry_tag tags[ENTRY_TAGS_MAX];
    struct entry *row = row_of(tags);

    (void)state;
    row->sent_at = NOW - 100;
    row->filled_at = NOW;
    stage_floor_of_entry(&part, &stmt, row, &session);
    tags_begin(cache.tags, KEY);
    tags_end(cache.tags, KEY);
    atomic_store(&watched.fresh_until, NOW);
    assert_false(may_be_given(row));
}

/* Which its client sees, whether or not a stream tells of others. */
static void what_a_server_said_is_a_floor(void **state)
{
    struct entry_tag tags[ENTRY_TAGS_MAX];
    struct entry *row = row_of(tags);
    struct asked asked = {.part = &part, .stmt = &stmt, .database = 1};

    (void)state;
    row->needs_stream = false;
    row->sent_at = row->filled_at = NOW - 100;
    session.watched = NULL;
    assert_false(stage_sees(&asked));
    stage_floor_of_reply(&asked);
    assert_null(floors);
    atomic_store(&cache.shares, true);
    assert_true(stage_sees(&asked));
    stage_floor_of_reply(&asked);
    assert_false(may_be_given(row));
    atomic_store(&cover.told_until, sl_now());
    assert_true(may_be_given(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    what_was_asked_for_behind_what_was_seen_is_given, start, end),
            cmocka_unit_test_setup_teardown(what_another_got_waits_until_all_is_known, start, end),
            cmocka_unit_test_setup_teardown(
                    what_sluices_write_waits_until_they_have_told, start, end),
            cmocka_unit_test_setup_teardown(words_are_looked_at_behind_the_clock, start, end),
            cmocka_unit_test_setup_teardown(what_a_server_said_is_a_floor, start, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
