/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/dbscan.c - two passes over all pairs, without a list of neighbours.
 *
 * The first pass finds each point's distance to its fourth neighbour: at or below eps it is a core.
 * The second joins cores (a union-find forest, the lesser index on top) and finds the nearest core
 * of those that are none.
 */
#include "optimizer/dbscan.h"

#include "protocol/base/check.h"

#include <stdlib.h>

struct run {
    const struct points *points;
    struct tfidf_block *block;
    float *fourth; /* distance to the fourth neighbour; 2: there are not that many */
    uint32_t
            *parent; /* of a core: in the forest. Of another: its nearest core or POINTS_NO_GROUP */
    float eps;
};

/* Fills the block with the points from 'from'; how many. */
static uint32_t fill_block(struct run *run, uint32_t from)
{
    uint32_t left = run->points->count - from;
    uint32_t lanes = left < TFIDF_LANES ? left : TFIDF_LANES;

    for (uint32_t lane = 0; lane < lanes; lane++) {
        tfidf_block_set(run->block, lane, &run->points->vectors[from + lane]);
    }
    return lanes;
}

static void keep_least(float least[DBSCAN_NEIGHBOURS], float distance)
{
    uint32_t at = DBSCAN_NEIGHBOURS;

    while (at > 0 && distance < least[at - 1]) {
        at--;
    }
    if (at < DBSCAN_NEIGHBOURS) {
        memmove(least + at + 1, least + at, (DBSCAN_NEIGHBOURS - 1 - at) * sizeof *least);
        least[at] = distance;
    }
}

static void measure_block(struct run *run, uint32_t from)
{
    uint32_t lanes = fill_block(run, from);
    float least[TFIDF_LANES][DBSCAN_NEIGHBOURS];
    float dots[TFIDF_LANES];

    for (uint32_t lane = 0; lane < TFIDF_LANES; lane++) {
        for (uint32_t n = 0; n < DBSCAN_NEIGHBOURS; n++) {
            least[lane][n] = 2;
        }
    }
    for (uint32_t i = 0; i < run->points->count; i++) {
        tfidf_block_dots(run->block, &run->points->vectors[i], dots);
        for (uint32_t lane = 0; lane < lanes; lane++) {
            if (from + lane != i) {
                keep_least(least[lane], tfidf_distance(dots[lane]));
            }
        }
    }
    for (uint32_t lane = 0; lane < lanes; lane++) {
        run->fourth[from + lane] = least[lane][DBSCAN_NEIGHBOURS - 1];
    }
}

static bool is_core(const struct run *run, uint32_t at)
{
    return run->fourth[at] <= run->eps;
}

static uint32_t root_of(uint32_t *parent, uint32_t at)
{
    while (parent[at] != at) {
        parent[at] = parent[parent[at]];
        at = parent[at];
    }
    return at;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = root_of(parent, a);
    b = root_of(parent, b);
    parent[a < b ? b : a] = a < b ? a : b;
}

static void join_block(struct run *run, uint32_t from)
{
    uint32_t lanes = fill_block(run, from);
    float nearest[TFIDF_LANES];
    float dots[TFIDF_LANES];

    for (uint32_t lane = 0; lane < TFIDF_LANES; lane++) {
        nearest[lane] = 2;
    }
    for (uint32_t i = 0; i < run->points->count; i++) {
        if (!is_core(run, i)) {
            continue;
        }
        tfidf_block_dots(run->block, &run->points->vectors[i], dots);
        for (uint32_t lane = 0; lane < lanes; lane++) {
            float distance = tfidf_distance(dots[lane]);

            if (distance > run->eps) {
                continue;
            }
            if (is_core(run, from + lane)) {
                join(run->parent, from + lane, i);
            } else if (distance < nearest[lane]) {
                nearest[lane] = distance;
                run->parent[from + lane] = i;
            }
        }
    }
}

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

float dbscan_knee(const float *ascending, uint32_t count)
{
    double deepest = 1e-6; /* less is rounding */
    uint32_t knee = count - 1;

    SL_CHECK(count > 0);
    double first = (double)ascending[0];
    double rise = (double)ascending[count - 1] - first;
    for (uint32_t i = 1; i + 1 < count; i++) {
        double below = first + rise * i / (count - 1) - (double)ascending[i];

        if (below > deepest) {
            deepest = below;
            knee = i;
        }
    }
    return ascending[knee];
}

/* Gives groups their numbers: that of a core's root, in order. */
static uint32_t number(const struct run *run, uint32_t *labels)
{
    uint32_t groups = 0;

    for (uint32_t i = 0; i < run->points->count; i++) {
        labels[i] = POINTS_NO_GROUP;
        if (is_core(run, i)) {
            uint32_t root = root_of(run->parent, i);

            SL_DCHECK(root <= i);
            labels[i] = root == i ? groups++ : labels[root];
        }
    }
    for (uint32_t i = 0; i < run->points->count; i++) {
        if (!is_core(run, i) && run->parent[i] != POINTS_NO_GROUP) {
            labels[i] = labels[run->parent[i]];
        }
    }
    return groups;
}

static enum sl_err pass(struct run *run, void (*visit)(struct run *run, uint32_t from))
{
    for (uint32_t from = 0; from < run->points->count; from += TFIDF_LANES) {
        visit(run, from);
        if (points_cancelled(run->points)) {
            return SL_ETIMEOUT;
        }
    }
    return SL_OK;
}

enum sl_err dbscan_run(struct dbscan *dbscan, const struct points *points, struct sl_arena *arena)
{
    uint32_t count = points->count;
    struct run run = {.points = points};
    float *sorted = sl_arena_take(arena, count * sizeof *sorted);
    uint32_t *labels = sl_arena_take(arena, count * sizeof *labels);

    SL_CHECK(count > 0);
    run.block = sl_arena_take(arena, sizeof *run.block);
    run.fourth = sl_arena_take(arena, count * sizeof *run.fourth);
    run.parent = sl_arena_take(arena, count * sizeof *run.parent);
    if (sorted == NULL || labels == NULL || run.block == NULL || run.fourth == NULL ||
            run.parent == NULL) {
        return SL_ENOMEM;
    }
    if (pass(&run, measure_block) != SL_OK) {
        return SL_ETIMEOUT;
    }
    memcpy(sorted, run.fourth, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_floats);
    run.eps = dbscan_knee(sorted, count);
    /* At 1 nothing need be in common, and everything would be one group. */
    run.eps = run.eps < 0.99F ? run.eps : 0.99F;
    for (uint32_t i = 0; i < count; i++) {
        run.parent[i] = is_core(&run, i) ? i : POINTS_NO_GROUP;
    }
    if (pass(&run, join_block) != SL_OK) {
        return SL_ETIMEOUT;
    }
    uint32_t groups = number(&run, labels);
    *dbscan = (struct dbscan){.labels = labels, .groups = groups, .eps = run.eps};
    return SL_OK;
}
