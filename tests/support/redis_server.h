/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/redis_server.h - a redis-server of a test: it keeps nothing but what SAVE wrote, and can be
 * stopped, killed and started again at its port.
 *
 * Ownership: the caller's struct; the process dies with the test program. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_REDIS_SERVER_H
#define SLUICE_TESTS_SUPPORT_REDIS_SERVER_H

#include "tests/support/proc.h"

enum { REDIS_SERVER_WORDS = 8 };

struct redis_server {
    struct proc process;
    int port;
    char dir[PROC_PATH_MAX];        /* dump.rdb, if there is one, is read at the start */
    char *more[REDIS_SERVER_WORDS]; /* of its command line, at the next start; NULL ends them */
};

/* A port and a folder; nothing runs yet. */
void redis_server_init(struct redis_server *server);

/* Returns when the port accepts. It may be loading yet. */
void redis_server_start(struct redis_server *server);

/* At once; what it had is gone, but for what SAVE wrote. Nothing, if it is not running. */
void redis_server_kill(struct redis_server *server);

/* What redis-cli said to a command, as a shell has it; without the last line's end; good until the next call. */
const char *redis_server_ask(const struct redis_server *server, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

#endif
