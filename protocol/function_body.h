/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/function_body.h - whether what a function's body says could leave something in a session.
 *
 * One pass over the tokens of a body in SQL or PL/pgSQL, which is doubted, not understood: a word
 * that may begin a statement that leaves something (SET other than UPDATE's, CREATE, LISTEN ...),
 * that runs what is not in the text (EXECUTE, DO) or that belongs to a cursor spoils it wherever it
 * stands, and so does what cannot be read for certain: a backslash, U&, a text that is cut off.
 * What is left depends on what it calls: each call is told, and what is named as a call may be
 * (t.f, (x).f); and on the relations that it names: each word and each name in quotes is told.
 *
 * That a function is IMMUTABLE or STABLE says nothing here: PostgreSQL believes its maker.
 * set_config() and advisory locks are not refused in such a function.
 *
 * What views, triggers, defaults and so on call is not seen here, but in catalog_hidden.h.
 *
 * Likewise whether what a body does is all in its text, whatever that leaves: relations and functions that it
 * uses are named. What runs another text, changes the schema or runs a cursor spoils that.
 *
 * Ownership: none. Threads: any. Bounds: FUNCTION_BODY_MAX bytes; allocates nothing.
 */
#ifndef SLUICE_PROTOCOL_FUNCTION_BODY_H
#define SLUICE_PROTOCOL_FUNCTION_BODY_H

#include "protocol/base/span.h"

#include <stdbool.h>

enum { FUNCTION_BODY_MAX = 8192 };

enum function_call_kind {
    FUNCTION_CALL,      /* name (...) */
    FUNCTION_ATTRIBUTE, /* (x).name, which is a column if there is no such function */
    FUNCTION_COLUMN     /* t.name: a column, or a function that takes a row */
};

/* As PostgreSQL looks for it: a name that is not quoted is in lower case. */
struct function_call {
    struct sl_span schema; /* empty: none is written */
    struct sl_span name;
    uint8_t kind;   /* enum function_call_kind */
    bool is_quoted; /* and so no word of the grammar */
    bool is_word;   /* one of PL/pgSQL's, where it may be that */
};

struct function_body {
    struct sl_span text;
    bool is_sql; /* otherwise PL/pgSQL */
    /* False: that may leave something, and no more is asked. */
    bool (*on_call)(void *self, const struct function_call *call);
    /* Likewise, of every word and name, in lower case (of ASCII) if it is not quoted. May be NULL. */
    bool (*on_name)(void *self, struct sl_span name, bool is_quoted);
    void *self;
};

/* True: it leaves nothing unless what it calls does. */
bool function_body_is_harmless(const struct function_body *body);
/* True: it uses no relations but those whose names are told, or what it calls does. */
bool function_body_is_known(const struct function_body *body);

#endif
