/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/hears.h - what a connection that LISTENs hears.
 *
 * The words have no prefix, as those of fixture.h, whose Sluice it is about.
 */
#ifndef SLUICE_TESTS_SUPPORT_HEARS_H
#define SLUICE_TESTS_SUPPORT_HEARS_H

#include <libpq-fe.h>

enum { WARNED_MAX = 4096 };

extern char warned[WARNED_MAX]; /* the notices of a case */
extern int heard_from;          /* the process of the last notification */

/* For PQsetNoticeProcessor(): into warned. */
void on_notice(void *arg, const char *message);
/* Until that is in warned; no notification comes first. */
void sees(PGconn *conn, const char *text);

/* Until the next one is here, which is that: "channel payload". */
void hears(PGconn *conn, const char *expected);
/* What was sent by then is here when the next is answered, and it is nothing. */
void hears_nothing(PGconn *conn);
/* Its own, or "nothing"; without a look at the socket: it has come ahead of ReadyForQuery. */
void has_heard(PGconn *conn, const char *expected);
/* How many are here. */
int count_told(PGconn *conn);

/* Until no client of that database, of one pool, keeps a server. */
void nobody_is_pinned_in(const char *database);
/* The shared listener's process, as an administrator would. */
void kill_listener_of(const char *database);

#endif
