/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/hears.h"

#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

char warned[WARNED_MAX];

void on_notice(void *arg, const char *message)
{
    size_t len = strlen(warned);

    (void)arg;
    snprintf(warned + len, sizeof warned - len, "%s", message);
}

int heard_from;

void hears(PGconn *conn, const char *expected)
{
    char text[512];
    PGnotify *notify;

    while ((notify = PQnotifies(conn)) == NULL) {
        struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
        if (poll(&fd, 1, SOON_MS) != 1 || PQconsumeInput(conn) != 1) {
            fail_msg("nothing was heard instead of %s: %s", expected, PQerrorMessage(conn));
        }
    }
    snprintf(text, sizeof text, "%s %s", notify->relname, notify->extra);
    heard_from = notify->be_pid;
    PQfreemem(notify);
    assert_string_equal(text, expected);
}

void hears_nothing(PGconn *conn)
{
    PGnotify *notify = PQnotifies(conn);

    if (notify != NULL) {
        fail_msg("it heard %s %s", notify->relname, notify->extra);
    }
}

void nobody_is_pinned_in(const char *database)
{
    for (int i = 0; i < SOON_MS; i++) {
        if (console_value("SHOW PINS", "database", database, "reasons") == NULL &&
                console_number("SHOW POOLS", "database", database, "sv_active") == 0) {
            return;
        }
        poll(NULL, 0, 1);
    }
    fail_msg("somebody keeps a server");
}

int count_told(PGconn *conn)
{
    PGnotify *notify;
    int count = 0;

    while ((notify = PQnotifies(conn)) != NULL) {
        PQfreemem(notify);
        count++;
    }
    return count;
}

void has_heard(PGconn *conn, const char *expected)
{
    PGnotify *notify = PQnotifies(conn);
    char text[512] = "nothing";

    if (notify != NULL) {
        snprintf(text, sizeof text, "%s %s", notify->relname, notify->extra);
        assert_int_equal(notify->be_pid, PQbackendPID(conn));
        PQfreemem(notify);
    }
    assert_string_equal(text, expected);
}

void sees(PGconn *conn, const char *text)
{
    while (strstr(warned, text) == NULL) {
        struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};
        if (poll(&fd, 1, SOON_MS) != 1 || PQconsumeInput(conn) != 1) {
            fail_msg("it was not told: %s", text);
        }
        assert_null(PQnotifies(conn));
    }
}

void kill_listener_of(const char *database)
{
    PGconn *direct = open_direct();
    char sql[128];

    snprintf(sql, sizeof sql, "select pg_terminate_backend(%ld)",
            console_number("SHOW LISTENERS", "database", database, "server_pid"));
    query_expect(direct, sql, "t");
    PQfinish(direct);
}
