/* SPDX-License-Identifier: PostgreSQL */
#include "conf/conf_connstr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_pairs(const char *text, const char *expected, enum conf_connstr_step last)
{
    char buffer[256];
    char found[512] = "";
    char *at = buffer;
    char *key;
    char *value;
    const char *what = NULL;
    enum conf_connstr_step step;

    snprintf(buffer, sizeof(buffer), "%s", text);
    while ((step = conf_connstr_next(&at, &key, &value, &what)) == CONF_CONNSTR_PAIR) {
        size_t len = strlen(found);

        snprintf(found + len, sizeof(found) - len, "<%s|%s>", key, value);
    }
    assert_string_equal(found, expected);
    assert_int_equal(step, last);
    assert_true((step == CONF_CONNSTR_WRONG) == (what != NULL));
}

static void pairs_are_parted_by_blanks(void **state)
{
    (void)state;
    assert_pairs("a=1 b=2", "<a|1><b|2>", CONF_CONNSTR_END);
    assert_pairs("  a = 1\t b= 2  ", "<a|1><b|2>", CONF_CONNSTR_END);
    assert_pairs("", "", CONF_CONNSTR_END);
    assert_pairs("   ", "", CONF_CONNSTR_END);
    assert_pairs("a=b=c", "<a|b=c>", CONF_CONNSTR_END);
}

static void quotes_hold_blanks_and_are_doubled_for_one(void **state)
{
    (void)state;
    assert_pairs("a='b c' d='it''s'", "<a|b c><d|it's>", CONF_CONNSTR_END);
    assert_pairs("a=''''", "<a|'>", CONF_CONNSTR_END);
    assert_pairs("a=b'c", "<a|b'c>", CONF_CONNSTR_END);
}

static void what_is_no_pair_is_wrong(void **state)
{
    (void)state;
    assert_pairs("a", "", CONF_CONNSTR_WRONG);
    assert_pairs("a b=1", "", CONF_CONNSTR_WRONG);
    assert_pairs("=1", "", CONF_CONNSTR_WRONG);
    assert_pairs("x=1 a=", "<x|1>", CONF_CONNSTR_WRONG);
    assert_pairs("a=''", "", CONF_CONNSTR_WRONG);
    assert_pairs("a='open", "", CONF_CONNSTR_WRONG);
    assert_pairs("a='b'c=1", "", CONF_CONNSTR_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(pairs_are_parted_by_blanks),
            cmocka_unit_test(quotes_hold_blanks_and_are_doubled_for_one),
            cmocka_unit_test(what_is_no_pair_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
