/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/json.h"

#include "tests/unit/proxy/written.h"

#include <string.h>

static struct json json;

static int begin(void **state)
{
    (void)state;
    written_begin();
    json_begin(&json, &buf);
    return 0;
}

static void assert_written(const char *expected)
{
    assert_int_equal(json_end(&json), SL_OK);
    written_expect(expected);
}

static void lists_and_keys_have_their_commas(void **state)
{
    (void)state;
    json_open(&json, '{');
    json_key(&json, "a");
    json_open(&json, '[');
    json_close(&json, ']');
    json_key(&json, "b");
    json_open(&json, '[');
    json_int(&json, -1);
    json_open(&json, '[');
    json_text(&json, "x");
    json_close(&json, ']');
    json_bool(&json, true);
    json_text(&json, NULL);
    json_close(&json, ']');
    json_key(&json, "c");
    json_bool(&json, false);
    json_close(&json, '}');
    assert_written("{\"a\":[],\"b\":[-1,[\"x\"],true,null],\"c\":false}");
}

static void texts_are_escaped(void **state)
{
    (void)state;
    json_open(&json, '[');
    json_text(&json, "");
    json_text(&json, "a\"b\\c/\n\t\x01\x7f</script>");
    json_text(&json, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    json_text(&json, "\"");
    json_close(&json, ']');
    assert_written("[\"\",\"a\\\"b\\\\c/\\u000a\\u0009\\u0001\\u007f</script>\","
                   "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\",\"\\\"\"]");
}

static void what_is_no_utf8_is_replaced_byte_by_byte(void **state)
{
    (void)state;
    json_open(&json, '[');
    json_text(&json, "a\xff\xc3");
    json_text(&json, "\xe2\x82x");
    json_close(&json, ']');
    assert_written("[\"a\xef\xbf\xbd\xef\xbf\xbd\",\"\xef\xbf\xbd\xef\xbf\xbdx\"]");
}

/* What PostgreSQL prints and JSON has not (NaN) stays a text. */
static void numbers_are_numbers_only_where_json_has_them(void **state)
{
    (void)state;
    json_open(&json, '[');
    json_value(&json, REPLY_INT8, "9223372036854775807");
    json_value(&json, REPLY_NUMERIC, "-0.50");
    json_value(&json, REPLY_NUMERIC, "NaN");
    json_value(&json, REPLY_INT4, "007");
    json_value(&json, REPLY_NUMERIC, "1.");
    json_value(&json, REPLY_INT4, "");
    json_value(&json, REPLY_TEXT, "5");
    json_value(&json, REPLY_BOOL, "t");
    json_value(&json, REPLY_BOOL, "false");
    json_value(&json, REPLY_INT4, NULL);
    json_close(&json, ']');
    assert_written("[9223372036854775807,-0.50,\"NaN\",\"007\",\"1.\",\"\",\"5\",true,false,null]");
}

static void a_full_buffer_is_told_at_the_end(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    sl_buf_init(&buf, 16);
    json_begin(&json, &buf);
    json_open(&json, '[');
    json_text(&json, "longer than sixteen bytes");
    json_int(&json, 1);
    json_close(&json, ']');
    assert_int_equal(json_end(&json), SL_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(lists_and_keys_have_their_commas, begin, written_end),
            cmocka_unit_test_setup_teardown(texts_are_escaped, begin, written_end),
            cmocka_unit_test_setup_teardown(
                    what_is_no_utf8_is_replaced_byte_by_byte, begin, written_end),
            cmocka_unit_test_setup_teardown(
                    numbers_are_numbers_only_where_json_has_them, begin, written_end),
            cmocka_unit_test_setup_teardown(a_full_buffer_is_told_at_the_end, begin, written_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
