/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/query.h - SQL in, text out, by libpq.
 *
 * Results are as psql -At would print them: fields joined by "|", rows by a
 * newline, NULL as "<null>"; a command without rows gives its tag ("INSERT 0 1");
 * an error gives "ERROR 42P01: its message". Several results are joined by a newline.
 *
 * Texts belong to the caller, who need not free them before the next call of the
 * same function has been made eight times: they live in a ring.
 */
#ifndef SLUICE_TESTS_SUPPORT_QUERY_H
#define SLUICE_TESTS_SUPPORT_QUERY_H

#include <libpq-fe.h>
#include <stdbool.h>

/* Connects with a conninfo made by printf's rules; NULL never, see PQstatus(). */
PGconn *query_connect(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* By the simple protocol. */
const char *query_text(PGconn *conn, const char *sql);

/* By the extended protocol, unnamed statement; values are text, count may be 0. */
const char *query_params(PGconn *conn, const char *sql, int count, const char *const *values);

/* A named statement prepared before. */
const char *query_prepared(PGconn *conn, const char *name, int count, const char *const *values);

/* The text of one result, which it frees. */
const char *query_result(PGresult *result);

/* Fails the CMocka case when query_text() is not expected, or does not begin with it. */
void query_expect(PGconn *conn, const char *sql, const char *expected);
void query_expect_start(PGconn *conn, const char *sql, const char *start);

/* Is the answer to a query that was sent here within ms? Fails the case when the connection is closed. */
bool query_is_answered(PGconn *conn, int ms);

/* Connects and fails the case, with libpq's message, when that does not work. */
PGconn *query_must_connect(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
