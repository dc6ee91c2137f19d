/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/functions_changes.h - cases of e2e.functions: what is known changes, and is read again.
 */
#ifndef SLUICE_TESTS_E2E_FUNCTIONS_CHANGES_H
#define SLUICE_TESTS_E2E_FUNCTIONS_CHANGES_H

void a_function_that_was_changed_is_not_believed(void **state);
void one_that_changes_under_way_is_not_believed(void **state);
void a_change_under_way_costs_others_nothing(void **state);
void a_change_in_two_phases_is_seen_at_the_second(void **state);
void a_busy_pool_has_its_catalogue(void **state);
void another_users_pool_is_asked_where_one_is_busy(void **state);

#endif
