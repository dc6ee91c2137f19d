/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/long/test_sessions.c - random sessions, as tests/e2e/test_sessions.c, of other seeds
 * every time.
 *
 * SLUICE_SESSIONS_SECONDS says how long; 240 unless told. SLUICE_SESSIONS_SEED repeats the
 * seeds; those that differ are said, and e2e_sessions plays one of them alone.
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/sessions_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SECONDS = 240, BATCH = 500 };

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void replies_to_sessions_are_postgresqls_own(void **state)
{
    (void)state;
    uint64_t first = number("SLUICE_SESSIONS_SEED", (uint64_t)time(NULL) << 20);
    long end = proc_now_ms() + 1000 * (long)number("SLUICE_SESSIONS_SECONDS", SECONDS);
    fprintf(stderr, "SLUICE_SESSIONS_SEED=%llu\n", (unsigned long long)first);
    for (; proc_now_ms() < end; first += BATCH) {
        assert_int_equal(sessions_of_fixture(first, BATCH), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest cases[] = {
            cmocka_unit_test(replies_to_sessions_are_postgresqls_own),
    };
    return case_run(cases, CASE_COUNT(cases), sessions_start, stop_both);
}
