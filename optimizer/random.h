/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/random.h - numbers that look random and are the same for the same seed (SplitMix64).
 *
 * Ownership: the state is the caller's. Threads: the caller's.
 */
#ifndef SLUICE_OPTIMIZER_RANDOM_H
#define SLUICE_OPTIMIZER_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* Of [0, 1). */
static inline double random_unit(uint64_t *state)
{
    return (double)(random_next(state) >> 11) * 0x1p-53;
}

#endif
