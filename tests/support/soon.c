/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/soon.h"

#include "tests/support/case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_MS = 10 };

void soon_query(PGconn *conn, const char *sql, const char *expected)
{
    const char *got = "";

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(PAUSE_MS)) {
        got = query_text(conn, sql);
        if (strcmp(got, expected) == 0) {
            return;
        }
    }
    fail_msg("%s gives %s, and not %s", sql, got, expected);
}

void soon_with(PGconn *conn, const char *sql, const char *text)
{
    const char *got = "";

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(PAUSE_MS)) {
        got = query_text(conn, sql);
        if (strstr(got, text) != NULL) {
            return;
        }
    }
    fail_msg("%s gives %s, without %s", sql, got, text);
}

void soon_without(PGconn *conn, const char *sql, const char *text)
{
    const char *got = "";

    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(PAUSE_MS)) {
        got = query_text(conn, sql);
        if (strstr(got, text) == NULL) {
            return;
        }
    }
    fail_msg("%s still gives %s with %s", sql, got, text);
}

void soon_in_file(const char *path, const char *text)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(PAUSE_MS)) {
        char *all = access(path, R_OK) == 0 ? proc_read(path) : NULL;
        bool found = all != NULL && strstr(all, text) != NULL;

        free(all);
        if (found) {
            return;
        }
    }
    fail_msg("%s does not say %s", path, text);
}

void soon_logged(const struct sluice *sluice, const char *text)
{
    soon_in_file(sluice->process.log, text);
}

void soon_result(PGconn *conn, const char *expected)
{
    if (!query_is_answered(conn, SOON_MS)) {
        fail_msg("no answer, and not %s", expected);
    }
    assert_string_equal(query_result(PQgetResult(conn)), expected);
    assert_null(PQgetResult(conn));
}

void soon_answered(PGconn *conn, const char *start)
{
    PGresult *result;
    const char *text;

    for (long end = proc_now_ms() + SOON_MS; PQisBusy(conn); proc_pause_ms(PAUSE_MS)) {
        if (proc_now_ms() > end) {
            fail_msg("no answer, and not %s", start);
        }
        if (PQconsumeInput(conn) == 0) {
            break; /* it is closed: what came before is the answer */
        }
    }
    result = PQgetResult(conn);
    text = result == NULL ? PQerrorMessage(conn) : query_result(result);
    if (strncmp(text, start, strlen(start)) != 0) {
        fail_msg("the answer is %s, and not %s", text, start);
    }
    while ((result = PQgetResult(conn)) != NULL) {
        PQclear(result);
    }
}
