/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/functions_named.h - for test_functions.c: functions and relations that set custom settings whose
 * names only a catalogue tells, and functions that leave what nothing shows.
 *
 * Ownership: none. Threads: the test's. Bounds: constant.
 */
#ifndef SLUICE_TESTS_E2E_FUNCTIONS_NAMED_H
#define SLUICE_TESTS_E2E_FUNCTIONS_NAMED_H

/* In the cluster's database, which has a role called reader; and another database, measured. */
void functions_make_named(void);

#endif
