/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_scan.h - a scan that is under way: what shape.c, shape_value.c and shape_paren.c
 * share, and nobody else.
 *
 * Ownership: lives on the stack of shape_of(). Threads: one. Bounds: fixed size.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_SCAN_H
#define SLUICE_PROTOCOL_SHAPE_SCAN_H

#include "protocol/shape.h"
#include "protocol/shape_depth.h"
#include "protocol/shape_lex.h"
#include "protocol/shape_list.h"
#include "protocol/shape_out.h"
#include "protocol/shape_setting.h"
#include "protocol/shape_words.h"

enum shape_token {
    TOKEN_START,
    TOKEN_WORD,
    TOKEN_VALUE, /* a literal or $n */
    TOKEN_OPERATOR,
    TOKEN_OPEN,
    TOKEN_BRACKET, /* [ */
    TOKEN_CLOSE,
    TOKEN_COMMA, /* ; within parentheses too */
    TOKEN_DOT,
    TOKEN_CAST, /* :: */
    TOKENS
};

/* Whether a space stands between two tokens: [the one before][this one]. */
extern const uint8_t shape_spaces[TOKENS][TOKENS];

struct shape_scan {
    const uint8_t *at;
    enum shape_token token;
    enum shape_word word; /* the token before, when it is a word of ours; else WORD_NONE */
    uint8_t flags;        /* WORD_* of that word */
    bool begins;          /* the next token is a statement's first */
    bool is_index;        /* behind a [ that may belong to a type's name */
    bool negates;         /* behind a minus, and parentheses */
    bool is_star;         /* the operator before is the star of a t.* */
    const uint8_t *signs; /* up to here each + and - is an operator of its own */
    struct shape_setting setting;
    uint32_t type_depth; /* within parentheses of that depth numbers stay */
    uint32_t atomic;     /* BEGIN ATOMIC and CASEs within that are open */
    uint64_t by;         /* a bit a level: behind BY */
    uint64_t position;   /* the level is that of POSITION(...) */
    struct shape_source source;
    struct shape_literals literals;
    struct shape shape;
    struct shape_depth depth; /* from here on: not cleared as a whole */
    struct shape_out out;
};

/* What a word finds before it. */

/* The first token of a statement is about to be written. */
void shape_scan_statement(struct shape_scan *scan);

/* What all tokens have in common; before the token is written. */
static inline void shape_scan_token(struct shape_scan *scan, enum shape_token token)
{
    shape_out_room(&scan->out);
    if (SL_UNLIKELY(scan->begins)) {
        shape_scan_statement(scan);
    }
    scan->out.token_at = scan->out.to;
    *scan->out.to = ' ';
    scan->out.to += shape_spaces[scan->token][token];
    scan->token = token;
    scan->word = WORD_NONE;
    scan->flags = 0;
    scan->shape.tokens++;
    scan->depth.run++;
}

/* Nobody can say what the text would have been: SHAPE_BROKEN. */
void shape_scan_give_up(struct shape_scan *scan);

/* Behind what a function of shape_lex.h skipped; NULL is the end, and only a long text's is one. */
static inline const uint8_t *shape_scan_skipped(struct shape_scan *scan, const uint8_t *to)
{
    if (SL_LIKELY(to != NULL)) {
        return to;
    }
    if (!scan->source.is_long) {
        shape_scan_give_up(scan);
    }
    return scan->source.end;
}

/* A token of one byte, as it stands here. */
static inline void shape_scan_byte(struct shape_scan *scan, enum shape_token token)
{
    shape_scan_token(scan, token);
    scan->negates = false;
    *scan->out.to++ = *scan->at++;
}

/* A token of len bytes, as it stands here. */
void shape_scan_sign(struct shape_scan *scan, enum shape_token token, size_t len);

/* Whether an ARRAY behind this token begins a value; behind another it ends a type's name. */
static inline bool shape_begins_value(enum shape_token token, bool is_reserved)
{
    return token == TOKEN_START || token == TOKEN_OPERATOR || token == TOKEN_OPEN ||
           token == TOKEN_BRACKET || token == TOKEN_COMMA || is_reserved;
}

/* ---- shape_value.c: from here on each writes the token that stands at scan->at ---- */

/* A literal of any form but a number; from is where it begins. */
void shape_on_string(struct shape_scan *scan, const uint8_t *from, enum shape_literal_kind kind);

/* A plain string: a quote stands here. */
void shape_on_quote(struct shape_scan *scan);
void shape_on_number(struct shape_scan *scan);
/*
 * A minus stands here. With the number behind it it is one literal, where it can be nothing else:
 * behind an operator, an opening parenthesis or a comma, and before no cast, which binds more
 * tightly. False: it is an operator, and nothing was done.
 */
bool shape_on_signed(struct shape_scan *scan);

/* A parameter, a dollar quote, or neither. */
void shape_on_dollar(struct shape_scan *scan);

/*
 * A value that must not be seen is passed over: one "?" stands for all of its tokens. False: it
 * is none, and nothing was done.
 */
bool shape_hide(struct shape_scan *scan);

/* ---- shape_paren.c ---- */

void shape_on_open(struct shape_scan *scan);
void shape_on_close(struct shape_scan *scan);
void shape_on_comma(struct shape_scan *scan);

/* Between statements it is written when the next one begins, so that none is at the end. */
void shape_on_semicolon(struct shape_scan *scan);

#endif
