/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_operations.c - running it: pausing, reloading, reconnecting,
 * killing, draining, ending.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { LOADERS = 4, PATIENCE_MS = 30000 };

#define INI                                                                                        \
    "[databases]\n"                                                                                \
    "shop = " AT_POSTGRES "\n"                                                                     \
    "held = " AT_POSTGRES " pool_mode=session\n" NO_CATALOGS INI_MAIN                              \
    "pool_mode = transaction\npidfile = @DIR@/pid\n"

static int start_with(const char *ini)
{
    (void)prepare(NULL);
    sluice_start(&sluice, ini);
    return 0;
}

static int start(void **state)
{
    (void)state;
    return start_with(INI);
}

/* ---- load ---- */

struct loader {
    pthread_t thread;
    char conninfo[256];
    atomic_bool *is_over;
    atomic_long *done;
    char error[512]; /* the first one; "" is none */
};

struct load {
    struct loader loaders[LOADERS];
    atomic_bool is_over;
    atomic_long done;
};

/* Transactions of two statements that must be answered by one server, one after the other. */
static void *run_loader(void *arg)
{
    struct loader *loader = arg;
    PGconn *conn = PQconnectdb(loader->conninfo);
    static const char sql[] = "begin; select pg_backend_pid(); commit";

    while (!atomic_load(loader->is_over) && loader->error[0] == '\0') {
        PGresult *result = PQexec(conn, sql);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            snprintf(loader->error, sizeof(loader->error), "%s", PQerrorMessage(conn));
        }
        PQclear(result);
        atomic_fetch_add(loader->done, 1);
    }
    PQfinish(conn);
    return NULL;
}

static void load_start(struct load *load)
{
    memset(load, 0, sizeof(*load));
    for (int i = 0; i < LOADERS; i++) {
        struct loader *loader = &load->loaders[i];
        loader->is_over = &load->is_over;
        loader->done = &load->done;
        snprintf(loader->conninfo, sizeof(loader->conninfo),
                "host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable", sluice.port);
        assert_int_equal(pthread_create(&loader->thread, NULL, run_loader, loader), 0);
    }
}

/* True when more transactions end within ms. */
static bool load_moves(struct load *load, int ms)
{
    long before = atomic_load(&load->done);

    for (long end = proc_now_ms() + ms; proc_now_ms() < end; proc_pause_ms(5)) {
        if (atomic_load(&load->done) > before + LOADERS) {
            return true;
        }
    }
    return false;
}

/* Joins; fails the case when a client saw an error. */
static void load_stop(struct load *load)
{
    atomic_store(&load->is_over, true);
    for (int i = 0; i < LOADERS; i++) {
        pthread_join(load->loaders[i].thread, NULL);
    }
    for (int i = 0; i < LOADERS; i++) {
        if (load->loaders[i].error[0] != '\0') {
            fail_msg("a client saw: %s", load->loaders[i].error);
        }
    }
}

/* ---- PAUSE, RESUME ---- */

static void a_pause_under_load_lets_go_of_all_servers_and_a_resume_goes_on(void **state)
{
    struct load load;
    PGconn *console = open_console();

    (void)state;
    load_start(&load);
    for (int round = 0; round < 5; round++) {
        assert_true(load_moves(&load, PATIENCE_MS));
        query_expect(console, round % 2 == 0 ? "pause" : "pause shop", "PAUSE");
        query_expect(console, "show servers", "");
        assert_false(load_moves(&load, 50));
        query_expect(console, round % 2 == 0 ? "resume" : "resume shop", "RESUME");
    }
    assert_true(load_moves(&load, PATIENCE_MS));
    load_stop(&load);
    PQfinish(console);
}

static void a_pause_waits_for_a_transaction(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    assert_int_equal(PQsendQuery(console, "pause shop"), 1);
    assert_false(query_is_answered(console, 200));
    query_expect(conn, "select 1", "1");
    query_expect(conn, "commit", "COMMIT");
    soon_result(console, "PAUSE");
    assert_int_equal(PQsendQuery(conn, "select 2"), 1);
    assert_false(query_is_answered(conn, 100));
    query_expect(console, "resume shop", "RESUME");
    soon_result(conn, "2");
    query_expect_start(console, "resume shop", "ERROR 55000: ");
    query_expect_start(console, "resume", "ERROR 55000: ");
    PQfinish(conn);
    PQfinish(console);
}

static void a_pause_outlives_the_console_that_asked_for_it(void **state)
{
    PGconn *first = open_console();
    PGconn *second;
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    assert_int_equal(PQsendQuery(first, "pause"), 1);
    assert_false(query_is_answered(first, 50));
    PQfinish(first);
    second = open_console();
    query_expect(second, "show state", "active|no\npaused|yes\nsuspended|no");
    query_expect_start(second, "pause", "ERROR 55000: already");
    query_expect(conn, "commit", "COMMIT");
    soon_query(second, "show servers", "");
    query_expect(second, "resume", "RESUME");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(second);
}

static void a_cancelled_pause_is_taken_back(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");
    PGcancel *cancel = PQgetCancel(console);
    char why[256];

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    assert_int_equal(PQsendQuery(console, "pause"), 1);
    assert_false(query_is_answered(console, 50));
    assert_int_equal(PQcancel(cancel, why, sizeof(why)), 1);
    soon_result(console, "ERROR 57014: canceling statement due to user request");
    query_expect(console, "show state", "active|yes\npaused|no\nsuspended|no");
    query_expect(conn, "commit", "COMMIT");
    PQfreeCancel(cancel);
    PQfinish(conn);
    PQfinish(console);
}

static void a_suspend_holds_transactions_and_keeps_servers(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");
    char pid[32];

    (void)state;
    snprintf(pid, sizeof(pid), "%s", query_text(conn, "select pg_backend_pid()"));
    query_expect(console, "suspend", "SUSPEND");
    query_expect(console, "show state", "active|no\npaused|no\nsuspended|yes");
    query_expect_start(console, "pause", "ERROR 55000: already");
    assert_int_equal(PQsendQuery(conn, "select pg_backend_pid()"), 1);
    assert_false(query_is_answered(conn, 200));
    query_expect(console, "resume", "RESUME");
    soon_result(conn, pid);
    PQfinish(conn);
    PQfinish(console);
}

static void signals_pause_and_resume(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(conn, "select 1", "1");
    kill(sluice.process.pid, SIGUSR1);
    soon_query(console, "show state", "active|no\npaused|yes\nsuspended|no");
    soon_query(console, "show servers", "");
    kill(sluice.process.pid, SIGUSR2);
    soon_query(console, "show state", "active|yes\npaused|no\nsuspended|no");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(console);
}

/* ---- DISABLE, RECONNECT, WAIT_CLOSE, KILL ---- */

static void a_disabled_database_takes_no_new_clients(void **state)
{
    PGconn *console = open_console();
    PGconn *old = open_as("postgres", "shop");
    PGconn *conn;

    (void)state;
    query_expect(old, "select 1", "1");
    query_expect(console, "disable shop", "DISABLE");
    conn = try_open_as("postgres", "shop");
    assert_int_equal(PQstatus(conn), CONNECTION_BAD);
    assert_non_null(strstr(PQerrorMessage(conn), "database \"shop\" is disabled"));
    PQfinish(conn);
    query_expect(old, "select 2", "2");
    PQfinish(old);
    query_expect(console, "enable shop", "ENABLE");
    conn = open_as("postgres", "shop");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(console);
}

static void a_reconnect_replaces_servers_when_they_are_released(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");
    char pid[32];

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    snprintf(pid, sizeof(pid), "%s", query_text(conn, "select pg_backend_pid()"));
    query_expect(console, "reconnect shop", "RECONNECT");
    assert_int_equal(PQsendQuery(console, "wait_close shop"), 1);
    assert_false(query_is_answered(console, 200));
    query_expect(conn, "select pg_backend_pid()", pid);
    query_expect(conn, "commit", "COMMIT");
    soon_result(console, "WAIT_CLOSE");
    assert_string_not_equal(query_text(conn, "select pg_backend_pid()"), pid);
    query_expect(console, "wait_close", "WAIT_CLOSE");
    PQfinish(conn);
    PQfinish(console);
}

static void a_kill_ends_clients_and_servers_at_once(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");
    PGconn *idle = open_as("postgres", "shop");
    PGconn *other = open_as("postgres", "held");
    PGconn *late;

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    query_expect(other, "select 1", "1");
    query_expect(console, "kill shop", "KILL");
    query_expect_start(conn, "select 1", "ERROR 57P01: ");
    query_expect_start(idle, "select 1", "ERROR 57P01: ");
    query_expect(other, "select 1", "1");
    soon_query(console, "show state", "active|yes\npaused|no\nsuspended|no");
    query_expect(console, "resume shop", "RESUME");
    late = open_as("postgres", "shop");
    query_expect(late, "select 1", "1");
    PQfinish(conn);
    PQfinish(idle);
    PQfinish(other);
    PQfinish(late);
    PQfinish(console);
}

/* The id of the only client of that database. */
static void client_id(PGconn *console, const char *dbname, char id[32])
{
    PGresult *result = PQexec(console, "show clients");
    int database = PQfnumber(result, "database");
    int at = PQfnumber(result, "id");

    id[0] = '\0';
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, database), dbname) == 0) {
            snprintf(id, 32, "%s", PQgetvalue(result, row, at));
        }
    }
    PQclear(result);
    assert_true(id[0] != '\0');
}

static void one_client_is_killed_and_no_other(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "held");
    PGconn *other = open_as("postgres", "shop");
    char id[32];
    char sql[64];

    (void)state;
    query_expect(conn, "select 1", "1");
    client_id(console, "held", id);
    snprintf(sql, sizeof(sql), "kill_client %s", id);
    query_expect(console, sql, "KILL_CLIENT");
    query_expect_start(conn, "select 1", "ERROR 57P01: ");
    query_expect(other, "select 1", "1");
    soon_query(console, sql, "ERROR 42704: client not found"); /* it goes when it is told */
    PQfinish(conn);
    PQfinish(other);
    PQfinish(console);
}

/* ---- RELOAD ---- */

static const char *config_value(PGconn *console, const char *key)
{
    static char value[256];
    PGresult *result = PQexec(console, "show config");

    value[0] = '\0';
    for (int row = 0; row < PQntuples(result); row++) {
        if (strcmp(PQgetvalue(result, row, 0), key) == 0) {
            snprintf(value, sizeof(value), "%s", PQgetvalue(result, row, 1));
        }
    }
    PQclear(result);
    return value;
}

static void reloads_under_load_lose_no_client(void **state)
{
    struct load load;
    PGconn *console = open_console();

    (void)state;
    load_start(&load);
    for (int round = 0; round < 6; round++) {
        assert_true(load_moves(&load, PATIENCE_MS));
        sluice_file(&sluice, "sluice.ini",
                round % 2 == 0 ? INI "default_pool_size = 3\nserver_lifetime = 100\n"
                               : INI "default_pool_size = 2\n");
        query_expect(console, "reload", "RELOAD");
        assert_string_equal(config_value(console, "default_pool_size"), round % 2 == 0 ? "3" : "2");
    }
    assert_true(load_moves(&load, PATIENCE_MS));
    load_stop(&load);
    PQfinish(console);
}

static void a_reload_moves_a_database_between_transactions(void **state)
{
    struct load load;
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(conn, "select current_setting('application_name')", "");
    load_start(&load);
    sluice_reload(&sluice,
            "[databases]\n"
            "shop = host=@PGDIR@ port=@PGPORT@ dbname=template1\n" /* elsewhere */
            "[pgbouncer]\n"
            "listen_addr = 127.0.0.1\nlisten_port = @PORT@\nunix_socket_dir = @DIR@\n"
            "auth_type = trust\nauth_file = @DIR@/userlist.txt\nadmin_users = admin\n"
            "pool_mode = transaction\npidfile = @DIR@/pid\nworkers = 2\n");
    soon_query(conn, "select current_database()", "template1");
    assert_true(load_moves(&load, PATIENCE_MS));
    load_stop(&load);
    PQfinish(conn);
    PQfinish(console);
}

static void a_wrong_file_changes_nothing(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    sluice_file(&sluice, "sluice.ini", "[databases\nnonsense\n");
    query_expect_start(console, "reload", "ERROR F0000: RELOAD failed");
    soon_logged(&sluice, "reload_failed");
    query_expect(conn, "select 1", "1");
    assert_string_equal(config_value(console, "pool_mode"), "transaction");
    PQfinish(conn);
    PQfinish(console);
}

/* ---- the end ---- */

static void sigterm_waits_for_clients_and_refuses_new_ones(void **state)
{
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(conn, "select 1", "1");
    kill(sluice.process.pid, SIGTERM);
    for (long end = proc_now_ms() + PATIENCE_MS;
            proc_wait_port(sluice.port, 0) && proc_now_ms() < end;) {
        proc_pause_ms(5);
    }
    assert_false(proc_wait_port(sluice.port, 0));
    query_expect(conn, "select 1", "1");
    query_expect(conn, "begin; select 2; commit", "BEGIN\n2\nCOMMIT");
    assert_int_equal(proc_wait(&sluice.process, 200), -1);
    PQfinish(conn);
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
}

static void sigint_waits_for_transactions_and_no_longer(void **state)
{
    PGconn *idle = open_as("postgres", "shop");
    PGconn *conn = open_as("postgres", "shop");
    PGresult *result;

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    kill(sluice.process.pid, SIGINT);
    soon_logged(&sluice, "name=SIGINT");
    assert_int_equal(proc_wait(&sluice.process, 200), -1);
    query_expect(conn, "select 1", "1");
    result = PQexec(conn, "commit");
    assert_string_equal(PQcmdStatus(result), "COMMIT");
    PQclear(result);
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
    query_expect_start(idle, "select 1", "ERROR 57P01: ");
    PQfinish(idle);
    PQfinish(conn);
}

static void a_second_signal_ends_it_at_once(void **state)
{
    PGconn *conn = open_as("postgres", "held");

    (void)state;
    query_expect(conn, "select 1", "1");
    kill(sluice.process.pid, SIGTERM);
    soon_logged(&sluice, "name=SIGTERM");
    assert_int_equal(proc_wait(&sluice.process, 200), -1);
    kill(sluice.process.pid, SIGTERM);
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
    query_expect_start(conn, "select 1", "ERROR 57P01: ");
    PQfinish(conn);
}

static int start_with_deadline(void **state)
{
    (void)state;
    return start_with(INI "shutdown_timeout = 0.5\n");
}

static void a_deadline_ends_a_shutdown_that_would_wait(void **state)
{
    PGconn *conn = open_as("postgres", "shop");
    long since = proc_now_ms();

    (void)state;
    query_expect(conn, "begin", "BEGIN");
    kill(sluice.process.pid, SIGTERM);
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
    assert_true(proc_now_ms() - since >= 500);
    assert_true(sluice_logged(&sluice, "shutdown_deadline"));
    PQfinish(conn);
}

static void the_console_ends_it_at_once_or_when_all_have_left(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");

    (void)state;
    query_expect(console, "shutdown wait_for_clients", "SHUTDOWN");
    query_expect_start(console, "resume", "ERROR 55000: pooler is shutting down");
    query_expect(conn, "select 1", "1");
    assert_int_equal(proc_wait(&sluice.process, 100), -1);
    query_expect_start(console, "shutdown", "ERROR 57P01: ");
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
    PQfinish(conn);
    PQfinish(console);
}

static void the_console_stays_open_on_the_unix_socket_while_it_drains(void **state)
{
    PGconn *console = open_console();
    PGconn *conn = open_as("postgres", "shop");
    PGconn *late;

    (void)state;
    query_expect(console, "shutdown wait_for_clients", "SHUTDOWN");
    PQfinish(console);
    late = query_connect("host=%s port=%d user=postgres dbname=shop", sluice.dir, sluice.port);
    assert_int_equal(PQstatus(late), CONNECTION_BAD);
    assert_non_null(strstr(PQerrorMessage(late), "shutting down"));
    PQfinish(late);
    console = query_must_connect(
            "host=%s port=%d user=admin dbname=pgbouncer", sluice.dir, sluice.port);
    query_expect(console, "show state", "active|yes\npaused|no\nsuspended|no");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    PQfinish(console);
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(a_pause_under_load_lets_go_of_all_servers_and_a_resume_goes_on),
        CASE(a_pause_waits_for_a_transaction),
        CASE(a_pause_outlives_the_console_that_asked_for_it),
        CASE(a_cancelled_pause_is_taken_back),
        CASE(a_suspend_holds_transactions_and_keeps_servers),
        CASE(signals_pause_and_resume),
        CASE(a_disabled_database_takes_no_new_clients),
        CASE(a_reconnect_replaces_servers_when_they_are_released),
        CASE(a_kill_ends_clients_and_servers_at_once),
        CASE(one_client_is_killed_and_no_other),
        CASE(reloads_under_load_lose_no_client),
        CASE(a_reload_moves_a_database_between_transactions),
        CASE(a_wrong_file_changes_nothing),
        CASE(sigterm_waits_for_clients_and_refuses_new_ones),
        CASE(sigint_waits_for_transactions_and_no_longer),
        CASE(a_second_signal_ends_it_at_once),
        cmocka_unit_test_setup_teardown(
                a_deadline_ends_a_shutdown_that_would_wait, start_with_deadline, stop_sluice),
        CASE(the_console_ends_it_at_once_or_when_all_have_left),
        CASE(the_console_stays_open_on_the_unix_socket_while_it_drains),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
