/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_log.c - what is logged, where to, and how to have less or more of it.
 *
 * That something is not logged is looked at behind a later line: the log has an order.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define INI                                                                                        \
    "[databases]\n"                                                                                \
    "db = " AT_POSTGRES "\n" INI_ALONE "pool_mode = transaction\n"                                 \
    "pidfile = @DIR@/pid\n"

/* Options of the command line, behind those that root needs. */
static void start_by(const char *ini, const char *option)
{
    const char *as_root[] = {"-u", "root", option, NULL};

    sluice_start_by(&sluice, ini, geteuid() == 0 ? as_root : as_root + 2);
}

static const char *in_dir(const char *name)
{
    static char path[PROC_PATH_MAX + 16];

    snprintf(path, sizeof(path), "%.200s/%s", sluice.dir, name);
    return path;
}

static void ask(void)
{
    PGconn *conn = open_as("postgres", "db");

    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

/* The statement has been answered, so what it logged is before what a reload logs. */
static void expect_not_logged(const char *const *texts)
{
    kill(sluice.process.pid, SIGHUP);
    soon_logged(&sluice, "event=conf_reloaded");
    for (; *texts != NULL; texts++) {
        if (sluice_logged(&sluice, *texts)) {
            fail_msg("the log says %s", *texts);
        }
    }
}

/* ---- where to ---- */

static void a_log_file_has_what_stderr_has(void **state)
{
    (void)state;
    sluice_start(&sluice, INI "logfile = @DIR@/own.log\n");
    PQfinish(open_as("postgres", "db"));
    soon_in_file(in_dir("own.log"), "event=started");
    soon_in_file(in_dir("own.log"), "event=client_login");
    soon_logged(&sluice, "event=started");
    soon_logged(&sluice, "event=client_login");
}

static void quiet_is_without_stderr(void **state)
{
    (void)state;
    start_by(INI "logfile = @DIR@/own.log\n", "-q");
    soon_in_file(in_dir("own.log"), "event=started");
    assert_false(sluice_logged(&sluice, "event="));
    sluice_stop(&sluice);
    start_by(INI, "--quiet");
    PQfinish(open_as("postgres", "db"));
    sluice_stop(&sluice);
    assert_false(sluice_logged(&sluice, "event="));
}

/* What its reader takes is a datagram a line. */
static int syslog_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno == ECONNREFUSED) {
        unlink(address.sun_path); /* a test before us was killed */
    }
    close(fd);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        print_message("/dev/log cannot be ours: %s\n", strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads until a line has the text in it; false after 10 seconds without any. */
static bool is_told(int fd, const char *text, char line[1024])
{
    static const struct timeval patience = {.tv_sec = 10};
    ssize_t len;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    while ((len = recv(fd, line, 1023, 0)) > 0) {
        line[len] = '\0';
        if (strstr(line, text) != NULL) {
            return true;
        }
    }
    return false;
}

static void syslog_has_the_lines_by_name_and_facility(void **state)
{
    char line[1024] = "";
    int fd = syslog_socket();
    bool told;

    (void)state;
    if (fd < 0) {
        skip();
        return;
    }
    sluice_start(&sluice, INI "syslog = 1\nsyslog_ident = pool1\nsyslog_facility = local3\n");
    told = is_told(fd, "event=started", line);
    close(fd);
    unlink("/dev/log");
    assert_true(told);
    assert_int_equal(strncmp(line, "<158>", 5), 0); /* local3 = 19, info = 6: 19 * 8 + 6 */
    assert_non_null(strstr(line, " pool1["));
}

/* ---- what ---- */

static void logins_ends_and_errors_are_logged(void **state)
{
    (void)state;
    sluice_start(&sluice, INI);
    ask();
    login_expect("does not exist",
            "host=127.0.0.1 port=%d user=postgres dbname=nowhere sslmode=disable", sluice.port);
    soon_logged(&sluice, "event=client_login");
    soon_logged(&sluice, "event=server_login");
    soon_logged(&sluice, "event=client_closed");
    soon_logged(&sluice, "reason=\"client ended the session\"");
    soon_logged(&sluice, "event=client_error");
}

static void logins_are_not_logged_when_not_wanted(void **state)
{
    static const char *const logins[] = {"event=client_login", "event=server_login", NULL};
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI "log_connections = 0\n");
    conn = open_as("postgres", "db");
    query_expect(conn, "select 1", "1");
    expect_not_logged(logins);
    PQfinish(conn);
    soon_logged(&sluice, "event=client_closed");
}

static void ends_are_not_logged_when_not_wanted(void **state)
{
    static const char *const ends[] = {"event=client_closed", "event=server_closed", NULL};
    PGconn *console;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, INI "log_disconnections = 0\n");
    conn = open_as("postgres", "db");
    query_expect(conn, "select 1", "1");
    console = open_console();
    query_expect(console, "reconnect", "RECONNECT");
    query_expect(console, "wait_close", "WAIT_CLOSE");
    PQfinish(conn);
    soon_without(console, "show clients", "|db|");
    expect_not_logged(ends);
    soon_logged(&sluice, "event=client_login");
    PQfinish(console);
}

static void errors_are_not_logged_when_not_wanted(void **state)
{
    static const char *const errors[] = {"event=client_error", NULL};

    (void)state;
    sluice_start(&sluice, INI "log_pooler_errors = 0\n");
    login_expect("does not exist",
            "host=127.0.0.1 port=%d user=postgres dbname=nowhere sslmode=disable", sluice.port);
    expect_not_logged(errors);
}

/* Until a period has ended in which there was a statement. */
static void let_a_period_pass(PGconn *console)
{
    PGconn *conn = open_as("postgres", "db");
    bool is_seen = false;

    for (long end = proc_now_ms() + SOON_MS; !is_seen && proc_now_ms() < end; proc_pause_ms(50)) {
        PGresult *result;

        query_expect(conn, "select 1", "1");
        result = PQexec(console, "show stats");
        for (int row = 0; row < PQntuples(result); row++) {
            is_seen |=
                    strcmp(PQgetvalue(result, row, PQfnumber(result, "database")), "db") == 0 &&
                    strcmp(PQgetvalue(result, row, PQfnumber(result, "avg_query_count")), "0") != 0;
        }
        PQclear(result);
    }
    assert_true(is_seen);
    PQfinish(conn);
}

static void totals_are_logged_every_stats_period(void **state)
{
    PGconn *console;

    (void)state;
    sluice_start(&sluice, INI "stats_period = 1\n");
    console = open_console();
    let_a_period_pass(console);
    soon_logged(&sluice, "event=stats xacts=");
    PQfinish(console);
}

static void totals_are_not_logged_when_not_wanted(void **state)
{
    static const char *const stats[] = {"event=stats ", NULL};
    PGconn *console;

    (void)state;
    sluice_start(&sluice, INI "stats_period = 1\nlog_stats = 0\n");
    console = open_console();
    let_a_period_pass(console);
    expect_not_logged(stats);
    PQfinish(console);
}

static void verbose_says_more(void **state)
{
    static const char *const more[] = {" debug event=", NULL};

    (void)state;
    sluice_start(&sluice, INI);
    ask();
    expect_not_logged(more);
    sluice_reload(&sluice, INI "verbose = 2\n");
    soon_logged(&sluice, "changes=1");
    PQfinish(open_as("postgres", "db"));
    soon_logged(&sluice, " debug event=client_connected");
    sluice_stop(&sluice);
    (void)prepare(NULL);
    start_by(INI "pkt_buf = 8192\n", "-vv");
    ask();
    soon_logged(&sluice, " debug event=server_connecting");
    soon_logged(&sluice, " debug event=conf_problem");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(a_log_file_has_what_stderr_has),
        CASE(quiet_is_without_stderr),
        CASE(syslog_has_the_lines_by_name_and_facility),
        CASE(logins_ends_and_errors_are_logged),
        CASE(logins_are_not_logged_when_not_wanted),
        CASE(ends_are_not_logged_when_not_wanted),
        CASE(errors_are_not_logged_when_not_wanted),
        CASE(totals_are_logged_every_stats_period),
        CASE(totals_are_not_logged_when_not_wanted),
        CASE(verbose_says_more),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
