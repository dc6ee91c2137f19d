/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/leaks_talk.h - one client's session, and all that it was told, as text.
 *
 * Texts of two sessions are alike when both have seen the same: rows, tags, errors, notices,
 * notifications, what the server reports. Written down is nothing that differs from run to run.
 *
 * Ownership: the talk is the caller's, from talk_open() to talk_close(). Threads: one.
 */
#ifndef SLUICE_TESTS_E2E_LEAKS_TALK_H
#define SLUICE_TESTS_E2E_LEAKS_TALK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum talk_way { TALK_SIMPLE, TALK_UNNAMED, TALK_NAMED, TALK_WAYS };

enum talk_end {
    TALK_LEAVES,   /* with Terminate */
    TALK_VANISHES, /* its socket is reset */
};

struct talk {
    PGconn *conn;
    FILE *log;
    char *said; /* good after talk_said() */
    size_t len;
    enum talk_way way;
    unsigned steps; /* so many have had a name */
    bool goes_on;   /* it will look: nothing is left by halves */
};

/* login: more words of a conninfo, may be NULL. Fails the case when it cannot. */
void talk_open(struct talk *talk, int port, const char *database, const char *login);
/* One statement, the way of the talk. */
void talk_query(struct talk *talk, const char *sql);
/* Many in one Query. */
void talk_script(struct talk *talk, const char *sql);
/* What has been sent by the caller: its results. */
void talk_results(struct talk *talk);
/*
 * Messages of the extended protocol, as "P name text", "B portal name", "E portal rows", "S", "H",
 * a line each ("-" is no name); the types of what comes back, until a ReadyForQuery or, for a
 * text that ends with H, until type `until`. Only while the connection is idle.
 */
void talk_raw(struct talk *talk, const char *lines, char until);
/* Reads what comes, waiting for it. */
void talk_wait(struct talk *talk);
/* Waits for notifications, and says them. */
void talk_hear(struct talk *talk, int count);
/* Everything of a session that another may have left, ends what is half done. */
void talk_look(struct talk *talk);
const char *talk_said(struct talk *talk);
void talk_close(struct talk *talk, enum talk_end end);

#endif
