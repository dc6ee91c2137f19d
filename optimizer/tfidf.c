/* SPDX-License-Identifier: PostgreSQL */
/* optimizer/tfidf.c - terms are counted in a dense table on the stack, then the best are kept. */
#include "optimizer/tfidf.h"

#include "protocol/base/check.h"
#include "protocol/base/hash.h"

#include <math.h>

_Static_assert(TFIDF_DIMS <= UINT16_MAX, "dims[] are 16 bits");

static uint32_t dim_of(struct sl_span term)
{
    return (uint32_t)(sl_hash64(term) % TFIDF_DIMS);
}

void tfidf_learn(struct tfidf *tfidf, const struct terms_source *source)
{
    bool has[TFIDF_DIMS] = {false};
    struct terms terms = {.source = source};
    struct term term;

    while (terms_next(&terms, &term)) {
        uint32_t dim = dim_of(term.text);

        tfidf->shapes_with[dim] += !has[dim];
        has[dim] = true;
    }
    tfidf->shapes++;
}

/* The value below which values do not fit into a vector, and how many of just that value do. */
static float least_kept(const float values[TFIDF_DIMS], uint32_t *equals)
{
    float kept[TFIDF_TERMS_MAX] = {0}; /* descending */

    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        uint32_t at = TFIDF_TERMS_MAX;

        while (at > 0 && values[dim] > kept[at - 1]) {
            at--;
        }
        if (at < TFIDF_TERMS_MAX) {
            memmove(kept + at + 1, kept + at, (TFIDF_TERMS_MAX - 1 - at) * sizeof *kept);
            kept[at] = values[dim];
        }
    }
    float least = kept[TFIDF_TERMS_MAX - 1];
    *equals = 0;
    for (uint32_t i = 0; i < TFIDF_TERMS_MAX; i++) {
        *equals += kept[i] == least;
    }
    return least;
}

/* Keeps the greatest values; among equal ones those of the first dimensions. */
static void keep_greatest(const float values[TFIDF_DIMS], struct tfidf_vector *vector)
{
    uint32_t equals = 0;
    float least = least_kept(values, &equals);
    double squares = 0;

    *vector = (struct tfidf_vector){0};
    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        if (values[dim] <= 0 || values[dim] < least || (values[dim] == least && equals == 0)) {
            continue;
        }
        equals -= values[dim] == least;
        SL_CHECK(vector->count < TFIDF_TERMS_MAX);
        vector->dims[vector->count] = (uint16_t)dim;
        vector->values[vector->count++] = values[dim];
        squares += (double)values[dim] * (double)values[dim];
    }
    SL_CHECK(squares > 0);
    for (uint32_t i = 0; i < vector->count; i++) {
        vector->values[i] = (float)((double)vector->values[i] / sqrt(squares));
    }
}

void tfidf_vector(
        const struct tfidf *tfidf, const struct terms_source *source, struct tfidf_vector *vector)
{
    float values[TFIDF_DIMS] = {0};
    struct terms terms = {.source = source};
    struct term term;
    double shapes = tfidf->shapes > 0 ? tfidf->shapes : 1;

    while (terms_next(&terms, &term)) {
        values[dim_of(term.text)] += 1;
    }
    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        uint32_t with = tfidf->shapes_with[dim] > 0 ? tfidf->shapes_with[dim] : 1;

        if (values[dim] > 0) {
            values[dim] = (float)((1 + log((double)values[dim])) * log1p(shapes / with));
        }
    }
    keep_greatest(values, vector);
}

void tfidf_block_set(struct tfidf_block *block, uint32_t lane, const struct tfidf_vector *vector)
{
    SL_DCHECK(lane < TFIDF_LANES);
    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        block->at[dim][lane] = 0;
    }
    tfidf_block_add(block, lane, vector, 1);
}

void tfidf_block_add(
        struct tfidf_block *block, uint32_t lane, const struct tfidf_vector *vector, float times)
{
    SL_DCHECK(lane < TFIDF_LANES);
    for (uint32_t i = 0; i < vector->count; i++) {
        block->at[vector->dims[i]][lane] += times * vector->values[i];
    }
}

float tfidf_block_normalise(struct tfidf_block *block, uint32_t lane)
{
    double squares = 0;

    for (uint32_t dim = 0; dim < TFIDF_DIMS; dim++) {
        squares += (double)block->at[dim][lane] * (double)block->at[dim][lane];
    }
    double length = sqrt(squares);
    for (uint32_t dim = 0; dim < TFIDF_DIMS && length > 0; dim++) {
        block->at[dim][lane] = (float)((double)block->at[dim][lane] / length);
    }
    return (float)length;
}

void tfidf_block_dots(
        const struct tfidf_block *block, const struct tfidf_vector *vector, float dots[TFIDF_LANES])
{
    float sums[TFIDF_LANES] = {0};

    for (uint32_t i = 0; i < vector->count; i++) {
        const float *row = block->at[vector->dims[i]];
        float value = vector->values[i];

        for (uint32_t lane = 0; lane < TFIDF_LANES; lane++) {
            sums[lane] += value * row[lane];
        }
    }
    memcpy(dots, sums, sizeof sums);
}

float tfidf_distance(float dot)
{
    const float dust = 1e-5F;
    float distance = 1 - dot;

    return distance < dust ? 0 : distance > 1 ? 1 : distance;
}
