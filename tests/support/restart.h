/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/restart.h - the fixture's Sluice taken over by another process (`sluice -R`), and what
 * says it is one and is none.
 *
 * What the other end says is bytes here (proxy/handover_wire.h), so that a change of them is noticed.
 *
 * Ownership: sluice.process is always the newest. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_RESTART_H
#define SLUICE_TESTS_SUPPORT_RESTART_H

#include "tests/support/fixture.h"

#include <stdint.h>

enum { RESTART_PATIENCE_MS = 60000 };

/* Starts another one with -R; the one before is *old, and still runs. */
void restart_next(const char *ini, struct proc *old);
void restart_await(const char *event, const char *which, pid_t pid);
/* The old process has nothing left to do, and ends well. */
void restart_await_end(struct proc *old);
/* All of that: from one process to the next. */
void restart_over(const char *ini);
/* So many lines of the log have that in them. */
void restart_await_count(const char *text, int count);

/* ---- sessions, in database shop ---- */

/* One of its own: what makes number i differ from all others. */
PGconn *restart_session(int i);
/* It is as it was left. */
void restart_expect_session(PGconn *conn, int i);

/* ---- one that is none ---- */

enum restart_type {
    RESTART_HELLO = 1,
    RESTART_WELCOME = 3,
    RESTART_PREPARED = 6,
    RESTART_WARM = 7,
    RESTART_SERVES = 8,
    RESTART_CLIENT = 10,
    RESTART_CHANNELS = 16
};

enum { RESTART_BODY_MAX = 65536 };

/* A new process's end, connected to the Sluice. */
int restart_dial(void);
/*
 * An old one, where the Sluice to be started looks, as a child: it says what it has, which is nothing,
 * and ends before it is asked to let go of it.
 */
pid_t restart_pose(void);
void restart_say(int fd, enum restart_type type, const uint8_t *body, uint8_t len);
void restart_say_hello(int fd);
/* Reads up to a message of that type; what comes is not looked at, descriptors are dropped. */
void restart_read_until(int fd, enum restart_type type);
/* Likewise, and its body; returns its length. */
size_t restart_read_body(int fd, enum restart_type type, uint8_t body[static RESTART_BODY_MAX]);

#endif
