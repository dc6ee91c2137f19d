/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_queries.c - SHOW QUERIES against what was really asked.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INI_MAX = 2048, MANY = 300, FLOOD = 10000 };

static void start_with(const char *stats)
{
    char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\ndb = host=127.0.0.1 port=%d dbname=postgres\n"
            "shared = host=127.0.0.1 port=%d dbname=postgres user=postgres\n" INI_ALONE
            "pool_mode = transaction\n[stats]\n%s",
            cluster.port, cluster.port, stats);
    sluice_start(&sluice, ini);
}

static PGconn *open_db(void)
{
    return open_as("postgres", "db");
}

/* Of the only row of QUERIES with so many calls. */
static void expect_query(const char *calls, const char *column, const char *expected)
{
    console_expect("SHOW QUERIES", "calls", calls, column, expected);
}

static long mem_of_shapes(const char *column)
{
    return console_number("SHOW MEM", "name", "shape", column);
}

/* ---- promises ---- */

static void every_statement_is_named_and_counted(void **state)
{
    (void)state;
    start_with("mode = on\n");
    PGconn *conn = open_db();
    for (int i = 0; i < 37; i++) {
        char text[96];
        snprintf(text, sizeof text, "select %d as n from generate_series(1, %d)", i, i + 1);
        PQclear(PQexec(conn, text));
    }
    PQclear(PQexec(conn, "create temp table t (a int)"));
    PGresult *result = PQprepare(conn, "p", "insert into t values ($1)", 0, NULL);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    for (int i = 0; i < 11; i++) {
        const char *const values[] = {"5"};
        result = PQexecPrepared(conn, "p", 1, values, NULL, NULL, 0);
        assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
        PQclear(result);
    }
    for (int i = 0; i < 5; i++) {
        PQclear(PQexecParams(
                conn, "select 1 / $1::int", 1, NULL, (const char *const[]){"0"}, NULL, NULL, 0));
    }
    PQfinish(conn);
    expect_query("37", "rows", "703"); /* 1 + 2 + ... + 37 */
    expect_query("37", "errors", "0");
    expect_query("37", "xacts", "37");
    expect_query("37", "database", "db");
    expect_query("37", "user", "postgres");
    expect_query("11", "rows", "11");
    expect_query("5", "errors", "5");
    expect_query("5", "rows", "0");
}

/* Its text: as soon as the parser's thread has been at it. */
static void expect_text(const char *calls, const char *expected)
{
    console_await("SHOW QUERIES", "calls", calls, "query", expected);
}

static void a_shape_is_shown_without_its_literals(void **state)
{
    (void)state;
    start_with("mode = on\n");
    PGconn *conn = open_db();
    PQclear(PQexec(conn, "SELECT 'a secret' AS x /* hidden */, 42"));
    PQclear(PQexec(conn, "SELECT 'another' as X, 43"));
    PQfinish(conn);
    expect_text("2", "select ? as x, ?");
    expect_query("2", "kind", "SELECT");
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "RESET STATS");
    assert_string_equal(PQcmdStatus(result), "RESET");
    PQclear(result);
    result = PQexec(console, "SHOW QUERIES");
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
    PQfinish(console);
}

/* A console's client_encoding is UTF-8, whatever that of who asked. */
static void texts_of_other_encodings_are_shown_in_utf8(void **state)
{
    (void)state;
    start_with("mode = on\n");
    PGconn *conn = open_db();
    query_expect(conn, "set client_encoding = latin1", "SET");
    query_expect(conn, "select 2 as \"zq\xe9!\"", "2");
    query_expect(conn, "select 2 as \"zq\xe9!\"", "2");
    PQfinish(conn);
    expect_text("2", "select ? as \"zq\xef\xbf\xbd!\"");
}

static void queries_come_in_the_order_asked_for(void **state)
{
    static const char *const orders[] = {"SHOW QUERIES", "SHOW QUERIES calls", "SHOW QUERIES rows"};
    static const char *const first[] = {"1", "9", "2"}; /* calls of the first row */

    (void)state;
    start_with("mode = on\n");
    PGconn *conn = open_db();
    PQclear(PQexec(conn, "select pg_sleep(0.5)"));
    for (int i = 0; i < 9; i++) {
        PQclear(PQexec(conn, "select 1 as one"));
    }
    for (int i = 0; i < 2; i++) {
        PQclear(PQexec(conn, "select generate_series(1, 500)"));
    }
    PQfinish(conn);
    PGconn *console = open_console();
    for (size_t i = 0; i < CASE_COUNT(orders); i++) {
        PGresult *result = PQexec(console, orders[i]);
        assert_string_equal(PQgetvalue(result, 0, PQfnumber(result, "calls")), first[i]);
        PQclear(result);
    }
    PQfinish(console);
}

static void await_waiting(void)
{
    long end = proc_now_ms() + SOON_MS;
    PGconn *console = open_console();
    bool is_waiting = false;

    while (!is_waiting) {
        PGresult *result = PQexec(console, "SHOW POOLS");
        int at = PQfnumber(result, "cl_waiting");
        for (int row = 0; row < PQntuples(result); row++) {
            is_waiting |= strcmp(PQgetvalue(result, row, at), "1") == 0;
        }
        PQclear(result);
        assert_true(proc_now_ms() < end);
    }
    PQfinish(console);
}

static void expect_at_least(const char *calls, const char *column, long least)
{
    assert_true(console_number("SHOW QUERIES", "calls", calls, column) >= least);
}

/* With one server, which another client's transaction has. */
static void time_at_the_server_and_in_line_are_apart(void **state)
{
    (void)state;
    start_with("mode = on\n[sluice]\ndefault_pool_size = 1\n");
    PGconn *holder = open_db();
    PGconn *conn = open_db();
    PQclear(PQexec(holder, "begin"));
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(0.1)"), 1);
    await_waiting();
    usleep(200 * 1000); /* it is this that is measured */
    PQclear(PQexec(holder, "commit"));
    PQfinish(holder);
    PQclear(PQgetResult(conn));
    assert_null(PQgetResult(conn));
    for (int i = 0; i < 3; i++) {
        PQclear(PQexec(conn, "select pg_sleep(0.1)"));
    }
    PQfinish(conn);
    expect_at_least("4", "wait_us", 200000);
    expect_at_least("4", "server_us", 400000);
    expect_at_least("4", "total_us", 600000);
    expect_query("4", "client_us", "0");
}

static void expect_refused(const char *calls)
{
    const char *total = console_value("SHOW QUERIES", "calls", calls, "total_us");

    assert_non_null(total);
    expect_query(calls, "errors", calls);
    expect_query(calls, "node", "-");
    expect_query(calls, "server_us", "0");
    expect_query(calls, "wait_us", total);
}

static void must_fail(PGconn *conn, const char *sqlstate)
{
    PGresult *result = PQgetResult(conn);

    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), sqlstate);
    while (result != NULL) {
        PQclear(result);
        result = PQgetResult(conn);
    }
}

static void who_waits_too_long_is_an_error_and_waiting(void **state)
{
    (void)state;
    start_with("mode = on\n[sluice]\ndefault_pool_size = 1\nquery_wait_timeout = 1\n");
    PGconn *holder = open_db();
    PQclear(PQexec(holder, "begin"));
    for (int i = 0; i < 2; i++) {
        PGconn *conn = open_db();
        assert_int_equal(PQsendQuery(conn, "select 1 as late"), 1);
        must_fail(conn, "53300");
        PQfinish(conn);
    }
    PQfinish(holder);
    expect_refused("2");
    expect_at_least("2", "wait_us", 2000000);
}

static void who_is_cancelled_in_line_is_an_error_and_waiting(void **state)
{
    char why[256];

    (void)state;
    start_with("mode = on\n[sluice]\ndefault_pool_size = 1\n");
    PGconn *holder = open_db();
    PGconn *conn = open_db();
    PGcancel *cancel = PQgetCancel(conn);
    PQclear(PQexec(holder, "begin"));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(PQsendQuery(conn, "select 1 as cancelled"), 1);
        await_waiting();
        assert_int_equal(PQcancel(cancel, why, sizeof why), 1);
        must_fail(conn, "57014");
    }
    PQfreeCancel(cancel);
    assert_int_equal(PQsendQuery(conn, "select 1 as cancelled"), 1);
    await_waiting();
    PQfinish(conn); /* who leaves by himself was refused nothing */
    PQfinish(holder);
    expect_refused("2");
}

/* ACTIVE's only row of that user. */
static void await_active(const char *user, const char *column, const char *expected)
{
    console_await("SHOW ACTIVE", "user", user, column, expected);
}

static void who_runs_what_now_is_shown(void **state)
{
    char node[32];
    char pid[32];

    (void)state;
    start_with("mode = on\n[sluice]\ndefault_pool_size = 1\nmax_user_connections = 0\n");
    PGconn *holder = open_as("one", "shared");
    PGconn *conn = open_as("two", "shared");
    snprintf(node, sizeof node, "127.0.0.1:%d", cluster.port);
    snprintf(pid, sizeof pid, "%s", query_text(holder, "select pg_backend_pid()"));
    assert_null(console_value("SHOW ACTIVE", "user", "one", "state"));
    assert_int_equal(PQsendQuery(holder, "select pg_sleep(3600)"), 1);
    await_active("one", "query", "select pg_sleep(?)");
    await_active("one", "state", "active");
    await_active("one", "node", node);
    await_active("one", "server_pid", pid);
    assert_int_equal(PQsendQuery(conn, "select 1"), 1);
    await_active("two", "state", "waiting");
    await_active("two", "node", "");
    PQfinish(conn);
    conn = open_console();
    PQclear(PQexec(conn, "KILL shared"));
    PQfinish(conn);
    PQfinish(holder);
}

/* What a server sent before, for others, is not subtracted. */
static void a_statement_that_ends_without_a_reply_has_no_bytes_out(void **state)
{
    (void)state;
    start_with("mode = on\n[sluice]\ndefault_pool_size = 1\n");
    PGconn *conn = open_db();
    query_expect(conn, "select 1", "1");
    query_expect(conn, "select 2", "2");
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(3600)"), 1);
    await_active("postgres", "state", "active");
    PGconn *console = open_console();
    PQclear(PQexec(console, "KILL db"));
    PQclear(PQgetResult(conn)); /* it is over */
    PQfinish(console);
    PQfinish(conn);
    expect_query("1", "bytes_out", "0");
}

static void await_none_active(const char *user)
{
    long end = proc_now_ms() + SOON_MS;

    while (console_value("SHOW ACTIVE", "user", user, "state") != NULL) {
        assert_true(proc_now_ms() < end);
    }
}

/* It ran, until it was cancelled for that: as PostgreSQL would say if there were anybody to listen. */
static void what_a_client_that_vanished_was_running_is_a_call_and_an_error(void **state)
{
    static const char sleep_long[] = "select pg_sleep(3600)";

    (void)state;
    start_with("mode = on\n");
    PGconn *direct = open_direct();
    PQclear(PQexec(direct, END_SLEEPERS)); /* of other cases */
    soon_query(direct, COUNT_SLEEPERS, "0");
    for (int i = 0; i < 4; i++) {
        PGconn *conn = open_db();
        int sent = i % 2 == 0 ? PQsendQuery(conn, sleep_long)
                              : PQsendQueryParams(conn, sleep_long, 0, NULL, NULL, NULL, NULL, 0);
        assert_int_equal(sent, 1);
        /* PostgreSQL forgets a cancel that comes before the statement has begun. */
        soon_query(direct, COUNT_SLEEPERS, "1");
        assert_int_equal(shutdown(PQsocket(conn), SHUT_RDWR), 0);
        PQfinish(conn);
        await_none_active("postgres");
        soon_query(direct, COUNT_SLEEPERS, "0");
    }
    expect_text("4", "select pg_sleep(?)");
    expect_query("4", "errors", "4");
    expect_query("4", "xacts", "0");
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW ERRORS");
    assert_int_equal(PQntuples(result), 1);
    assert_string_equal(PQgetvalue(result, 0, PQfnumber(result, "class")), "57");
    assert_string_equal(PQgetvalue(result, 0, PQfnumber(result, "count")), "4");
    PQclear(result);
    PQfinish(console);
    PQfinish(direct);
}

/* A message is a byte of type, four of length, and what is in it. */
static void the_data_of_a_copy_belongs_to_its_statement(void **state)
{
    static const char copy[] = "copy t_copied from stdin";
    char expected[32];

    (void)state;
    start_with("mode = on\n");
    PGconn *conn = open_db();
    query_expect(conn, "create temp table t_copied (a int)", "CREATE TABLE");
    PQclear(PQexec(conn, copy));
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(PQputCopyData(conn, "12345\n", 6), 1);
    }
    assert_int_equal(PQputCopyEnd(conn, NULL), 1);
    PGresult *result = PQgetResult(conn);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    assert_null(PQgetResult(conn));
    PQclear(PQexec(conn, copy));
    assert_int_equal(PQputCopyEnd(conn, "no"), 1);
    PQclear(PQgetResult(conn));
    assert_null(PQgetResult(conn));
    PQfinish(conn);
    snprintf(expected, sizeof expected, "%zu", 2 * (5 + sizeof copy) + (size_t)1000 * (5 + 6));
    expect_query("2", "bytes_in", expected);
    expect_query("2", "rows", "1000");
}

static void shapes_are_no_more_than_asked_for(void **state)
{
    (void)state;
    start_with("mode = on\nshapes = 100\n");
    PGconn *conn = open_db();
    for (int i = 0; i < MANY; i++) {
        char text[64];
        snprintf(text, sizeof text, "select 1 as column_%d", i);
        PQclear(PQexec(conn, text));
    }
    PQfinish(conn);
    PGconn *console = open_console();
    PQclear(PQexec(console, "SHOW QUERIES")); /* so that the store has heard of all */
    PQfinish(console);
    assert_in_range(mem_of_shapes("used"), 1, 100);
    assert_int_equal(mem_of_shapes("used"), console_listed("shapes"));
    assert_int_equal(console_listed("shapes_evicted"), MANY - console_listed("shapes"));
    assert_in_range(console_listed("plans"), 1, 100);
}

static void statistics_stay_within_their_memory(void **state)
{
    (void)state;
    start_with("mode = on\nshapes = 20000\nmemory = 4MB\n");
    PGconn *conn = open_db();
    for (int i = 0; i < FLOOD; i++) {
        char text[64];
        snprintf(text, sizeof text, "select 1 as c%d", i);
        PQclear(PQexec(conn, text));
    }
    PQfinish(conn);
    PGconn *console = open_console();
    PQclear(PQexec(console, "SHOW QUERIES"));
    PQfinish(console);
    assert_in_range(mem_of_shapes("memtotal"), 1, 4 * 1024 * 1024);
    assert_in_range(mem_of_shapes("used"), 100, FLOOD - 1);
}

static void it_is_on_unless_told_otherwise(void **state)
{
    (void)state;
    start_with("");
    PGconn *conn = open_db();
    query_expect(conn, "select 1", "1");
    query_expect(conn, "select 2", "2");
    PQfinish(conn);
    expect_query("2", "rows", "2");
}

static void it_may_be_off(void **state)
{
    (void)state;
    start_with("mode = off\n");
    PGconn *conn = open_db();
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW QUERIES");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
    result = PQexec(console, "SHOW STAGES");
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
    PQfinish(console);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, prepare, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(every_statement_is_named_and_counted),
            CASE(a_shape_is_shown_without_its_literals),
            CASE(texts_of_other_encodings_are_shown_in_utf8),
            CASE(queries_come_in_the_order_asked_for),
            CASE(time_at_the_server_and_in_line_are_apart),
            CASE(who_waits_too_long_is_an_error_and_waiting),
            CASE(who_is_cancelled_in_line_is_an_error_and_waiting),
            CASE(who_runs_what_now_is_shown),
            CASE(a_statement_that_ends_without_a_reply_has_no_bytes_out),
            CASE(what_a_client_that_vanished_was_running_is_a_call_and_an_error),
            CASE(the_data_of_a_copy_belongs_to_its_statement),
            CASE(shapes_are_no_more_than_asked_for),
            CASE(statistics_stay_within_their_memory),
            CASE(it_is_on_unless_told_otherwise),
            CASE(it_may_be_off),
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
