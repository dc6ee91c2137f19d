/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_hints.h - what statements and sessions ask of kept answers.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_HINTS_H
#define SLUICE_TESTS_E2E_ANSWERS_HINTS_H

void a_hint_keeps_a_statement_from_memory(void **state);
void a_hint_bounds_how_long_an_answer_is_kept(void **state);
void a_hint_lets_an_answer_be_stale_but_not_its_own_writes(void **state);
void a_stale_answer_is_of_the_schema_and_rights_of_now(void **state);
void a_session_may_do_without_memory(void **state);

#endif
