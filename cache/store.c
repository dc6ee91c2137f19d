/* SPDX-License-Identifier: PostgreSQL */
/* cache/store.c - stripes and their locks; nothing is freed and nobody called under one. */
#include "cache/store.h"

#include "cache/store_stripe.h"

#include <stdlib.h>

enum {
    BYTES_MIN = 1 << 20,
    STRIPE_BYTES = 4 << 20, /* the longest answer should be a small part of it */
    STRIPES_MAX = 256,
    BATCH = 64 /* entries for which a lock is held */
};

struct store {
    struct store_stripe *stripes; /* constant */
    unsigned stripes_count;       /* constant; a power of two */
    atomic_size_t tight_from;     /* any thread: bytes */
    struct store_total total;
};

static size_t overhead_of(unsigned stripes_count)
{
    return sizeof(struct store) + stripes_count * sizeof(struct store_stripe);
}

static size_t share_of(size_t bytes_max, unsigned stripes_count)
{
    size_t overhead = overhead_of(stripes_count);

    bytes_max = bytes_max < BYTES_MIN ? BYTES_MIN : bytes_max;
    return bytes_max < overhead ? 0 : (bytes_max - overhead) / stripes_count;
}

static size_t tight_from(size_t bytes_max)
{
    bytes_max = bytes_max < BYTES_MIN ? BYTES_MIN : bytes_max;
    return bytes_max / STORE_TIGHT_DEN * STORE_TIGHT_NUM;
}

static unsigned stripes_for(size_t bytes_max)
{
    unsigned stripes = 1;

    while (stripes < STRIPES_MAX && bytes_max / 2 / stripes >= STRIPE_BYTES) {
        stripes *= 2;
    }
    return stripes;
}

static struct store_stripe *stripe_of(const struct store *store, struct sl_hash128 key)
{
    return &store->stripes[(unsigned)key.hi & (store->stripes_count - 1)];
}

/* ---- life ---- */

struct store *store_new(const struct store_limits *limits, const struct tags *tags)
{
    const unsigned stripes =
            limits->stripes != 0 ? limits->stripes : stripes_for(limits->bytes_max);
    struct store *store = NULL;

    SL_CHECK((stripes & (stripes - 1)) == 0);
    store = aligned_alloc(_Alignof(struct store), sizeof(*store));
    if (store == NULL) {
        return NULL;
    }
    *store = (struct store){.stripes_count = stripes};
    atomic_init(&store->tight_from, tight_from(limits->bytes_max));
    store->stripes =
            aligned_alloc(_Alignof(struct store_stripe), stripes * sizeof(*store->stripes));
    if (store->stripes == NULL) {
        free(store);
        return NULL;
    }
    atomic_init(&store->total.bytes, overhead_of(stripes));
    atomic_init(&store->total.bytes_peak, overhead_of(stripes));
    for (unsigned i = 0; i < stripes; i++) {
        store_stripe_init(
                &store->stripes[i], tags, &store->total, share_of(limits->bytes_max, stripes));
    }
    return store;
}

static bool is_any(void *self, const struct entry *entry)
{
    (void)self;
    (void)entry;
    return true;
}

void store_free(struct store *store)
{
    if (store == NULL) {
        return;
    }
    store_drop_if(store, is_any, NULL);
    for (unsigned i = 0; i < store->stripes_count; i++) {
        store_stripe_fini(&store->stripes[i]);
    }
    free(store->stripes);
    free(store);
}

/* ---- one entry ---- */

enum store_result store_find(
        struct store *store, struct sl_hash128 key, sl_usec now, struct entry **entry)
{
    struct store_stripe *stripe = stripe_of(store, key);
    struct sl_list victims;

    sl_list_init(&victims);
    pthread_mutex_lock(&stripe->lock);
    enum store_result result = store_stripe_find(stripe, key, now, entry, &victims);
    pthread_mutex_unlock(&stripe->lock);
    store_bury(&victims);
    return result;
}

enum store_result store_peek(
        struct store *store, struct sl_hash128 key, sl_usec now, struct entry **entry)
{
    struct store_stripe *stripe = stripe_of(store, key);

    pthread_mutex_lock(&stripe->lock);
    enum store_result result = store_stripe_look(stripe, key, now, entry);
    if (result == STORE_HIT) {
        entry_ref(*entry);
    } else {
        *entry = NULL;
    }
    pthread_mutex_unlock(&stripe->lock);
    return result;
}

enum sl_err store_put(struct store *store, struct entry *entry)
{
    struct store_stripe *stripe = stripe_of(store, entry->key);
    struct sl_list victims;

    sl_list_init(&victims);
    pthread_mutex_lock(&stripe->lock);
    enum sl_err err = store_stripe_put(stripe, entry, &victims);
    pthread_mutex_unlock(&stripe->lock);
    store_bury(&victims);
    if (err != SL_OK) {
        entry_unref(entry);
    }
    return err;
}

static bool drop(struct store *store, struct sl_hash128 key, const struct entry *entry)
{
    struct store_stripe *stripe = stripe_of(store, key);
    struct sl_list victims;

    sl_list_init(&victims);
    pthread_mutex_lock(&stripe->lock);
    bool is_gone = store_stripe_drop(stripe, key, entry, &victims);
    pthread_mutex_unlock(&stripe->lock);
    store_bury(&victims);
    return is_gone;
}

void store_drop(struct store *store, struct sl_hash128 key)
{
    (void)drop(store, key, NULL);
}

bool store_drop_entry(struct store *store, const struct entry *entry)
{
    return drop(store, entry->key, entry);
}

bool store_pin(struct store *store, const struct entry *entry, bool is_pinned)
{
    struct store_stripe *stripe = stripe_of(store, entry->key);

    pthread_mutex_lock(&stripe->lock);
    bool is_there = store_stripe_pin(stripe, entry, is_pinned);
    pthread_mutex_unlock(&stripe->lock);
    return is_there;
}

/* ---- all entries ---- */

static unsigned next_some(struct store_stripe *stripe, struct store_walk *walk,
        struct entry **batch, unsigned batch_max)
{
    pthread_mutex_lock(&stripe->lock);
    unsigned count = store_stripe_walk(stripe, walk, batch, batch_max);
    for (unsigned i = 0; i < count; i++) {
        entry_ref(batch[i]);
    }
    pthread_mutex_unlock(&stripe->lock);
    return count;
}

struct store_reader {
    struct store *store;
    unsigned stripe;
    struct store_walk walk;
};

struct store_reader *store_reader_new(struct store *store)
{
    struct store_reader *reader = calloc(1, sizeof *reader);

    if (reader != NULL) {
        reader->store = store;
    }
    return reader;
}

unsigned store_reader_next(
        struct store_reader *reader, struct entry **entries, unsigned entries_max)
{
    const struct store *store = reader->store;
    unsigned room = entries_max < BATCH ? entries_max : BATCH;

    while (reader->stripe < store->stripes_count) {
        unsigned count = next_some(&store->stripes[reader->stripe], &reader->walk, entries, room);
        if (count > 0) {
            return count;
        }
        reader->stripe++;
        reader->walk = (struct store_walk){.queue = 0};
    }
    return 0;
}

void store_reader_free(struct store_reader *reader)
{
    if (reader != NULL && reader->walk.queue != STORE_NOWHERE &&
            reader->walk.queue < STORE_QUEUES) {
        struct store_stripe *stripe = &reader->store->stripes[reader->stripe];
        pthread_mutex_lock(&stripe->lock);
        store_stripe_walk_end(&reader->walk);
        pthread_mutex_unlock(&stripe->lock);
    }
    free(reader);
}

struct dropping {
    struct store *store;
    bool (*is)(void *self, const struct entry *entry);
    void *self;
    uint64_t dropped;
};

static bool drop_if(void *arg, const struct entry *entry)
{
    struct dropping *dropping = arg;

    if (dropping->is(dropping->self, entry)) {
        dropping->dropped += drop(dropping->store, entry->key, entry);
    }
    return true;
}

uint64_t store_drop_if(
        struct store *store, bool (*is)(void *self, const struct entry *entry), void *self)
{
    struct dropping dropping = {.store = store, .is = is, .self = self};

    store_each(store, drop_if, &dropping);
    return dropping.dropped;
}

void store_each(
        struct store *store, bool (*show)(void *self, const struct entry *entry), void *self)
{
    struct entry *batch[BATCH];
    bool goes_on = true;

    for (unsigned i = 0; i < store->stripes_count && goes_on; i++) {
        struct store_stripe *stripe = &store->stripes[i];
        struct store_walk walk = {0};
        unsigned count = next_some(stripe, &walk, batch, BATCH);
        for (; count > 0; count = goes_on ? next_some(stripe, &walk, batch, BATCH) : 0) {
            for (unsigned k = 0; k < count; k++) {
                goes_on = goes_on && show(self, batch[k]);
                entry_unref(batch[k]);
            }
        }
        if (!goes_on) {
            pthread_mutex_lock(&stripe->lock);
            store_stripe_walk_end(&walk);
            pthread_mutex_unlock(&stripe->lock);
        }
    }
}

static bool shrink(struct store_stripe *stripe)
{
    struct sl_list victims;

    sl_list_init(&victims);
    pthread_mutex_lock(&stripe->lock);
    bool is_done = store_stripe_shrink(stripe, BATCH, &victims);
    pthread_mutex_unlock(&stripe->lock);
    store_bury(&victims);
    return is_done;
}

void store_limit(struct store *store, size_t bytes_max)
{
    atomic_store(&store->tight_from, tight_from(bytes_max));
    for (unsigned i = 0; i < store->stripes_count; i++) {
        struct store_stripe *stripe = &store->stripes[i];
        pthread_mutex_lock(&stripe->lock);
        stripe->bytes_max = share_of(bytes_max, store->stripes_count);
        pthread_mutex_unlock(&stripe->lock);
    }
    for (unsigned i = 0; i < store->stripes_count; i++) {
        while (!shrink(&store->stripes[i])) {
        }
    }
}

bool store_is_tight(const struct store *store)
{
    return atomic_load_explicit(&store->total.bytes, memory_order_relaxed) >
           atomic_load_explicit(&store->tight_from, memory_order_relaxed);
}

size_t store_bytes(const struct store *store)
{
    return atomic_load(&store->total.bytes);
}

void store_counts(const struct store *store, struct store_counts *counts)
{
    *counts = (struct store_counts){.bytes = atomic_load(&store->total.bytes),
            .bytes_peak = atomic_load(&store->total.bytes_peak)};
    for (unsigned i = 0; i < store->stripes_count; i++) {
        struct store_stripe *stripe = &store->stripes[i];
        pthread_mutex_lock(&stripe->lock);
        const struct store_counts *its = &stripe->counts;
        for (unsigned k = 0; k < STORE_RESULTS; k++) {
            counts->results[k] += its->results[k];
        }
        counts->puts += its->puts;
        counts->replaced += its->replaced;
        counts->refused += its->refused;
        counts->evicted += its->evicted;
        counts->swept += its->swept;
        counts->dropped += its->dropped;
        counts->entries += stripe->index.count;
        counts->pinned += stripe->lines[STORE_PINNED].count;
        counts->pinned_bytes += stripe->lines[STORE_PINNED].bytes;
        pthread_mutex_unlock(&stripe->lock);
    }
}
