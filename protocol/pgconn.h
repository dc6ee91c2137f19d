/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/pgconn.h - the door to libpq: a connection of the control side's own.
 *
 * Nothing here waits, but for names: libpq asks the system's resolver within
 * pgconn_connect(), so that call is for a thread that may wait for it. Each function that
 * begins something says what to wait for; then pgconn_go_on() does, until it is done:
 *
 *     pgconn_open -> pgconn_connect ----.      READ, WRITE: wait for the fd, then
 *                    pgconn_run --------+-->                pgconn_go_on()
 *                    pgconn_copy -------|      DONE: pgconn_value(), pgconn_affected()
 *                    pgconn_copy_end ---'      FAILED: pgconn_error()
 *
 * A connection for replication (pgconn_open_replication()) may run START_REPLICATION. When that is
 * done messages come and go, until the server ends it:
 *
 *     pgconn_say       hands one over; what cannot be sent yet goes with pgconn_next()
 *     pgconn_next      DONE: a message; READ, WRITE: none yet; FAILED: it is over
 *
 * A failed command leaves a connection that may go on (ROLLBACK), unless
 * pgconn_is_broken(). What a connection string says is never told: not in an error
 * either, where libpq would take a part of a wrongly written password for a host.
 *
 * Ownership: the connection, and the texts in it, until the next call. Threads: one at a
 * time, and no worker's. Bounds: the caller's deadlines, and what it puts into a copy
 * before it waits. An answer of more than PGCONN_ANSWER_MAX bytes is an error, but libpq has had
 * all of it by then, as it has all of one message of a stream (a row is 1 GB at most): ask for little.
 */
#ifndef SLUICE_PROTOCOL_PGCONN_H
#define SLUICE_PROTOCOL_PGCONN_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { PGCONN_VALUE_MAX = 128, PGCONN_ANSWER_MAX = 4 * 1024 * 1024 };

enum pgconn_turn {
    PGCONN_READ,  /* wait until the fd can be read */
    PGCONN_WRITE, /* until it can be read or written */
    PGCONN_DONE,
    PGCONN_FAILED
};

struct pgconn;

/* Would libpq take it for what its writer meant? */
bool pgconn_is_conninfo(const char *conninfo);

/* Not connected yet. NULL without memory. */
SL_MUST_CHECK struct pgconn *pgconn_open(const char *conninfo, const char *application_name);
/* The same, to a walsender of the database (START_REPLICATION ... LOGICAL); SQL works too. */
SL_MUST_CHECK struct pgconn *pgconn_open_replication(
        const char *conninfo, const char *application_name);
void pgconn_close(struct pgconn *conn); /* NULL is fine; never waits */

/* Begins to connect; a name that is no address is asked for, and waited for. */
SL_MUST_CHECK enum pgconn_turn pgconn_connect(struct pgconn *conn);
/* One simple query, of one command or several; with COPY FROM STDIN the last of them. */
SL_MUST_CHECK enum pgconn_turn pgconn_run(struct pgconn *conn, const char *sql);
/* Data of a COPY that was run: any piece of it. */
SL_MUST_CHECK enum pgconn_turn pgconn_copy(struct pgconn *conn, struct sl_span bytes);
SL_MUST_CHECK enum pgconn_turn pgconn_copy_end(struct pgconn *conn);

/* The fd may change until the connection is made. */
int pgconn_fd(const struct pgconn *conn);
SL_MUST_CHECK enum pgconn_turn pgconn_go_on(struct pgconn *conn);

/* While START_REPLICATION runs. The message is the connection's until the next call. */
SL_MUST_CHECK enum pgconn_turn pgconn_next(struct pgconn *conn, struct sl_span *message);
/* DONE, or FAILED. */
SL_MUST_CHECK enum pgconn_turn pgconn_say(struct pgconn *conn, struct sl_span message);

/* Of the last command that was done: its first row's first column, "" if it had none. */
const char *pgconn_value(const struct pgconn *conn);
/* Of the same: all of its rows, until the next command begins. */
int pgconn_rows(const struct pgconn *conn);
int pgconn_columns(const struct pgconn *conn);
/* A text, with a terminator behind it; at is NULL where it is NULL, or where there is no such column. */
struct sl_span pgconn_at(const struct pgconn *conn, int row, int column);
/* Of the same: rows that were changed. */
uint64_t pgconn_affected(const struct pgconn *conn);

/* Of the last command that failed; the SQLSTATE is 08006 when the connection did. */
const struct sl_error *pgconn_error(const struct pgconn *conn);
bool pgconn_is_broken(const struct pgconn *conn);

/* The server's process; 0 while there is none. */
int pgconn_pid(const struct pgconn *conn);

#endif
