/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/process.h"

#include "conf/conf.h"
#include "protocol/crypto.h"
#include "proxy/auth_keys.h"
#include "proxy/caching.h"
#include "proxy/cancel_keys.h"
#include "proxy/jobs.h"
#include "proxy/peer.h"
#include "proxy/pool.h"
#include "proxy/prepared.h"
#include "proxy/reaper.h"
#include "proxy/registry.h"
#include "proxy/statistics.h"
#include "proxy/tls.h"
#include "proxy/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    pthread_mutex_t lock;
    const struct conf *conf;          /* under lock */
    struct tls_context *from_clients; /* under lock */
    struct tls_context *to_servers;   /* under lock */
    struct worker *workers;           /* constant after start */
    unsigned workers_count;           /* constant after start */
    process_stages *stages;           /* constant after start */
    uint8_t key[PROCESS_KEY_BYTES];   /* constant after start */
    bool has_key;                     /* constant after start: another process's */
    uint32_t number;                  /* constant after start: random */
    sl_usec started_at;               /* constant after start */
    atomic_bool is_paused;            /* any thread */
    atomic_bool is_suspended;         /* any thread */
    atomic_bool is_leaving;           /* any thread */
    atomic_int shutdown;              /* any thread */
    atomic_int clients;               /* any thread */
    _Atomic uint64_t serial;          /* any thread */
};

static struct process self = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* A reload on its way to one worker. */
struct conf_letter {
    struct letter letter;
    const struct conf *conf;
    struct conf_letter *next;
};

static unsigned workers_wanted(const struct conf *conf)
{
    long wanted = conf->workers;

    if (wanted <= 0) {
        wanted = sysconf(_SC_NPROCESSORS_ONLN);
    }
    return wanted < 1 ? 1 : wanted > WORKERS_MAX ? WORKERS_MAX : (unsigned)wanted;
}

static enum sl_err make_contexts(const struct conf *conf, struct tls_context **from_clients,
        struct tls_context **to_servers, struct sl_error *error)
{
    *from_clients = NULL;
    *to_servers = NULL;
    enum sl_err err = tls_context_new(conf, TLS_FROM_CLIENTS, from_clients, error);
    if (err == SL_OK) {
        err = tls_context_new(conf, TLS_TO_SERVERS, to_servers, error);
    }
    if (err != SL_OK) {
        tls_context_unref(*from_clients);
        *from_clients = NULL;
    }
    return err;
}

enum sl_err process_start(const struct conf *conf, process_stages *stages, struct sl_error *error)
{
    enum sl_err err = make_contexts(conf, &self.from_clients, &self.to_servers, error);

    if (err != SL_OK) {
        return err;
    }
    if ((!self.has_key && crypto_random(self.key, sizeof self.key) != SL_OK) ||
            crypto_random(&self.number, sizeof self.number) != SL_OK ||
            cancel_keys_start(WORKERS_MAX * (uint32_t)WORKER_CLIENTS_MAX) != SL_OK) {
        return sl_error_set(error, SL_EIO, "58000", "no random numbers");
    }
    self.conf = conf;
    self.stages = stages;
    self.started_at = sl_wall_now();
    self.workers_count = workers_wanted(conf);
    self.workers = calloc(self.workers_count, sizeof *self.workers);
    if (self.workers == NULL) {
        return sl_error_set(error, SL_ENOMEM, "53200", "out of memory");
    }
    prepared_limit((size_t)conf->prepared_statements_bytes);
    err = statistics_start(conf, error);
    if (err == SL_OK) {
        err = caching_start(conf, error);
    }
    if (err != SL_OK) {
        self.workers_count = 0;
        return err;
    }
    for (unsigned i = 0; i < self.workers_count; i++) {
        err = worker_start(&self.workers[i], i, stages);
        if (err != SL_OK) {
            self.workers_count = i;
            return sl_error_set(error, err, "53000", "could not start worker %u", i);
        }
    }
    return SL_OK;
}

void process_stop(void)
{
    caching_rest();
    for (unsigned i = 0; i < self.workers_count; i++) {
        worker_stop(&self.workers[i]);
    }
    for (unsigned i = 0; i < self.workers_count; i++) {
        worker_join(&self.workers[i]);
    }
    jobs_stop(); /* what is done by now is delivered by worker_fini(), nothing comes later */
    for (unsigned i = 0; i < self.workers_count; i++) {
        worker_fini(&self.workers[i]);
    }
    caching_stop();
    statistics_stop();
    reaper_fini();
    registry_fini();
    peer_fini();
    auth_keys_clear();
    tls_context_unref(self.from_clients);
    tls_context_unref(self.to_servers);
    conf_unref(self.conf);
    free(self.workers);
    self.workers = NULL;
    self.workers_count = 0;
}

unsigned process_workers(void)
{
    return self.workers_count;
}

struct worker *process_worker(unsigned index)
{
    SL_CHECK(index < self.workers_count);
    return &self.workers[index];
}

struct worker *process_least_loaded(void)
{
    struct worker *best = &self.workers[0];

    for (unsigned i = 1; i < self.workers_count; i++) {
        if (atomic_load_explicit(&self.workers[i].clients_count, memory_order_relaxed) <
                atomic_load_explicit(&best->clients_count, memory_order_relaxed)) {
            best = &self.workers[i];
        }
    }
    return best;
}

const struct conf *process_conf(void)
{
    pthread_mutex_lock(&self.lock);
    const struct conf *conf = conf_ref(self.conf);
    pthread_mutex_unlock(&self.lock);
    return conf;
}

static void deliver_conf(struct letter *letter, struct worker *worker)
{
    struct conf_letter *mine = SL_CONTAINER(letter, struct conf_letter, letter);

    worker_set_conf(worker, mine->conf);
    free(mine);
}

static void drop_letters(struct conf_letter *first)
{
    struct conf_letter *letter;

    while ((letter = first) != NULL) {
        first = letter->next;
        conf_unref(letter->conf);
        free(letter);
    }
}

/* One for each worker, in a chain. */
static enum sl_err make_letters(const struct conf *conf, struct conf_letter **first)
{
    *first = NULL;
    for (unsigned i = 0; i < self.workers_count; i++) {
        struct conf_letter *letter = malloc(sizeof *letter);
        if (letter == NULL) {
            drop_letters(*first);
            return SL_ENOMEM;
        }
        *letter = (struct conf_letter){
                .letter.deliver = deliver_conf, .conf = conf_ref(conf), .next = *first};
        *first = letter;
    }
    return SL_OK;
}

static enum sl_err exchange_conf(const struct conf *conf, struct sl_error *error)
{
    struct tls_context *from_clients;
    struct tls_context *to_servers;
    enum sl_err err = make_contexts(conf, &from_clients, &to_servers, error);

    if (err != SL_OK) {
        return err;
    }
    pthread_mutex_lock(&self.lock);
    const struct conf *old = self.conf;
    struct tls_context *old_from = self.from_clients;
    struct tls_context *old_to = self.to_servers;
    self.conf = conf;
    self.from_clients = from_clients;
    self.to_servers = to_servers;
    pthread_mutex_unlock(&self.lock);
    tls_context_unref(old_from);
    tls_context_unref(old_to);
    conf_unref(old);
    return SL_OK;
}

enum sl_err process_set_conf(const struct conf *conf, struct sl_error *error)
{
    struct conf_letter *first;
    enum sl_err err = make_letters(conf, &first);

    if (err != SL_OK) {
        return sl_error_set(error, err, "53200", "out of memory");
    }
    err = exchange_conf(conf, error);
    if (err != SL_OK) {
        drop_letters(first);
        return err; /* the old one stays in force, all of it */
    }
    prepared_limit((size_t)conf->prepared_statements_bytes);
    for (struct pool *p = registry_next_pool(NULL); p != NULL; p = registry_next_pool(p)) {
        pool_configure(p, conf);
    }
    for (unsigned i = 0; first != NULL; i++) { /* a letter a worker */
        struct conf_letter *letter = first;
        first = letter->next;
        mailbox_post(&self.workers[i].mailbox, &letter->letter);
    }
    return SL_OK;
}

static struct tls_context *take_context(struct tls_context *const *which)
{
    pthread_mutex_lock(&self.lock);
    struct tls_context *context = *which == NULL ? NULL : tls_context_ref(*which);
    pthread_mutex_unlock(&self.lock);
    return context;
}

struct tls_context *process_tls_from_clients(void)
{
    return take_context(&self.from_clients);
}

struct tls_context *process_tls_to_servers(void)
{
    return take_context(&self.to_servers);
}

bool process_is_paused(void)
{
    return atomic_load_explicit(&self.is_paused, memory_order_relaxed) || process_is_suspended();
}

void process_set_paused(bool paused)
{
    atomic_store(&self.is_paused, paused);
    worker_tend_pools();
}

bool process_is_suspended(void)
{
    return atomic_load_explicit(&self.is_suspended, memory_order_relaxed);
}

void process_set_suspended(bool suspended)
{
    atomic_store(&self.is_suspended, suspended);
}

bool process_is_leaving(void)
{
    return atomic_load_explicit(&self.is_leaving, memory_order_relaxed);
}

void process_set_leaving(bool leaving)
{
    if (!leaving) {
        caching_stay(); /* before anything is answered again */
    }
    atomic_store(&self.is_leaving, leaving);
    worker_tend_pools();
}

enum process_shutdown process_shutdown(void)
{
    return (enum process_shutdown)atomic_load_explicit(&self.shutdown, memory_order_relaxed);
}

void process_set_shutdown(enum process_shutdown how)
{
    atomic_store(&self.shutdown, (int)how);
    worker_tend_pools();
}

bool process_add_client(int clients_max)
{
    if (atomic_fetch_add(&self.clients, 1) >= clients_max) {
        atomic_fetch_sub(&self.clients, 1);
        return false;
    }
    return true;
}

void process_drop_client(void)
{
    atomic_fetch_sub(&self.clients, 1);
}

int process_clients(void)
{
    return atomic_load(&self.clients);
}

uint32_t process_number(void)
{
    return self.number;
}

uint64_t process_next_serial(void)
{
    return atomic_fetch_add(&self.serial, 1) + 1;
}

uint64_t process_last_serial(void)
{
    return atomic_load(&self.serial);
}

void process_key(uint8_t key[PROCESS_KEY_BYTES])
{
    memcpy(key, self.key, PROCESS_KEY_BYTES);
}

void process_inherit(const uint8_t key[PROCESS_KEY_BYTES], uint64_t serial)
{
    memcpy(self.key, key, PROCESS_KEY_BYTES);
    self.has_key = true;
    atomic_store(&self.serial, serial);
}

sl_usec process_started_at(void)
{
    return self.started_at;
}

bool process_secret(uint64_t serial, uint8_t *secret, size_t len)
{
    uint8_t mac[32];

    SL_CHECK(len <= sizeof mac);
    if (crypto_hmac_sha256(sl_span(self.key, sizeof self.key), sl_span(&serial, sizeof serial),
                mac) != SL_OK) {
        return false;
    }
    memcpy(secret, mac, len);
    return true;
}
