/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/cache_faces_why.c - SHOW CACHE WHY and EXPLAIN CACHE. */
#include "tests/e2e/cache_faces_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void await_name(
        PGconn *conn, const char *sql, const char *show, const char *name, const char *expected)
{
    const char *value = NULL;

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        (void)query_text(conn, sql);
        value = console_value(show, "name", name, "value");
        if (value != NULL && strcmp(value, expected) == 0) {
            return;
        }
    }
    fail_msg("%s, %s: %s instead of %s", show, name, value == NULL ? "none" : value, expected);
}

void a_statement_that_ran_is_explained(void **state)
{
    char show[64];

    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_table("explained");
    faces_await_hit(conn, "select v from explained where id = 7");
    snprintf(show, sizeof show, "SHOW CACHE WHY %s",
            faces_id("select v from explained where id = ?"));
    console_expect(show, "name", "verdict", "value", "kept");
    console_expect(show, "name", "reads", "value", "public.explained (stream)");
    console_expect(show, "name", "stream", "value", "up");
    console_expect(show, "name", "class", "value",
            "point: a write to another row, by (id), leaves it fresh");
    console_expect(show, "name", "writes", "value", "nothing");
    console_expect(show, "name", "verdict", "section", "shop/one, search_path as the role has it");

    (void)query_text(conn, "update explained set v = 1 where id = 3");
    snprintf(show, sizeof show, "SHOW CACHE WHY %s",
            faces_id("update explained set v = ? where id = ?"));
    await_name(conn, "update explained set v = 1 where id = 3", show, "reason",
            "not_select: it is no SELECT");
    await_name(conn, "select 1", show, "writes", "one row, by its key, of public.explained");
    PQfinish(conn);

    PGconn *console = open_console();
    query_expect_start(console, "SHOW CACHE WHY 0000000000000001", "ERROR");
    query_expect_start(console, "SHOW CACHE WHY", "ERROR");
    PQfinish(console);
}

#define EXPLAIN "EXPLAIN CACHE shop AS one "

void one_that_nobody_ran_is_explained_as_well(void **state)
{
    (void)state;
    PGconn *conn = open_as("one", "shop");
    faces_await_hit(conn, "select v from explained where id = 7"); /* its catalogue is known */
    console_expect(EXPLAIN "select id from explained where v = 271828", "name", "verdict", "value",
            "kept");
    console_expect(EXPLAIN "select id from explained where v = 271828", "name", "class", "value",
            "table: any write to a table that it reads makes it stale");
    console_expect(
            EXPLAIN "table explained;", "name", "reads", "value", "public.explained (stream)");
    console_expect(EXPLAIN "select now(), id from explained", "name", "what", "value", "now");
    console_expect(EXPLAIN "select id from explained where v::text = 'today'", "name", "reason",
            "value", "time_word: a word in it that may stand for the time");
    console_expect(EXPLAIN "select id from nowhere", "name", "verdict", "value", "refused");
    console_expect("explain cache shop as one delete from explained", "name", "writes", "value",
            "public.explained");

    PGconn *console = open_console();
    PGresult *result =
            PQexecParams(console, EXPLAIN "table explained", 0, NULL, NULL, NULL, NULL, 0);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK); /* by the extended protocol */
    assert_string_equal(PQgetvalue(result, 0, 2), "kept");
    PQclear(result);
    query_expect_start(console, EXPLAIN "selec 1", "ERROR");
    query_expect_start(console, "EXPLAIN CACHE nowhere select 1", "ERROR");
    query_expect_start(console, "EXPLAIN CACHE shop", "ERROR");
    query_expect_start(console, "EXPLAIN CACHE shop AS one", "ERROR");
    query_expect_start(console, "EXPLAIN select 1", "ERROR");
    PQfinish(console);
    /* Nothing of it is counted. */
    assert_null(
            console_value("SHOW QUERIES", "query", "select id from explained where v = ?", "id"));
    PQfinish(conn);
}
