/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/utf8.h"

#include "protocol/base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each code point there is, encoded by RFC 3629's table, and each one there is not. */
static size_t encode(uint32_t code, char text[static 5])
{
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint32_t firsts[] = {0, 0, 0xc0, 0xe0, 0xf0};

    memset(text, 0, 5);
    for (size_t i = len; i-- > 1; code >>= 6) {
        text[i] = (char)(0x80 | (code & 0x3f));
    }
    text[0] = (char)(firsts[len] | code);
    return len;
}

static void every_character_has_its_length(void **state)
{
    char text[5];

    (void)state;
    for (uint32_t code = 1; code < 0x110000; code++) {
        size_t len = encode(code, text);
        bool is_surrogate = code >= 0xd800 && code < 0xe000;
        if (sl_utf8_len(text) != (is_surrogate ? 0 : len)) {
            fail_msg("U+%04X", code);
        }
        text[len - 1] = '\0';
        if (len > 1 && sl_utf8_len(text) != 0) {
            fail_msg("U+%04X without its end", code);
        }
    }
}

static void what_is_no_character_is_none(void **state)
{
    static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
            "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
            "\xc2 ", "\xe1\x80 ", "\xf1\x80\x80 "};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(bad); i++) {
        assert_int_equal(sl_utf8_len(bad[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(every_character_has_its_length),
            cmocka_unit_test(what_is_no_character_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
