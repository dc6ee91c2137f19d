/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/functions_changes.h"

#include "tests/e2e/functions_base.h"
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <string.h>

void a_function_that_was_changed_is_not_believed(void **state)
{
    (void)state;
    functions_start(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    PGconn *third = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(other);
    functions_check_call(one, other, "select changing(1)", false);
    query_expect(third, MAKE_HARMFUL, "CREATE FUNCTION");
    functions_check_call(one, other, "select changing(1)", true);
    functions_await_catalog(other);
    functions_check_call(one, other, "select changing(1)", true);
    query_expect(third, MAKE_HARMLESS, "CREATE FUNCTION");
    functions_await_catalog(other);
    functions_check_call(one, other, "select changing(1)", false);
    PQfinish(one);
    PQfinish(other);
    PQfinish(third);
}

/* It was harmless when the text was sent, and is not when it is called. */
void one_that_changes_under_way_is_not_believed(void **state)
{
    (void)state;
    functions_start(2, "1", "on");
    PGconn *direct = open_direct();
    PGconn *one = open_as("postgres", "db");
    PGconn *others[] = {open_as("postgres", "db"), open_as("postgres", "db")};
    query_expect(one, "select 1", "1");
    functions_await_loaded();
    query_text(direct, "select pg_advisory_lock(7)");
    assert_int_equal(
            PQsendQuery(one, "begin; select pg_advisory_xact_lock(7); commit; begin; "
                             "select changing(1), current_setting('my.thing', true); commit"),
            1);
    soon_query(direct, "select count(*) from pg_locks where locktype = 'advisory' and not granted",
            "1");
    query_expect(others[0], MAKE_HARMFUL, "CREATE FUNCTION");
    query_text(direct, "select pg_advisory_unlock(7)");
    bool is_changed = false;
    PGresult *result;
    while ((result = PQgetResult(one)) != NULL) {
        assert_int_not_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
        is_changed |= PQnfields(result) == 2 && strcmp(PQgetvalue(result, 0, 1), "changed") == 0;
        PQclear(result);
    }
    assert_true(is_changed);
    for (size_t i = 0; i < CASE_COUNT(others); i++) { /* either has one of the two servers */
        query_expect(others[i], "begin", "BEGIN");
        query_expect(others[i], functions_look, "");
    }
    for (size_t i = 0; i < CASE_COUNT(others); i++) {
        PQfinish(others[i]);
    }
    PQfinish(one);
    query_expect(direct, MAKE_HARMLESS, "CREATE FUNCTION");
    PQfinish(direct);
}

/* SHOW CATALOG tells of names: what is behind statements is known before that, or at the same time. */
static void run_until_believed(PGconn *conn)
{
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until; proc_pause_ms(10)) {
        unsigned before = functions_asked();
        query_expect(conn, "select 1", "1");
        query_expect(conn, "select 1", "1"); /* behind the question */
        if (functions_asked() == before) {
            return;
        }
    }
    fail_msg("it is asked all the time");
}

/* What nobody else can see yet, and what brings nothing: an index takes its time. */
void a_change_under_way_costs_others_nothing(void **state)
{
    (void)state;
    functions_start(3, "1", "on");
    PGconn *direct = open_direct();
    PGconn *one = open_as("postgres", "db");
    PGconn *changer = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    functions_await_catalog(one);
    unsigned before = functions_asked();
    query_expect(changer, "begin", "BEGIN");
    query_expect(changer, MAKE_HARMFUL, "CREATE FUNCTION");
    query_expect(one, "select changing(1)", "2");
    query_expect(one, "select count(*) from plain where id < 0", "0");
    assert_int_equal(functions_asked(), before);
    query_expect(changer, "select changing(1)", "2"); /* its own it can see */
    query_expect(changer, "commit", "COMMIT");
    query_expect(one, functions_look, "");
    query_expect(changer, functions_look, "changed");
    query_expect(changer, "reset all", "RESET");
    query_expect(changer, MAKE_HARMLESS, "CREATE FUNCTION");
    functions_await_catalog(one);
    run_until_believed(one);
    query_expect(direct, "begin", "BEGIN");
    query_expect(direct, "lock table plain in row exclusive mode", "LOCK TABLE");
    assert_int_equal(PQsendQuery(changer, "create index concurrently waits on plain (id)"), 1);
    soon_query(direct, "select count(*) from pg_locks where not granted", "1");
    before = functions_asked();
    query_expect(one, "select changing(1)", "2");
    query_expect(one, "select count(*) from plain where id < 0", "0");
    assert_int_equal(functions_asked(), before);
    query_expect(direct, "rollback", "ROLLBACK");
    PQclear(PQgetResult(changer));
    assert_null(PQgetResult(changer));
    query_expect(changer, "drop index waits", "DROP INDEX");
    query_expect(changer, "select 1", "1"); /* behind the question */
    before = functions_asked();
    query_expect(one, "select changing(1)", "2");
    query_expect(one, "select 1", "1");
    assert_int_equal(functions_asked(), before);
    PQfinish(one);
    PQfinish(changer);
    PQfinish(direct);
}

void a_change_in_two_phases_is_seen_at_the_second(void **state)
{
    (void)state;
    functions_start(2, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "begin", "BEGIN");
    query_expect(one, MAKE_HARMFUL, "CREATE FUNCTION");
    query_expect(one, "prepare transaction 'change'", "PREPARE TRANSACTION");
    functions_await_loaded();
    run_until_believed(other);
    unsigned before = functions_asked();
    query_expect(other, "select changing(1)", "2");
    query_expect(other, "select 1", "1");
    assert_int_equal(functions_asked(), before);
    query_expect(one, "commit prepared 'change'", "COMMIT PREPARED");
    query_expect(other, "select changing(1)", "2");
    query_expect(one, functions_look, "");
    query_expect(other, functions_look, "changed");
    query_expect(one, MAKE_HARMLESS, "CREATE FUNCTION");
    PQfinish(one);
    PQfinish(other);
}

/* It waits for no rest of a pool that never has any. */
void a_busy_pool_has_its_catalogue(void **state)
{
    enum { CLIENTS = 3 };
    PGconn *conns[CLIENTS];
    const char *seen = NULL;

    (void)state;
    functions_start(1, "1", "on");
    for (size_t i = 0; i < CLIENTS; i++) {
        conns[i] = open_as("postgres", "db");
        assert_int_equal(PQsendQuery(conns[i], "select 1"), 1);
    }
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until;) {
        for (size_t i = 0; i < CLIENTS; i++) {
            PGresult *result = PQgetResult(conns[i]);
            assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
            PQclear(result);
            assert_null(PQgetResult(conns[i]));
            assert_int_equal(PQsendQuery(conns[i], "select 1"), 1);
        }
        seen = console_value("SHOW CATALOG", "database", "db", "state");
        if (seen != NULL && strcmp(seen, "loaded") == 0) {
            break;
        }
    }
    assert_string_equal(seen, "loaded");
    for (size_t i = 0; i < CLIENTS; i++) {
        PQfinish(conns[i]);
    }
}

/* The pool that is asked first has no server free: another user's has. */
void another_users_pool_is_asked_where_one_is_busy(void **state)
{
    (void)state;
    cluster_sql(&cluster, "create role one superuser login");
    functions_start(1, "1", "on");
    PGconn *first = open_as("postgres", "db");
    query_expect(first, "select 1", "1");
    PGconn *second = open_as("one", "db");
    query_expect(second, "select 1", "1");
    functions_await_loaded();
    query_expect(first, "begin", "BEGIN");
    query_expect(second, MAKE_HARMLESS, "CREATE FUNCTION");
    functions_await_loaded();
    query_expect(first, "rollback", "ROLLBACK");
    PQfinish(first);
    PQfinish(second);
}
