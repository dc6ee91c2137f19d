/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/vector.h - sixteen bytes of a text at once.
 *
 * C's operators work on each byte by itself; where a comparison holds, its byte is 0xff, else 0.
 * A comparison's bytes are signed: it is cast back before it goes on.
 *
 * Ownership: none. Threads: any. Bounds: reads sizeof(sl_vector) bytes, which must be there; they
 * need no alignment.
 */
#ifndef SLUICE_PROTOCOL_BASE_VECTOR_H
#define SLUICE_PROTOCOL_BASE_VECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t sl_vector __attribute__((vector_size(16)));

static inline sl_vector sl_vector_at(const uint8_t *at)
{
    sl_vector bytes;

    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Of comparisons: one holds somewhere. */
static inline bool sl_vector_any(sl_vector holds)
{
    uint64_t halves[2];

    memcpy(halves, &holds, sizeof holds);
    return (halves[0] | halves[1]) != 0;
}

#endif
