/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel_keys.c - a map from (process id, beginning of the secret) to clients.
 */
#include "proxy/cancel_keys.h"

#include "protocol/base/hash.h"
#include "protocol/crypto.h"
#include "proxy/process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
    HOP_BYTE = 3, /* of the secret, where the count is */
    HOP_BITS = 3, /* its bits, all set in a new key */
    TRIES = 64    /* for a key nobody has; two in 2^45 are the same */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_map table; /* under lock */
static uint64_t seed;       /* constant after start */
static atomic_uint last_pid;

enum sl_err cancel_keys_start(uint32_t keys_max)
{
    pthread_mutex_lock(&lock);
    table.nodes_max = keys_max;
    pthread_mutex_unlock(&lock);
    return crypto_random(&seed, sizeof seed);
}

/* Of the part all keys have, without the count, which changes on the way. */
static uint64_t hash_of(uint32_t pid, const uint8_t *secret)
{
    uint8_t bytes[sizeof pid + CANCEL_KEY_SHORT];

    memcpy(bytes, &pid, sizeof pid);
    memcpy(bytes + sizeof pid, secret, CANCEL_KEY_SHORT);
    bytes[sizeof pid + HOP_BYTE] &= (uint8_t)~HOP_BITS;
    return sl_hash64_seed(sl_span(bytes, sizeof bytes), seed);
}

size_t cancel_key_secret(const struct cancel_key *key, uint8_t secret[CANCEL_KEY_LONG])
{
    if (!process_secret(key->serial, secret, key->key_len)) {
        return 0;
    }
    if (key->has_peer) {
        secret[HOP_BYTE] |= HOP_BITS;
    }
    return key->key_len;
}

/* asked is writable: a key of ours may come back with less of its count. */
static bool is_key(const struct cancel_key *key, uint32_t pid, const uint8_t *secret, size_t len)
{
    uint8_t asked[CANCEL_KEY_LONG];
    uint8_t ours[CANCEL_KEY_LONG];

    if (key->pid != pid || key->key_len != len) {
        return false;
    }
    memcpy(asked, secret, len);
    if (key->has_peer) {
        asked[HOP_BYTE] |= HOP_BITS;
    }
    bool is_same = cancel_key_secret(key, ours) == len && crypto_equal(ours, asked, len);
    crypto_wipe(asked, sizeof asked);
    crypto_wipe(ours, sizeof ours);
    return is_same;
}

static struct cancel_key *find_locked(
        uint64_t hash, uint32_t pid, const uint8_t *secret, size_t len)
{
    for (struct sl_map_node *n = sl_map_first(&table, hash); n != NULL; n = sl_map_next(n)) {
        struct cancel_key *known = SL_CONTAINER(n, struct cancel_key, node);
        if (is_key(known, pid, secret, len)) {
            return known;
        }
    }
    return NULL;
}

struct worker *cancel_key_find(uint32_t pid, struct sl_span secret, struct sl_id *client)
{
    struct worker *worker = NULL;

    if (secret.len != CANCEL_KEY_SHORT && secret.len != CANCEL_KEY_LONG) {
        return NULL;
    }
    uint64_t hash = hash_of(pid, secret.at);
    pthread_mutex_lock(&lock);
    const struct cancel_key *known = find_locked(hash, pid, secret.at, secret.len);
    if (known != NULL) {
        *client = known->client;
        worker = known->worker;
    }
    pthread_mutex_unlock(&lock);
    return worker;
}

static enum sl_err new_pid(int peer_id, uint32_t *pid)
{
    uint8_t random[2];

    if (peer_id == 0) {
        *pid = (atomic_fetch_add(&last_pid, 1) + 1) & 0x7fffffff;
        return SL_OK;
    }
    enum sl_err err = crypto_random(random, sizeof random);
    if (err == SL_OK) {
        *pid = (uint32_t)(random[0] & 0x7f) << 24 | ((uint32_t)peer_id & 0xff) << 16 |
               ((uint32_t)peer_id >> 8 & 0xff) << 8 | random[1];
    }
    return err;
}

/* False: there is that key already, by chance. */
static bool add_new(struct cancel_key *key, const uint8_t *secret, enum sl_err *err)
{
    uint64_t hash = hash_of(key->pid, secret);

    pthread_mutex_lock(&lock);
    bool is_new = find_locked(hash, key->pid, secret, key->key_len) == NULL;
    if (is_new) {
        *err = sl_map_put(&table, &key->node, hash);
        key->is_known = *err == SL_OK;
    }
    pthread_mutex_unlock(&lock);
    return is_new;
}

enum sl_err cancel_key_add(struct cancel_key *key, uint32_t pid, int peer_id, bool is_long)
{
    uint8_t secret[CANCEL_KEY_LONG];
    enum sl_err err = SL_OK;

    SL_DCHECK(!key->is_known);
    key->key_len = is_long ? CANCEL_KEY_LONG : CANCEL_KEY_SHORT;
    key->has_peer = peer_id != 0;
    key->pid = peer_id == 0 ? pid : 0;
    if (cancel_key_secret(key, secret) == 0) {
        return SL_ENOMEM;
    }
    for (int i = 0; i < TRIES && err == SL_OK; i++) {
        if (key->pid == 0) {
            err = new_pid(peer_id, &key->pid);
        }
        if (err == SL_OK && add_new(key, secret, &err)) {
            crypto_wipe(secret, sizeof secret);
            return err;
        }
        key->pid = 0;
    }
    crypto_wipe(secret, sizeof secret);
    return err == SL_OK ? SL_ELIMIT : err;
}

enum sl_err cancel_key_adopt(struct cancel_key *key, uint32_t pid, bool has_peer, bool is_long)
{
    uint8_t secret[CANCEL_KEY_LONG];
    enum sl_err err = SL_OK;

    SL_DCHECK(!key->is_known);
    key->key_len = is_long ? CANCEL_KEY_LONG : CANCEL_KEY_SHORT;
    key->has_peer = has_peer;
    key->pid = pid;
    if (cancel_key_secret(key, secret) == 0) {
        return SL_ENOMEM;
    }
    bool is_new = add_new(key, secret, &err);
    crypto_wipe(secret, sizeof secret);
    return is_new ? err : SL_ELIMIT;
}

uint32_t cancel_keys_last_pid(void)
{
    return atomic_load(&last_pid);
}

void cancel_keys_from(uint32_t pid)
{
    atomic_store(&last_pid, pid);
}

void cancel_key_remove(struct cancel_key *key)
{
    if (key->is_known) {
        pthread_mutex_lock(&lock);
        sl_map_remove(&table, &key->node);
        pthread_mutex_unlock(&lock);
        key->is_known = false;
    }
}

int cancel_key_peer(uint32_t pid)
{
    return (int)((pid >> 16 & 0xff) | (pid & 0xff00));
}

bool cancel_key_hop(uint8_t *secret, size_t len)
{
    if (len <= HOP_BYTE || (secret[HOP_BYTE] & HOP_BITS) == 0) {
        return false;
    }
    secret[HOP_BYTE]--;
    return true;
}
