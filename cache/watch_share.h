/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_share.h - the second tier and what the watch knows: changes of a database that are told to other
 * Sluices, and theirs that are heard here.
 *
 *     a change of the stream is pending       tier_begin()
 *     it is visible, or a lost server gone    tier_end(), and the local tags end when that is acknowledged: so
 *                                             whoever finds an old entry there sees that here something has
 *                                             ended since it asked (cache/stage_share.c)
 *     all of the database is stale            by whomever: its words are looked at each turn, and what is
 *                                             not told is: a new epoch. Until then nothing is asked there
 *     another says that it writes             the local tags get a new version
 *     something may have been missed          all of the database is stale; that is told to nobody
 *     it starts                               the same, if another says that all was told (watch_join.h)
 *     a session has seen what is new          all others are asked whether they have told of it (watch_told.h)
 *
 * Ownership: the watched's, but for what watch_share_set() names, which is for as long as the process. Threads:
 * the watch's, but for watch_share_set(). Bounds: SHARE_ENDINGS_MAX sets; beyond, all of the database is stale.
 */
#ifndef SLUICE_CACHE_WATCH_SHARE_H
#define SLUICE_CACHE_WATCH_SHARE_H

#include "cache/tier.h"
#include "cache/tier_listen.h"
#include "cache/watch_join.h"
#include "cache/watch_told.h"

enum { SHARE_ENDINGS_MAX = 4096, SHARE_WAITS_MAX = 2 };

struct watch_shared {
    struct tier_instance *instance;
    struct tier_cover *cover;
};

struct watch_share_counts {
    uint64_t told;    /* sets of tags */
    uint64_t untold;  /* for which there was no room */
    uint64_t epochs;  /* made, because all of the database was stale */
    uint64_t heard;   /* tags that others wrote */
    uint64_t unheard; /* times that something may have been missed */
    uint64_t covers;  /* others that started were told that all was told */
};

struct watch_share {
    struct tags *tags;
    uint64_t database;
    struct watch_shared of; /* instance: NULL: there is no second tier */
    struct tier *tier;
    struct tier_listen *listen;
    struct sl_list endings;
    unsigned endings_count;
    uint64_t endings_taken; /* the last one's number */
    struct tier_wait epoch;
    bool is_streamed;    /* the stream tells of what others write, too, and of all of it */
    bool is_dim;         /* a change was decoded by a catalogue of before a change: watch_join.h */
    bool wants_look;     /* by watch_join.h: the clock should move, the catalogues be looked at */
    sl_usec fresh_until; /* the watched's, as the next */
    sl_usec schema_until;
    bool is_covering;
    bool is_told_all; /* by another: the schema may have changed */
    uint64_t covers[2];
    sl_usec look_at;
    sl_usec cover_at; /* not before */
    sl_usec now;
    struct watch_joins joins;
    struct watch_answers answers;
    struct watch_told told;
    struct watch_share_counts counts;
};

void watch_share_init(struct watch_share *share, struct tags *tags, uint64_t database);
/* From now on with that; what was told before is not any more. */
void watch_share_open(struct watch_share *share, const struct watch_shared *of, unsigned worker);
/* What waits for Redis ends. */
void watch_share_close(struct watch_share *share);

/* The set is pending from now on. */
void watch_share_begun(struct watch_share *share, const struct tag_set *set);
/* It ends: it is taken over, or left to the caller to be ended. */
void watch_share_ends(struct watch_share *share, struct tag_set *set);

void watch_share_go_on(struct watch_share *share, sl_usec now, bool is_idle);
int watch_share_waits(const struct watch_share *share, struct tier_waits waits[SHARE_WAITS_MAX]);
sl_usec watch_share_deadline(const struct watch_share *share);
/* A change was decoded, or is unsettled, that may have the tags of another table. */
void watch_share_dim(struct watch_share *share);
/* There is none any more, and will be none by what is known now. */
void watch_share_is_clear(struct watch_share *share);

/* ---- watch_join.c, watch_told.c ---- */

void watch_share_words(const struct watch_share *share, uint64_t words[2]);
bool watch_share_is_pending(const uint64_t words[2]);
/* Redis has been told of what made the database stale up to these. */
void watch_share_covered(struct watch_share *share, const uint64_t words[2]);
/* Those up to that number have been told, or will never be. */
bool watch_share_has_ended(const struct watch_share *share, uint64_t number);

#endif
