/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/shared_world.h - the cluster, the Redis and the two Sluices of test_shared.c and its parts.
 *
 * The first Sluice is fixture.h's. Ownership: all belong to the program. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_SHARED_WORLD_H
#define SLUICE_TESTS_E2E_SHARED_WORLD_H

#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/redis_server.h"
#include "tests/support/soon.h"

#define STREAMED "mode = safe\nstream = user=postgres\nmax_staleness = 5s"
#define ALONE "mode = safe\nthrough_sluice = *"

extern struct sluice two;
extern int two_http;
extern struct redis_server redis;
extern PGconn *direct;
extern PGconn *one_conn;
extern PGconn *two_conn;

/* For CMocka; table t(id, v, n) has 1,000 rows. */
int shared_begin_all(void **state);
int shared_begin(void **state);
int shared_end(void **state);

/* cache: lines of [cache]; redis_timeout is a second, where they do not say it: slow machines are not what is tested. */
void start_both(const char *cache);
void start_one(const char *cache);
void start_two(const char *cache);
/* By SIGTERM, or SIGKILL; its connection is closed. */
void end_sluice(bool is_killed);
void end_two(bool is_killed);
PGconn *connect_by(const struct sluice *of, const char *user, const char *database);

/* The first line of what it said; good until the next call. */
const char *ask_redis(const char *command);

/* Of SHOW CACHE; fails the case where there is no such row. */
long counted(const struct sluice *of, const char *name);
/* A column of SHOW CACHE REDIS; good until the next call. */
const char *told_of_redis(const struct sluice *of, const char *column);
long counted_of_redis(const struct sluice *of, const char *column);
/* Until that column is more than that. */
void soon_counted_of_redis(const struct sluice *of, const char *column, long more_than);
/* Until it says so. */
void soon_told_of_redis(const struct sluice *of, const char *column, const char *expected);

/* The only field of the only row; good until the next call. */
const char *text_of(PGconn *conn, const char *sql);
void do_by(PGconn *conn, const char *sql);

/* Asked by one, until the other is given it: questions that nobody has asked yet, one after the other. */
void await_shared(void);

/* Whatever becomes of Redis: writes and reads of both are answered, and rightly. */
void expect_right(const char *what);

/* What happens to what is in Redis, and to Redis. */
size_t fault_cases(struct CMUnitTest *cases);
/* Who starts while another lives, and while none does. */
size_t start_cases(struct CMUnitTest *cases);
/* What a session sees of what the other writes. */
size_t session_cases(struct CMUnitTest *cases);

#endif
