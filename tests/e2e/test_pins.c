/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_pins.c - who keeps a server, as the console and /metrics say, and how many may.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INI_MAX = 2048, TOLD_MAX = 1024 };

static int port;

/* half: of its two servers one may be pinned. */
static void start_with(const char *stats)
{
    char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\n"
            "db = " AT_POSTGRES " dbname=postgres user=postgres\n"
            "half = " AT_POSTGRES " dbname=postgres user=postgres pool_size=2"
            " max_pinned_percent=50\n" INI_MAIN "pool_mode = transaction\nshared_listen = 0\n"
            "[stats]\n%s\n[http]\nlisten = 127.0.0.1:%d\n",
            stats, port);
    sluice_start(&sluice, ini);
    soon_logged(&sluice, "event=started ");
}

static int begin(void **state)
{
    (void)prepare(state);
    port = proc_free_port();
    return 0;
}

/* The answer to what its transaction has left is there when the next is answered. */
static void leave(PGconn *conn, const char *sql, const char *expected)
{
    query_expect(conn, sql, expected);
    query_expect(conn, "select 1", "1");
}

static void expect_pin(const char *user, const char *column, const char *expected)
{
    console_expect("SHOW PINS", "user", user, column, expected);
}

static char told[TOLD_MAX];

static void keep_notice(void *unused, const PGresult *result)
{
    (void)unused;
    snprintf(told, sizeof told, "%s", PQresultErrorMessage(result));
}

/*
 * It is told when the server has said what was left, which its next statement waits for; to libpq
 * it is a notice, if it comes ahead of that: maybe while it reads the answer to the one before.
 */
static PGconn *open_refused(const char *user, const char *dbname)
{
    PGconn *conn = open_as(user, dbname);

    told[0] = '\0';
    (void)PQsetNoticeReceiver(conn, keep_notice, NULL);
    return conn;
}

static void expect_refused(PGconn *conn, const char *why)
{
    PGresult *result = PQexec(conn, "select 1");
    assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
    if (strstr(PQerrorMessage(conn), why) == NULL && strstr(told, why) == NULL) {
        fail_msg("it was told: %s%s", told, PQerrorMessage(conn));
    }
    PQclear(result);
    PQfinish(conn);
}

static double sample(const char *name)
{
    struct web_answer answer = web_get(port, "/metrics");
    char line[256];

    snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(answer.body, line);
    if (at == NULL) {
        fail_msg("there is no sample %s in:\n%s", name, answer.body);
        return 0;
    }
    double value = strtod(at + strlen(line), NULL);
    return value;
}

/* ---- promises ---- */

static void who_keeps_a_server_is_shown_with_reason_and_statement(void **state)
{
    char pid[32];
    char id[32];

    (void)state;
    start_with("mode = on");
    PGconn *one = open_as("one", "db");
    PGconn *two = open_as("two", "db");
    assert_null(console_value("SHOW PINS", "user", "one", "reasons"));
    leave(one, "create temp table t as select 'a secret' as a", "SELECT 1");
    snprintf(pid, sizeof pid, "%s", query_text(one, "select pg_backend_pid()"));
    expect_pin("one", "reasons", "temporary object");
    expect_pin("one", "database", "db");
    expect_pin("one", "server_pid", pid);
    snprintf(id, sizeof id, "%s", console_value("SHOW CLIENTS", "user", "one", "id"));
    expect_pin("one", "client", id);
    snprintf(id, sizeof id, "%s", console_value("SHOW SERVERS", "remote_pid", pid, "id"));
    expect_pin("one", "server", id);
    assert_true(strlen(console_value("SHOW PINS", "user", "one", "since")) ==
                strlen("2026-01-01 00:00:00 UTC"));
    console_await("SHOW PINS", "user", "one", "query", "create temp table t as select ? as a");
    leave(one, "set work_mem = '1MB'", "SET"); /* that is not why */
    expect_pin("one", "query", "create temp table t as select ? as a");
    leave(one, "select pg_try_advisory_lock(4711)", "t");
    expect_pin("one", "reasons", "temporary object, advisory lock");
    console_await("SHOW PINS", "user", "one", "query", "select pg_try_advisory_lock(?)");
    assert_null(console_value("SHOW PINS", "user", "two", "reasons"));
    query_expect(two, "listen x", "LISTEN");
    query_expect(two, "select 1", "1");
    expect_pin("two", "reasons", "listen");
    leave(one, "select pg_advisory_unlock(4711)", "t");
    expect_pin("one", "reasons", "temporary object");
    query_expect(one, "drop table t", "DROP TABLE");
    soon_query(one, "select 1", "1");
    assert_null(console_value("SHOW PINS", "user", "one", "reasons"));
    PQfinish(one);
    PQfinish(two);
}

/* As drivers send it: prepared by name, without the text. */
static void the_statement_is_known_by_its_name_too(void **state)
{
    (void)state;
    start_with("mode = on");
    PGconn *conn = open_as("one", "db");
    PGresult *result = PQprepare(conn, "lock", "select pg_try_advisory_lock($1)", 0, NULL);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    query_expect(conn, "select 1", "1");
    const char *const values[] = {"4712"};
    assert_string_equal(query_prepared(conn, "lock", 1, values), "t");
    query_expect(conn, "select 1", "1");
    expect_pin("one", "reasons", "advisory lock");
    console_await("SHOW PINS", "user", "one", "query", "select pg_try_advisory_lock($1)");
    PQfinish(conn);
}

static void without_statistics_no_statement_is_named(void **state)
{
    (void)state;
    start_with("mode = off");
    PGconn *conn = open_as("one", "db");
    leave(conn, "create temp table t ()", "CREATE TABLE");
    expect_pin("one", "reasons", "temporary object");
    expect_pin("one", "id", "");
    expect_pin("one", "query", "");
    PQfinish(conn);
}

static void pins_are_counted_by_reason_and_pool(void **state)
{
    static const char gauge[] =
            "sluice_pinned_clients{database=\"db\",user=\"postgres\",reason=\"advisory lock\"}";
    static const char count[] = "sluice_pins_total{reason=\"advisory lock\"}";
    static const char time[] = "sluice_pinned_seconds_total{reason=\"advisory lock\"}";

    (void)state;
    start_with("mode = on");
    assert_true(sample(count) == 0);
    assert_true(sample(time) == 0);
    PGconn *one = open_as("one", "db");
    PGconn *two = open_as("two", "db");
    leave(one, "select pg_advisory_lock(1)", "");
    leave(two, "select pg_advisory_lock(2)", "");
    assert_true(sample(gauge) == 2);
    assert_true(sample(count) == 2);
    assert_true(sample(time) > 0);
    assert_true(sample("sluice_pins_total{reason=\"listen\"}") == 0);
    console_expect("SHOW PIN_REASONS", "reason", "advisory lock", "clients", "2");
    query_expect(one, "select pg_advisory_unlock_all()", "");
    query_expect(one, "select 1", "1");
    PQfinish(two);
    console_await("SHOW PIN_REASONS", "reason", "advisory lock", "clients", "0");
    assert_true(sample(gauge) == 0);
    assert_true(sample(count) == 2);
    PQfinish(one);
}

static void so_much_of_a_pool_may_be_pinned(void **state)
{
    (void)state;
    start_with("mode = on");
    PGconn *one = open_as("one", "half");
    PGconn *two = open_refused("two", "half");
    PGconn *three = open_as("postgres", "half");
    leave(one, "create temp table t ()", "CREATE TABLE");
    query_expect(two, "create temp table t ()", "CREATE TABLE");
    expect_refused(two, "pinned servers exceeded for database \"half\" and user \"postgres\" "
                        "(max_pinned_percent): this session has left behind: temporary object");
    /* Nothing of it is left for who comes next, and who was pinned is as he was. */
    query_expect(three,
            "select count(*) from pg_class where relname = 't' and"
            " relnamespace = pg_my_temp_schema()",
            "0");
    query_expect(one, "select count(*) from t", "0");
    leave(one, "drop table t", "DROP TABLE");
    leave(three, "create temp table t ()", "CREATE TABLE");
    expect_pin("postgres", "reasons", "temporary object");
    PQfinish(one);
    PQfinish(three);
}

static void the_bound_may_change_while_it_runs(void **state)
{
    (void)state;
    start_with("mode = on");
    PGconn *console = open_console();
    PGconn *one = open_as("one", "db");
    PGconn *two = open_refused("two", "db");
    leave(one, "listen x", "LISTEN");
    query_expect(console, "SET max_pinned_percent = 0", "SET");
    query_expect(one, "select 1", "1"); /* who is there stays */
    query_expect(two, "listen x", "LISTEN");
    expect_refused(two, "(max_pinned_percent)");
    expect_pin("one", "reasons", "listen");
    query_expect(console, "SET max_pinned_percent = 100", "SET");
    two = open_as("two", "db");
    leave(two, "listen x", "LISTEN");
    expect_pin("two", "reasons", "listen");
    PQfinish(two);
    PQfinish(one);
    PQfinish(console);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(who_keeps_a_server_is_shown_with_reason_and_statement),
        CASE(the_statement_is_known_by_its_name_too),
        CASE(without_statistics_no_statement_is_named),
        CASE(pins_are_counted_by_reason_and_pool),
        CASE(so_much_of_a_pool_may_be_pinned),
        CASE(the_bound_may_change_while_it_runs),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
