/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/wire/wire_message.h - protocol messages as a script writes them.
 *
 * A message is a name and a row of fields, each field a value: text, a list, a
 * map, or one of the patterns a script may expect (anything, contains, a
 * variable). The encoder and the decoder are driven by one table and share
 * nothing with protocol/, on purpose: a mistake there must not hide itself here.
 *
 * Ownership: values live in the arena they were made in; texts made by
 * wire_decode() point into the body given. Threads: one. Bounds: WIRE_VARS_MAX
 * variables of WIRE_VAR_TEXT_MAX bytes a run.
 */
#ifndef SLUICE_TESTS_WIRE_WIRE_MESSAGE_H
#define SLUICE_TESTS_WIRE_WIRE_MESSAGE_H

#include "protocol/base/arena.h"
#include "protocol/base/buf.h"

#include <stdbool.h>

enum { WIRE_VARS_MAX = 64, WIRE_VAR_NAME_MAX = 32, WIRE_VAR_TEXT_MAX = 128 };

enum wire_kind {
    WIRE_TEXT,     /* these bytes */
    WIRE_CONTAINS, /* ~"...": these bytes somewhere within */
    WIRE_ANY,      /* *: whatever it is */
    WIRE_VARIABLE, /* $name: binds on first sight, must be the same from then on */
    WIRE_NULL,     /* NULL: the SQL value */
    WIRE_LIST,     /* [a b c] */
    WIRE_MAP,      /* {key value, key value}: items alternate */
};

struct wire_value {
    enum wire_kind kind;
    struct sl_span text;
    struct wire_value **items;
    size_t count;
};

/* Who may say it: a client (PostgreSQL's F), a server (B), or both. */
enum wire_side { WIRE_FRONT = 1, WIRE_BACK = 2, WIRE_BOTH = 3 };

struct wire_type {
    const char *name;
    uint8_t byte; /* 0: no type byte, see special */
    enum wire_side side;
    const char *fields; /* one letter a field, see wire_message.c */
    uint32_t special;   /* the code of a startup-phase packet, or 0 */
};

struct wire_message {
    const struct wire_type *type;
    struct wire_value **fields;
    size_t count;
};

struct wire_vars {
    size_t count;
    char names[WIRE_VARS_MAX][WIRE_VAR_NAME_MAX];
    char texts[WIRE_VARS_MAX][WIRE_VAR_TEXT_MAX]; /* any bytes: a key may hold a zero */
    size_t lens[WIRE_VARS_MAX];
};

/* The type of that name as side says it, or NULL. */
const struct wire_type *wire_type_named(struct sl_span name, enum wire_side side);

/* The type with that byte as side says it, or NULL. */
const struct wire_type *wire_type_of_byte(uint8_t byte, enum wire_side side);

/* The value bound to name; its at is NULL when nothing is. */
struct sl_span wire_var(const struct wire_vars *vars, struct sl_span name);

/*
 * Appends message to out. False with a reason in *why: a field of the wrong
 * kind, a number that is none, an unbound variable.
 */
bool wire_encode(const struct wire_message *message, const struct wire_vars *vars,
        struct sl_buf *out, const char **why);

/*
 * Takes the first whole message from bytes; *len_out is what it took, 0 when there
 * is not a whole one yet. typed: with a type byte; otherwise a startup packet. A
 * body that does not fit its type is shown as Malformed with its bytes.
 */
struct wire_message *wire_decode(struct sl_arena *arena, struct sl_span bytes, enum wire_side side,
        bool typed, size_t *len_out);

/* Whether actual is what expected says; binds variables as it goes. */
bool wire_match(const struct wire_message *expected, const struct wire_message *actual,
        struct wire_vars *vars);

/* Writes message as a script would, cut to fit. */
void wire_print(const struct wire_message *message, char *out, size_t out_max);

#endif
