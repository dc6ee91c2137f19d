/* SPDX-License-Identifier: PostgreSQL */
#include "tests/support/case.h"

#include "tests/support/proc.h"

#include <signal.h>
#include <stdlib.h>

static bool failure_noted;

void case_note_failure(void)
{
    failure_noted = true;
}

int case_run(const struct CMUnitTest *cases, size_t count, CMFixtureFunction setup,
        CMFixtureFunction teardown)
{
    const char *only = getenv("SLUICE_CASE");
    int failed;

    signal(SIGPIPE, SIG_IGN);
    if (only != NULL) {
        cmocka_set_test_filter(only);
    }
    failed = _cmocka_run_group_tests("cases", cases, count, setup, teardown);
    failed += failure_noted;
    if (failed != 0) {
        proc_show_logs();
    }
    return failed == 0 ? 0 : 1;
}
