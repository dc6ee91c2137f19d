/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/http_host.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void addresses_and_names_of_this_machine_are_ours(void **state)
{
    static const char *const ours[] = {"127.0.0.1", "127.0.0.1:6480", "192.0.2.7:80", "[::1]",
            "[::1]:6480", "[2001:db8::1]:", "localhost", "LocalHost:6480", "a.localhost",
            "b.a.LOCALHOST:1", "sluice", "sluice:6480", ""};

    (void)state;
    assert_true(http_host_is_ours(NULL));
    for (size_t i = 0; i < SL_COUNT(ours); i++) {
        if (!http_host_is_ours(ours[i])) {
            fail_msg("%s is not ours", ours[i]);
        }
    }
}

static void other_names_and_nonsense_are_not(void **state)
{
    static const char *const others[] = {"evil.example", "evil.example:6480",
            "127.0.0.1.evil.example", "localhost.evil.example", "evillocalhost.example",
            "a.evillocalhost", ".localhost", "127.0.0.1:6480.evil.example", "localhost:x", "[::1",
            "[::1]x", "[::1].evil.example", "[evil.example]", "[127.0.0.1]", "::1", "127.0.0.1.",
            "256.0.0.1", "evil.example.", "127.0.0.1 evil.example",
            "[1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111]"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(others); i++) {
        if (http_host_is_ours(others[i])) {
            fail_msg("%s is ours", others[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(addresses_and_names_of_this_machine_are_ours),
            cmocka_unit_test(other_names_and_nonsense_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
