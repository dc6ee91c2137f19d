/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_prepared.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 4 };

/* Each is done again and again by a session of its own; what is asked then must be as PostgreSQL has it. */
static const struct {
    const char *once;
    const char *again;
    const char *ask;
} executed[] = {
        {"prepare p as update u set n = n + 1 where id = 7", "execute p", "select sum(n) from u"},
        {"prepare p(int) as update u set n = n + 1 where id = $1", "execute p(7)",
                "select n from u where id = 7"},
        {"prepare p(int) as update u set n = n + 1 where id = $1", "/* x */ execute \"p\" (7);",
                "select n from u where id = 7"},
        {"prepare p(int) as update u set n = n + 1 where id = $1",
                "begin\nexecute p(7)\nselect 1\ncommit", "select n from u where id = 7"},
        {"prepare p(int) as update u set n = n + 1 where id = $1",
                "begin\nexecute p(7)\nrollback\nbegin\nexecute p(8)\ncommit",
                "select sum(n) from u"},
        {"prepare p(int) as with a as (update u set n = n + 1 where id = $1 returning n) "
         "select * from a",
                "execute p(7)", "select n from u where id = 7"},
        {"prepare p(int) as update u set n = n + 1 where id = $1", "explain analyze execute p(7)",
                "select n from u where id = 7"},
        {"prepare p(int) as update u set n = n + 1 where id = $1",
                "select 1; execute p(7); select 2", "select n from u where id = 7"},
        /* its arguments */
        {"create function p_write(a int) returns int language sql as 'update aside set n = n + 1 "
         "where id = 1 returning $1'\n"
         "prepare p(int) as update u set n = n + 1 where id = $1",
                "execute p(p_write(7))", "select sum(n) from aside"},
        /* the name is another statement's by now */
        {"",
                "prepare p(int) as select count(*) from t where id = $1\nexecute p(1)\ndeallocate "
                "p\n"
                "prepare p(int) as update u set n = n + 1 where id = $1\nexecute p(7)\ndeallocate "
                "p",
                "select n from u where id = 7"},
        {"",
                "prepare p(int) as select count(*) from t where id = $1\nexecute p(1)\nbegin\n"
                "do $$begin execute 'deallocate p'; execute 'prepare p(int) as update u set n = n "
                "+ 1 "
                "where id = $1'; end$$\nexecute p(7)\ncommit\nexecute p(7)\ndeallocate p",
                "select n from u where id = 7"},
        {"create function p_other() returns void language plpgsql as $$begin execute 'deallocate "
         "p'; execute 'prepare p(int) as update u set n = n + 1 where id = $1'; end$$",
                "prepare p(int) as select count(*) from t where id = $1\nexecute p(1)\nselect "
                "p_other()\nexecute p(7)\ndeallocate p",
                "select n from u where id = 7"},
        {"",
                "prepare p(int) as select count(*) from t where id = $1\nexecute p(1)\n"
                "deallocate all; prepare p(int) as update u set n = n + 1 where id = $1; execute "
                "p(7)\n"
                "execute p(8)\ndiscard all",
                "select sum(n) from u"},
};

void what_is_executed_writes_what_was_prepared(void **state)
{
    (void)state;
    PGconn *reader = open_as("postgres", "db");
    for (size_t i = 0; i < CASE_COUNT(executed); i++) {
        PGconn *writer = open_as("postgres", "db");
        do_lines(writer, executed[i].once);
        for (int round = 0; round < ROUNDS; round++) {
            warm(reader, executed[i].ask);
            do_lines(writer, executed[i].again);
            expect_true(reader, executed[i].ask);
        }
        PQfinish(writer);
    }
    /* One name, two statements: of two sessions that take turns. */
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    do_sql(one, "prepare p(int) as update u set n = n + 1 where id = $1");
    do_sql(other, "prepare p(int) as update aside set n = n + 1 where id = $1");
    for (int round = 0; round < ROUNDS; round++) {
        warm(reader, "select sum(n) from u");
        warm(reader, "select sum(n) from aside");
        do_sql(round % 2 == 0 ? one : other, "execute p(1)");
        expect_true(reader, "select sum(n) from u");
        expect_true(reader, "select sum(n) from aside");
    }
    PQfinish(other);
    PQfinish(one);
    PQfinish(reader);
    do_sql(direct, "drop function p_write(int)");
    do_sql(direct, "drop function p_other()");
}

static void expect_unharmed(PGconn *writer, PGconn *reader, const char *lines)
{
    static const char asked[] = "select sum(n) from aside";

    for (long until = proc_now_ms() + SOON_MS;;) {
        warm(reader, asked);
        do_lines(writer, lines); /* once its PREPARE has been read */
        if (is_hit(reader, asked)) {
            return;
        }
        assert_true(proc_now_ms() < until);
    }
}

void what_is_executed_and_only_reads_harms_nobody(void **state)
{
    (void)state;
    PGconn *writer = open_as("postgres", "db");
    PGconn *reader = open_as("postgres", "db");
    do_lines(writer, "prepare look(int) as select count(*) from t where id > $1\n"
                     "prepare put(int, text) as update u set n = n + 1 where id = $1");
    expect_unharmed(writer, reader, "execute look(1)");
    expect_unharmed(writer, reader, "begin\nexecute look(-1)\ncommit");
    expect_unharmed(writer, reader, "execute put(7, 'it''s')");
    for (int round = 0; round < ROUNDS; round++) {
        warm(reader, "select n from u where id = 7");
        do_sql(writer, "execute put(7, null)");
        expect_true(reader, "select n from u where id = 7");
    }
    PQfinish(reader);
    PQfinish(writer);
}

/* PostgreSQL's plans do not see that another table would be found first by now ("PREPARE", Notes). */
void a_plan_goes_on_with_the_table_that_it_was_made_for(void **state)
{
    (void)state;
    PGconn *writer = open_as("postgres", "db");
    PGconn *reader = open_as("postgres", "db");
    do_lines(writer, "create schema p_first\nset search_path = p_first, public\n"
                     "prepare put(int) as update u set n = n + 1 where id = $1\nexecute put(7)\n"
                     "create table p_first.u as select * from u");
    for (int round = 0; round < ROUNDS; round++) {
        warm(reader, "select n from u where id = 7");
        do_sql(writer, "execute put(7)");
        expect_true(reader, "select n from u where id = 7");
        expect_true(reader, "select sum(n) from p_first.u");
    }
    do_lines(writer, "drop table p_first.u\ndrop schema p_first");
    PQfinish(reader);
    PQfinish(writer);
}

/* Nor that another function would. */
void a_plan_goes_on_with_the_function_that_it_was_made_for(void **state)
{
    (void)state;
    PGconn *writer = open_as("postgres", "db");
    PGconn *reader = open_as("postgres", "db");
    do_lines(writer, "create function p_put(a int) returns int language plpgsql as $$begin "
                     "update u set n = n + 1 where id = a; return a; end$$\n"
                     "create schema p_first\nset search_path = p_first, public\n"
                     "prepare put(int) as select p_put($1) from t where id = 1\nexecute put(7)\n"
                     "create function p_first.p_put(a int) returns int language sql immutable as "
                     "'select 1'");
    for (int round = 0; round < 2 * ROUNDS; round++) {
        warm(reader, "select n from u where id = 7");
        do_sql(writer, "execute put(7)");
        expect_true(reader, "select n from u where id = 7");
    }
    do_lines(writer, "drop function p_first.p_put(int)\ndrop schema p_first\ndrop function "
                     "public.p_put(int)");
    PQfinish(reader);
    PQfinish(writer);
}

/* Executes a statement of the session with 7: its first value, or what was done. */
static const char *run_named(PGconn *conn, const char *name)
{
    const char *values[] = {"7"};

    return query_result(PQexecPrepared(conn, name, 1, values, NULL, NULL, 0));
}

static void name_statement(PGconn *conn, const char *name, const char *sql)
{
    PGresult *result = PQprepare(conn, name, sql, 0, NULL);

    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
}

static void warm_named(PGconn *conn, const char *name)
{
    const long until = proc_now_ms() + SOON_MS;

    for (long before = -2; hits() != before + 1;) {
        assert_true(proc_now_ms() < until);
        proc_pause_ms(
                before < 0 ? 0
                           : 25); /* its server rests, so that it can be asked for its catalogue */
        before = hits();
        run_named(conn, name);
    }
}

/* As one of the two tables has it now. */
static void expect_of_either(PGconn *conn, const char *name, const char *column)
{
    char sql[128];
    char of[2][64];

    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "select %s from %s.u where id = 7", column,
                i == 0 ? "public" : "p_first");
        snprintf(of[i], sizeof of[i], "%s", query_text(direct, sql));
    }
    const char *given = run_named(conn, name);
    if (strcmp(given, of[0]) != 0 && strcmp(given, of[1]) != 0) {
        fail_msg("stale: %s gives %s, and it is %s or %s", name, given, of[0], of[1]);
    }
}

/* The same of statements that the protocol has given names: what they write, and what is kept of them. */
void a_named_statement_goes_on_with_the_table_that_it_was_made_for(void **state)
{
    (void)state;
    PGconn *conn = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    do_lines(conn, "create schema p_first\nset search_path = p_first, public");
    name_statement(conn, "put", "update u set n = n + 1 where id = $1");
    name_statement(conn, "look", "select n from u where id = $1");
    name_statement(conn, "most", "select max(n) from u where id = $1 or id = $1 + 0");
    for (int i = 0; i < 20; i++) { /* on each server that there may be */
        run_named(conn, "put");
        run_named(conn, "look");
        run_named(conn, "most");
        proc_pause_ms(20);
    }
    do_sql(direct, "begin; create table p_first.u (like u including all); "
                   "insert into p_first.u select * from public.u; commit"); /* past Sluice */
    for (int round = 0; round < 2 * ROUNDS; round++) {
        warm(other, "select n from u where id = 7");
        warm(other, "select sum(n) from p_first.u");
        run_named(conn, "put");
        expect_true(other, "select n from u where id = 7");
        expect_true(other, "select sum(n) from p_first.u");
        warm_named(conn, "look");
        warm_named(conn, "most");
        do_sql(other, round % 2 == 0 ? "update u set n = n + 100 where id = 7"
                                     : "update p_first.u set n = n + 10000 where id = 7");
        expect_of_either(conn, "look", "n");
        expect_of_either(conn, "most", "max(n)");
    }
    do_lines(conn, "drop table p_first.u\ndrop schema p_first");
    PQfinish(other);
    PQfinish(conn);
}

/* What it calls is another by the time it runs: it has waited for a table. */
void what_waits_may_call_another_function_by_then(void **state)
{
    static const char waits[] = "select count(*) from pg_locks where not granted and locktype = ";
    char sql[256];

    (void)state;
    PGconn *caller = open_as("postgres", "db");
    PGconn *changer = open_as("postgres", "db");
    PGconn *reader = open_as("postgres", "db");
    do_lines(changer, "create table p_held (id int)\ninsert into p_held values (1)\n"
                      "create function p_late(a int) returns int language sql immutable as "
                      "'select a'");
    warm(reader, "select p_late(id) from p_held where id < 5");
    warm(caller, "select n from aside where id = 1");
    do_sql(direct, "select pg_advisory_lock(77)");
    do_lines(changer, "begin\nlock table p_held in access exclusive mode");
    assert_int_equal(PQsendQuery(caller, "select p_late(id) from p_held where id < 6"), 1);
    snprintf(sql, sizeof sql, "%s'relation'", waits);
    soon_query(direct, sql, "1");
    do_lines(changer,
            "create or replace function p_late(a int) returns int language plpgsql volatile as "
            "$$begin perform pg_advisory_xact_lock(77); update aside set n = n + 1 where id = 1; "
            "return a; end$$\ncommit");
    snprintf(sql, sizeof sql, "%s'advisory'", waits);
    soon_query(direct, sql, "1");
    warm(reader, "select n from aside where id = 1");
    do_sql(direct, "select pg_advisory_unlock(77)");
    soon_result(caller, "1");
    expect_true(reader, "select n from aside where id = 1");
    do_lines(changer, "drop function p_late(int)\ndrop table p_held");
    PQfinish(reader);
    PQfinish(changer);
    PQfinish(caller);
}
