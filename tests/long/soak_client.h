/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/soak_client.h - a client of the soak: asks what only it can know, by a random way.
 *
 * Each runs in a process of its own until it is killed. An error must be one that a kill
 * explains, and an answer must be its own: a token, a user, a setting, a temporary table, a
 * statement by PREPARE, a notification. Anything else is said on stderr, and the process ends with SOAK_WRONG.
 *
 * Ownership: struct soak is shared between processes (mmap) and belongs to the parent. Threads:
 * one a process. Bounds: SOAK_CLIENTS seats.
 */
#ifndef SLUICE_TESTS_LONG_SOAK_CLIENT_H
#define SLUICE_TESTS_LONG_SOAK_CLIENT_H

#include <stdatomic.h>
#include <stdint.h>

enum { SOAK_CLIENTS = 16, SOAK_WRONG = 3, SOAK_COPY_ROWS = 20 };

enum soak_kind {
    SOAK_CONNECT,
    SOAK_SIMPLE,
    SOAK_UNNAMED,
    SOAK_PREPARED,
    SOAK_PIPELINE,
    SOAK_TRANSACTION,
    SOAK_COPY_OUT,
    SOAK_COPY_IN,
    SOAK_LARGE,
    SOAK_CANCEL,
    SOAK_SETTING,
    SOAK_NAME,
    SOAK_TEMP,
    SOAK_SQL_PREPARED,
    SOAK_NOTIFY,
    SOAK_WHO,
    SOAK_VANISH,
    SOAK_KINDS
};

/* What one client is doing, and since when: a client that hangs is seen. */
struct soak_seat {
    atomic_long since_ms;
    atomic_int kind;
};

struct soak {
    int port;
    atomic_long clients;              /* so far */
    atomic_long answered[SOAK_KINDS]; /* rightly */
    atomic_long errors;               /* explained ones */
    atomic_long commits;              /* the client was told COMMIT */
    atomic_long commits_asked;        /* it was told, or will never know */
    atomic_long copies;
    atomic_long copies_asked;
    struct soak_seat seats[SOAK_CLIENTS];
};

/* A small generator of our own: a run's choices can be repeated from its seed. */
struct dice {
    uint64_t state;
};

unsigned soak_roll(struct dice *dice, unsigned sides);

const char *soak_kind_name(enum soak_kind kind);

_Noreturn void soak_client_main(struct soak *soak, struct soak_seat *seat, unsigned seed);

#endif
