/* SPDX-License-Identifier: PostgreSQL */
#include "cache/class.h"

#include <stdlib.h>
#include <string.h>

/* ---- sessions ---- */

static uint8_t *put(uint8_t *to, struct sl_span part)
{
    uint64_t len = part.len;

    memcpy(to, &len, sizeof len);
    if (part.len > 0) {
        memcpy(to + sizeof len, part.at, part.len);
    }
    return to + sizeof len + part.len;
}

struct cache_session *cache_session_new(
        const struct key_session *parts, uint64_t database, struct watched *watched)
{
    const struct sl_span whose[] = {
            parts->cluster, parts->database, parts->role, parts->session_user};
    size_t len = 0;

    for (size_t i = 0; i < SL_COUNT(whose); i++) {
        len += sizeof(uint64_t) + whose[i].len;
    }
    struct cache_session *session = malloc(sizeof *session + len + parts->replay.len);
    if (session == NULL) {
        return NULL;
    }
    atomic_init(&session->refs, 1);
    session->database = database;
    session->watched = watched == NULL ? NULL : watched_ref(watched);
    session->digest = key_of_session(parts);
    session->whose_len = len;
    session->replay_len = parts->replay.len;
    uint8_t *to = session->whose;
    for (size_t i = 0; i < SL_COUNT(whose); i++) {
        to = put(to, whose[i]);
    }
    if (parts->replay.len > 0) {
        memcpy(to, parts->replay.at, parts->replay.len);
    }
    return session;
}

struct cache_session *cache_session_ref(struct cache_session *session)
{
    atomic_fetch_add_explicit(&session->refs, 1, memory_order_relaxed);
    return session;
}

void cache_session_unref(struct cache_session *session)
{
    if (session != NULL &&
            atomic_fetch_sub_explicit(&session->refs, 1, memory_order_acq_rel) == 1) {
        watched_unref(session->watched);
        free(session);
    }
}

struct sl_span cache_session_part(const struct cache_session *session, enum cache_whose part)
{
    const uint8_t *at = session->whose;
    uint64_t len = 0;

    for (unsigned i = 0; i <= (unsigned)part; i++) {
        at += len;
        memcpy(&len, at, sizeof len);
        at += sizeof len;
    }
    return sl_span(at, (size_t)len);
}

static bool is_same_session(const struct cache_session *one, const struct cache_session *other)
{
    return one == other ||
           (one->database == other->database && one->digest.hi == other->digest.hi &&
                   one->digest.lo == other->digest.lo &&
                   sl_span_equal(sl_span(one->whose, one->whose_len),
                           sl_span(other->whose, other->whose_len)));
}

/* ---- classes ---- */

static void release(struct entry_origin *origin)
{
    struct cache_class *class = (struct cache_class *)(void *)origin; /* its first member */

    cache_session_unref(class->session);
    free(class);
}

struct cache_class *cache_class_new(const struct cache_asks *asks, struct sl_hash128 shape)
{
    size_t size = sizeof(struct cache_class) + asks->types.len + asks->text.len;
    struct cache_class *class = malloc(size);

    if (class == NULL) {
        return NULL;
    }
    *class = (struct cache_class){.origin = {.release = release},
            .session = cache_session_ref(asks->session),
            .shape = shape,
            .hint = asks->hint,
            .bytes = size + 16, /* what malloc adds, at most */
            .types_len = asks->types.len,
            .text_len = asks->text.len};
    atomic_init(&class->origin.refs, 1);
    if (asks->types.len > 0) {
        memcpy(class->at, asks->types.at, asks->types.len);
    }
    memcpy(class->at + asks->types.len, asks->text.at, asks->text.len);
    return class;
}

bool cache_class_is(const struct cache_class *class, const struct cache_asks *asks)
{
    return is_same_session(class->session, asks->session) &&
           sl_span_equal(sl_span(class->at, class->types_len), asks->types) &&
           sl_span_equal(cache_class_text(class), asks->text);
}

struct sl_hash128 cache_key(const struct cache_asks *asks)
{
    const uint64_t text = asks->text_key != 0 ? asks->text_key : key_of_text(asks->text);

    return key_of_question(asks->session->digest, text, asks->types, asks->bind);
}

bool cache_answers(const struct entry *entry, const struct cache_asks *asks)
{
    const struct cache_class *class = cache_class_of(entry);

    return cache_class_is(class, asks) &&
           sl_span_equal(entry_question(entry), key_question(asks->bind));
}
