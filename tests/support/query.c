/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/query.h"

#include "tests/support/case.h"
#include "tests/support/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING = 8, CONNINFO_MAX = 2048 };

static char *ring[RING];
static int ring_at;

/* A growing text; memory that runs out ends the program. */
struct text {
    char *at;
    size_t len;
    size_t cap;
};

static void text_put(struct text *text, const char *more)
{
    size_t len = strlen(more);

    if (text->len + len >= text->cap) {
        /* By doubling: a sanitizer's realloc() copies every time. */
        size_t cap = (text->len + len + 32) * 2;
        char *grown = realloc(text->at, cap);

        if (grown == NULL) {
            proc_die("out of memory");
        }
        text->at = grown;
        text->cap = cap;
    }
    memcpy(text->at + text->len, more, len + 1);
    text->len += len;
}

static const char *keep(struct text *text)
{
    free(ring[ring_at]);
    ring[ring_at] = text->at;
    ring_at = (ring_at + 1) % RING;
    return text->at;
}

static void put_error(struct text *text, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    text_put(text, "ERROR ");
    if (message == NULL) {
        text_put(text, PQresultErrorMessage(result)); /* libpq's own */
        return;
    }
    text_put(text, state != NULL ? state : "?????");
    text_put(text, ": ");
    text_put(text, message);
}

static void put_rows(struct text *text, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        for (int field = 0; field < PQnfields(result); field++) {
            text_put(text, field > 0 ? "|" : row > 0 ? "\n" : "");
            text_put(text,
                    PQgetisnull(result, row, field) ? "<null>" : PQgetvalue(result, row, field));
        }
    }
}

static void put_result(struct text *text, PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) {
        put_rows(text, result);
    } else if (status == PGRES_COMMAND_OK) {
        text_put(text, PQcmdStatus(result));
    } else if (status == PGRES_EMPTY_QUERY) {
        text_put(text, "<empty>");
    } else if (status == PGRES_PIPELINE_SYNC || status == PGRES_PIPELINE_ABORTED ||
               status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        text_put(text, PQresStatus(status)); /* the caller has to go on from here */
    } else {
        put_error(text, result);
    }
    PQclear(result);
}

const char *query_result(PGresult *result)
{
    struct text text = {NULL, 0, 0};

    text_put(&text, "");
    put_result(&text, result);
    return keep(&text);
}

/* All results of what was sent; sent is what libpq's send function answered. */
static const char *collect(PGconn *conn, int sent)
{
    struct text text = {NULL, 0, 0};
    PGresult *result;
    int count = 0;

    text_put(&text, "");
    if (!sent) {
        text_put(&text, "ERROR ");
        text_put(&text, PQerrorMessage(conn));
        return keep(&text);
    }
    while ((result = PQgetResult(conn)) != NULL) {
        ExecStatusType status = PQresultStatus(result);

        text_put(&text, count++ > 0 ? "\n" : "");
        put_result(&text, result);
        /* The caller has to move the data first. */
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            break;
        }
    }
    return keep(&text);
}

const char *query_text(PGconn *conn, const char *sql)
{
    return collect(conn, PQsendQuery(conn, sql));
}

const char *query_params(PGconn *conn, const char *sql, int count, const char *const *values)
{
    return collect(conn, PQsendQueryParams(conn, sql, count, NULL, values, NULL, NULL, 0));
}

const char *query_prepared(PGconn *conn, const char *name, int count, const char *const *values)
{
    return collect(conn, PQsendQueryPrepared(conn, name, count, values, NULL, NULL, 0));
}

static void no_notices(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* len is what vsnprintf() answered when it made conninfo. */
static PGconn *connect_to(const char *conninfo, int len)
{
    PGconn *conn;

    if (len < 0 || len >= CONNINFO_MAX) {
        proc_die("a conninfo is too long");
    }
    conn = PQconnectdb(conninfo);
    PQsetNoticeProcessor(conn, no_notices, NULL);
    return conn;
}

PGconn *query_connect(const char *format, ...)
{
    char conninfo[CONNINFO_MAX];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(conninfo, sizeof(conninfo), format, args);
    va_end(args);
    return connect_to(conninfo, len);
}

PGconn *query_must_connect(const char *format, ...)
{
    char conninfo[CONNINFO_MAX];
    PGconn *conn;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(conninfo, sizeof(conninfo), format, args);
    va_end(args);
    conn = connect_to(conninfo, len);
    if (PQstatus(conn) != CONNECTION_OK) {
        fail_msg("connect: %s", PQerrorMessage(conn));
    }
    return conn;
}

bool query_is_answered(PGconn *conn, int ms)
{
    for (long end = proc_now_ms() + ms; proc_now_ms() < end; proc_pause_ms(5)) {
        assert_int_equal(PQconsumeInput(conn), 1);
        if (!PQisBusy(conn)) {
            return true;
        }
    }
    return false;
}

void query_expect(PGconn *conn, const char *sql, const char *expected)
{
    const char *got = query_text(conn, sql);

    if (strcmp(got, expected) != 0) {
        fail_msg("%s\n  gave      %s\n  expected  %s", sql, got, expected);
    }
}

void query_expect_start(PGconn *conn, const char *sql, const char *start)
{
    const char *got = query_text(conn, sql);

    if (strncmp(got, start, strlen(start)) != 0) {
        fail_msg("%s\n  gave      %s\n  expected  %s...", sql, got, start);
    }
}
