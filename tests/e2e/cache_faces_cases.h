/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_faces_cases.h - what the sources of e2e.cache_faces share.
 *
 * Ownership, threads: the test's. Bounds: none.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_FACES_CASES_H
#define SLUICE_TESTS_E2E_CACHE_FACES_CASES_H

#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

/* Where HTTP is. */
extern int faces_port;

/* A table of 100 rows: id int primary key, v int. */
void faces_table(const char *name);
/* Until it is answered by the cache; nobody else asks it anything. */
void faces_await_hit(PGconn *conn, const char *sql);
/* As SHOW QUERIES calls it, when it has it. */
const char *faces_id(const char *shape);
/* Asks once: was it answered by the cache? */
bool faces_is_hit(PGconn *conn, const char *sql);

/* ---- cache_faces_entries.c ---- */

void entries_are_shown_without_what_they_were_asked_with(void **state);
void those_that_saved_most_come_first_and_no_more_than_asked(void **state);
void statements_have_a_verdict_and_a_reason(void **state);
void tables_say_how_their_writes_are_known(void **state);

/* ---- cache_faces_why.c ---- */

void a_statement_that_ran_is_explained(void **state);
void one_that_nobody_ran_is_explained_as_well(void **state);

/* ---- cache_faces_flush.c ---- */

void what_is_flushed_is_gone_and_nothing_else(void **state);
void what_is_being_got_is_not_kept(void **state);
void what_cannot_be_flushed_is_said(void **state);

#endif
