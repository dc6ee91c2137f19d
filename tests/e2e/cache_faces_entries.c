/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/cache_faces_entries.c - SHOW CACHE KEYS, TABLES and SHAPES. */
#include "tests/e2e/cache_faces_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- KEYS ---- */

static void expect_nowhere(const char *show, const char *text)
{
    PGconn *console = open_console();
    PGresult *result = PQexec(console, show);

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < PQnfields(result); column++) {
            assert_null(strstr(PQgetvalue(result, row, column), text));
        }
    }
    PQclear(result);
    PQfinish(console);
}

#define KEYED "select v from keyed where id = ?"
#define OF_KEYED(column_, expected_)                                                               \
    console_expect("SHOW CACHE KEYS", "query", KEYED, column_, expected_)

void entries_are_shown_without_what_they_were_asked_with(void **state)
{
    const char *values[] = {"27182818"};

    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("keyed");
    faces_await_hit(conn, "select v from keyed where id = 7");
    OF_KEYED("database", "shop");
    OF_KEYED("role", "one");
    OF_KEYED("class", "point");
    OF_KEYED("state", "fresh");
    OF_KEYED("rows", "1");
    OF_KEYED("hits", "1");
    OF_KEYED("needs_stream", "yes");
    assert_true(console_number("SHOW CACHE KEYS", "query", KEYED, "expires_ms") <= 3600000);
    assert_true(console_number("SHOW CACHE KEYS", "query", KEYED, "expires_ms") > 3000000);

    (void)query_text(conn, "update keyed set v = 70 where id = 7");
    console_await(
            "SHOW CACHE KEYS", "query", KEYED, "state", "changed"); /* when it has been read */

    (void)query_text(conn, "select v from keyed where v = 31415926");
    do {
        (void)query_params(conn, "select v from keyed where v = $1::int", 1, values);
    } while (console_value("SHOW CACHE KEYS", "query", "select v from keyed where v = $1::int",
                     "rows") == NULL); /* it is not read at once */
    expect_nowhere("SHOW CACHE KEYS", "31415926");
    expect_nowhere("SHOW CACHE KEYS", "27182818");
    PQfinish(conn);
}

void those_that_saved_most_come_first_and_no_more_than_asked(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("ordered");
    faces_await_hit(conn, "select v from ordered where id = 3");
    for (int i = 0; i < 20; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "select v from ordered where id = %d", i);
        (void)query_text(conn, sql);
    }
    PQfinish(conn);

    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CACHE KEYS 1000");
    long before = -1;
    assert_true(PQntuples(result) >= 20);
    for (int row = 0; row < PQntuples(result); row++) {
        long saved = strtol(PQgetvalue(result, row, PQfnumber(result, "saved_us")), NULL, 10);
        assert_true(before < 0 || saved <= before);
        before = saved;
    }
    PQclear(result);
    result = PQexec(console, "SHOW CACHE KEYS 5");
    assert_int_equal(PQntuples(result), 5);
    PQclear(result);
    query_expect_start(console, "SHOW CACHE KEYS 0", "ERROR");
    query_expect_start(console, "SHOW CACHE KEYS x", "ERROR");
    PQfinish(console);
}

/* ---- SHAPES ---- */

/* Of that statement with that reason: there may be a row of the moment before its catalogue was known. */
static const char *of_shape(const char *shape, const char *reason, const char *column)
{
    static char value[256];
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CACHE SHAPES 1000");
    const char *found = NULL;

    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, PQfnumber(result, "query")), shape) == 0 &&
                strcmp(PQgetvalue(result, row, PQfnumber(result, "reason")), reason) == 0) {
            assert_null(found);
            snprintf(value, sizeof value, "%s", PQgetvalue(result, row, PQfnumber(result, column)));
            found = value;
        }
    }
    PQclear(result);
    PQfinish(console);
    return found;
}

static void expect_shape(
        const char *shape, const char *reason, const char *column, const char *expected)
{
    const char *value = of_shape(shape, reason, column);

    if (value == NULL || strcmp(value, expected) != 0) {
        fail_msg("%s of %s, %s: %s instead of %s", column, shape, reason,
                value == NULL ? "none" : value, expected);
    }
}

static void await_shape(PGconn *conn, const char *sql, const char *shape, const char *reason)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        (void)query_text(conn, sql);
        if (of_shape(shape, reason, "id") != NULL) {
            return;
        }
    }
    fail_msg("%s is never %s", shape, reason);
}

void statements_have_a_verdict_and_a_reason(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("judged");
    faces_await_hit(conn, "select v from judged where id = 7");
    expect_shape("select v from judged where id = ?", "kept", "verdict", "kept");
    expect_shape("select v from judged where id = ?", "kept", "class", "point");
    faces_await_hit(conn, "select v, id from judged where v = 7");
    expect_shape("select v, id from judged where v = ?", "kept", "class", "rows");
    expect_shape("select v from judged where id = ?", "kept", "hits", "1");
    expect_shape("select v from judged where id = ?", "kept", "entries", "1");
    expect_shape("select v from judged where id = ?", "kept", "database", "shop");
    expect_shape("select v from judged where id = ?", "kept", "last_miss", "kept");

    await_shape(conn, "select random(), v from judged where id = 7",
            "select random(), v from judged where id = ?", "function_varies");
    expect_shape(
            "select random(), v from judged where id = ?", "function_varies", "what", "random");
    expect_shape(
            "select random(), v from judged where id = ?", "function_varies", "verdict", "refused");
    expect_shape("select random(), v from judged where id = ?", "function_varies", "last_miss",
            "policy");
    await_shape(conn, "select relname from pg_class where oid = 31415926",
            "select relname from pg_class where oid = ?", "system_table");
    expect_nowhere("SHOW CACHE SHAPES 1000", "31415926");
    PQfinish(conn);
}

/* ---- TABLES ---- */

void tables_say_how_their_writes_are_known(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("tallied");
    faces_await_hit(conn, "select v from tallied where id = 7");
    faces_await_hit(conn, "select count(*) from tallied");
    faces_await_hit(conn, "select id from tallied where v = 7");
    console_await("SHOW CACHE TABLES", "table", "public.tallied", "coverage", "stream");
    console_expect("SHOW CACHE TABLES", "table", "public.tallied", "database", "shop");
    console_expect("SHOW CACHE TABLES", "table", "public.tallied", "shapes", "3");
    console_expect("SHOW CACHE TABLES", "table", "public.tallied", "entries", "3");
    console_expect("SHOW CACHE TABLES", "table", "public.tallied", "points", "1");
    console_expect("SHOW CACHE TABLES", "table", "public.tallied", "row_sets", "1");
    console_expect("SHOW CACHE TABLES", "table", "public.tallied", "hits", "3");
    PQfinish(conn);
}
