/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_sql_prepared.c - statements prepared by PREPARE, in transaction pooling.
 *
 * They follow their client to whichever server it is given. A pool of two, of which another client
 * holds the one that has the statement, or a pool of one that clients use in turn.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ini[] =
        "[databases]\n"
        "one = " AT_POSTGRES " pool_mode=transaction pool_size=1\n"
        "two = " AT_POSTGRES " pool_mode=transaction pool_size=2\n"
        "has = " AT_POSTGRES " pool_mode=transaction pool_size=1 "
        "connect_query='prepare base as select 7; prepare low as select 8'\n" INI_MAIN;

static int start(void **state)
{
    (void)start_cluster(state);
    (void)prepare(NULL);
    sluice_start(&sluice, ini);
    cluster_sql(&cluster, "create table log (id int)");
    cluster_sql(&cluster, "create function prepare_it(text) returns void language plpgsql as "
                          "$$begin execute $1; end$$");
    return 0;
}

/* The server that the client had last is in another's transaction, until that is closed. */
static PGconn *take_away(const char *dbname, const char *pid)
{
    PGconn *conns[2];
    int count = 0;

    do {
        assert_true(count < 2);
        conns[count] = open_as("postgres", dbname);
        query_expect(conns[count], "begin", "BEGIN");
    } while (strcmp(query_text(conns[count++], "select pg_backend_pid()"), pid) != 0);
    if (count == 2) {
        PQfinish(conns[0]);
    }
    return conns[count - 1];
}

struct moved {
    PGconn *conn;
    PGconn *other;
    char *pid;
};

/* A client of the pool of two that has run that; and is then given the other server. */
static struct moved moved_after(const char *sql, const char *expected)
{
    struct moved moved = {.conn = open_as("postgres", "two"), .other = open_as("postgres", "two")};
    PGconn *beside = open_as("postgres", "two");

    query_expect(beside, "begin", "BEGIN"); /* so that there is one server for what follows */
    query_expect(moved.conn, sql, expected);
    moved.pid = strdup(query_text(moved.conn, "select pg_backend_pid()"));
    query_expect(moved.other, "begin", "BEGIN");
    query_expect(beside, "rollback", "ROLLBACK");
    PQfinish(beside);
    return moved;
}

static void has_moved(const struct moved *moved)
{
    assert_string_not_equal(query_text(moved->conn, "select pg_backend_pid()"), moved->pid);
}

static void end(struct moved *moved)
{
    free(moved->pid);
    PQfinish(moved->other);
    PQfinish(moved->conn);
}

static void a_statement_follows_its_client(void **state)
{
    const char *const three[] = {"3"};

    (void)state;
    struct moved m = moved_after("prepare p (int) as select $1 + 1", "PREPARE");
    query_expect(m.conn, "execute p (1)", "2");
    assert_string_equal(query_prepared(m.conn, "p", 1, three), "4"); /* by its name, without SQL */
    has_moved(&m);
    query_expect(m.conn,
            "select name, statement, parameter_types from pg_prepared_statements "
            "where from_sql",
            "p|prepare p (int) as select $1 + 1|{integer}");
    query_expect(m.conn, "prepare p as select 1",
            "ERROR 42P05: prepared statement \"p\" already "
            "exists");
    end(&m);
}

static void what_came_with_it_is_not_done_again(void **state)
{
    (void)state;
    struct moved m = moved_after("insert into log values (1); prepare p as select ';' as a; "
                                 "insert into log values (2); prepare \"P \"\"\" as select 'P'",
            "INSERT 0 1\nPREPARE\nINSERT 0 1\nPREPARE");
    query_expect(m.conn, "execute p", ";");
    query_expect(m.conn, "execute \"P \"\"\"", "P");
    has_moved(&m);
    query_expect(m.conn, "select count(*) from log", "2");
    end(&m);
}

static void a_rollback_does_not_take_it_away(void **state)
{
    (void)state;
    struct moved m =
            moved_after("begin; prepare p as select 5; rollback", "BEGIN\nPREPARE\nROLLBACK");
    query_expect(m.conn, "execute p", "5");
    has_moved(&m);
    end(&m);
}

static void what_is_deallocated_is_gone_everywhere(void **state)
{
    static const struct {
        const char *sql;
        const char *expected;
        const char *left;
    } ends[] = {
            {"deallocate p", "DEALLOCATE", "q"},
            {"deallocate all", "DEALLOCATE ALL", ""},
            {"discard all", "DISCARD ALL", ""},
            {"select prepare_it('deallocate p')", "", "q"},
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(ends); i++) {
        struct moved m =
                moved_after("prepare p as select 1; prepare q as select 2", "PREPARE\nPREPARE");
        query_expect(m.conn, "execute q", "2");
        query_expect(m.conn, ends[i].sql, ends[i].expected);
        query_expect_start(m.conn, "execute p", "ERROR 26000");
        const char *there = query_text(m.conn, "select pg_backend_pid()"); /* nowhere else yet */
        PQfinish(m.other);
        m.other = take_away("two", there);
        query_expect_start(m.conn, "execute p", "ERROR 26000");
        query_expect(m.conn,
                "select coalesce(string_agg(name, ' '), '') from pg_prepared_statements "
                "where from_sql",
                ends[i].left);
        assert_string_equal(query_text(m.conn, "select pg_backend_pid()"), m.pid);
        end(&m);
    }
}

static void the_same_name_is_each_clients_own(void **state)
{
    PGconn *a = open_as("postgres", "one");
    PGconn *b = open_as("postgres", "one");
    PGconn *c = open_as("postgres", "one");

    (void)state;
    query_expect(a, "prepare p as select 'a'", "PREPARE");
    query_expect(b, "prepare p as select 'b'", "PREPARE");
    PQclear(PQprepare(b, "named", "select 'named'", 0, NULL));
    for (int i = 0; i < 3; i++) {
        query_expect(a, "execute p", "a");
        query_expect(b, "execute p", "b");
        assert_string_equal(query_prepared(b, "named", 0, NULL), "named");
        query_expect_start(c, "execute p", "ERROR 26000");
    }
    query_expect(c, "select count(*) from pg_prepared_statements where from_sql", "0");
    const char *const none[] = {NULL};
    assert_string_equal(query_params(b, "prepare r as select 5", 0, none), "PREPARE");
    query_expect(c, "select count(*) from pg_prepared_statements where from_sql", "0");
    assert_string_equal(query_params(b, "execute r", 0, none), "5");
    /* Read by other settings the same words are not the same. */
    query_expect(a,
            "set timezone = 'Asia/Tokyo'; deallocate p; "
            "prepare p as select extract(epoch from timestamptz '2024-01-01 00:00')::int",
            "SET\nDEALLOCATE\nPREPARE");
    query_expect(b,
            "set timezone = 'UTC'; deallocate p; "
            "prepare p as select extract(epoch from timestamptz '2024-01-01 00:00')::int",
            "SET\nDEALLOCATE\nPREPARE");
    for (int i = 0; i < 2; i++) {
        query_expect(a, "execute p", "1704034800");
        query_expect(b, "execute p", "1704067200");
    }
    PQfinish(a);
    PQfinish(b);
    PQfinish(c);
}

/* Its client lives on, and has it back when it can be. */
static void one_that_cannot_be_prepared_elsewhere_is_missing_there(void **state)
{
    PGconn *direct = open_direct();

    (void)state;
    query_expect(direct, "create table gone (a int); insert into gone values (7)",
            "CREATE TABLE\nINSERT 0 1");
    struct moved m = moved_after(
            "prepare p as select a from gone; prepare q as select 2", "PREPARE\nPREPARE");
    query_expect(direct, "drop table gone", "DROP TABLE");
    query_expect(m.conn, "select 1", "1");
    has_moved(&m);
    query_expect_start(m.conn, "execute p", "ERROR 26000");
    query_expect(m.conn, "execute q", "2");
    query_expect(m.conn, "prepare r as select 3", "PREPARE");
    query_expect(direct, "create table gone (a int); insert into gone values (8)",
            "CREATE TABLE\nINSERT 0 1");
    query_expect(m.conn, "select 1", "1"); /* behind it there is nothing to be asked: they part */
    query_expect(m.conn, "execute p", "8");
    query_expect(m.conn, "execute r", "3");
    query_expect(direct, "drop table gone", "DROP TABLE");
    end(&m);
    PQfinish(direct);
}

/* What would not be the same elsewhere keeps its client's server, until it is gone. */
static void one_that_would_be_another_keeps_its_server(void **state)
{
    char *too_long = NULL;
    assert_true(asprintf(&too_long, "prepare p as select length('%020000d')", 0) > 0);
    const struct {
        const char *sql;
        const char *then; /* NULL: nothing */
    } texts[] = {
            {"prepare p as select 'now'::timestamp", NULL},
            {"prepare p as select 1; deallocate p; prepare p as select 2", NULL},
            {"prepare p as select timestamptz '2024-01-01'", "set timezone = 'Asia/Tokyo'"},
            {"prepare p as select timestamptz '2024-01-01'",
                    "select set_config('timezone', 'Asia/Tokyo', false)"},
            {too_long, NULL},
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(texts); i++) {
        PGconn *conn = open_as("postgres", "one");
        PGconn *other = open_as("postgres", "one");
        query_expect_start(conn, texts[i].sql, "PREPARE");
        if (texts[i].then != NULL) {
            query_expect_start(conn, texts[i].then, i == 2 ? "SET" : "Asia");
        }
        assert_int_equal(PQsendQuery(other, "select 1"), 1);
        assert_false(query_is_answered(other, 50));
        char *was = strdup(query_text(conn, "execute p"));
        assert_false(query_is_answered(other, 50));
        query_expect(conn, "execute p", was);
        free(was);
        query_expect(conn, "deallocate p", "DEALLOCATE");
        assert_true(query_is_answered(other, SOON_MS));
        PQfinish(other);
        PQfinish(conn);
    }
    free(too_long);
}

/* A table of that name may be another's elsewhere, or none: then EXECUTE says so. */
static void one_prepared_beside_temporary_tables_stays_when_they_are_gone(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "one");
    PGconn *other = open_as("postgres", "one");
    query_expect(conn, "create temp table mine as select 7 as a", "SELECT 1");
    query_expect(conn, "prepare p as select a from mine", "PREPARE");
    query_expect(conn, "execute p", "7");
    query_expect(conn, "drop table mine", "DROP TABLE");
    assert_int_equal(PQsendQuery(other, "select 1"), 1);
    assert_false(query_is_answered(other, 50));
    query_expect_start(conn, "execute p", "ERROR 42P01");
    query_expect(conn, "deallocate p", "DEALLOCATE");
    assert_true(query_is_answered(other, SOON_MS));
    PQfinish(other);
    PQfinish(conn);
}

/* Nobody saw it, but it must not be taken for another's, nor stand in its way. */
static void what_a_function_prepared_is_in_nobodys_way(void **state)
{
    PGconn *a = open_as("postgres", "one");
    PGconn *b = open_as("postgres", "one");
    PGconn *c = open_as("postgres", "one");

    (void)state;
    query_expect(a, "prepare p as select 'a'", "PREPARE");
    query_expect(b, "select prepare_it('prepare p as select ''b''')", "");
    query_expect(c, "select 1", "1");
    query_expect(a, "execute p", "a");
    /* Of what it might have prepared, and has not, the log need not tell. */
    query_expect(b, "select prepare_it('prepare other as select 1')", "");
    query_expect(a, "execute p", "a");
    assert_false(sluice_logged(&sluice, "sqlstate=26000"));
    PQfinish(a);
    PQfinish(b);
    PQfinish(c);
}

/* It is every client's, and nobody's to take along or away. */
static void what_connect_query_prepared_is_there_for_all(void **state)
{
    PGconn *a = open_as("postgres", "has");
    PGconn *b = open_as("postgres", "has");

    (void)state;
    query_expect(a, "prepare p as select 'a'", "PREPARE");
    for (int i = 0; i < 2; i++) {
        query_expect(b, "execute base", "7");
        query_expect_start(b, "execute p", "ERROR 26000");
        query_expect(a, "execute low", "8");
        query_expect(a, "execute p", "a");
    }
    query_expect(b, "do $$begin execute 'prepare p as select 9'; end$$", "DO");
    query_expect(a, "execute p", "a");
    query_expect(a, "execute base", "7");
    PQfinish(a);
    PQfinish(b);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test(a_statement_follows_its_client),
            cmocka_unit_test(what_came_with_it_is_not_done_again),
            cmocka_unit_test(a_rollback_does_not_take_it_away),
            cmocka_unit_test(what_is_deallocated_is_gone_everywhere),
            cmocka_unit_test(the_same_name_is_each_clients_own),
            cmocka_unit_test(one_that_cannot_be_prepared_elsewhere_is_missing_there),
            cmocka_unit_test(one_that_would_be_another_keeps_its_server),
            cmocka_unit_test(one_prepared_beside_temporary_tables_stays_when_they_are_gone),
            cmocka_unit_test(what_a_function_prepared_is_in_nobodys_way),
            cmocka_unit_test(what_connect_query_prepared_is_there_for_all),
    };

    return case_run(cases, CASE_COUNT(cases), start, stop_both);
}
