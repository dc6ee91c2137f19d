/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/answers_forms.h - in whatever messages a statement is asked, a kept answer is PostgreSQL's, byte by byte.
 *
 * Ownership: none. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_E2E_ANSWERS_FORMS_H
#define SLUICE_TESTS_E2E_ANSWERS_FORMS_H

void every_form_is_answered_alike(void **state);

#endif
