/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_words.h - the words a shape must know, in one table.
 *
 * Ownership: none. Threads: any. Bounds: a word of WORD_LEN_MAX bytes; one look at the table.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_WORDS_H
#define SLUICE_PROTOCOL_SHAPE_WORDS_H

#include <stdint.h>

enum { WORD_LEN_MAX = 17, WORD_SLOTS = 512 };

enum shape_word {
    WORD_NONE,  /* any other */
    WORD_PLAIN, /* known for its flags only */
    WORD_IN,
    WORD_VALUES,
    WORD_BY,
    WORD_ON,
    WORD_DISTINCT,
    WORD_DISTINCT_ON, /* not in the table: the two of them */
    WORD_GROUPING,    /* ROLLUP, CUBE, GROUPING SETS */
    WORD_POSITION,
    WORD_ARRAY, /* the constructor; not the one in a type's name: int ARRAY[3] */
    WORD_UESCAPE,
    WORD_UNICODE_NAME, /* not in the table: U&"name" */
    WORD_SETOP,        /* UNION, INTERSECT, EXCEPT */
    WORD_TYPE,         /* numbers in parentheses behind it say which type, or what precision */
    WORD_QUERY,        /* begins a statement that sets nothing */
    WORD_NULL,         /* TRUE, FALSE */
    WORD_DEFAULT,
    WORD_CREATE,
    WORD_ALTER,
    WORD_SET,
    WORD_TO,
    WORD_SCOPE, /* SET LOCAL, SET SESSION */
    WORD_ROLE,  /* USER, GROUP */
    WORD_PASSWORD,
    WORD_BEGIN,
    WORD_ATOMIC,
    WORD_CASE,
    WORD_END
};

enum {
    WORD_SPACED = 1,  /* a parenthesis behind it is no call's: a space before it */
    WORD_ENDS = 2,    /* it ends a list behind BY */
    WORD_RESERVED = 4 /* no type has its name; not every reserved word has this */
};

struct shape_word_entry {
    char text[21]; /* padded with zeros */
    uint8_t len;
    uint8_t word; /* enum shape_word */
    uint8_t flags;
};

extern const struct shape_word_entry shape_words[WORD_SLOTS];

/*
 * Where a word belongs. first is its first eight bytes, padded with zeros, the first one lowest.
 * The factor was tried until no two words shared a slot: tests/unit/protocol/test_shape_words.c.
 */
static inline unsigned shape_word_slot(uint64_t first, unsigned len)
{
    return (unsigned)(((first + len) * UINT64_C(0xf6fd26efe0e909af)) >> 55);
}

#endif
