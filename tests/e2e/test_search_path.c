/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_search_path.c - one user, one text, two tables of that name: a statement is counted
 * by the search_path of its session, and its names are looked for by that.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INI_MAX = 4096, BODY_MAX = 512 };

#define OF_ROLE "as the role has it"
#define UNKNOWN "not known"
#define TEXT "select x from t"

static int http_port;
/* Clients of a case: they are closed behind it. */
static PGconn *one;
static PGconn *two;

static void start_with(const char *keys)
{
    char ini[INI_MAX];

    http_port = proc_free_port();
    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES "\nsession = " AT_POSTGRES " pool_mode=session\n"
            "set = " AT_POSTGRES " connect_query='set search_path = b'\n" INI_MAIN
            "pool_mode = transaction\n%s\n[stats]\nmode = on\n[http]\nlisten = 127.0.0.1:%d\n"
            "token = sesame\n",
            keys, http_port);
    sluice_start(&sluice, ini);
}

static PGconn *open_with(const char *database, const char *options)
{
    return query_must_connect("host=127.0.0.1 port=%d user=one dbname=%s sslmode=disable "
                              "options='%s'",
            sluice.port, database, options);
}

static void start_two(const char *keys, const char *database)
{
    start_with(keys);
    one = open_as("one", database);
    two = open_as("one", database);
}

static void leave(PGconn **client)
{
    PQfinish(*client);
    *client = NULL;
}

static int stop(void **state)
{
    leave(&one);
    leave(&two);
    return stop_sluice(state);
}

/* Of the row of SHOW QUERIES that begins so: calls with that path; -1: there is none. And its id. */
static long calls_of(
        PGconn *console, const char *database, const char *text, const char *path, char id[17])
{
    PGresult *result = PQexec(console, "SHOW QUERIES");
    long calls = -1;

    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    for (int row = 0; row < PQntuples(result); row++) {
        const char *query = PQgetvalue(result, row, PQfnumber(result, "query"));
        if (strncmp(query, text, strlen(text)) == 0 &&
                strcmp(PQgetvalue(result, row, PQfnumber(result, "database")), database) == 0 &&
                strcmp(PQgetvalue(result, row, PQfnumber(result, "search_path")), path) == 0) {
            assert_int_equal(calls, -1); /* once */
            calls = strtol(PQgetvalue(result, row, PQfnumber(result, "calls")), NULL, 10);
            snprintf(id, 17, "%s", PQgetvalue(result, row, PQfnumber(result, "id")));
        }
    }
    PQclear(result);
    return calls;
}

/* -1: no such row. */
static void expect_calls_of(const char *database, const char *text, const char *path, long expected)
{
    PGconn *console = open_console();
    char id[17];
    long calls = calls_of(console, database, text, path, id);

    /* Its text is there when it has been parsed. */
    for (long end = proc_now_ms() + SOON_MS; calls != expected;) {
        if (proc_now_ms() >= end) {
            fail_msg("%s by %s: %ld calls, not %ld", text, path, calls, expected);
        }
        proc_pause_ms(10);
        calls = calls_of(console, database, text, path, id);
    }
    PQfinish(console);
}

static void expect_calls(const char *database, const char *path, long expected)
{
    expect_calls_of(database, TEXT, path, expected);
}

/* What SHOW QUERY says of its tables there, once the catalogue is known. */
static void expect_tables(const char *database, const char *path, const char *expected)
{
    PGconn *console = open_console();
    char name[512];
    char sql[64];
    char id[17] = "";
    char value[256] = "";

    snprintf(name, sizeof name, "tables of %s/one, search_path %s", database, path);
    for (long end = proc_now_ms() + SOON_MS; strcmp(value, expected) != 0;) {
        if (proc_now_ms() >= end) {
            fail_msg("%s: \"%s\", not \"%s\"", name, value, expected);
        }
        proc_pause_ms(10);
        if (calls_of(console, database, TEXT, path, id) < 0) {
            continue;
        }
        snprintf(sql, sizeof sql, "SHOW QUERY %s", id);
        PGresult *result = PQexec(console, sql);
        for (int row = 0; row < PQntuples(result); row++) {
            if (strcmp(PQgetvalue(result, row, 1), name) == 0) {
                snprintf(value, sizeof value, "%s", PQgetvalue(result, row, 2));
            }
        }
        PQclear(result);
    }
    PQfinish(console);
}

/* By the table's only row it is seen which one it was. */
static void expect_read(PGconn *conn, const char *schema)
{
    query_expect(conn, TEXT, schema);
}

static void expect_said(const char *database, const char *user, const char *said)
{
    char body[BODY_MAX];

    snprintf(body, sizeof body, "{\"sql\":\"%s\",\"db\":\"%s\",\"user\":\"%s\"}", TEXT, database,
            user);
    struct web_answer answer;
    long end =
            proc_now_ms() + SOON_MS; /* a role is known when the catalogue has been read for it */
    do {
        answer = web_post(http_port, "/api/queries/analyze",
                "Authorization: Bearer sesame\r\nContent-Type: application/json\r\n", body,
                strlen(body));
    } while (strstr(answer.text, said) == NULL && proc_now_ms() < end);
    web_expect(answer, 200, said);
}

/* A metric with that path is so many. */
static void expect_metric(const char *path, int calls)
{
    char line[128];

    snprintf(line, sizeof line, "\",search_path=\"%s\"} %d\n", path, calls);
    web_expect(web_get(http_port, "/metrics"), 200, line);
}

/* ---- the startup packet ---- */

static void a_session_begins_with_its_own(void **state)
{
    (void)state;
    start_with("");
    PGconn *plain = open_as("one", "db");
    expect_read(plain, "public");
    expect_tables("db", OF_ROLE, "public.t");
    expect_said("db", "one", "\"search_path_of\":\"role default\"");
    one = open_with("db", "-c search_path=A,public");
    two = open_with("db", "-c search_path=b");
    expect_read(one, "a");
    expect_read(one, "a");
    expect_read(two, "b");
    expect_calls("db", OF_ROLE, 1);
    expect_calls("db", "a, public", 2);
    expect_calls("db", "b", 1);
    expect_tables("db", "a, public", "a.t");
    expect_tables("db", "b", "b.t");
    expect_tables("db", OF_ROLE, "public.t");
    expect_said("db", "one", "\"search_path\":\"a, public\"");                /* of a row */
    expect_said("db", "one", "\"search_path\":null,\"search_path_of\":null"); /* there are three */
    expect_metric("a, public", 2);
    web_expect(web_get(http_port, "/api/metrics/performance"), 200, "\"search_path\":\"b\"");
    PQfinish(plain);
}

static void what_connect_query_sets_is_not_known(void **state)
{
    (void)state;
    start_with("");
    PGconn *conn = open_as("one", "set");
    expect_read(conn, "b");
    expect_calls("set", UNKNOWN, 1);
    query_expect(conn, "set search_path = a", "SET");
    expect_read(conn, "a");
    expect_calls("set", "a", 1);
    PQfinish(conn);
}

/* A number is for the life of the process: who has not logged in takes none. */
static void who_does_not_log_in_takes_no_number(void **state)
{
    (void)state;
    start_with("");
    for (int i = 0; i < 3; i++) {
        PGconn *conn = query_connect("host=127.0.0.1 port=%d user=nobody dbname=db sslmode=disable "
                                     "options='-c search_path=x%d'",
                sluice.port, i);
        assert_int_equal(PQstatus(conn), CONNECTION_BAD);
        PQfinish(conn);
    }
    assert_int_equal(console_listed("search_paths"), 0);
    one = open_with("db", "-c search_path=a");
    expect_read(one, "a");
    assert_int_equal(console_listed("search_paths"), 1);
    assert_int_equal(console_listed("search_paths_refused"), 0);
}

/* Only what looks like a name is shown, and what is not told apart so has two rows all the same. */
static void a_literal_is_not_shown(void **state)
{
    (void)state;
    start_two("", "session");
    query_expect(one, "set search_path = '4111 1111', a", "SET");
    expect_read(one, "a");
    query_expect(one, "set search_path = '4111 2222', a", "SET");
    expect_read(one, "a");
    expect_read(one, "a");
    query_expect(one, "select set_config('search_path', '', false)", "");
    query_text(one, TEXT);
    leave(&two); /* an idle server */
    expect_calls("session", "?, a #2", 1);
    expect_calls("session", "?, a #3", 2);
    expect_calls("session", "no schema", 1);
    expect_tables("session", "?, a #3", "a.t"); /* it is looked for by the real one */
    expect_metric("?, a #2", 1);
    expect_metric("?, a #3", 2);
    expect_metric("no schema", 1);
    leave(&one);
    one = open_as("two", "db");
    expect_read(one, "a");
    expect_said("db", "two", "\"search_path\":\"?, a\",\"search_path_of\":\"role default\"");
}

/* ---- session pooling ---- */

static void a_set_stays_in_its_session(void **state)
{
    (void)state;
    start_two("", "session");
    query_expect(one, "set search_path = a", "SET");
    query_expect(two, "select set_config('search_path', 'b', false)", "b");
    expect_read(one, "a");
    expect_read(two, "b");
    expect_read(two, "b");
    expect_read(one, "a");
    query_expect(two, "begin", "BEGIN");
    query_expect(two, "set search_path = a", "SET");
    expect_read(two, "a");
    query_expect(two, "rollback", "ROLLBACK");
    expect_read(two, "b");
    expect_calls("session", "a", 3);
    expect_calls("session", "b", 3);
    query_expect(one, "reset search_path", "RESET");
    expect_read(one, "public");
    expect_calls("session", OF_ROLE, 1);
    leave(&one);
    PGconn *next = open_as("one", "session"); /* server_reset_query has been run */
    expect_read(next, "public");
    expect_calls("session", OF_ROLE, 2);
    PQfinish(next); /* an idle server, to ask the catalogue */
    expect_tables("session", "a", "a.t");
    expect_tables("session", "b", "b.t");
}

/* libpq prepares it by a name, and sends SET by the extended protocol. */
static void the_extended_protocol_is_followed(void **state)
{
    static const char *const databases[] = {"db", "session"};

    (void)state;
    start_with("max_prepared_statements = 10");
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        PGconn *conn = open_as("one", databases[i]);
        assert_string_equal(query_params(conn, TEXT, 0, NULL), "public");
        assert_string_equal(query_params(conn, "set search_path = a", 0, NULL), "SET");
        assert_string_equal(query_params(conn, TEXT, 0, NULL), "a");
        expect_calls(databases[i], OF_ROLE, 1);
        expect_calls(databases[i], "a", 1);
        expect_calls(databases[i], UNKNOWN, -1);
        PQclear(PQprepare(conn, "s", "select 1 as y", 0, NULL));
        assert_string_equal(query_prepared(conn, "s", 0, NULL), "1");
        assert_string_equal(query_params(conn, TEXT, 0, NULL), "a");
        expect_calls(databases[i], "a", 2);
        PQclear(PQprepare(conn, "set_b", "set search_path = b", 0, NULL));
        assert_string_equal(query_prepared(conn, "set_b", 0, NULL), "SET");
        assert_string_equal(query_params(conn, TEXT, 0, NULL), "b");
        /* In a session nobody reads what a name stands for any more. */
        expect_calls(databases[i], i == 0 ? "b" : UNKNOWN, 1);
        PQfinish(conn);
    }
}

/* ---- transaction pooling ---- */

static void a_local_one_is_its_transaction_s(void **state)
{
    (void)state;
    start_two("default_pool_size = 1", "db");
    query_expect(one, "begin", "BEGIN");
    query_expect(one, "set local search_path = a", "SET");
    expect_read(one, "a");
    query_expect(one, "commit", "COMMIT");
    query_expect(two, "begin", "BEGIN");
    query_expect(two, "select set_config('search_path', 'b', true)", "b");
    expect_read(two, "b");
    query_expect(two, "rollback", "ROLLBACK");
    expect_read(one, "public");
    expect_read(two, "public");
    expect_calls("db", "a", 1);
    expect_calls("db", "b", 1);
    expect_calls("db", OF_ROLE, 2);
    expect_calls("db", UNKNOWN, -1);
    expect_tables("db", "a", "a.t");
    expect_tables("db", "b", "b.t");
    /* A savepoint: not known from there on, until the transaction ends. */
    query_expect(one, "begin", "BEGIN");
    query_expect(one, "savepoint s", "SAVEPOINT");
    query_expect(one, "set local search_path = a", "SET");
    query_expect(one, "rollback to savepoint s", "ROLLBACK");
    expect_read(one, "public");
    query_expect(one, "rollback", "ROLLBACK");
    expect_read(one, "public");
    expect_calls("db", UNKNOWN, 1);
    expect_calls("db", OF_ROLE, 3);
}

/* With one server: it is the next one's when what it was left is gone. */
static void a_set_follows_its_client(void **state)
{
    (void)state;
    start_two("default_pool_size = 1", "db");
    query_expect(one, "set search_path = a", "SET");
    expect_read(one, "a"); /* nobody came between */
    expect_read(two, "public");
    expect_read(one, "a");
    expect_calls("db", "a", 2);
    expect_calls("db", OF_ROLE, 1);
    expect_calls("db", UNKNOWN, -1);
}

/* One that the client had before, with nobody in between, is told of what it has set elsewhere. */
static void a_set_follows_its_client_to_a_server_that_it_had(void **state)
{
    (void)state;
    start_two("default_pool_size = 2\nserver_round_robin = 1\nfunctions_by_catalog = 0", "db");
    query_expect(one, "begin", "BEGIN");
    query_expect(two, "begin", "BEGIN");
    query_expect(one, "commit", "COMMIT");
    query_expect(two, "commit", "COMMIT");
    expect_read(one, "public");
    expect_read(one, "public");
    query_expect(one, "set search_path = a", "SET");
    expect_read(one, "a");
    expect_read(one, "a");
    expect_calls("db", "a", 2);
    expect_calls("db", OF_ROLE, 2);
}

/* ---- what cannot be told ---- */

static void what_may_set_it_unseen_makes_it_unknown(void **state)
{
    static const char *const texts[] = {"select f_sets()", "set role two"};

    (void)state;
    start_two("default_pool_size = 1\nfunctions_by_catalog = 0", "db");
    for (long i = 0; i < (long)(sizeof texts / sizeof texts[0]); i++) {
        PGconn *conn = open_as("one", "db");
        expect_read(conn, "public");
        query_text(conn, texts[i]);
        query_text(conn, TEXT);
        expect_calls("db", OF_ROLE, 2 * i + 1);
        expect_calls("db", UNKNOWN, i + 1);
        PQfinish(conn);
        expect_read(two, "public"); /* takes it, cleaned */
    }
    expect_tables("db", UNKNOWN, "?.t");
    expect_tables("db", OF_ROLE, "public.t");
}

/* The server is asked behind these. */
static void what_may_have_set_it_is_known_once_it_has(void **state)
{
    static const char *const texts[] = {"do 'begin perform f_sets(); end'", "call p_sets()",
            "select f_sets()", "set search_path = b; select 1 as a"};

    (void)state;
    start_two("default_pool_size = 1\nfunctions_by_catalog = 1", "db");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        PGconn *conn = open_as("one", "db");
        query_text(conn, texts[i]);
        expect_read(conn, "b");
        expect_calls("db", "b", (long)i + 1);
        PQfinish(conn);
        expect_read(two, "public");
    }
    expect_calls("db", UNKNOWN, -1);
    expect_tables("db", "b", "b.t");
}

/* Of several statements in one text the path is that of none for sure. */
static void several_in_one_text_are_not_by_the_first_one_s_path(void **state)
{
    (void)state;
    start_with("");
    one = open_as("one", "db");
    query_expect(one, "select 1 as y; select x from t", "1\npublic");
    query_expect(one, "set search_path = b; select x from t", "SET\nb");
    expect_calls_of("db", "select ? as y", OF_ROLE, 1);
    expect_calls_of("db", "set search_path", UNKNOWN, 1);
}

static void a_temporary_table_may_be_meant(void **state)
{
    (void)state;
    start_two("", "session");
    expect_read(one, "public");
    query_expect(one, "create temp table t as select 'mine'::text as x", "SELECT 1");
    expect_read(one, "mine");
    expect_calls("session", OF_ROLE "; temporary tables, perhaps", 1);
    expect_calls("session", OF_ROLE, 1);
    leave(&two); /* an idle server */
    expect_tables("session", OF_ROLE, "public.t");
    expect_tables("session", OF_ROLE "; temporary tables, perhaps", "?.t");
}

static int start_filled_cluster(void **state)
{
    int failed = start_cluster(state);

    cluster_sql(&cluster,
            "create role one login; create role two login; grant two to one; "
            "alter role two set search_path = '4111 1111', a; create schema a; "
            "create schema b; grant usage on schema a, b to public;"
            "create table t as select 'public'::text as x; create table a.t as select 'a'::text as "
            "x; create table b.t as select 'b'::text as x;"
            "grant select on t, a.t, b.t to public;"
            "create function f_sets() returns text language sql as "
            "'select set_config(''search_path'', ''b'', false)';"
            "create procedure p_sets() language sql as "
            "'select set_config(''search_path'', ''b'', false)'");
    return failed;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, prepare, stop)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(a_session_begins_with_its_own),
            CASE(who_does_not_log_in_takes_no_number),
            CASE(a_literal_is_not_shown),
            CASE(what_connect_query_sets_is_not_known),
            CASE(a_set_stays_in_its_session),
            CASE(the_extended_protocol_is_followed),
            CASE(a_local_one_is_its_transaction_s),
            CASE(a_set_follows_its_client),
            CASE(a_set_follows_its_client_to_a_server_that_it_had),
            CASE(what_may_set_it_unseen_makes_it_unknown),
            CASE(what_may_have_set_it_is_known_once_it_has),
            CASE(several_in_one_text_are_not_by_the_first_one_s_path),
            CASE(a_temporary_table_may_be_meant),
    };

    return case_run(cases, CASE_COUNT(cases), start_filled_cluster, stop_cluster);
}
