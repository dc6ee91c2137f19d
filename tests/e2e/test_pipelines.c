/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_pipelines.c - random pipelines to PostgreSQL and through Sluice, in session and
 * in transaction mode; the replies must be the same. The seeds are always the same here; the
 * long suite tries others (tests/long/test_pipelines.c).
 *
 *     e2e_pipelines                   the test
 *     e2e_pipelines FIRST [COUNT]     the pipelines of these seeds
 */
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/pipelines.h"
#include "tests/support/pipelines_fixture.h"

#include <stdio.h>
#include <stdlib.h>

enum { COUNT = 300 };

static uint64_t first = 1;
static uint64_t count = COUNT;

static void replies_to_pipelines_are_postgresqls_own(void **state)
{
    (void)state;
    assert_int_equal(pipelines_of_fixture(first, count), 0);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest cases[] = {
            cmocka_unit_test(replies_to_pipelines_are_postgresqls_own),
    };
    if (argc > 1) {
        first = strtoull(argv[1], NULL, 10);
        count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    }
    return case_run(cases, CASE_COUNT(cases), pipelines_start, stop_both);
}
