/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/unit/optimizer/by_hand.h - points whose distances are known without a computer.
 *
 * Ownership: none. Threads: the test's.
 */
#ifndef SLUICE_TESTS_UNIT_OPTIMIZER_BY_HAND_H
#define SLUICE_TESTS_UNIT_OPTIMIZER_BY_HAND_H

#include "optimizer/points.h"

#include <math.h>

/* In the plane of two dimensions, at an angle: cosines are those of differences of angles. */
static inline struct tfidf_vector by_angle(uint16_t plane, double degrees)
{
    const double radians = degrees * 3.14159265358979323846 / 180;

    return (struct tfidf_vector){.count = 2,
            .dims = {(uint16_t)(2 * plane), (uint16_t)(2 * plane + 1)},
            .values = {(float)cos(radians), (float)sin(radians)}};
}

static inline struct points points_of(const struct tfidf_vector *vectors, uint32_t count)
{
    return (struct points){.vectors = vectors, .count = count};
}

/* Cancels at the call whose number, counted from 1, is in *arg; counts down. */
static inline bool cancel_after(void *arg)
{
    uint32_t *left = arg;

    return --*left == 0;
}

#endif
