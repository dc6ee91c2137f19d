/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/key.h - what makes two statements the same question: all that can change a byte of the answer.
 *
 * A question is a text in sessions of one kind, and the parameters of one Bind, or none: a Query is the same
 * question as a Bind without parameters that asks for text. A session's key is the same in every process, so that
 * Sluices that share a second tier share answers (cache/stage_share.c); a question's is this process's alone.
 *
 * Everything is hashed with its length, so that no two parts run into each other; which number and
 * order of a session's parts there is is KEY_VERSION's. A text is in a question's key as a hash of 64 bits, which
 * a prepared statement has from its Parse on. XXH3 finds no two by chance, but is not made against who
 * looks for two: so an entry keeps what it answers (cache/class.h), and that is compared.
 *
 * Ownership: none. Threads: any. Bounds: none of its own.
 */
#ifndef SLUICE_CACHE_KEY_H
#define SLUICE_CACHE_KEY_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/base/hash.h"

#include <stdbool.h>

enum { KEY_VERSION = 1, KEY_PARAMS_MAX = 65535 };

struct key_session {
    struct sl_span cluster; /* the server: where it is, or its system identifier, as text */
    struct sl_span database;
    struct sl_span role;         /* current_user */
    struct sl_span session_user; /* who logged in there */
    struct sl_span search_path;
    struct sl_hash128 settings; /* of all that a value is shown or read by */
    struct sl_span
            replay; /* how one like it is begun, for proxy/warm.h; hashed nowhere. Or empty */
};

struct sl_hash128 key_of_session(const struct key_session *session);
/* Of its bytes alone: what stmt.h calls a query_key. */
static inline uint64_t key_of_text(struct sl_span text)
{
    return sl_hash64(text);
}

/* What a Bind says behind its names, taken apart. */
struct key_bind {
    struct sl_span rest; /* all of it */
    uint16_t formats;
    uint16_t params;
    struct sl_span format_codes; /* two bytes each: none, one for all, or one for each */
    struct sl_span values;       /* lengths and bytes */
    struct sl_span result_formats;
};

/* SL_EPROTO: it is no such thing. */
SL_MUST_CHECK enum sl_err key_bind_read(struct sl_span rest, struct key_bind *bind);
/* The next of `values`, from which it is taken off. False: there is none. NULL has at == NULL. */
bool key_bind_next(struct sl_span *values, struct sl_span *value);
/* Is the i-th one text? */
bool key_bind_is_text(const struct key_bind *bind, unsigned i);

/* What it asks with, behind its class; bind: NULL: a Query. As long as the Bind. */
struct sl_span key_question(const struct key_bind *bind);
/* text: key_of_text(). types: of parameters, as Parse gives them: four bytes each. */
struct sl_hash128 key_of_question(struct sl_hash128 session, uint64_t text, struct sl_span types,
        const struct key_bind *bind);

#endif
