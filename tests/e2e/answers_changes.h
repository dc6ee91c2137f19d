/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_changes.h - whatever is changed of the schema, the rights or the roles: answers are as they are
 * now, and so is what is known of what they depend on.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_CHANGES_H
#define SLUICE_TESTS_E2E_ANSWERS_CHANGES_H

void changes_of_the_schema_are_noticed(void **state);
void changes_unseen_are_noticed(void **state);
void operators_of_somebodys_own_are_noticed(void **state);
void what_built_in_functions_do_is_of_now(void **state);
void rights_are_those_of_now(void **state);
void roles_changed_elsewhere_are_noticed(void **state);
void a_roles_new_path_is_not_that_of_servers_of_before(void **state);

#endif
