/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/tfidf.h - shapes as points: which terms they have, and how rare those are.
 *
 * A term is hashed to one of TFIDF_DIMS dimensions. Its value is
 * (1 + ln(times in the shape)) * ln(1 + shapes / shapes that have it), and a vector has length 1:
 * the cosine of two shapes is their dot product, 0 (nothing in common) to 1 (alike). No vector is
 * zero, since every shape has a term (optimizer/terms.h) and every value is above 0.
 *
 * Many dot products are taken at once, of one vector with a block of TFIDF_LANES dense ones that
 * lie side by side: each value met is used for all of them.
 *
 * Ownership: everything is the caller's memory. Threads: any. Bounds: a vector keeps its
 * TFIDF_TERMS_MAX greatest values; a dot product of a block costs that times TFIDF_LANES.
 */
#ifndef SLUICE_OPTIMIZER_TFIDF_H
#define SLUICE_OPTIMIZER_TFIDF_H

#include "optimizer/terms.h"

enum {
    TFIDF_DIMS = 512,
    TFIDF_TERMS_MAX = 64,
    TFIDF_LANES = 16 /* a block is 32 kB: it fits a first-level cache */
};

/* What was learnt from a set of shapes: how rare a dimension is. */
struct tfidf {
    uint32_t shapes;
    uint32_t shapes_with[TFIDF_DIMS];
};

struct tfidf_vector {
    uint16_t count;
    uint16_t dims[TFIDF_TERMS_MAX]; /* ascending */
    float values[TFIDF_TERMS_MAX];
};

struct tfidf_block {
    float at[TFIDF_DIMS][TFIDF_LANES]; /* an unused lane is zero */
};

/* Counts one more shape in; tfidf is all zeros to begin with. */
void tfidf_learn(struct tfidf *tfidf, const struct terms_source *source);
/* The shape as a point, be it one of those learnt or not. */
void tfidf_vector(
        const struct tfidf *tfidf, const struct terms_source *source, struct tfidf_vector *vector);

/* Puts the vector into one lane of the block in place of what was there. */
void tfidf_block_set(struct tfidf_block *block, uint32_t lane, const struct tfidf_vector *vector);
/* Adds 'times' the vector to what is there. */
void tfidf_block_add(
        struct tfidf_block *block, uint32_t lane, const struct tfidf_vector *vector, float times);
/* Gives the lane length 1, unless it is zero; what its length was. */
float tfidf_block_normalise(struct tfidf_block *block, uint32_t lane);
/* The vector's dot products with all lanes. */
void tfidf_block_dots(const struct tfidf_block *block, const struct tfidf_vector *vector,
        float dots[TFIDF_LANES]);

/* 1 - cosine, with rounding taken out: of [0, 1], and 0 for vectors that are the same. */
float tfidf_distance(float dot);

#endif
