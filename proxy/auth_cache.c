/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_cache.c - a map under one lock, the least used entry at the end of a list.
 */
#include "proxy/auth_cache.h"

#include "protocol/base/hash.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/scram_secret.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_KINDS = USERS_SECRET_SCRAM + 1, SEEN_MAX = 1 << 20 };

struct entry {
    struct sl_map_node node;
    struct sl_list used;
    struct sl_hash128 query;
    struct credentials credentials;
    bool exists;      /* there is such a user */
    bool is_dropped;  /* it was wrong: nothing is known but when that was found */
    sl_usec asked_at; /* or dropped */
    size_t database_len;
    char names[]; /* the database, a zero, the user, a zero */
};

static struct {
    pthread_mutex_t lock;
    bool is_ready; /* under LOCK, as the rest */
    struct sl_map map;
    struct sl_list used;         /* the one asked for last in front */
    uint32_t seen[SECRET_KINDS]; /* how many secrets of each kind */
    uint32_t iterations;         /* of the last SCRAM one */
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t key_hash(const struct auth_cache_key *key)
{
    return sl_hash64_seed(sl_span_text(key->user), sl_hash64(sl_span_text(key->database)));
}

static bool entry_is(const struct entry *entry, const struct auth_cache_key *key)
{
    struct sl_hash128 query = sl_hash128(sl_span_text(key->query));

    return strcmp(entry->names, key->database) == 0 &&
           strcmp(entry->names + entry->database_len + 1, key->user) == 0 &&
           entry->query.hi == query.hi && entry->query.lo == query.lo;
}

static void ready_locked(void)
{
    if (!cache.is_ready) {
        sl_map_init(&cache.map, AUTH_CACHE_MAX);
        sl_list_init(&cache.used);
        cache.is_ready = true;
    }
}

static struct entry *find_locked(const struct auth_cache_key *key)
{
    ready_locked();
    struct sl_map_node *node = sl_map_first(&cache.map, key_hash(key));
    for (; node != NULL; node = sl_map_next(node)) {
        struct entry *entry = SL_CONTAINER(node, struct entry, node);
        if (entry_is(entry, key)) {
            return entry;
        }
    }
    return NULL;
}

static void entry_free(struct entry *entry)
{
    credentials_fini(&entry->credentials);
    free(entry);
}

static void remove_locked(struct entry *entry)
{
    sl_map_remove(&cache.map, &entry->node);
    sl_list_remove(&entry->used);
    entry_free(entry);
}

bool auth_cache_get(const struct auth_cache_key *key, struct credentials *credentials, bool *exists)
{
    bool is_known = false;

    pthread_mutex_lock(&cache.lock);
    struct entry *entry = find_locked(key);
    if (entry == NULL || entry->is_dropped) {
        is_known = false;
    } else if (sl_now() - entry->asked_at >= AUTH_CACHE_TTL_USEC) {
        remove_locked(entry);
    } else {
        sl_list_remove(&entry->used);
        sl_list_push(&cache.used, &entry->used);
        is_known = credentials_copy(credentials, &entry->credentials) == SL_OK;
        *exists = entry->exists;
    }
    pthread_mutex_unlock(&cache.lock);
    return is_known;
}

static struct entry *entry_new(
        const struct auth_cache_key *key, const char *secret, sl_usec asked_at)
{
    size_t database_len = strlen(key->database);
    size_t user_len = strlen(key->user);
    struct entry *entry = calloc(1, sizeof *entry + database_len + user_len + 2);

    if (entry == NULL) {
        return NULL;
    }
    credentials_init(&entry->credentials);
    if (secret != NULL && credentials_set(&entry->credentials, secret) != SL_OK) {
        free(entry);
        return NULL;
    }
    memcpy(entry->names, key->database, database_len);
    memcpy(entry->names + database_len + 1, key->user, user_len);
    entry->database_len = database_len;
    entry->query = sl_hash128(sl_span_text(key->query));
    entry->exists = secret != NULL;
    entry->asked_at = asked_at;
    return entry;
}

static void note_shape_locked(const struct credentials *credentials)
{
    struct scram_secret secret;
    uint32_t total = 0;

    if (credentials->kind == USERS_SECRET_NONE) {
        return;
    }
    cache.seen[credentials->kind]++;
    for (size_t i = 0; i < SL_COUNT(cache.seen); i++) {
        total += cache.seen[i];
    }
    for (size_t i = 0; total > SEEN_MAX && i < SL_COUNT(cache.seen); i++) {
        cache.seen[i] = (cache.seen[i] + 1) / 2;
    }
    if (credentials->kind == USERS_SECRET_SCRAM &&
            scram_secret_parse(credentials->secret, &secret) == SL_OK) {
        cache.iterations = secret.iterations;
        explicit_bzero(&secret, sizeof secret);
    }
}

void auth_cache_put(const struct auth_cache_key *key, const char *secret, sl_usec asked_at)
{
    struct entry *fresh = entry_new(key, secret, asked_at);

    if (fresh == NULL) {
        auth_cache_drop(key);
        return;
    }
    pthread_mutex_lock(&cache.lock);
    /* Two logins of one user may both have asked: what was asked for later holds. */
    struct entry *old = find_locked(key);
    note_shape_locked(&fresh->credentials);
    if (old == NULL || old->asked_at <= asked_at) {
        if (old != NULL) {
            remove_locked(old);
        } else if (cache.map.count >= AUTH_CACHE_MAX) {
            remove_locked(SL_CONTAINER(cache.used.prev, struct entry, used));
        }
        if (sl_map_put(&cache.map, &fresh->node, key_hash(key)) == SL_OK) {
            sl_list_push(&cache.used, &fresh->used);
            fresh = NULL;
        }
    }
    pthread_mutex_unlock(&cache.lock);
    if (fresh != NULL) {
        entry_free(fresh);
    }
}

void auth_cache_drop(const struct auth_cache_key *key)
{
    pthread_mutex_lock(&cache.lock);
    struct entry *entry = find_locked(key);
    if (entry != NULL) {
        credentials_fini(&entry->credentials);
        entry->is_dropped = true;
        entry->asked_at = sl_now();
    }
    pthread_mutex_unlock(&cache.lock);
}

void auth_cache_clear(void)
{
    pthread_mutex_lock(&cache.lock);
    ready_locked();
    while (!sl_list_empty(&cache.used)) {
        remove_locked(SL_CONTAINER(cache.used.next, struct entry, used));
    }
    sl_map_fini(&cache.map);
    cache.is_ready = false;
    pthread_mutex_unlock(&cache.lock);
}

struct auth_shape auth_cache_shape(uint32_t draw)
{
    struct auth_shape shape = {.kind = USERS_SECRET_SCRAM};
    uint64_t total = 0;

    pthread_mutex_lock(&cache.lock);
    shape.iterations = cache.iterations;
    for (size_t i = 0; i < SL_COUNT(cache.seen); i++) {
        total += cache.seen[i];
    }
    uint64_t place = draw * total >> 32;
    for (size_t i = 0; total > 0 && i < SL_COUNT(cache.seen); i++) {
        if (place < cache.seen[i]) {
            shape.kind = (enum users_secret)i;
            break;
        }
        place -= cache.seen[i];
    }
    pthread_mutex_unlock(&cache.lock);
    return shape;
}
