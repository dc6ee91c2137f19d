/* SPDX-License-Identifier: PostgreSQL */
/* What goes wrong with a stream: it says so, all of the database is stale, and it comes back. */
#include "protocol/base/hash.h"
#include "tests/e2e/cache_stream_cases.h"
#include "tests/e2e/cache_stream_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLOTS "select count(*) from pg_replication_slots where slot_name like 'sluice%'"

/* ---- lost ---- */

static void a_stream_that_is_lost_comes_back(void **state)
{
    (void)state;
    world_do(world.direct,
            "drop table if exists t cascade; create table t(id int primary key, v text)");
    world_up();
    query_expect(world.direct, SLOTS, "1");
    uint64_t all = world_all();
    query_expect(
            world.direct, "select count(pg_terminate_backend(pid)) from pg_stat_replication", "1");
    SOON(world.events[STREAM_EVENT_LOST] == 1);
    assert_int_equal(stream_state(world.stream), STREAM_LOST);
    assert_string_equal(stream_error(world.stream)->sqlstate, "57P01");
    assert_true(world_all() != all);
    assert_true(stream_fresh_until(world.stream) == 0);
    uint64_t lost = world_all();
    /* Of this nobody is told. */
    query_expect(world.direct, "insert into t values(1)", "INSERT 0 1");
    SOON(world.events[STREAM_EVENT_UP] == 2);
    assert_true(world_all() != lost);
    world_catch_up();
    query_expect(world.direct, "insert into t values(2)", "INSERT 0 1");
    world_catch_up();
    assert_non_null(strstr(world.log, "INSERT public.t;"));
    soon_query(world.direct, SLOTS, "1"); /* the lost one goes in its own time */
}

static void the_plain_connection_is_lost(void **state)
{
    (void)state;
    world_up();
    query_expect(world.direct,
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name "
            "= 'sluice stream'",
            "1");
    SOON(world.events[STREAM_EVENT_LOST] == 1);
    SOON(world.events[STREAM_EVENT_UP] == 2);
}

/* Nothing of the database is given while it is not up. */
static void all_is_pending_while_it_is_not_up(void **state)
{
    (void)state;
    world.options.holds_database = true;
    world.options.retry_min = world.options.retry_max = 500 * SL_MSEC;
    world_open();
    assert_true(world_is_pending(world_all()));
    world_up();
    assert_false(world_is_pending(world_all()));
    query_expect(
            world.direct, "select count(pg_terminate_backend(pid)) from pg_stat_replication", "1");
    SOON(stream_state(world.stream) == STREAM_LOST);
    assert_true(world_is_pending(world_all()));
    SOON(world.events[STREAM_EVENT_UP] == 2);
    assert_false(world_is_pending(world_all()));
}

static void a_server_that_is_restarted_is_found_again(void **state)
{
    (void)state;
    world_up();
    PQfinish(world.direct);
    world.direct = NULL;
    cluster_kill(&world.cluster);
    SOON(world.events[STREAM_EVENT_LOST] == 1);
    SOON(world.events[STREAM_EVENT_FAILED] >= 1);
    cluster_again(&world.cluster);
    world.direct = world_connect();
    SOON(world.events[STREAM_EVENT_UP] == 2);
    world_catch_up();
}

static void what_is_pending_ends_when_it_is_lost(void **state)
{
    (void)state;
    world_do(world.direct,
            "drop table if exists t cascade; create table t(id int primary key, v text)");
    world_up();
    world_need_standby("nosuch");
    PGconn *writer = world_connect();
    query_expect(writer, "set synchronous_commit = on", "SET");
    world_send(writer, "insert into t values(777, 'x')");
    SOON(world_is_pending(world_word("public.t")));
    query_expect(
            world.direct, "select count(pg_terminate_backend(pid)) from pg_stat_replication", "1");
    SOON(world.events[STREAM_EVENT_LOST] == 1);
    assert_false(world_is_pending(world_word("public.t")));
    world_need_standby("");
    soon_answered(writer, "INSERT");
    SOON(world.events[STREAM_EVENT_UP] == 2);
    PQfinish(writer);
}

static void the_server_keeps_no_more_of_its_log_than_it_may(void **state)
{
    (void)state;
    world.options.wal_max = 1;
    world_open();
    SOON(world.events[STREAM_EVENT_LOST] + world.events[STREAM_EVENT_FAILED] >= 2);
    assert_string_equal(stream_error(world.stream)->sqlstate, "53100");
    SOON(strcmp(query_text(world.direct, SLOTS), "0") == 0); /* it keeps none */
}

/* ---- refused ---- */

static void expect_refused(enum stream_refusal refusal)
{
    world_open();
    SOON(stream_state(world.stream) == STREAM_REFUSED);
    assert_int_equal(stream_refusal(world.stream), refusal);
    assert_string_not_equal(stream_error(world.stream)->text, "");
    assert_int_equal(world.events[STREAM_EVENT_UP], 0);
    assert_true(stream_fresh_until(world.stream) == 0);
}

static void a_role_without_the_right_is_refused(void **state)
{
    char conninfo[sizeof world.conninfo + 32];

    (void)state;
    world_do(world.direct, "drop role if exists plain; create role plain login");
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d user=plain dbname=postgres",
            world.cluster.port);
    world.options.conninfo = conninfo;
    expect_refused(STREAM_NO_RIGHT);
    query_expect(world.direct, "alter role plain replication", "ALTER ROLE");
    world_up(); /* it is tried again; no other right is needed */
    world_catch_up();
    stream_free(world.stream);
    world.stream = NULL;
    soon_query(world.direct, "select count(*) from pg_stat_activity where usename = 'plain'", "0");
    query_expect(world.direct, "drop role plain", "DROP ROLE");
}

static void no_slot_is_left(void **state)
{
    (void)state;
    query_expect(world.direct,
            "select count(pg_create_physical_replication_slot('s' || i)) from "
            "generate_series(1, 3) i",
            "3");
    expect_refused(STREAM_NO_SLOT);
    query_expect(world.direct,
            "select count(*) from (select pg_drop_replication_slot('s' || i) from "
            "generate_series(1, 3) i) x",
            "3");
    world_up();
}

/* One that is no longer in pg_stat_activity may still have its place. */
static PGconn *open_sender(void)
{
    PGconn *conn = query_connect("%s replication=database", world.conninfo);

    for (long end = proc_now_ms() + SOON_MS; PQstatus(conn) != CONNECTION_OK; proc_pause_ms(10)) {
        assert_true(proc_now_ms() < end);
        PQreset(conn);
    }
    return conn;
}

static void no_sender_is_left(void **state)
{
    PGconn *senders[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        senders[i] = open_sender();
    }
    expect_refused(STREAM_NO_SENDER);
    for (int i = 0; i < 4; i++) {
        PQfinish(senders[i]);
    }
    world_up();
}

static void a_server_without_logical_decoding_is_refused(void **state)
{
    static const struct cluster_options options = {.conf = "wal_level = replica\n"};
    struct cluster plain;
    char conninfo[PROC_PATH_MAX];

    (void)state;
    cluster_start(&plain, &options);
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d user=postgres dbname=postgres",
            plain.port);
    world.options.conninfo = conninfo;
    expect_refused(STREAM_NO_WAL_LEVEL);
    cluster_stop(&plain);
}

static void a_database_that_is_not_there_is_tried_again(void **state)
{
    char conninfo[PROC_PATH_MAX];

    (void)state;
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d user=postgres dbname=nowhere",
            world.cluster.port);
    world.options.conninfo = conninfo;
    world_open();
    SOON(world.events[STREAM_EVENT_FAILED] == 2);
    assert_non_null(strstr(stream_error(world.stream)->text, "nowhere"));
}

/* ---- standbys ---- */

/* "*" means whoever comes; who says that it has written something is one of those. */
static void it_is_no_standby(void **state)
{
    char sql[200];

    (void)state;
    world_do(world.direct,
            "drop table if exists t cascade; create table t(id int primary key, v text)");
    world_up();
    SOON(strcmp(query_text(world.direct,
                        "select count(*) from pg_stat_replication where flush_lsn is not null"),
                 "1") == 0);
    world_need_standby("*");
    SOON(world.events[STREAM_EVENT_LOST] == 1); /* it has said so already */
    SOON(world.events[STREAM_EVENT_UP] == 2);
    assert_true(stream_server(world.stream)->is_silent);
    PGconn *writer = world_connect();
    query_expect(writer, "set synchronous_commit = on", "SET");
    world_send(writer, "insert into t values(1)");
    SOON(world_is_pending(world_word("public.t")));
    struct stream_counts counts;
    stream_counts(world.stream, &counts);
    uint64_t probes = counts.probes;
    do {
        world_pump();
        stream_counts(world.stream, &counts);
    } while (counts.probes < probes + 100);
    assert_true(world_is_pending(world_word("public.t")));
    snprintf(sql, sizeof sql,
            "select flush_lsn from pg_stat_replication where application_name = '%s'",
            stream_server(world.stream)->slot);
    query_expect(world.direct, sql, "<null>");
    world_need_standby("");
    soon_answered(writer, "INSERT");
    SOON(!stream_server(world.stream)->is_silent);
    world_catch_up();
    PQfinish(writer);
}

/* ---- large ones ---- */

static long resident_kib(void)
{
    char *text = proc_read("/proc/self/status");
    const char *at = strstr(text, "VmRSS:");
    long kib = at == NULL ? 0 : strtol(at + strlen("VmRSS:"), NULL, 10);

    free(text);
    return kib;
}

enum { MANY_ROWS = CASE_IS_SANITIZED ? 200000 : 1000000 };

static unsigned long rows_told;

static void count_rows(const struct decode_change *change, struct tag_set *set)
{
    struct sl_span row = change->new_row;
    struct decode_column column;

    rows_told++;
    assert_true(decode_next_column(&row, &column));
    tag_set_add(set, tags_of_key(world.tags, WORLD_DATABASE, 1, 1, sl_hash64(column.value.text)),
            tags_of_database(world.tags, WORLD_DATABASE));
}

static void a_large_transaction_takes_no_more_memory(void **state)
{
    char sql[100];

    (void)state;
    world_do(world.direct,
            "drop table if exists t cascade; create table t(id int primary key, v text)");
    world_up();
    rows_told = 0;
    world.on_change = count_rows;
    long before = resident_kib();
    uint64_t all = world_all();
    PGconn *writer = world_connect();
    snprintf(sql, sizeof sql, "insert into t select i, 'some text' from generate_series(1, %d) i",
            MANY_ROWS);
    world_send(writer, sql);
    SOON(query_is_answered(writer, 1));
    soon_answered(writer, "INSERT");
    SOON(world_all() != all);
    long more = resident_kib() - before;
    world_catch_up();
    struct stream_counts counts;
    stream_counts(world.stream, &counts);
    assert_int_equal(counts.changes, MANY_ROWS);
    assert_true(rows_told < TAG_SET_MAX * 2);
    assert_int_equal(counts.wide, 1);
    print_message("%d rows: %ld KiB more\n", MANY_ROWS, more);
    if (!CASE_IS_SANITIZED) {
        assert_true(more < 32 * 1024);
    }
    PQfinish(writer);
}

size_t cache_stream_failures(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    a_stream_that_is_lost_comes_back, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_plain_connection_is_lost, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    all_is_pending_while_it_is_not_up, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_server_that_is_restarted_is_found_again, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    what_is_pending_ends_when_it_is_lost, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    the_server_keeps_no_more_of_its_log_than_it_may, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_role_without_the_right_is_refused, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(no_slot_is_left, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(no_sender_is_left, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_server_without_logical_decoding_is_refused, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_database_that_is_not_there_is_tried_again, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(it_is_no_standby, world_case, world_case_end),
            cmocka_unit_test_setup_teardown(
                    a_large_transaction_takes_no_more_memory, world_case, world_case_end),
    };

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
