/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/examples.h - statements as they came, literals and all: a few of a shape.
 *
 * Only for who may see everything, and only while somebody wants them: they may hold what is
 * secret. Only of a single SELECT, INSERT, UPDATE, DELETE or MERGE; never of a statement about
 * roles or settings, whose literals are passwords.
 *
 * Ownership: copies of the texts. Threads: any; a leaf lock. Bounds: EXAMPLES_SHAPES shapes (the
 * one that comes to another's place takes it), EXAMPLES_MAX texts each, the first that came,
 * cut at EXAMPLE_LEN_MAX: 3.2 MB at most.
 */
#ifndef SLUICE_OPTIMIZER_EXAMPLES_H
#define SLUICE_OPTIMIZER_EXAMPLES_H

#include "protocol/base/check.h"
#include "protocol/base/hash.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>

enum { EXAMPLES_SHAPES = 1024, EXAMPLES_MAX = 3, EXAMPLE_LEN_MAX = 1023 };

struct examples;

/* Off. NULL without memory. */
SL_MUST_CHECK struct examples *examples_new(void);
void examples_free(struct examples *examples); /* NULL is fine */

/* Off: what is there is forgotten, and nothing is added. */
void examples_set(struct examples *examples, bool is_on);

/* Normalised is the shape's text. Does nothing when off, or when it is not to be kept. */
void examples_add(struct examples *examples, struct sl_hash128 shape, struct sl_span normalised,
        struct sl_span text);

/* Copies them, zero-terminated; how many. */
struct example {
    char text[EXAMPLE_LEN_MAX + 1];
};
unsigned examples_read(
        struct examples *examples, struct sl_hash128 shape, struct example to[EXAMPLES_MAX]);
void examples_reset(struct examples *examples);
size_t examples_bytes(struct examples *examples);

#endif
