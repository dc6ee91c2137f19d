/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/silhouette.h - how well groups are told apart: -1 (wrongly) to 1 (perfectly).
 *
 * Rousseeuw's: a point's is (b - a) / max(a, b), a being its mean distance to the others of its
 * group and b that to the nearest other group; one alone in its group has 0, as has noise here.
 * The mean is taken over a sample, drawn once, so that every grouping is judged by the same points.
 *
 * Ownership: memory is the arena's it was made from. Threads: the caller's. Bounds:
 * SILHOUETTE_POINTS_MAX points are looked at (all, if there are no more); their distances are
 * 1 MB; a verdict costs the square of their number.
 */
#ifndef SLUICE_OPTIMIZER_SILHOUETTE_H
#define SLUICE_OPTIMIZER_SILHOUETTE_H

#include "optimizer/points.h"

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { SILHOUETTE_POINTS_MAX = 512, SILHOUETTE_GROUPS_MAX = 64 };

struct silhouette {
    uint32_t count;
    uint32_t *points;
    float *distances; /* count * count */
};

/* SL_ENOMEM; SL_ETIMEOUT: cancelled. */
SL_MUST_CHECK enum sl_err silhouette_init(struct silhouette *silhouette,
        const struct points *points, uint64_t seed, struct sl_arena *arena);
/*
 * labels: one a point (all, not the sample), below SILHOUETTE_GROUPS_MAX or POINTS_NO_GROUP. With
 * less than two groups 0.
 */
double silhouette_of(const struct silhouette *silhouette, const uint32_t *labels);

#endif
