/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_listen.c - where it listens, and how its sockets are set.
 *
 * What a socket is set to is asked of the socket itself: pidfd_getfd() borrows it
 * from the process, by the number that SHOW FDS gives.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/soon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "[databases]\n"                                                                                \
    "db = " AT_POSTGRES "\n"                                                                       \
    "[pgbouncer]\n"                                                                                \
    "listen_port = @PORT@\n"                                                                       \
    "auth_type = trust\n"                                                                          \
    "auth_file = @DIR@/userlist.txt\n"                                                             \
    "admin_users = postgres\n"                                                                     \
    "pool_mode = transaction\n"                                                                    \
    "workers = 2\n"
#define TCP "listen_addr = 127.0.0.1\n"
#define LOCAL "unix_socket_dir = @DIR@\n"
#define NO_LOCAL "unix_socket_dir =\n"

static void expect_at(const char *outcome, const char *host)
{
    login_expect(
            outcome, "host=%s port=%d user=postgres dbname=db sslmode=disable", host, sluice.port);
}

static PGconn *console_at(const char *host)
{
    return query_must_connect(
            "host=%s port=%d user=postgres dbname=pgbouncer sslmode=disable", host, sluice.port);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return has;
}

/* ---- where ---- */

static void addresses_of_a_list_are_listened_on_and_no_others(void **state)
{
    (void)state;
    sluice_start(&sluice, HEAD NO_LOCAL "listen_addr = 127.0.0.1, 127.0.0.3\n");
    expect_at("ok", "127.0.0.1");
    expect_at("ok", "127.0.0.3");
    expect_at("refused", "127.0.0.2");
}

static void an_address_may_be_a_name(void **state)
{
    (void)state;
    sluice_start(&sluice, HEAD NO_LOCAL "listen_addr = localhost\n");
    expect_at("ok", "127.0.0.1");
    expect_at("refused", "127.0.0.2");
}

static void an_address_may_be_of_ipv6(void **state)
{
    PGconn *console;

    (void)state;
    if (!has_ipv6()) {
        print_message("this machine has no ::1\n");
        skip();
    }
    sluice_start(&sluice, HEAD NO_LOCAL TCP "listen_addr = ::1, 127.0.0.1\n");
    expect_at("ok", "127.0.0.1");
    expect_at("ok", "::1");
    console = console_at("::1");
    assert_non_null(strstr(query_text(console, "show clients"), "|::1|"));
    PQfinish(console);
}

static void a_star_is_every_address(void **state)
{
    (void)state;
    sluice_start(&sluice, HEAD NO_LOCAL "listen_addr = *\n");
    expect_at("ok", "127.0.0.1");
    expect_at("ok", "127.0.0.2");
    if (has_ipv6()) {
        expect_at("ok", "::1");
    }
}

static void without_listen_addr_there_are_unix_sockets_only(void **state)
{
    static const char *const as_root[] = {"-u", "root", NULL};

    (void)state;
    sluice_start_by(&sluice, HEAD LOCAL, geteuid() == 0 ? as_root : as_root + 2);
    expect_at("ok", sluice.dir);
    assert_false(proc_wait_port(sluice.port, 0));
}

static void the_port_is_in_the_name_of_the_unix_socket(void **state)
{
    char path[PROC_PATH_MAX + 32];

    (void)state;
    sluice_start(&sluice, HEAD TCP LOCAL);
    snprintf(path, sizeof(path), "%s/.s.PGSQL.%d", sluice.dir, sluice.port);
    assert_int_equal(access(path, F_OK), 0);
    expect_at("ok", sluice.dir);
}

static void a_unix_socket_may_be_abstract(void **state)
{
    char host[64];

    (void)state;
    snprintf(host, sizeof(host), "@sluice-test-%d", sluice.port);
    sluice_start(&sluice, HEAD TCP "unix_socket_dir = @sluice-test-@PORT@\n"
                                   "unix_socket_mode = 0700\nunix_socket_group = nobody-here\n");
    expect_at("ok", host);
}

/* Servers without host= are looked for in the same folder. */
static void a_database_without_host_is_behind_the_unix_socket(void **state)
{
    (void)state;
    sluice_start(&sluice, "[databases]\ndb = port=@PGPORT@ dbname=postgres\n[pgbouncer]\n"
                          "listen_port = @PORT@\nauth_type = trust\nunix_socket_dir = @PGDIR@\n"
                          "auth_file = @DIR@/userlist.txt\n" TCP);
    expect_at("ok", "127.0.0.1");
}

/* A group that we may give a file to, and that new files do not have anyway; NULL: there is none. */
static const struct group *another_group(void)
{
    gid_t groups[64];
    int count = getgroups(64, groups);

    if (geteuid() == 0) {
        return getgrnam("postgres");
    }
    for (int i = 0; i < count; i++) {
        if (groups[i] != getegid() && getgrgid(groups[i]) != NULL) {
            return getgrgid(groups[i]);
        }
    }
    return NULL;
}

static void a_unix_socket_is_given_its_group(void **state)
{
    const struct group *group = another_group();
    char ini[4096];
    char path[PROC_PATH_MAX + 32];
    struct stat info;

    (void)state;
    if (group == NULL) {
        print_message("there is no second group to give it to\n");
        skip();
        return;
    }
    snprintf(ini, sizeof(ini), HEAD TCP LOCAL "unix_socket_group = %s\nunix_socket_mode = 0760\n",
            group->gr_name);
    sluice_start(&sluice, ini);
    snprintf(path, sizeof(path), "%s/.s.PGSQL.%d", sluice.dir, sluice.port);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_gid, group->gr_gid);
    assert_int_equal(info.st_mode & 0777, 0760);
}

static void a_group_that_there_is_not_is_told(void **state)
{
    (void)state;
    assert_int_equal(
            sluice_refused(&sluice, HEAD TCP LOCAL "unix_socket_group = nobody-here\n"), 1);
    assert_true(sluice_logged(&sluice, "unix_socket_group: there is no group"));
}

/* ---- two on one port ---- */

static void with_so_reuseport_two_processes_share_a_port(void **state)
{
    struct sluice other;
    bool met[2] = {false, false};

    (void)state;
    sluice_start(&sluice, HEAD TCP NO_LOCAL "so_reuseport = 1\n");
    sluice_init(&other, &cluster);
    other.port = sluice.port;
    sluice_file(&other, "userlist.txt", "\"postgres\" \"\"\n");
    assert_int_equal(sluice_refused(&other, HEAD TCP NO_LOCAL), 1);
    assert_true(sluice_logged(&other, "in use"));
    sluice_init(&other, &cluster);
    other.port = sluice.port;
    sluice_file(&other, "userlist.txt", "\"postgres\" \"\"\n");
    {
        static const char *const as_root[] = {"-u", "root", NULL};
        sluice_start_by(&other, HEAD TCP NO_LOCAL "so_reuseport = 1\n",
                geteuid() == 0 ? as_root : as_root + 2);
    }
    for (long end = proc_now_ms() + SOON_MS; !(met[0] && met[1]) && proc_now_ms() < end;) {
        expect_at("ok", "127.0.0.1");
        met[0] = met[0] || sluice_logged(&sluice, "event=client_login");
        met[1] = met[1] || sluice_logged(&other, "event=client_login");
    }
    assert_true(met[0] && met[1]);
    sluice_stop(&other);
}

/* ---- options of sockets ---- */

/* The process's descriptor number fd as ours; -1 when the system does not let us. */
static int borrow(int fd)
{
    int process = (int)syscall(SYS_pidfd_open, sluice.process.pid, 0);
    int mine = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);

    if (process >= 0) {
        close(process);
    }
    return mine;
}

/* The socket of that task in SHOW FDS, borrowed; skips the case when that is not allowed. */
static int socket_of(PGconn *console, const char *task)
{
    PGresult *result = PQexec(console, "show fds");
    int fd = -1;

    for (int row = 0; row < PQntuples(result); row++) {
        bool is_unix = strcmp(PQgetvalue(result, row, PQfnumber(result, "addr")), "unix") == 0;
        if (strcmp(PQgetvalue(result, row, PQfnumber(result, "task")), task) == 0 && !is_unix) {
            fd = (int)strtol(PQgetvalue(result, row, 0), NULL, 10);
        }
    }
    PQclear(result);
    assert_true(fd >= 0);
    fd = borrow(fd);
    if (fd < 0) {
        print_message("sockets cannot be borrowed: %s\n", strerror(errno));
        skip();
    }
    return fd;
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

static PGconn *client_in_transaction(void)
{
    PGconn *conn = query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=db sslmode=disable", sluice.port);

    query_expect(conn, "begin", "BEGIN");
    return conn;
}

static void sockets_to_both_sides_are_tuned(void **state)
{
    static const char *const tasks[] = {"client", "server"};
    PGconn *console;
    PGconn *conn;

    (void)state;
    sluice_start(&sluice, HEAD TCP LOCAL
            "tcp_keepalive = 1\ntcp_keepcnt = 4\ntcp_keepidle = 321\n"
            "tcp_keepintvl = 54\ntcp_user_timeout = 7654\ntcp_socket_buffer = 20000\n");
    conn = client_in_transaction();
    console = console_at(sluice.dir);
    for (size_t i = 0; i < 2; i++) {
        int fd = socket_of(console, tasks[i]);
        assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
        assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
        assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 321);
        assert_int_equal(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 54);
        assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 7654);
        assert_int_equal(option(fd, SOL_SOCKET, SO_SNDBUF), 40000); /* Linux doubles it */
        assert_int_equal(option(fd, SOL_SOCKET, SO_RCVBUF), 40000);
        close(fd);
    }
    PQfinish(conn);
    PQfinish(console);
}

static void without_tcp_keepalive_nothing_is_probed(void **state)
{
    PGconn *console;
    PGconn *conn;
    int fd;

    (void)state;
    sluice_start(&sluice, HEAD TCP LOCAL "tcp_keepalive = 0\ntcp_keepidle = 321\n");
    conn = client_in_transaction();
    console = console_at(sluice.dir);
    fd = socket_of(console, "server");
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    close(fd);
    PQfinish(conn);
    PQfinish(console);
}

/* The length of the queue is what Linux reports of a listening socket in place of "sacked". */
static void the_backlog_is_listen_backlog(void **state)
{
    struct tcp_info info;
    socklen_t len = sizeof(info);
    PGconn *console;
    int fd;

    (void)state;
    sluice_start(&sluice, HEAD TCP LOCAL "listen_backlog = 17\n");
    console = console_at(sluice.dir);
    fd = socket_of(console, "pooler");
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
    assert_int_equal(info.tcpi_sacked, 17);
    close(fd);
    PQfinish(console);
}

/* One who says nothing is not taken in before one who does, and is counted nowhere. */
static void with_tcp_defer_accept_silence_is_not_accepted(void **state)
{
    enum { SILENT_MAX = 30 };
    int silent[SILENT_MAX];
    int count = 0;
    bool is_counted = false;
    PGconn *console;
    int fd;

    (void)state;
    sluice_start(&sluice, HEAD TCP LOCAL);
    console = console_at(sluice.dir);
    fd = login_dial(sluice.port);
    expect_at("ok", "127.0.0.1");
    assert_null(strstr(query_text(console, "show lists"), "login_clients|1"));
    close(fd);
    /* It may change while running. */
    sluice_reload(&sluice, HEAD TCP LOCAL "tcp_defer_accept = 0\n");
    soon_logged(&sluice, "event=conf_reloaded");
    /* Each stays open, for one that goes away, or is silent for ten seconds, is accepted after all. */
    while (!is_counted && count < SILENT_MAX) {
        silent[count++] = login_dial(sluice.port);
        for (int tries = 0; tries < 20 && !is_counted; tries++, proc_pause_ms(5)) {
            is_counted = strstr(query_text(console, "show lists"), "login_clients|1") != NULL;
        }
    }
    for (int i = 0; i < count; i++) {
        close(silent[i]);
    }
    assert_true(is_counted);
    PQfinish(console);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, prepare, stop_sluice)

static const struct CMUnitTest cases[] = {
        CASE(addresses_of_a_list_are_listened_on_and_no_others),
        CASE(an_address_may_be_a_name),
        CASE(an_address_may_be_of_ipv6),
        CASE(a_star_is_every_address),
        CASE(without_listen_addr_there_are_unix_sockets_only),
        CASE(the_port_is_in_the_name_of_the_unix_socket),
        CASE(a_unix_socket_may_be_abstract),
        CASE(a_database_without_host_is_behind_the_unix_socket),
        CASE(a_unix_socket_is_given_its_group),
        CASE(a_group_that_there_is_not_is_told),
        CASE(with_so_reuseport_two_processes_share_a_port),
        CASE(sockets_to_both_sides_are_tuned),
        CASE(without_tcp_keepalive_nothing_is_probed),
        CASE(the_backlog_is_listen_backlog),
        CASE(with_tcp_defer_accept_silence_is_not_accepted),
};

int main(void)
{
    return case_run(cases, CASE_COUNT(cases), start_cluster, stop_cluster);
}
