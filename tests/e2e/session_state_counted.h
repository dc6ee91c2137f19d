/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/session_state_counted.h - who looks at what PostgreSQL counts: cases of e2e.session_state, of
 * its databases "two", and "ready", whose pool has servers before anybody needs them.
 */
#ifndef SLUICE_TESTS_E2E_SESSION_STATE_COUNTED_H
#define SLUICE_TESTS_E2E_SESSION_STATE_COUNTED_H

void who_looks_at_statistics_closely_keeps_its_server(void **state);
void who_looks_at_statistics_closely_is_a_session_of_its_own(void **state);
void nor_is_a_server_that_stood_ready_its_session(void **state);
void nor_is_one_that_is_set_up_for_it(void **state);

#endif
