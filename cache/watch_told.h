/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_told.h - until when all that other Sluices wrote has been heard of here: the clock of floors
 * (cache/floors.h), where no change stream tells of it.
 *
 *     until <asker> <number>            who asks wants to know of all that could be seen when it asked
 *     told <asker> <number> <life>      the end of all that had begun here when I heard that has been told
 *
 * What is claimed. Let a session of B have seen, at t, what a write W made visible at v <= t, whatever Sluice A it came
 * through. When told_until >= t is read here, every answer that is kept and lacks W shows it: one of its tags has another
 * word by then. So it is not given, if its words are looked at behind that.
 *
 * Why. B asks at m >= t, and told_until becomes m when all of these have answered that question:
 *
 *   1. A hears it at a > m. W had begun in A's tags before it was sent to PostgreSQL, so before v <= t <= m < a.
 *   2. A answers when all that had begun before a has ended (struct tags_turn), behind that its instance is sound, and behind
 *      that what makes all of the database stale has been told (struct tier_cover). An end is local only when Redis has
 *      acknowledged it, or else the instance is unsound, or the database's word is another: until a new epoch is
 *      told. So W's end, or "all", has been published at e before A publishes the answer.
 *   3. B's one subscription brings both in that order; if anything between was lost, the answer is behind a
 *      connection that was lost, or a gap, and then all of the database is stale.
 *   4. Let an answer's fill have read B's clock at d, and its snapshot at s < v, as it lacks W: d <= s < v <= e, or it is
 *      of Redis, and was found at x > d. B's tags end at h > e, when e is heard. If it was kept before h, its words
 *      are others now. If it is kept later, d < h: tags_is_since() says no. One that was found at x > e has tokens that
 *      are no more (cache/tier.h), so x < e < h, and d < x.
 *
 * So nobody waits for Redis before a write is sent. How a write is told of, as fast or as slowly as may be, is of no matter:
 * who does not answer is not passed. A Sluice that hangs, or has lost its way to Redis, holds the clock of all others: their
 * sessions ask PostgreSQL for what they have seen to be newer, and no statement waits.
 *
 * Who has to answer: every instance that Redis' list has as up, read behind the question, and each that was in it before, until
 * it is there as down, as another process, or has neither answered nor been there for OTHERS_GONE: then it is
 * taken to be dead. Not known is one that has not been in it yet: what it writes before is told as a new epoch when it
 * comes. And a process that hands over to a new one of its name (sluice -R).
 *
 * It is asked only while somebody has seen something later than the clock (tier_cover.wants_told), and at most every
 * TOLD_EVERY. A long write holds it as long as it runs.
 *
 * Ownership: the share's. Threads: the watch's; tier_cover is for all. Bounds: OTHERS_MAX instances, of more nothing is
 * told; ASKERS_MAX who ask at a time, others ask again.
 */
#ifndef SLUICE_CACHE_WATCH_TOLD_H
#define SLUICE_CACHE_WATCH_TOLD_H

#include "cache/tags.h"
#include "cache/tier.h"
#include "cache/tier_codec.h"

enum { OTHERS_MAX = 64, ASKERS_MAX = 64 };

#define TOLD_EVERY (2 * SL_MSEC)
#define TOLD_LOOK (1 * SL_MSEC) /* is what had begun over? Then less often */
#define TOLD_LOOK_MAX (16 * SL_MSEC)
#define TOLD_AGAIN (250 * SL_MSEC)
#define OTHERS_GONE (60 * SL_SECOND)

struct watch_share;

struct told_other {
    uint64_t id;
    uint64_t life;
    sl_usec seen_at;
    uint64_t answered; /* the last question that it did */
};

struct told_asker {
    uint64_t life;
    uint64_t number;
    bool has_begun; /* its turn */
};

struct watch_told {
    bool is_asking;
    bool has_others; /* those that there are have been read since it asked */
    bool is_full;    /* there are too many, or they are not known */
    uint64_t number; /* of the question */
    sl_usec asked_at;
    sl_usec again_at;
    sl_usec rests_until;
    unsigned others_count;
    struct told_other others[OTHERS_MAX];
    struct tier_others reading;
    unsigned askers_count;
    struct told_asker askers[ASKERS_MAX];
    bool has_turn; /* of those that have begun theirs */
    bool is_over;  /* it; what is left is to have told it */
    sl_usec look_gap;
    sl_usec look_at;
    struct tags_turn turn;
};

void watch_told_begin(struct watch_share *share);
void watch_told_heard(struct watch_share *share, enum tier_said_kind kind, struct sl_span text);
void watch_told_go_on(struct watch_share *share);
/* When it is of use to go on; INT64_MAX: when something comes. */
sl_usec watch_told_deadline(const struct watch_share *share);

#endif
