/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_session_edges.c - what follows a client where it is easily lost, or found by another:
 * settings that the answer cannot hold, what connect_query has set, defaults of the role's own,
 * statements that mean other tables to another client.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ini[] = "[databases]\n"
                          "one = " AT_POSTGRES " pool_mode=transaction pool_size=1\n"
                          "two = " AT_POSTGRES " pool_mode=transaction pool_size=2\n"
                          "set = " AT_POSTGRES " pool_mode=transaction pool_size=1 "
                          "connect_query='set work_mem = ''7MB''; set app.base = ''b''; prepare "
                          "base as select 7'\n" INI_MAIN "server_round_robin = 1\n";

static int start(void **state)
{
    (void)start_cluster(state);
    (void)prepare(NULL);
    sluice_start(&sluice, ini);
    cluster_sql(&cluster, "create role joe; create role boss superuser; create role one login; "
                          "grant joe, boss to one; create role two login; grant joe to two; "
                          "alter role two set role = joe");
    cluster_sql(&cluster, "create schema a; create schema b; create table a.t (id int); "
                          "create table b.t (id text); insert into a.t values (1); "
                          "insert into b.t values ('x'); create type a.e as enum ('1'); "
                          "create type b.e as enum ('1')");
    return 0;
}

static int pid_of(PGconn *conn)
{
    return atoi(query_text(conn, "select pg_backend_pid()"));
}

/* The client's next transaction is on another server than `pid`: `other` has that, as soon as it is
 * free: it may be asked first for catalogues, or for what its client left there. */
static void occupy(PGconn *other, int pid)
{
    query_expect(other, "begin", "BEGIN");
    for (long end = proc_now_ms() + SOON_MS; pid_of(other) != pid && proc_now_ms() < end;) {
        query_expect(other, "rollback", "ROLLBACK");
        query_expect(other, "begin", "BEGIN");
    }
    assert_int_equal(pid_of(other), pid);
}

/* What connect_query has set is there for the next, whatever the one before has set or reset. */
static void connect_query_is_every_clients(void **state)
{
    static const char *const before[] = {"set lock_timeout = '5s'", "set work_mem = '9MB'",
            "reset work_mem", "reset all", "discard all", "set work_mem = '9MB'; reset all",
            "set app.base = 'c'", "deallocate base", "deallocate all",
            "set lock_timeout = '5s'; reset lock_timeout", "prepare p as select 1"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(before); i++) {
        PGconn *one = open_as("postgres", "set");
        PGconn *other = open_as("postgres", "set");
        query_expect(other, "show work_mem", "7MB");
        query_text(one, before[i]);
        const char *got = query_text(other,
                "select current_setting('work_mem'), "
                "current_setting('app.base', true), current_setting('lock_timeout')");
        if (strcmp(got, "7MB|b|0") != 0) {
            fail_msg("%s\n  gave      %s", before[i], got);
        }
        query_expect(other, "execute base", "7");
        query_text(one, "select 1");
        query_expect(other, "show work_mem", "7MB");
        query_expect(other, "execute base", "7");
        PQfinish(other);
        PQfinish(one);
    }
}

/* Too long for a message that is looked at whole. */
static void a_very_long_setting_is_its_clients(void **state)
{
    static const char *const lengths[] = {"20000", "65500", "65536", "70000", "1000000"};
    char sql[256];

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(lengths); i++) {
        PGconn *one = open_as("postgres", "two");
        PGconn *other = open_as("postgres", "two");
        snprintf(sql, sizeof sql,
                "do $$begin perform set_config('app.long', repeat('x', %s), false); end$$",
                lengths[i]);
        query_expect(one, sql, "DO");
        int pid = pid_of(one);
        query_text(other, "select 1");
        query_expect(one, "select length(current_setting('app.long'))", lengths[i]);
        query_expect(one, "select 1", "1");
        query_expect(one, "select length(current_setting('app.long'))", lengths[i]);
        assert_int_equal(pid_of(one), pid);
        PQfinish(one);
        for (int k = 0; k < 4; k++) {
            query_expect(other, "select coalesce(current_setting('app.long', true), '')", "");
        }
        PQfinish(other);
    }
}

static void a_statement_means_its_own_clients_tables(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "set search_path = a", "SET");
    query_expect(other, "set search_path = b", "SET");
    query_expect(one, "prepare p as select id from t where id = $1", "PREPARE");
    query_expect(other, "prepare p as select id from t where id = $1", "PREPARE");
    for (int i = 0; i < 3; i++) {
        query_expect(one, "execute p (1)", "1");
        query_expect(other, "execute p ('x')", "x");
    }
    query_expect(one, "prepare q as select pg_typeof($1::e)::regtype::text", "PREPARE");
    query_expect(other, "prepare q as select pg_typeof($1::e)::regtype::text", "PREPARE");
    query_expect(one, "execute q ('1')", "e");
    query_expect(other, "execute q ('1')", "e");
    PQfinish(other);
    PQfinish(one);
}

static void role_none_is_kept(void **state)
{
    (void)state;
    PGconn *direct =
            query_must_connect("host=127.0.0.1 port=%d dbname=postgres user=two", cluster.port);
    query_expect(direct, "select current_user", "joe");
    PQfinish(direct);
    PGconn *one = open_as("two", "two");
    PGconn *other = open_as("two", "two");
    query_expect(one, "select current_user", "joe");
    query_expect(one, "set role none", "SET");
    int before = pid_of(one);
    occupy(other, before);
    query_expect(other, "select current_user", "joe");
    query_expect(one, "select current_user", "two");
    query_expect(other, "rollback", "ROLLBACK");
    int after = pid_of(one);
    occupy(other, after);
    query_expect(other, "select current_user", "joe");
    PQfinish(other);
    PQfinish(one);
}

/* What a role may set that was another's then. */
static void rights_of_then(void **state)
{
    static const char *const set[] = {"set role boss; set session_replication_role = replica",
            "set role boss; set session_replication_role = replica; reset role",
            "set role boss; set session_replication_role = replica; set role joe"};

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(set); i++) {
        PGconn *one = open_as("one", "two");
        PGconn *other = open_as("one", "two");
        query_text(one, set[i]);
        for (int k = 0; k < 4; k++) {
            query_text(other, "select 1");
            query_expect(one, "show session_replication_role", "replica");
            query_expect(other, "show session_replication_role", "origin");
        }
        PQfinish(other);
        PQfinish(one);
    }
}

/* To joe it is not shown. */
static void what_only_a_superuser_sees(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_text(one, "set dynamic_library_path = '/nowhere'; set role joe");
    assert_int_equal(PQsendQuery(other, "show dynamic_library_path"), 1);
    query_expect(one, "reset role", "RESET");
    query_expect(one, "show dynamic_library_path", "/nowhere");
    PQfinish(one);
    soon_result(other, "$libdir");
    PQfinish(other);
}

static void names_of_settings_beyond_ascii(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "set client_encoding = latin1", "SET");
    query_expect(one,
            "set app.gr\xf6\xdf"
            "e = 'x'",
            "SET");
    assert_int_equal(PQsendQuery(other, "select 1"), 1);
    query_expect(one,
            "show app.gr\xf6\xdf"
            "e",
            "x");
    PQfinish(one);
    one = open_as("postgres", "one");
    soon_result(other, "1");
    PQfinish(other);
    PQfinish(one);
}

static void long_names_of_settings(void **state)
{
    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
#define LONG_NAME "app.a123456789b123456789c123456789d123456789e123456789f123456789g12"
#define LOOK "select coalesce(current_setting('" LONG_NAME "', true), '')"
    query_expect(one, "set " LONG_NAME "3456789 = 'x'", "SET");
    assert_int_equal(PQsendQuery(other, LOOK), 1);
    query_expect(one, "show " LONG_NAME "3456789", "x");
    PQfinish(one);
    soon_result(other, "");
    PQfinish(other);
}

/* Likewise by Parse, with a name and without. */
static void so_does_one_that_comes_by_parse(void **state)
{
    static const char sql[] = "select id from t where id = $1";

    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "set search_path = a", "SET");
    query_expect(other, "set search_path = b", "SET");
    PQclear(PQprepare(one, "p", sql, 0, NULL));
    PQclear(PQprepare(other, "p", sql, 0, NULL));
    for (int i = 0; i < 3; i++) {
        const char *const number[] = {"1"};
        const char *const letter[] = {"x"};
        assert_string_equal(query_prepared(one, "p", 1, number), "1");
        assert_string_equal(query_prepared(other, "p", 1, letter), "x");
        assert_string_equal(query_params(one, sql, 1, number), "1");
        assert_string_equal(query_params(other, sql, 1, letter), "x");
    }
    /* For a transaction only, which may go in one piece with what it is for. */
    static const char *const begins[] = {"reset search_path", "begin; set local search_path = b"};
    const char *const letter[] = {"y"};
    query_expect(other, "insert into t values ('y')", "INSERT 0 1");
    for (size_t i = 0; i < CASE_COUNT(begins); i++) {
        query_text(other, begins[i]);
    }
    assert_string_equal(query_params(other, sql, 1, letter), "y");
    PQclear(PQprepare(other, "q", sql, 0, NULL));
    assert_string_equal(query_prepared(other, "q", 1, letter), "y");
    query_expect(other, "commit", "COMMIT");
    PQfinish(other);
    PQfinish(one);
}

/* What one prepares anew, by other settings than before, is nobody's who has those of before. */
static void nor_does_one_that_is_prepared_anew(void **state)
{
    static const char sql[] =
            "select extract(epoch from timestamptz '2024-01-01 00:00')::int as zone";

    (void)state;
    PGconn *one = open_as("postgres", "two");
    PGconn *same = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect(same, "set timezone = 'UTC'", "SET");
    query_expect(one, "set timezone = 'UTC'", "SET");
    query_expect(other, "begin", "BEGIN"); /* so that there is one server for what follows */
    PQclear(PQprepare(one, "zone", sql, 0, NULL));
    query_expect(one, "set timezone = 'Asia/Tokyo'", "SET");
    int before = pid_of(one);
    query_expect(other, "rollback", "ROLLBACK");
    occupy(other, before);
    query_prepared(one, "zone", 0, NULL);
    PQclear(PQprepare(same, "zone", sql, 0, NULL));
    assert_string_equal(query_prepared(same, "zone", 0, NULL), "1704067200");
    PQfinish(other);
    PQfinish(same);
    PQfinish(one);
}

/* The same bytes are other letters in another encoding. */
static void a_statement_has_its_own_clients_letters(void **state)
{
    static const char sql[] = "prepare p as select 1 as \"\xc3\xa4\"";

    (void)state;
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "set client_encoding = latin1", "SET");
    query_expect(one, sql, "PREPARE");
    query_expect(other, sql, "PREPARE");
    PGconn *const conns[] = {other, one, other};
    for (size_t i = 0; i < CASE_COUNT(conns); i++) {
        PGresult *result = PQexec(conns[i], "execute p");
        assert_string_equal(PQfname(result, 0), "\xc3\xa4");
        PQclear(result);
    }
    PQfinish(other);
    PQfinish(one);
}

/* Whoever said what about errors: none of what is set for a client may be passed over. */
static void an_error_ends_it_whatever_is_said(void **state)
{
    static const char *const says[] = {
            "set exit_on_error = off; set role gone", "set exit_on_error = on; set role gone"};

    (void)state;
    cluster_sql(&cluster, "create table done (n int); grant all on done to public");
    for (size_t i = 0; i < CASE_COUNT(says); i++) {
        cluster_sql(&cluster, "create role gone");
        PGconn *one = open_as("postgres", "one");
        PGconn *other = open_as("postgres", "one");
        query_text(one, says[i]);
        query_text(other, i == 0 ? "set exit_on_error = on" : "set exit_on_error = off");
        cluster_sql(&cluster, "drop role gone");
        query_expect_start(one, "insert into done values (1)", "ERROR ");
        query_expect(other, "select count(*) from done", "0");
        PQfinish(other);
        PQfinish(one);
    }
}

/* Nor does a client's request go ahead where what another has left cannot be taken away. */
static void nothing_is_done_in_what_another_left(void **state)
{
    char lock[256];

    (void)state;
    cluster_sql(&cluster, "create function leave_it() returns void language plpgsql as "
                          "$$begin create temp table mine (); "
                          "perform set_config('lock_timeout', '50', false); "
                          "perform set_config('search_path', 'a', false); end$$");
    PGconn *direct = open_direct();
    PGconn *one = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(one, "select leave_it()", "");
    snprintf(lock, sizeof lock, "begin; lock table %s.mine",
            query_text(direct, "select relnamespace::regnamespace from pg_class "
                               "where relname = 'mine'"));
    query_expect(direct, lock, "BEGIN\nLOCK TABLE");
    query_expect_start(other, "insert into t values (7)", "ERROR ");
    query_expect(direct, "rollback", "ROLLBACK");
    query_expect(direct, "select count(*) from a.t where id = 7", "0");
    PQfinish(other);
    PQfinish(one);
    PQfinish(direct);
}

/* Behind what is too long to be read there may be anything, and before it. */
static void what_stands_in_a_long_text_is_its_clients(void **state)
{
    static const char set[] = "set app.tenant = 'x'; select length('%s')";
    static char dots[20001];
    static char sql[30000];

    (void)state;
    memset(dots, '.', sizeof dots - 1);
    snprintf(sql, sizeof sql, set, dots);
    PGconn *one = open_as("postgres", "two");
    PGconn *other = open_as("postgres", "two");
    query_expect(one, sql, "SET\n20000");
    for (int k = 0; k < 4; k++) {
        query_expect(other, "select coalesce(current_setting('app.tenant', true), '')", "");
        query_expect(one, "show app.tenant", "x");
    }
    PQfinish(other);
    PQfinish(one);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(connect_query_is_every_clients),
            cmocka_unit_test(a_very_long_setting_is_its_clients),
            cmocka_unit_test(a_statement_means_its_own_clients_tables),
            cmocka_unit_test(so_does_one_that_comes_by_parse),
            cmocka_unit_test(nor_does_one_that_is_prepared_anew),
            cmocka_unit_test(a_statement_has_its_own_clients_letters),
            cmocka_unit_test(role_none_is_kept),
            cmocka_unit_test(rights_of_then),
            cmocka_unit_test(what_only_a_superuser_sees),
            cmocka_unit_test(names_of_settings_beyond_ascii),
            cmocka_unit_test(long_names_of_settings),
            cmocka_unit_test(an_error_ends_it_whatever_is_said),
            cmocka_unit_test(nothing_is_done_in_what_another_left),
            cmocka_unit_test(what_stands_in_a_long_text_is_its_clients),
    };

    return case_run(cases, CASE_COUNT(cases), start, stop_both);
}
