/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_keys.h - whose answers are whose: settings, roles, paths, databases; and what is never kept.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_KEYS_H
#define SLUICE_TESTS_E2E_ANSWERS_KEYS_H

void every_setting_has_its_own_answers(void **state);
void settings_of_speed_share_answers(void **state);
void who_asks_has_their_own_answers(void **state);
void one_database_has_several_names(void **state);
void what_varies_is_never_kept(void **state);
void a_word_for_the_time_is_never_kept(void **state);
void a_column_cast_to_a_date_is_never_kept(void **state);
void a_cast_or_a_list_hides_no_key(void **state);
void notices_are_heard_by_all(void **state);
void transactions_ask_postgresql(void **state);

#endif
