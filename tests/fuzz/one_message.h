/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/fuzz/one_message.h - what was read, written again, is the same message;
 * and which of several messages the bytes are.
 *
 * Ownership: the buffer is taken. Threads: the fuzzer's.
 */
#ifndef SLUICE_TESTS_FUZZ_ONE_MESSAGE_H
#define SLUICE_TESTS_FUZZ_ONE_MESSAGE_H

#include "protocol/message.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes buf: it must be one message of that type and body. */
static inline void check_message(struct sl_buf *buf, uint8_t type, struct sl_span body)
{
    struct sl_span message = sl_buf_borrow(buf);

    SL_CHECK(message.len == MESSAGE_HEAD + body.len);
    SL_CHECK(message.at[0] == type);
    SL_CHECK(sl_get_u32(message.at + 1) == body.len + 4);
    SL_CHECK(sl_span_equal(sl_span(message.at + MESSAGE_HEAD, body.len), body));
    sl_buf_fini(buf);
}

/* What is to hold of a message's body; buf is empty, and stays the caller's or is taken. */
typedef void message_check(struct sl_span body, struct sl_buf *buf);

/* The first byte chooses the check, the others are the body. */
static inline void check_by_first_byte(
        message_check *const *checks, size_t count, const uint8_t *data, size_t size)
{
    struct sl_buf buf;

    if (size == 0 || size > 65536) {
        return;
    }
    sl_buf_init(&buf, (size_t)1 << 20);
    checks[data[0] % count](sl_span(data + 1, size - 1), &buf);
    sl_buf_fini(&buf);
}

#endif
