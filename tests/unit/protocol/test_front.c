/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/front.h"

#include "tests/unit/protocol/one_message.h"

#include <stdlib.h>
#include <string.h>

static void a_parse_is_name_query_and_types(void **state)
{
    struct front_parse parse;
    struct sl_span body = BYTES("s1\0select $1\0\0\2\0\0\0\x17\0\0\0\x19");

    (void)state;
    assert_int_equal(front_parse_read(body, &parse), SL_OK);
    assert_true(sl_span_is(parse.name, "s1"));
    assert_true(sl_span_is(parse.query, "select $1"));
    assert_string_equal((const char *)parse.query.at, "select $1");
    assert_int_equal(parse.rest.len, body.len - 3);
    assert_ptr_equal(parse.rest.at, body.at + 3);
}

static void a_parse_not_of_the_form_is_a_breach(void **state)
{
    struct front_parse parse = {.name = {.at = NULL}};
    struct sl_span good = BYTES("s1\0select $1\0\0\1\0\0\0\x17");

    (void)state;
    for (size_t len = 0; len < good.len; len++) {
        assert_int_equal(front_parse_read(sl_span(good.at, len), &parse), SL_EPROTO);
    }
    assert_int_equal(front_parse_read(BYTES("\0\0\0\0x"), &parse), SL_EPROTO);
    assert_int_equal(front_parse_read(BYTES("\0\0\xff\xff"), &parse), SL_EPROTO);
    assert_int_equal(front_parse_read(sl_span(NULL, 0), &parse), SL_EPROTO);
    assert_null(parse.name.at);
}

static void a_parse_gets_another_name_and_keeps_the_rest(void **state)
{
    struct front_parse parse;
    struct front_parse again;

    (void)state;
    assert_int_equal(front_parse_read(BYTES("a\0select $1\0\0\1\0\0\0\x17"), &parse), SL_OK);
    sl_buf_reset(&buf);
    assert_int_equal(front_put_parse(&buf, sl_span_text("longer"), parse.rest), SL_OK);
    assert_int_equal(front_parse_read(body_of('P'), &again), SL_OK);
    assert_true(sl_span_is(again.name, "longer"));
    assert_true(sl_span_equal(again.rest, parse.rest));
}

static void a_binds_head_is_read_before_its_parameters_come(void **state)
{
    struct front_bind bind;
    struct sl_span head = BYTES("portal\0stmt\0");
    size_t body_len = (size_t)1 << 30;

    (void)state;
    for (size_t len = 0; len < head.len; len++) {
        struct sl_span so_far = sl_span(head.at, len);
        assert_int_equal(front_bind_head(so_far, body_len, &bind), FRONT_MORE);
        assert_int_equal(front_bind_head(so_far, len, &bind), FRONT_BAD);
    }
    assert_int_equal(front_bind_head(head, body_len, &bind), FRONT_OK);
    assert_true(sl_span_is(bind.portal, "portal"));
    assert_true(sl_span_is(bind.statement, "stmt"));
    assert_int_equal(bind.rest_offset, head.len);
    assert_int_equal(front_bind_head(BYTES("\0\0\0\1"), 100, &bind), FRONT_OK);
    assert_int_equal(bind.rest_offset, 2);
}

static void a_binds_head_says_the_length_of_what_follows(void **state)
{
    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(
            front_put_bind_head(&buf, sl_span_text("p"), sl_span_text("st"), 0x10000), SL_OK);
    ASSERT_MESSAGE("B\0\1\0\x09p\0st\0");
    assert_int_equal(front_put_bind_head(&buf, BYTES(""), BYTES(""), INT32_MAX), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&buf), 0);
}

static void describe_and_close_name_a_statement_or_a_portal(void **state)
{
    char kind = 0;
    struct sl_span name;

    (void)state;
    assert_int_equal(front_target_read(BYTES("Sx\0"), &kind, &name), SL_OK);
    assert_int_equal(kind, FRONT_STATEMENT);
    assert_true(sl_span_is(name, "x"));
    assert_int_equal(front_target_read(BYTES("P\0"), &kind, &name), SL_OK);
    assert_int_equal(kind, FRONT_PORTAL);
    assert_int_equal(name.len, 0);
    assert_int_equal(front_target_read(BYTES("X\0"), &kind, &name), SL_EPROTO);
    assert_int_equal(front_target_read(BYTES("S"), &kind, &name), SL_EPROTO);
    assert_int_equal(front_target_read(BYTES("Sx"), &kind, &name), SL_EPROTO);
    assert_int_equal(front_target_read(BYTES("S\0\0"), &kind, &name), SL_EPROTO);
    assert_int_equal(front_target_read(BYTES(""), &kind, &name), SL_EPROTO);
}

static void execute_query_and_password_are_read_wholly(void **state)
{
    struct sl_span text;
    int32_t rows = 0;

    (void)state;
    assert_int_equal(front_execute_read(BYTES("p\0\0\0\1\0"), &text, &rows), SL_OK);
    assert_int_equal(rows, 256);
    assert_int_equal(front_execute_read(BYTES("\0\xff\xff\xff\xff"), &text, &rows), SL_OK);
    assert_int_equal(rows, -1);
    assert_int_equal(front_execute_read(BYTES("p\0\0\0\1"), &text, &rows), SL_EPROTO);
    assert_int_equal(front_execute_read(BYTES("p\0\0\0\1\0x"), &text, &rows), SL_EPROTO);
    assert_int_equal(front_query_read(BYTES("select 1\0"), &text), SL_OK);
    assert_true(sl_span_is(text, "select 1"));
    assert_int_equal(front_query_read(BYTES("select 1"), &text), SL_EPROTO);
    assert_int_equal(front_query_read(BYTES("select\0 1\0"), &text), SL_EPROTO);
    assert_int_equal(front_password_read(BYTES("geheim\0"), &text), SL_OK);
    assert_true(sl_span_is(text, "geheim"));
    assert_int_equal(front_password_read(BYTES(""), &text), SL_EPROTO);
}

static void an_initial_response_may_be_missing_or_empty(void **state)
{
    struct sl_span name;
    struct sl_span response;

    (void)state;
    assert_int_equal(front_sasl_initial_read(BYTES("M\0\0\0\0\2ab"), &name, &response), SL_OK);
    assert_true(sl_span_is(name, "M"));
    assert_true(sl_span_is(response, "ab"));
    assert_int_equal(
            front_sasl_initial_read(BYTES("M\0\xff\xff\xff\xff"), &name, &response), SL_OK);
    assert_null(response.at);
    assert_int_equal(front_sasl_initial_read(BYTES("M\0\0\0\0\0"), &name, &response), SL_OK);
    assert_non_null(response.at);
    assert_int_equal(response.len, 0);
    assert_int_equal(front_sasl_initial_read(BYTES("M\0\0\0\0\3ab"), &name, &response), SL_EPROTO);
    assert_int_equal(front_sasl_initial_read(BYTES("M\0\0\0\0\1ab"), &name, &response), SL_EPROTO);
    assert_int_equal(
            front_sasl_initial_read(BYTES("M\0\xff\xff\xff\xfe"), &name, &response), SL_EPROTO);
}

static void writers_make_the_documented_bytes(void **state)
{
    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(front_put_query(&buf, sl_span_text("ab")), SL_OK);
    ASSERT_MESSAGE("Q\0\0\0\7ab\0");
    assert_int_equal(front_put_describe(&buf, 'S', sl_span_text("x")), SL_OK);
    ASSERT_MESSAGE("D\0\0\0\7Sx\0");
    assert_int_equal(front_put_close(&buf, 'P', BYTES("")), SL_OK);
    ASSERT_MESSAGE("C\0\0\0\6P\0");
    assert_int_equal(front_put_execute(&buf, BYTES(""), 1), SL_OK);
    ASSERT_MESSAGE("E\0\0\0\x09\0\0\0\0\1");
    assert_int_equal(front_put_sync(&buf), SL_OK);
    ASSERT_MESSAGE("S\0\0\0\4");
    assert_int_equal(front_put_flush(&buf), SL_OK);
    ASSERT_MESSAGE("H\0\0\0\4");
    assert_int_equal(front_put_terminate(&buf), SL_OK);
    ASSERT_MESSAGE("X\0\0\0\4");
    assert_int_equal(front_put_password(&buf, sl_span_text("pw")), SL_OK);
    ASSERT_MESSAGE("p\0\0\0\7pw\0");
    assert_int_equal(front_put_sasl_initial(&buf, "M", sl_span_text("ab")), SL_OK);
    ASSERT_MESSAGE("p\0\0\0\x0cM\0\0\0\0\2ab");
    assert_int_equal(front_put_sasl_initial(&buf, "M", sl_span(NULL, 0)), SL_OK);
    ASSERT_MESSAGE("p\0\0\0\x0aM\0\xff\xff\xff\xff");
    assert_int_equal(front_put_sasl_response(&buf, sl_span_text("ab")), SL_OK);
    ASSERT_MESSAGE("p\0\0\0\6ab");
}

static void a_message_that_does_not_fit_is_not_begun(void **state)
{
    struct sl_buf small;

    (void)state;
    sl_buf_init(&small, 10);
    assert_int_equal(front_put_query(&small, sl_span_text("12345")), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&small), 0);
    assert_int_equal(front_put_query(&small, sl_span_text("1234")), SL_OK);
    assert_int_equal(sl_buf_len(&small), 10);
    assert_int_equal(front_put_sync(&small), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&small), 10);
    sl_buf_fini(&small);
}

static void a_binds_parameter_is_found_if_it_is_here(void **state)
{
    /* two formats; three parameters: "ab", NULL, ""; no formats of results */
    struct sl_span rest = BYTES("\0\2\0\0\0\1"
                                "\0\3"
                                "\0\0\0\2ab"
                                "\377\377\377\377"
                                "\0\0\0\0"
                                "\0\0");
    struct sl_span value;

    (void)state;
    assert_true(front_bind_parameter(rest, 1, &value));
    assert_true(sl_span_is(value, "ab"));
    assert_true(front_bind_parameter(rest, 2, &value));
    assert_null(value.at);
    assert_true(front_bind_parameter(rest, 3, &value));
    assert_non_null(value.at);
    assert_int_equal(value.len, 0);
    assert_false(front_bind_parameter(rest, 0, &value));
    assert_false(front_bind_parameter(rest, 4, &value));
    for (size_t len = 0; len < 14; len++) { /* "ab" ends there */
        assert_false(front_bind_parameter(sl_span(rest.at, len), 1, &value));
        assert_false(front_bind_parameter(sl_span(rest.at, len), 2, &value));
    }
    assert_true(front_bind_parameter(sl_span(rest.at, 14), 1, &value));
    assert_false(front_bind_parameter(BYTES("\0\0\0\1\177\377\377\377ab"), 1, &value));
}

static void a_length_counts_itself_and_is_signed(void **state)
{
    (void)state;
    assert_false(message_len_ok(0));
    assert_false(message_len_ok(3));
    assert_true(message_len_ok(4));
    assert_true(message_len_ok(INT32_MAX));
    assert_false(message_len_ok((uint32_t)INT32_MAX + 1));
    assert_false(message_len_ok(UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_parse_is_name_query_and_types),
            cmocka_unit_test(a_parse_not_of_the_form_is_a_breach),
            cmocka_unit_test(a_parse_gets_another_name_and_keeps_the_rest),
            cmocka_unit_test(a_binds_head_is_read_before_its_parameters_come),
            cmocka_unit_test(a_binds_head_says_the_length_of_what_follows),
            cmocka_unit_test(a_binds_parameter_is_found_if_it_is_here),
            cmocka_unit_test(describe_and_close_name_a_statement_or_a_portal),
            cmocka_unit_test(execute_query_and_password_are_read_wholly),
            cmocka_unit_test(an_initial_response_may_be_missing_or_empty),
            cmocka_unit_test(writers_make_the_documented_bytes),
            cmocka_unit_test(a_message_that_does_not_fit_is_not_begun),
            cmocka_unit_test(a_length_counts_itself_and_is_signed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
