/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/text_words.h - the words, names and statements of a text, one after the other.
 *
 * For what is read of a few rare statements (PREPARE, DROP DATABASE) by the same tokens as a shape
 * (shape_lex.h). Each function gets a position within the source and gives the one behind what it
 * skipped; NULL where the source ends within it.
 *
 * Ownership: none. Threads: any. Bounds: linear in what is skipped; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_TEXT_WORDS_H
#define SLUICE_PROTOCOL_TEXT_WORDS_H

#include "protocol/shape_lex.h"

#include <stdbool.h>

/* Behind that word, in letters of either case, and what is blank; NULL: it is another, or nothing follows. */
const uint8_t *text_skip_keyword(
        const struct shape_source *source, const uint8_t *at, const char *word);
/* Behind the name that begins here, quoted or not; NULL: none does. */
const uint8_t *text_skip_name(const struct shape_source *source, const uint8_t *at);
/* One token: a literal, a name, or a character of anything else. */
const uint8_t *text_skip_token(const struct shape_source *source, const uint8_t *at);
/* The end of a statement: its semicolon, or where the text ends. NULL: it cannot be told. */
const uint8_t *text_skip_statement(const struct shape_source *source, const uint8_t *at);

/*
 * Is that name (as PostgreSQL has it) what is written, with its quotes if it has any? PostgreSQL
 * folds ASCII; of other letters that it may fold it is left open: false.
 */
bool text_is_name(struct sl_span written, struct sl_span name);

#endif
