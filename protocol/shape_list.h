/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_list.h - lists that hold literals and nothing else.
 *
 * A literal here is a number with or without a minus, a string, NULL, TRUE or FALSE; in a row
 * DEFAULT too. Comments may stand between. Two of them make a list, two rows make rows; all rows
 * are as long as the first and have DEFAULT where it has.
 *
 * Ownership: the literals' room is the caller's. Threads: any. Bounds: linear; stops at the first
 * word that is no literal.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_LIST_H
#define SLUICE_PROTOCOL_SHAPE_LIST_H

#include "protocol/shape_lex.h"

struct shape_literals {
    struct shape_literal *at;
    size_t max;
    uint32_t count; /* of all that came; the first max of them are there */
};

struct shape_row {
    uint32_t columns;
    uint64_t defaults; /* a bit for each of the first 64 columns */
};

void shape_literals_add(struct shape_literals *literals, const struct shape_source *source,
        struct sl_span text, enum shape_literal_kind kind);

/*
 * From behind the parenthesis to behind the one that closes; NULL, and no literal added, when
 * this is no such list. One that a SHAPE_LONG text breaks off is a list, and ends with the source.
 */
const uint8_t *shape_skip_list(
        const struct shape_source *source, const uint8_t *at, struct shape_literals *literals);

/* The same for rows, from behind the first parenthesis of the first. */
const uint8_t *shape_skip_rows(const struct shape_source *source, const uint8_t *at,
        struct shape_literals *literals, struct shape_row *row);

#endif
