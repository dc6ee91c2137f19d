/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_schema.h - the tables of the cases about kept answers, and what writes them unseen.
 *
 * Ownership: constant. Threads: any.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_SCHEMA_H
#define SLUICE_TESTS_E2E_ANSWERS_SCHEMA_H

#include <stddef.h>

/* One statement after another, as the superuser. */
extern const char *const answers_schema[];
extern const size_t answers_schema_count;
/* Of database "other": operators and casts of its own, so that any statement may write. */
extern const char *const answers_odd_schema[];
extern const size_t answers_odd_schema_count;

#endif
