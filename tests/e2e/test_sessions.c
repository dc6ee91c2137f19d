/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_sessions.c - random sessions to PostgreSQL and through Sluice, in transaction
 * mode; the replies must be the same. The seeds are always the same here; the long suite tries
 * others (tests/long/test_sessions.c).
 *
 *     e2e_sessions                   the test
 *     e2e_sessions FIRST [COUNT]     the sessions of these seeds
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/sessions.h"
#include "tests/support/sessions_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 200 };

static uint64_t first = 301;
static uint64_t count = COUNT;

static void replies_to_sessions_are_postgresqls_own(void **state)
{
    (void)state;
    assert_int_equal(sessions_of_fixture(first, count), 0);
}

/* Of the long suite: DISCARD SEQUENCES of ours in a failed transaction, about every second time. */
static void nor_do_those_that_differed_once(void **state)
{
    (void)state;
    assert_int_equal(sessions_of_fixture(1882550550135461, 25), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest cases[] = {
            cmocka_unit_test(replies_to_sessions_are_postgresqls_own),
            cmocka_unit_test(nor_do_those_that_differed_once),
    };
    if (argc > 1) {
        first = strtoull(argv[1], NULL, 10);
        count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    }
    return case_run(cases, argc > 1 ? 1 : CASE_COUNT(cases), sessions_start, stop_both);
}
