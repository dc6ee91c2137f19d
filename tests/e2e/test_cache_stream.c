/* SPDX-License-Identifier: PostgreSQL */
/* What bypasses Sluice comes by the stream, stays pending until it can be seen, and no longer. */
#include "tests/e2e/cache_stream_cases.h"
#include "tests/e2e/cache_stream_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what comes ---- */

static void make_table(void)
{
    world_do(world.direct,
            "drop table if exists t cascade; create table t(id int primary key, v text)");
}

/* What is told of, as one text, between a moment and the next that has settled. */
static void expect_told(const char *sql, const char *told)
{
    world_catch_up();
    world.log[0] = '\0';
    world_do(world.direct, sql);
    world_catch_up();
    assert_string_equal(world.log, told);
}

static void changes_of_rows_are_told_of(void **state)
{
    (void)state;
    make_table();
    world_up();
    uint64_t before = world_word("public.t");
    expect_told("insert into t values(1,'a'),(2,'b')", "INSERT public.t;INSERT public.t;");
    assert_true(world_word("public.t") != before);
    assert_false(world_is_pending(world_word("public.t")));
    expect_told("update t set v='x' where id=1", "UPDATE public.t;");
    expect_told("update t set id=5 where id=1", "UPDATE public.t;");
    expect_told("delete from t where id=5", "DELETE public.t;");
    expect_told("truncate t", "TRUNCATE public.t;");
    expect_told("copy (select 1) to program 'cat >/dev/null'", "");
    assert_int_equal(world.begun, world.ended);
}

static void partitions_and_children_are_told_of_by_their_own_names(void **state)
{
    (void)state;
    world_do(world.direct,
            "drop table if exists p, mum, owner, pet cascade;"
            "create table p(id int primary key) partition by range(id);"
            "create table p1 partition of p for values from (0) to (10);"
            "create table p2 partition of p for values from (10) to (20);"
            "create table mum(id int); create table kid(x int) inherits(mum);"
            "create table owner(id int primary key);"
            "create table pet(id int primary key, o int references owner on delete cascade);"
            "insert into owner values(1); insert into pet values(1,1),(2,1)");
    world_up();
    expect_told("insert into p values(1)", "INSERT public.p1;");
    expect_told("update p set id=11 where id=1", "DELETE public.p1;INSERT public.p2;");
    expect_told("insert into kid values(1,1)", "INSERT public.kid;");
    expect_told("update mum set id=2", "UPDATE public.kid;"); /* it has no key: the row is new */
    expect_told("delete from owner", "DELETE public.owner;DELETE public.pet;DELETE public.pet;");
    expect_told("truncate p", "TRUNCATE public.p;TRUNCATE public.p1;TRUNCATE public.p2;");
}

static void only_what_commits_is_told_of(void **state)
{
    (void)state;
    make_table();
    world_up();
    expect_told("begin; insert into t values(1); rollback", "");
    expect_told("begin; insert into t values(1); savepoint a; insert into t values(2);"
                "rollback to a; savepoint b; update t set v='x'; release b; commit",
            "INSERT public.t;UPDATE public.t;");
    expect_told("begin; insert into t values(7); prepare transaction 'two'", "");
    assert_false(world_is_pending(world_word("public.t")));
    expect_told("commit prepared 'two'", "INSERT public.t;");
    expect_told("begin; insert into t values(8); prepare transaction 'three'", "");
    expect_told("rollback prepared 'three'", "");
}

/* ---- what is visible ---- */

static PGconn *connect_durable(void)
{
    PGconn *conn = world_connect();

    query_expect(conn, "set synchronous_commit = on", "SET");
    return conn;
}

static PGconn *looker;

static void is_visible_when_it_ends(uint32_t xid)
{
    (void)xid;
    query_expect(looker, "select count(*) from t where id = 777", "1");
}

/* Recipe: the transaction waits for a standby that never comes; its commit is in the log. */
static void tags_are_pending_until_it_is_visible(void **state)
{
    (void)state;
    make_table();
    world_up();
    world_catch_up();
    PGconn *writer = connect_durable();
    looker = world_connect();
    world.on_ends = is_visible_when_it_ends;
    world_need_standby("nosuch");
    sl_usec before = sl_now();
    world_send(writer, "insert into t values(777, 'x')");
    SOON(world_is_pending(world_word("public.t")));
    query_expect(looker, "select count(*) from t", "0");
    struct stream_counts counts;
    stream_counts(world.stream, &counts);
    uint64_t probes = counts.probes;
    do {
        world_pump();
        assert_true(world_is_pending(world_word("public.t")));
        stream_counts(world.stream, &counts);
    } while (counts.probes < probes + 20);
    query_expect(looker, "select count(*) from t", "0");
    /* The commit was not there before; so nobody may think that all up to now is known. */
    assert_true(stream_fresh_until(world.stream) < sl_now());
    sl_usec stands = stream_fresh_until(world.stream);
    SOON(stream_state(world.stream) == STREAM_LAGGING);
    assert_true(stream_fresh_until(world.stream) == stands);
    world_need_standby("");
    SOON(!world_is_pending(world_word("public.t")));
    query_expect(looker, "select count(*) from t", "1");
    soon_answered(writer, "INSERT");
    world_catch_up();
    assert_true(stream_fresh_until(world.stream) > before);
    SOON(stream_state(world.stream) == STREAM_STREAMING);
    world.on_ends = NULL;
    PQfinish(writer);
    PQfinish(looker);
}

static void a_prepared_transaction_is_pending_until_it_is_visible(void **state)
{
    (void)state;
    make_table();
    world_up();
    world_do(world.direct, "begin; insert into t values(777, 'x'); prepare transaction 'g'");
    world_catch_up();
    PGconn *writer = connect_durable();
    looker = world_connect();
    world.on_ends = is_visible_when_it_ends;
    world_need_standby("nosuch");
    world_send(writer, "commit prepared 'g'");
    SOON(world_is_pending(world_word("public.t")));
    query_expect(looker, "select count(*) from t", "0");
    world_need_standby("");
    SOON(!world_is_pending(world_word("public.t")));
    soon_answered(writer, "COMMIT PREPARED");
    world.on_ends = NULL;
    PQfinish(writer);
    PQfinish(looker);
}

/* With room for two transactions: all of the database is pending instead. */
static void more_than_there_is_room_for_is_all_of_the_database(void **state)
{
    PGconn *writers[5];
    char sql[100];

    (void)state;
    make_table();
    world.options.settle.transactions_max = 2;
    world.options.nudge_after = 0; /* there is no room for that */
    world_up();
    world_catch_up();
    for (int i = 0; i < 5; i++) {
        writers[i] = connect_durable();
    }
    unsigned begun = world.begun;
    world_need_standby("nosuch");
    for (int i = 0; i < 5; i++) {
        snprintf(sql, sizeof sql, "insert into t values(%d)", i);
        world_send(writers[i], sql);
    }
    SOON(world.begun == begun + 5);
    struct stream_counts counts;
    assert_true(world_is_pending(world_all()));
    stream_counts(world.stream, &counts);
    assert_int_equal(counts.settle.unsettled, 2);
    assert_int_equal(counts.settle.overflows, 3);
    world_need_standby("");
    SOON(!world_is_pending(world_all()) && !world_is_pending(world_word("public.t")));
    for (int i = 0; i < 5; i++) {
        soon_answered(writers[i], "INSERT");
    }
    query_expect(writers[0], "delete from t", "DELETE 5"); /* the log is written up to it */
    world_catch_up();
    for (int i = 0; i < 5; i++) {
        PQfinish(writers[i]);
    }
}

/* ---- before there was a slot ---- */

static void soon_waits_for(const char *xid)
{
    char sql[200];

    snprintf(sql, sizeof sql,
            "select count(*) from pg_locks where not granted and transactionid = '%s'::xid", xid);
    SOON(strcmp(query_text(world.direct, sql), "1") == 0);
}

static PGconn *begin_writer(char xid[32])
{
    PGconn *conn = connect_durable();

    world_do(conn, "begin");
    snprintf(xid, 32, "%s", query_text(conn, "select pg_current_xact_id()"));
    return conn;
}

/*
 * The slot's beginning waits for whoever runs, twice; who begins between, and commits while it
 * waits the second time, is in the log before it, and never comes.
 */
static void what_was_in_the_log_before_the_slot_makes_all_stale(void **state)
{
    char xid[32];

    (void)state;
    make_table();
    PGconn *first = begin_writer(xid);
    world_open();
    soon_waits_for(xid);
    PGconn *second = begin_writer(xid);
    query_expect(first, "rollback", "ROLLBACK");
    soon_waits_for(xid);
    assert_int_equal(stream_state(world.stream), STREAM_CREATING);
    PGconn *third = connect_durable();
    world_need_standby("nosuch");
    world_send(third, "insert into t values(5)");
    SOON(strcmp(query_text(world.direct, "select count(*) from pg_stat_activity where wait_event = "
                                         "'SyncRep' and datname = 'postgres'"),
                 "1") == 0);
    query_expect(second, "rollback", "ROLLBACK");
    world_up();
    query_expect(world.direct, "select count(*) from t", "0");
    uint64_t all = world_all();
    world_need_standby("");
    SOON(world_all() != all);
    assert_false(world_is_pending(world_all()));
    query_expect(world.direct, "select count(*) from t", "1");
    world_catch_up();
    assert_string_equal(world.log, ""); /* it has not come by the stream */
    PQfinish(first);
    PQfinish(second);
    PQfinish(third);
}

/* ---- the clock ---- */

static void the_clock_passes_no_commit_that_was_not_told_of(void **state)
{
    (void)state;
    make_table();
    world_up();
    for (int i = 0; i < 50; i++) {
        uint64_t word = world_word("public.t");
        char sql[100];
        snprintf(sql, sizeof sql, "insert into t values(%d)", i);
        query_expect(world.direct, sql, "INSERT 0 1");
        sl_usec now = sl_now();
        while (stream_fresh_until(world.stream) < now) {
            world_pump();
        }
        assert_true(world_word("public.t") != word);
        assert_false(world_is_pending(world_word("public.t")));
    }
}

/* What it wrote is in memory, and nobody is about to write that to disk. */
static void the_clock_goes_on_beside_a_transaction_that_idles(void **state)
{
    (void)state;
    make_table();
    world_up();
    PGconn *idler = world_connect();
    world_do(idler, "begin; insert into t values(1)");
    struct stream_counts counts;
    long end = proc_now_ms() + SOON_MS;
    do { /* what else is written at once may write that too */
        assert_true(proc_now_ms() < end);
        world_do(idler, "update t set v='x'");
        world_catch_up();
        stream_counts(world.stream, &counts);
    } while (counts.nudges < 3);
    assert_string_equal(world.log, "");
    assert_int_equal(counts.empty, 0); /* a nudge is no DDL */
    PQfinish(idler);
}

/* It asks again within a second only for what has not settled, and a second's age is no lag. */
static void nobody_asks_and_the_clock_is_slow(void **state)
{
    struct stream_counts before;
    struct stream_counts counts;
    sl_usec probed_at = 0; /* or later */
    unsigned slow = 0;
    unsigned old = 0;

    (void)state;
    world_up();
    stream_want(world.stream, 0);
    stream_counts(world.stream, &counts);
    for (long end = proc_now_ms() + SOON_MS; slow < 2 || old == 0;) {
        assert_true(proc_now_ms() < end);
        before = counts;
        sl_usec from = sl_now();
        world_pump();
        sl_usec to = sl_now();
        sl_usec fresh_until = stream_fresh_until(world.stream);
        stream_counts(world.stream, &counts);
        if (counts.probes > before.probes) {
            if (probed_at != 0 && before.settle.unsettled == 0 &&
                    counts.settle.commits == before.settle.commits) {
                assert_true(to - probed_at >= SL_SECOND);
                slow++;
            }
            probed_at = from;
        }
        if (to - fresh_until <= 3 * SL_SECOND) { /* a busy machine may let it grow older */
            assert_int_equal(stream_state(world.stream), STREAM_STREAMING);
            old += from - fresh_until > world.options.lag_max ? 1 : 0;
        }
    }
}

/* ---- the catalogue ---- */

static void ddl_shows_in_the_catalogue(void **state)
{
    (void)state;
    make_table();
    world.options.catalog_sql =
            "select string_agg(attname, ',' order by attnum) from pg_attribute where attrelid = "
            "'public.t'::regclass and attnum > 0";
    world.options.catalog_every = 3600 * SL_SECOND;
    world_up();
    SOON(world.catalogs == 1);
    assert_string_equal(world.catalog, "id,v");
    query_expect(world.direct, "alter table t add column more int", "ALTER TABLE");
    sl_usec now = sl_now();
    SOON(world.catalogs == 2); /* its transaction was empty; an hour has not gone by */
    assert_string_equal(world.catalog, "id,v,more");
    SOON(stream_schema_until(world.stream) >= now);
    assert_string_equal(world.log, "");
    query_expect(world.direct, "drop table t cascade", "DROP TABLE");
    struct stream_counts counts;
    do {
        world_pump();
        stream_counts(world.stream, &counts);
    } while (counts.catalog_errors == 0); /* it is told of, and the stream goes on */
    make_table();
    world_catch_up();
    SOON(world.catalogs == 3);
}

/* With nobody to say what it was. */
static void ddl_makes_all_stale_without_a_catalogue(void **state)
{
    (void)state;
    make_table();
    world_up();
    uint64_t all = world_all();
    query_expect(world.direct, "alter table t add column more int", "ALTER TABLE");
    world_catch_up();
    assert_true(world_all() != all);
}

int main(void)
{
    struct CMUnitTest cases[64];
    size_t count = 0;
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    changes_of_rows_are_told_of, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(partitions_and_children_are_told_of_by_their_own_names,
                    world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    only_what_commits_is_told_of, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    tags_are_pending_until_it_is_visible, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(a_prepared_transaction_is_pending_until_it_is_visible,
                    world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    more_than_there_is_room_for_is_all_of_the_database, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(what_was_in_the_log_before_the_slot_makes_all_stale,
                    world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_clock_passes_no_commit_that_was_not_told_of, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_clock_goes_on_beside_a_transaction_that_idles, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    nobody_asks_and_the_clock_is_slow, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(ddl_shows_in_the_catalogue, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    ddl_makes_all_stale_without_a_catalogue, world_case, world_case_end),
    };

    for (size_t i = 0; i < CASE_COUNT(own); i++) {
        cases[count++] = own[i];
    }
    count += cache_stream_failures(cases + count);
    count += cache_stream_latency(cases + count);
    return case_run(cases, count, world_start, world_stop);
}
