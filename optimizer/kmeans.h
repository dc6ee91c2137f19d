/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/kmeans.h - k groups around k centres (k-means++, spherical).
 *
 * A centre is a direction: the sum of its points, given length 1; a point belongs to the centre of
 * greatest cosine. Seeds are drawn one after the other, each with the probability of its distance
 * to those before it (Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding",
 * greedy form: the best of KMEANS_TRIES). Groups for one k less are made from those for k: the two
 * are joined that lose least by it (Ward's criterion), and all points find their place again. So k
 * goes down from its greatest value, and depends far less on lucky seeds than drawing anew would.
 *
 * Ownership: the caller's memory: 256 kB for centres, 72 bytes a point while seeds are drawn. Threads: the
 * caller's. Bounds: KMEANS_MAX centres; KMEANS_TURNS turns of points * k dot products.
 */
#ifndef SLUICE_OPTIMIZER_KMEANS_H
#define SLUICE_OPTIMIZER_KMEANS_H

#include "optimizer/points.h"

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { KMEANS_MAX = 64, KMEANS_TRIES = TFIDF_LANES, KMEANS_TURNS = 16 };

struct kmeans_seeds {
    uint32_t at[KMEANS_MAX]; /* points */
    uint32_t count;
};

/* One run's memory; the caller's. */
struct kmeans {
    uint32_t k;
    uint32_t *labels;          /* one a point */
    float lengths[KMEANS_MAX]; /* of the sums of each group's points */
    struct tfidf_block centres[KMEANS_MAX / TFIDF_LANES];
    struct tfidf_block sums[KMEANS_MAX / TFIDF_LANES];
};

/*
 * Draws up to k_max seeds; fewer when all points coincide with one. SL_ENOMEM; SL_ETIMEOUT:
 * cancelled.
 */
SL_MUST_CHECK enum sl_err kmeans_draw(struct kmeans_seeds *seeds, const struct points *points,
        uint32_t k_max, uint64_t seed, struct sl_arena *scratch);
/* Groups around the seeds; kmeans->labels are set. A group may be empty. SL_ETIMEOUT: cancelled. */
SL_MUST_CHECK enum sl_err kmeans_run(
        struct kmeans *kmeans, const struct points *points, const struct kmeans_seeds *seeds);
/* One group less; there are two at the least. SL_ETIMEOUT: cancelled. */
SL_MUST_CHECK enum sl_err kmeans_join(struct kmeans *kmeans, const struct points *points);
/* The centre of greatest cosine among the first k of these blocks; *dot: that cosine. */
uint32_t kmeans_nearest(const struct tfidf_block *centres, uint32_t k,
        const struct tfidf_vector *vector, float *dot);

#endif
