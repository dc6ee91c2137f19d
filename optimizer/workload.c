/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/workload.c - the steps from shapes to named groups.
 *
 * Everything is done in an order of its own (by a hash of the shape), so that neither random
 * numbers nor the order of additions depend on how the shapes were given; results go back to the
 * given order at the end.
 */
#include "optimizer/workload.h"

#include "optimizer/dbscan.h"
#include "optimizer/drift.h"
#include "optimizer/group_names.h"
#include "optimizer/kmeans.h"
#include "optimizer/silhouette.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

#include <math.h>
#include <stdlib.h>

_Static_assert((int)WORKLOAD_GROUPS_MAX == (int)SILHOUETTE_GROUPS_MAX, "all groups are judged");
_Static_assert(WORKLOAD_NO_GROUP == POINTS_NO_GROUP, "one mark for noise");

static const double silhouette_least = 0.05; /* less is no structure */
static const float stranger_room = 0.75F;    /* of the cosine of a group's farthest shape */

struct placed {
    struct sl_hash128 hash;
    double weight;
    uint32_t at; /* as given */
};

struct work {
    struct workload *workload; /* the result */
    const struct workload_shape *shapes;
    const struct workload_options *options;
    uint32_t count;
    struct placed *order;
    const struct terms_source **sources; /* in that order, as is all below */
    struct tfidf_vector *vectors;
    struct points points;
    struct silhouette silhouette;
    uint32_t *labels; /* of the grouping that is taken */
    struct sl_arena scratch;
};

double workload_greatest(const struct workload_shape *shapes, uint32_t count)
{
    double greatest = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (isfinite(shapes[i].weight) && shapes[i].weight > greatest) {
            greatest = shapes[i].weight;
        }
    }
    return greatest;
}

double workload_weight(double weight, double greatest)
{
    if (greatest <= 0) {
        return 1;
    }
    return isfinite(weight) && weight > 0 ? weight / greatest : 0;
}

/* ---- shapes to points ---- */

static struct sl_hash128 hash_of(const struct terms_source *source)
{
    struct sl_hash128 hash = sl_hash128(source->text);

    for (uint32_t i = 0; i < source->columns_count; i++) {
        hash.lo = sl_hash64_seed(source->columns[i], hash.lo);
    }
    return hash;
}

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;

    if (x->hash.hi != y->hash.hi) {
        return x->hash.hi < y->hash.hi ? -1 : 1;
    }
    if (x->hash.lo != y->hash.lo) {
        return x->hash.lo < y->hash.lo ? -1 : 1;
    }
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

static enum sl_err place(struct work *work)
{
    double greatest = workload_greatest(work->shapes, work->count);

    work->order = sl_arena_take(&work->scratch, work->count * sizeof *work->order);
    work->sources = sl_arena_take(&work->scratch, work->count * sizeof(void *));
    if (work->order == NULL || work->sources == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t i = 0; i < work->count; i++) {
        work->order[i] = (struct placed){.hash = hash_of(&work->shapes[i].source),
                .weight = workload_weight(work->shapes[i].weight, greatest),
                .at = i};
    }
    qsort(work->order, work->count, sizeof *work->order, compare_placed);
    for (uint32_t i = 0; i < work->count; i++) {
        work->sources[i] = &work->shapes[work->order[i].at].source;
    }
    return SL_OK;
}

static enum sl_err make_points(struct work *work, struct tfidf *tfidf)
{
    work->vectors = sl_arena_take(&work->scratch, work->count * sizeof *work->vectors);
    if (work->vectors == NULL) {
        return SL_ENOMEM;
    }
    work->points = (struct points){.vectors = work->vectors,
            .count = work->count,
            .is_cancelled = work->options->is_cancelled,
            .arg = work->options->arg};
    for (uint32_t i = 0; i < work->count; i++) {
        tfidf_learn(tfidf, work->sources[i]);
        if (points_cancelled_at_text(&work->points, i)) {
            return SL_ETIMEOUT;
        }
    }
    for (uint32_t i = 0; i < work->count; i++) {
        tfidf_vector(tfidf, work->sources[i], &work->vectors[i]);
        if (points_cancelled_at_text(&work->points, i)) {
            return SL_ETIMEOUT;
        }
    }
    return SL_OK;
}

/* ---- points to groups ---- */

/* Takes these labels if they tell groups apart better than those taken so far. */
static void take_if_better(struct work *work, const uint32_t *labels, enum workload_method method)
{
    struct workload *workload = work->workload;
    double silhouette = silhouette_of(&work->silhouette, labels);

    if (silhouette < silhouette_least || silhouette <= workload->silhouette) {
        return;
    }
    workload->silhouette = silhouette;
    workload->method = method;
    memcpy(work->labels, labels, work->count * sizeof *labels);
}

static enum sl_err try_kmeans(struct work *work)
{
    struct kmeans *kmeans = sl_arena_take(&work->scratch, sizeof *kmeans);
    uint32_t *labels = sl_arena_take(&work->scratch, work->count * sizeof *labels);
    uint32_t k_max = (uint32_t)sqrt((double)work->count);
    struct kmeans_seeds seeds;
    enum sl_err err = SL_OK;

    if (kmeans == NULL || labels == NULL) {
        return SL_ENOMEM;
    }
    kmeans->labels = labels;
    err = kmeans_draw(&seeds, &work->points, k_max < KMEANS_MAX ? k_max : KMEANS_MAX,
            work->options->seed, &work->scratch);
    if (err == SL_OK) {
        err = kmeans_run(kmeans, &work->points, &seeds);
    }
    while (err == SL_OK && kmeans->k >= 2) {
        take_if_better(work, labels, WORKLOAD_KMEANS);
        err = kmeans_join(kmeans, &work->points);
    }
    return err;
}

static enum sl_err try_dbscan(struct work *work)
{
    struct dbscan dbscan = {0};
    enum sl_err err = dbscan_run(&dbscan, &work->points, &work->scratch);

    if (err != SL_OK) {
        return err;
    }
    work->workload->eps = dbscan.eps;
    if (dbscan.groups <= WORKLOAD_GROUPS_MAX) {
        take_if_better(work, dbscan.labels, WORKLOAD_DBSCAN);
    }
    return SL_OK;
}

static enum sl_err find_groups(struct work *work)
{
    work->labels = sl_arena_take(&work->scratch, work->count * sizeof *work->labels);
    if (work->labels == NULL) {
        return SL_ENOMEM;
    }
    enum sl_err err =
            silhouette_init(&work->silhouette, &work->points, work->options->seed, &work->scratch);
    if (err == SL_OK) {
        err = try_kmeans(work);
    }
    return err == SL_OK ? try_dbscan(work) : err;
}

/* ---- groups to what is told of them ---- */

struct ranked {
    double weight;
    uint32_t label;
    uint32_t first; /* its first member */
    uint32_t count;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return (x->first > y->first) - (x->first < y->first);
}

/* What each label has, noise among it; the sum of all weights. */
static double tally(struct work *work, struct ranked ranked[WORKLOAD_GROUPS_MAX], double *noise)
{
    double sum = 0;

    for (uint32_t i = 0; i < work->count; i++) {
        uint32_t label = work->labels[i];
        double weight = work->order[i].weight;

        sum += weight;
        if (label == POINTS_NO_GROUP) {
            *noise += weight;
            work->workload->noise_count++;
            continue;
        }
        SL_CHECK(label < WORKLOAD_GROUPS_MAX);
        if (ranked[label].count++ == 0) {
            ranked[label].label = label;
            ranked[label].first = i;
        }
        ranked[label].weight += weight;
    }
    return sum;
}

/* Makes the groups, by weight, of the labels that somebody has; labels become their numbers. */
static enum sl_err rank_groups(struct work *work)
{
    struct workload *workload = work->workload;
    struct ranked ranked[WORKLOAD_GROUPS_MAX] = {0};
    uint32_t number_of[WORKLOAD_GROUPS_MAX] = {0};
    uint32_t used = 0;
    double noise = 0;
    double sum = tally(work, ranked, &noise);

    SL_CHECK(sum > 0);
    for (uint32_t label = 0; label < WORKLOAD_GROUPS_MAX; label++) {
        if (ranked[label].count > 0) {
            ranked[used++] = ranked[label];
        }
    }
    qsort(ranked, used, sizeof *ranked, compare_ranked);
    workload->groups = sl_arena_take(&workload->arena, used * sizeof *workload->groups);
    if (workload->groups == NULL) {
        return SL_ENOMEM;
    }
    for (uint32_t at = 0; at < used; at++) {
        number_of[ranked[at].label] = at;
        workload->groups[at] = (struct workload_group){
                .share = ranked[at].weight / sum, .count = ranked[at].count};
    }
    for (uint32_t i = 0; i < work->count; i++) {
        if (work->labels[i] != POINTS_NO_GROUP) {
            work->labels[i] = number_of[work->labels[i]];
        }
    }
    workload->groups_count = used;
    workload->noise_share = noise / sum;
    return SL_OK;
}

/*
 * Each group's middle, weighted; of a group without weight the plain one. The least cosine of its
 * members says how far a stranger is.
 */
static void find_middles(const struct work *work, struct drift_model *model, bool is_weighted)
{
    memset(model->centres, 0, sizeof model->centres);
    for (uint32_t i = 0; i < work->count; i++) {
        uint32_t group = work->labels[i];

        if (group == POINTS_NO_GROUP) {
            continue;
        }
        bool has_weight = is_weighted && work->workload->groups[group].share > 0;
        tfidf_block_add(&model->centres[group / TFIDF_LANES], group % TFIDF_LANES,
                &work->vectors[i], has_weight ? (float)work->order[i].weight : 1);
    }
    for (uint32_t group = 0; group < model->groups; group++) {
        /* With weights too small for a float the middle is nowhere: all are as near. */
        (void)tfidf_block_normalise(&model->centres[group / TFIDF_LANES], group % TFIDF_LANES);
    }
}

static float cosine_to(
        const struct drift_model *model, uint32_t group, const struct tfidf_vector *vector)
{
    float dots[TFIDF_LANES];

    tfidf_block_dots(&model->centres[group / TFIDF_LANES], vector, dots);
    return dots[group % TFIDF_LANES];
}

/* The member nearest to the weighted middle, one with weight before one without. */
static void find_representatives(struct work *work, struct drift_model *model)
{
    float best[WORKLOAD_GROUPS_MAX];

    for (uint32_t group = 0; group < work->workload->groups_count; group++) {
        best[group] = -2;
    }
    find_middles(work, model, true);
    for (uint32_t i = 0; i < work->count; i++) {
        uint32_t group = work->labels[i];

        if (group == POINTS_NO_GROUP) {
            continue;
        }
        float cosine = cosine_to(model, group, &work->vectors[i]);
        cosine -= work->order[i].weight > 0 ? 0 : 1.5F;
        if (cosine > best[group]) {
            best[group] = cosine;
            work->workload->groups[group].representative = work->order[i].at;
        }
    }
}

static void find_floors(const struct work *work, struct drift_model *model)
{
    for (uint32_t group = 0; group < work->workload->groups_count; group++) {
        model->floors[group] = 1;
    }
    for (uint32_t i = 0; i < work->count; i++) {
        uint32_t group = work->labels[i];

        if (group != POINTS_NO_GROUP) {
            float cosine = cosine_to(model, group, &work->vectors[i]) * stranger_room;
            model->floors[group] = cosine < model->floors[group] ? cosine : model->floors[group];
        }
    }
}

static enum sl_err describe(struct work *work, struct drift_model *model)
{
    struct workload *workload = work->workload;
    const char *names[WORKLOAD_GROUPS_MAX];
    const struct group_names given = {.sources = work->sources,
            .labels = work->labels,
            .points = &work->points,
            .groups = workload->groups_count,
            .arena = &workload->arena,
            .scratch = &work->scratch};
    enum sl_err err = group_names_give(&given, names);

    workload->members = sl_arena_take(&workload->arena, work->count * sizeof *workload->members);
    if (err != SL_OK || workload->members == NULL) {
        return err != SL_OK ? err : SL_ENOMEM;
    }
    for (uint32_t group = 0; group < work->workload->groups_count; group++) {
        workload->groups[group].name = names[group];
    }
    for (uint32_t i = 0; i < work->count; i++) {
        workload->members[work->order[i].at] = work->labels[i];
    }
    workload->count = work->count;
    model->groups = work->workload->groups_count;
    find_representatives(work, model);
    find_middles(work, model, false);
    find_floors(work, model);
    drift_shares(model, work->shapes, work->count, model->shares);
    workload->model = model;
    return SL_OK;
}

static enum sl_err analyse(struct work *work)
{
    struct drift_model *model = sl_arena_take(&work->workload->arena, sizeof *model);
    enum sl_err err = model == NULL ? SL_ENOMEM : place(work);

    if (err == SL_OK) {
        err = make_points(work, &model->tfidf);
    }
    if (err == SL_OK) {
        err = find_groups(work);
    }
    if (err == SL_OK) {
        err = rank_groups(work);
    }
    return err == SL_OK ? describe(work, model) : err;
}

enum sl_err workload_analyse(struct workload *workload, const struct workload_shape *shapes,
        uint32_t count, const struct workload_options *options)
{
    size_t bytes_max = options->bytes_max == 0 ? WORKLOAD_BYTES_MAX : options->bytes_max;
    struct work work = {.workload = workload, .shapes = shapes, .options = options, .count = count};

    *workload = (struct workload){0};
    if (count > WORKLOAD_SHAPES_MAX) {
        return SL_ELIMIT;
    }
    if (count == 0) {
        return SL_OK;
    }
    sl_arena_init(&workload->arena, bytes_max < WORKLOAD_KEPT_MAX ? bytes_max : WORKLOAD_KEPT_MAX);
    sl_arena_init(&work.scratch, bytes_max);
    enum sl_err err = analyse(&work);
    sl_arena_fini(&work.scratch);
    if (err != SL_OK) {
        workload_fini(workload);
    }
    return err;
}

void workload_fini(struct workload *workload)
{
    sl_arena_fini(&workload->arena);
    *workload = (struct workload){0};
}
