/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any bytes as the first packet of a connection.
 *
 * 1. In pieces as in one: what a prefix is found to be, the whole is too, and what
 *    stands behind the packet changes nothing.
 * 2. What was read, written again, is the same packet.
 * 3. NegotiateProtocolVersion offers a version there is, and names every option.
 */
#include "protocol/message.h"
#include "protocol/startup.h"

#include <stdlib.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own for each prefix, so that a byte read behind it is seen. */
static enum startup_kind parse_copy(const uint8_t *data, size_t len, struct startup *out)
{
    struct sl_error error = {0};
    uint8_t *copy = malloc(len == 0 ? 1 : len);

    SL_CHECK(copy != NULL);
    if (len > 0) {
        memcpy(copy, data, len);
    }
    enum startup_kind kind = startup_parse(sl_span(copy, len), out, &error);
    SL_CHECK((kind == STARTUP_BAD) == (error.sqlstate[0] != '\0'));
    free(copy);
    return kind;
}

static void check_pieces(const uint8_t *data, size_t size, enum startup_kind whole)
{
    struct startup part;

    for (size_t len = 0; len < size; len++) {
        enum startup_kind kind = parse_copy(data, len, &part);

        SL_CHECK(kind == STARTUP_MORE || kind == whole);
        SL_CHECK(kind == STARTUP_MORE || kind == STARTUP_BAD || part.len <= len);
        if (len == 64 && size > 128) { /* long ones: their beginning and their end */
            len = size - 64;
        }
    }
}

static void check_same(struct sl_buf *buf, const uint8_t *data, size_t len)
{
    SL_CHECK(sl_span_equal(sl_buf_borrow(buf), sl_span(data, len)));
    sl_buf_fini(buf);
}

static unsigned rewrite(struct startup startup, struct sl_buf *buf)
{
    const char *name;
    const char *value;
    unsigned options = 0;
    size_t at = 0;

    SL_CHECK(startup_begin(buf, startup.minor, &at) == SL_OK);
    while (startup_next_param(&startup, &name, &value)) {
        SL_CHECK(startup_put_param(buf, name, value) == SL_OK);
        options += strncmp(name, "_pq_.", 5) == 0;
    }
    SL_CHECK(startup_end(buf, at) == SL_OK);
    return options;
}

static void check_protocol(const uint8_t *data, const struct startup *startup)
{
    struct sl_buf buf;

    SL_CHECK(startup->major == STARTUP_MAJOR);
    sl_buf_init(&buf, (size_t)STARTUP_LEN_MAX * 2);
    unsigned options = rewrite(*startup, &buf);
    check_same(&buf, data, startup->len);

    SL_CHECK(startup->has_pq_options == (options > 0));
    SL_CHECK(startup_put_negotiate(&buf, startup) == SL_OK);
    struct sl_span message = sl_buf_borrow(&buf);
    SL_CHECK(message.at[0] == BACK_NEGOTIATE && sl_get_u32(message.at + 1) == message.len - 1);
    SL_CHECK(sl_get_u16(message.at + 5) == STARTUP_MAJOR);
    unsigned minor = sl_get_u16(message.at + 7);
    SL_CHECK(minor <= startup->minor && (minor == 0 || minor == STARTUP_MINOR_NEWEST));
    SL_CHECK(sl_get_u32(message.at + 9) == options);
    SL_CHECK(startup_must_negotiate(startup) == (options > 0 || minor != startup->minor));
    sl_buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct startup startup;
    struct startup behind;
    struct sl_error error;
    struct sl_buf buf;

    if (size > STARTUP_LEN_MAX + 16) {
        return 0;
    }
    enum startup_kind kind = startup_parse(sl_span(data, size), &startup, &error);

    check_pieces(data, size, kind);
    if (kind == STARTUP_MORE || kind == STARTUP_BAD) {
        return 0;
    }
    SL_CHECK(startup.len >= 8 && startup.len <= size && startup.len <= STARTUP_LEN_MAX);
    SL_CHECK(parse_copy(data, startup.len, &behind) == kind && behind.len == startup.len);

    sl_buf_init(&buf, STARTUP_LEN_MAX);
    if (kind == STARTUP_PROTOCOL) {
        check_protocol(data, &startup);
    } else if (kind == STARTUP_CANCEL) {
        SL_CHECK(startup_put_cancel(&buf, startup.cancel_pid, startup.cancel_key) == SL_OK);
        check_same(&buf, data, startup.len);
    } else if (kind == STARTUP_SSL) {
        SL_CHECK(startup_put_ssl_request(&buf) == SL_OK);
        check_same(&buf, data, startup.len);
    }
    return 0;
}
