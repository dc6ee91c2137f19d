/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_process.c - being a process: command line, pid file, daemon, log
 * files, Unix sockets, systemd, and no file descriptors left.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 30000 };

#define INI                                                                                        \
    "[databases]\n"                                                                                \
    "shop = " AT_POSTGRES "\n"                                                                     \
    "held = " AT_POSTGRES " pool_mode=session\n" INI_ALONE                                         \
    "unix_socket_mode = 0770\npool_mode = transaction\npidfile = @DIR@/pid\n"

static int start(void **state)
{
    (void)prepare(state);
    sluice_start(&sluice, INI);
    return 0;
}

static void the_pid_file_is_ours_while_we_live_and_keeps_others_out(void **state)
{
    char path[PROC_PATH_MAX + 16];
    char expected[32];
    char *pid;

    (void)state;
    snprintf(path, sizeof(path), "%s/pid", sluice.dir);
    snprintf(expected, sizeof(expected), "%d\n", (int)sluice.process.pid);
    pid = proc_read(path);
    assert_string_equal(pid, expected);
    free(pid);
    /* The same file, another port: refused because of the pid. */
    {
        struct sluice other = sluice;
        other.port = proc_free_port();
        other.process.pid = 0;
        assert_int_equal(sluice_refused(&other, INI), 1);
        assert_true(sluice_logged(&other, "pidfile"));
    }
    sluice_stop(&sluice);
    assert_int_equal(access(path, F_OK), -1);
    /* What a crash leaves behind is in nobody's way. */
    proc_write(sluice.dir, "pid", NULL, "999999\n");
    sluice_start(&sluice, INI);
}

static void a_unix_socket_has_its_mode_and_a_stale_one_is_replaced(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat info;
    PGconn *conn;

    (void)state;
    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/.s.PGSQL.%d", sluice.dir,
            sluice.port);
    assert_int_equal(stat(address.sun_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0770);
    conn = query_must_connect("host=%s port=%d user=postgres dbname=shop", sluice.dir, sluice.port);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    sluice_stop(&sluice);
    assert_int_equal(access(address.sun_path, F_OK), -1);
    {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        close(fd); /* the file stays, nobody listens */
    }
    sluice_start(&sluice, INI);
    conn = query_must_connect("host=%s port=%d user=postgres dbname=shop", sluice.dir, sluice.port);
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
}

static void a_unix_socket_in_use_is_left_alone(void **state)
{
    struct sluice other = sluice;

    (void)state;
    other.process.pid = 0;
    assert_int_equal(
            sluice_refused(&other, "[databases]\n[pgbouncer]\nlisten_addr =\nlisten_port = @PORT@\n"
                                   "unix_socket_dir = @DIR@\nauth_type = any\n"),
            1);
    assert_true(sluice_logged(&other, "in use"));
    {
        PGconn *conn = query_must_connect(
                "host=%s port=%d user=postgres dbname=shop", sluice.dir, sluice.port);
        query_expect(conn, "select 1", "1");
        PQfinish(conn);
    }
}

static void the_command_line_is_pgbouncers(void **state)
{
    static const char *const told[] = {
            "-V", "--version", "-h", "--help", "-dvV", "-q -v -v -V", "-vh /nowhere"};
    char log[PROC_PATH_MAX + 16];
    char *text;

    (void)state;
    snprintf(log, sizeof(log), "%.200s/cli.log", sluice.dir);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        assert_int_equal(proc_shell(log, "%s %s", sluice_bin(), told[i]), 0);
    }
    assert_int_equal(proc_shell(log, "%s -x %s/sluice.ini", sluice_bin(), sluice.dir), 1);
    assert_int_equal(proc_shell(log, "%s", sluice_bin()), 1);
    assert_int_equal(proc_shell(log, "%s a b", sluice_bin()), 1);
    assert_int_equal(
            proc_shell(log, "%s -u nobody-here %s/sluice.ini", sluice_bin(), sluice.dir), 1);
    assert_int_equal(proc_shell(log, "%s --check %s/sluice.ini", sluice_bin(), sluice.dir), 0);
    if (geteuid() == 0) {
        assert_int_equal(proc_shell(log, "%s %s/sluice.ini", sluice_bin(), sluice.dir), 1);
    }
    text = proc_read(log);
    assert_non_null(strstr(text, "Sluice "));
    assert_non_null(strstr(text, "Usage: "));
    assert_non_null(strstr(text, "invalid option"));
    assert_non_null(strstr(text, "exactly one configuration file"));
    assert_non_null(strstr(text, "there is no user"));
    free(text);
}

static void check_finds_what_a_start_would(void **state)
{
    char log[PROC_PATH_MAX + 16];
    char *text;

    (void)state;
    snprintf(log, sizeof(log), "%.200s/check.log", sluice.dir);
    sluice_file(&sluice, "check.ini",
            INI "client_tls_sslmode = require\nclient_tls_key_file = @DIR@/no.key\n"
                "client_tls_cert_file = @DIR@/no.crt\n"
                "server_tls_protocols = tlsv9\nuser = nobody-here\n");
    assert_int_equal(proc_shell(log, "%s --check %s/check.ini", sluice_bin(), sluice.dir), 1);
    text = proc_read(log);
    assert_non_null(strstr(text, ":18: [pgbouncer] client_tls_cert_file: wrong: "));
    assert_non_null(strstr(text, ":19: [pgbouncer] server_tls_protocols: wrong: "));
    assert_non_null(strstr(text, ":20: warning: user: there is no user \"nobody-here\""));
    free(text);
}

/* "Uid:" and "Gid:" of /proc/PID/status are these, real, effective, saved and of files. */
static void expect_to_be(const char *user)
{
    const struct passwd *entry = getpwnam(user);
    char path[64];
    char line[128];
    char *text;

    assert_non_null(entry);
    snprintf(path, sizeof(path), "/proc/%d/status", (int)sluice.process.pid);
    text = proc_read(path);
    snprintf(line, sizeof(line), "Uid:\t%u\t%u\t%u\t%u\n", entry->pw_uid, entry->pw_uid,
            entry->pw_uid, entry->pw_uid);
    assert_non_null(strstr(text, line));
    snprintf(line, sizeof(line), "Gid:\t%u\t%u\t%u\t%u\n", entry->pw_gid, entry->pw_gid,
            entry->pw_gid, entry->pw_gid);
    assert_non_null(strstr(text, line));
    free(text);
}

/* The folder is postgres', who then writes the pid file and the socket. */
static void started_as_root_it_becomes_the_user_it_is_told(void **state)
{
    static const char *const by_ini[] = {NULL};
    static const char *const by_option[] = {"-u", "postgres", NULL};
    static const char *const by_long_option[] = {"--user=postgres", NULL};

    (void)state;
    if (geteuid() != 0) {
        print_message("only root can become another user\n");
        skip();
        return;
    }
    for (int i = 0; i < 3; i++) {
        (void)prepare(NULL);
        assert_int_equal(proc_shell(NULL, "chown postgres %s", sluice.dir), 0);
        sluice_start_by(&sluice,
                i == 0   ? INI "user = postgres\n"
                : i == 1 ? INI "user = nobody-here\n" /* the command line has the last word */
                         : INI,
                i == 0   ? by_ini
                : i == 1 ? by_option
                         : by_long_option);
        expect_to_be("postgres");
        PQfinish(open_as("postgres", "shop"));
        sluice_stop(&sluice);
    }
}

static void who_is_not_root_can_become_nobody_else(void **state)
{
    char log[PROC_PATH_MAX + 16];
    char *text;

    (void)state;
    snprintf(log, sizeof(log), "%.200s/cli.log", sluice.dir);
    sluice_stop(&sluice);
    if (geteuid() == 0) {
        /* A copy, because this tree may lie where only root can read. */
        assert_int_equal(proc_shell(NULL, "cp %s %s/sluice && chown -R postgres %s", sluice_bin(),
                                 sluice.dir, sluice.dir),
                0);
        assert_int_equal(
                proc_shell(log, "su postgres -s /bin/sh -c '%s/sluice -u root %s/sluice.ini'",
                        sluice.dir, sluice.dir),
                1);
    } else {
        assert_int_equal(proc_shell(log, "%s -u root %s/sluice.ini", sluice_bin(), sluice.dir), 1);
    }
    text = proc_read(log);
    assert_non_null(strstr(text, "cannot become user \"root\""));
    free(text);
}

static void a_daemon_is_ready_when_its_first_process_ends(void **state)
{
    char log[PROC_PATH_MAX + 16];
    char path[PROC_PATH_MAX + 16];
    char *pid;
    PGconn *conn;

    (void)state;
    (void)prepare(NULL);
    sluice_file(&sluice, "sluice.ini", INI "logfile = @DIR@/daemon.log\n");
    snprintf(log, sizeof(log), "%.200s/cli.log", sluice.dir);
    assert_int_equal(proc_shell(log, "%s -d %s %s/sluice.ini", sluice_bin(),
                             geteuid() == 0 ? "-u root" : "", sluice.dir),
            0);
    conn = open_as("postgres", "shop");
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    snprintf(path, sizeof(path), "%s/pid", sluice.dir);
    pid = proc_read(path);
    assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGTERM), 0);
    for (long end = proc_now_ms() + PATIENCE_MS; access(path, F_OK) == 0 && proc_now_ms() < end;) {
        proc_pause_ms(10);
    }
    assert_int_equal(access(path, F_OK), -1);
    free(pid);
    snprintf(path, sizeof(path), "%.200s/daemon.log", sluice.dir);
    pid = proc_read(path);
    assert_non_null(strstr(pid, "event=started"));
    free(pid);
    /* What keeps it from starting is told to who called: also that nobody would see the log. */
    sluice_file(&sluice, "sluice.ini", INI);
    assert_int_equal(proc_shell(log, "%s -dv %s %s/sluice.ini", sluice_bin(),
                             geteuid() == 0 ? "-u root" : "", sluice.dir),
            1);
    pid = proc_read(log);
    assert_non_null(strstr(pid, "-d needs logfile or syslog"));
    free(pid);
    sluice_file(&sluice, "sluice.ini", "[databases]\n[pgbouncer]\nlisten_port = @PORT@\n");
    assert_int_equal(proc_shell(log, "%s -d %s %s/sluice.ini", sluice_bin(),
                             geteuid() == 0 ? "-u root" : "", sluice.dir),
            1);
}

static void a_log_file_is_opened_anew_on_sighup(void **state)
{
    char path[PROC_PATH_MAX + 16];
    char moved[PROC_PATH_MAX + 16];

    (void)state;
    snprintf(path, sizeof(path), "%.200s/own.log", sluice.dir);
    snprintf(moved, sizeof(moved), "%.200s/own.log.1", sluice.dir);
    sluice_reload(&sluice, INI "logfile = @DIR@/own.log\n");
    for (long end = proc_now_ms() + PATIENCE_MS; access(path, F_OK) != 0 && proc_now_ms() < end;) {
        proc_pause_ms(10);
    }
    assert_int_equal(rename(path, moved), 0);
    kill(sluice.process.pid, SIGHUP);
    for (long end = proc_now_ms() + PATIENCE_MS; access(path, F_OK) != 0 && proc_now_ms() < end;) {
        proc_pause_ms(10);
    }
    assert_int_equal(access(path, F_OK), 0);
}

/* ---- systemd ---- */

static int notify_socket(char path[108])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    snprintf(path, 108, "%.90s/notify", sluice.dir);
    memcpy(address.sun_path, path, strlen(path) + 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static bool is_notified(int fd, const char *text)
{
    for (long end = proc_now_ms() + PATIENCE_MS; proc_now_ms() < end; proc_pause_ms(5)) {
        char message[1024];
        ssize_t len = recv(fd, message, sizeof(message) - 1, 0);
        if (len > 0) {
            message[len] = '\0';
            if (strstr(message, text) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void systemd_is_told(void **state)
{
    char path[108];
    int fd;

    (void)state;
    (void)prepare(NULL);
    fd = notify_socket(path);
    setenv("NOTIFY_SOCKET", path, 1); /* NOLINT(concurrency-mt-unsafe): one thread */
    sluice_start(&sluice, INI);
    unsetenv("NOTIFY_SOCKET"); /* NOLINT(concurrency-mt-unsafe): one thread */
    assert_true(is_notified(fd, "READY=1"));
    kill(sluice.process.pid, SIGHUP);
    assert_true(is_notified(fd, "RELOADING=1"));
    assert_true(is_notified(fd, "READY=1"));
    kill(sluice.process.pid, SIGTERM);
    assert_true(is_notified(fd, "STOPPING=1"));
    assert_int_equal(proc_wait(&sluice.process, PATIENCE_MS), 0);
    close(fd);
}

/* A socket that systemd would have opened, as descriptor 3 of a shell that becomes Sluice. */
static void sockets_of_systemd_are_taken_over(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char script[PROC_PATH_MAX * 3];
    char log[PROC_PATH_MAX + 16];
    char shell[] = "/bin/sh";
    char flag[] = "-c";
    char *const argv[] = {shell, flag, script, NULL};
    const struct proc_options options = {.log = log};
    PGconn *conn;

    (void)state;
    (void)prepare(NULL);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    sluice_file(&sluice, "sluice.ini", INI);
    snprintf(log, sizeof(log), "%.200s/sluice.log", sluice.dir);
    snprintf(script, sizeof(script), "LISTEN_PID=$$ LISTEN_FDS=1 exec %s %s %s/sluice.ini 3<&%d",
            sluice_bin(), geteuid() == 0 ? "-u root" : "", sluice.dir, fd);
    proc_start(&sluice.process, argv, &options);
    close(fd);
    conn = query_must_connect("host=127.0.0.1 port=%d user=postgres dbname=shop sslmode=disable",
            (int)ntohs(address.sin_port));
    query_expect(conn, "select 1", "1");
    PQfinish(conn);
    assert_false(proc_wait_port(sluice.port, 0)); /* and nothing else is opened */
    assert_int_equal(proc_stop(&sluice.process, SIGTERM, PATIENCE_MS), 0);
}

/* ---- without descriptors ---- */

static void without_descriptors_clients_are_refused_and_later_taken_again(void **state)
{
    enum { MANY = 120 };
    static const struct rlimit few = {.rlim_cur = 64, .rlim_max = 64};
    struct rlimit before;
    PGconn *conns[MANY] = {NULL};
    PGconn *again;
    int good = 0;

    (void)state;
    (void)prepare(NULL);
    getrlimit(RLIMIT_NOFILE, &before);
    sluice_start(&sluice, INI "max_client_conn = 500\n");
    assert_int_equal(prlimit(sluice.process.pid, RLIMIT_NOFILE, &few, NULL), 0);
    for (int i = 0; i < MANY; i++) {
        conns[i] = query_connect("host=127.0.0.1 port=%d user=admin dbname=pgbouncer "
                                 "sslmode=disable connect_timeout=5",
                sluice.port);
        good += PQstatus(conns[i]) == CONNECTION_OK;
        if (i > 0 && PQstatus(conns[i]) != CONNECTION_OK) {
            break;
        }
    }
    assert_in_range(good, 20, 64);
    soon_logged(&sluice, "accept_failed");
    for (int i = 0; i < good; i++) {
        query_expect(conns[i], "show peers", ""); /* who is in is served */
    }
    for (int i = 0; i <= good; i++) {
        PQfinish(conns[i]);
    }
    again = open_soon("postgres", "shop");
    query_expect(again, "select 1", "1");
    PQfinish(again);
    sluice_stop(&sluice);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(the_pid_file_is_ours_while_we_live_and_keeps_others_out),
        CASE(a_unix_socket_has_its_mode_and_a_stale_one_is_replaced),
        CASE(a_unix_socket_in_use_is_left_alone),
        CASE(the_command_line_is_pgbouncers),
        CASE(check_finds_what_a_start_would),
        CASE(who_is_not_root_can_become_nobody_else),
        cmocka_unit_test(started_as_root_it_becomes_the_user_it_is_told),
        CASE(a_log_file_is_opened_anew_on_sighup),
        cmocka_unit_test(a_daemon_is_ready_when_its_first_process_ends),
        cmocka_unit_test(systemd_is_told),
        cmocka_unit_test(sockets_of_systemd_are_taken_over),
        cmocka_unit_test(without_descriptors_clients_are_refused_and_later_taken_again),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
