/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_patterns.h - texts that differ from one seen before in their literals only.
 *
 * A client that writes its values into the text sends the same bytes again and again, but for
 * those. A pattern is such a text, with the places of its plain literals: 5, 1.50 or -7, and '..'
 * without a quote in it. A text with the same bytes around other plain literals of the same kinds
 * (a sign has to be there in both, or in none) has the same tokens there, and so the same shape:
 * shape_of() need not be asked. Any other literal (1e5, E'..', $$..$$, NULL) must be the same. A
 * text is no pattern where it depends on a number whether it is a literal: ORDER BY 1.5.
 *
 * For texts whose strings are read the usual way only: a safe encoding, no backslashes.
 *
 * Ownership: the caller's memory, zeroed; texts are copied, without their plain literals. Nothing
 * of them is ever shown. Threads: one. Allocates nothing. Bounds: sizeof(struct
 * shape_patterns), and a pattern is of at most SHAPE_PATTERN_TEXT bytes and SHAPE_PATTERN_LITERALS
 * literals; of WAYS patterns that begin alike the oldest is forgotten for a new one.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_PATTERNS_H
#define SLUICE_PROTOCOL_SHAPE_PATTERNS_H

#include "protocol/base/span.h"
#include "protocol/shape.h"

enum {
    SHAPE_PATTERN_TEXT = 448,
    SHAPE_PATTERN_LITERALS = 24,
    SHAPE_PATTERN_SETS = 64,
    SHAPE_PATTERN_WAYS = 4
};

struct shape_pattern {
    uint64_t head;  /* 0: none */
    uint64_t shape; /* key.lo */
    uint16_t len;
    uint16_t literals;
    struct {
        uint16_t at;
        uint16_t len;
    } places[SHAPE_PATTERN_LITERALS]; /* of the plain ones, in order */
    uint8_t text[SHAPE_PATTERN_TEXT];
};

struct shape_patterns {
    struct shape_pattern sets[SHAPE_PATTERN_SETS][SHAPE_PATTERN_WAYS];
    uint8_t oldest[SHAPE_PATTERN_SETS];
};

/* What patterns of such texts are found by: how it begins; 0 when there are none. */
uint64_t shape_pattern_head(struct sl_span text);
/* key.lo of the text's shape, or 0 when it must be scanned. head is the text's, and not 0. */
uint64_t shape_patterns_find(
        const struct shape_patterns *patterns, uint64_t head, struct sl_span text);
/*
 * It was scanned; literals are the shape's, in order. With more than literals_max it is not kept. One that is there already may come to be there twice.
 */
void shape_patterns_keep(struct shape_patterns *patterns, uint64_t head, struct sl_span text,
        const struct shape *shape, const struct shape_literal *literals, size_t literals_max);

#endif
