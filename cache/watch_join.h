/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_join.h - who starts, and what was in Redis before: another that has read the change stream all the
 * while says that Redis has been told of everything; without one all of it is made stale.
 *
 *     starts:  WAITS --> ASKED --> READS --> OVER, joined: its words are covered, and no new epoch is made
 *                |         |         |
 *                '---------'---------'-----> OVER, not joined: a new epoch (watch_share.c)
 *     covers:  NONE --> FRESH --> ENDS --> READS --> it says which epoch; or it cannot
 *
 *     asks <nonce>              by who starts, once its own stream is up and the catalogues were looked at
 *     covers <nonce> <epoch>    everything that could be seen when that was heard has been told in Redis
 *     cannot <nonce>            it does not know; when all have said so nobody is waited for
 *
 * What is claimed. Let B be who starts, and E an entry that Redis gives it: the tokens of what E depends on, and
 * the epoch, are those that E's filler had read before its snapshot s was taken. Let W be a change of a row, or of the
 * catalogue, that could be seen from v > s on, by whomever and through whatever, and that makes E wrong. Then
 * either W's end is told there before B's lookup, and so E is not given (cache/tier.h); or W is one that B's stream has yet
 * to tell, as of any entry that B has filled itself: v is later than B's fresh_until.
 *
 * Why. B asks at p, behind u, when its stream came up, and behind its first look at the catalogues: of what can be
 * seen from then on B is told by itself. So let v < p. A hears at h > p, by its own clock; whatever could be
 * seen at h has v < h. A says so only if all of this is so, in that order:
 *
 *   1. its own words are covered: of what made all of the database stale for A, its stream coming up and each change
 *      of the catalogue that it saw among it, an epoch of behind that is there, or A has joined itself
 *      behind it. So what is valid in that epoch was filled since A's stream is up, or was said to be told of up to
 *      then by another. (By induction: the first has made an epoch.)
 *   2. its stream's clock is of h or later: every commit that could be seen at h was decoded, has settled, and its
 *      end was handed over to be told (cache/settle.h)
 *   3. the catalogues were looked at since h: a change of them that could be seen at h has made a new epoch by 1
 *   4. no change was decoded by a catalogue of before a change (is_dim): its tags might be another table's. Such a
 *      one, and each that was not settled when the change was found, ends that: until a catalogue was read behind it,
 *      nothing is unsettled, and a new epoch is made then
 *   5. every end that was handed over until then was acknowledged by Redis, or else made its instance unsound
 *      (cache/tier.h), which it must not be: what it missed was made good by a new epoch
 *   6. then it reads the epoch, and finds 1 and 5 as they were
 *
 * Let E be valid in what is there after 6. Its epoch is the one that was read, or came later than h: who fills by that
 * has v < h < s. So it is A's, and by 1 W was A's to tell, or another's whom A has joined; by 2 to 5 it was:
 * its tokens were replaced at e. If the filler has read them behind e, then v < e < s. If before, E is dead.
 *
 * B compares the epoch with what it reads itself, over its own connection, which must be of the same run of that
 * server: what is said on a channel is heard in all databases of a Redis. FLUSHALL, eviction, DEL: another epoch, or none.
 * A restart, an older dump, a replica in its place: another run. No clock is compared with another's, and no
 * position in a log. Another cluster, timeline or database has other names, and hears nothing.
 *
 * If any of its words changes meanwhile B asks anew: what made all stale at B's start can be seen by then, or its tags are
 * pending; what did so behind the question is told by a new epoch, as always. What B's last life wrote and did not
 * say (it was killed) is a write past Sluice to A: so its place in `inst` need not make a new epoch.
 *
 * Whoever starts knows neither the catalogue nor shapes of statements at first, so most of what it sends may write
 * anything. None of that is told while it starts (cache/stage_share.c). It need not show in its words, as it is withdrawn when
 * it is known what it was (cache/stage_late.c); so it is counted, and is a change of the words to B. So B asks only when they were
 * what they are for JOIN_CALM, or time is running out. Others find such a write when a stream tells of it: theirs, or B's, or A's;
 * those that read none when B asks, or gives up.
 *
 * Without a stream nothing is said or believed: who else writes would be known by what Sluices say only, and
 * nobody knows what one that is gone did not say.
 *
 * Nobody waits for it: until it is over nothing is asked of Redis for statements, as while it is away. Where others make
 * new epochs all the time there is nothing to join for, nor a moment at which it could be done.
 *
 * Ownership: the share's. Threads: the watch's. Bounds: JOIN_NONCES_MAX who start at once; more are told "cannot".
 */
#ifndef SLUICE_CACHE_WATCH_JOIN_H
#define SLUICE_CACHE_WATCH_JOIN_H

#include "cache/tier.h"
#include "cache/tier_codec.h"

enum { JOIN_NONCES_MAX = 8 };

#define JOIN_WAIT (15 * SL_SECOND)       /* all in all */
#define JOIN_STREAM_WAIT (3 * SL_SECOND) /* until its own stream is up */
#define JOIN_CALM (500 * SL_MSEC)
#define JOIN_GONE_WAIT (2 * SL_SECOND) /* where others have said meanwhile that all is stale */
#define JOIN_ASK_WAIT (5 * SL_SECOND)
#define JOIN_ANSWER_WAIT (4 * SL_SECOND)

struct watch_share;

enum join_state { JOIN_WAITS, JOIN_ASKED, JOIN_READS, JOIN_OVER };

enum join_answer { ANSWER_NONE, ANSWER_FRESH, ANSWER_ENDS, ANSWER_READS };

struct watch_joins {
    enum join_state state;
    bool has_joined;
    bool is_gone;  /* what was there when it began */
    sl_usec until; /* 0: not begun */
    sl_usec ask_until;
    uint64_t nonce;
    uint64_t words[2]; /* when it asked, as the next */
    uint64_t unsaid;   /* so often: tier_instance_unsaid() */
    uint64_t seen[2];
    uint64_t seen_unsaid;
    sl_usec seen_at; /* they were others before */
    int64_t others;  /* that may answer; -1: not known yet */
    int64_t cannot;  /* of these */
    size_t epoch_len;
    char epoch[TIER_EPOCH_MAX];
    struct tier_calling calling;
    struct tier_reading reading;
};

struct watch_answers {
    enum join_answer state;
    unsigned count;
    uint64_t nonces[JOIN_NONCES_MAX];
    sl_usec heard_at; /* the last of them */
    sl_usec until;
    uint64_t ending; /* the last one that was handed over when it was fresh */
    uint64_t words[2];
    struct tier_reading reading;
};

/* A new share: it joins, if its instance does. */
void watch_join_begin(struct watch_share *share);
void watch_join_heard(struct watch_share *share, enum tier_said_kind kind, struct sl_span text);
void watch_join_go_on(struct watch_share *share);
/* Another has made a new epoch. */
void watch_join_is_vain(struct watch_share *share);
/* Nothing is told of what made all stale so far. */
bool watch_join_is_under_way(const struct watch_share *share);
/* "waits", "joined", or "anew". */
const char *watch_join_text(const struct watch_share *share);
/* It, or an answer, is: turns should come soon. */
bool watch_join_is_busy(const struct watch_share *share);

#endif
