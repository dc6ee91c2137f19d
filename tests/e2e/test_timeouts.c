/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_timeouts.c - clients that take too long, by the process and by the user;
 * servers and names that do not answer.
 *
 * Each limit is a second, and nothing is asked about how soon after it something happens.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT AT_POSTGRES " "
#define MAIN INI_ALONE "pool_mode = transaction\ndefault_pool_size = 1\n"
#define INI "[databases]\ndb = " AT "\n" MAIN

static int start_cluster_with_roles(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, "create role one login");
    return 0;
}

/* The client says nothing, and is closed for that reason. */
static void closed_soon(PGconn *conn, const char *reason)
{
    char line[128];

    for (long end = proc_now_ms() + SOON_MS; PQconsumeInput(conn) == 1; proc_pause_ms(10)) {
        PQisBusy(conn); /* looks at what came */
        if (proc_now_ms() > end) {
            fail_msg("the client still lives, and not: %s", reason);
        }
    }
    snprintf(line, sizeof(line), "reason=\"%s\"", reason);
    soon_logged(&sluice, line);
    PQfinish(conn);
}

/* ---- clients ---- */

/* For a key that ends idle clients: general, then of one user, others untouched. */
static void expect_ends(const char *key, const char *begin, const char *reason)
{
    char ini[4096];
    PGconn *one;
    PGconn *other;

    snprintf(ini, sizeof(ini), INI "%s = 1\n", key);
    sluice_start(&sluice, ini);
    one = open_as("postgres", "db");
    query_text(one, begin);
    closed_soon(one, reason);
    sluice_stop(&sluice);
    (void)prepare(NULL);
    snprintf(ini, sizeof(ini), INI "[users]\none = %s=1\n", key);
    sluice_start(&sluice, ini);
    other = open_as("postgres", "db");
    query_text(other, begin);
    one = open_as("one", "db");
    query_text(one, begin);
    closed_soon(one, reason);
    query_expect(other, "select 1", "1");
    PQfinish(other);
}

static void an_idle_client_is_closed(void **state)
{
    (void)state;
    expect_ends("client_idle_timeout", "select 1", "client_idle_timeout");
}

static void a_client_idle_in_a_transaction_is_closed(void **state)
{
    (void)state;
    expect_ends("idle_transaction_timeout", "begin", "idle transaction timeout");
}

static void a_client_long_in_a_transaction_is_closed(void **state)
{
    (void)state;
    expect_ends("transaction_timeout", "begin", "transaction timeout");
}

/* What holds is brought by RELOAD, to a client that was idle before and says no more. */
static void expect_reload_ends(const char *key, const char *begin, const char *reason)
{
    char ini[4096];
    PGconn *conn;

    sluice_start(&sluice, INI);
    conn = open_as("postgres", "db");
    query_text(conn, begin);
    snprintf(ini, sizeof(ini), INI "%s = 1\n", key);
    sluice_reload(&sluice, ini);
    closed_soon(conn, reason);
}

static void a_reload_ends_an_idle_client(void **state)
{
    (void)state;
    expect_reload_ends("client_idle_timeout", "select 1", "client_idle_timeout");
}

static void a_reload_ends_a_client_idle_in_a_transaction(void **state)
{
    (void)state;
    expect_reload_ends("idle_transaction_timeout", "begin", "idle transaction timeout");
}

static void a_reload_ends_a_statement(void **state)
{
    PGconn *direct = open_direct();
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    conn = open_as("postgres", "db");
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(100)"), 1);
    soon_query(
            direct, "select count(*) from pg_stat_activity where query ~ '^select pg_sleep'", "1");
    PQfinish(direct);
    sluice_reload(&sluice, INI "query_timeout = 1\n");
    soon_answered(conn, "ERROR 57014: query timeout");
    PQfinish(conn);
}

/* A statement by itself is a transaction too. */
static void a_statement_is_a_transaction(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI "transaction_timeout = 1\n");
    conn = open_as("postgres", "db");
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(100)"), 1);
    soon_answered(conn, "ERROR 25P04: transaction timeout");
    PQfinish(conn);
}

static void a_statement_that_takes_too_long_ends_its_client(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI "query_timeout = 1\n");
    conn = open_as("postgres", "db");
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(100)"), 1);
    soon_answered(conn, "ERROR 57014: query timeout");
    PQfinish(conn);
    sluice_stop(&sluice);
    (void)prepare(NULL);
    sluice_start(&sluice, INI "[users]\none = query_timeout=1\n");
    conn = open_as("one", "db");
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(100)"), 1);
    soon_answered(conn, "ERROR 57014: query timeout");
    PQfinish(conn);
    conn = open_as("postgres", "db");
    query_expect(conn, "select pg_sleep(1.5)", "");
    PQfinish(conn);
}

/* The pool's one server is taken: a second client of user and dbname waits in vain. */
static void expect_wait_ends(const char *user, const char *dbname)
{
    PGconn *first = open_as(user, dbname);
    PGconn *second = open_as(user, dbname);

    query_expect(first, "begin", "BEGIN");
    assert_int_equal(PQsendQuery(second, "select 1"), 1);
    soon_answered(second, "ERROR 53300: query_wait_timeout");
    PQfinish(second);
    query_expect(first, "commit", "COMMIT");
    PQfinish(first);
}

static void who_waits_too_long_for_a_server_is_closed(void **state)
{
    (void)state;
    sluice_start(&sluice, INI "query_wait_timeout = 1\n");
    expect_wait_ends("postgres", "db");
    sluice_stop(&sluice);
    (void)prepare(NULL);
    sluice_start(&sluice, "[databases]\ndb = " AT "\nshort = " AT "query_wait_timeout=1\n"
                          "[users]\none = query_wait_timeout=1\n" MAIN);
    expect_wait_ends("postgres", "short");
    expect_wait_ends("one", "db");
}

/* ---- servers ---- */

static void a_server_that_does_not_let_us_in_is_given_up(void **state)
{
    char ini[4096];
    int fd;

    (void)state;
    snprintf(ini, sizeof(ini),
            "[databases]\ndb = host=127.0.0.1 port=%d\n" MAIN "server_connect_timeout = 1\n",
            proc_silent_port(&fd));
    sluice_start(&sluice, ini);
    login_expect("server_connect_timeout",
            "host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable", sluice.port);
    close(fd);
}

/* Who comes meanwhile is told at once. */
static void a_server_that_cannot_be_reached_is_tried_again(void **state)
{
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI);
    cluster_stop(&cluster);
    login_expect("could not connect",
            "host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable", sluice.port);
    cluster_again(&cluster);
    conn = open_soon("postgres", "db");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

/*
 * By RELOAD a server has been idle for too long: it goes before one that was made later.
 * They are of one worker, whose timers come one after the other; the clients stay. No server is
 * asked for its catalogues: while it is, it is not ended, and looked at again a second later.
 */
static void a_reload_ends_an_idle_server(void **state)
{
#define ONE_WORKER                                                                                 \
    "[databases]\nold = " AT "\nnew = " AT "\n" NO_CATALOGS INI_MAIN                               \
    "pool_mode = transaction\nworkers = 1\n"
    PGconn *console;
    PGconn *conns[2];
    char *log;

    (void)state;
    sluice_start(&sluice, ONE_WORKER);
    console = open_console();
    conns[0] = open_as("postgres", "old");
    query_expect(conns[0], "select 1", "1");
    sluice_file(&sluice, "sluice.ini", ONE_WORKER "server_idle_timeout = 1\n");
    query_expect(console, "reload", "RELOAD");
    conns[1] = open_as("postgres", "new");
    query_expect(conns[1], "select 1", "1");
    soon_logged(&sluice, "db=\"new\" user=\"postgres\" age=");
    log = proc_read(sluice.process.log);
    const char *first = strstr(log, "db=\"old\" user=\"postgres\" age=");
    assert_non_null(first);
    assert_true(first < strstr(log, "db=\"new\" user=\"postgres\" age="));
    free(log);
    for (int i = 0; i < 2; i++) {
        query_expect(conns[i], "select 1", "1");
        PQfinish(conns[i]);
    }
    PQfinish(console);
#undef ONE_WORKER
}

/* ---- names ---- */

/* The seconds that SHOW DNS_HOSTS gives the name; -1: it is not there. */
static int ttl_of(PGconn *console, const char *name)
{
    PGresult *result = PQexec(console, "show dns_hosts");
    int ttl = -1;

    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), name) == 0) {
            ttl = (int)strtol(PQgetvalue(result, row, 1), NULL, 10);
        }
    }
    PQclear(result);
    return ttl;
}

static void names_are_believed_for_their_time(void **state)
{
    PGconn *console;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice,
            "[databases]\ndb = host=localhost port=@PGPORT@ dbname=postgres\n"
            "nowhere = host=nowhere.invalid\n" MAIN "dns_max_ttl = 1000\ndns_nxdomain_ttl = 500\n");
    console = open_as("admin", "pgbouncer");
    conn = open_as("postgres", "db");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    login_expect("nowhere.invalid",
            "host=127.0.0.1 port=%d user=postgres dbname=nowhere sslmode=disable", sluice.port);
    assert_in_range(ttl_of(console, "localhost"), 900, 1000);
    assert_in_range(ttl_of(console, "nowhere.invalid"), 400, 500);
    PQfinish(console);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(an_idle_client_is_closed),
        CASE(a_client_idle_in_a_transaction_is_closed),
        CASE(a_client_long_in_a_transaction_is_closed),
        CASE(a_reload_ends_an_idle_client),
        CASE(a_reload_ends_a_client_idle_in_a_transaction),
        CASE(a_reload_ends_a_statement),
        CASE(a_statement_is_a_transaction),
        CASE(a_statement_that_takes_too_long_ends_its_client),
        CASE(who_waits_too_long_for_a_server_is_closed),
        CASE(a_server_that_does_not_let_us_in_is_given_up),
        CASE(a_server_that_cannot_be_reached_is_tried_again),
        CASE(a_reload_ends_an_idle_server),
        CASE(names_are_believed_for_their_time),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster_with_roles, stop_cluster);
}
