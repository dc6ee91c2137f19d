/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/terms.h - the words a shape is compared by.
 *
 * First those of its normalised text: identifiers and keywords, and operators. Placeholders,
 * numbers and punctuation say nothing, and what stands in single or dollar quotes is never a
 * term: utility statements may keep literals, and terms are shown in names. Then its
 * table.column terms, as given. A shape without a term has one, empty: such shapes are alike.
 *
 * Ownership: terms point into the source. Threads: any. Bounds: the first TERMS_TEXT_MAX bytes of
 * the text and TERMS_COLUMNS_MAX columns are looked at; allocates nothing.
 */
#ifndef SLUICE_OPTIMIZER_TERMS_H
#define SLUICE_OPTIMIZER_TERMS_H

#include "protocol/base/span.h"

enum { TERMS_TEXT_MAX = 16384, TERMS_COLUMNS_MAX = 256 };

struct terms_source {
    struct sl_span text;           /* normalised: protocol/shape.h */
    const struct sl_span *columns; /* such as orders.customer_id */
    uint32_t columns_count;
};

enum term_kind {
    TERM_WORD,
    TERM_OPERATOR,
    TERM_COLUMN,
    TERM_NONE /* the empty term of a shape without any */
};

struct term {
    struct sl_span text; /* a quoted identifier without its quotes */
    enum term_kind kind;
};

/* A walk; all zeros but the source to begin with. */
struct terms {
    const struct terms_source *source;
    size_t at;
    uint32_t column;
    uint32_t seen;
};

/* The next term, or false. */
bool terms_next(struct terms *terms, struct term *term);

#endif
