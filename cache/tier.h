/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier.h - the second tier: answers in a Redis that several Sluices share.
 *
 *     <prefix>:<database>@<8 hex digits>:      which is short for what must be the same for all: semantics
 *         epoch                   "17 9f0c.. <run>": all entries of another epoch are dead
 *         v:public.users          HASH: base, any, wild, k:3fa2...: a token for each tag
 *         q:<fingerprint>:<key>   HASH: an entry: seal, tags, body, and what a person wants to know
 *         hot                     ZSET: entries by the microseconds they saved
 *         inst                    HASH: instances; "up" but of another life: it was killed
 *     channel ...:inv             what was written: cache/tier_codec.h
 *
 * A tag's token is what its field says, or base's, if there is no such field. Whoever writes gives its tags
 * a token that there never was before (a random number of 64 bits that is the connection's owner's, and a count):
 *
 *     begin   a token that says "pending", before the write can be visible
 *     end     one that does not, when it surely is visible, or never will be
 *
 * A lookup asks for the tokens of its tags, the epoch, and the entry, in that order, in one round trip.
 * The entry has the tokens and the epoch that its filler had read before its statement was sent; it is given
 * when they are the same text. On a miss what was read is the proof that a fill may carry (tier_put()), unless
 * something is pending. Nothing is checked when an entry is put.
 *
 * Why nothing is given that is older than a write that was acknowledged, by whatever instance, before the
 * lookup began: let the write be visible at v, its tags be ended in Redis at e >= v, and the client told after
 * e. Let the entry's filler have read its tokens at r and had its snapshot at s >= r, and the lookup have read
 * the same tokens at x > e. A token once replaced never comes back, so from r to x nothing replaced it, or r > x:
 * e < r or e > x, and so e < r. Then v <= e < r <= s: the entry has the write.
 *
 * A token never comes back, although Redis forgets:
 *   - A key that is lost (evicted, expired, FLUSHALL, DEL by anybody) takes base with it. A new base is random;
 *     so losing any of these keys is always safe, and DEL is what is done to any that is not as it should be.
 *   - An older RDB or a replica that lacks the last writes may bring back tokens together with their
 *     entries. But that is another run of a server: its run_id is in the epoch, each connection compares
 *     before it asks anything, and makes a new epoch if it is another.
 *   - A token that was never written because Redis was away: the instance stops using Redis at once
 *     (all its workers) and makes a new epoch before it goes on. If it comes back as another process, it finds
 *     itself in `inst` as "up", and does the same, unless another instance tells it that all has been told
 *     (options.joins, cache/watch_join.h). What other instances find meanwhile is bounded by TTL and by
 *     their own streams of changes only.
 *   - A writer that dies between begin and end leaves its tags pending: nobody gives or keeps what depends on
 *     them, for pending_max, or until the next end of the same tags.
 *
 * Local entries made of what is found here: read tags_clock() before tier_find() (`stamp` carries it), and
 * ask tags_is_since() as of a fill. A write that ended before x shows in the tokens; one that ends later is
 * told of by its own instance's words or on the channel (cache/tier_listen.h), which makes the stamp old.
 *
 * Not promised: while a write is between v and e, who asks Redis may get the old after another got the new from
 * PostgreSQL (await tier_begin() to exclude that). Where two writes of the same tags overlap, the first end ends
 * the pending of both; that matters only if the second writer dies then.
 *
 *     AWAY --> GREETING --> COVERING --> UP        COVERING: a new epoch is made
 *      ^  ^       |  |         |         | ^
 *      |  |       |  '---------|-------> UP '-- COVERING, when the instance missed something
 *      |  '-------'------------'---------'
 *      '----- REFUSED (it will not work as it is; tried again seldom)
 *
 * Redis never slows a statement: whatever is asked has a deadline, nothing is asked while the breaker is open
 * (cache/breaker.h), and nothing here waits. tier_find(), tier_end() and the rest only write into a buffer:
 * tier_flush() once a turn. Functions are called from tier_go_on() only, and may call all but tier_free().
 *
 * Ownership: the caller's; hooks and instance outlive it. Requests and waits are the callers', and stay where
 * they are until they are done or left. Threads: one at a time; an instance is for all threads. Bounds: its
 * options'.
 */
#ifndef SLUICE_CACHE_TIER_H
#define SLUICE_CACHE_TIER_H

#include "cache/breaker.h"
#include "cache/entry.h"
#include "protocol/base/check.h"
#include "protocol/base/err.h"

#include <stdatomic.h>

enum {
    TIER_TAGS_MAX = 64,        /* of a lookup */
    TIER_BUMP_TAGS_MAX = 1024, /* of a write; beyond, it is a new epoch */
    TIER_PROOF_MAX = 16384,
    TIER_WHY_MAX = 256
};

/* ---- one for a process and database ---- */

struct tier_options {
    const char *prefix;   /* "sluice"; texts are copied */
    const char *database; /* its name */
    const char *instance; /* the same after a restart, another for every instance */
    const char
            *semantics; /* all that must be equal for entries to be shared: versions, the cluster */
    bool joins;         /* who starts does not make a new epoch at once: cache/watch_join.h */
    const char *address; /* numeric; NULL: path */
    int port;
    const char *path;
    const char *user; /* NULL: none, as the next */
    const char *password;
    int number; /* of Redis' databases */

    sl_usec deadline; /* of a lookup */
    sl_usec ack_timeout;
    sl_usec greet_wait;
    sl_usec quiet_wait; /* it owes answers and says nothing */
    sl_usec retry_every;
    sl_usec refused_retry;
    sl_usec beat_every;
    sl_usec pending_max;
    struct breaker_limits breaker;
    size_t entry_bytes_max; /* of an entry's body */
    size_t out_max;         /* bytes that are not sent yet; puts get half */
    unsigned lookups_max;   /* under way, as the next */
    unsigned bumps_max;
    unsigned fields_max; /* of one table's tokens; then they begin anew */
    unsigned hot_max;
};

/* database, instance, semantics and where it is are the caller's to fill in. */
void tier_options_init(struct tier_options *options);

struct tier_instance;

/* NULL: no memory, or no random numbers. */
SL_MUST_CHECK struct tier_instance *tier_instance_new(const struct tier_options *options);
void tier_instance_free(struct tier_instance *instance); /* NULL is fine; its tiers are gone */
/* Nothing was missed that Redis should have been told. Any thread. */
bool tier_instance_is_sound(const struct tier_instance *instance);
/* options.joins, and what is there is neither known to be of use yet nor given up. Any thread, as the next three. */
bool tier_instance_joins(const struct tier_instance *instance);
/* How often something was left unsaid: tier_leaves_unsaid(). */
uint64_t tier_instance_unsaid(const struct tier_instance *instance);
/* From now on all is said. False: something was left unsaid since that was so often: it has not joined. */
SL_MUST_CHECK bool tier_instance_has_joined(struct tier_instance *instance, uint64_t unsaid);
/* Likewise, and what is there is made stale behind that. */
void tier_instance_joins_not(struct tier_instance *instance);
/* What all its keys begin with. */
const char *tier_instance_names(const struct tier_instance *instance);

/*
 * What makes all of a database stale, for whatever reason, has to be told there, too: whoever sees that does
 * (cache/watch_share.c), and nothing is asked until that has been. The words are of tags_of_database(), of that
 * database and of what is of all; 0 stands for none. Any thread.
 */
struct tier_cover {
    _Atomic uint64_t words[2];
    atomic_bool listens; /* to what other instances say */
    /* What any of them wrote and could be seen then has been heard of (cache/watch_told.h); 0: never. */
    _Atomic int64_t told_until;
    atomic_bool wants_told; /* somebody has seen what is later */
};

static inline bool tier_covers(const struct tier_cover *cover, const uint64_t words[2])
{
    return words[0] != 0 && atomic_load(&cover->words[0]) == words[0] &&
           atomic_load(&cover->words[1]) == words[1];
}

/* ---- one for a worker ---- */

enum tier_state { TIER_AWAY, TIER_GREETING, TIER_COVERING, TIER_UP, TIER_REFUSED, TIER_STATES };

/* What an error of Redis was about. */
enum tier_error {
    TIER_NO_ERROR,
    TIER_WRONG_TYPE, /* at one of our keys; it is deleted */
    TIER_OUT_OF_MEMORY,
    TIER_NO_AUTH,
    TIER_NO_PERMISSION,
    TIER_LOADING,
    TIER_READ_ONLY,
    TIER_NO_WRITES, /* MISCONF: it cannot save */
    TIER_CLUSTER,   /* MOVED ...: Redis Cluster is not spoken */
    TIER_OTHER_ERROR,
    TIER_ERRORS
};

struct tier;

/* How a tag is called: "public.users", and "any", "wild", "k:3fa2...". */
struct tier_tag {
    const char *table;
    const char *field;
};

enum tier_result {
    TIER_HIT,
    TIER_MISS,
    TIER_LATE, /* the deadline has passed, or the connection went */
    TIER_RESULTS
};

enum tier_miss {
    TIER_NO_MISS,
    TIER_ABSENT,
    TIER_STALE,         /* there is one; it is of other tokens */
    TIER_PENDING,       /* a write is under way: a fill would not be kept either */
    TIER_OTHER_VERSION, /* there is one; it is not read, as the next */
    TIER_DAMAGED,
    TIER_UNKNOWN, /* Redis did not say what it should have */
    TIER_MISSES
};

/* Lent, with all in it, until the function that it is given to returns. */
struct tier_answer {
    enum tier_result result;
    enum tier_miss miss;
    struct sl_hash128 key;
    uint64_t stamp; /* of the question */
    struct sl_span
            proof; /* of a miss: what a fill may carry that is sent from now on; empty: none */
    struct entry_parts parts; /* of a hit, as the rest */
    sl_usec age;
    uint64_t position;
    uint32_t cost_usec;
    uint32_t rows;
};

struct tier_lookup;

struct tier_request {
    void (*done)(struct tier_request *request, const struct tier_answer *answer);
    struct tier_lookup *lookup; /* the tier's; NULL: done, left, or never asked */
};

struct tier_question {
    struct sl_hash128 key;
    uint64_t fingerprint; /* of the statement: for people */
    const struct tier_tag
            *tags; /* in the same order for the same key; those of one table together */
    size_t tags_count;
    uint64_t stamp;   /* comes back with the answer */
    sl_usec deadline; /* from now; 0: the options' */
};

/* An answer to be put; what is text is for people, and may be empty. */
struct tier_fill {
    struct sl_hash128 key;
    uint64_t fingerprint;
    struct sl_span proof; /* of the miss: tier_answer */
    struct entry_parts parts;
    sl_usec ttl; /* a tenth more or less */
    uint64_t position;
    uint32_t cost_usec;
    uint32_t rows;
    struct sl_span sql;
    struct sl_span params;
    struct sl_span role;
    struct sl_span tables;
    struct sl_span formats;
};

struct tier_bump;

struct tier_wait {
    /* is_told: Redis has it. If not, this instance will not use Redis before it is made good. */
    void (*done)(struct tier_wait *wait, bool is_told);
    void *self;             /* the asker's */
    struct tier_bump *bump; /* the tier's; NULL: done, left, or never asked */
};

enum tier_event { TIER_EVENT_UP, TIER_EVENT_LOST, TIER_EVENT_REFUSED, TIER_EVENT_OPENED };

struct tier_hooks {
    void *self;
    /* A hit whose request was done with TIER_LATE. May be NULL, as the next. */
    void (*late)(void *self, const struct tier_answer *answer);
    void (*event)(void *self, enum tier_event event); /* tier_why() says why */
    void (*closes)(
            void *self); /* its fd is about to be closed: who watches it stops; may come at any time */
};

/* NULL: no memory. It connects with the first tier_go_on(). */
SL_MUST_CHECK struct tier *tier_new(
        struct tier_instance *instance, unsigned worker, const struct tier_hooks *hooks);
/* Who waits is told (TIER_LATE, not told). NULL is fine. */
void tier_free(struct tier *tier);

/* False, and counted: tier_find() would not ask. So it need not even be made out what for. */
bool tier_may_find(struct tier *tier);
/* Its instance starts: tier_instance_joins(). */
bool tier_joins(const struct tier *tier);
/* What all of the database may have been written by is not said; what others say is of use behind it only. False: say it. */
SL_MUST_CHECK bool tier_leaves_unsaid(struct tier *tier);
/* False: tier_begin() would say nothing, and tier_end() only note that, whatever the tags. */
bool tier_hears(const struct tier *tier);
/* An end that is not said: this instance will not use Redis before it is made good. */
void tier_miss_end(struct tier *tier);

/* False: it is not asked, at no cost, and done() is not called: not connected, breaker open, too many. */
bool tier_find(struct tier *tier, const struct tier_question *question,
        struct tier_request *request, sl_usec now);
/* Its done() will not be called. Nothing, if it was. */
void tier_leave(struct tier *tier, struct tier_request *request);
/* Not awaited. False: it is not put: too long, too old to prove anything, no room, breaker open. */
bool tier_put(struct tier *tier, const struct tier_fill *fill, sl_usec now);
/* So much was saved by it: for the list of what is hot. */
void tier_hot(struct tier *tier, struct sl_hash128 key, uint64_t fingerprint, sl_usec saved);

/*
 * A write begins, or is over; always both. wait: to be told when Redis has it, or NULL. False: nobody will
 * be told, go on: it was not sent, or to a Redis that is not used now.
 */
bool tier_begin(struct tier *tier, const struct tier_tag *tags, size_t count,
        struct tier_wait *wait, sl_usec now);
bool tier_end(struct tier *tier, const struct tier_tag *tags, size_t count, struct tier_wait *wait,
        sl_usec now);
/* All entries there are: CACHE FLUSH, DDL. As tier_end(). */
bool tier_end_all(struct tier *tier, struct tier_wait *wait, sl_usec now);
/* done() will not be called. Nothing, if it was. */
void tier_stop_waiting(struct tier *tier, struct tier_wait *wait);

/* Of the last tier of a process that ends well: it leaves nothing behind. True: it is told soon. */
bool tier_goodbye(struct tier *tier, struct tier_wait *wait, sl_usec now);

/* ---- who starts: cache/watch_join.h ---- */

enum { TIER_EPOCH_MAX = 256 };

/* Done once if it was asked for; the struct is the asker's, and outlives the tier. */
struct tier_reading {
    /* text: lent; empty: there is none, of this run of the server, or nobody knows. */
    void (*done)(struct tier_reading *reading, struct sl_span text);
    struct tier *tier; /* the tier's: NULL: it is not asked for */
};

/* The epoch. False: it is not asked for. */
bool tier_read_epoch(struct tier *tier, struct tier_reading *reading, sl_usec now);

/* A Sluice that Redis has heard of. */
struct tier_other {
    uint64_t id; /* a hash of its name */
    uint64_t life;
    bool is_up;  /* else it has ended well */
    sl_usec age; /* since it last said so, as far as the clocks agree */
};

struct tier_others {
    /* Each but this instance, one after the other; then `done`, once if it was asked for. */
    void (*one)(struct tier_others *others, const struct tier_other *other);
    /* False: nobody knows: the list is not to be read, or was lost, as this instance is not in it. */
    void (*done)(struct tier_others *others, bool is_known);
    struct tier *tier; /* the tier's: NULL: it is not asked for */
};

/* Who there is. False: it is not asked for. */
bool tier_read_others(struct tier *tier, struct tier_others *others, sl_usec now);
/* Another one for each process. */
uint64_t tier_life(const struct tier *tier);

struct tier_calling {
    /* How many heard it, whoever said it among them; -1: nobody knows. */
    void (*done)(struct tier_calling *calling, int64_t listeners);
    struct tier *tier; /* the tier's: NULL: nothing is said */
};

/* Something of no tags is said to all, behind all that was said and written before. False: it is not. */
bool tier_call(struct tier *tier, unsigned kind, struct sl_span text, struct tier_calling *calling,
        sl_usec now);

/* ---- to drive it ---- */

struct tier_waits {
    int fd; /* -1: none */
    bool wants_write;
    unsigned serial; /* another one: it is another connection, even if fd is the same number */
    sl_usec deadline;
};

void tier_waits(const struct tier *tier, struct tier_waits *waits);
void tier_flush(struct tier *tier);
void tier_go_on(struct tier *tier, sl_usec now, bool readable, bool writable);

/* ---- to be shown ---- */

struct tier_counts {
    uint64_t lookups;
    uint64_t off; /* not asked */
    uint64_t results[TIER_RESULTS];
    uint64_t misses[TIER_MISSES];
    uint64_t late_hits;
    uint64_t mended; /* lookups that needed a second round trip */
    uint64_t puts;
    uint64_t puts_refused;
    uint64_t begins;
    uint64_t ends;
    uint64_t unsent; /* of both, for which there was no connection */
    uint64_t acks_late;
    uint64_t epochs; /* made */
    uint64_t connects;
    uint64_t losses;
    uint64_t errors[TIER_ERRORS];
    uint64_t bytes_found;
    uint64_t bytes_put;
    unsigned lookups_now;
    unsigned bumps_now;
};

struct tier_status {
    enum tier_state state;
    enum breaker_state breaker;
    uint64_t opened;
    sl_usec p50;
    sl_usec p99;
    char server[32]; /* "7.0.15" */
    struct tier_counts counts;
};

bool tier_is_up(const struct tier *tier);
void tier_status(const struct tier *tier, struct tier_status *status);
const char *tier_why(const struct tier *tier); /* it is not up, or was not */
const char *tier_state_text(enum tier_state state);
const char *tier_miss_text(enum tier_miss miss);
const char *tier_error_text(enum tier_error error);

#endif
