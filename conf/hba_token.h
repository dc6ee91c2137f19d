/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/hba_token.h - the words of a line of pg_hba.conf or pg_ident.conf.
 *
 * Blanks part words, a comma is a word of its own, # begins a comment. Quotes
 * keep blanks, commas and # together, also within a word (map="a b"), and ""
 * within them is one; a word that begins with a quote has no special meaning
 * (PostgreSQL docs, "The pg_hba.conf File").
 *
 * Ownership: words are copied into the arena. Threads: the caller's.
 * Bounds: the arena's.
 */
#ifndef SLUICE_CONF_HBA_TOKEN_H
#define SLUICE_CONF_HBA_TOKEN_H

#include "protocol/base/arena.h"
#include "protocol/base/span.h"

enum hba_token_kind {
    HBA_TOKEN_WORD,
    HBA_TOKEN_COMMA,
    HBA_TOKEN_END,    /* of the line */
    HBA_TOKEN_BROKEN, /* a quote that is not closed */
    HBA_TOKEN_NO_MEMORY
};

struct hba_token {
    enum hba_token_kind kind;
    const char *text; /* of a word */
    bool is_quoted;   /* it began with a quote */
};

struct hba_line {
    struct sl_arena *arena;
    const char *at;
    const char *end;
    struct hba_token token; /* the present word; hba_line_next() goes on */
};

/* Cuts the next line off *text, its number being the caller's to count. False: no more. */
bool hba_line_take(struct sl_span *text, struct sl_arena *arena, struct hba_line *line);

void hba_line_next(struct hba_line *line);

/* Is the present word that keyword, unquoted? */
bool hba_line_is(const struct hba_line *line, const char *keyword);

#endif
