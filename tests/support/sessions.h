/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/sessions.h - random sessions, played to PostgreSQL and through a proxy: each
 * statement's reply must be the same, and so must be the settings that the server reports.
 *
 * A session is made of its seed alone: SET in all its forms, set_config(), roles, transactions with
 * savepoints and errors, temporary tables, advisory locks, holdable cursors, PREPARE, LISTEN,
 * DISCARD; by the simple and the extended protocol, with names and pipelined. It begins as a new
 * session must, and between its statements it looks at all that it may have changed. Several are
 * played at once, so that servers change hands.
 *
 * What is not compared, because a server keeps it for good when anybody has had it there: whether a
 * custom setting that was never set is NULL or empty; why a temporary object is not there.
 *
 * Ownership: the caller's. Threads: a call starts and ends its own. Bounds: STEPS_MAX statements
 * of STEP_MAX bytes; every wait ends.
 */
#ifndef SLUICE_TESTS_SUPPORT_SESSIONS_H
#define SLUICE_TESTS_SUPPORT_SESSIONS_H

#include <stddef.h>
#include <stdint.h>

enum { STEPS_MAX = 48, STEP_MAX = 1024 };

/* What the statements need, in both databases, and roles "one", "joe" and "jim". */
#define SESSIONS_SETUP                                                                             \
    "create role joe; create role jim; create role one login; grant joe, jim to one;"              \
    "create schema a; create schema \"b c\"; grant all on schema a, \"b c\" to public;"            \
    "create function set_it(text) returns text language sql as "                                   \
    "$$select set_config('work_mem', $1, false)$$;"                                                \
    "create function set_and_fail() returns void language plpgsql as "                             \
    "$$begin perform set_config('work_mem', '77MB', false); raise 'no'; end$$;"                    \
    "create procedure set_by_call() language plpgsql as "                                          \
    "$$begin set work_mem = '78MB'; commit; set local enable_sort = off; end$$"

enum session_how { SESSION_SIMPLE, SESSION_UNNAMED, SESSION_NAMED, SESSION_PIPELINED };

struct session_step {
    enum session_how how;
    char sql[STEP_MAX];
};

struct session_program {
    uint64_t seed;
    const char *login; /* a conninfo's further words */
    size_t count;
    struct session_step steps[STEPS_MAX];
};

struct session_peer {
    int port;
    const char *database;
};

void session_make(struct session_program *program, uint64_t seed);

/*
 * Plays the sessions of count seeds to both, `clients` at a time. Says on stderr which differ,
 * and where; returns how many.
 */
size_t sessions_play(const struct session_peer *reference, const struct session_peer *peer,
        uint64_t first, uint64_t count, unsigned clients);

#endif
