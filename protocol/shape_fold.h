/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_fold.h - names in lower case, sixteen bytes at a time.
 *
 * Ownership: none. Threads: any. Bounds: reads and writes SHAPE_FOLD bytes, whatever it finds.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_FOLD_H
#define SLUICE_PROTOCOL_SHAPE_FOLD_H

#include "protocol/shape_lex.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SHAPE_FOLD = 16 };

struct shape_folded {
    unsigned len;  /* how many of the bytes, from the first on, belong to a name */
    unsigned high; /* not 0: one of these is above 0x7f */
};

static inline uint8_t shape_fold_byte(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
}

/* Bytes behind len are written too, with anything. */
static inline struct shape_folded shape_fold(uint8_t *to, const uint8_t *from)
{
#ifdef __SSE2__
    /* Signed comparisons only: what is to be within n of a bound is moved to the lowest. */
    const __m128i lowest = _mm_set1_epi8(-128);
    __m128i c = _mm_loadu_si128((const __m128i *)(const void *)from);
    __m128i upper = _mm_cmplt_epi8(_mm_add_epi8(c, _mm_set1_epi8((char)(-128 - 'A'))),
            _mm_add_epi8(lowest, _mm_set1_epi8(26)));
    __m128i folded = _mm_or_si128(c, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
    /* Not from folded: what comes next waits for the length, and so for this. */
    __m128i letter = _mm_cmplt_epi8(
            _mm_add_epi8(_mm_or_si128(c, _mm_set1_epi8(0x20)), _mm_set1_epi8((char)(-128 - 'a'))),
            _mm_add_epi8(lowest, _mm_set1_epi8(26)));
    __m128i digit = _mm_cmplt_epi8(_mm_add_epi8(c, _mm_set1_epi8((char)(-128 - '0'))),
            _mm_add_epi8(lowest, _mm_set1_epi8(10)));
    __m128i sign = _mm_or_si128(
            _mm_cmpeq_epi8(c, _mm_set1_epi8('_')), _mm_cmpeq_epi8(c, _mm_set1_epi8('$')));
    __m128i name = _mm_or_si128(_mm_or_si128(letter, digit), _mm_or_si128(sign, c));
    unsigned mask = (unsigned)_mm_movemask_epi8(name);
    unsigned len = (unsigned)__builtin_ctz(~mask);

    _mm_storeu_si128((__m128i *)(void *)to, folded);
    return (struct shape_folded){
            .len = len, .high = (unsigned)_mm_movemask_epi8(c) & ((1U << len) - 1)};
#else
    struct shape_folded folded = {0};

    while (folded.len < SHAPE_FOLD && shape_chars[from[folded.len]] >= CHAR_DOLLAR) {
        folded.high |= from[folded.len] & 0x80;
        to[folded.len] = shape_fold_byte(from[folded.len]);
        folded.len++;
    }
    return folded;
#endif
}

#endif
