/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_prepared.h - what an EXECUTE of SQL writes: what it runs was said before.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_PREPARED_H
#define SLUICE_TESTS_E2E_ANSWERS_PREPARED_H

void what_is_executed_writes_what_was_prepared(void **state);
void what_is_executed_and_only_reads_harms_nobody(void **state);
void a_plan_goes_on_with_the_table_that_it_was_made_for(void **state);
void a_plan_goes_on_with_the_function_that_it_was_made_for(void **state);
void a_named_statement_goes_on_with_the_table_that_it_was_made_for(void **state);
void what_waits_may_call_another_function_by_then(void **state);

#endif
