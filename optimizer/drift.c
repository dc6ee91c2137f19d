/* SPDX-License-Identifier: PostgreSQL */
/* optimizer/drift.c - shares then, shares now, and how far apart they are. */
#include "optimizer/drift.h"

#include "optimizer/kmeans.h"

#include <math.h>

_Static_assert((int)WORKLOAD_GROUPS_MAX == (int)KMEANS_MAX, "centres are searched as k-means' are");

void drift_shares(const struct drift_model *model, const struct workload_shape *shapes,
        uint32_t count, double shares[WORKLOAD_GROUPS_MAX + 1])
{
    double greatest = workload_greatest(shapes, count);
    double sum = 0;

    for (uint32_t i = 0; i <= WORKLOAD_GROUPS_MAX; i++) {
        shares[i] = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        double weight = workload_weight(shapes[i].weight, greatest);
        struct tfidf_vector vector;
        float dot = 0;

        tfidf_vector(&model->tfidf, &shapes[i].source, &vector);
        uint32_t group = kmeans_nearest(model->centres, model->groups, &vector, &dot);
        bool is_stranger = model->groups == 0 || dot < model->floors[group];
        shares[is_stranger ? WORKLOAD_GROUPS_MAX : group] += weight;
        sum += weight;
    }
    for (uint32_t i = 0; i <= WORKLOAD_GROUPS_MAX && sum > 0; i++) {
        shares[i] /= sum;
    }
}

/* Its part of the Kullback-Leibler divergence of p from the middle of both, in bits. */
static double information(double p, double q)
{
    return p > 0 ? p * log2(2 * p / (p + q)) : 0;
}

double drift_divergence(const double *p, const double *q, uint32_t count)
{
    const double dust = 1e-12; /* sums taken in another order */
    double sum_p = 0;
    double sum_q = 0;
    double divergence = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum_p += p[i];
        sum_q += q[i];
    }
    if (sum_p <= 0 || sum_q <= 0) {
        return sum_p <= 0 && sum_q <= 0 ? 0 : 1;
    }
    for (uint32_t i = 0; i < count; i++) {
        double a = p[i] / sum_p;
        double b = q[i] / sum_q;

        divergence += (information(a, b) + information(b, a)) / 2;
    }
    return divergence < dust ? 0 : divergence > 1 ? 1 : divergence;
}

enum sl_err drift_score(const struct workload *then, const struct workload_shape *now,
        uint32_t count, double *score)
{
    const double nothing[WORKLOAD_GROUPS_MAX + 1] = {0};
    double shares[WORKLOAD_GROUPS_MAX + 1];

    if (count > WORKLOAD_SHAPES_MAX) {
        return SL_ELIMIT;
    }
    if (then->model == NULL) {
        *score = count == 0 ? 0 : 1;
        return SL_OK;
    }
    drift_shares(then->model, now, count, shares);
    *score = drift_divergence(count == 0 ? nothing : then->model->shares,
            count == 0 ? then->model->shares : shares, WORKLOAD_GROUPS_MAX + 1);
    return SL_OK;
}
