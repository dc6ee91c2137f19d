/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/time_words.h - constants that are another value every time they are read.
 *
 * 'now', 'today', 'tomorrow' and 'yesterday' are what they say where a constant, or a parameter in text
 * format, is taken for a date or a time (PostgreSQL documentation, "Date/Time Input"): no function is
 * called, nothing in a parse tree shows it, and of `d = 'today'` only the column's type tells.
 *
 * Ownership: none. Threads: any. Bounds: one pass.
 */
#ifndef SLUICE_PROTOCOL_TIME_WORDS_H
#define SLUICE_PROTOCOL_TIME_WORDS_H

#include "protocol/base/span.h"

#include <stdbool.h>

/* A value: is one of them a word of it, with quotes and backslashes left out? */
bool time_words_in(struct sl_span value);

/*
 * A statement: may one be in a constant of it? So any that is a word of it counts, wherever it stands; and
 * what can hide one does: a backslash (E'\x6eow', U&'\006eow'), a constant that goes on in the next line.
 */
bool time_words_in_text(struct sl_span text);

#endif
