/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/reply.h"

#include "protocol/base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct sl_buf buf;

static int set_up(void **state)
{
    (void)state;
    sl_buf_init(&buf, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    return 0;
}

static void assert_bytes(const char *bytes, size_t len)
{
    assert_int_equal(sl_buf_len(&buf), len);
    assert_memory_equal(sl_buf_borrow(&buf).at, bytes, len);
    sl_buf_reset(&buf);
}
#define ASSERT_BYTES(literal) assert_bytes(literal, sizeof(literal) - 1)

static const struct reply_column TWO[] = {{"name", REPLY_TEXT}, {"n", REPLY_INT4}};
static const uint16_t BINARY[] = {1};

static void a_description_has_name_type_and_format(void **state)
{
    static const uint16_t FORMATS[] = {0, 1};
    struct reply reply;

    (void)state;
    reply_init(&reply, &buf, TWO, 2);
    assert_int_equal(reply_set_formats(&reply, FORMATS, 2), SL_OK);
    assert_int_equal(reply_put_description(&reply), SL_OK);
    ASSERT_BYTES("T\0\0\0\x31\0\2"
                 "name\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\0"
                 "n\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\1");
}

static void rows_are_text_unless_binary_was_asked_for(void **state)
{
    static const char *const VALUES[] = {"abc", "-2"};
    struct reply reply;

    (void)state;
    reply_init(&reply, &buf, TWO, 2);
    assert_int_equal(reply_put_row(&reply, VALUES), SL_OK);
    ASSERT_BYTES("D\0\0\0\x13\0\2\0\0\0\3abc\0\0\0\2-2");
    assert_int_equal(reply_set_formats(&reply, BINARY, 1), SL_OK);
    assert_int_equal(reply_put_row(&reply, VALUES), SL_OK);
    ASSERT_BYTES("D\0\0\0\x15\0\2\0\0\0\3abc\0\0\0\4\xff\xff\xff\xfe");
}

static void null_is_not_an_empty_value(void **state)
{
    static const char *const VALUES[] = {"", NULL};
    struct reply reply;

    (void)state;
    reply_init(&reply, &buf, TWO, 2);
    assert_int_equal(reply_put_row(&reply, VALUES), SL_OK);
    ASSERT_BYTES("D\0\0\0\x0e\0\2\0\0\0\0\xff\xff\xff\xff");
}

static void only_formats_that_fit_are_taken(void **state)
{
    static const uint16_t THREE[] = {0, 0, 0};
    static const uint16_t UNKNOWN[] = {2};
    struct reply reply;

    (void)state;
    reply_init(&reply, &buf, TWO, 2);
    assert_int_equal(reply_set_formats(&reply, THREE, 3), SL_EINVAL);
    assert_int_equal(reply_set_formats(&reply, UNKNOWN, 1), SL_EINVAL);
    assert_int_equal(reply.formats_count, 0);
    assert_int_equal(reply_set_formats(&reply, NULL, 0), SL_OK);
}

static void completion_counts_the_rows_of_a_select(void **state)
{
    static const char *const VALUES[] = {"a", "1"};
    struct reply reply;

    (void)state;
    reply_init(&reply, &buf, TWO, 2);
    assert_int_equal(reply_put_row(&reply, VALUES), SL_OK);
    assert_int_equal(reply_put_row(&reply, VALUES), SL_OK);
    sl_buf_reset(&buf);
    assert_int_equal(reply_put_complete(&reply, "SELECT"), SL_OK);
    ASSERT_BYTES("C\0\0\0\x0dSELECT 2\0");
    assert_int_equal(reply_put_complete(&reply, "SHOW"), SL_OK);
    ASSERT_BYTES("C\0\0\0\x09SHOW\0");
}

/* The value's bytes in hex, or "" when it is not of the type. */
static const char *in_binary(enum reply_type type, const char *text)
{
    static char hex[200];
    const struct reply_column column = {"x", type};
    struct reply reply;

    sl_buf_reset(&buf);
    reply_init(&reply, &buf, &column, 1);
    assert_int_equal(reply_set_formats(&reply, BINARY, 1), SL_OK);
    enum sl_err err = reply_put_row(&reply, &text);
    hex[0] = '\0';
    if (err != SL_OK) {
        assert_int_equal(err, SL_EINVAL);
        assert_int_equal(sl_buf_len(&buf), 0);
        return hex;
    }
    struct sl_span row = sl_buf_borrow(&buf);
    SL_CHECK(row.at != NULL && row.len >= 11);
    assert_int_equal(sl_get_u32(row.at + 7), row.len - 11);
    for (size_t i = 11; i < row.len; i++) {
        snprintf(hex + 2 * (i - 11), 3, "%02x", row.at[i]);
    }
    return hex;
}

static void integers_and_booleans_are_sent_as_postgresql_does(void **state)
{
    (void)state;
    assert_string_equal(in_binary(REPLY_INT4, "2147483647"), "7fffffff");
    assert_string_equal(in_binary(REPLY_INT4, "-2147483648"), "80000000");
    assert_string_equal(in_binary(REPLY_INT4, "2147483648"), "");
    assert_string_equal(in_binary(REPLY_INT4, "1x"), "");
    assert_string_equal(in_binary(REPLY_INT4, ""), "");
    assert_string_equal(in_binary(REPLY_INT8, "-2"), "fffffffffffffffe");
    assert_string_equal(in_binary(REPLY_INT8, "9223372036854775807"), "7fffffffffffffff");
    assert_string_equal(in_binary(REPLY_INT8, "9223372036854775808"), "");
    assert_string_equal(in_binary(REPLY_BOOL, "t"), "01");
    assert_string_equal(in_binary(REPLY_BOOL, "false"), "00");
    assert_string_equal(in_binary(REPLY_BOOL, "maybe"), "");
}

static void bytea_is_read_from_hex(void **state)
{
    (void)state;
    assert_string_equal(in_binary(REPLY_BYTEA, "\\x00fFA0"), "00ffa0");
    assert_string_equal(in_binary(REPLY_BYTEA, "\\x"), "");
    assert_int_equal(sl_buf_len(&buf), 11); /* a value of no bytes */
    assert_string_equal(in_binary(REPLY_BYTEA, "\\x0"), "");
    assert_string_equal(in_binary(REPLY_BYTEA, "\\x0g"), "");
    assert_string_equal(in_binary(REPLY_BYTEA, "abcd"), "");
    assert_string_equal(in_binary(REPLY_BYTEA, ""), "");
}

/* What numeric_send() of PostgreSQL 15 gave for the same text. */
static void numerics_are_sent_as_postgresql_does(void **state)
{
    static const char *const VECTORS[][2] = {
            {"0", "0000000000000000"},
            {"-0", "0000000000000000"},
            {"0.00", "0000000000000002"},
            {"1", "00010000000000000001"},
            {"-1.5", "000200004000000100011388"},
            {"12345678.9", "000300010000000104d2162e2328"},
            {"0.0001", "0001ffff000000040001"},
            {"10000", "00010001000000000001"},
            {"0.00001234", "0001fffe0000000804d2"},
            {"99999999", "0002000100000000270f270f"},
            {"100000000.00010", "00040002000000050001000000000001"},
            {"NaN", "00000000c0000000"},
            {"Infinity", "00000000d0000020"},
            {"-Infinity", "00000000f0000020"},
            {"00012.340", "0002000000000003000c0d48"},
            {".5", "0001ffff000000011388"},
            {"5.", "00010000000000000005"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(VECTORS) / sizeof(VECTORS[0]); i++) {
        assert_string_equal(in_binary(REPLY_NUMERIC, VECTORS[i][0]), VECTORS[i][1]);
    }
    assert_string_equal(in_binary(REPLY_NUMERIC, ""), "");
    assert_string_equal(in_binary(REPLY_NUMERIC, "."), "");
    assert_string_equal(in_binary(REPLY_NUMERIC, "-"), "");
    assert_string_equal(in_binary(REPLY_NUMERIC, "1e5"), "");
    assert_string_equal(in_binary(REPLY_NUMERIC, "1.2.3"), "");
}

static void a_row_that_does_not_fit_leaves_nothing_behind(void **state)
{
    static const char *const VALUES[] = {"0123456789", "1"};
    struct sl_buf small;
    struct reply reply;

    (void)state;
    sl_buf_init(&small, 24);
    reply_init(&reply, &small, TWO, 2);
    assert_int_equal(reply_put_row(&reply, VALUES), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&small), 0);
    assert_int_equal(reply.rows, 0);
    reply_init(&reply, &small, TWO, REPLY_COLUMNS_MAX + 1);
    assert_int_equal(reply_put_description(&reply), SL_ELIMIT);
    sl_buf_fini(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_description_has_name_type_and_format),
            cmocka_unit_test(rows_are_text_unless_binary_was_asked_for),
            cmocka_unit_test(null_is_not_an_empty_value),
            cmocka_unit_test(only_formats_that_fit_are_taken),
            cmocka_unit_test(completion_counts_the_rows_of_a_select),
            cmocka_unit_test(integers_and_booleans_are_sent_as_postgresql_does),
            cmocka_unit_test(bytea_is_read_from_hex),
            cmocka_unit_test(numerics_are_sent_as_postgresql_does),
            cmocka_unit_test(a_row_that_does_not_fit_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
