/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/protocol_base/same_random.h - numbers that are the same in every run (xorshift).
 *
 * Ownership: none. Threads: the test's.
 */
#ifndef SLUICE_TESTS_UNIT_PROTOCOL_BASE_SAME_RANDOM_H
#define SLUICE_TESTS_UNIT_PROTOCOL_BASE_SAME_RANDOM_H

#include <stdint.h>

static inline uint32_t next_random(void)
{
    static uint32_t x = 2463534242;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

#endif
