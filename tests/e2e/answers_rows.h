/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/answers_rows.h - answers of rows by values of some columns: which writes make them stale. */
#ifndef SLUICE_TESTS_E2E_ANSWERS_ROWS_H
#define SLUICE_TESTS_E2E_ANSWERS_ROWS_H

/* Each is a case; begun with a Sluice with a cache. */
void a_row_set_survives_writes_of_others(void **state);
void keys_are_read_however_they_are_sent(void **state);
void random_writes_leave_row_sets_true(void **state);
/* It begins its own. */
void rows_written_past_sluice_are_noticed(void **state);
void a_cast_or_a_list_hides_no_key(void **state);

#endif
