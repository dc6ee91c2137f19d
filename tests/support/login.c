/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/login.h"

#include "tests/support/case.h"
#include "tests/support/proc.h"
#include "tests/support/query.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOGIN_MS = 30000, READ_MS = 5000 };

/* ---- by libpq ---- */

/* PQconnectdb() with messages that carry SQLSTATE. */
static PGconn *connect_verbose(const char *conninfo)
{
    PGconn *conn = PQconnectStart(conninfo);
    PostgresPollingStatusType want = PGRES_POLLING_WRITING;
    long end = proc_now_ms() + LOGIN_MS;

    PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
    while (want == PGRES_POLLING_READING || want == PGRES_POLLING_WRITING) {
        struct pollfd fd = {
                .fd = PQsocket(conn), .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT};

        if (proc_now_ms() > end) {
            fail_msg("no end of the login with %s", conninfo);
        }
        if (PQsocket(conn) < 0 || poll(&fd, 1, 100) != 0) {
            want = PQconnectPoll(conn);
        }
    }
    return conn;
}

static const char *outcome_of(const char *format, va_list args)
        __attribute__((format(printf, 1, 0)));

static const char *outcome_of(const char *format, va_list args)
{
    static char text[LOGIN_TEXT_MAX];
    char conninfo[2048];
    PGconn *conn;
    int len = vsnprintf(conninfo, sizeof(conninfo), format, args);

    if (len < 0 || (size_t)len >= sizeof(conninfo)) {
        proc_die("a conninfo is too long");
    }
    conn = connect_verbose(conninfo);
    if (PQstatus(conn) != CONNECTION_OK) {
        snprintf(text, sizeof(text), "%s", PQerrorMessage(conn));
    } else {
        const char *got = query_text(conn, "select 1");
        snprintf(text, sizeof(text), "%s", strcmp(got, "1") == 0 ? "ok" : got);
    }
    PQfinish(conn);
    return text;
}

const char *login_try(const char *format, ...)
{
    const char *outcome;
    va_list args;

    va_start(args, format);
    outcome = outcome_of(format, args);
    va_end(args);
    return outcome;
}

void login_expect(const char *outcome, const char *format, ...)
{
    const char *got;
    va_list args;

    va_start(args, format);
    got = outcome_of(format, args);
    va_end(args);
    /* "ok" is the whole of an outcome, anything else a part. */
    if (strcmp(outcome, "ok") == 0 ? strcmp(got, "ok") != 0 : strstr(got, outcome) == NULL) {
        char conninfo[2048];

        va_start(args, format);
        vsnprintf(conninfo, sizeof(conninfo), format, args);
        va_end(args);
        fail_msg("%s\n  gave      %s\n  expected  %s", conninfo, got, outcome);
    }
}

/* ---- by hand ---- */

int login_dial(int port)
{
    struct timeval limit = {.tv_sec = READ_MS / 1000};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0) {
        proc_die("nobody accepts on port %d", port);
    }
    return fd;
}

size_t login_startup(char *at, const char *user, const char *database)
{
    static const char head[8] = {0, 0, 0, 0, 0, 3, 0, 0};
    int len;

    memcpy(at, head, sizeof(head));
    len = snprintf(
            at + 8, LOGIN_TEXT_MAX - 8, "user%c%s%cdatabase%c%s%c", 0, user, 0, 0, database, 0);
    at[8 + len] = '\0';
    len += 9;
    at[2] = (char)(len >> 8);
    at[3] = (char)len;
    return (size_t)len;
}

size_t login_read(int fd, char *at, size_t size)
{
    size_t len = 0;

    while (len < size) {
        ssize_t got = recv(fd, at + len, size - len, 0);

        if (got <= 0) {
            break;
        }
        len += (size_t)got;
    }
    return len;
}

int login_asked(int port, const char *user, const char *database)
{
    char text[LOGIN_TEXT_MAX];
    int fd = login_dial(port);
    size_t len = login_startup(text, user, database);
    int code = -1;

    if (send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len && login_read(fd, text, 9) == 9 &&
            text[0] == 'R') {
        code = (unsigned char)text[8]; /* the other three bytes are zero in every code there is */
    }
    close(fd);
    return code;
}
