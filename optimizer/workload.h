/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/workload.h - which shapes are alike, what they cost together, and what to call them.
 *
 * Shapes become points (optimizer/tfidf.h) and are grouped twice: by k-means for every k from 2 to
 * the square root of their number, and by DBSCAN. The grouping of greatest silhouette is taken; if
 * none tells groups apart, all are one. Weights do not take part in that: what is alike does not
 * change with the load. They give a group its share, and choose its representative.
 *
 * The result depends on the shapes and the seed, not on their order. Two groups never have the same
 * name (optimizer/group_names.h); names are made of identifiers, never of literals.
 *
 * Ownership: the result has its own memory and points to nothing of the input. Threads: any, one
 * at a time for a result; nothing here is for a worker.
 * Bounds: WORKLOAD_SHAPES_MAX shapes, WORKLOAD_GROUPS_MAX groups, WORKLOAD_BYTES_MAX of memory
 * while it works, of which WORKLOAD_KEPT_MAX stay. Work grows with the square of the shapes: about
 * 10^10 multiplications at the most (a second or two), and is_cancelled is asked every few
 * milliseconds, tens at the worst.
 */
#ifndef SLUICE_OPTIMIZER_WORKLOAD_H
#define SLUICE_OPTIMIZER_WORKLOAD_H

#include "optimizer/terms.h"

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum {
    WORKLOAD_SHAPES_MAX = 4096,
    WORKLOAD_GROUPS_MAX = 64,
    WORKLOAD_BYTES_MAX = 8 << 20,
    WORKLOAD_KEPT_MAX = 512 << 10
};

#define WORKLOAD_NO_GROUP UINT32_MAX

struct drift_model;

struct workload_shape {
    struct terms_source source;
    double weight; /* time or calls, in any unit; what is no number, or below 0, counts as 0 */
};

struct workload_options {
    uint64_t seed;
    size_t bytes_max;                /* 0: WORKLOAD_BYTES_MAX */
    bool (*is_cancelled)(void *arg); /* NULL: never */
    void *arg;
};

enum workload_method {
    WORKLOAD_ONE, /* nothing told groups apart */
    WORKLOAD_KMEANS,
    WORKLOAD_DBSCAN
};

struct workload_group {
    const char *name;
    double share; /* of all weight, 0..1; of all shapes while no shape has weight */
    uint32_t count;
    uint32_t representative; /* the shape nearest to the group's weighted middle */
};

struct workload {
    struct workload_group *groups; /* the greatest share first */
    uint32_t groups_count;
    uint32_t *members; /* each shape's group, as they were given, or WORKLOAD_NO_GROUP: noise */
    uint32_t count;
    uint32_t noise_count; /* only DBSCAN leaves shapes outside */
    double noise_share;
    enum workload_method method;
    double silhouette; /* 0..1; 0 for WORKLOAD_ONE */
    float eps;         /* DBSCAN's */
    const struct drift_model *model;
    struct sl_arena arena;
};

/*
 * SL_ELIMIT: more than WORKLOAD_SHAPES_MAX. SL_ENOMEM: no memory, or more than bytes_max.
 * SL_ETIMEOUT: cancelled. workload need not be initialised, and is all zeros on failure.
 */
SL_MUST_CHECK enum sl_err workload_analyse(struct workload *workload,
        const struct workload_shape *shapes, uint32_t count,
        const struct workload_options *options);
void workload_fini(struct workload *workload); /* all zeros are fine */

/* A shape's weight as it is taken: of [0, 1], as a part of the greatest of them. */
double workload_weight(double weight, double greatest);
/* What workload_weight() divides by; 0: none has weight, and each counts the same. */
double workload_greatest(const struct workload_shape *shapes, uint32_t count);

#endif
