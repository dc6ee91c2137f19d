/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_parse.h - the messages on one line of a script.
 *
 *     messages = item {"," item}
 *     item     = (name {value} | "(" messages ")") ["x" count]
 *     value    = "text"["^" times] | word | ~"part" | * | $name | NULL | [values] | {key value, ..}
 *
 * Ownership: all in the arena given. Threads: one. Bounds: WIRE_MESSAGES_MAX a
 * step, WIRE_NESTING_MAX brackets deep.
 */
#ifndef SLUICE_TESTS_WIRE_WIRE_PARSE_H
#define SLUICE_TESTS_WIRE_WIRE_PARSE_H

#include "tests/wire/wire_script.h"

enum { WIRE_MESSAGES_MAX = 1 << 20, WIRE_NESTING_MAX = 8 };

struct wire_parse {
    struct sl_arena *arena;
    const char *at;
    enum wire_side side;
    int depth;
    size_t cap;
    const char *why; /* set on failure */
};

/* Reads parse->at to its end into step->messages. */
bool wire_parse_messages(struct wire_parse *parse, struct wire_step *step);

#endif
