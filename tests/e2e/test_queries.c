/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_queries.c - SHOW QUERIES against what was really asked.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INI_MAX = 2048, MANY = 300, FLOOD = 10000 };

static void start_with(const char *stats)
{
    char ini[INI_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\ndb = host=127.0.0.1 port=%d dbname=postgres\n" INI_MAIN
            "pool_mode = transaction\n[stats]\n%s",
            cluster.port, stats);
    sluice_start(&sluice, ini);
}

static PGconn *open_db(void)
{
    return open_as("postgres", "db");
}

/* Of the only row of QUERIES with so many calls; fails when there is none, or another one. */
static char *of_query(const char *calls, const char *column)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW QUERIES");
    int at = PQfnumber(result, "calls");
    char *value = NULL;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, at), calls) == 0) {
            assert_null(value);
            value = strdup(PQgetvalue(result, row, PQfnumber(result, column)));
        }
    }
    PQclear(result);
    PQfinish(console);
    assert_non_null(value);
    return value;
}

static void expect_query(const char *calls, const char *column, const char *expected)
{
    char *value = of_query(calls, column);

    assert_string_equal(value, expected);
    free(value);
}

static long mem_of_shapes(const char *column)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW MEM");
    long value = -1;

    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), "shape") == 0) {
            value = strtol(PQgetvalue(result, row, PQfnumber(result, column)), NULL, 10);
        }
    }
    PQclear(result);
    PQfinish(console);
    assert_true(value >= 0);
    return value;
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

static void time_at_the_server_and_in_line_are_apart(void **state)
{
    (void)state;
    start_with("mode = on\n");
    PGconn *first = open_db();
    PQclear(PQexec(first, "select pg_sleep(0.3)"));
    PQfinish(first);
    char *value = of_query("1", "server_us");
    assert_true(strtol(value, NULL, 10) >= 300000);
    free(value);
    value = of_query("1", "wait_us");
    assert_true(strtol(value, NULL, 10) >= 0);
    free(value);
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

static void it_is_off_unless_asked_for(void **state)
{
    (void)state;
    start_with("");
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
            CASE(time_at_the_server_and_in_line_are_apart),
            CASE(shapes_are_no_more_than_asked_for),
            CASE(statistics_stay_within_their_memory),
            CASE(it_is_off_unless_asked_for),
    };

    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
