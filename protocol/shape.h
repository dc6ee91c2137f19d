/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape.h - a statement without its literals: its shape, and the shape's name.
 *
 * One pass over the tokens (PostgreSQL documentation, "Lexical Structure") writes the text anew:
 * comments are gone, spacing is ours, names that are not quoted are in lower case, and a literal
 * is "?". The key is XXH3-128 of that text. What is kept, collapsed and redacted is a written
 * rule: README.md, "Shapes". In short:
 *
 *   - $n stays as it is. A "?" within an operator is written "??", as JDBC does: a lone "?" is
 *     always a literal. (Numbered placeholders would be taken for $n.)
 *   - two or more literals and nothing else in IN (...) are "(?, ...)"; two or more rows of
 *     literals behind VALUES are "(?, ?), ...". With a $n among them a list stays as it is.
 *   - numbers that say what and not how much stay: float(24), current_timestamp(3), ORDER BY 2.
 *   - no string is ever kept (but for the one character of UESCAPE behind a U&"name"), nor the
 *     value of a SET, nor what follows PASSWORD in a statement about roles.
 *
 * The promise, for SELECT, INSERT, UPDATE, DELETE and MERGE without SHAPE_LONG and SHAPE_BROKEN:
 * equal keys have equal fingerprints in libpg_query. The reverse is not promised.
 *
 * Client encodings whose later bytes may be ASCII (SJIS, BIG5, GBK, UHC, GB18030) are read
 * character by character, so that such a byte is never taken for a backslash, an operator or a
 * letter to be folded. What follows a lead byte below 0x30 is no part of it (no such character
 * exists; PostgreSQL refuses the text). Bytes are not converted: the same name in two encodings
 * gives two shapes.
 *
 * Ownership: none; the caller's room is written. Threads: any. Allocates nothing.
 * Bounds: reads SHAPE_TEXT_MAX bytes, each at most a few times.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_H
#define SLUICE_PROTOCOL_SHAPE_H

#include "protocol/base/hash.h"
#include "protocol/base/span.h"
#include "protocol/shape_encoding.h"

enum {
    SHAPE_TEXT_MAX = 262144, /* of a longer statement this much is read */
    SHAPE_ROOM_MIN = 256     /* the text's room; it may stay unused by up to 80 bytes when cut */
};

enum {
    SHAPE_CUT = 1,   /* the room was too small: text ends with a whole token; the key is whole */
    SHAPE_LONG = 2,  /* longer than SHAPE_TEXT_MAX: the key is of what was read, and " ..." */
    SHAPE_BROKEN = 4 /* it ends within a string, a quoted name or a comment: all of these have
                        one shape, for nobody can say which of its words are literals */
};

enum shape_literal_kind {
    SHAPE_NUMBER, /* with its sign, if that is not in the shape's text */
    SHAPE_STRING, /* '', E'', U&'', N'', $$ */
    SHAPE_BITS,   /* B'', X'' */
    SHAPE_WORD,   /* NULL, TRUE, FALSE, DEFAULT: only within what was collapsed */
    SHAPE_VALUE   /* of a SET, or behind PASSWORD */
};

/* Where a "?" was: the bytes as they were written, quotes and all. */
struct shape_literal {
    uint32_t at;
    uint32_t len;
    enum shape_literal_kind kind;
    bool is_listed; /* in what was collapsed: how many there are is not in the shape */
};

struct shape_options {
    enum shape_encoding encoding;
    bool backslashes; /* standard_conforming_strings is off */
    bool is_unknown;  /* neither is known: all such texts have one shape, and are SHAPE_BROKEN */
};

/* Where to write. text_max is SHAPE_ROOM_MIN or more, or text is NULL: only the key then. */
struct shape_room {
    uint8_t *text;
    size_t text_max;
    struct shape_literal *literals; /* NULL when literals_max is 0 */
    size_t literals_max;
};

struct shape {
    struct sl_hash128 key;
    uint32_t text_len;   /* in the room; no terminator */
    uint32_t flags;      /* SHAPE_CUT and so on */
    uint32_t statements; /* that are not empty */
    uint32_t literals;   /* how many; the first literals_max of them are in the room */
    uint32_t parameters; /* the highest $n */
    uint32_t tokens;     /* a collapsed list is one */
    uint32_t depth;      /* the deepest nesting of parentheses and brackets */
    uint32_t run;        /* no expression's tree is deeper: tokens between commas, and around */
    bool has_choice;     /* of a number that is a "?" another might have stayed: ORDER BY 1.5 */
};

void shape_of(struct sl_span text, struct shape_options options, struct shape_room room,
        struct shape *shape);

/* The name of the bytes, for a cache of shapes by text. Literals matter to it. */
static inline uint64_t shape_text_key(struct sl_span text)
{
    return sl_hash64(text);
}

#endif
