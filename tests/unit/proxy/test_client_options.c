/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/client_options.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *options, const char *ignored, const char *expected)
{
    char kept[256];

    assert_true(strlen(options) < sizeof kept);
    memset(kept, 'x', sizeof kept);
    client_options_keep(options, ignored, kept);
    assert_string_equal(kept, expected);
}

/* ignore_startup_parameters names what is inside options too. */
static void what_the_list_names_is_dropped(void **state)
{
    (void)state;
    expect("-c geqo=off", "", "-c geqo=off");
    expect("-c geqo=off", "geqo", "");
    expect("-c geqo=off -c work_mem=1MB", "GEQO", "-c work_mem=1MB");
    expect(" -cgeqo=off\t--work-mem=1MB ", "work_mem, x", "-cgeqo=off");
    expect("--search_path=a\\ b -c x=y", "x", "--search_path=a\\ b");
    expect("-c a=b\\", "x", "-c a=b\\");
}

static void other_switches_stay_as_they_are(void **state)
{
    (void)state;
    expect("-d 5 -c geqo=off -B", "geqo", "-d 5 -B");
    expect("-c", "c", "-c");
    expect("-c geqo", "geqo", "-c geqo");
    expect("", "x", "");
    expect("   ", "x", "");
    expect("- -- =", "x", "- -- =");
}

static void with_options_on_it_only_what_is_each_clients_own_stays(void **state)
{
    (void)state;
    expect("-c geqo=off -c timezone=UTC --DateStyle=ISO -d 5", "x, options",
            "-c timezone=UTC --DateStyle=ISO");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(what_the_list_names_is_dropped),
            cmocka_unit_test(other_switches_stay_as_they_are),
            cmocka_unit_test(with_options_on_it_only_what_is_each_clients_own_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
