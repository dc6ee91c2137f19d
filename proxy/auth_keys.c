/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_keys.c - two maps under one lock: of passwords that are right, and of guesses.
 */
#include "proxy/auth_keys.h"

#include "protocol/base/buf.h"
#include "protocol/base/list.h"
#include "protocol/base/map.h"
#include "protocol/crypto.h"
#include "protocol/scram.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)AUTH_KEYS_SALT_MAX == (int)SCRAM_SALT_MAX, "whatever SCRAM may salt with");
_Static_assert((int)CREDENTIALS_KEY_BYTES == (int)SCRAM_KEY_BYTES, "one kind of key");

struct entry {
    struct sl_map_node node;
    struct sl_list used;
    uint8_t name[CRYPTO_SHA256_BYTES];
    struct auth_keys keys;
};

struct shelf {
    struct sl_map map;
    struct sl_list used; /* the one asked for last in front */
};

static struct {
    pthread_mutex_t lock;
    bool is_ready;                           /* under LOCK, as all below */
    uint8_t naming_key[CRYPTO_SHA256_BYTES]; /* random: names tell nothing about passwords */
    struct shelf right;
    struct shelf guessed;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool ready_locked(void)
{
    if (!cache.is_ready) {
        if (crypto_random(cache.naming_key, sizeof cache.naming_key) != SL_OK) {
            return false;
        }
        sl_map_init(&cache.right.map, AUTH_KEYS_MAX);
        sl_list_init(&cache.right.used);
        sl_map_init(&cache.guessed.map, AUTH_KEYS_GUESS_MAX);
        sl_list_init(&cache.guessed.used);
        cache.is_ready = true;
    }
    return true;
}

static bool naming_key(uint8_t key[static CRYPTO_SHA256_BYTES])
{
    pthread_mutex_lock(&cache.lock);
    bool is_ready = ready_locked();
    if (is_ready) {
        memcpy(key, cache.naming_key, CRYPTO_SHA256_BYTES);
    }
    pthread_mutex_unlock(&cache.lock);
    return is_ready;
}

/* What stands for password, salt and iterations. */
static bool job_name(const struct auth_keys_job *job, uint8_t name[static CRYPTO_SHA256_BYTES])
{
    uint8_t key[CRYPTO_SHA256_BYTES];
    uint8_t of_password[CRYPTO_SHA256_BYTES];
    uint8_t rest[AUTH_KEYS_SALT_MAX + 4];
    bool is_named;

    memcpy(rest, job->salt, job->salt_len);
    sl_set_u32(rest + job->salt_len, job->iterations);
    is_named = naming_key(key) &&
               crypto_hmac_sha256(sl_span(key, sizeof key), sl_span_text(job->password),
                       of_password) == SL_OK &&
               crypto_hmac_sha256(sl_span(of_password, sizeof of_password),
                       sl_span(rest, job->salt_len + 4), name) == SL_OK;
    explicit_bzero(key, sizeof key);
    explicit_bzero(of_password, sizeof of_password);
    return is_named;
}

static uint64_t name_hash(const uint8_t *name)
{
    return (uint64_t)sl_get_u32(name) << 32 | sl_get_u32(name + 4);
}

static struct shelf *shelf_of(const struct auth_keys_job *job)
{
    return job->is_guess ? &cache.guessed : &cache.right;
}

static struct entry *find_locked(struct shelf *shelf, const uint8_t *name)
{
    struct sl_map_node *node = sl_map_first(&shelf->map, name_hash(name));

    for (; node != NULL; node = sl_map_next(node)) {
        struct entry *entry = SL_CONTAINER(node, struct entry, node);
        if (crypto_equal(entry->name, name, sizeof entry->name)) {
            return entry;
        }
    }
    return NULL;
}

static void entry_free(struct entry *entry)
{
    explicit_bzero(entry, sizeof *entry);
    free(entry);
}

static void remove_locked(struct shelf *shelf, struct entry *entry)
{
    sl_map_remove(&shelf->map, &entry->node);
    sl_list_remove(&entry->used);
    entry_free(entry);
}

static void keep(const struct auth_keys_job *job)
{
    uint8_t name[CRYPTO_SHA256_BYTES];
    struct entry *fresh = job_name(job, name) ? calloc(1, sizeof *fresh) : NULL;

    if (fresh == NULL) {
        return;
    }
    memcpy(fresh->name, name, sizeof fresh->name);
    fresh->keys = job->keys;

    pthread_mutex_lock(&cache.lock);
    struct shelf *shelf = shelf_of(job);
    if (!ready_locked() || find_locked(shelf, name) != NULL) {
        entry_free(fresh); /* another login was faster */
    } else {
        if (shelf->map.count >= shelf->map.nodes_max) {
            SL_DCHECK(!sl_list_empty(&shelf->used));
            remove_locked(shelf, SL_CONTAINER(shelf->used.prev, struct entry, used));
        }
        if (sl_map_put(&shelf->map, &fresh->node, name_hash(name)) == SL_OK) {
            sl_list_push(&shelf->used, &fresh->used);
        } else {
            entry_free(fresh);
        }
    }
    pthread_mutex_unlock(&cache.lock);
}

enum sl_err auth_keys_job_init(
        struct auth_keys_job *job, const char *password, struct sl_span salt, uint32_t iterations)
{
    if (salt.len > AUTH_KEYS_SALT_MAX || iterations == 0 || iterations > AUTH_KEYS_ITERATIONS_MAX) {
        return SL_ELIMIT;
    }
    char *copy = strdup(password);
    if (copy == NULL) {
        return SL_ENOMEM;
    }
    *job = (struct auth_keys_job){.password = copy, .salt_len = salt.len, .iterations = iterations};
    memcpy(job->salt, salt.at, salt.len);
    return SL_OK;
}

void auth_keys_job_fini(struct auth_keys_job *job)
{
    if (job->password != NULL) {
        explicit_bzero(job->password, strlen(job->password));
        free(job->password);
    }
    explicit_bzero(job, sizeof *job);
}

bool auth_keys_find(struct auth_keys_job *job)
{
    uint8_t name[CRYPTO_SHA256_BYTES];

    if (!job_name(job, name)) {
        return false;
    }
    pthread_mutex_lock(&cache.lock);
    struct shelf *shelf = shelf_of(job);
    struct entry *entry = ready_locked() ? find_locked(shelf, name) : NULL;
    if (entry != NULL) {
        sl_list_remove(&entry->used);
        sl_list_push(&shelf->used, &entry->used);
        job->keys = entry->keys;
        job->err = SL_OK;
    }
    pthread_mutex_unlock(&cache.lock);
    return entry != NULL;
}

/* On a crypto thread. */
static void derive(struct job *base)
{
    struct auth_keys_job *job = SL_CONTAINER(base, struct auth_keys_job, job);

    /* Of many logins that begin at once, all but the first ones find it done. */
    if (!job->is_dummy && auth_keys_find(job)) {
        return;
    }
    job->err = scram_derive_keys(sl_span_text(job->password), sl_span(job->salt, job->salt_len),
            job->iterations, job->keys.client_key, job->keys.server_key);
    if (job->err == SL_OK && !job->is_dummy) {
        keep(job);
    }
}

enum sl_err auth_keys_submit(struct auth_keys_job *job, struct mailbox *home,
        void (*done)(struct job *job, struct worker *worker))
{
    job->job.run = derive;
    job->job.done = done;
    job->job.home = home;
    return jobs_submit(&job->job);
}

static void clear_locked(struct shelf *shelf)
{
    while (!sl_list_empty(&shelf->used)) {
        remove_locked(shelf, SL_CONTAINER(shelf->used.next, struct entry, used));
    }
    sl_map_fini(&shelf->map);
}

void auth_keys_clear(void)
{
    pthread_mutex_lock(&cache.lock);
    if (cache.is_ready) {
        clear_locked(&cache.right);
        clear_locked(&cache.guessed);
        explicit_bzero(cache.naming_key, sizeof cache.naming_key);
        cache.is_ready = false;
    }
    pthread_mutex_unlock(&cache.lock);
}
