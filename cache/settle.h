/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/settle.h - transactions whose end has come by the stream, and whether it can be seen.
 *
 * A commit is decoded before it is visible: while it waits for a standby, any time before. So the
 * tags of what it wrote are begun when it comes (settle_commit()), and ended when a snapshot says
 * that it is over (settle_snapshot()).
 *
 *     settle_commit()    unsettled: tags pending
 *     settle_snapshot()  those that are over: ended; a mark is set
 *     settle_position()  how far the stream has come
 *
 * The freshness clock. A mark is a moment t0 and a position L of the log, read behind t0: whatever
 * was visible at t0 has its commit before L. When the stream has come to L, and all that was before
 * L is settled, fresh_until = t0: whoever gives an answer from then on gives one that is no
 * older. (Later commits may be unsettled: they are after t0, or pending.)
 *
 * Before there was a slot: a transaction whose commit was in the log already, and that was not visible
 * yet, never comes by the stream. Those that were running when there was one are remembered
 * (settle_early()); one that is over and did not come makes all of the database stale, before
 * any mark of that snapshot counts.
 *
 * Ownership: the caller's struct; sets that are given are its own. Threads: one, but for
 * settle_fresh_until(). Bounds: transactions_max, with tags_max tags in all; beyond, all of the
 * database is pending until everything up to then is over. SETTLE_EARLY_MAX, SETTLE_MARKS.
 */
#ifndef SLUICE_CACHE_SETTLE_H
#define SLUICE_CACHE_SETTLE_H

#include "cache/snapshot.h"
#include "cache/tags.h"
#include "protocol/base/clock.h"

enum { SETTLE_EARLY_MAX = 1024, SETTLE_MARKS = 16 };

struct settle_limits {
    uint32_t transactions_max;
    uint32_t tags_max;
};

struct settle_hooks {
    void *self;
    /* Both may be NULL. xid: as it was in the stream; set: with its tags begun. */
    void (*begun)(void *self, uint32_t xid, const struct tag_set *set);
    /* About to be ended, unless it is taken over here, and is empty then. */
    void (*ends)(void *self, uint32_t xid, struct tag_set *set);
};

struct settle_waits {
    uint32_t xid;
    bool is_empty;
    uint64_t lsn;
    struct tag_set set;
};

struct settle_mark {
    sl_usec at;
    uint64_t lsn;
};

struct settle_counts {
    uint64_t commits;
    uint64_t settled;
    uint64_t overflows; /* commits for which there was no room */
    uint64_t early;     /* times that all of the database was made stale for one of those */
    uint32_t unsettled;
    uint32_t unsettled_peak;
    uint32_t tags; /* of the unsettled */
};

struct settle {
    struct tags *tags;
    uint32_t all; /* the database's tag */
    struct settle_limits limits;
    struct settle_hooks hooks;
    struct settle_waits *waits; /* in the order in which they came */
    bool has_overflow;
    uint32_t overflow_xid; /* the latest of those */
    uint32_t early_count;
    uint32_t early[SETTLE_EARLY_MAX];
    uint32_t marks_count;
    struct settle_mark marks[SETTLE_MARKS];
    uint64_t position;
    _Atomic sl_usec fresh_until;
    struct settle_counts counts; /* .unsettled is how many waits there are */
};

/* SL_ENOMEM. tags outlives it. */
SL_MUST_CHECK enum sl_err settle_init(struct settle *settle, struct tags *tags, uint64_t database,
        const struct settle_limits *limits, const struct settle_hooks *hooks);
void settle_fini(struct settle *settle);
/* The stream is gone: all that is pending ends. The caller has begun the database's tag, or ends it. */
void settle_reset(struct settle *settle);

/* Those that ran when the slot was there: SETTLE_EARLY_MAX at most. */
void settle_early(struct settle *settle, const uint32_t *xids, uint32_t count);
/* Takes the set over, and begins it. */
void settle_commit(
        struct settle *settle, uint32_t xid, uint64_t lsn, struct tag_set *set, bool is_empty);
/* How many were settled; *has_empty: among them was one that changed no row. */
uint32_t settle_snapshot(struct settle *settle, const struct snapshot *snapshot, bool *has_empty);
/* False: there are as many marks as can be. */
bool settle_mark(struct settle *settle, sl_usec at, uint64_t lsn);
/* All before it has come. */
void settle_position(struct settle *settle, uint64_t lsn);

static inline bool settle_is_idle(const struct settle *settle)
{
    return settle->counts.unsettled == 0 && !settle->has_overflow && settle->early_count == 0;
}

/* 0: never. */
sl_usec settle_fresh_until(const struct settle *settle);

#endif
