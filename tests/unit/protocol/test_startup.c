/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/startup.h"

#include "protocol/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAIRS "user\0app\0database\0shop\0"

static struct sl_buf buf;
static struct sl_error error;
static struct startup startup;

static int set_up(void **state)
{
    (void)state;
    sl_buf_init(&buf, 65536);
    memset(&error, 0, sizeof(error));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    return 0;
}

/* Puts a packet with that code and body into buf. */
static void packet(uint32_t code, const void *body, size_t len)
{
    sl_buf_reset(&buf);
    assert_int_equal(sl_buf_put_u32(&buf, (uint32_t)len + 8), SL_OK);
    assert_int_equal(sl_buf_put_u32(&buf, code), SL_OK);
    assert_int_equal(sl_buf_put(&buf, body, len), SL_OK);
}

static enum startup_kind parse(void)
{
    return startup_parse(sl_buf_borrow(&buf), &startup, &error);
}

static void parse_bad(const char *sqlstate, const char *text)
{
    memset(&error, 0, sizeof(error));
    assert_int_equal(parse(), STARTUP_BAD);
    assert_string_equal(error.sqlstate, sqlstate);
    assert_string_equal(error.text, text);
}

static void parameters_are_given_in_the_packets_order(void **state)
{
    const char *name;
    const char *value;

    (void)state;
    packet(0x30000, PAIRS, sizeof(PAIRS));
    assert_int_equal(parse(), STARTUP_PROTOCOL);
    assert_int_equal(startup.len, sl_buf_len(&buf));
    assert_int_equal(startup.minor, 0);
    assert_false(startup.has_pq_options);
    assert_true(startup_next_param(&startup, &name, &value));
    assert_string_equal(name, "user");
    assert_string_equal(value, "app");
    assert_true(startup_next_param(&startup, &name, &value));
    assert_string_equal(name, "database");
    assert_string_equal(value, "shop");
    assert_false(startup_next_param(&startup, &name, &value));
    assert_false(startup_next_param(&startup, &name, &value));
}

static void a_packet_in_pieces_reads_like_a_whole_one(void **state)
{
    (void)state;
    packet(0x30002, PAIRS, sizeof(PAIRS));
    for (size_t len = 0; len < sl_buf_len(&buf); len++) {
        /* Of its own size, so that a sanitizer sees a read beyond it. */
        uint8_t *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, buf.at, len);
        uint8_t *exact = realloc(copy, len == 0 ? 1 : len);
        assert_non_null(exact);
        assert_int_equal(startup_parse(sl_span(exact, len), &startup, &error), STARTUP_MORE);
        free(exact);
    }
    assert_int_equal(sl_buf_put(&buf, "Q", 1), SL_OK);
    assert_int_equal(parse(), STARTUP_PROTOCOL);
    assert_int_equal(startup.len, sl_buf_len(&buf) - 1);
}

static void requests_for_encryption_are_told_apart(void **state)
{
    (void)state;
    packet(80877103, "", 0);
    assert_int_equal(parse(), STARTUP_SSL);
    packet(80877104, "", 0);
    assert_int_equal(parse(), STARTUP_GSS);
    packet(80877103, "x", 1);
    parse_bad("08P01", "invalid length of startup packet");
}

static void a_packet_ends_exactly_at_its_terminator(void **state)
{
    static const char LAYOUT[] = "invalid startup packet layout: expected terminator as last byte";

    (void)state;
    packet(0x30000, PAIRS, sizeof(PAIRS) - 1); /* none */
    parse_bad("08P01", LAYOUT);
    packet(0x30000, PAIRS "\0x", sizeof(PAIRS) + 2); /* bytes behind it */
    parse_bad("08P01", LAYOUT);
    packet(0x30000, "user\0", 6); /* what should be the value's end is the packet's */
    parse_bad("08P01", LAYOUT);
    packet(0x30000, "user", 4);
    parse_bad("08P01", LAYOUT);
    packet(0x30000, "", 0);
    parse_bad("08P01", LAYOUT);
    packet(0x30000, "", 1);
    assert_int_equal(parse(), STARTUP_PROTOCOL);
}

static void a_length_out_of_bounds_is_bad_at_once(void **state)
{
    static const uint32_t LENGTHS[] = {0, 4, 7, STARTUP_LEN_MAX + 1, INT32_MAX, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < SL_COUNT(LENGTHS); i++) {
        sl_buf_reset(&buf);
        assert_int_equal(sl_buf_put_u32(&buf, LENGTHS[i]), SL_OK);
        parse_bad("08P01", "invalid length of startup packet");
    }
    sl_buf_reset(&buf);
    assert_int_equal(sl_buf_put_u32(&buf, STARTUP_LEN_MAX), SL_OK);
    assert_int_equal(parse(), STARTUP_MORE);
}

static void another_major_version_is_refused_in_postgresqls_words(void **state)
{
    (void)state;
    packet(0x20000, "", 0);
    parse_bad("0A000", "unsupported frontend protocol 2.0: server supports 3.0 to 3.2");
    packet(0x40001, PAIRS, sizeof(PAIRS));
    parse_bad("0A000", "unsupported frontend protocol 4.1: server supports 3.0 to 3.2");
    packet(1234u << 16 | 5677, "", 0);
    parse_bad("0A000", "unsupported frontend protocol 1234.5677: server supports 3.0 to 3.2");
}

static void a_cancel_key_has_4_to_256_bytes(void **state)
{
    uint8_t body[4 + 257] = {0, 0, 1, 2};
    static const size_t GOOD[] = {4, 16, 32, 256};
    static const size_t BAD[] = {0, 1, 3, 257};

    (void)state;
    memset(body + 4, 0xa5, sizeof(body) - 4);
    for (size_t i = 0; i < SL_COUNT(GOOD); i++) {
        packet(80877102, body, 4 + GOOD[i]);
        assert_int_equal(parse(), STARTUP_CANCEL);
        assert_int_equal(startup.cancel_pid, 258);
        assert_int_equal(startup.cancel_key.len, GOOD[i]);
        assert_memory_equal(startup.cancel_key.at, body + 4, GOOD[i]);
    }
    for (size_t i = 0; i < SL_COUNT(BAD); i++) {
        packet(80877102, body, 4 + BAD[i]);
        parse_bad("08P01", "invalid length of cancel key in query cancel packet");
    }
    packet(80877102, body, 3);
    parse_bad("08P01", "invalid length of query cancel packet");
}

static void version_3_1_was_never_in_use(void **state)
{
    (void)state;
    assert_int_equal(startup_minor(0), 0);
    assert_int_equal(startup_minor(1), 0);
    assert_int_equal(startup_minor(2), 2);
    assert_int_equal(startup_minor(3), 2);
    assert_int_equal(startup_minor(9999), 2);
}

static void what_we_do_not_speak_is_negotiated(void **state)
{
    static const char OPTIONS[] = "_pq_.a\0on\0user\0app\0_pq_.bc\0\0";
    static const uint8_t WANTED[] = "v\0\0\0\x1b\0\3\0\2\0\0\0\2_pq_.a\0_pq_.bc";
    struct sl_buf out;

    (void)state;
    sl_buf_init(&out, 1000);
    packet(0x30000, PAIRS, sizeof(PAIRS));
    assert_int_equal(parse(), STARTUP_PROTOCOL);
    assert_false(startup_must_negotiate(&startup));
    packet(0x3270f, OPTIONS, sizeof(OPTIONS));
    assert_int_equal(parse(), STARTUP_PROTOCOL);
    assert_true(startup.has_pq_options);
    assert_true(startup_must_negotiate(&startup));
    assert_int_equal(startup_put_negotiate(&out, &startup), SL_OK);
    assert_int_equal(sl_buf_len(&out), sizeof(WANTED));
    assert_memory_equal(out.at, WANTED, sizeof(WANTED));
    sl_buf_fini(&out);
}

static void what_we_write_we_can_read(void **state)
{
    size_t at;
    const char *name;
    const char *value;

    (void)state;
    sl_buf_reset(&buf);
    assert_int_equal(sl_buf_put(&buf, "before", 6), SL_OK);
    assert_int_equal(startup_begin(&buf, 2, &at), SL_OK);
    assert_int_equal(startup_put_param(&buf, "user", "app"), SL_OK);
    assert_int_equal(startup_put_param(&buf, "application_name", ""), SL_OK);
    assert_int_equal(startup_end(&buf, at), SL_OK);
    sl_buf_consume(&buf, 6);
    assert_int_equal(parse(), STARTUP_PROTOCOL);
    assert_int_equal(startup.len, sl_buf_len(&buf));
    assert_int_equal(startup.minor, 2);
    assert_true(startup_next_param(&startup, &name, &value));
    assert_string_equal(value, "app");
    assert_true(startup_next_param(&startup, &name, &value));
    assert_string_equal(name, "application_name");
    assert_string_equal(value, "");
    assert_false(startup_next_param(&startup, &name, &value));

    sl_buf_reset(&buf);
    assert_int_equal(startup_put_ssl_request(&buf), SL_OK);
    assert_int_equal(parse(), STARTUP_SSL);
    sl_buf_reset(&buf);
    assert_int_equal(startup_put_cancel(&buf, 7, sl_span("12345", 5)), SL_OK);
    assert_int_equal(parse(), STARTUP_CANCEL);
    assert_int_equal(startup.cancel_pid, 7);
    assert_true(sl_span_is(startup.cancel_key, "12345"));
    assert_int_equal(startup_put_cancel(&buf, 7, sl_span("123", 3)), SL_EINVAL);
}

static void a_startup_message_no_server_would_take_is_not_made(void **state)
{
    size_t at;
    char value[9990];

    (void)state;
    memset(value, 'x', sizeof(value));
    value[sizeof(value) - 1] = '\0';
    sl_buf_reset(&buf);
    assert_int_equal(startup_begin(&buf, 0, &at), SL_OK);
    assert_int_equal(startup_put_param(&buf, "user", value), SL_OK);
    assert_int_equal(startup_end(&buf, at), SL_OK); /* 8 + 5 + 9990 + 1: the longest there is */
    assert_int_equal(parse(), STARTUP_PROTOCOL);
    sl_buf_reset(&buf);
    assert_int_equal(startup_begin(&buf, 0, &at), SL_OK);
    assert_int_equal(startup_put_param(&buf, "users", value), SL_OK);
    assert_int_equal(startup_end(&buf, at), SL_ELIMIT);
}

static void a_parameter_that_does_not_fit_leaves_nothing_behind(void **state)
{
    struct sl_buf small;
    size_t at;

    (void)state;
    sl_buf_init(&small, 14);
    assert_int_equal(startup_begin(&small, 0, &at), SL_OK);
    assert_int_equal(startup_put_param(&small, "user", "app"), SL_ELIMIT);
    assert_int_equal(sl_buf_len(&small), 8);
    sl_buf_fini(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(parameters_are_given_in_the_packets_order),
            cmocka_unit_test(a_packet_in_pieces_reads_like_a_whole_one),
            cmocka_unit_test(requests_for_encryption_are_told_apart),
            cmocka_unit_test(a_packet_ends_exactly_at_its_terminator),
            cmocka_unit_test(a_length_out_of_bounds_is_bad_at_once),
            cmocka_unit_test(another_major_version_is_refused_in_postgresqls_words),
            cmocka_unit_test(a_cancel_key_has_4_to_256_bytes),
            cmocka_unit_test(version_3_1_was_never_in_use),
            cmocka_unit_test(what_we_do_not_speak_is_negotiated),
            cmocka_unit_test(what_we_write_we_can_read),
            cmocka_unit_test(a_startup_message_no_server_would_take_is_not_made),
            cmocka_unit_test(a_parameter_that_does_not_fit_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
