/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/proxy/written.h - for tests of what writes text: the buffer, and what is in it.
 *
 * One a test program. Threads: the main thread only.
 */
#ifndef SLUICE_TESTS_UNIT_PROXY_WRITTEN_H
#define SLUICE_TESTS_UNIT_PROXY_WRITTEN_H

#include "protocol/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { WRITTEN_MAX = 65536 };

static struct sl_buf buf;

static inline void written_begin(void)
{
    sl_buf_init(&buf, WRITTEN_MAX);
}

static inline int written_end(void **state)
{
    (void)state;
    sl_buf_fini(&buf);
    return 0;
}

static inline void written_expect(const char *expected)
{
    struct sl_span bytes = sl_buf_borrow(&buf);

    assert_int_equal(bytes.len, strlen(expected));
    assert_memory_equal(bytes.at, expected, bytes.len);
}

#endif
