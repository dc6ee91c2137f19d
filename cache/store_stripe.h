/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/store_stripe.h - one stripe of the store: its index, its queues and their hand.
 *
 *     put ---> small ---- was asked for ----> main ----.  as often as it was asked for,
 *                |                           ^   ^-----'  three times at most
 *                '-- was not --> ghost, put again
 *
 * The hand takes the oldest of small while that has more than its tenth, else the oldest of main. What
 * is dead (not fresh any more, or expired) it frees, wherever it finds it; and as main may be long and
 * stand still, another, slower one goes round in main and looks for nothing else.
 *
 * What is pinned is in a queue of its own, where only the slow hand comes, as long as that has no more than
 * its quarter of the bytes. Beyond, what is pinned is as anything else until there is a place. When nothing else is
 * left, it goes too.
 *
 * Queues may have marks in them, which belong to those who walk along.
 *
 * Ownership: the store's entries, each with a reference; victims are the caller's, to be buried when
 * it no longer holds the lock. Threads: whoever holds the lock. Bounds: bytes_max; the hand gives at
 * most so many entries another lap before it takes one all the same (HAND_LAPS_MAX).
 * Only store.c includes this.
 */
#ifndef SLUICE_CACHE_STORE_STRIPE_H
#define SLUICE_CACHE_STORE_STRIPE_H

#include "cache/store.h"
#include "cache/store_index.h"

#include <pthread.h>

enum store_queue { STORE_NOWHERE, STORE_SMALL, STORE_MAIN, STORE_PINNED, STORE_QUEUES, STORE_MARK };

/* Of all stripes; any thread. */
struct store_total {
    _Alignas(64) atomic_size_t bytes;
    atomic_size_t bytes_peak;
};

struct store_line {
    struct sl_list entries; /* next: the latest */
    size_t bytes;
    uint32_t count;
};

struct store_stripe {
    _Alignas(64) pthread_mutex_t lock; /* of all that follows */
    struct store_index index;
    const struct tags *tags; /* constant */
    sl_usec now;             /* the latest that anybody said */
    struct store_total *total;
    size_t bytes;
    size_t bytes_max;
    uint64_t typical_usec; /* what an entry costs: about the median */
    struct store_line lines[STORE_QUEUES];
    struct entry_place sweeps[STORE_QUEUES]; /* marks in main and pinned: where slow hands are */
    struct store_counts counts;
};

/* From the oldest to the latest of both queues; what comes meanwhile may be left out. */
struct store_walk {
    struct entry_place at;
    struct entry_place end;
    uint8_t queue; /* 0: has not begun */
};

void store_stripe_init(struct store_stripe *stripe, const struct tags *tags,
        struct store_total *total, size_t bytes_max);
void store_stripe_fini(struct store_stripe *stripe); /* it is empty */

/* Not the one that is found: neither counted nor lent. */
enum store_result store_stripe_look(const struct store_stripe *stripe, struct sl_hash128 key,
        sl_usec now, struct entry **entry);
/* The same, counted, and with a reference; what is dead goes. */
enum store_result store_stripe_find(struct store_stripe *stripe, struct sl_hash128 key, sl_usec now,
        struct entry **entry, struct sl_list *victims);
/* Not SL_OK: the entry is still the caller's. */
SL_MUST_CHECK enum sl_err store_stripe_put(
        struct store_stripe *stripe, struct entry *entry, struct sl_list *victims);
/* entry: NULL: whichever has that key. False: it is not there. */
bool store_stripe_drop(struct store_stripe *stripe, struct sl_hash128 key,
        const struct entry *entry, struct sl_list *victims);
/* False: it is not there. */
bool store_stripe_pin(struct store_stripe *stripe, const struct entry *entry, bool is_pinned);
/* Goes below bytes_max, at most so many entries at a time. True: it is. */
bool store_stripe_shrink(
        struct store_stripe *stripe, unsigned entries_max, struct sl_list *victims);
/* The next entries; 0: that was all. Of one that has not come to that, end it. */
unsigned store_stripe_walk(struct store_stripe *stripe, struct store_walk *walk,
        struct entry **entries, unsigned entries_max);
void store_stripe_walk_end(struct store_walk *walk);

/* Without the lock. */
void store_bury(struct sl_list *victims);

#endif
