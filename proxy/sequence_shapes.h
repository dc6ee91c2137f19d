/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/sequence_shapes.h - behind which statements the clients of a pool ask what sequences gave them.
 *
 * Statements that begin alike, up to their first constant, have one shape: sixteen bits of a hash of
 * that. Of each it is known whether anybody has asked behind it, or how often nobody did. The sets are of
 * SEQUENCE_WAYS shapes each; where one is full the shape goes that has been seen least, and is new when it
 * comes again: what is not known is never taken for what nobody asks behind.
 *
 *   new        nobody has asked behind it yet, nor not asked SEQUENCES_NEW times
 *   asked      somebody has
 *
 * So that a pool whose texts are all different does not try for ever: SEQUENCES_TRIES times for new
 * ones since anybody has asked for anything, and then no more until somebody does.
 *
 * Ownership: its pool's. Threads: any; counts are about right. Bounds: SEQUENCE_SHAPES of them.
 */
#ifndef SLUICE_PROXY_SEQUENCE_SHAPES_H
#define SLUICE_PROXY_SEQUENCE_SHAPES_H

#include "protocol/base/span.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { SEQUENCE_SHAPES = 512, SEQUENCE_WAYS = 4, SEQUENCES_NEW = 16, SEQUENCES_TRIES = 16384 };

struct sequence_shapes {
    atomic_bool are_asked; /* somebody has asked for something */
    atomic_ushort tries;
    atomic_ushort of[SEQUENCE_SHAPES]; /* 0: none */
};

uint16_t sequence_shape_of(struct sl_span text);

bool sequence_shape_is_new(const struct sequence_shapes *shapes, uint16_t shape);
bool sequence_shape_is_asked(const struct sequence_shapes *shapes, uint16_t shape);
/* Nobody did behind one such statement. */
void sequence_shape_unasked(struct sequence_shapes *shapes, uint16_t shape);
/* Somebody did; behind what: sequence_shape_asked(). */
void sequence_shapes_asked(struct sequence_shapes *shapes);
void sequence_shape_asked(struct sequence_shapes *shapes, uint16_t shape);

static inline bool sequence_shapes_are_asked(const struct sequence_shapes *shapes)
{
    return atomic_load_explicit(&shapes->are_asked, memory_order_relaxed);
}

#endif
