/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_lex.h - where PostgreSQL's longer tokens end, and runs of literals.
 *
 * Each function gets a position within the source and gives the one behind what it skipped;
 * NULL when the source ends within it. Reads nothing from source->end on.
 *
 * Ownership: none. Threads: any. Bounds: linear in what is skipped.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_LEX_H
#define SLUICE_PROTOCOL_SHAPE_LEX_H

#include "protocol/shape.h"

enum shape_char {
    CHAR_OTHER,
    CHAR_SPACE,
    CHAR_OPERATOR,
    CHAR_QUOTE,
    CHAR_NAME_QUOTE,
    CHAR_OPEN,
    CHAR_CLOSE,
    CHAR_COMMA,
    CHAR_SEMICOLON,
    CHAR_DOT,
    CHAR_COLON,
    CHAR_DOLLAR,
    CHAR_DIGIT,
    CHAR_PREFIX, /* a letter that may begin a string: b e n u x */
    CHAR_LETTER  /* from CHAR_DIGIT on: what a name may go on with; CHAR_DOLLAR too */
};

extern const uint8_t shape_chars[256]; /* enum shape_char */

struct shape_source {
    const uint8_t *begin;
    const uint8_t *end;
    struct shape_options options;
    bool is_long; /* the text goes on behind end */
};

/* Behind a character of more than one byte that begins here with a byte above 0x7f. */
const uint8_t *shape_skip_character(const struct shape_source *source, const uint8_t *at);

/* Spaces and comments, from anywhere. */
const uint8_t *shape_skip_blank(const struct shape_source *source, const uint8_t *at);

/* From behind the opening mark; they nest. */
const uint8_t *shape_skip_comment(const struct shape_source *source, const uint8_t *at);

/* From behind the opening quote; with what continues the string on a later line. */
const uint8_t *shape_skip_string(
        const struct shape_source *source, const uint8_t *at, bool backslashes);

/* From behind the opening quote of a quoted name. */
const uint8_t *shape_skip_name(const struct shape_source *source, const uint8_t *at);

/* From the first digit, or the dot before it. Hexadecimal and 1_000 too, as of PostgreSQL 16. */
const uint8_t *shape_skip_number(const struct shape_source *source, const uint8_t *at);

/* From the $ of a dollar quote; the same position when it is none. */
const uint8_t *shape_skip_dollar(const struct shape_source *source, const uint8_t *at);

/*
 * Any literal that stands here: a string of any form, a number. The same position when there is
 * none. A sign is no part of a number.
 */
const uint8_t *shape_skip_literal(
        const struct shape_source *source, const uint8_t *at, enum shape_literal_kind *kind);

#endif
