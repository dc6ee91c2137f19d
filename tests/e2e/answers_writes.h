/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_writes.h - whatever is written through Sluice, nobody is given an answer of before it.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_WRITES_H
#define SLUICE_TESTS_E2E_ANSWERS_WRITES_H

void every_write_is_noticed(void **state);
void writes_behind_statements_are_noticed(void **state);
void a_row_that_comes_again_is_the_new_one(void **state);
void a_write_of_a_portal_of_before_is_noticed(void **state);
void what_nobody_has_read_costs_hits_only_while_it_runs(void **state);
void what_nobody_has_read_is_noticed_when_a_commit_is_right_behind(void **state);
void a_write_behind_a_name_that_is_another_is_noticed(void **state);

#endif
