/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/shape_setting.h - which words of a statement are values that nobody shall see.
 *
 * Strings are hidden everywhere; this is about what need not be a string: the value of SET
 * name = value (in ALTER and CREATE too), and what stands behind PASSWORD in a statement about
 * roles. Of a SET everything behind the TO is its value; elsewhere a value and what follows it
 * by commas.
 *
 * Ownership: none. Threads: any. Bounds: fixed size.
 */
#ifndef SLUICE_PROTOCOL_SHAPE_SETTING_H
#define SLUICE_PROTOCOL_SHAPE_SETTING_H

#include "protocol/shape_lex.h"
#include "protocol/shape_words.h"

enum shape_setting_state {
    SETTING_NONE,
    SETTING_NAME,   /* behind SET */
    SETTING_NAMED,  /* behind its name */
    SETTING_VALUE,  /* from here on something may have to be hidden; a value comes */
    SETTING_MORE,   /* a value came, a comma may */
    SETTING_SECRET, /* behind PASSWORD */
};

enum shape_setting_verdict {
    SETTING_SHOW, /* a token like any other */
    SETTING_SKIP, /* one character of a value that has been hidden already */
    SETTING_HIDE  /* a token that is a value */
};

struct shape_setting {
    enum shape_setting_state state;
    uint8_t words;   /* of the statement, up to 3 */
    bool is_utility; /* it begins with SET, CREATE or ALTER */
    bool is_set;
    bool is_role; /* its second word is USER, ROLE, GROUP */
};

/* A word that is no member of another; every one until words is 3, and all of a utility's. */
void shape_setting_word(struct shape_setting *setting, enum shape_word word);

/* A quoted name. */
void shape_setting_name(struct shape_setting *setting);

/* An equals sign. */
void shape_setting_equals(struct shape_setting *setting);

/* Asked before a token when state is SETTING_VALUE or above; has_value: the one before was "?". */
enum shape_setting_verdict shape_setting_next(
        struct shape_setting *setting, enum shape_char class, bool has_value);

#endif
