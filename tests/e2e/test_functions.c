/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_functions.c - what users' own functions leave in a session, as the catalogue says:
 * after those that leave nothing nothing is taken away, and the others leak no more than before.
 *
 * What is taken away from a session stands in PostgreSQL's log.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 4096 };

static const char look[] = "select coalesce(current_setting('my.thing', true), '')";

#define MAKE_HARMLESS                                                                              \
    "create or replace function changing(a int) returns int language plpgsql as "                  \
    "$$begin return a + 1; end$$"
#define MAKE_HARMFUL                                                                               \
    "create or replace function changing(a int) returns int language plpgsql as "                  \
    "$$begin perform set_config('my.thing', 'changed', false); return a + 1; end$$"

static int start(void **state)
{
    static const char *const made[] = {
            "create table item (id int primary key, name text)",
            "create function harmless(a int) returns int language plpgsql as $$declare found int; "
            "begin select id into found from item where id = a; if (found is null) then insert "
            "into item (id, name) values (a, 'x'); else update item set name = 'y' where id = a; "
            "end if; return a + 1; end$$",
            "create function harmless_too(a int default abs(-1)) returns int language sql "
            "security definer set search_path = public as 'select harmless(a)'",
            "create function dynamic(a int) returns int language plpgsql as "
            "$$begin execute 'set my' || '.thing = ''dynamic'''; return a; end$$",
            "create function sets_it(a int) returns text language sql immutable as "
            "$$select set_config('my.thing', 'set', false)$$",
            "create function calls(a int) returns text language plpgsql as "
            "$$begin return public . sets_it /* or does it */ (a); end$$",
            "create function in_standard_sql(a int) returns text language sql begin atomic; "
            "select set_config('my.thing', 'atomic', false); end",
            "create function by_default(a text default set_config('my.thing', 'default', false)) "
            "returns text language sql as 'select $1'",
            "create function locks(a int) returns void language sql as 'select "
            "pg_advisory_lock(a)'",
    };

    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "log_statement = all\n"});
    for (size_t i = 0; i < CASE_COUNT(made); i++) {
        cluster_sql(&cluster, made[i]);
    }
    cluster_sql(&cluster, MAKE_HARMLESS);
    return 0;
}

static void start_with(int pool_size, const char *believes, const char *stats)
{
    char ini[TEXT_MAX];

    snprintf(ini, sizeof ini,
            "[databases]\ndb = " AT_POSTGRES " pool_mode=transaction pool_size=%d\n" INI_MAIN
            "functions_by_catalog = %s\n[stats]\nmode = %s\n",
            pool_size, believes, stats);
    sluice_start(&sluice, ini);
}

static void await_catalog(void)
{
    console_await("SHOW CATALOG", "database", "db", "state", "loaded");
}

/* How often a session was cleaned so far: what was asked is in the log before it is answered. */
static unsigned cleaned(void)
{
    static const char mark[] = "DISCARD TEMP; DISCARD SEQUENCES; RESET ALL";
    unsigned count = 0;
    char line[TEXT_MAX];
    FILE *log = fopen(cluster.server.log, "r");

    assert_non_null(log);
    while (fgets(line, sizeof line, log) != NULL) {
        count += strstr(line, mark) != NULL;
    }
    fclose(log);
    return count;
}

enum way { WAY_SIMPLE, WAY_UNNAMED, WAY_NAMED, WAYS };

static void call(PGconn *conn, const char *sql, enum way way)
{
    PGresult *result;

    if (way == WAY_NAMED) {
        static unsigned names;
        char name[16];
        snprintf(name, sizeof name, "call_%u", names++);
        PQclear(PQprepare(conn, name, sql, 0, NULL));
        result = PQexecPrepared(conn, name, 0, NULL, NULL, NULL, 0);
    } else {
        result = way == WAY_UNNAMED ? PQexecParams(conn, sql, 0, NULL, NULL, NULL, NULL, 0)
                                    : PQexec(conn, sql);
    }
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(conn));
    }
    PQclear(result);
}

/* Behind one client's call another finds nothing; whether anything was taken away for that. */
static void check_call(PGconn *one, PGconn *other, const char *sql, bool is_cleaned)
{
    for (int way = 0; way < WAYS; way++) {
        unsigned before = cleaned();
        call(one, sql, (enum way)way);
        query_expect(other, look, "");
        if ((cleaned() > before) != is_cleaned) {
            fail_msg("%s [%d]: %s", sql, way, is_cleaned ? "was not cleaned" : "was cleaned");
        }
    }
}

/* ---- cases ---- */

static void a_harmless_function_leaves_its_server_clean(void **state)
{
    static const char *const harmless[] = {"select harmless(1)", "select public.harmless(2)",
            "select * from harmless_too(3) x", "select harmless_too(), harmless(4), now()",
            "begin; select harmless(5); commit; select 1", "select HARMLESS (harmless(6))"};
    static const char *const harmful[] = {"select sets_it(1)", "select calls(1)",
            "select dynamic(1)", "select in_standard_sql(1)", "select by_default()",
            "select harmless(1), sets_it(1)", "select harmless(dynamic(1))"};

    (void)state;
    start_with(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    await_catalog();
    for (size_t i = 0; i < CASE_COUNT(harmless); i++) {
        if (strchr(harmless[i], ';') == NULL) {
            check_call(one, other, harmless[i], false);
        } else {
            unsigned before = cleaned();
            call(one, harmless[i], WAY_SIMPLE);
            query_expect(other, look, "");
            assert_int_equal(cleaned(), before);
        }
    }
    for (size_t i = 0; i < CASE_COUNT(harmful); i++) {
        check_call(one, other, harmful[i], true);
    }
    check_call(one, other, "select harmless(7)", false);
    PQfinish(one);
    PQfinish(other);
}

static void expect_no_belief(const char *believes, const char *stats)
{
    start_with(1, believes, stats);
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    if (strcmp(stats, "on") == 0) {
        await_catalog();
    }
    check_call(one, other, "select harmless(1)", true);
    PQfinish(one);
    PQfinish(other);
}

static void what_is_not_known_is_not_believed(void **state)
{
    (void)state;
    expect_no_belief("1", "off");
}

static void nothing_is_believed_unless_it_is_wanted(void **state)
{
    (void)state;
    expect_no_belief("0", "on");
}

static void a_function_that_was_changed_is_not_believed(void **state)
{
    (void)state;
    start_with(1, "1", "on");
    PGconn *one = open_as("postgres", "db");
    PGconn *other = open_as("postgres", "db");
    PGconn *third = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    await_catalog();
    check_call(one, other, "select changing(1)", false);
    query_expect(third, MAKE_HARMFUL, "CREATE FUNCTION");
    check_call(one, other, "select changing(1)", true);
    await_catalog();
    check_call(one, other, "select changing(1)", true);
    query_expect(third, MAKE_HARMLESS, "CREATE FUNCTION");
    await_catalog();
    check_call(one, other, "select changing(1)", false);
    PQfinish(one);
    PQfinish(other);
    PQfinish(third);
}

/* It was harmless when the text was sent, and is not when it is called. */
static void one_that_changes_under_way_is_not_believed(void **state)
{
    (void)state;
    start_with(2, "1", "on");
    PGconn *direct = open_direct();
    PGconn *one = open_as("postgres", "db");
    PGconn *others[] = {open_as("postgres", "db"), open_as("postgres", "db")};
    query_expect(one, "select 1", "1");
    await_catalog();
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
        query_expect(others[i], look, "");
    }
    for (size_t i = 0; i < CASE_COUNT(others); i++) {
        PQfinish(others[i]);
    }
    PQfinish(one);
    query_expect(direct, MAKE_HARMLESS, "CREATE FUNCTION");
    PQfinish(direct);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    a_harmless_function_leaves_its_server_clean, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    what_is_not_known_is_not_believed, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    nothing_is_believed_unless_it_is_wanted, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_function_that_was_changed_is_not_believed, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    one_that_changes_under_way_is_not_believed, prepare, stop_sluice),
    };
    return case_run(cases, CASE_COUNT(cases), start, stop_cluster);
}
