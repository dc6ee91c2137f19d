/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_http.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void an_address_and_a_port_are_taken_apart(void **state)
{
    static const struct {
        const char *text;
        const char *host;
        int port;
        bool is_loopback;
    } good[] = {
            {"127.0.0.1:6480", "127.0.0.1", 6480, true},
            {"127.9.9.9:1", "127.9.9.9", 1, true},
            {"0.0.0.0:65535", "0.0.0.0", 65535, false},
            {"[::1]:80", "::1", 80, true},
            {"[fe80::1]:80", "fe80::1", 80, false},
            {"*:6480", "", 6480, false},
    };

    (void)state;
    for (size_t i = 0; i < SL_COUNT(good); i++) {
        struct conf_http_address address;
        assert_true(conf_http_address(good[i].text, &address));
        assert_string_equal(address.host, good[i].host);
        assert_int_equal(address.port, good[i].port);
        assert_int_equal(address.is_loopback, good[i].is_loopback);
    }
}

static void what_is_no_address_and_port_is_refused(void **state)
{
    static const char *const bad[] = {"", ":", "6480", ":6480", "127.0.0.1",
            "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "localhost:6480",
            "::1:80", "[]:80", "[127.0.0.1]:80", "[::1]80", "[::1:80", "**:80",
            "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee:ffff]:80"};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        struct conf_http_address address = {.port = 7};
        if (conf_http_address(bad[i], &address) || address.port != 7) {
            fail_msg("taken: %s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_address_and_a_port_are_taken_apart),
            cmocka_unit_test(what_is_no_address_and_port_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
