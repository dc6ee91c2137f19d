/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/points.h - what k-means, DBSCAN and the silhouette are given.
 *
 * Ownership: the vectors are the caller's. Threads: the caller's. Bounds: is_cancelled, when
 * there is one, is asked again after at most POINTS_WORK multiplications, or POINTS_TEXTS texts.
 */
#ifndef SLUICE_OPTIMIZER_POINTS_H
#define SLUICE_OPTIMIZER_POINTS_H

#include "optimizer/tfidf.h"

enum {
    POINTS_WORK = 1 << 24,
    POINTS_TEXTS = 64 /* as many texts may be read before it is asked again */
};

#define POINTS_NO_GROUP UINT32_MAX /* a label: noise */

struct points {
    const struct tfidf_vector *vectors;
    uint32_t count;
    bool (*is_cancelled)(void *arg); /* NULL: never */
    void *arg;
};

static inline bool points_cancelled(const struct points *points)
{
    return points->is_cancelled != NULL && points->is_cancelled(points->arg);
}

static inline bool points_cancelled_at_text(const struct points *points, uint32_t text)
{
    return text % POINTS_TEXTS == POINTS_TEXTS - 1 && points_cancelled(points);
}

#endif
