/* SPDX-License-Identifier: PostgreSQL */
/* What bypasses Sluice makes stale what it changes, and nothing else. */
#include "tests/e2e/cache_watch_cases.h"
#include "tests/e2e/cache_watch_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_tables(void)
{
    world_do(world.direct,
            "drop table if exists t, u, p cascade; create table t(id int primary key, v text);"
            "create table u(id int primary key);"
            "create table p(id int, primary key (id)) partition by range (id);"
            "create table p1 partition of p for values from (0) to (10);"
            "create table p2 partition of p for values from (10) to (20)");
}

/* ---- rows ---- */

enum expected { CHANGES = 1, IS_WILD = 2 };

static void expect(const char *sql, const char *name, const char *other, unsigned expected)
{
    uint64_t any = world_word(name, TAG_ANY);
    uint64_t wild = world_word(name, TAG_WILD);
    uint64_t others = world_word(other, TAG_ANY);
    uint64_t all = world_all();

    world_do(world.direct, sql);
    world_catch_up();
    if ((world_word(name, TAG_ANY) != any) != ((expected & CHANGES) != 0) ||
            (world_word(name, TAG_WILD) != wild) != ((expected & IS_WILD) != 0)) {
        fail_msg("%s: any %d, wild %d", sql, world_word(name, TAG_ANY) != any,
                world_word(name, TAG_WILD) != wild);
    }
    assert_true(world_word(other, TAG_ANY) == others);
    assert_false(world_is_pending(world_word(name, TAG_ANY)));
    assert_true(world_all() == all);
}

static void a_change_of_rows_is_one_of_its_table(void **state)
{
    (void)state;
    make_tables();
    world_up();
    expect("insert into t values(1, 'a'), (2, 'b')", "t", "u", CHANGES);
    expect("update t set v = 'x' where id = 1", "t", "u", CHANGES);
    expect("update t set id = 5 where id = 1", "t", "u", CHANGES);
    expect("delete from t where id = 5", "t", "u", CHANGES);
    expect("begin; delete from t; rollback", "t", "u", 0);
    expect("truncate t", "t", "u", CHANGES | IS_WILD);
    expect("begin; savepoint a; insert into u values(1); rollback to a; insert into t values(7); "
           "commit",
            "t", "u", CHANGES);
    struct watched_status status;
    watched_status(world.watched, &status);
    assert_int_equal(status.unknown_tables, 0);
    assert_int_equal(status.state, STREAM_STREAMING);
}

static void a_change_of_a_partition_is_one_of_its_root(void **state)
{
    (void)state;
    make_tables();
    world_up();
    expect("insert into p values(1)", "p", "t", CHANGES);
    expect("insert into p1 values(2)", "p", "t", CHANGES);
    /* No entry is of a row of a partition: what has a key elsewhere is a write of any of them. */
    expect("update p set id = 11 where id = 1", "p", "t", CHANGES | IS_WILD);
    expect("truncate p2", "p", "t", CHANGES | IS_WILD);
    expect("truncate t, p", "p", "u", CHANGES | IS_WILD);
}

/* A new partition is one whose root nobody knows. */
static void a_table_that_is_not_known_is_all_of_the_database(void **state)
{
    (void)state;
    make_tables();
    world_up();
    world_do(world.direct, "create table p3 partition of p for values from (20) to (30)");
    world_catch_up();
    world_catch_up_schema();
    world_catch_up_schema(); /* what that has changed has been told of */
    uint64_t all = world_all();
    uint64_t any = world_word("p", TAG_ANY);
    unsigned moved = world_moved();
    world_do(world.direct, "insert into p values(21)");
    world_catch_up();
    assert_true(world_all() != all);
    assert_true(world_word("p", TAG_ANY) == any);
    assert_int_equal(world_events(WATCH_UNKNOWN), 1);
    SOON(world_moved() > moved);
    world_learn(world.direct);
    expect("insert into p values(22)", "p", "t", CHANGES);
}

static void without_a_catalogue_all_is_of_the_database(void **state)
{
    (void)state;
    make_tables();
    world_up();
    world_forget();
    uint64_t all = world_all();
    world_do(world.direct, "insert into t values(1)");
    world_catch_up();
    assert_true(world_all() != all);
    world_learn(world.direct);
    expect("insert into t values(2)", "t", "u", CHANGES);
}

/* ---- the schema ---- */

/* Of the one that is watched. */
static void expect_schema(PGconn *conn, const char *sql)
{
    uint64_t all = world_all();
    uint64_t schema = watched_schema(world.watched);
    unsigned moved = world_moved();
    unsigned told = world_events(WATCH_SCHEMA);

    world_do(conn, sql);
    world_catch_up_schema();
    if (world_all() == all || watched_schema(world.watched) == schema) {
        fail_msg("%s: it was not seen", sql);
    }
    SOON(world_moved() > moved);
    SOON(world_events(WATCH_SCHEMA) > told);
}

static void expect_schemas(PGconn *conn)
{
    expect_schema(conn, "alter table t rename v to w");
    expect_schema(conn, "create view view1 as select * from t");
    expect_schema(conn, "create function one() returns int language sql as 'select 1'");
    expect_schema(conn, "create or replace function one() returns int language sql as 'select 2'");
    expect_schema(conn, "alter table t alter w set not null");
    expect_schema(conn, "begin; alter table t add more int default 7; insert into u values(1); "
                        "commit");
    expect_schema(conn, "grant select on t to public");
    expect_schema(conn, "drop view view1; drop function one()");
    uint64_t all = world_all();
    world_catch_up_schema();
    world_catch_up_schema();
    assert_true(world_all() == all);
}

static void a_change_of_the_schema_makes_all_stale(void **state)
{
    (void)state;
    make_tables();
    world_up();
    expect_schemas(world.direct);
}

/* An hour does not go by: a transaction that changed no row is a reason to look. */
static void the_stream_shows_that_there_was_ddl(void **state)
{
    (void)state;
    make_tables();
    world.options.schema_every = world.options.schema_rest = 3600 * SL_SECOND;
    world_open();
    world_watch(&world.cluster, true);
    SOON(world_events(WATCH_UP) == 1);
    SOON(world_moved() == 1);
    world_learn(world.direct);
    world_catch_up();
    expect_schema(world.direct, "alter table t rename v to w");
    expect_schema(world.direct, "alter table t rename w to v");
}

/* Whoever reads the catalogue after the first answer misses nothing. */
static void the_first_look_at_the_schema_is_told_of(void **state)
{
    (void)state;
    uint64_t all = world_all();
    world_watch(&world.cluster, false);
    SOON(watched_schema_until(world.watched) != 0);
    assert_true(world_all() != all);
    assert_true(watched_schema(world.watched) > 0);
    assert_int_equal(world_events(WATCH_SCHEMA), 0);
    SOON(world_moved() == 1);
}

static void the_schema_is_looked_at_without_a_stream(void **state)
{
    (void)state;
    make_tables();
    world_watch(&world.cluster, false);
    SOON(watched_schema_until(world.watched) != 0);
    expect_schemas(world.direct);
    assert_true(watched_fresh_until(world.watched) == 0);
    assert_int_equal(world_events(WATCH_UP), 0);
    query_expect(world.direct, "select count(*) from pg_replication_slots", "0");
}

int main(void)
{
    struct CMUnitTest cases[64];
    size_t count = 0;
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    a_change_of_rows_is_one_of_its_table, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_change_of_a_partition_is_one_of_its_root, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_table_that_is_not_known_is_all_of_the_database, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    without_a_catalogue_all_is_of_the_database, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_change_of_the_schema_makes_all_stale, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_stream_shows_that_there_was_ddl, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_first_look_at_the_schema_is_told_of, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_schema_is_looked_at_without_a_stream, world_case, world_case_end),
    };

    for (size_t i = 0; i < CASE_COUNT(own); i++) {
        cases[count++] = own[i];
    }
    count += cache_watch_zombies(cases + count);
    count += cache_watch_servers(cases + count);
    return case_run(cases, count, world_start, world_stop);
}
