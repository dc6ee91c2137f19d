/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/functions_base.h - what the cases about functions stand on: a Sluice, and what its server was asked.
 */
#ifndef SLUICE_TESTS_E2E_FUNCTIONS_BASE_H
#define SLUICE_TESTS_E2E_FUNCTIONS_BASE_H

#include <libpq-fe.h>
#include <stdbool.h>

enum { TEXT_MAX = 4096 };

/* The setting that most of the functions set. */
extern const char functions_look[];

#define MAKE_HARMLESS                                                                              \
    "create or replace function changing(a int) returns int language plpgsql as "                  \
    "$$begin return a + 1; end$$"
#define MAKE_HARMFUL                                                                               \
    "create or replace function changing(a int) returns int language plpgsql as "                  \
    "$$begin perform set_config('my.thing', 'changed', false); return a + 1; end$$"

/* By what messages a statement comes. */
enum functions_way { WAY_SIMPLE, WAY_UNNAMED, WAY_NAMED, WAYS };

void functions_start(int pool_size, const char *believes, const char *stats);
void functions_await_loaded(void);
/* And its server is another's, with what was left while nothing was known taken away. */
void functions_await_catalog(PGconn *other);
/* How often a session was cleaned so far. */
unsigned functions_cleaned(void);
/* How often PostgreSQL was asked what was left. */
unsigned functions_asked(void);
void functions_run(PGconn *conn, const char *sql, enum functions_way way);
/* Behind one client's call another finds nothing; whether anything was taken away for that. */
void functions_check_call(PGconn *one, PGconn *other, const char *sql, bool is_cleaned);

#endif
