/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/class.h - a session that answers depend on, and a text in it: what an entry answers.
 *
 * Both are compared byte by byte before an answer is given: a key is a hash, and somebody may look for
 * two texts of the same. Whose session it is, and which server's, is compared likewise; of its settings only
 * the hash, which nobody can have another's answers by.
 *
 * Ownership: reference counted; a class holds its session. Threads: immutable, any. Bounds: the maker's.
 */
#ifndef SLUICE_CACHE_CLASS_H
#define SLUICE_CACHE_CLASS_H

#include "cache/entry.h"
#include "cache/hint.h"
#include "cache/key.h"
#include "cache/watch.h"

struct cache_session {
    atomic_uint refs;
    uint64_t database;        /* as tags know it */
    struct watched *watched;  /* a reference; NULL: it is not. No part of what it is */
    struct sl_hash128 digest; /* key_of_session() */
    size_t replay_len;        /* behind whose; no part of what it is */
    size_t whose_len;         /* cluster, database, role, session_user; each behind its length */
    uint8_t whose[];
};

/* NULL: no memory. watched: a reference is taken; may be NULL. */
SL_MUST_CHECK struct cache_session *cache_session_new(
        const struct key_session *parts, uint64_t database, struct watched *watched);
struct cache_session *cache_session_ref(struct cache_session *session);
void cache_session_unref(struct cache_session *session); /* NULL is fine */

enum cache_whose { CACHE_CLUSTER, CACHE_DATABASE, CACHE_ROLE, CACHE_SESSION_USER };
/* One part of whose it is. */
struct sl_span cache_session_part(const struct cache_session *session, enum cache_whose part);

/* How one like it is begun, as its maker said; empty: that is not known. */
static inline struct sl_span cache_session_replay(const struct cache_session *session)
{
    return sl_span(session->whose + session->whose_len, session->replay_len);
}

struct cache_class {
    struct entry_origin origin; /* its references */
    struct cache_session *session;
    struct sl_hash128 shape;
    struct hint hint; /* of the text */
    size_t bytes;     /* as malloc takes them */
    size_t types_len;
    size_t text_len;
    uint8_t at[]; /* types, text */
};

struct cache_asks {
    struct cache_session *session;
    struct sl_span types;
    struct sl_span text;
    uint64_t text_key;     /* key_of_text(), if it is known; else 0 */
    struct key_bind *bind; /* NULL: a Query */
    struct hint hint;      /* of the text: no part of what is asked, as the text is */
    sl_usec fresh_until; /* of its session's stream, before anything was looked up; 0: none, or no such hint */
};

/* NULL: no memory. */
SL_MUST_CHECK struct cache_class *cache_class_new(
        const struct cache_asks *asks, struct sl_hash128 shape);
bool cache_class_is(const struct cache_class *class, const struct cache_asks *asks);
static inline struct sl_span cache_class_text(const struct cache_class *class)
{
    return sl_span(class->at + class->types_len, class->text_len);
}

static inline struct sl_span cache_class_types(const struct cache_class *class)
{
    return sl_span(class->at, class->types_len);
}

/* What an entry of the stage's answers. */
static inline const struct cache_class *cache_class_of(const struct entry *entry)
{
    return (const struct cache_class *)(const void *)entry->origin; /* its first member */
}

struct sl_hash128 cache_key(const struct cache_asks *asks);
/* Is it an answer to that? It has a class. */
bool cache_answers(const struct entry *entry, const struct cache_asks *asks);

#endif
