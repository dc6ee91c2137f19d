/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/dbscan.h - groups where points lie close, and noise where they do not.
 *
 * Ester, Kriegel, Sander and Xu, "A Density-Based Algorithm for Discovering Clusters": a point with
 * DBSCAN_NEIGHBOURS others within eps is a core; cores within eps of each other are one group, and
 * a point within eps of a core belongs to its nearest core's group. What is left is noise. eps is
 * the knee of the sorted distances to the fourth neighbour: where they begin to rise fast.
 * Unlike the original, the result does not depend on the order of the points.
 *
 * Ownership: the caller's memory. Threads: the caller's. Bounds: two passes over all pairs, each
 * points * points dot products; 12 bytes a point.
 */
#ifndef SLUICE_OPTIMIZER_DBSCAN_H
#define SLUICE_OPTIMIZER_DBSCAN_H

#include "optimizer/points.h"

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { DBSCAN_NEIGHBOURS = 4 };

struct dbscan {
    uint32_t *labels; /* one a point, POINTS_NO_GROUP: noise */
    uint32_t groups;
    float eps;
};

/* Labels count up in the order of the points. SL_ENOMEM; SL_ETIMEOUT: cancelled. */
SL_MUST_CHECK enum sl_err dbscan_run(
        struct dbscan *dbscan, const struct points *points, struct sl_arena *arena);
/*
 * The value farthest below the line from the first to the last of these, which ascend; with no
 * bend (or less than three) the last.
 */
float dbscan_knee(const float *ascending, uint32_t count);

#endif
