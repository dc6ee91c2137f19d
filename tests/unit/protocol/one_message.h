/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/protocol/one_message.h - a buffer for the message a test writes, and its bytes
 * compared with a literal.
 *
 * Ownership: set_up() and tear_down() are every case's. Threads: the test's. Bounds: 64 KiB.
 */
#ifndef SLUICE_TESTS_UNIT_PROTOCOL_ONE_MESSAGE_H
#define SLUICE_TESTS_UNIT_PROTOCOL_ONE_MESSAGE_H

#include "protocol/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A literal with the zero bytes in it, without the one behind it. */
#define BYTES(literal) sl_span(literal, sizeof(literal) - 1)

static struct sl_buf buf;

static inline int set_up(void **state)
{
    (void)state;
    sl_buf_init(&buf, 65536);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    return 0;
}

/* The body of the one message in buf, whose type and length must be right. */
static inline struct sl_span body_of(uint8_t type)
{
    struct sl_span message = sl_buf_borrow(&buf);

    SL_CHECK(message.at != NULL && message.len >= MESSAGE_HEAD);
    assert_int_equal(message.at[0], type);
    assert_int_equal(sl_get_u32(message.at + 1), message.len - 1);
    return sl_span(message.at + MESSAGE_HEAD, message.len - MESSAGE_HEAD);
}

/* buf holds these bytes and is empty afterwards. */
static inline void assert_message(const char *bytes, size_t len)
{
    SL_CHECK(buf.at != NULL);
    assert_int_equal(sl_buf_len(&buf), len);
    assert_memory_equal(sl_buf_borrow(&buf).at, bytes, len);
    sl_buf_reset(&buf);
}
#define ASSERT_MESSAGE(literal) assert_message(literal, sizeof(literal) - 1)

#endif
