/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/restart.h"

#include "tests/support/case.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEAD = 6, SQL_MAX = 512 };

void restart_next(const char *ini, struct proc *old)
{
    static const char *const as_root[] = {"-R", "-u", "root", NULL};
    static const char *const as_is[] = {"-R", NULL};

    *old = sluice.process;
    sluice.process.pid = 0;
    sluice_start_by(&sluice, ini, geteuid() == 0 ? as_root : as_is);
}

void restart_await(const char *event, const char *which, pid_t pid)
{
    char text[128];

    snprintf(text, sizeof(text), "event=%s %s=%d", event, which, (int)pid);
    soon_logged(&sluice, text);
}

void restart_await_end(struct proc *old)
{
    int status = proc_wait(old, RESTART_PATIENCE_MS);

    if (status != 0) {
        fail_msg("the old process ended with %d", status);
    }
}

void restart_over(const char *ini)
{
    struct proc old;

    restart_next(ini, &old);
    restart_await("takeover_begins", "from_pid", old.pid);
    restart_await_end(&old);
    sluice_must_live(&sluice);
}

void restart_await_count(const char *text, int count)
{
    long end = proc_now_ms() + SOON_MS;
    int seen = 0;

    while (seen < count && proc_now_ms() < end) {
        char *log = proc_read(sluice.process.log);
        seen = 0;
        for (const char *at = log; (at = strstr(at, text)) != NULL; at++) {
            seen++;
        }
        free(log);
        proc_pause_ms(10);
    }
    assert_int_equal(seen, count);
}

/* ---- sessions ---- */

PGconn *restart_session(int i)
{
    char sql[SQL_MAX];
    PGconn *conn = open_as("postgres", "shop");

    snprintf(sql, sizeof(sql), "set application_name = 'client %d'", i);
    query_expect(conn, sql, "SET");
    snprintf(sql, sizeof(sql), "set work_mem = '%dkB'", 2001 + 2 * i);
    query_expect(conn, sql, "SET");
    snprintf(sql, sizeof(sql), "set my.number = '%d'", i);
    query_expect(conn, sql, "SET");
    snprintf(sql, sizeof(sql), "prepare here as select %d", i);
    query_expect(conn, sql, "PREPARE");
    snprintf(sql, sizeof(sql), "select %d + 1000", i);
    assert_string_equal(query_result(PQprepare(conn, "there", sql, 0, NULL)), "");
    return conn;
}

void restart_expect_session(PGconn *conn, int i)
{
    char expected[SQL_MAX];

    snprintf(expected, sizeof(expected), "client %d|%dkB|%d", i, 2001 + 2 * i, i);
    query_expect(conn,
            "select current_setting('application_name'), current_setting('work_mem'), "
            "current_setting('my.number')",
            expected);
    snprintf(expected, sizeof(expected), "%d", i);
    query_expect(conn, "execute here", expected);
    snprintf(expected, sizeof(expected), "%d", i + 1000);
    assert_string_equal(query_prepared(conn, "there", 0, NULL), expected);
}

/* ---- one that is none ---- */

static void read_whole(int fd, uint8_t *at, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, at, len, 0); /* descriptors that come with it are dropped */
        assert_true(n > 0);
        at += n;
        len -= (size_t)n;
    }
}

void restart_say(int fd, enum restart_type type, const uint8_t *body, uint8_t len)
{
    uint8_t message[HEAD + UINT8_MAX] = {0, 0, 0, len, (uint8_t)type, 0};

    if (len > 0) {
        memcpy(message + HEAD, body, len);
    }
    assert_int_equal(send(fd, message, (size_t)HEAD + len, MSG_NOSIGNAL), HEAD + len);
}

size_t restart_read_body(int fd, enum restart_type type, uint8_t body[static RESTART_BODY_MAX])
{
    uint8_t head[HEAD] = {0};
    size_t len = 0;

    while (head[4] != type) {
        read_whole(fd, head, HEAD);
        len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        assert_true(len <= RESTART_BODY_MAX);
        read_whole(fd, body, len);
    }
    return len;
}

void restart_read_until(int fd, enum restart_type type)
{
    static uint8_t body[RESTART_BODY_MAX];

    (void)restart_read_body(fd, type, body);
}

static struct sockaddr_un place(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/.s.PGSQL.%d.handover", sluice.dir,
            sluice.port);
    return address;
}

static int make_socket(void)
{
    struct timeval patience = {.tv_sec = RESTART_PATIENCE_MS / 1000};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

int restart_dial(void)
{
    struct sockaddr_un address = place();
    int fd = make_socket();
    struct stat info;

    assert_int_equal(stat(address.sun_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void restart_say_hello(int fd)
{
    static const uint8_t hello[] = {'S', 'L', 'O', 'H', 0, 0, 0, 3, 0, 0, 0, 42};

    restart_say(fd, RESTART_HELLO, hello, sizeof(hello));
}

static _Noreturn void pose(int listens)
{
    static const uint8_t welcome[4 + 32 + 8 + 8 + 4 + 1] = {0};
    int fd = accept(listens, NULL, NULL);

    restart_read_until(fd, RESTART_HELLO);
    restart_say(fd, RESTART_WELCOME, welcome, sizeof(welcome));
    restart_say(fd, RESTART_PREPARED, NULL, 0);
    restart_say(fd, RESTART_WARM, NULL, 0);
    _exit(0);
}

pid_t restart_pose(void)
{
    struct sockaddr_un address = place();
    int fd = make_socket();

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pose(fd);
    }
    close(fd);
    return pid;
}
