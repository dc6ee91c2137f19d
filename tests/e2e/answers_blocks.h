/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_blocks.h - answers within transaction blocks: in which, until when, and that they are PostgreSQL's.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_BLOCKS_H
#define SLUICE_TESTS_E2E_ANSWERS_BLOCKS_H

void blocks_that_only_read_are_answered(void **state);
void what_may_change_a_block_ends_its_answers(void **state);
void a_block_sees_what_it_wrote(void **state);
void blocks_of_one_snapshot_are_never_answered(void **state);
void a_default_isolation_is_obeyed_wherever_it_is_set(void **state);
void a_default_isolation_that_changes_is_noticed(void **state);
void blocks_are_answered_byte_by_byte(void **state);
void what_a_clean_block_is_answered_is_kept(void **state);
void a_block_hides_what_only_it_sees(void **state);

#endif
