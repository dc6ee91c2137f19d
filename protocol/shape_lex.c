/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/shape_lex.h"

#include <string.h>

enum {
    OT = CHAR_OTHER,
    SP = CHAR_SPACE,
    OP = CHAR_OPERATOR,
    QU = CHAR_QUOTE,
    NQ = CHAR_NAME_QUOTE,
    OB = CHAR_OPEN,
    CB = CHAR_CLOSE,
    CO = CHAR_COMMA,
    SE = CHAR_SEMICOLON,
    DT = CHAR_DOT,
    CL = CHAR_COLON,
    DO = CHAR_DOLLAR,
    DI = CHAR_DIGIT,
    PR = CHAR_PREFIX,
    LE = CHAR_LETTER
};

/* clang-format off */
const uint8_t shape_chars[256] = {
    OT, OT, OT, OT, OT, OT, OT, OT, OT, SP, SP, SP, SP, SP, OT, OT,
    OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT, OT,
    SP, OP, NQ, OP, DO, OP, OP, QU, OB, CB, OP, OP, CO, OP, DT, OP, /*  !"#$%&'()*+,-./ */
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, CL, SE, OP, OP, OP, OP, /* 0123456789:;<=>? */
    OP, LE, PR, LE, LE, PR, LE, LE, LE, LE, LE, LE, LE, LE, PR, LE, /* @ABCDEFGHIJKLMNO */
    LE, LE, LE, LE, LE, PR, LE, LE, PR, LE, LE, OB, OT, CB, OP, LE, /* PQRSTUVWXYZ[\]^_ */
    OP, LE, PR, LE, LE, PR, LE, LE, LE, LE, LE, LE, LE, LE, PR, LE, /* `abcdefghijklmno */
    LE, LE, LE, LE, LE, PR, LE, LE, PR, LE, LE, OT, OP, OT, OP, OT, /* pqrstuvwxyz{|}~  */
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
};
/* clang-format on */

/* The byte at a position, or 0 behind the end. */
static inline uint8_t peek(const struct shape_source *source, const uint8_t *at)
{
    return at < source->end ? *at : 0;
}

static inline bool is_digit(uint8_t c)
{
    return shape_chars[c] == CHAR_DIGIT;
}

static inline bool is_letter(uint8_t c)
{
    return shape_chars[c] >= CHAR_PREFIX;
}

const uint8_t *shape_skip_character(const struct shape_source *source, const uint8_t *at)
{
    size_t len = 2;
    uint8_t lead = *at;
    uint8_t next = peek(source, at + 1);

    switch (source->options.encoding) {
    case SHAPE_ENCODING_SAFE:
        return at + 1;
    case SHAPE_ENCODING_SJIS:
        if (lead >= 0xa1 && lead <= 0xdf) {
            return at + 1;
        }
        break;
    case SHAPE_ENCODING_GB18030:
        if (is_digit(next)) {
            len = 4;
        }
        break;
    case SHAPE_ENCODING_TWO:
        break;
    }
    /* No such character has a quote, a space or a comment's mark in it. */
    size_t taken = 1;
    while (taken < len && peek(source, at + taken) >= 0x30) {
        taken++;
    }
    return at + taken;
}

/* ---- blanks ---- */

static const uint8_t *skip_line(const struct shape_source *source, const uint8_t *at)
{
    while (at < source->end && *at != '\n' && *at != '\r') {
        at++;
    }
    return at;
}

const uint8_t *shape_skip_comment(const struct shape_source *source, const uint8_t *at)
{
    size_t open = 1;

    while (source->end - at >= 2) {
        if (at[0] == '*' && at[1] == '/') {
            at += 2;
            if (--open == 0) {
                return at;
            }
        } else if (at[0] == '/' && at[1] == '*') {
            at += 2;
            open++;
        } else {
            at++;
        }
    }
    return NULL;
}

const uint8_t *shape_skip_blank(const struct shape_source *source, const uint8_t *at)
{
    while (at != NULL && at < source->end) {
        if (shape_chars[*at] == CHAR_SPACE) {
            at++;
        } else if (*at == '-' && peek(source, at + 1) == '-') {
            at = skip_line(source, at + 2);
        } else if (*at == '/' && peek(source, at + 1) == '*') {
            at = shape_skip_comment(source, at + 2);
        } else {
            break;
        }
    }
    return at;
}

/* ---- strings and names ---- */

/* Behind the closing quote; a doubled one does not close. */
static const uint8_t *skip_quoted(const struct shape_source *source, const uint8_t *at, int quote)
{
    for (;;) {
        at = at < source->end ? memchr(at, quote, (size_t)(source->end - at)) : NULL;
        if (at == NULL || peek(source, at + 1) != quote) {
            return at == NULL ? NULL : at + 1;
        }
        at += 2;
    }
}

static const uint8_t *skip_escaped(const struct shape_source *source, const uint8_t *at)
{
    bool is_safe = source->options.encoding == SHAPE_ENCODING_SAFE;

    while (at < source->end) {
        if (*at == '\\') {
            at++;
            at = peek(source, at) >= 0x80 ? shape_skip_character(source, at) : at + 1;
        } else if (*at == '\'') {
            if (peek(source, at + 1) != '\'') {
                return at + 1;
            }
            at += 2;
        } else if (*at >= 0x80 && !is_safe) {
            at = shape_skip_character(source, at);
        } else {
            at++;
        }
    }
    return NULL;
}

/*
 * Where a string goes on: a quote behind spaces with at least one newline among them; comments
 * that end with a line count as spaces, others do not. NULL when it does not go on.
 */
static const uint8_t *continuation(const struct shape_source *source, const uint8_t *at)
{
    bool has_newline = false;

    while (at < source->end) {
        if (*at == '\n' || *at == '\r') {
            has_newline = true;
            at++;
        } else if (shape_chars[*at] == CHAR_SPACE) {
            at++;
        } else if (*at == '-' && peek(source, at + 1) == '-') {
            at = skip_line(source, at + 2);
        } else {
            return *at == '\'' && has_newline ? at + 1 : NULL;
        }
    }
    return NULL;
}

const uint8_t *shape_skip_string(
        const struct shape_source *source, const uint8_t *at, bool backslashes)
{
    for (;;) {
        at = backslashes ? skip_escaped(source, at) : skip_quoted(source, at, '\'');
        if (at == NULL || shape_chars[peek(source, at)] >= CHAR_OPEN) {
            return at; /* nearly always: nothing to look for */
        }
        const uint8_t *more = continuation(source, at);
        if (more == NULL) {
            return at;
        }
        at = more;
    }
}

const uint8_t *shape_skip_name(const struct shape_source *source, const uint8_t *at)
{
    return skip_quoted(source, at, '"');
}

const uint8_t *shape_skip_dollar(const struct shape_source *source, const uint8_t *at)
{
    const uint8_t *tag = at++;
    bool is_safe = source->options.encoding == SHAPE_ENCODING_SAFE;

    if (is_digit(peek(source, at))) {
        return tag;
    }
    while (at < source->end && *at != '$') {
        if (!is_letter(*at) && !is_digit(*at)) {
            return tag;
        }
        at = *at >= 0x80 && !is_safe ? shape_skip_character(source, at) : at + 1;
    }
    if (at >= source->end) {
        return tag;
    }
    at++;
    size_t tag_len = (size_t)(at - tag);
    while (at < source->end) {
        at = memchr(at, '$', (size_t)(source->end - at));
        if (at == NULL || (size_t)(source->end - at) < tag_len) {
            return NULL;
        }
        if (memcmp(at, tag, tag_len) == 0) {
            return at + tag_len;
        }
        at++;
    }
    return NULL;
}

/* ---- numbers ---- */

/* 0x1F, 0o17, 0b1; each may have underscores. */
static const uint8_t *skip_radix(const struct shape_source *source, const uint8_t *at)
{
    const uint8_t *from = at + 2;

    at = from;
    while (at < source->end && *at < 0x80 && (is_digit(*at) || is_letter(*at))) {
        at++;
    }
    return at;
}

static const uint8_t *skip_digits(const struct shape_source *source, const uint8_t *at)
{
    while (is_digit(peek(source, at)) ||
            (peek(source, at) == '_' && is_digit(peek(source, at + 1)))) {
        at++;
    }
    return at;
}

const uint8_t *shape_skip_number(const struct shape_source *source, const uint8_t *at)
{
    if (*at == '0') {
        uint8_t mark = peek(source, at + 1) | 0x20;
        uint8_t next = peek(source, at + 2);
        if ((mark == 'x' || mark == 'o' || mark == 'b') && (is_digit(next) || is_letter(next))) {
            return skip_radix(source, at);
        }
    }
    at = skip_digits(source, at);
    if (peek(source, at) == '.' && peek(source, at + 1) != '.') {
        at++;
        if (is_digit(peek(source, at))) {
            at = skip_digits(source, at);
        }
    }
    if ((peek(source, at) | 0x20) == 'e') {
        const uint8_t *digits = at + 1;
        if (peek(source, digits) == '+' || peek(source, digits) == '-') {
            digits++;
        }
        if (is_digit(peek(source, digits))) {
            at = skip_digits(source, digits);
        }
    }
    return at;
}

const uint8_t *shape_skip_literal(
        const struct shape_source *source, const uint8_t *at, enum shape_literal_kind *kind)
{
    uint8_t first = peek(source, at);
    uint8_t next = peek(source, at + 1);

    *kind = SHAPE_STRING;
    if (is_digit(first) || (first == '.' && is_digit(next))) {
        *kind = SHAPE_NUMBER;
        return shape_skip_number(source, at);
    }
    if (first == '\'') {
        return shape_skip_string(source, at + 1, source->options.backslashes);
    }
    if (first == '$') {
        return shape_skip_dollar(source, at);
    }
    first |= 0x20;
    if (next == '\'' && (first == 'b' || first == 'x')) {
        *kind = SHAPE_BITS;
        return shape_skip_string(source, at + 2, false);
    }
    if (next == '\'' && (first == 'e' || first == 'n')) {
        return shape_skip_string(source, at + 2, first == 'e' || source->options.backslashes);
    }
    if (next == '&' && first == 'u' && peek(source, at + 2) == '\'') {
        return shape_skip_string(source, at + 3, false);
    }
    return at;
}
