/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/kmeans.c - Lloyd's turns, from k-means++ seeds or from two groups joined.
 *
 * The square of the distance of two points of length 1 is twice 1 - cosine: D^2 sampling draws by
 * tfidf_distance().
 */
#include "optimizer/kmeans.h"

#include "optimizer/random.h"

#include "protocol/base/check.h"

#include <math.h>

_Static_assert(KMEANS_MAX % TFIDF_LANES == 0, "centres fill whole blocks");
_Static_assert((int)KMEANS_TRIES <= (int)TFIDF_LANES, "all tries are one block");

struct draw {
    const struct points *points;
    float *nearest; /* each point's distance to the nearest seed so far */
    float (*tried)[TFIDF_LANES];
    struct tfidf_block *block;
    uint64_t random;
};

/* A point, drawn by its distance; the sum of all distances is above 0. */
static uint32_t draw_one(struct draw *draw, double sum)
{
    double left = random_unit(&draw->random) * sum;
    uint32_t last = 0;

    for (uint32_t i = 0; i < draw->points->count; i++) {
        if (draw->nearest[i] <= 0) {
            continue;
        }
        last = i;
        left -= (double)draw->nearest[i];
        if (left < 0) {
            break;
        }
    }
    return last;
}

/* Tries these points as the next seed, keeps the one that leaves the least distance; the sum left. */
static double take_best(struct draw *draw, const uint32_t *tries, uint32_t count, uint32_t *best)
{
    double sums[KMEANS_TRIES] = {0};
    uint32_t chosen = 0;

    for (uint32_t t = 0; t < count; t++) {
        tfidf_block_set(draw->block, t, &draw->points->vectors[tries[t]]);
    }
    for (uint32_t i = 0; i < draw->points->count; i++) {
        tfidf_block_dots(draw->block, &draw->points->vectors[i], draw->tried[i]);
        for (uint32_t t = 0; t < count; t++) {
            float distance = tfidf_distance(draw->tried[i][t]);

            draw->tried[i][t] = distance < draw->nearest[i] ? distance : draw->nearest[i];
            sums[t] += (double)draw->tried[i][t];
        }
    }
    for (uint32_t t = 1; t < count; t++) {
        chosen = sums[t] < sums[chosen] ? t : chosen;
    }
    for (uint32_t i = 0; i < draw->points->count; i++) {
        draw->nearest[i] = draw->tried[i][chosen];
    }
    *best = tries[chosen];
    return sums[chosen];
}

enum sl_err kmeans_draw(struct kmeans_seeds *seeds, const struct points *points, uint32_t k_max,
        uint64_t seed, struct sl_arena *scratch)
{
    struct draw draw = {.points = points, .random = seed};
    struct kmeans_seeds drawn = {.count = 0};
    uint32_t tries[KMEANS_TRIES];

    SL_CHECK(points->count > 0);
    SL_CHECK(k_max <= KMEANS_MAX);
    draw.nearest = sl_arena_take(scratch, points->count * sizeof *draw.nearest);
    draw.tried = sl_arena_take(scratch, points->count * sizeof *draw.tried);
    draw.block = sl_arena_take(scratch, sizeof *draw.block);
    if (draw.nearest == NULL || draw.tried == NULL || draw.block == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < points->count; i++) {
        draw.nearest[i] = 1;
    }
    double sum = points->count;
    while (drawn.count < k_max && sum > 0) {
        for (uint32_t t = 0; t < KMEANS_TRIES; t++) {
            tries[t] = draw_one(&draw, sum);
        }
        sum = take_best(&draw, tries, KMEANS_TRIES, &drawn.at[drawn.count++]);
        if (points_cancelled(points)) {
            return SL_ETIMEOUT;
        }
    }
    *seeds = drawn;
    return SL_OK;
}

uint32_t kmeans_nearest(const struct tfidf_block *centres, uint32_t k,
        const struct tfidf_vector *vector, float *dot)
{
    float dots[TFIDF_LANES];
    float best = -1;
    uint32_t nearest = 0;

    for (uint32_t from = 0; from < k; from += TFIDF_LANES) {
        tfidf_block_dots(&centres[from / TFIDF_LANES], vector, dots);
        for (uint32_t lane = 0; lane < TFIDF_LANES && from + lane < k; lane++) {
            if (dots[lane] > best) {
                best = dots[lane];
                nearest = from + lane;
            }
        }
    }
    *dot = best;
    return nearest;
}

static struct tfidf_block *block_of(struct tfidf_block *blocks, uint32_t at)
{
    return &blocks[at / TFIDF_LANES];
}

/* Each centre becomes the direction of its points' sum; one without points stays. */
static void move_centres(struct kmeans *kmeans)
{
    for (uint32_t at = 0; at < kmeans->k; at++) {
        uint32_t lane = at % TFIDF_LANES;

        kmeans->lengths[at] = tfidf_block_normalise(block_of(kmeans->sums, at), lane);
        for (uint32_t dim = 0; dim < TFIDF_DIMS && kmeans->lengths[at] > 0; dim++) {
            block_of(kmeans->centres, at)->at[dim][lane] =
                    block_of(kmeans->sums, at)->at[dim][lane];
        }
    }
}

/* One turn: who belongs where now; true when somebody changed. */
static bool turn(struct kmeans *kmeans, const struct points *points)
{
    bool is_changed = false;

    memset(kmeans->sums, 0, sizeof kmeans->sums);
    for (uint32_t i = 0; i < points->count; i++) {
        const struct tfidf_vector *vector = &points->vectors[i];
        float dot = 0;
        uint32_t label = kmeans_nearest(kmeans->centres, kmeans->k, vector, &dot);

        is_changed = is_changed || label != kmeans->labels[i];
        kmeans->labels[i] = label;
        tfidf_block_add(block_of(kmeans->sums, label), label % TFIDF_LANES, vector, 1);
    }
    return is_changed;
}

/* Turns until nobody changes any more. */
static enum sl_err settle(struct kmeans *kmeans, const struct points *points)
{
    bool is_changed = true;

    for (uint32_t i = 0; i < KMEANS_TURNS && is_changed; i++) {
        is_changed = turn(kmeans, points);
        move_centres(kmeans);
        if (points_cancelled(points)) {
            return SL_ETIMEOUT;
        }
    }
    return SL_OK;
}

enum sl_err kmeans_run(
        struct kmeans *kmeans, const struct points *points, const struct kmeans_seeds *seeds)
{
    SL_CHECK(seeds->count > 0);
    kmeans->k = seeds->count;
    memset(kmeans->centres, 0, sizeof kmeans->centres);
    for (uint32_t at = 0; at < kmeans->k; at++) {
        tfidf_block_set(
                block_of(kmeans->centres, at), at % TFIDF_LANES, &points->vectors[seeds->at[at]]);
    }
    for (uint32_t i = 0; i < points->count; i++) {
        kmeans->labels[i] = POINTS_NO_GROUP;
    }
    return settle(kmeans, points);
}

/*
 * What joining two groups costs: the sum of all cosines of points to their centre is the length of
 * the sum of those points, and two sums are longer than the sum of both.
 */
static double cost_of_joining(struct kmeans *kmeans, uint32_t a, uint32_t b)
{
    const struct tfidf_block *block_a = block_of(kmeans->centres, a);
    const struct tfidf_block *block_b = block_of(kmeans->centres, b);
    double length_a = (double)kmeans->lengths[a];
    double length_b = (double)kmeans->lengths[b];
    double cosine = 0;

    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        cosine += (double)block_a->at[dim][a % TFIDF_LANES] *
                  (double)block_b->at[dim][b % TFIDF_LANES];
    }
    double squares = length_a * length_a + length_b * length_b + 2 * length_a * length_b * cosine;
    return length_a + length_b - sqrt(squares);
}

/* Centre b goes into a, and the last one takes its place. */
static void join(struct kmeans *kmeans, uint32_t a, uint32_t b)
{
    struct tfidf_block *block_a = block_of(kmeans->centres, a);
    struct tfidf_block *block_b = block_of(kmeans->centres, b);
    uint32_t last = --kmeans->k;
    struct tfidf_block *block_last = block_of(kmeans->centres, last);

    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        float *to = &block_a->at[dim][a % TFIDF_LANES];
        float *from = &block_b->at[dim][b % TFIDF_LANES];

        *to = *to * kmeans->lengths[a] + *from * kmeans->lengths[b];
        *from = block_last->at[dim][last % TFIDF_LANES];
        block_last->at[dim][last % TFIDF_LANES] = 0;
    }
    (void)tfidf_block_normalise(block_a, a % TFIDF_LANES);
}

enum sl_err kmeans_join(struct kmeans *kmeans, const struct points *points)
{
    double least = INFINITY;
    uint32_t best_a = 0;
    uint32_t best_b = 1;

    SL_CHECK(kmeans->k >= 2);
    for (uint32_t a = 0; a < kmeans->k; a++) {
        for (uint32_t b = a + 1; b < kmeans->k; b++) {
            double cost = cost_of_joining(kmeans, a, b);

            if (cost < least) {
                least = cost;
                best_a = a;
                best_b = b;
            }
        }
    }
    join(kmeans, best_a, best_b);
    return settle(kmeans, points);
}
