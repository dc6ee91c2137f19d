/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/registry.c - three maps and three lists under one leaf lock. Items are
 * appended, and one that is taken out still points to the next: so walking the lists
 * from a known item needs the lock only for a step.
 */
#include "proxy/registry.h"

#include "protocol/base/hash.h"
#include "proxy/pool.h"
#include "proxy/process.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sl_map databases = {.nodes_max = REGISTRY_MAX}; /* these six under lock */
static struct sl_map users = {.nodes_max = REGISTRY_MAX};
static struct sl_map pools = {.nodes_max = REGISTRY_MAX};
static struct sl_list database_list = {&database_list, &database_list};
static struct sl_list user_list = {&user_list, &user_list};
static struct sl_list pool_list = {&pool_list, &pool_list};
static unsigned places;              /* under lock: indexes of databases ever given */
static unsigned spare[REGISTRY_MAX]; /* under lock: indexes to be given again */
static unsigned spares;              /* under lock */
static atomic_uint generation;       /* any thread */

static struct database *find_database(const char *name, uint64_t hash)
{
    for (struct sl_map_node *n = sl_map_first(&databases, hash); n != NULL; n = sl_map_next(n)) {
        struct database *database = SL_CONTAINER(n, struct database, node);
        if (strcmp(database->name, name) == 0) {
            return database;
        }
    }
    return NULL;
}

struct database *registry_find_database(const char *name)
{
    uint64_t hash = sl_hash64(sl_span_text(name));

    pthread_mutex_lock(&lock);
    struct database *found = find_database(name, hash);
    pthread_mutex_unlock(&lock);
    return found;
}

static struct database *add_database(const char *name, uint64_t hash)
{
    struct database *database = calloc(1, sizeof *database + strlen(name) + 1);

    if (database == NULL) {
        return NULL;
    }
    database->key = hash;
    memcpy(database->name, name, strlen(name) + 1);
    if (sl_map_put(&databases, &database->node, hash) != SL_OK) {
        free(database);
        return NULL;
    }
    database->index = spares > 0 ? spare[--spares] : places++;
    sl_list_append(&database_list, &database->link);
    return database;
}

struct database *registry_database(const char *name)
{
    uint64_t hash = sl_hash64(sl_span_text(name));

    pthread_mutex_lock(&lock);
    struct database *found = find_database(name, hash);
    if (found == NULL) {
        found = add_database(name, hash);
    }
    if (found != NULL) {
        atomic_fetch_add(&found->holders, 1);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static struct user *find_user(const char *name, uint64_t hash)
{
    for (struct sl_map_node *n = sl_map_first(&users, hash); n != NULL; n = sl_map_next(n)) {
        struct user *user = SL_CONTAINER(n, struct user, node);
        if (strcmp(user->name, name) == 0) {
            return user;
        }
    }
    return NULL;
}

struct user *registry_find_user(const char *name)
{
    uint64_t hash = sl_hash64(sl_span_text(name));

    pthread_mutex_lock(&lock);
    struct user *found = find_user(name, hash);
    pthread_mutex_unlock(&lock);
    return found;
}

static struct user *add_user(const char *name, uint64_t hash)
{
    struct user *user = calloc(1, sizeof *user + strlen(name) + 1);

    if (user == NULL) {
        return NULL;
    }
    user->key = hash;
    memcpy(user->name, name, strlen(name) + 1);
    if (sl_map_put(&users, &user->node, hash) != SL_OK) {
        free(user);
        return NULL;
    }
    sl_list_append(&user_list, &user->link);
    return user;
}

struct user *registry_user(const char *name)
{
    uint64_t hash = sl_hash64(sl_span_text(name));

    pthread_mutex_lock(&lock);
    struct user *found = find_user(name, hash);
    if (found == NULL) {
        found = add_user(name, hash);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

static struct pool *find_pool(
        const struct database *database, const struct user *user, uint64_t hash)
{
    for (struct sl_map_node *n = sl_map_first(&pools, hash); n != NULL; n = sl_map_next(n)) {
        struct pool *pool = SL_CONTAINER(n, struct pool, node);
        if (pool->database == database && pool->user == user) {
            return pool;
        }
    }
    return NULL;
}

static struct pool *add_pool(struct database *database, struct user *user, uint64_t hash)
{
    struct pool *pool = pool_new(database, user, process_workers());

    if (pool == NULL) {
        return NULL;
    }
    if (sl_map_put(&pools, &pool->node, hash) != SL_OK) {
        pool_free(pool);
        return NULL;
    }
    sl_list_append(&pool_list, &pool->link);
    atomic_fetch_add(&database->holders, 1);
    return pool;
}

struct pool *registry_pool(struct database *database, struct user *user)
{
    const void *key[2] = {database, user};
    uint64_t hash = sl_hash64(sl_span(key, sizeof key));

    pthread_mutex_lock(&lock);
    struct pool *found = find_pool(database, user, hash);
    if (found == NULL) {
        found = add_pool(database, user, hash);
    }
    if (found != NULL) {
        atomic_fetch_add(&found->holders, 1);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

/* ---- holding, and taking out ---- */

/* Under the lock, as is every step from none to one. */
static bool claim(atomic_int *holders)
{
    int none = 0;

    return atomic_compare_exchange_strong(holders, &none, REGISTRY_TAKEN_OUT);
}

/* Whoever has come to it goes on from it. */
static void unlink_from_list(struct sl_list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
}

bool registry_take_out_pool(struct pool *pool)
{
    pthread_mutex_lock(&lock);
    bool is_ours = claim(&pool->holders);
    if (is_ours) {
        sl_map_remove(&pools, &pool->node);
        unlink_from_list(&pool->link);
        stats_read(pool->stats, process_workers(), &pool->database->retired);
        registry_let_go(&pool->database->holders);
    }
    pthread_mutex_unlock(&lock);
    return is_ours;
}

bool registry_take_out_database(struct database *database)
{
    pthread_mutex_lock(&lock);
    bool is_ours = claim(&database->holders);
    if (is_ours) {
        sl_map_remove(&databases, &database->node);
        unlink_from_list(&database->link);
    }
    pthread_mutex_unlock(&lock);
    return is_ours;
}

void registry_free_database(struct database *database)
{
    catalogs_forget(database);
    pthread_mutex_lock(&lock);
    if (spares < REGISTRY_MAX) {
        spare[spares++] = database->index;
    }
    pthread_mutex_unlock(&lock);
    free(database);
}

unsigned registry_generation(void)
{
    return atomic_load(&generation);
}

void registry_next_generation(void)
{
    atomic_fetch_add(&generation, 1);
}

unsigned registry_database_places(void)
{
    pthread_mutex_lock(&lock);
    unsigned count = places;
    pthread_mutex_unlock(&lock);
    return count;
}

void registry_add_retired(const struct database *database, struct stats_totals *sum)
{
    pthread_mutex_lock(&lock);
    for (int c = 0; c < STATS_COUNT; c++) {
        sum->counters[c] += database->retired.counters[c];
    }
    pthread_mutex_unlock(&lock);
}

/* ---- walking ---- */

/* The item after previous in head's list, or NULL. */
static struct sl_list *next_of(struct sl_list *head, const struct sl_list *previous)
{
    pthread_mutex_lock(&lock);
    struct sl_list *next = previous == NULL ? head->next : previous->next;
    pthread_mutex_unlock(&lock);
    return next == head ? NULL : next;
}

struct database *registry_next_database(const struct database *previous)
{
    struct sl_list *next = next_of(&database_list, previous == NULL ? NULL : &previous->link);
    return next == NULL ? NULL : SL_CONTAINER(next, struct database, link);
}

struct user *registry_next_user(const struct user *previous)
{
    struct sl_list *next = next_of(&user_list, previous == NULL ? NULL : &previous->link);
    return next == NULL ? NULL : SL_CONTAINER(next, struct user, link);
}

struct pool *registry_next_pool(const struct pool *previous)
{
    struct sl_list *next = next_of(&pool_list, previous == NULL ? NULL : &previous->link);
    return next == NULL ? NULL : SL_CONTAINER(next, struct pool, link);
}

void registry_fini(void)
{
    struct sl_list *item;

    sl_map_fini(&databases);
    sl_map_fini(&users);
    sl_map_fini(&pools);
    while ((item = sl_list_pop(&pool_list)) != NULL) {
        pool_free(SL_CONTAINER(item, struct pool, link));
    }
    while ((item = sl_list_pop(&user_list)) != NULL) {
        free(SL_CONTAINER(item, struct user, link));
    }
    while ((item = sl_list_pop(&database_list)) != NULL) {
        struct database *database = SL_CONTAINER(item, struct database, link);
        catalogs_forget(database);
        free(database);
    }
}
