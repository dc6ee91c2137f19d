/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/soon.h - what is not so yet, but will be: asked again until it is.
 *
 * Each fails the CMocka case after SOON_MS, saying what it saw last.
 */
#ifndef SLUICE_TESTS_SUPPORT_SOON_H
#define SLUICE_TESTS_SUPPORT_SOON_H

#include "tests/support/query.h"
#include "tests/support/sluice.h"

enum { SOON_MS = 30000 };

/* Until query_text() gives that. */
void soon_query(PGconn *conn, const char *sql, const char *expected);

/* Until query_text() has such a text in it. */
void soon_with(PGconn *conn, const char *sql, const char *text);

/* Until query_text() has no such text in it. */
void soon_without(PGconn *conn, const char *sql, const char *text);

/* Until the file has the text in it. */
void soon_in_file(const char *path, const char *text);

/* Until the log has. */
void soon_logged(const struct sluice *sluice, const char *text);

/* Until the one result of a query that was sent is here, which is that. */
void soon_result(PGconn *conn, const char *expected);

/* Until the answer to a query that was sent is here, which is that; or begins with it. */
void soon_answered(PGconn *conn, const char *start);

#endif
