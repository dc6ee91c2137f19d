/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_databases.c - databases, pools and servers that come, change and go while
 * clients are there.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

#define SHOP "shop = " AT_POSTGRES "\n"
#define HELD "held = " AT_POSTGRES " pool_mode=session\n"
#define REST INI_ALONE "pool_mode = transaction\npidfile = @DIR@/pid\n"
#define INI "[databases]\n" SHOP HELD REST

static int start(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice, INI);
    return 0;
}

static char notice[512]; /* the last one of any connection */

static void keep_notice(void *arg, const char *text)
{
    (void)arg;
    snprintf(notice, sizeof(notice), "%s", text);
}

/* Whose notices are kept. */
static PGconn *open_client(const char *dbname)
{
    PGconn *conn = open_as("postgres", dbname);

    PQsetNoticeProcessor(conn, keep_notice, NULL);
    return conn;
}

static void reload(PGconn *console, const char *ini)
{
    sluice_file(&sluice, "sluice.ini", ini);
    query_expect(console, "reload", "RELOAD");
}

/* Until the other side has closed; its last words are then a notice to libpq, which asked nothing. */
static void expect_ended(PGconn *conn, const char *words)
{
    for (long end = proc_now_ms() + PATIENCE_MS;
            PQconsumeInput(conn) == 1 && proc_now_ms() < end;) {
        PQfreemem(PQnotifies(conn)); /* looks at what has come */
        proc_pause_ms(5);
    }
    if (strstr(notice, words) == NULL) {
        fail_msg("it ended with: %s%s", notice, PQerrorMessage(conn));
    }
    notice[0] = '\0';
}

/* ---- taken out ---- */

static void a_database_that_is_taken_out_ends_its_clients_and_no_others(void **state)
{
    PGconn *console = open_console();
    PGconn *idle = open_client("shop");
    PGconn *busy = open_client("shop");
    PGconn *other = open_client("held");
    PGconn *late;

    (void)state;
    query_expect(busy, "begin", "BEGIN");
    query_expect(other, "select 1", "1");
    reload(console, "[databases]\n" HELD REST);
    expect_ended(idle, "removed from the configuration");
    expect_ended(busy, "removed from the configuration");
    query_expect(other, "select 1", "1");
    late = try_open_as("postgres", "shop");
    assert_int_equal(PQstatus(late), CONNECTION_BAD);
    PQfinish(late);
    reload(console, INI);
    late = open_client("shop");
    query_expect(late, "select 1", "1");
    PQfinish(late);
    PQfinish(idle);
    PQfinish(busy);
    PQfinish(other);
    PQfinish(console);
}

static void an_entry_of_its_own_is_not_what_the_fallback_makes_of_its_name(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_client("shop");

    (void)state;
    reload(console, "[databases]\n" HELD "* = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n" REST);
    expect_ended(conn, "removed from the configuration");
    PQfinish(conn);
    conn = open_client("shop");
    query_expect(conn, "select 1", "1");
    reload(console, "[databases]\n" HELD "* = host=@PGDIR@ port=@PGPORT@ dbname=postgres\n" REST);
    query_expect(conn, "select 2", "2"); /* that only moved */
    reload(console, "[databases]\n" HELD REST);
    expect_ended(conn, "removed from the configuration");
    PQfinish(conn);
    PQfinish(console);
}

/* ---- moved ---- */

#define PATIENT "server_connect_timeout = 600\nserver_tls_sslmode = disable\n"

/* The shop moves to where nobody answers, and what conn asks waits for a login there; to be closed. */
static int hang_a_login(PGconn *console, PGconn *conn)
{
    int deaf;
    char ini[2048];

    query_expect(conn, "select 1", "1");
    snprintf(ini, sizeof(ini),
            "[databases]\nshop = host=127.0.0.1 port=%d pool_size=1\n" REST PATIENT,
            proc_silent_port(&deaf));
    reload(console, ini);
    soon_query(console, "show servers", ""); /* the one of before is gone */
    assert_int_equal(PQsendQuery(conn, "select 2"), 1);
    assert_false(query_is_answered(conn, 200));
    return deaf;
}

static void a_login_that_hangs_is_given_up_when_its_database_moves(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_client("shop"); /* by now: the next login to the shop hangs */
    int deaf = hang_a_login(console, conn);

    (void)state;
    reload(console, "[databases]\nshop = " AT_POSTGRES " pool_size=1\n" REST PATIENT);
    soon_result(conn, "2");
    close(deaf);
    PQfinish(conn);
    PQfinish(console);
}

static void a_pause_does_not_wait_for_a_login_that_hangs(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_client("shop");
    int deaf = hang_a_login(console, conn);

    (void)state;
    assert_int_equal(PQsendQuery(console, "pause shop"), 1);
    soon_result(console, "PAUSE");
    close(deaf);
    PQfinish(conn);
    PQfinish(console);
}

static void fast_close_ends_sessions_between_their_transactions(void **state)
{
    PGconn *console = open_console();
    PGconn *slow = open_client("held");
    PGconn *idle;
    PGconn *busy;

    (void)state;
    query_expect(slow, "select 1", "1");
    query_expect(console, "reconnect held", "RECONNECT");
    query_expect(slow, "select 1", "1"); /* without server_fast_close a session is left alone */
    PQfinish(slow);
    reload(console, INI "server_fast_close = 1\n");
    idle = open_client("held");
    busy = open_client("held");
    query_expect(idle, "select 1", "1");
    query_expect(busy, "begin", "BEGIN");
    query_expect(console, "reconnect held", "RECONNECT");
    expect_ended(idle, "configuration has changed");
    query_expect(busy, "select 1", "1");
    query_expect(busy, "commit", "COMMIT");
    expect_ended(busy, "configuration has changed");
    PQfinish(idle);
    PQfinish(busy);
    PQfinish(console);
}

/* ---- forgotten ---- */

/* What that column says in the row whose first columns are those; -1: no such row. */
static long figure(PGconn *console, const char *sql, const char *first, const char *column)
{
    PGresult *result = PQexec(console, sql);
    long found = -1;

    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), first) == 0) {
            found = strtol(PQgetvalue(result, row, PQfnumber(result, column)), NULL, 10);
        }
    }
    PQclear(result);
    return found;
}

static void expect_figure_soon(
        PGconn *console, const char *sql, const char *first, const char *column, long expected)
{
    for (long end = proc_now_ms() + PATIENCE_MS; proc_now_ms() < end; proc_pause_ms(10)) {
        if (figure(console, sql, first, column) == expected) {
            return;
        }
    }
    fail_msg("%s: %s of %s is %ld", sql, column, first, figure(console, sql, first, column));
}

#define FALLBACK "* = host=127.0.0.1 port=@PGPORT@ dbname=postgres\n"

static void a_database_of_the_fallback_is_forgotten_and_its_counters_are_not(void **state)
{
    PGconn *console = open_console();
    PGconn *conn;
    PGconn *other;

    (void)state;
    reload(console, "[databases]\n" SHOP FALLBACK REST
                    "autodb_idle_timeout = 0.2\nserver_idle_timeout = 0.1\n");
    conn = open_client("anything");
    other = open_client("used");
    for (int i = 0; i < 5; i++) {
        query_expect(conn, "select 1", "1");
        query_expect(other, "select 1", "1");
    }
    assert_int_equal(figure(console, "show stats_totals", "anything", "query_count"), 5);
    assert_int_equal(figure(console, "show totals", "total_query_count", "value"), 10);
    PQfinish(conn);
    expect_figure_soon(console, "show databases", "anything", "port", -1);
    assert_int_equal(figure(console, "show pools", "anything", "cl_active"), -1);
    assert_int_equal(figure(console, "show stats_totals", "anything", "query_count"), -1);
    assert_int_equal(figure(console, "show stats_totals", "used", "query_count"), 5);
    assert_int_equal(figure(console, "show totals", "total_query_count", "value"), 10);
    assert_int_equal(figure(console, "show pools", "used", "cl_active"), 1); /* it has a client */
    conn = open_client("anything");
    query_expect(conn, "select 1", "1");
    assert_int_equal(figure(console, "show stats_totals", "anything", "query_count"), 1);
    assert_int_equal(figure(console, "show totals", "total_query_count", "value"), 11);
    PQfinish(conn);
    PQfinish(other);
    PQfinish(console);
}

static void a_paused_database_of_the_fallback_is_remembered(void **state)
{
    PGconn *console = open_console();
    PGconn *conn;

    (void)state;
    reload(console,
            "[databases]\n" FALLBACK REST "autodb_idle_timeout = 0.1\nserver_idle_timeout = 0.1\n");
    PQfinish(open_client("first"));
    query_expect(console, "pause second", "PAUSE");
    expect_figure_soon(console, "show databases", "first", "port", -1);
    assert_int_equal(figure(console, "show databases", "second", "paused"), 1);
    query_expect(console, "resume second", "RESUME");
    conn = open_client("second");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(console);
}

static void an_empty_pool_is_forgotten_and_its_database_keeps_its_counters(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_client("shop");

    (void)state;
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    expect_figure_soon(console, "show pools", "shop", "cl_active", 0);
    reload(console, INI "pool_idle_timeout = 0.1\nserver_idle_timeout = 0.1\n");
    query_expect(console, "reconnect", "RECONNECT"); /* so that no idle server keeps it */
    expect_figure_soon(console, "show pools", "shop", "cl_active", -1);
    assert_int_equal(figure(console, "show stats_totals", "shop", "query_count"), 1);
    conn = open_client("shop");
    query_expect(conn, "select 1", "1");
    assert_int_equal(figure(console, "show stats_totals", "shop", "query_count"), 2);
    PQfinish(conn);
    PQfinish(console);
}

struct visitor {
    pthread_t thread;
    unsigned number;
    char error[512];
};

enum { VISITORS = 4, VISITS = 60 };

static void *visit(void *arg)
{
    struct visitor *visitor = arg;

    for (unsigned i = 0; i < VISITS && visitor->error[0] == '\0'; i++) {
        PGconn *conn =
                query_connect("host=127.0.0.1 port=%d user=postgres dbname=any%u sslmode=disable",
                        sluice.port, (visitor->number + i) % 3);
        PGresult *result = PQexec(conn, "select 1");
        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            snprintf(visitor->error, sizeof(visitor->error), "%s", PQerrorMessage(conn));
        }
        PQclear(result);
        PQfinish(conn);
    }
    return NULL;
}

/* What the sanitizers look at: names that come and go while others find and show them. */
static void names_come_and_go_under_load(void **state)
{
    struct visitor visitors[VISITORS] = {0};
    PGconn *console = open_console();

    (void)state;
    reload(console,
            "[databases]\n" FALLBACK REST
            "autodb_idle_timeout = 0.001\nserver_idle_timeout = 0.001\n"
            "server_lifetime = 0\npool_idle_timeout = 0.001\nserver_tls_sslmode = disable\n");
    for (unsigned i = 0; i < VISITORS; i++) {
        visitors[i].number = i;
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
    }
    for (int i = 0; i < 100; i++) {
        PQclear(PQexec(console, "show stats"));
        PQclear(PQexec(console, "show pools"));
        PQclear(PQexec(console, "show databases"));
        query_expect(console, "wait_close any1", "WAIT_CLOSE");
        proc_pause_ms(5);
    }
    for (unsigned i = 0; i < VISITORS; i++) {
        pthread_join(visitors[i].thread, NULL);
        if (visitors[i].error[0] != '\0') {
            fail_msg("a client saw: %s", visitors[i].error);
        }
    }
    soon_query(console, "show servers", "");
    expect_figure_soon(console, "show databases", "any1", "port", -1);
    soon_logged(&sluice, "database_forgotten");
    assert_int_equal(
            figure(console, "show totals", "total_query_count", "value"), VISITORS * VISITS);
    PQfinish(console);
}

/* ---- ended by the server ---- */

/* PostgreSQL itself says nothing when it is ended in the middle of a row: it must not look like one. */
static void a_backend_that_is_ended_while_nobody_reads_leaves_whole_rows_only(void **state)
{
    static const char blocked[] = "select count(*) from pg_stat_activity where wait_event = "
                                  "'ClientWrite' and query like '%generate_series%'";
    PGconn *conn = open_client("shop");
    PGconn *direct = open_direct();
    PGresult *result;
    long rows = 0;
    bool has_failed = false;

    (void)state;
    assert_int_equal(
            PQsendQuery(conn, "select repeat('x', 1000) from generate_series(1, 200000)"), 1);
    assert_int_equal(PQsetSingleRowMode(conn), 1);
    soon_query(direct, blocked, "1");
    soon_query(direct, /* it may have gone on for a moment since */
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where wait_event = 'ClientWrite'",
            "t");
    while ((result = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
            assert_int_equal(PQgetlength(result, 0, 0), 1000);
            assert_int_equal(strspn(PQgetvalue(result, 0, 0), "x"), 1000);
            rows++;
        } else {
            assert_int_equal(PQresultStatus(result), PGRES_FATAL_ERROR);
            has_failed = true;
        }
        PQclear(result);
    }
    assert_true(has_failed && rows > 0 && rows < 200000);
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    PQfinish(conn);
    PQfinish(direct);
}

/* ---- nobody's connections ---- */

static void a_database_that_only_we_are_in_is_dropped_renamed_and_copied(void **state)
{
    (void)state;
    sluice_start(&sluice, "[databases]\n* = host=127.0.0.1 port=@PGPORT@\n" REST);
    PGconn *conn = open_as("postgres", "postgres");
    PGconn *user;

    for (int i = 0; i < 3;
            i++) { /* who leaves may be seen behind the next statement, or ahead of it */
        query_expect(conn, "create database store", "CREATE DATABASE");
        user = open_as("postgres", "store");
        query_expect(user, "select current_database()", "store");
        PQfinish(user);
        query_expect(conn, "create database \"Copy\" template store", "CREATE DATABASE");
        user = open_as("postgres", "Copy");
        query_expect(user, "select current_database()", "Copy");
        PQfinish(user);
        query_expect(conn, "alter database \"Copy\" rename to copy", "ALTER DATABASE");
        user = open_as("postgres", "store");
        query_expect(user, "select current_database()", "store");
        PQfinish(user);
        query_expect(conn, "drop database copy", "DROP DATABASE");
        query_expect(conn, "drop database store", "DROP DATABASE");
    }
    user = open_as("postgres", "template1");
    query_expect(user, "select 1", "1");
    PQfinish(user);
    query_expect(conn, "create database store", "CREATE DATABASE");
    query_expect(conn, "drop database store", "DROP DATABASE");
    PQfinish(conn);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(a_database_that_is_taken_out_ends_its_clients_and_no_others),
        CASE(an_entry_of_its_own_is_not_what_the_fallback_makes_of_its_name),
        CASE(a_login_that_hangs_is_given_up_when_its_database_moves),
        CASE(a_pause_does_not_wait_for_a_login_that_hangs),
        CASE(fast_close_ends_sessions_between_their_transactions),
        CASE(a_database_of_the_fallback_is_forgotten_and_its_counters_are_not),
        CASE(a_paused_database_of_the_fallback_is_remembered),
        CASE(an_empty_pool_is_forgotten_and_its_database_keeps_its_counters),
        CASE(names_come_and_go_under_load),
        CASE(a_backend_that_is_ended_while_nobody_reads_leaves_whole_rows_only),
        cmocka_unit_test_setup_teardown(
                a_database_that_only_we_are_in_is_dropped_renamed_and_copied, prepare, stop_sluice),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
