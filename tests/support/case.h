/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/case.h - CMocka with what it needs before it, and the way to run
 * a program's cases: when one fails, the ends of all logs are printed after it.
 */
#ifndef SLUICE_TESTS_SUPPORT_CASE_H
#define SLUICE_TESTS_SUPPORT_CASE_H

/* cmocka.h uses them and does not include them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Whether a sanitizer is in here, and then in Sluice: slower, and freed memory is kept. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CASE_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CASE_IS_SANITIZED 1
#endif
#endif
#ifndef CASE_IS_SANITIZED
#define CASE_IS_SANITIZED 0
#endif

#define CASE_COUNT(cases) (sizeof(cases) / sizeof((cases)[0]))

/* For main(): 0 when every case passed. setup and teardown may be NULL. */
int case_run(const struct CMUnitTest *cases, size_t count, CMFixtureFunction setup,
        CMFixtureFunction teardown);

/*
 * Makes case_run() answer 1 whatever the cases say. For failures in a group's teardown,
 * which CMocka prints and does not count: a leak found when the program under test ends.
 */
void case_note_failure(void);

#endif
