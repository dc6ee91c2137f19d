/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_base.h - what the cases about kept answers stand on: a Sluice with a cache, what it counts,
 * and PostgreSQL itself to compare with.
 *
 * The words have no prefix where the cases are written in them.
 *
 * Ownership: the connections are the program's. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_BASE_H
#define SLUICE_TESTS_E2E_ANSWERS_BASE_H

#include <libpq-fe.h>
#include <stdbool.h>

enum { ANSWERS_TEXT_MAX = 4096 };

/* The databases and the main section, as most cases have them; [cache] and what follows is the case's. */
extern const char answers_ini[];

/* The Sluice, its console, and PostgreSQL itself. */
extern PGconn *direct;

/* Whether there is time for all of it: SLUICE_ANSWERS_LONG is set. */
bool answers_is_long(void);

/* CMocka's: a cluster with the tables of all cases. */
int answers_make(void **state);
int answers_unmake(void **state);
/* cache: what stands in [cache]. */
void answers_start(const char *cache);
void answers_stop(void);
/* Its console: of the process that serves now. */
void answers_look(void);

/* SHOW CACHE: fails the case when it has no such row. */
long counted(const char *section, const char *name);
/* Served from memory so far. */
long hits(void);

/* Until it is answered from memory. */
void warm(PGconn *conn, const char *sql);
/* Is it, now? Then it is not asked for the first time. */
bool is_hit(PGconn *conn, const char *sql);
/* Is it as PostgreSQL itself has it, now, by name and type too? Says where not. */
bool is_true(PGconn *conn, const char *sql);
void expect_true(PGconn *conn, const char *sql);
/* The same by somebody who asks PostgreSQL itself. */
bool is_as(PGconn *conn, PGconn *other, const char *sql);
/* As is_true() as often as it takes to be kept, if it may be, and once from memory if it must be. */
void expect_kept(PGconn *conn, PGconn *other, const char *sql);
/* Asked again and again it stays a miss, and true: the answer may change. */
void expect_never(PGconn *conn, const char *sql);
/* Fails the case when it fails. */
void do_sql(PGconn *conn, const char *sql);
/* Each line of them. */
void do_lines(PGconn *conn, const char *lines);

#endif
