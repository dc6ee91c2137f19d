/* SPDX-License-Identifier: PostgreSQL */
/* Servers that go, come back, are others, or will not do. */
#include "tests/e2e/cache_watch_cases.h"
#include "tests/e2e/cache_watch_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct watched_status status_now(void)
{
    struct watched_status status;

    watched_status(world.watched, &status);
    return status;
}

static void a_stream_that_is_lost_makes_all_stale(void **state)
{
    (void)state;
    world_do(world.direct, "drop table if exists t cascade; create table t(id int primary key)");
    world_up();
    uint64_t all = world_all();
    assert_string_equal(status_now().error, "");
    query_expect(
            world.direct, "select count(pg_terminate_backend(pid)) from pg_stat_replication", "1");
    SOON(world_events(WATCH_LOST) == 1);
    assert_true(world_all() != all);
    SOON(world_events(WATCH_UP) == 2);
    world_catch_up();
    uint64_t any = world_word("t", TAG_ANY);
    world_do(world.direct, "insert into t values(1)");
    world_catch_up();
    assert_true(world_word("t", TAG_ANY) != any);
    assert_true(status_now().changes == 1);
    assert_int_equal(world_events(WATCH_FAILED), 0);
}

static void a_server_that_is_restarted_is_found_again(void **state)
{
    (void)state;
    world_up();
    PQfinish(world.direct);
    world.direct = NULL;
    cluster_kill(&world.cluster);
    SOON(world_events(WATCH_LOST) == 1 && world_events(WATCH_FAILED) >= 1);
    SOON(world_events(WATCH_ASKS_NOT) >= 1);
    assert_true(watched_fresh_until(world.watched) == 0);
    cluster_again(&world.cluster);
    world.direct = world_connect(&world.cluster);
    SOON(world_events(WATCH_UP) == 2 && world_events(WATCH_ASKS) == 1);
    world_catch_up();
    world_catch_up_schema();
    assert_int_equal(world_events(WATCH_FAILOVER), 0);
}

/* It recovers as from an archive, which is what a standby does that becomes the primary. */
static void a_server_of_another_timeline_is_another(void **state)
{
    (void)state;
    world_up();
    PQfinish(world.direct);
    world.direct = NULL;
    cluster_stop(&world.cluster);
    proc_write(world.cluster.data, "recovery.signal", "postgres", "");
    uint64_t schema = watched_schema(world.watched);
    cluster_again(&world.cluster);
    world.direct = world_connect(&world.cluster);
    /* While it recovers it is a standby, which may be seen, too. */
    SOON(strstr(world_event_text(WATCH_FAILOVER), "timeline 2,") != NULL);
    assert_true(watched_schema(world.watched) > schema);
    world_catch_up();
    world_catch_up_schema();
    assert_int_equal(status_now().failovers, world_events(WATCH_FAILOVER));
}

static void a_refusal_is_told_once(void **state)
{
    (void)state;
    world_watch(&world.plain, true);
    SOON(world_events(WATCH_REFUSED) == 1);
    SOON(status_now().state == STREAM_REFUSED);
    assert_int_equal(status_now().refusal, STREAM_NO_WAL_LEVEL);
    assert_string_not_equal(status_now().error, "");
    for (int i = 0; i < 3; i++) { /* it is tried again and again */
        SOON(status_now().state != STREAM_REFUSED);
        SOON(status_now().state == STREAM_REFUSED);
    }
    assert_int_equal(world_events(WATCH_REFUSED), 1);
    assert_true(watched_fresh_until(world.watched) == 0);
    assert_true(status_now().staleness == -1);
    world_catch_up_schema();
    uint64_t all = world_all();
    PGconn *direct = world_connect(&world.plain);
    world_do(direct, "drop table if exists few; create table few(id int)");
    world_catch_up_schema();
    assert_true(world_all() != all);
    PQfinish(direct);
}

static void another_way_begins_anew(void **state)
{
    (void)state;
    world_up();
    uint64_t all = world_all();
    world_watch(&world.cluster, false);
    SOON(watched_fresh_until(world.watched) == 0);
    SOON(world_all() != all);
    soon_query(world.direct, "select count(*) from pg_replication_slots", "0");
    world_catch_up_schema();
    all = world_all();
    world_watch(&world.cluster, true);
    SOON(world_events(WATCH_UP) == 2);
    assert_true(world_all() != all);
    world_catch_up();
}

/* Of nothing that there is. */
static void more_than_there_may_be_are_refused(void **state)
{
    struct watched *others[WATCH_MAX];
    struct sl_error error;
    struct watch_database database = {
            .conninfo = "host=127.0.0.1 port=1 dbname=nowhere", .number = WORLD_DATABASE};

    (void)state;
    for (int i = 0; i < WATCH_MAX; i++) {
        others[i] = watch_add(world.watch, &database, &error);
        assert_non_null(others[i]);
    }
    assert_null(watch_add(world.watch, &database, &error));
    assert_string_equal(error.sqlstate, "53400");
    SOON(world_events(WATCH_ASKS_NOT) == WATCH_MAX);
    watch_remove(world.watch, others[3]);
    watched_unref(others[3]);
    world_up();
    for (int i = 0; i < WATCH_MAX; i++) {
        if (i != 3) {
            watched_unref(others[i]);
        }
    }
}

size_t cache_watch_servers(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    a_stream_that_is_lost_makes_all_stale, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_server_that_is_restarted_is_found_again, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_server_of_another_timeline_is_another, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(a_refusal_is_told_once, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(another_way_begins_anew, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    more_than_there_may_be_are_refused, world_case, world_case_end),
    };

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
