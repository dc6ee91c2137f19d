/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/drift.h - how far the load has moved from what was analysed.
 *
 * The shapes of today are put into the groups of then: each into the one with the nearest middle,
 * or, when it is farther from that than the group's own shapes were (with some room), among the
 * strangers. The score is the Jensen-Shannon divergence of the groups' shares of the weight then
 * and now, to the base 2: 0, the same shares, to 1, nothing in common. The shares of then are
 * found in just the same way, so that the same shapes and weights give 0.
 *
 * Ownership: a model is memory of the workload it belongs to. Threads: any. Bounds: now, as many
 * shapes as WORKLOAD_SHAPES_MAX; one dot product for each of them and each group.
 */
#ifndef SLUICE_OPTIMIZER_DRIFT_H
#define SLUICE_OPTIMIZER_DRIFT_H

#include "optimizer/tfidf.h"
#include "optimizer/workload.h"

struct drift_model {
    struct tfidf tfidf;
    uint32_t groups;
    struct tfidf_block centres[WORKLOAD_GROUPS_MAX / TFIDF_LANES];
    float floors[WORKLOAD_GROUPS_MAX];      /* a lesser cosine: a stranger */
    double shares[WORKLOAD_GROUPS_MAX + 1]; /* the last: strangers */
};

/* Sets model->shares, or another array of that many, from these shapes; all 0 without shapes. */
void drift_shares(const struct drift_model *model, const struct workload_shape *shapes,
        uint32_t count, double shares[WORKLOAD_GROUPS_MAX + 1]);
/* 0..1; of no shapes and some 1, of none and none 0. SL_ELIMIT: more than WORKLOAD_SHAPES_MAX. */
SL_MUST_CHECK enum sl_err drift_score(const struct workload *then, const struct workload_shape *now,
        uint32_t count, double *score);
/*
 * The Jensen-Shannon divergence of two lists of parts, to the base 2. Each is taken relative to its
 * sum; a list whose sum is 0 has nothing in common with one whose sum is not.
 */
double drift_divergence(const double *p, const double *q, uint32_t count);

#endif
