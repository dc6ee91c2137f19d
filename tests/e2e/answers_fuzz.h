/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_fuzz.h - random sessions through Sluice and on a PostgreSQL of the same state: the same bytes.
 *
 * Two databases are one when it begins; what is asked of the one, through Sluice, is asked of the other, at once
 * and directly, one statement after another. SLUICE_ANSWERS_SEED is where it begins.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_FUZZ_H
#define SLUICE_TESTS_E2E_ANSWERS_FUZZ_H

void random_sessions_are_answered_alike(void **state);
void random_sessions_are_answered_alike_from_memory(void **state);

#endif
