/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cancel.c - cancel requests to servers go as links to them go: encrypted
 * where server_tls_sslmode says so. Between Sluice and PostgreSQL stands a relay that
 * sees how each connection begins.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/relay.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { WAIT_MS = 30000, INI_MAX = 2048, CROWD = 40 };

static struct relay relay;
static PGconn *watch; /* to PostgreSQL, past everything */

#define CANCELLED "ERROR 57014: canceling statement due to user request"

static int start_own_cluster(void **state)
{
    static const struct cluster_options options = {.tls = true};

    (void)state;
    cluster_start(&cluster, &options);
    watch = open_direct();
    return 0;
}

static int stop_own_cluster(void **state)
{
    PQfinish(watch);
    return stop_cluster(state);
}

static int begin(void **state)
{
    (void)prepare(state);
    relay_start(&relay, cluster.port);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    query_text(watch, END_SLEEPERS);
    soon_query(watch, COUNT_SLEEPERS, "0");
    sluice_stop(&sluice);
    relay_stop(&relay);
    return 0;
}

static void make_ini(char ini[static INI_MAX], const char *settings)
{
    snprintf(ini, INI_MAX,
            "[databases]\n"
            "db = host=localhost port=%d dbname=postgres\n"
            "session = host=localhost port=%d dbname=postgres pool_mode=session\n" INI_ALONE
            "pool_mode = transaction\n"
            "%s",
            relay.port, relay.port, settings);
}

static void start_with(const char *settings)
{
    char ini[INI_MAX];

    make_ini(ini, settings);
    sluice_start(&sluice, ini);
}

static PGconn *open_db(void)
{
    return open_as("postgres", "db");
}

static void begin_sleep(PGconn *conn)
{
    assert_int_equal(PQsendQuery(conn, "select pg_sleep(600)"), 1);
    soon_query(watch, COUNT_SLEEPERS, "1");
}

/* Returns when Sluice has done with it, however it went. */
static void ask_cancel(PGconn *conn)
{
    PGcancel *cancel = PQgetCancel(conn);
    char error[256];

    assert_non_null(cancel);
    assert_int_equal(PQcancel(cancel, error, sizeof(error)), 1);
    PQfreeCancel(cancel);
}

static void expect_cancelled(PGconn *conn)
{
    assert_string_equal(query_result(PQgetResult(conn)), CANCELLED);
    assert_null(PQgetResult(conn));
    query_expect(conn, "select 'alive'", "alive");
}

static void cancel_works(void)
{
    PGconn *conn = open_db();

    begin_sleep(conn);
    ask_cancel(conn);
    expect_cancelled(conn);
    PQfinish(conn);
}

/* What SHOW POOLS has for the one pool in use in columns 5, 6 and 8: the requests, and their sockets. */
static void await_pool(const char *expected)
{
    long end = proc_now_ms() + WAIT_MS;
    PGconn *console = open_console();
    char got[64] = "";

    while (strcmp(got, expected) != 0) {
        PGresult *result = PQexec(console, "show pools");

        for (int row = 0; row < PQntuples(result); row++) {
            if (strcmp(PQgetvalue(result, row, 0), "pgbouncer") != 0) {
                snprintf(got, sizeof(got), "%s|%s|%s", PQgetvalue(result, row, 4),
                        PQgetvalue(result, row, 5), PQgetvalue(result, row, 7));
            }
        }
        PQclear(result);
        assert_true(proc_now_ms() < end);
    }
    PQfinish(console);
}

/* ---- as the links ---- */

static void a_cancel_is_encrypted_as_the_links_are(void **state)
{
    static const char *const settings[] = {
            "server_tls_sslmode = require\n",
            "server_tls_sslmode = verify-ca\nserver_tls_ca_file = @PGDIR@/tls/ca.crt\n",
            "server_tls_sslmode = verify-full\nserver_tls_ca_file = @PGDIR@/tls/ca.crt\n",
            "server_tls_sslmode = prefer\n",
    };

    (void)state;
    for (size_t i = 0; i < CASE_COUNT(settings); i++) {
        int before = atomic_load(&relay.seen->ssl_requests);

        start_with(settings[i]);
        cancel_works();
        assert_int_equal(atomic_load(&relay.seen->ssl_requests), before + 2);
        assert_int_equal(atomic_load(&relay.seen->cancels), 0);
        assert_int_equal(atomic_load(&relay.seen->startups), 0);
        sluice_stop(&sluice);
    }
}

static void a_cancel_is_plain_where_tls_is_disabled(void **state)
{
    (void)state;
    start_with("server_tls_sslmode = disable\n");
    cancel_works();
    assert_int_equal(atomic_load(&relay.seen->ssl_requests), 0);
    assert_int_equal(atomic_load(&relay.seen->cancels), 1);
}

static void the_query_of_who_has_gone_is_cancelled_in_secret_too(void **state)
{
    (void)state;
    start_with("server_tls_sslmode = require\n");
    PGconn *conn = open_db();
    begin_sleep(conn);
    shutdown(PQsocket(conn), SHUT_RDWR); /* no Terminate: that would wait for its turn */
    soon_query(watch, COUNT_SLEEPERS, "0");
    PQfinish(conn);
    assert_int_equal(atomic_load(&relay.seen->ssl_requests), 2);
    assert_int_equal(atomic_load(&relay.seen->cancels), 0);
}

/* More than go at once: the last of them wait for their turn (proxy/cancel_rate.h). */
static void the_queries_of_many_who_have_gone_are_all_cancelled(void **state)
{
    PGconn *conns[CROWD];

    (void)state;
    start_with("server_tls_sslmode = disable\ndefault_pool_size = 50\n");
    for (size_t i = 0; i < CROWD; i++) {
        conns[i] = open_db();
        assert_int_equal(PQsendQuery(conns[i], "select pg_sleep(600)"), 1);
    }
    soon_query(watch, COUNT_SLEEPERS, "40");
    for (size_t i = 0; i < CROWD; i++) {
        shutdown(PQsocket(conns[i]), SHUT_RDWR);
    }
    soon_query(watch, COUNT_SLEEPERS, "0");
    assert_int_equal(atomic_load(&relay.seen->cancels), CROWD);
    for (size_t i = 0; i < CROWD; i++) {
        PQfinish(conns[i]);
    }
    await_pool("0|0|0");
}

/* ---- where TLS does not come about ---- */

static void without_tls_prefer_goes_in_plain(void **state)
{
    static const enum relay_tls ways[] = {RELAY_TLS_REFUSE, RELAY_TLS_BREAK};

    (void)state;
    start_with("server_tls_sslmode = prefer\n");
    for (size_t i = 0; i < CASE_COUNT(ways); i++) {
        PGconn *conn = open_db();

        begin_sleep(conn);
        atomic_store(&relay.seen->how, ways[i]);
        ask_cancel(conn);
        expect_cancelled(conn);
        assert_int_equal(atomic_load(&relay.seen->cancels), (int)i + 1);
        atomic_store(&relay.seen->how, RELAY_TLS_PASS);
        PQfinish(conn);
    }
}

static void without_tls_require_sends_nothing(void **state)
{
    static const enum relay_tls ways[] = {RELAY_TLS_REFUSE, RELAY_TLS_BREAK};

    (void)state;
    start_with("server_tls_sslmode = require\n");
    for (size_t i = 0; i < CASE_COUNT(ways); i++) {
        PGconn *conn = open_db();

        begin_sleep(conn);
        atomic_store(&relay.seen->how, ways[i]);
        ask_cancel(conn);
        soon_query(watch, COUNT_SLEEPERS, "1"); /* Sluice has given it up by now */
        assert_int_equal(atomic_load(&relay.seen->cancels), 0);
        atomic_store(&relay.seen->how, RELAY_TLS_PASS);
        ask_cancel(conn);
        expect_cancelled(conn);
        assert_int_equal(atomic_load(&relay.seen->cancels), 0);
        PQfinish(conn);
    }
    soon_logged(&sluice, "event=cancel_not_sent");
}

/* The link stands; after the reload no certificate of that server is believed. */
static void a_server_that_is_not_the_one_is_sent_nothing(void **state)
{
    char ini[INI_MAX];
    long end = proc_now_ms() + WAIT_MS;

    (void)state;
    start_with("server_tls_sslmode = verify-full\nserver_tls_ca_file = @PGDIR@/tls/ca.crt\n");
    PGconn *conn = open_db();
    begin_sleep(conn);
    make_ini(ini, "server_tls_sslmode = verify-full\n"
                  "server_tls_ca_file = @PGDIR@/tls/other-ca.crt\n");
    sluice_reload(&sluice, ini);
    PGconn *console = open_console();
    while (strstr(query_text(console, "show config"), "other-ca") == NULL) {
        assert_true(proc_now_ms() < end);
        proc_pause_ms(10);
    }
    PQfinish(console);
    ask_cancel(conn);
    soon_query(watch, COUNT_SLEEPERS, "1");
    assert_int_equal(atomic_load(&relay.seen->cancels), 0);
    soon_logged(&sluice, "event=cancel_not_sent");
    PQfinish(conn);
}

/* Nothing comes behind SSLRequest: the request is given up, its server is free again. */
static void a_server_that_is_silent_is_given_up(void **state)
{
    (void)state;
    start_with("server_tls_sslmode = require\ncancel_wait_timeout = 1\n");
    PGconn *conn = open_db();
    begin_sleep(conn);
    atomic_store(&relay.seen->how, RELAY_TLS_HOLD);
    ask_cancel(conn); /* which is closed upon after cancel_wait_timeout */
    await_pool("0|1|0");
    soon_logged(&sluice, "event=cancel_not_sent");
    await_pool("0|0|0");
    soon_query(watch, COUNT_SLEEPERS, "1");
    assert_int_equal(atomic_load(&relay.seen->cancels), 0);
    PQfinish(conn);
}

static void end_sleep_past_sluice(PGconn *conn)
{
    query_expect(watch,
            "select pg_cancel_backend(pid) from pg_stat_activity "
            "where query like 'select pg_sleep%'",
            "t");
    assert_string_equal(query_result(PQgetResult(conn)), CANCELLED);
    assert_null(PQgetResult(conn));
}

/* In session pooling the server stays the client's: its next query runs when TLS is there. */
static void a_cancel_that_is_late_does_not_hit_the_next_query(void **state)
{
    (void)state;
    start_with("server_tls_sslmode = prefer\ncancel_wait_timeout = 1\n");
    PGconn *conn = open_as("postgres", "session");
    begin_sleep(conn);
    atomic_store(&relay.seen->how, RELAY_TLS_HOLD);
    ask_cancel(conn);
    await_pool("0|1|0");
    end_sleep_past_sluice(conn);
    begin_sleep(conn);
    atomic_store(&relay.seen->how, RELAY_TLS_REFUSE);
    await_pool("0|0|0");
    assert_int_equal(atomic_load(&relay.seen->cancels), 0);
    soon_query(watch, COUNT_SLEEPERS, "1");
    ask_cancel(conn);
    expect_cancelled(conn);
    assert_int_equal(atomic_load(&relay.seen->cancels), 1);
    PQfinish(conn);
}

/* In transaction pooling nobody waits for a request that has lost its query. */
static void a_server_whose_query_has_ended_waits_for_no_cancel(void **state)
{
    (void)state;
    start_with("server_tls_sslmode = require\ncancel_wait_timeout = 1\ndefault_pool_size = 1\n");
    PGconn *conn = open_db();
    begin_sleep(conn);
    atomic_store(&relay.seen->how, RELAY_TLS_HOLD);
    ask_cancel(conn);
    await_pool("0|1|0");
    end_sleep_past_sluice(conn);
    query_expect(conn, "select 'next'", "next");
    PQfinish(conn);
    sluice_stop(&sluice); /* which writes the rest of its log */
    assert_false(sluice_logged(&sluice, "event=cancel_not_sent"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, finish)

int main(void)
{
    const struct CMUnitTest cases[] = {
            CASE(a_cancel_is_encrypted_as_the_links_are),
            CASE(a_cancel_is_plain_where_tls_is_disabled),
            CASE(the_query_of_who_has_gone_is_cancelled_in_secret_too),
            CASE(the_queries_of_many_who_have_gone_are_all_cancelled),
            CASE(without_tls_prefer_goes_in_plain),
            CASE(without_tls_require_sends_nothing),
            CASE(a_server_that_is_not_the_one_is_sent_nothing),
            CASE(a_server_that_is_silent_is_given_up),
            CASE(a_cancel_that_is_late_does_not_hit_the_next_query),
            CASE(a_server_whose_query_has_ended_waits_for_no_cancel),
    };

    return case_run(cases, CASE_COUNT(cases), start_own_cluster, stop_own_cluster);
}
