/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_history.c - history in memory, and in a table of a PostgreSQL of its own.
 *
 * The Sluice under test is tests/history/main.c: its minutes are short. Slots are still ten
 * seconds; what was counted is written when it ends, too.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/relay.h"
#include "tests/support/soon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INI_MAX = 2048 };

#define INI_DB "[databases]\ndb = " AT_POSTGRES "\n" INI_ALONE "[stats]\nmode = on\n"
#define SHORT_MINUTE "500"
#define LONG_MINUTE "3600000" /* only when it ends */
#define MUCH " 16777216"

#define SUM_OF(what, kind)                                                                         \
    "select sum(" what ") from sluice.performance_metrics where shape is " kind "null"
#define SHAPES(what) SUM_OF(what, "not ")
#define TOTALS(what) SUM_OF(what, "")

static struct cluster table; /* where history goes */

static int start_both(void **state)
{
    cluster_start(&table, /* it speaks TLS when told to */
            &(struct cluster_options){.conf = "synchronous_commit = on\nssl = off\n", .tls = true});
    return start_cluster(state);
}

static int stop_both_clusters(void **state)
{
    cluster_stop(&table);
    return stop_cluster(state);
}

static PGconn *open_table(void)
{
    return query_must_connect(
            "host=%s port=%d user=postgres dbname=postgres", table.dir, table.port);
}

static void run_on_table(const char *sql)
{
    PGconn *conn = open_table();

    query_text(conn, sql);
    PQfinish(conn);
}

static int prepare_clean(void **state)
{
    run_on_table("drop schema if exists sluice cascade");
    return prepare(state);
}

static void pace(const char *text)
{
    setenv("SLUICE_TEST_HISTORY", text, 1); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static void make_ini(char ini[INI_MAX], const char *keys)
{
    snprintf(ini, INI_MAX,
            INI_DB "history = host=127.0.0.1 port=%d user=postgres dbname=postgres\n%s", table.port,
            keys);
}

static void start_with(const char *minute, const char *keys)
{
    char ini[INI_MAX];

    pace(minute);
    make_ini(ini, keys);
    sluice_start(&sluice, ini);
}

static void run_some(int count)
{
    PGconn *conn = open_as("postgres", "db");

    for (int i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof text, "select %d as n", i);
        query_text(conn, text);
    }
    PQfinish(conn);
}

static void expect_on_table(const char *sql, const char *expected)
{
    PGconn *conn = open_table();

    query_expect(conn, sql, expected);
    PQfinish(conn);
}

static void soon_on_table(const char *sql, const char *expected)
{
    PGconn *conn = open_table();

    soon_query(conn, sql, expected);
    PQfinish(conn);
}

static void expect_none_twice(void)
{
    expect_on_table("select count(*) from (select 1 from sluice.performance_metrics group by at, "
                    "pid, database, \"user\", node, shape having count(*) > 1) as twice",
            "0");
}

static void await_listed(const char *name, long least)
{
    long end = proc_now_ms() + SOON_MS;

    while (console_listed(name) < least) {
        assert_true(proc_now_ms() < end);
        proc_pause_ms(20);
    }
}

/* ---- in memory ---- */

/* The sum of a column of HISTORY. */
static long in_history(const char *argument, const char *column)
{
    PGconn *console = open_console();
    char sql[64];
    long sum = 0;

    snprintf(sql, sizeof sql, "SHOW HISTORY %s", argument);
    PGresult *result = PQexec(console, sql);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        sum += strtol(PQgetvalue(result, row, PQfnumber(result, column)), NULL, 10);
    }
    PQclear(result);
    PQfinish(console);
    return sum;
}

static void what_was_run_is_in_a_slot_of_ten_seconds(void **state)
{
    long end = proc_now_ms() + SOON_MS;

    (void)state;
    pace(LONG_MINUTE MUCH);
    sluice_start(&sluice, INI_DB);
    PGconn *idle = open_as("postgres", "db");
    run_some(25);
    query_text(idle, "select 1 / 0");
    while (in_history("", "queries") < 26) {
        assert_true(proc_now_ms() < end);
        proc_pause_ms(100);
    }
    assert_int_equal(in_history("", "queries"), 26);
    assert_int_equal(in_history("", "transactions"), 26);
    assert_int_equal(in_history("", "errors"), 1);
    assert_true(in_history("", "total_us") >= in_history("", "server_us"));
    assert_true(in_history("", "max_us") > 0);
    assert_true(in_history("", "clients_active") >= 1);
    assert_true(in_history("", "servers_idle") >= 1);
    assert_int_equal(in_history("9000000000000000", "queries"), 0); /* later than any */
    PQfinish(idle);
}

static void without_statistics_it_is_empty(void **state)
{
    (void)state;
    pace(SHORT_MINUTE MUCH);
    sluice_start(&sluice, "[databases]\ndb = " AT_POSTGRES "\n" INI_ALONE "[stats]\nmode = off\n"
                          "history = host=127.0.0.1 port=1\n");
    assert_int_equal(in_history("", "queries"), 0);
    assert_false(sluice_logged(&sluice, "history"));
}

/* ---- in a table ---- */

/* Runs it so often that its text is there before its last calls are written. */
static void run_until_parsed(const char *sql, const char *shape)
{
    long end = proc_now_ms() + SOON_MS;
    PGconn *conn = open_as("postgres", "db");
    PGconn *console = open_console();

    query_text(conn, sql);
    while (strstr(query_text(console, "SHOW QUERIES"), shape) == NULL) {
        assert_true(proc_now_ms() < end);
    }
    PQfinish(console);
    PQfinish(conn);
}

static void what_was_run_is_in_the_table_once(void **state)
{
    (void)state;
    start_with(LONG_MINUTE MUCH, "");
    run_until_parsed("select 77 as n", "select ? as n");
    run_some(36);
    PGconn *conn = open_as("postgres", "db");
    query_text(conn, "select generate_series(1, 500)");
    for (int i = 0; i < 5; i++) {
        query_text(conn, "select 'planted' || 1 / 0");
    }
    PQfinish(conn);
    sluice_stop(&sluice);
    expect_on_table(SHAPES("calls"), "43");
    expect_on_table(TOTALS("calls"), "43");
    expect_on_table(SHAPES("errors"), "5");
    expect_on_table(TOTALS("errors"), "5");
    expect_on_table(SHAPES("rows"), "537");
    expect_on_table(SHAPES("transactions"), "43");
    expect_on_table("select count(distinct a.s) from (" SHAPES("total_us") " union all " TOTALS(
                            "total_us") ") as a (s)",
            "1");
    expect_on_table("select count(distinct a.s) from (" SHAPES("server_us") " union all " TOTALS(
                            "server_us") ") as a (s)",
            "1");
    expect_on_table("select database, \"user\", calls, kind, query, p50_us <= p95_us, p99_us > 0, "
                    "max_us <= total_us, bytes_in > 0, seconds > 0 "
                    "from sluice.performance_metrics join sluice.query_shapes using (shape) "
                    "where query = 'select ? as n'",
            "db|postgres|37|SELECT|select ? as n|t|t|t|t|t");
    expect_on_table("select count(*) from sluice.query_shapes where query like '%planted%'", "0");
    expect_none_twice();
}

static void it_goes_on_where_it_ended(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        start_with(SHORT_MINUTE MUCH, "");
        run_some(10);
        soon_on_table(SHAPES("calls"), i == 0 ? "10" : "30");
        run_some(10);
        sluice_stop(&sluice);
        expect_on_table(SHAPES("calls"), i == 0 ? "20" : "40");
        expect_on_table(TOTALS("calls"), i == 0 ? "20" : "40");
    }
    expect_none_twice();
}

static void rows_wait_while_the_database_is_away(void **state)
{
    (void)state;
    cluster_stop(&table);
    start_with(SHORT_MINUTE MUCH, "");
    soon_logged(&sluice, "event=history_failed sqlstate=08006");
    run_some(10);
    await_listed("history_rows_waiting", 1);
    cluster_again(&table);
    soon_on_table(SHAPES("calls"), "10");
    cluster_kill(&table);
    run_some(10);
    await_listed("history_rows_waiting", 1);
    cluster_again(&table);
    soon_on_table(SHAPES("calls"), "20");
    assert_int_equal(console_listed("history_rows_dropped"), 0);
    expect_none_twice();
}

static void at_the_bound_the_oldest_rows_are_dropped(void **state)
{
    (void)state;
    cluster_stop(&table);
    start_with("100 4000", "");
    for (long end = proc_now_ms() + SOON_MS; console_listed("history_rows_dropped") == 0;) {
        assert_true(proc_now_ms() < end);
        run_some(1);
        proc_pause_ms(50);
    }
    assert_in_range(console_listed("history_rows_waiting"), 1, 40);
    cluster_again(&table);
    soon_on_table("select count(*) > 0 from sluice.performance_metrics", "t");
}

/*
 * The connection is lost while its COMMIT waits at the server: whether it was done is seen
 * only when that has ended.
 */
static void a_commit_in_doubt_is_not_done_twice(void **state)
{
    char ini[INI_MAX];
    struct relay relay;

    (void)state;
    start_with(SHORT_MINUTE MUCH, ""); /* for its tables */
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    sluice_stop(&sluice);
    run_on_table("truncate sluice.performance_metrics;"
                 "create function sluice.await() returns trigger language plpgsql as "
                 "'begin perform pg_catalog.pg_advisory_xact_lock(42); return null; end';"
                 "create constraint trigger await after insert on sluice.performance_metrics "
                 "deferrable initially deferred for each row execute function sluice.await()");
    PGconn *holder = open_table();
    query_text(holder, "select pg_advisory_lock(42)");
    relay_start(&relay, table.port);
    snprintf(ini, sizeof ini,
            INI_DB "history = host=127.0.0.1,127.0.0.1 port=%d,%d user=postgres dbname=postgres\n",
            relay.port, table.port);
    sluice_start(&sluice, ini);
    run_some(10);
    soon_query(holder,
            "select count(*) from pg_stat_activity where query = 'COMMIT' and wait_event_type = "
            "'Lock'",
            "1");
    relay_stop(&relay);
    soon_query(holder,
            "select count(*) from pg_stat_activity where query like 'BEGIN%' and wait_event_type = "
            "'Lock'",
            "1");
    query_text(holder, "select pg_advisory_unlock(42)");
    PQfinish(holder);
    run_some(10);
    soon_on_table(SHAPES("calls"), "20");
    expect_none_twice();
}

static void rows_go_when_they_are_old(void **state)
{
    (void)state;
    start_with(SHORT_MINUTE MUCH, "history_retention = 600\n");
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    run_on_table("insert into sluice.performance_metrics (at, seconds, instance, pid, calls) "
                 "select now() - interval '1 hour', 1, 'old', 1, 1 from generate_series(1, 25000);"
                 "insert into sluice.performance_metrics (at, seconds, instance, pid, calls) "
                 "select now() - interval '5 minutes', 1, 'new', 1, 1 from generate_series(1, 3)");
    run_some(1);
    soon_on_table("select count(*) from sluice.performance_metrics where instance = 'old'", "0");
    expect_on_table("select count(*) from sluice.performance_metrics where instance = 'new'", "3");
}

static void with_retention_0_they_stay(void **state)
{
    (void)state;
    start_with(SHORT_MINUTE MUCH, "history_retention = 0\n");
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    run_on_table("insert into sluice.performance_metrics (at, seconds, instance, pid, calls) "
                 "select now() - interval '40 years', 1, 'old', 1, 1");
    run_some(3);
    soon_on_table("select sum(calls) from sluice.performance_metrics where shape is not null", "3");
    run_some(3);
    soon_on_table("select sum(calls) from sluice.performance_metrics where shape is not null", "6");
    expect_on_table("select count(*) from sluice.performance_metrics where instance = 'old'", "1");
}

/* Connections are accepted by the system, and nobody says anything. */
static void a_stopped_database_holds_up_no_end(void **state)
{
    (void)state;
    start_with(SHORT_MINUTE MUCH, "");
    run_some(10);
    soon_on_table(SHAPES("calls"), "10");
    kill(table.server.pid, SIGSTOP);
    run_some(10);
    await_listed("history_rows_waiting", 1);
    sluice_stop(&sluice);
    assert_true(sluice_logged(&sluice, "event=history_lost"));
    kill(table.server.pid, SIGCONT);
}

static void a_table_of_another_shape_is_said(void **state)
{
    (void)state;
    run_on_table("create schema sluice; create table sluice.performance_metrics (at date)");
    start_with(SHORT_MINUTE MUCH, "");
    run_some(10);
    soon_logged(&sluice, "event=history_failed sqlstate=42703");
    run_on_table("drop table sluice.performance_metrics");
    soon_on_table(SHAPES("calls"), "10");
}

static void missing_privileges_are_said(void **state)
{
    char ini[INI_MAX];

    (void)state;
    pace(SHORT_MINUTE MUCH);
    run_on_table("drop role if exists scribe; create role scribe login");
    snprintf(ini, sizeof ini,
            INI_DB "history = host=127.0.0.1 port=%d user=scribe dbname=postgres\n", table.port);
    sluice_start(&sluice, ini);
    run_some(10);
    soon_logged(&sluice, "event=history_failed sqlstate=42501");
    sluice_stop(&sluice);
    start_with(SHORT_MINUTE MUCH, ""); /* the superuser makes them, the other one may write */
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    sluice_stop(&sluice);
    run_on_table("truncate sluice.performance_metrics; grant usage on schema sluice to scribe;"
                 "grant select, insert, update, delete on all tables in schema sluice to scribe");
    sluice_start(&sluice, ini);
    run_some(10);
    soon_on_table(SHAPES("calls"), "10");
    sluice_stop(&sluice);
    run_on_table("drop owned by scribe; drop role scribe");
}

static void a_reload_begins_and_ends_it(void **state)
{
    char ini[INI_MAX];

    (void)state;
    pace(SHORT_MINUTE MUCH);
    make_ini(ini, "");
    sluice_start(&sluice, INI_DB);
    run_some(5);
    sluice_reload(&sluice, ini);
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    run_some(10);
    soon_on_table(
            "select sum(calls) >= 10 from sluice.performance_metrics where shape is not null", "t");
    PGconn *console = open_console();
    query_expect_start(console, "SET stats.history = 'postgresql://a:b@pl4nted@c'",
            "ERROR 22023: [stats] history is not a connection string");
    sluice_reload(&sluice, INI_DB "history = postgresql://a:b@pl4nted@c\n");
    soon_logged(&sluice, "reload_failed reason=\"[stats] history is not");
    assert_false(sluice_logged(&sluice, "pl4nted"));
    sluice_reload(&sluice, INI_DB);
    soon_without(console, "SHOW CONFIG", "stats.history|****");
    PQfinish(console);
    run_on_table("truncate sluice.performance_metrics");
    run_some(10);
    sluice_stop(&sluice);
    expect_on_table("select count(*) from sluice.performance_metrics", "0");
}

static void what_it_says_of_the_connection_has_no_secret(void **state)
{
    char ini[INI_MAX];
    char path[PROC_PATH_MAX + 16];

    (void)state;
    pace(SHORT_MINUTE MUCH);
    snprintf(ini, sizeof ini,
            INI_DB "history = postgresql://postgres:pl4nted@127.0.0.1:%d/nowhere\n", table.port);
    sluice_start(&sluice, ini);
    soon_logged(&sluice, "event=history_failed");
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CONFIG");
    bool is_shown = false;
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), "stats.history") == 0) {
            assert_string_equal(PQgetvalue(result, row, 1), "****");
            is_shown = true;
        }
    }
    assert_true(is_shown);
    PQclear(result);
    PQfinish(console);
    sluice_stop(&sluice);
    assert_false(sluice_logged(&sluice, "pl4nted"));
    /* What libpq would take for another host, and name it. */
    assert_int_not_equal(sluice_refused(&sluice,
                                 INI_DB "history = postgresql://postgres:x@pl4nted@127.0.0.1/\n"),
            0);
    assert_int_not_equal(sluice_refused(&sluice, INI_DB "history = password pl4nted\n"), 0);
    assert_int_not_equal(
            sluice_refused(&sluice, INI_DB "history = postgresql://postgres:pl4nted/x@a/\n"), 0);
    snprintf(path, sizeof path, "%s/sluice.ini", sluice.dir);
    char *log = proc_read(sluice.process.log);
    assert_non_null(strstr(log, "history is not a connection string"));
    assert_null(strstr(log, "pl4nted"));
    free(log);
    char *out = malloc(PROC_PATH_MAX);
    snprintf(out, PROC_PATH_MAX, "%.200s/check", sluice.dir);
    assert_int_not_equal(proc_shell(out, "%s --check %s", sluice_bin(), path), 0);
    log = proc_read(out);
    assert_non_null(strstr(log, "history is not a connection string"));
    assert_null(strstr(log, "pl4nted"));
    free(log);
    free(out);
}

static void speak_tls(const char *on)
{
    char sql[64];

    snprintf(sql, sizeof sql, "alter system set ssl = %s", on);
    run_on_table(sql);
    run_on_table("select pg_reload_conf()");
    soon_on_table("show ssl", on);
}

static void make_tls_ini(char ini[INI_MAX], const char *authority)
{
    snprintf(ini, INI_MAX,
            INI_DB "history = host=127.0.0.1 port=%d user=postgres dbname=postgres "
                   "sslmode=verify-full sslrootcert=%s/tls/%s.crt\n",
            table.port, table.dir, authority);
}

static void by_tls_it_goes_to_whom_the_authority_signed(void **state)
{
    char ini[INI_MAX];

    (void)state;
    pace(SHORT_MINUTE MUCH);
    speak_tls("on");
    make_tls_ini(ini, "other-ca");
    sluice_start(&sluice, ini);
    run_some(10);
    soon_logged(&sluice, "event=history_failed");
    expect_on_table("select to_regclass('sluice.query_shapes') is null", "t");
    make_tls_ini(ini, "ca");
    sluice_reload(&sluice, ini);
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    run_some(10);
    soon_on_table(
            "select sum(calls) >= 10 from sluice.performance_metrics where shape is not null", "t");
    speak_tls("off");
}

static PGconn *open_latin(void)
{
    return query_must_connect("host=%s port=%d user=postgres dbname=latin", table.dir, table.port);
}

/* Neither numbers nor the other texts are lost by what its encoding has not. */
static void what_the_encoding_has_not_costs_no_number(void **state)
{
    char ini[INI_MAX];

    (void)state;
    pace(LONG_MINUTE MUCH);
    run_on_table("drop database if exists latin");
    run_on_table("create database latin encoding 'LATIN1' locale 'C' template template0");
    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES "\n\"d\u65e5b\" = " AT_POSTGRES "\n" INI_ALONE
            "[stats]\nmode = on\n"
            "history = host=127.0.0.1 port=%d user=postgres dbname=latin\n",
            table.port);
    sluice_start(&sluice, ini);
    run_until_parsed("select 7 as \"\u65e5\u672c\"", "\u65e5\u672c");
    run_until_parsed("select 77 as n", "select ? as n");
    run_some(8);
    PGconn *other = open_as("postgres", "d\u65e5b");
    query_text(other, "select 5 as n");
    PQfinish(other);
    assert_int_equal(console_listed("history_rows_dropped"), 0);
    sluice_stop(&sluice);
    assert_false(sluice_logged(&sluice, "event=history_refused"));
    assert_false(sluice_logged(&sluice, "event=history_lost"));
    PGconn *latin = open_latin();
    query_expect(latin, TOTALS("calls"), "11");
    query_expect(latin, SHAPES("calls"), "11");
    query_expect(latin, SHAPES("calls") " and database = 'd?b'", "1");
    query_expect(latin, "select query from sluice.query_shapes order by 1",
            "select ? as \"??\"\nselect ? as n");
    PQfinish(latin);
}

/* It is refused at the COMMIT, when the texts had been sent: they are sent again. */
static void texts_of_a_refused_minute_come_later(void **state)
{
    (void)state;
    start_with(SHORT_MINUTE MUCH, "");
    soon_on_table("select to_regclass('sluice.query_shapes') is not null", "t");
    run_on_table("create function sluice.refuse() returns trigger language plpgsql as "
                 "'begin raise exception ''no'' using errcode = ''22000''; end';"
                 "create constraint trigger refuse after insert on sluice.performance_metrics "
                 "deferrable initially deferred for each row execute function sluice.refuse()");
    run_until_parsed("select 77 as n", "select ? as n");
    for (int i = 0; i < 3; i++) {
        long dropped = console_listed("history_rows_dropped");
        run_some(1);
        await_listed("history_rows_dropped", dropped + 1);
    }
    soon_logged(&sluice, "event=history_refused sqlstate=22000");
    expect_on_table("select count(*) from sluice.query_shapes", "0");
    run_on_table("drop trigger refuse on sluice.performance_metrics");
    run_some(1);
    soon_on_table("select count(*) from sluice.query_shapes where query = 'select ? as n'", "1");
}

/* Its statements are counted like others, and are always the same few. */
static void it_may_write_through_itself(void **state)
{
    char ini[INI_MAX];

    (void)state;
    pace(SHORT_MINUTE MUCH);
    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES
            "\ntable = host=127.0.0.1 port=%d dbname=postgres\n" INI_ALONE
            "pool_mode = transaction\n[stats]\nmode = on\n"
            "history = host=127.0.0.1 port=@PORT@ user=postgres dbname=table\n",
            table.port);
    sluice_start(&sluice, ini);
    soon_on_table("select count(distinct at) >= 4 from sluice.performance_metrics where shape is "
                  "not null",
            "t");
    run_some(10);
    soon_on_table(SHAPES("calls") " and database = 'db'", "10");
    soon_on_table("select count(distinct at) >= 12 from sluice.performance_metrics where shape is "
                  "not null",
            "t");
    expect_on_table("select count(distinct shape) < 30 from sluice.performance_metrics", "t");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare_clean, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(what_was_run_is_in_a_slot_of_ten_seconds),
            CASE(without_statistics_it_is_empty),
            CASE(what_was_run_is_in_the_table_once),
            CASE(it_goes_on_where_it_ended),
            CASE(rows_wait_while_the_database_is_away),
            CASE(at_the_bound_the_oldest_rows_are_dropped),
            CASE(a_commit_in_doubt_is_not_done_twice),
            CASE(rows_go_when_they_are_old),
            CASE(with_retention_0_they_stay),
            CASE(a_stopped_database_holds_up_no_end),
            CASE(a_table_of_another_shape_is_said),
            CASE(missing_privileges_are_said),
            CASE(a_reload_begins_and_ends_it),
            CASE(what_it_says_of_the_connection_has_no_secret),
            CASE(by_tls_it_goes_to_whom_the_authority_signed),
            CASE(what_the_encoding_has_not_costs_no_number),
            CASE(texts_of_a_refused_minute_come_later),
            CASE(it_may_write_through_itself),
    };

    return case_run(cases, CASE_COUNT(cases), start_both, stop_both_clusters);
}
