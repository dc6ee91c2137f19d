/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/hash.c - XXH3, inlined: libpg_query exports XXH names of its own, and
 * two definitions of one name in a program are one too many.
 */
#include "protocol/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t sl_hash64(struct sl_span bytes)
{
    return XXH3_64bits(bytes.at, bytes.len);
}

uint64_t sl_hash64_seed(struct sl_span bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes.at, bytes.len, seed);
}

struct sl_hash128 sl_hash128(struct sl_span bytes)
{
    XXH128_hash_t hash = XXH3_128bits(bytes.at, bytes.len);

    return (struct sl_hash128){.hi = hash.high64, .lo = hash.low64};
}

static XXH3_state_t *state_of(struct sl_hash128_stream *stream)
{
    return (XXH3_state_t *)(void *)stream->state;
}

_Static_assert(sizeof(XXH3_state_t) <= sizeof(struct sl_hash128_stream), "the state fits");
_Static_assert(_Alignof(XXH3_state_t) <= _Alignof(struct sl_hash128_stream), "and is aligned");

void sl_hash128_begin(struct sl_hash128_stream *stream)
{
    XXH3_128bits_reset(state_of(stream));
}

void sl_hash128_add(struct sl_hash128_stream *stream, struct sl_span bytes)
{
    XXH3_128bits_update(state_of(stream), bytes.at, bytes.len);
}

struct sl_hash128 sl_hash128_end(const struct sl_hash128_stream *stream)
{
    XXH128_hash_t hash = XXH3_128bits_digest((const XXH3_state_t *)(const void *)stream->state);

    return (struct sl_hash128){.hi = hash.high64, .lo = hash.low64};
}
