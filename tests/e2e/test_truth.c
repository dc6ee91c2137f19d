/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_truth.c - what Sluice says of statements against what PostgreSQL says of them.
 *
 * The same load is counted by both: by SHOW QUERIES and by pg_stat_statements, which knows no
 * failed statement, so that calls are compared without errors. The strict form of the times,
 * with short statements, is tests/long/test_truth.c.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/shown.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A worker's clock stands still for a turn: SLACK_US. */
enum { TURNS = 40, STALL_MS = 700, SLACK_US = 1000 };

static int begin(void **state)
{
    const struct cluster_options options = {.conf = SHOWN_CONF};

    (void)state;
    cluster_start(&cluster, &options);
    shown_create();
    cluster_sql(&cluster, "create table t_insert (a int); create table t_copied (a int);"
                          "create table t_gone as select generate_series(1, 40) as a;"
                          "create table t_changed as select generate_series(1, 30) as a;"
                          "create table t_zeros as select 0 as a");
    return 0;
}

static int start(void **state)
{
    prepare(state);
    sluice_start(&sluice, "[databases]\ndb = " AT_POSTGRES " user=postgres\n" INI_ALONE
                          "pool_mode = transaction\ndefault_pool_size = 2\n");
    shown_reset();
    return 0;
}

static PGconn *open_db(void)
{
    return open_as("one", "db");
}

static void must(PGresult *result, ExecStatusType status)
{
    assert_int_equal(PQresultStatus(result), status);
    PQclear(result);
}

/* Calls that did not fail, and rows, are the same; errors is how many failed. */
static void expect_agree(const char *mark, int64_t calls, int64_t errors, int64_t rows)
{
    struct shown ours = shown_by_sluice(mark, calls);
    struct shown theirs = shown_by_postgres(mark);

    assert_int_equal(ours.errors, errors);
    assert_int_equal(ours.rows, rows);
    assert_int_equal(theirs.calls, calls - errors);
    if (errors == 0) {
        assert_int_equal(theirs.rows, rows);
    }
}

/* ---- calls and rows ---- */

static void simple_statements_are_counted_alike(void **state)
{
    PGconn *conn = open_db();
    char text[128];

    (void)state;
    for (int i = 1; i <= 23; i++) {
        snprintf(text, sizeof text, "select 'x%d' as m_simple from generate_series(1, %d)", i, i);
        must(PQexec(conn, text), PGRES_TUPLES_OK);
    }
    must(PQexec(conn, "insert into t_insert select generate_series(1, 17)"), PGRES_COMMAND_OK);
    must(PQexec(conn, "update t_changed set a = a + 100 where a > 18"), PGRES_COMMAND_OK);
    must(PQexec(conn, "delete from t_gone where a <= 11"), PGRES_COMMAND_OK);
    must(PQexec(conn, "delete from t_gone where a <= 13"), PGRES_COMMAND_OK);
    must(PQexec(conn, "create table t_made (a int)"), PGRES_COMMAND_OK);
    PQfinish(conn);
    expect_agree("m_simple", 23, 0, 276);
    expect_agree("t_insert", 1, 0, 17);
    expect_agree("t_changed", 1, 0, 12);
    expect_agree("t_gone", 2, 0, 13);
    expect_agree("t_made", 1, 0, 0);
}

static void extended_and_prepared_statements_are_counted_alike(void **state)
{
    const char *const value = "6";
    PGconn *conn = open_db();

    (void)state;
    for (int i = 0; i < 7; i++) {
        must(PQexecParams(conn, "select generate_series(1, $1::int) as m_unnamed", 1, NULL, &value,
                     NULL, NULL, 0),
                PGRES_TUPLES_OK);
    }
    must(PQprepare(conn, "p", "select n as m_named from generate_series(1, $1::int) as n", 0, NULL),
            PGRES_COMMAND_OK);
    for (int i = 0; i < 19; i++) {
        must(PQexecPrepared(conn, "p", 1, &value, NULL, NULL, 0), PGRES_TUPLES_OK);
    }
    /* Never executed: a statement for neither. */
    must(PQprepare(conn, "q", "select 1 as m_idle", 0, NULL), PGRES_COMMAND_OK);
    PQfinish(conn);
    expect_agree("m_unnamed", 7, 0, 42);
    expect_agree("m_named", 19, 0, 114);
    assert_int_equal(shown_by_postgres("m_idle").calls, 0);
}

static void await_sync(PGconn *conn)
{
    PGresult *result = NULL;
    ExecStatusType status = PGRES_EMPTY_QUERY;

    while (status != PGRES_PIPELINE_SYNC) {
        result = PQgetResult(conn);
        if (result != NULL) {
            status = PQresultStatus(result);
            assert_int_not_equal(status, PGRES_BAD_RESPONSE);
            PQclear(result);
        }
        assert_int_equal(PQstatus(conn), CONNECTION_OK);
    }
}

/* What stands behind an error in its pipeline is skipped, and counted by neither. */
static void pipelined_statements_are_counted_alike(void **state)
{
    static const char *const values[] = {"2", "1", "0", "5"};
    PGconn *conn = open_db();

    (void)state;
    assert_int_equal(PQenterPipelineMode(conn), 1);
    for (int i = 0; i < 31; i++) {
        assert_int_equal(PQsendQueryParams(conn, "select generate_series(1, 3) as m_piped", 0, NULL,
                                 NULL, NULL, NULL, 0),
                1);
    }
    assert_int_equal(PQpipelineSync(conn), 1);
    await_sync(conn);
    for (size_t i = 0; i < CASE_COUNT(values); i++) {
        assert_int_equal(PQsendQueryParams(conn, "select 6 / $1::int as m_breaks", 1, NULL,
                                 &values[i], NULL, NULL, 0),
                1);
    }
    assert_int_equal(PQpipelineSync(conn), 1);
    await_sync(conn);
    PQfinish(conn);
    expect_agree("m_piped", 31, 0, 93);
    expect_agree("m_breaks", 3, 1, 2);
}

static void copies_are_counted_alike(void **state)
{
    PGconn *conn = open_db();
    char *row = NULL;

    (void)state;
    for (int i = 0; i < 3; i++) {
        must(PQexec(conn, "copy t_copied from stdin"), PGRES_COPY_IN);
        for (int k = 0; k < 25; k++) {
            assert_int_equal(PQputCopyData(conn, "5\n", 2), 1);
        }
        assert_int_equal(PQputCopyEnd(conn, NULL), 1);
        must(PQgetResult(conn), PGRES_COMMAND_OK);
        assert_null(PQgetResult(conn));
    }
    must(PQexec(conn, "copy t_copied to stdout"), PGRES_COPY_OUT);
    while (PQgetCopyData(conn, &row, 0) > 0) {
        PQfreemem(row);
    }
    must(PQgetResult(conn), PGRES_COMMAND_OK);
    assert_null(PQgetResult(conn));
    PQfinish(conn);
    expect_agree("copy t_copied from", 3, 0, 75);
    expect_agree("copy t_copied to", 1, 0, 75);
}

/* ---- errors ---- */

static PGresult *cancel(PGconn *conn)
{
    PGcancel *request = PQgetCancel(conn);
    PGconn *direct = open_direct();
    char why[256];

    assert_int_equal(PQsendQuery(conn, "select pg_sleep(3600) as m_cancelled"), 1);
    soon_query(direct,
            "select count(*) from pg_stat_activity where state = 'active' and wait_event = "
            "'PgSleep'",
            "1");
    assert_int_equal(PQcancel(request, why, sizeof why), 1);
    PQfreeCancel(request);
    PQfinish(direct);
    PGresult *result = PQgetResult(conn);
    assert_null(PQgetResult(conn));
    return result;
}

static void failed_statements_are_counted_apart(void **state)
{
    const char *const zero = "0";
    PGconn *conn = open_db();

    (void)state;
    for (int i = 0; i < 4; i++) {
        must(PQexec(conn, "select 1 / a as m_divided from t_zeros"), PGRES_FATAL_ERROR);
    }
    must(PQexec(conn, "select a as m_divided from t_zeros"), PGRES_TUPLES_OK);
    must(PQexec(conn, "select nobody as m_unknown"), PGRES_FATAL_ERROR);
    for (int i = 0; i < 5; i++) {
        must(PQexecParams(conn, "select 7 / $1::int as m_params", 1, NULL, &zero, NULL, NULL, 0),
                PGRES_FATAL_ERROR);
    }
    PGresult *result = cancel(conn);
    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "57014");
    PQclear(result);
    must(PQexec(conn, "copy t_zeros from stdin"), PGRES_COPY_IN);
    assert_int_equal(PQputCopyEnd(conn, "no more"), 1);
    must(PQgetResult(conn), PGRES_FATAL_ERROR);
    assert_null(PQgetResult(conn));
    PQfinish(conn);
    expect_agree("select ? / a as m_divided", 4, 4, 0);
    expect_agree("select a as m_divided", 1, 0, 1);
    expect_agree("m_unknown", 1, 1, 0);
    expect_agree("m_params", 5, 5, 0);
    expect_agree("m_cancelled", 1, 1, 0);
    expect_agree("copy t_zeros from", 1, 1, 0);
}

/* ---- times ---- */

/* At least what PostgreSQL says, and at most a twentieth and 200 microseconds more. */
static bool is_close(struct shown ours, struct shown theirs)
{
    assert_int_equal(ours.calls, theirs.calls);
    assert_true(ours.server_us + ours.calls * SLACK_US >= theirs.server_us);
    assert_true(ours.total_us >= ours.server_us);
    return (ours.server_us - theirs.server_us) / ours.calls <=
           theirs.server_us / theirs.calls / 20 + 200;
}

/* Waiting for a processor of a busy machine is in our time: there must be a turn without much. */
static void time_at_the_server_is_postgresqls(void **state)
{
    PGconn *conn = open_db();
    bool is_near = false;

    (void)state;
    for (int turn = 0; turn < TURNS && !is_near; turn++) {
        shown_reset();
        for (int i = 0; i < 3; i++) {
            must(PQexec(conn, "select pg_sleep(0.2) as m_sleep"), PGRES_TUPLES_OK);
            must(PQexec(conn, "select count(*) as m_work from generate_series(1, 1000000)"),
                    PGRES_TUPLES_OK);
        }
        struct shown sleep = shown_by_sluice("m_sleep", 3);
        struct shown work = shown_by_sluice("m_work", 3);
        bool sleep_is_near = is_close(sleep, shown_by_postgres("m_sleep"));
        is_near = is_close(work, shown_by_postgres("m_work")) && sleep_is_near;
    }
    PQfinish(conn);
    assert_true(is_near);
}

/* It reads nothing for a while, with PostgreSQL waiting for it: that is the client's time. */
static void a_slow_clients_time_is_its_own(void **state)
{
    PGconn *direct = open_direct();
    PGconn *conn = open_db();
    long begun = proc_now_ms();

    (void)state;
    assert_int_equal(
            PQsendQuery(conn, "select repeat('x', 100000) as m_slow from generate_series(1, 400)"),
            1);
    soon_query(direct,
            "select count(*) from pg_stat_activity where state = 'active' and wait_event = "
            "'ClientWrite' and query like 'select repeat%'",
            "1");
    proc_pause_ms(STALL_MS); /* it is this that is measured */
    must(PQgetResult(conn), PGRES_TUPLES_OK);
    assert_null(PQgetResult(conn));
    int64_t wall = (proc_now_ms() - begun + 1) * 1000;
    PQfinish(direct);
    PQfinish(conn);
    struct shown ours = shown_by_sluice("m_slow", 1);
    assert_true(ours.client_us >= STALL_MS * 1000 - 1000);
    assert_true(ours.total_us + ours.client_us <= wall);
    assert_true(ours.server_us <= ours.total_us);
    assert_true(shown_by_postgres("m_slow").server_us >= STALL_MS * 1000 - 1000);
}

/* It has its reply and keeps PostgreSQL waiting for the Sync: nor is that the server's time. */
static void a_late_syncs_time_is_its_clients(void **state)
{
    PGconn *conn = open_db();
    long begun = proc_now_ms();

    (void)state;
    assert_int_equal(PQenterPipelineMode(conn), 1);
    assert_int_equal(
            PQsendQueryParams(conn, "select 1 as m_late", 0, NULL, NULL, NULL, NULL, 0), 1);
    assert_int_equal(PQsendFlushRequest(conn), 1);
    assert_int_equal(PQflush(conn), 0);
    must(PQgetResult(conn), PGRES_TUPLES_OK);
    assert_null(PQgetResult(conn));
    proc_pause_ms(STALL_MS); /* it is this that is measured */
    assert_int_equal(PQpipelineSync(conn), 1);
    await_sync(conn);
    int64_t wall = (proc_now_ms() - begun + 1) * 1000;
    PQfinish(conn);
    struct shown ours = shown_by_sluice("m_late", 1);
    assert_true(ours.client_us >= STALL_MS * 1000 - SLACK_US);
    assert_true(ours.total_us + ours.client_us <= wall);
    assert_true(ours.server_us >= 0 && ours.server_us <= ours.total_us);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop_sluice)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(simple_statements_are_counted_alike),
            CASE(extended_and_prepared_statements_are_counted_alike),
            CASE(pipelined_statements_are_counted_alike),
            CASE(copies_are_counted_alike),
            CASE(failed_statements_are_counted_apart),
            CASE(time_at_the_server_is_postgresqls),
            CASE(a_slow_clients_time_is_its_own),
            CASE(a_late_syncs_time_is_its_clients),
    };

    return case_run(cases, CASE_COUNT(cases), begin, stop_cluster);
}
