/* SPDX-License-Identifier: PostgreSQL */
/* protocol/base/hash.h - xxHash (XXH3) behind our names. Threads: any. */
#ifndef SLUICE_PROTOCOL_BASE_HASH_H
#define SLUICE_PROTOCOL_BASE_HASH_H

#include "protocol/base/span.h"

struct sl_hash128 {
    uint64_t hi;
    uint64_t lo;
};

uint64_t sl_hash64(struct sl_span bytes);
uint64_t sl_hash64_seed(struct sl_span bytes, uint64_t seed);
struct sl_hash128 sl_hash128(struct sl_span bytes);

/* The same 128 bits of bytes that come in pieces. begin, add..., end. */
struct sl_hash128_stream {
    _Alignas(64) uint8_t state[576];
};

void sl_hash128_begin(struct sl_hash128_stream *stream);
void sl_hash128_add(struct sl_hash128_stream *stream, struct sl_span bytes);
struct sl_hash128 sl_hash128_end(const struct sl_hash128_stream *stream);

#endif
