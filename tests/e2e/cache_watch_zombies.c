/* SPDX-License-Identifier: PostgreSQL */
/* Servers that were lost while they wrote: what they wrote is pending until they are gone. */
#include "tests/e2e/cache_watch_cases.h"
#include "tests/e2e/cache_watch_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* No stream tells of this one. */
static uint32_t own_tag(uint64_t value)
{
    return tags_of_key(world.tags, WORLD_DATABASE, 1, 1, value);
}

static bool pends(uint64_t value)
{
    return world_is_pending(tags_word(world.tags, own_tag(value)));
}

static struct tag_set begun(uint64_t value)
{
    struct tag_set set;

    tag_set_init(&set);
    tag_set_add(&set, own_tag(value), tags_of_database(world.tags, WORLD_DATABASE));
    tag_set_begin(&set, world.tags);
    return set;
}

static void lose(int pid, uint64_t value)
{
    struct tag_set set = begun(value);

    watched_zombie(world.watched, (uint32_t)pid, &set);
    assert_true(tag_set_is_empty(&set));
}

static struct watch_zombie_counts counts(void)
{
    struct watched_status status;

    watched_status(world.watched, &status);
    return status.zombies;
}

/* It was asked for that many times more, and was there. */
static void stays(uint64_t value, uint64_t times)
{
    uint64_t until = counts().questions + times;

    do {
        world_rest();
        assert_true(pends(value));
    } while (counts().questions < until);
    assert_int_equal(world_events(WATCH_NO_ZOMBIES), 0);
}

/* A commit that waits for a standby, whose client is not there any more; its process. */
static int hang(const struct cluster *cluster, PGconn *direct)
{
    PGconn *writer = world_connect(cluster);
    int pid = PQbackendPID(writer);
    char sql[200];

    world_do(direct, "drop table if exists z; create table z(id int)");
    world_do(writer, "set synchronous_commit = on");
    world_need_standby(cluster, "nosuch");
    assert_int_equal(PQsendQuery(writer, "insert into z values(1)"), 1);
    snprintf(sql, sizeof sql,
            "select count(*) from pg_stat_activity where pid = %d and wait_event = 'SyncRep'", pid);
    soon_query(direct, sql, "1");
    PQfinish(writer);
    return pid;
}

static void expect_pending_until_visible(const struct cluster *cluster, PGconn *direct)
{
    int pid = hang(cluster, direct);

    lose(pid, 1);
    stays(1, 5);
    SOON(world_events(WATCH_ZOMBIES) == 1);
    query_expect(direct, "select count(*) from z", "0");
    world_need_standby(cluster, "");
    for (bool is_pending = true; is_pending;) {
        is_pending = pends(1);
        const char *count = query_text(direct, "select count(*) from z");
        assert_true(is_pending || strcmp(count, "1") == 0);
        world_rest();
    }
    SOON(world_events(WATCH_NO_ZOMBIES) == 1);
    assert_int_equal(counts().settled, 1);
    assert_int_equal(counts().now, 0);
}

static void a_commit_that_hangs_is_pending_until_it_is_visible(void **state)
{
    (void)state;
    world_up();
    expect_pending_until_visible(&world.cluster, world.direct);
}

static void likewise_where_there_is_no_stream(void **state)
{
    (void)state;
    world_watch(&world.plain, true);
    SOON(world_events(WATCH_REFUSED) == 1);
    PGconn *direct = world_connect(&world.plain);
    expect_pending_until_visible(&world.plain, direct);
    PQfinish(direct);
}

static void one_that_rolls_back_is_over(void **state)
{
    (void)state;
    world_up();
    PGconn *writer = world_connect(&world.cluster);
    world_do(writer, "begin; create table if not exists gone(id int)");
    lose(PQbackendPID(writer), 1);
    stays(1, 3);
    PQfinish(writer);
    SOON(!pends(1));
    assert_int_equal(counts().now, 0);
}

static void one_that_is_gone_already_is_over_soon(void **state)
{
    (void)state;
    world_watch(&world.cluster, false);
    PGconn *writer = world_connect(&world.cluster);
    int pid = PQbackendPID(writer);
    PQfinish(writer);
    uint64_t before = tags_word(world.tags, own_tag(1));
    lose(pid, 1); /* also before there is a connection to ask */
    assert_true(tags_word(world.tags, own_tag(1)) != before);
    SOON(!pends(1));
    assert_true(tags_word(world.tags, own_tag(1)) != before);
    assert_true(counts().questions >= 2);
}

static void they_stay_while_nobody_can_be_asked(void **state)
{
    (void)state;
    world_up();
    PGconn *writer = world_connect(&world.cluster);
    lose(PQbackendPID(writer), 1);
    stays(1, 2);
    query_expect(world.direct,
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name "
            "= 'sluice watch'",
            "1");
    SOON(world_events(WATCH_ASKS_NOT) == 1);
    SOON(world_events(WATCH_ASKS) == 1);
    stays(1, 2);
    query_expect(
            world.direct, "select count(pg_terminate_backend(pid)) from pg_stat_replication", "1");
    SOON(world_events(WATCH_LOST) == 1);
    stays(1, 2);
    world_watch(&world.cluster, false); /* another way */
    stays(1, 2);
    PQfinish(writer);
    SOON(!pends(1));
}

static void many_are_all_of_the_database(void **state)
{
    (void)state;
    world_up();
    PGconn *writer = world_connect(&world.cluster);
    for (uint64_t i = 0; i < WATCH_ZOMBIE_SETS_MAX; i++) {
        lose(PQbackendPID(writer), i);
    }
    stays(0, 2);
    assert_false(world_is_pending(world_all()));
    for (uint64_t i = 0; i < 10; i++) {
        lose(PQbackendPID(writer), WATCH_ZOMBIE_SETS_MAX + i);
        assert_false(pends(WATCH_ZOMBIE_SETS_MAX + i));
        assert_true(world_is_pending(world_all()));
    }
    assert_int_equal(counts().wide, 10);
    stays(0, 2);
    PQfinish(writer);
    SOON(!world_is_pending(world_all()) && !pends(0));
    SOON(counts().now == 0);
}

static void nothing_is_pending_of_what_is_not_watched(void **state)
{
    (void)state;
    world_up();
    lose(PQbackendPID(world.direct), 1);
    stays(1, 2);
    watch_remove(world.watch, world.watched);
    assert_false(pends(1));
    SOON(watched_fresh_until(world.watched) == 0 && watched_schema_until(world.watched) == 0);
    lose(PQbackendPID(world.direct), 1);
    assert_false(pends(1));
    soon_query(world.direct,
            "select count(*) from pg_stat_activity where application_name like 'sluice%'", "0");
}

/* The end of the watch is that of what pends: its case's end looks at it. */
static void the_watch_ends_with_some(void **state)
{
    (void)state;
    world_up();
    lose(PQbackendPID(world.direct), 1);
    stays(1, 2);
    watch_free(world.watch);
    world.watch = NULL;
    assert_false(pends(1));
    assert_true(watched_fresh_until(world.watched) == 0);
}

size_t cache_watch_zombies(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    a_commit_that_hangs_is_pending_until_it_is_visible, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    likewise_where_there_is_no_stream, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    one_that_rolls_back_is_over, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    one_that_is_gone_already_is_over_soon, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    they_stay_while_nobody_can_be_asked, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    many_are_all_of_the_database, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    nothing_is_pending_of_what_is_not_watched, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(the_watch_ends_with_some, world_case, world_case_end),
    };

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
