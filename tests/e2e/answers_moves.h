/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_moves.h - who writes by another way than most: through the process that is being replaced, or by a
 * connection for replication.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_MOVES_H
#define SLUICE_TESTS_E2E_ANSWERS_MOVES_H

void writes_of_a_process_that_is_replaced_are_noticed(void **state);
void writes_of_a_replication_connection_are_noticed(void **state);

#endif
