/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/shapes/mutate.h - statements that are nearly like another.
 *
 * Works on tokens of its own finding, coarser than PostgreSQL's, so that a mistake in the scanner
 * under test is not made twice. The same seed gives the same statements.
 *
 * Ownership: the text's buffer is in the struct. Bounds: MUTATE_TEXT_MAX.
 */
#ifndef SLUICE_TESTS_SHAPES_MUTATE_H
#define SLUICE_TESTS_SHAPES_MUTATE_H

#include <stddef.h>
#include <stdint.h>

enum { MUTATE_TEXT_MAX = 2000, MUTATE_TOKENS_MAX = 400 };

struct mutate_text {
    char at[MUTATE_TEXT_MAX + 1]; /* with its terminator */
    size_t len;
};

struct mutate_random {
    uint64_t state;
};

uint32_t mutate_below(struct mutate_random *random, uint32_t bound);

/* What should change a shape little or not: other literals, longer lists, spaces, comments, case. */
void mutate_surface(struct mutate_random *random, struct mutate_text *text);

/* What may change all: tokens of the grammar, parts of another statement, single bytes. */
void mutate_structure(
        struct mutate_random *random, struct mutate_text *text, const struct mutate_text *other);

#endif
