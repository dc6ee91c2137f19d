/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/console.h - what a view of the console says in one of its rows.
 *
 * Of the one Sluice of tests/support/fixture.h; each question has a console of its own. A row is
 * told by the text in one of its columns, `key`: a case fails when two rows have it.
 *
 * Ownership: a text is good until eight more were asked for. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_SUPPORT_CONSOLE_H
#define SLUICE_TESTS_SUPPORT_CONSOLE_H

/* NULL: there is no such row. show: "SHOW POOLS". */
const char *console_value(const char *show, const char *key, const char *is, const char *column);

/* Fail the case when there is no such row. */
void console_expect(const char *show, const char *key, const char *is, const char *column,
        const char *expected);
long console_number(const char *show, const char *key, const char *is, const char *column);

/* Until it is that; fails the case after SOON_MS. */
void console_await(const char *show, const char *key, const char *is, const char *column,
        const char *expected);

/* For people: what of SHOW CACHE is not 0. */
void console_print_counts(void);

/* An item of SHOW LISTS. */
long console_listed(const char *name);

#endif
