/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/back.h"

#include "tests/unit/protocol/one_message.h"

#include <string.h>

static void an_error_is_read_by_its_fields(void **state)
{
    struct back_error error;

    (void)state;
    back_error_read(BYTES("SFATAL-E\0VFATAL\0C57P01\0Mterminating\0Fpostgres.c\0L1\0"
                          "RProcessInterrupts\0\0"),
            &error);
    assert_true(sl_span_is(error.severity, "FATAL")); /* V, not the translated S */
    assert_string_equal(error.sqlstate, "57P01");
    assert_true(sl_span_is(error.message, "terminating"));
    assert_true(sl_span_is(error.routine, "ProcessInterrupts"));
    assert_true(error.is_fatal);
    back_error_read(BYTES("VERROR\0SFATAL\0\0"), &error);
    assert_true(sl_span_is(error.severity, "ERROR"));
    assert_false(error.is_fatal);
    back_error_read(BYTES("SPANIC\0\0"), &error); /* before 9.6 there was no V */
    assert_true(error.is_fatal);
}

static void an_error_may_be_empty_or_cut_anywhere(void **state)
{
    struct back_error error;
    struct sl_span whole = BYTES("SERROR\0VERROR\0C22012\0Mdivision by zero\0\0");

    (void)state;
    for (size_t len = 0; len <= whole.len; len++) {
        back_error_read(sl_span(len == 0 ? NULL : whole.at, len), &error);
        assert_true(error.severity.len <= 5);
        assert_true(error.sqlstate[0] == '\0' || strcmp(error.sqlstate, "22012") == 0);
        assert_false(error.is_fatal);
        assert_non_null(error.message.at);
    }
    assert_true(sl_span_is(error.message, "division by zero"));
    back_error_read(BYTES("Mdivis"), &error);
    assert_true(sl_span_is(error.message, "divis"));
}

static void a_sqlstate_not_of_the_form_is_none(void **state)
{
    struct back_error error;

    (void)state;
    back_error_read(BYTES("C1234\0\0"), &error);
    assert_string_equal(error.sqlstate, "");
    back_error_read(BYTES("C123456\0\0"), &error);
    assert_string_equal(error.sqlstate, "");
    back_error_read(BYTES("C12\n45\0\0"), &error);
    assert_string_equal(error.sqlstate, "");
}

static void our_errors_have_severity_sqlstate_and_message(void **state)
{
    struct sl_error error = {.sqlstate = "08P01", .text = "no"};

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(back_put_error(&buf, "FATAL", &error), SL_OK);
    ASSERT_MESSAGE("E\0\0\0\x1eSFATAL\0VFATAL\0C08P01\0Mno\0\0");
    error.sqlstate[0] = '\0';
    assert_int_equal(back_put_error(&buf, "ERROR", &error), SL_OK);
    ASSERT_MESSAGE("E\0\0\0\x1eSERROR\0VERROR\0CXX000\0Mno\0\0");
    assert_int_equal(back_put_notice(&buf, "NOTICE", "00000", "hm"), SL_OK);
    ASSERT_MESSAGE("N\0\0\0\x20SNOTICE\0VNOTICE\0C00000\0Mhm\0\0");
}

static void a_parameter_status_is_two_strings(void **state)
{
    struct back_param param;

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(back_put_param_status(&buf, "TimeZone", "UTC"), SL_OK);
    assert_int_equal(back_param_status_read(body_of('S'), &param), SL_OK);
    assert_true(sl_span_is(param.name, "TimeZone"));
    assert_string_equal(param.name_text, "TimeZone");
    assert_string_equal(param.value_text, "UTC");
    assert_int_equal(back_param_status_read(BYTES("a\0b"), &param), SL_EPROTO);
    assert_int_equal(back_param_status_read(BYTES("a\0b\0c"), &param), SL_EPROTO);
    assert_int_equal(back_param_status_read(BYTES("a\0"), &param), SL_EPROTO);
}

static void a_key_has_4_to_256_bytes(void **state)
{
    uint8_t key[257];
    uint32_t pid = 0;
    struct sl_span read;

    (void)state;
    memset(key, 0x5a, sizeof(key));
    for (size_t len = 0; len <= sizeof(key); len++) {
        bool is_good = len >= 4 && len <= 256;
        sl_buf_reset(&buf);
        assert_int_equal(
                back_put_key_data(&buf, 77, sl_span(key, len)), is_good ? SL_OK : SL_EINVAL);
        if (is_good) {
            assert_int_equal(back_key_data_read(body_of('K'), &pid, &read), SL_OK);
            assert_int_equal(pid, 77);
            assert_true(sl_span_equal(read, sl_span(key, len)));
        }
    }
    assert_int_equal(back_key_data_read(BYTES("\0\0\0\1abc"), &pid, &read), SL_EPROTO);
    assert_int_equal(back_key_data_read(BYTES("\0\0\0"), &pid, &read), SL_EPROTO);
    uint8_t body[4 + 257] = {0};
    assert_int_equal(back_key_data_read(sl_span(body, sizeof(body)), &pid, &read), SL_EPROTO);
}

static void authentication_begins_with_its_code(void **state)
{
    static const uint8_t SALT[4] = {1, 2, 3, 4};
    uint32_t code = 99;
    struct sl_span rest;

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(back_put_auth_ok(&buf), SL_OK);
    ASSERT_MESSAGE("R\0\0\0\x08\0\0\0\0");
    assert_int_equal(back_put_auth_cleartext(&buf), SL_OK);
    ASSERT_MESSAGE("R\0\0\0\x08\0\0\0\3");
    assert_int_equal(back_put_auth_md5(&buf, SALT), SL_OK);
    ASSERT_MESSAGE("R\0\0\0\x0c\0\0\0\5\1\2\3\4");
    assert_int_equal(back_put_auth_sasl_continue(&buf, sl_span_text("r=x")), SL_OK);
    ASSERT_MESSAGE("R\0\0\0\x0b\0\0\0\x0br=x");
    assert_int_equal(back_put_auth_sasl_final(&buf, sl_span_text("v=x")), SL_OK);
    assert_int_equal(back_auth_read(body_of('R'), &code, &rest), SL_OK);
    assert_int_equal(code, BACK_AUTH_SASL_FINAL);
    assert_true(sl_span_is(rest, "v=x"));
    assert_int_equal(back_auth_read(BYTES("\0\0\0"), &code, &rest), SL_EPROTO);
}

static void mechanisms_are_walked_to_the_empty_name(void **state)
{
    static const char *const NAMES[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", NULL};
    uint32_t code;
    struct sl_span list;
    const char *name;

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(back_put_auth_sasl(&buf, NAMES), SL_OK);
    assert_int_equal(back_auth_read(body_of('R'), &code, &list), SL_OK);
    assert_int_equal(code, BACK_AUTH_SASL);
    assert_true(back_mechanism_next(&list, &name));
    assert_string_equal(name, NAMES[0]);
    assert_true(back_mechanism_next(&list, &name));
    assert_string_equal(name, NAMES[1]);
    assert_false(back_mechanism_next(&list, &name));
    list = BYTES("A\0B");
    assert_true(back_mechanism_next(&list, &name));
    assert_false(back_mechanism_next(&list, &name)); /* cut */
    list = sl_span(NULL, 0);
    assert_false(back_mechanism_next(&list, &name));
}

static void short_messages_are_read_exactly(void **state)
{
    struct sl_span tag;
    char status = 0;

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(back_put_command_complete(&buf, "SELECT 1"), SL_OK);
    assert_int_equal(back_tag_read(body_of('C'), &tag), SL_OK);
    assert_true(sl_span_is(tag, "SELECT 1"));
    assert_int_equal(back_tag_read(BYTES("SELECT"), &tag), SL_EPROTO);
    assert_int_equal(back_tag_read(BYTES("A\0B\0"), &tag), SL_EPROTO);
    sl_buf_reset(&buf);
    assert_int_equal(back_put_ready(&buf, 'T'), SL_OK);
    assert_int_equal(back_ready_read(body_of('Z'), &status), SL_OK);
    assert_int_equal(status, 'T');
    assert_int_equal(back_ready_read(BYTES("X"), &status), SL_EPROTO);
    assert_int_equal(back_ready_read(BYTES(""), &status), SL_EPROTO);
    assert_int_equal(back_ready_read(BYTES("II"), &status), SL_EPROTO);
    sl_buf_reset(&buf);
    assert_int_equal(back_put_empty(&buf, '1'), SL_OK);
    ASSERT_MESSAGE("1\0\0\0\4");
}

static void a_notification_is_pid_channel_and_payload(void **state)
{
    struct back_notification sent = {
            .pid = 5, .channel = sl_span_text("ch"), .payload = sl_span_text("hello")};
    struct back_notification read;

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(back_put_notification(&buf, &sent), SL_OK);
    struct sl_span body = body_of('A');
    assert_int_equal(back_notification_read(body, &read), SL_OK);
    assert_int_equal(read.pid, 5);
    assert_true(sl_span_is(read.channel, "ch"));
    assert_true(sl_span_is(read.payload, "hello"));
    for (size_t len = 0; len < body.len; len++) {
        assert_int_equal(back_notification_read(sl_span(body.at, len), &read), SL_EPROTO);
    }
}

static void a_message_that_does_not_fit_is_not_begun(void **state)
{
    struct sl_error error = {.sqlstate = "08P01", .text = "much too long for that buffer"};
    struct sl_buf small;

    (void)state;
    sl_buf_init(&small, 20);
    assert_int_equal(back_put_error(&small, "FATAL", &error), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&small), 0);
    sl_buf_fini(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(an_error_is_read_by_its_fields),
            cmocka_unit_test(an_error_may_be_empty_or_cut_anywhere),
            cmocka_unit_test(a_sqlstate_not_of_the_form_is_none),
            cmocka_unit_test(our_errors_have_severity_sqlstate_and_message),
            cmocka_unit_test(a_parameter_status_is_two_strings),
            cmocka_unit_test(a_key_has_4_to_256_bytes),
            cmocka_unit_test(authentication_begins_with_its_code),
            cmocka_unit_test(mechanisms_are_walked_to_the_empty_name),
            cmocka_unit_test(short_messages_are_read_exactly),
            cmocka_unit_test(a_notification_is_pid_channel_and_payload),
            cmocka_unit_test(a_message_that_does_not_fit_is_not_begun),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
