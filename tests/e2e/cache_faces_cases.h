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

#endif
