/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_flights.h - one asks PostgreSQL for all who ask the same; and nothing stale when somebody is lost.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_FLIGHTS_H
#define SLUICE_TESTS_E2E_ANSWERS_FLIGHTS_H

void one_asks_for_all(void **state);
void who_waits_for_one_that_is_lost_asks_itself(void **state);
void a_write_whose_server_ends_leaves_nothing_stale(void **state);
void a_write_whose_client_leaves_leaves_nothing_stale(void **state);
void a_commit_whose_server_ends_leaves_nothing_stale(void **state);
void a_commit_whose_client_leaves_leaves_nothing_stale(void **state);

#endif
