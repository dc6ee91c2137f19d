/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_catalog.c - what is known of a database's catalogues, since when, and what it
 * takes to know it: nothing that a client could tell.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"
#include "tests/support/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INI_MAX = 4096, BODY_MAX = 1024 };

static int http_port;

static void start_with(const char *sluice_keys, const char *stats)
{
    char ini[INI_MAX];

    http_port = proc_free_port();
    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES "\nsame = " AT_POSTGRES "\nother = " AT_CLUSTER
            " dbname=template1\nset = " AT_POSTGRES " connect_query='set search_path = b'\n"
            "session = " AT_POSTGRES " pool_mode=session\n" INI_ALONE
            "pool_mode = transaction\n%s\n[stats]\nmode = on\n%s\n[http]\nlisten = "
            "127.0.0.1:%d\ntoken = sesame\n",
            sluice_keys, stats, http_port);
    sluice_start(&sluice, ini);
}

static void expect_catalog(const char *database, const char *column, const char *expected)
{
    console_expect("SHOW CATALOG", "database", database, column, expected);
}

static void await_catalog(const char *database, const char *column, const char *expected)
{
    console_await("SHOW CATALOG", "database", database, column, expected);
}

static long loads_of(const char *database)
{
    return console_number("SHOW CATALOG", "database", database, "loads");
}

/* That has asked something: there is a server, which is idle. */
static PGconn *open_used(const char *user, const char *database)
{
    PGconn *conn = open_as(user, database);

    query_expect(conn, "select 1", "1");
    return conn;
}

static void expect_said(const char *database, const char *user, const char *sql, const char *said)
{
    char body[BODY_MAX];

    snprintf(body, sizeof body, "{\"sql\":\"%s\",\"db\":\"%s\",\"user\":\"%s\"}", sql, database,
            user);
    long end = proc_now_ms() + SOON_MS;
    struct web_answer answer;
    do { /* a role that has just come is asked about by a load of its own */
        answer = web_post(http_port, "/api/queries/analyze",
                "Authorization: Bearer sesame\r\nContent-Type: application/json\r\n", body,
                strlen(body));
    } while (strstr(answer.text, said) == NULL && proc_now_ms() < end);
    web_expect(answer, 200, said);
}

static void expect_volatility(const char *call, const char *volatility)
{
    char sql[BODY_MAX];
    char said[64];

    snprintf(sql, sizeof sql, "select %s", call);
    snprintf(said, sizeof said,
            volatility == NULL ? "\"volatility\":null,\"is" : "\"volatility\":\"%s\",\"is",
            volatility);
    expect_said("db", "one", sql, said);
}

static void expect_table(
        const char *database, const char *user, const char *name, const char *schema)
{
    char sql[BODY_MAX];
    char said[128];

    snprintf(sql, sizeof sql, "select 1 from %s", name);
    snprintf(said, sizeof said,
            schema == NULL ? "\"schema\":null,\"name\":" : "\"schema\":\"%s\",\"name\":", schema);
    expect_said(database, user, sql, said);
}

/* ---- what is known ---- */

static void functions_are_as_volatile_as_the_catalogue_says(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *conn = open_used("one", "db");
    await_catalog("db", "state", "loaded");
    expect_volatility("lower('x')", "immutable");
    expect_volatility("now()", "stable");
    expect_volatility("random()", "volatile");
    expect_volatility("nextval('s')", "volatile");
    expect_volatility("f_immutable(1)", "immutable");
    expect_volatility("f_stable()", "stable");
    expect_volatility("f_volatile()", "volatile");
    expect_volatility("f_either(1)", "volatile"); /* of an int it is immutable, of a text not */
    expect_volatility("f_either(1, 2)", "stable");
    expect_volatility("f_nowhere(1)", NULL);
    expect_volatility("b.f_hidden(1)", "stable");
    expect_volatility("f_hidden(1)", NULL);    /* not in the path */
    expect_volatility("f_sum(1)", "volatile"); /* an aggregate, by its transition function */
    expect_volatility("sum(1)", "immutable");
    expect_catalog("db", "failures", "0"); /* user one is nobody special */
    expect_catalog("db", "error", "");
    PQfinish(conn);
}

/* template1 has none of it. */
static void tables_are_found_by_the_role_s_path(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *one = open_used("one", "db");
    PGconn *two = open_used("two", "db");
    PGconn *other = open_used("two", "other");
    PGconn *set = open_used("two", "set");
    await_catalog("db", "roles", "2");
    await_catalog("db", "state", "loaded");
    await_catalog("other", "state", "loaded");
    await_catalog("set", "state", "loaded");
    expect_table("db", "one", "t", "public");
    expect_table("db", "two", "t", "a"); /* ALTER ROLE: b, a; but may not look into b */
    expect_table("db", "two", "b.t", "b");
    expect_table("db", "one", "only_b", NULL); /* not in the path */
    expect_table("db", "one", "pg_class", "pg_catalog");
    expect_said("db", "two", "select 1 from v", "\"relation\":\"view\"");
    expect_table("db", "postgres", "t", NULL); /* nobody of that name has been here */
    expect_table("other", "two", "t", NULL);   /* another database */
    expect_table("set", "two", "t", NULL);     /* connect_query may say what it wants */
    PQfinish(one);
    PQfinish(two);
    PQfinish(other);
    PQfinish(set);
}

/* A timeout, or whatever else is in options, says nothing of it. */
static void options_that_are_of_no_path_leave_it_known(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *one = query_must_connect("host=127.0.0.1 port=%d user=one dbname=db sslmode=disable "
                                     "options='-c intervalstyle=postgres_verbose'",
            sluice.port);
    PGconn *two = query_must_connect("host=127.0.0.1 port=%d user=one dbname=other sslmode=disable "
                                     "options='-c search_path=b'",
            sluice.port);
    query_expect(one, "select 1", "1");
    query_expect(two, "select 1", "1");
    await_catalog("db", "state", "loaded");
    await_catalog("other", "state", "loaded");
    expect_table("db", "one", "t", "public");
    expect_table("other", "one", "pg_class", NULL); /* reset_val would be its client's */
    PQfinish(one);
    PQfinish(two);
}

/* The server that is asked may be left as another's session, and nobody of that name be there any more. */
static void whose_session_a_server_is_does_not_matter(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *busy = open_used("postgres", "db");
    query_expect(busy, "begin", "BEGIN");
    query_expect(busy, "select 1", "1");
    PGconn *gone = open_as("postgres", "db");
    query_expect(gone, "create role gone", "CREATE ROLE");
    query_expect(gone, "set session authorization gone", "SET");
    query_expect(gone, "select session_user", "gone");
    await_catalog("db", "state", "loaded");
    expect_table("db", "postgres", "t", "public");
    long loads = loads_of("db");
    cluster_sql(&cluster, "drop role gone");
    query_expect(busy, "create table more_of_it ()", "CREATE TABLE");
    query_expect(busy, "commit", "COMMIT");
    query_expect(busy, "begin", "BEGIN"); /* the other one is lent */
    query_expect(busy, "select 1", "1");
    for (long end = proc_now_ms() + SOON_MS; loads_of("db") == loads && proc_now_ms() < end;) {
        proc_pause_ms(10);
    }
    assert_true(loads_of("db") > loads);
    await_catalog("db", "state", "loaded");
    expect_table("db", "postgres", "more_of_it", "public");
    PQfinish(busy);
    PQfinish(gone);
}

#define BY_ROLE ", search_path as the role has it"

/* The value of a line of SHOW QUERY, for the only shape that begins so. */
static void await_line(const char *query, const char *name, const char *expected)
{
    PGconn *console = open_console();
    char sql[64] = "";
    const char *value = "";

    for (long end = proc_now_ms() + SOON_MS; strcmp(value, expected) != 0;) {
        if (proc_now_ms() >= end) {
            fail_msg("%s is \"%s\", not \"%s\"", name, value, expected);
        }
        PGresult *result = PQexec(console, "SHOW QUERIES");
        for (int row = 0; row < PQntuples(result); row++) {
            const char *text = PQgetvalue(result, row, PQfnumber(result, "query"));
            if (strncmp(text, query, strlen(query)) == 0) {
                snprintf(sql, sizeof sql, "SHOW QUERY %s", PQgetvalue(result, row, 0));
            }
        }
        PQclear(result);
        result = PQexec(console, sql);
        value = "";
        for (int row = 0; row < PQntuples(result); row++) {
            if (strcmp(PQgetvalue(result, row, 1), name) == 0) {
                static char line[1024];
                snprintf(line, sizeof line, "%s", PQgetvalue(result, row, 2));
                value = line;
            }
        }
        PQclear(result);
        proc_pause_ms(10);
    }
    PQfinish(console);
}

static void a_shape_s_names_are_told_for_each_user(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *one = open_used("one", "db");
    PGconn *two = open_used("two", "db");
    await_catalog("db", "roles", "2");
    query_text(one, "select f_stable(), random() as r from t, pg_class limit 1");
    query_text(two, "select f_stable(), random() as r from t, pg_class limit 1");
    await_line("select f_stable", "tables of db/one" BY_ROLE, "public.t, pg_catalog.pg_class");
    await_line("select f_stable", "tables of db/two" BY_ROLE, "a.t, pg_catalog.pg_class");
    await_line("select f_stable", "functions of db/one" BY_ROLE,
            "f_stable(0) stable, random(0) volatile");
    await_line("select f_stable", "functions of db/two" BY_ROLE,
            "f_stable(0) unknown, random(0) volatile");
    expect_said("db", "two", "select 1 from t", "\"search_path_of\":\"role default\"");
    expect_said("db", "nobody", "select 1 from t", "\"search_path_of\":null");
    PQfinish(one);
    PQfinish(two);
}

static void a_new_user_is_asked_about(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *one = open_used("one", "db");
    await_catalog("db", "state", "loaded");
    expect_catalog("db", "roles", "1");
    PGconn *two = open_used("two", "db");
    await_catalog("db", "roles", "2");
    PQfinish(one);
    PQfinish(two);
}

/* ---- since when ---- */

/* A change is in a transaction: as long as that is open nothing is known, and no load is begun. */
static void a_change_is_known_to_be_one(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *conn = open_used("postgres", "db");
    PGconn *idle = open_used("postgres", "db");
    PGconn *same = open_used("postgres", "same"); /* it is the same database */
    await_catalog("db", "state", "loaded");
    await_catalog("same", "state", "loaded");
    long loads = loads_of("db");
    query_expect(conn, "begin", "BEGIN");
    query_expect(conn, "create function f_new() returns int language sql immutable as 'select 1'",
            "CREATE FUNCTION");
    expect_catalog("db", "state", "stale");
    expect_catalog("same", "state", "stale");
    query_expect(idle, "select 1", "1");
    expect_said("db", "postgres", "select lower('x')", "\"volatility\":null");
    PGconn *other = open_used("postgres", "other"); /* when that is loaded, there was time for db */
    await_catalog("other", "state", "loaded");
    expect_catalog("db", "state", "stale");
    assert_int_equal(loads_of("db"), loads);
    query_expect(conn, "commit", "COMMIT");
    await_catalog("db", "state", "loaded");
    await_catalog("same", "state", "loaded");
    expect_said("db", "postgres", "select f_new()", "\"volatility\":\"immutable\",\"is");
    query_expect(conn, "drop function f_new()", "DROP FUNCTION");
    expect_catalog("db", "state", "stale");
    await_catalog("db", "state", "loaded");
    expect_said("db", "postgres", "select f_new()", "\"volatility\":null,\"is");
    PQfinish(conn);
    PQfinish(idle);
    PQfinish(same);
    PQfinish(other);
}

struct change {
    const char *sql;
    bool is_one;
};

static const struct change changes[] = {
        {"create temp table z (a int)", false},
        {"insert into z values (1)", false},
        {"select a into table z2 from z", true},
        {"create table z3 as select 1 as a", true},
        {"do $$ begin alter table z3 add b int; end $$", true},
        {"grant select on z3 to one", true},
        {"alter role one set work_mem = '1MB'", true},
        {"truncate z3", false},
        {"update z3 set a = 2", false},
        {"drop table z3, z2", true},
};

static void expect_change(const struct change *change)
{
    if (change->is_one) {
        expect_catalog("db", "state", "stale");
        await_catalog("db", "state", "loaded");
    } else {
        expect_catalog("db", "state", "loaded");
    }
}

static void what_is_a_change_is_told_by_text_and_tag(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *conn = open_used("postgres", "db");
    PGconn *session = open_used("postgres", "session");
    PGconn *leaver = open_used("postgres", "session");
    PQfinish(leaver); /* its server is idle now */
    await_catalog("db", "state", "loaded");
    await_catalog("session", "state", "loaded");
    for (size_t i = 0; i < CASE_COUNT(changes); i++) {
        query_params(conn, changes[i].sql, 0, NULL);
        expect_change(&changes[i]);
    }
    /* Text beyond what is read: its tag tells. */
    char *text = malloc(40000);
    assert_non_null(text);
    snprintf(text, 40000, "create table z4 (a int) %30000s", "");
    query_expect(conn, text, "CREATE TABLE");
    free(text);
    expect_change(&(struct change){"", true});
    /* Prepared in one segment, done in another; in a session, by its tag. */
    PQclear(PQprepare(session, "p", "drop table z4", 0, NULL));
    await_catalog("db", "state", "loaded");
    query_prepared(session, "p", 0, NULL);
    expect_change(&(struct change){"", true});
    await_catalog("session", "state", "loaded");
    PQfinish(conn);
    PQfinish(session);
}

/* ---- at whose cost ---- */

static void a_server_that_is_wanted_is_not_lent(void **state)
{
    (void)state;
    start_with("default_pool_size = 1", "");
    PGconn *holder = open_as("one", "db");
    PGconn *waiter = open_as("one", "db");
    query_expect(holder, "begin", "BEGIN");
    query_expect(holder, "select 1", "1");
    assert_int_equal(PQsendQuery(waiter, "select 2"), 1);
    PGconn *other = open_used("one", "other");
    await_catalog("other", "state", "loaded"); /* there was time for db as well */
    expect_catalog("db", "state", "unknown");
    query_expect(holder, "commit", "COMMIT");
    soon_result(waiter, "2");
    await_catalog("db", "state", "loaded");
    expect_catalog("db", "failures", "0");
    PQfinish(holder);
    PQfinish(waiter);
    PQfinish(other);
}

/* What was counted for the database's clients. */
static const char *stats_of(PGconn *console)
{
    static char values[256];
    PGresult *result = PQexec(console, "SHOW STATS_TOTALS");

    values[0] = '\0';
    for (int row = 0; row < PQntuples(result); row++) {
        for (int i = 1; strcmp(PQgetvalue(result, row, 0), "db") == 0 && i < PQnfields(result);
                i++) {
            size_t len = strlen(values);
            snprintf(values + len, sizeof values - len, "%s ", PQgetvalue(result, row, i));
        }
    }
    PQclear(result);
    assert_true(values[0] != '\0');
    return values;
}

/* In its pool's only server: what its client left there is there, and nothing was counted. */
static void a_session_is_as_it_was(void **state)
{
    (void)state;
    start_with("default_pool_size = 1", "");
    PGconn *conn = open_as("one", "db");
    query_expect(conn, "set search_path = b, public", "SET");
    query_expect(conn, "create temp table mine as select 7 as seven", "SELECT 1");
    query_expect(conn, "prepare p as select 8", "PREPARE");
    PQclear(PQprepare(conn, "named", "select 9", 0, NULL));
    query_expect(conn, "set client_encoding = 'LATIN1'", "SET");
    char *pid = strdup(query_text(conn, "select pg_backend_pid()"));
    PGconn *console = open_console();
    char *counted = strdup(stats_of(console));
    await_catalog("db", "state", "loaded");
    assert_string_equal(PQparameterStatus(conn, "client_encoding"), "LATIN1");
    assert_string_equal(stats_of(console), counted);
    PQfinish(console);
    free(counted);
    query_expect(conn, "select pg_backend_pid()", pid);
    query_expect(conn, "show search_path", "b, public");
    query_expect(conn, "show client_encoding", "LATIN1");
    query_expect(conn, "show statement_timeout", "0");
    query_expect(conn, "show transaction_read_only", "off");
    query_expect(conn, "select seven from mine", "7");
    query_expect(conn, "execute p", "8");
    assert_string_equal(query_prepared(conn, "named", 0, NULL), "9");
    free(pid);
    PQfinish(conn);
}

/* pg_temp comes first, but not for us: or whoever had the server before could answer. */
static void a_temporary_table_does_not_answer(void **state)
{
    (void)state;
    start_with("default_pool_size = 1", "");
    PGconn *conn = open_as("one", "db");
    query_expect(conn, "create temp table pg_proc (oid oid, proname name)", "CREATE TABLE");
    query_expect(conn, "create temp table pg_roles (oid oid, rolname name)", "CREATE TABLE");
    await_catalog("db", "state", "loaded");
    expect_volatility("lower('x')", "immutable");
    PQfinish(conn);
}

/* ---- when it cannot be ---- */

#define WAITING "select wait_event_type from pg_stat_activity where wait_event_type = 'Lock'"

/* Whoever asks for aggregates waits for this one. */
static PGconn *lock_aggregates(void)
{
    PGconn *conn = open_direct();

    query_expect(conn, "begin", "BEGIN");
    query_expect(conn, "lock table pg_catalog.pg_aggregate in access exclusive mode", "LOCK TABLE");
    return conn;
}

static void a_load_ends_with_its_server(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *conn = open_used("one", "db");
    PGconn *locker = lock_aggregates();
    PGconn *watcher = open_direct();
    soon_query(watcher,
            "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = "
            "'Lock'",
            "t");
    await_catalog("db", "error", "the server went away");
    query_expect(conn, "select 1", "1");
    query_expect(locker, "commit", "COMMIT");
    await_catalog("db", "state", "loaded");
    expect_catalog("db", "error", "");
    expect_catalog("db", "failures", "1");
    PQfinish(locker);
    PQfinish(watcher);
    PQfinish(conn);
}

/* The only server of its pool: whoever comes meanwhile waits no longer than that query may take. */
static void a_load_that_takes_too_long_is_given_up(void **state)
{
    (void)state;
    start_with("default_pool_size = 1\nquery_wait_timeout = 10", "");
    PGconn *conn = open_used("one", "db");
    PGconn *locker = lock_aggregates();
    PGconn *watcher = open_direct();
    soon_query(watcher, WAITING, "Lock");
    query_expect(conn, "select 1", "1");
    await_catalog("db", "error", "SQLSTATE 57014");
    query_expect(conn, "select pg_backend_pid() > 0", "t");
    query_expect(locker, "commit", "COMMIT");
    await_catalog("db", "state", "loaded");
    PQfinish(locker);
    PQfinish(watcher);
    PQfinish(conn);
}

static void a_catalogue_larger_than_its_memory_is_not_known(void **state)
{
    (void)state;
    start_with("", "catalog_memory = 20kB");
    PGconn *conn = open_used("one", "db");
    await_catalog("db", "error", "larger than catalog_memory");
    expect_catalog("db", "state", "unknown");
    expect_volatility("lower('x')", NULL);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

static void nothing_is_asked_when_it_is_off(void **state)
{
    (void)state;
    start_with("", "catalog_memory = 0");
    PGconn *conn = open_used("one", "db");
    PGconn *console = open_console();
    PGresult *result = PQexec(console, "SHOW CATALOG");
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
    expect_volatility("lower('x')", NULL);
    PQfinish(console);
    PQfinish(conn);
}

/* Servers that hold a query of ours are let go of like others. */
static void pause_and_kill_do_not_wait_for_it(void **state)
{
    (void)state;
    start_with("", "");
    PGconn *conn = open_used("one", "db");
    PGconn *locker = lock_aggregates();
    PGconn *watcher = open_direct();
    PGconn *console = open_console();
    soon_query(watcher, WAITING, "Lock");
    query_expect(console, "PAUSE db", "PAUSE");
    query_expect(console, "RESUME db", "RESUME");
    query_expect(conn, "select 1", "1");
    soon_query(watcher, WAITING, "Lock");
    query_expect(console, "KILL db", "KILL");
    query_expect(console, "RESUME db", "RESUME");
    PQfinish(conn);
    conn = open_used("one", "db");
    query_expect(locker, "commit", "COMMIT");
    await_catalog("db", "state", "loaded");
    PQfinish(console);
    PQfinish(locker);
    PQfinish(watcher);
    PQfinish(conn);
}

static int start_filled_cluster(void **state)
{
    int failed = start_cluster(state);

    cluster_sql(&cluster,
            "create role one login; create role two login; create schema a; create schema b;"
            "alter role two set search_path = b, a; grant usage on schema a to public;"
            "grant usage on schema b to one;"
            "create table t (a int); create table a.t (a int); create table b.t (a int);"
            "create table b.only_b (a int); create view a.v as select 1;"
            "create function f_immutable(int) returns int language sql immutable as 'select 1';"
            "create function f_stable() returns int language sql stable as 'select 1';"
            "create function f_volatile() returns int language sql volatile as 'select 1';"
            "create function f_either(int) returns int language sql immutable as 'select 1';"
            "create function f_either(text) returns int language sql volatile as 'select 1';"
            "create function f_either(int, int, int default 1) returns int language sql stable as "
            "'select 1';"
            "create function b.f_hidden(int) returns int language sql stable as 'select 1';"
            "create function f_step(int, int) returns int language sql volatile as 'select 1';"
            "create aggregate f_sum(int) (sfunc = f_step, stype = int);"
            "create sequence s");
    return failed;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, prepare, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(functions_are_as_volatile_as_the_catalogue_says),
            CASE(tables_are_found_by_the_role_s_path),
            CASE(options_that_are_of_no_path_leave_it_known),
            CASE(whose_session_a_server_is_does_not_matter),
            CASE(a_shape_s_names_are_told_for_each_user),
            CASE(a_new_user_is_asked_about),
            CASE(a_change_is_known_to_be_one),
            CASE(what_is_a_change_is_told_by_text_and_tag),
            CASE(a_server_that_is_wanted_is_not_lent),
            CASE(a_session_is_as_it_was),
            CASE(a_temporary_table_does_not_answer),
            CASE(a_load_ends_with_its_server),
            CASE(a_load_that_takes_too_long_is_given_up),
            CASE(a_catalogue_larger_than_its_memory_is_not_known),
            CASE(nothing_is_asked_when_it_is_off),
            CASE(pause_and_kill_do_not_wait_for_it),
    };

    return case_run(cases, CASE_COUNT(cases), start_filled_cluster, stop_cluster);
}
