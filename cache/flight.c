/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/flight.c - leaders by their keys, in stripes that are a lock and a list each.
 *
 * A waiter that is on a list may leave. flight_end() takes waiters off, some at a time, under the
 * lock: from then on they are to be woken (waiting.prev is NULL), and their owners wait for that.
 */
#include "cache/flight.h"

#include <pthread.h>
#include <stdlib.h>

enum { STRIPES = 1024, BATCH = 64 /* waiters for which a lock is held */ };

struct stripe {
    _Alignas(64) pthread_mutex_t lock; /* of what follows */
    struct sl_list leaders;
    struct flight_counts counts; /* but for now */
};

struct flights {
    const struct tags *tags; /* constant */
    struct stripe *stripes;  /* constant: where they are */
    atomic_uint now;         /* any thread */
};

struct flights *flights_new(const struct tags *tags)
{
    struct flights *flights = malloc(sizeof(*flights));

    if (flights == NULL) {
        return NULL;
    }
    *flights = (struct flights){.tags = tags};
    flights->stripes = aligned_alloc(_Alignof(struct stripe), STRIPES * sizeof(struct stripe));
    if (flights->stripes == NULL) {
        free(flights);
        return NULL;
    }
    for (unsigned i = 0; i < STRIPES; i++) {
        struct stripe *stripe = &flights->stripes[i];
        *stripe = (struct stripe){.counts = {0}};
        pthread_mutex_init(&stripe->lock, NULL);
        sl_list_init(&stripe->leaders);
    }
    return flights;
}

void flights_free(struct flights *flights)
{
    if (flights == NULL) {
        return;
    }
    SL_CHECK(atomic_load(&flights->now) == 0);
    for (unsigned i = 0; i < STRIPES; i++) {
        pthread_mutex_destroy(&flights->stripes[i].lock);
    }
    free(flights->stripes);
    free(flights);
}

static struct stripe *stripe_of(const struct flights *flights, struct sl_hash128 key)
{
    return &flights->stripes[key.hi % STRIPES];
}

static bool is_same(struct sl_hash128 a, struct sl_hash128 b)
{
    return a.lo == b.lo && a.hi == b.hi;
}

static struct flight_leader *find(struct stripe *stripe, struct sl_hash128 key)
{
    SL_LIST_EACH (it, &stripe->leaders) {
        struct flight_leader *leader = SL_CONTAINER(it, struct flight_leader, stripe);
        if (is_same(leader->key, key)) {
            return leader;
        }
    }
    return NULL;
}

/* ---- begin ---- */

static bool has_place(struct flights *flights)
{
    if (atomic_fetch_add_explicit(&flights->now, 1, memory_order_relaxed) < FLIGHT_KEYS_MAX) {
        return true;
    }
    atomic_fetch_sub_explicit(&flights->now, 1, memory_order_relaxed);
    return false;
}

static enum flight_result lead(
        struct flights *flights, struct stripe *stripe, struct flight_leader *leader)
{
    if (!has_place(flights)) {
        return FLIGHT_FULL;
    }
    leader->waiters = 0;
    sl_list_init(&leader->waiting);
    sl_list_push(&stripe->leaders, &leader->stripe);
    return FLIGHT_LEADS;
}

/* Nothing has changed since the leader's clock, as far as one can tell. */
static bool is_worth_waiting_for(const struct flight_leader *leader, const struct tags *tags)
{
    for (unsigned i = 0; i < leader->tags_count; i++) {
        if (!tags_is_since(tags_word(tags, leader->tags[i]), leader->clock)) {
            return false;
        }
    }
    return true;
}

static enum flight_result wait_for(
        struct flights *flights, struct flight_leader *leader, struct flight_waiter *waiter)
{
    if (waiter == NULL || leader->waiters == FLIGHT_WAITERS_MAX ||
            !is_worth_waiting_for(leader, flights->tags)) {
        return FLIGHT_FULL;
    }
    leader->waiters++;
    waiter->key = leader->key;
    waiter->leader = leader;
    sl_list_append(&leader->waiting, &waiter->waiting);
    return FLIGHT_WAITS;
}

enum flight_result flight_begin(
        struct flights *flights, struct flight_leader *leader, struct flight_waiter *waiter)
{
    struct stripe *stripe = stripe_of(flights, leader->key);

    SL_CHECK(leader->tags_count <= FLIGHT_TAGS_MAX);
    pthread_mutex_lock(&stripe->lock);
    struct flight_leader *other = find(stripe, leader->key);
    enum flight_result result =
            other == NULL ? lead(flights, stripe, leader) : wait_for(flights, other, waiter);
    stripe->counts.led += result == FLIGHT_LEADS;
    stripe->counts.waited += result == FLIGHT_WAITS;
    stripe->counts.full += result == FLIGHT_FULL;
    pthread_mutex_unlock(&stripe->lock);
    return result;
}

/* ---- end ---- */

static struct flight_waiter *waiter_of(struct sl_list *link)
{
    return SL_CONTAINER(link, struct flight_waiter, waiting);
}

static unsigned take_waiters(struct flight_leader *leader, struct flight_waiter *batch[BATCH])
{
    unsigned count = 0;

    while (count < BATCH && !sl_list_empty(&leader->waiting)) {
        struct sl_list *link = sl_list_pop(&leader->waiting);
        link->prev = NULL;
        batch[count++] = waiter_of(link);
    }
    leader->waiters -= count;
    return count;
}

void flight_end(struct flights *flights, struct flight_leader *leader, struct entry *entry)
{
    struct stripe *stripe = stripe_of(flights, leader->key);
    struct flight_waiter *batch[BATCH];
    unsigned count = BATCH;

    pthread_mutex_lock(&stripe->lock);
    SL_CHECK(find(stripe, leader->key) == leader);
    sl_list_remove(&leader->stripe);
    pthread_mutex_unlock(&stripe->lock);
    atomic_fetch_sub_explicit(&flights->now, 1, memory_order_relaxed);
    if (entry != NULL && !entry_is_fresh(entry, flights->tags)) {
        entry = NULL; /* from here on nobody joins: whoever waits came before */
    }
    while (count == BATCH) {
        pthread_mutex_lock(&stripe->lock);
        count = take_waiters(leader, batch);
        stripe->counts.served += entry == NULL ? 0 : count;
        pthread_mutex_unlock(&stripe->lock);
        for (unsigned i = 0; i < count; i++) {
            batch[i]->wake(batch[i], entry == NULL ? NULL : entry_ref(entry));
        }
    }
}

bool flight_leave(struct flights *flights, struct flight_waiter *waiter)
{
    struct stripe *stripe = stripe_of(flights, waiter->key);

    pthread_mutex_lock(&stripe->lock);
    bool waits = waiter->waiting.prev != NULL;
    if (waits) {
        sl_list_remove(&waiter->waiting);
        waiter->leader->waiters--;
        stripe->counts.left++;
        waiter->waiting.prev = NULL; /* again: false */
    }
    pthread_mutex_unlock(&stripe->lock);
    return waits;
}

void flights_counts(const struct flights *flights, struct flight_counts *counts)
{
    *counts = (struct flight_counts){.now = atomic_load(&flights->now)};
    for (unsigned i = 0; i < STRIPES; i++) {
        struct stripe *stripe = &flights->stripes[i];
        pthread_mutex_lock(&stripe->lock);
        counts->led += stripe->counts.led;
        counts->waited += stripe->counts.waited;
        counts->served += stripe->counts.served;
        counts->left += stripe->counts.left;
        counts->full += stripe->counts.full;
        pthread_mutex_unlock(&stripe->lock);
    }
}
