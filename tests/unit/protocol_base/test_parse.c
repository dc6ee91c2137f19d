/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/base/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/base/hash.h"

static void a_number_is_wholly_a_number_and_in_range(void **state)
{
    int64_t value = 99;

    (void)state;
    assert_int_equal(sl_parse_i64("-12", -20, 20, &value), SL_OK);
    assert_int_equal(value, -12);
    assert_int_equal(sl_parse_i64("9223372036854775807", INT64_MIN, INT64_MAX, &value), SL_OK);
    assert_true(value == INT64_MAX);
    value = 99;
    assert_int_equal(sl_parse_i64("9223372036854775808", INT64_MIN, INT64_MAX, &value), SL_ELIMIT);
    assert_int_equal(sl_parse_i64("21", -20, 20, &value), SL_ELIMIT);
    static const char *const BAD[] = {"", "-", "+-1", " 1", "1 ", "1x", "0x10", "one", "--1"};
    for (size_t i = 0; i < SL_COUNT(BAD); i++) {
        assert_int_equal(sl_parse_i64(BAD[i], -20, 20, &value), SL_EINVAL);
    }
    assert_int_equal(value, 99);
}

static void a_duration_has_a_unit_or_is_seconds(void **state)
{
    static const struct {
        const char *text;
        sl_usec usec;
    } GOOD[] = {{"0", 0}, {"15", 15 * SL_SECOND}, {"0.5", SL_SECOND / 2}, {"1.5s", 1500000},
            {"250ms", 250000}, {"7us", 7}, {"2min", 120 * SL_SECOND}, {"1H", 3600 * SL_SECOND},
            {"0.5d", 43200 * SL_SECOND}, {"0.0000019", 1}, {"1.23456789", 1234567}};
    static const char *const BAD[] = {"", "s", "-1", ".5", "5.", "1 s", "1sec", "1.2.3", "1m"};
    sl_usec value = 99;

    (void)state;
    for (size_t i = 0; i < SL_COUNT(GOOD); i++) {
        assert_int_equal(sl_parse_duration(GOOD[i].text, &value), SL_OK);
        assert_int_equal(value, GOOD[i].usec);
    }
    value = 99;
    for (size_t i = 0; i < SL_COUNT(BAD); i++) {
        assert_int_equal(sl_parse_duration(BAD[i], &value), SL_EINVAL);
    }
    assert_int_equal(sl_parse_duration("106751992d", &value), SL_ELIMIT);
    assert_int_equal(sl_parse_duration("99999999999999999999", &value), SL_ELIMIT);
    assert_int_equal(value, 99);
}

static void a_size_counts_in_powers_of_1024(void **state)
{
    int64_t value = 99;

    (void)state;
    assert_int_equal(sl_parse_size("17", &value), SL_OK);
    assert_int_equal(value, 17);
    assert_int_equal(sl_parse_size("2kB", &value), SL_OK);
    assert_int_equal(value, 2048);
    assert_int_equal(sl_parse_size("3mb", &value), SL_OK);
    assert_int_equal(value, 3 << 20);
    assert_int_equal(sl_parse_size("4GB", &value), SL_OK);
    assert_true(value == (int64_t)4 << 30);
    value = 99;
    assert_int_equal(sl_parse_size("9999999999GB", &value), SL_ELIMIT);
    assert_int_equal(sl_parse_size("-1", &value), SL_EINVAL);
    assert_int_equal(sl_parse_size("1.5MB", &value), SL_EINVAL);
    assert_int_equal(sl_parse_size("1 MB", &value), SL_EINVAL);
    assert_int_equal(value, 99);
}

static void a_bool_is_one_of_eight_words(void **state)
{
    bool value = false;

    (void)state;
    assert_int_equal(sl_parse_bool("ON", &value), SL_OK);
    assert_true(value);
    assert_int_equal(sl_parse_bool("no", &value), SL_OK);
    assert_false(value);
    assert_int_equal(sl_parse_bool("", &value), SL_EINVAL);
    assert_int_equal(sl_parse_bool("tru", &value), SL_EINVAL);
    assert_int_equal(sl_parse_bool("2", &value), SL_EINVAL);
}

static void an_error_is_cut_not_overrun_and_may_be_unwanted(void **state)
{
    struct sl_error error = {0};
    char text[2 * SL_ERROR_TEXT_MAX];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(sl_error_set(&error, SL_EPROTO, "08P01", "%s", text), SL_EPROTO);
    assert_string_equal(error.sqlstate, "08P01");
    assert_int_equal(strlen(error.text), SL_ERROR_TEXT_MAX - 1);
    assert_int_equal(sl_error_set(NULL, SL_EAUTH, "28000", "%s", text), SL_EAUTH);
}

static void a_set_clock_stands_still(void **state)
{
    (void)state;
    sl_clock_set(12345);
    assert_int_equal(sl_now(), 12345);
    assert_int_equal(sl_wall_now(), 12345);
    sl_clock_set(0);
    assert_true(sl_wall_now() > (sl_usec)1600000000 * SL_SECOND);
}

/* Entries are shared between versions through Redis: the hash may not change. */
static void hashes_are_those_of_xxh3(void **state)
{
    struct sl_hash128 hash = sl_hash128(sl_span("", 0));

    (void)state;
    assert_true(sl_hash64(sl_span("", 0)) == 0x2D06800538D394C2U);
    assert_true(hash.hi == 0x99AA06D3014798D8U && hash.lo == 0x6001C324468D497FU);
    assert_true(sl_hash64_seed(sl_span_text("a"), 1) != sl_hash64_seed(sl_span_text("a"), 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_number_is_wholly_a_number_and_in_range),
            cmocka_unit_test(a_duration_has_a_unit_or_is_seconds),
            cmocka_unit_test(a_size_counts_in_powers_of_1024),
            cmocka_unit_test(a_bool_is_one_of_eight_words),
            cmocka_unit_test(an_error_is_cut_not_overrun_and_may_be_unwanted),
            cmocka_unit_test(a_set_clock_stands_still),
            cmocka_unit_test(hashes_are_those_of_xxh3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
