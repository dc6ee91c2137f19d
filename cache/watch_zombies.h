/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_zombies.h - servers that were lost with a write under way, until they are surely gone.
 *
 * Nobody hears how such a write ends: its tags stay pending. Its backend may hang for as long as
 * it likes (it waits for a standby, its client's packets are still on the way), and commit. When
 * it is no longer among the backends, its transaction is over, and what it did can be seen: a
 * backend ends its transaction before it leaves that list.
 *
 *     put -> asked, there ... asked, not there -> asked once more, by another snapshot -> its tags end
 *
 * A number of a process is given again. A backend that has begun later than the loss is
 * another one; where the asking role may not see when it began (it has not pg_read_all_stats, and the
 * backend is another role's), it is taken for the same one as long as there is one of that number.
 * The numbers must be those of the server that is asked: one behind another pooler has none.
 *
 * Ownership: of the sets that are put. Threads: put and counts any, the rest one. Bounds:
 * WATCH_ZOMBIES_MAX, of which WATCH_ZOMBIE_SETS_MAX have a set of their own, of WATCH_ZOMBIE_TAGS_MAX tags
 * together: for all others the database's tag is pending, begun once. Beyond
 * WATCH_ZOMBIES_MAX it stays so for good: nobody could say until when (is_full).
 */
#ifndef SLUICE_CACHE_WATCH_ZOMBIES_H
#define SLUICE_CACHE_WATCH_ZOMBIES_H

#include "cache/tags.h"
#include "protocol/base/clock.h"

#include <pthread.h>

enum { WATCH_ZOMBIES_MAX = 4096, WATCH_ZOMBIE_SETS_MAX = 256, WATCH_ZOMBIE_TAGS_MAX = 65536 };

struct watch_zombie {
    struct tag_set set; /* empty: the database's tag stands for it */
    sl_usec lost_at;
    uint32_t pid;
    bool is_wide;
    bool is_gone; /* it was not there, and will be asked for once more */
    bool is_seen; /* it is, by the question under way */
};

struct watch_zombie_counts {
    uint64_t taken;
    uint64_t settled;
    uint64_t questions; /* that were answered */
    uint32_t now;
    uint32_t wide;
    uint32_t tags;
    bool is_full;
};

struct watch_zombies {
    pthread_mutex_t lock; /* a leaf */
    struct tags *tags;    /* constant, as the next */
    uint32_t all;
    struct watch_zombie *list;         /* under lock, as the rest */
    struct watch_zombie_counts counts; /* .now of them */
    uint32_t sets;                     /* that are their own */
    uint32_t asked;                    /* the first of the list */
    /* Constant from init on, may be NULL: a set is about to be ended, unless it is taken over: watch_zombies_answered(). */
    void (*ends)(void *self, struct tag_set *set);
    void *self;
    bool is_closed;
};

SL_MUST_CHECK enum sl_err watch_zombies_init(
        struct watch_zombies *zombies, struct tags *tags, uint64_t database);
void watch_zombies_fini(struct watch_zombies *zombies);
/* Ends all there is, and from now on what is put at once. */
void watch_zombies_close(struct watch_zombies *zombies);

/* Takes a set over that has begun. */
void watch_zombies_put(
        struct watch_zombies *zombies, uint32_t pid, struct tag_set *set, sl_usec now);

/* One question, asked at that time: for every backend there is, one watch_zombies_see(). False: there is none. */
bool watch_zombies_ask(struct watch_zombies *zombies);
/* age: for how long there has been that backend when it was asked; < 0: nobody may know. */
void watch_zombies_see(struct watch_zombies *zombies, uint32_t pid, sl_usec asked_at, sl_usec age);
/* All were seen; how many are settled. */
uint32_t watch_zombies_answered(struct watch_zombies *zombies);

struct watch_zombie_counts watch_zombies_counts(struct watch_zombies *zombies);

#endif
