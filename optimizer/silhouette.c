/* SPDX-License-Identifier: PostgreSQL */
/* optimizer/silhouette.c - distances of the sample are taken once, for all groupings. */
#include "optimizer/silhouette.h"

#include "optimizer/random.h"

#include "protocol/base/check.h"

/* Selection sampling (Knuth, "Seminumerical Algorithms", 3.4.2): in order, each as likely. */
static void draw_sample(struct silhouette *silhouette, uint32_t all, uint64_t seed)
{
    uint32_t taken = 0;

    for (uint32_t i = 0; i < all && taken < silhouette->count; i++) {
        if (random_unit(&seed) * (all - i) < silhouette->count - taken) {
            silhouette->points[taken++] = i;
        }
    }
    SL_CHECK(taken == silhouette->count);
}

enum sl_err silhouette_init(struct silhouette *silhouette, const struct points *points,
        uint64_t seed, struct sl_arena *arena)
{
    uint32_t count = points->count < SILHOUETTE_POINTS_MAX ? points->count : SILHOUETTE_POINTS_MAX;
    struct tfidf_block *block = sl_arena_take(arena, sizeof *block);
    float dots[TFIDF_LANES];

    *silhouette = (struct silhouette){.count = count};
    silhouette->points = sl_arena_take(arena, (size_t)count * sizeof *silhouette->points);
    silhouette->distances =
            sl_arena_take(arena, (size_t)count * count * sizeof *silhouette->distances);
    if (block == NULL || silhouette->points == NULL || silhouette->distances == NULL) {
        return SL_ENOMEM;
    }
    draw_sample(silhouette, points->count, seed);
    for (uint32_t from = 0; from < count; from += TFIDF_LANES) {
        uint32_t lanes = count - from < TFIDF_LANES ? count - from : TFIDF_LANES;

        for (uint32_t lane = 0; lane < lanes; lane++) {
            tfidf_block_set(block, lane, &points->vectors[silhouette->points[from + lane]]);
        }
        for (uint32_t i = 0; i < count; i++) {
            tfidf_block_dots(block, &points->vectors[silhouette->points[i]], dots);
            for (uint32_t lane = 0; lane < lanes; lane++) {
                silhouette->distances[(size_t)i * count + from + lane] = tfidf_distance(dots[lane]);
            }
        }
        if (points_cancelled(points)) {
            return SL_ETIMEOUT;
        }
    }
    return SL_OK;
}

/* What the i-th of the sample has; sizes: how many of the sample each group has. */
static double silhouette_one(const struct silhouette *silhouette, const uint32_t *labels,
        const uint32_t sizes[SILHOUETTE_GROUPS_MAX], uint32_t i)
{
    const float *distances = silhouette->distances + (size_t)i * silhouette->count;
    double sums[SILHOUETTE_GROUPS_MAX] = {0};
    uint32_t own = labels[silhouette->points[i]];
    double other = -1;

    if (own == POINTS_NO_GROUP || sizes[own] < 2) {
        return 0;
    }
    for (uint32_t j = 0; j < silhouette->count; j++) {
        uint32_t label = labels[silhouette->points[j]];

        if (label != POINTS_NO_GROUP && j != i) {
            sums[label] += (double)distances[j];
        }
    }
    for (uint32_t label = 0; label < SILHOUETTE_GROUPS_MAX; label++) {
        if (label != own && sizes[label] > 0) {
            double mean = sums[label] / sizes[label];
            other = other < 0 || mean < other ? mean : other;
        }
    }
    double inner = sums[own] / (sizes[own] - 1);
    double greater = other > inner ? other : inner;
    return other < 0 || greater <= 0 ? 0 : (other - inner) / greater;
}

double silhouette_of(const struct silhouette *silhouette, const uint32_t *labels)
{
    uint32_t sizes[SILHOUETTE_GROUPS_MAX] = {0};
    double sum = 0;

    for (uint32_t i = 0; i < silhouette->count; i++) {
        uint32_t label = labels[silhouette->points[i]];

        if (label != POINTS_NO_GROUP) {
            SL_CHECK(label < SILHOUETTE_GROUPS_MAX);
            sizes[label]++;
        }
    }
    for (uint32_t i = 0; i < silhouette->count; i++) {
        sum += silhouette_one(silhouette, labels, sizes, i);
    }
    return silhouette->count == 0 ? 0 : sum / silhouette->count;
}
