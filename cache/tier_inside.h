/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_inside.h - what the parts of a tier share: tier.c, tier_greet.c, tier_find.c, tier_put.c,
 * tier_bump.c.
 *
 * Nobody else includes it. Ownership, threads and bounds: cache/tier.h.
 */
#ifndef SLUICE_CACHE_TIER_INSIDE_H
#define SLUICE_CACHE_TIER_INSIDE_H

#include "cache/redis.h"
#include "cache/tier.h"
#include "cache/tier_codec.h"
#include "protocol/base/buf.h"
#include "protocol/base/list.h"

#include <stdatomic.h>

enum {
    TIER_KEY_MAX = 64,
    TIER_NAMES_MAX = 512, /* what all keys begin with */
    TIER_RUN_MAX = 128,
    TIER_TOKENS_SECONDS = 86400 /* a table's tokens live so long; losing them is safe */
};

struct tier_instance {
    struct tier_options options; /* constant, as the next; texts are its own */
    char names[TIER_NAMES_MAX];
    char id[TIER_NAMES_MAX];      /* escaped */
    uint64_t life;                /* another one for each process */
    atomic_bool joins;            /* any thread, as the next */
    atomic_uint_least64_t unsaid; /* how often tier_leaves_unsaid() */
    atomic_uint late; /* any thread: ends that Redis has not acknowledged in time, and still may */
    atomic_uint_least64_t missed;  /* any thread: how many never will be */
    atomic_uint_least64_t covered; /* any thread: of those, by a new epoch */
};

struct tier_lookup {
    struct sl_list link; /* tier's lookups or free_lookups */
    struct tier *tier;
    struct tier_request *request; /* NULL: nobody waits any more */
    bool is_late;
    bool is_lost; /* Redis did not say what it should */
    bool is_pending;
    bool asks_entry;
    bool mends_epoch;
    bool deletes_epoch;
    uint64_t mends; /* by groups, as the next */
    uint64_t deletes;
    uint64_t voids; /* by tags: fields that say nothing of use */
    unsigned expected;
    unsigned groups;
    unsigned groups_answered;
    struct sl_hash128 key;
    uint64_t fingerprint;
    uint64_t stamp;
    sl_usec sent_at;
    sl_usec deadline;
    size_t tags_count;
    struct {
        uint32_t table; /* in names, escaped and with a terminator; as field */
        uint32_t field;
        bool begins_group;
    } tags[TIER_TAGS_MAX];
    struct sl_buf names;
    struct sl_buf proof;
};

enum tier_bump_kind { TIER_BUMP_BEGIN, TIER_BUMP_END, TIER_BUMP_ALL, TIER_BUMP_GOODBYE };

struct tier_bump {
    struct sl_list link; /* tier's bumps or free_bumps */
    struct tier *tier;
    struct tier_wait *wait; /* NULL: nobody waits any more */
    enum tier_bump_kind kind;
    bool is_owed; /* an end: if Redis is not told, it was missed */
    bool is_late; /* counted in the instance's late */
    bool is_failed;
    bool is_again;
    bool is_cover; /* and covers what was missed up to: */
    uint64_t covers;
    unsigned expected;
    sl_usec sent_at;
    sl_usec deadline;
    unsigned tables_count;
    struct sl_buf tables; /* escaped, each with a terminator */
};

enum tier_fate { TIER_STAYS, TIER_IS_LOST, TIER_IS_REFUSED };

struct tier {
    struct tier_instance *instance;
    const struct tier_options *options;
    struct tier_hooks hooks;
    struct redis *redis;
    enum tier_state state; /* never TIER_COVERING: that is UP, and the instance is not sound */
    enum tier_fate fate;   /* of the connection that is being given up */
    struct breaker breaker;
    sl_usec now;            /* of the last call */
    sl_usec state_deadline; /* AWAY, REFUSED: try again; GREETING: give up */
    sl_usec heard_at;       /* an answer, or the first question after all were answered */
    sl_usec beat_at;
    unsigned beats;
    bool has_said; /* since the last beat */
    unsigned serial;
    uint64_t nonce; /* of its tokens */
    uint64_t number;
    char sender[TIER_SENDER_MAX];
    uint64_t said;
    sl_usec wall_offset; /* Redis' clock less ours */
    uint64_t random;

    char run[TIER_RUN_MAX]; /* "<run_id>:<replid>", of the server there is */
    char server[32];
    uint64_t epoch_number;
    unsigned greet_expected;
    bool inst_is_there;
    bool inst_is_full; /* it was; with the next greeting it begins anew */
    bool epoch_is_there;
    bool epoch_is_ours; /* of this run */
    bool was_killed;
    char culprit[TIER_NAMES_MAX + 1024]; /* a key whose value was too long; "": none */

    char full_table[TIER_NAMES_MAX]; /* whose tokens are being counted; "": nobody's */
    bool is_covering;
    bool is_probing;
    sl_usec probe_at; /* when it was sent */

    struct sl_list lookups; /* by their deadlines */
    struct sl_list free_lookups;
    struct sl_list bumps; /* in the order of sending */
    struct sl_list free_bumps;
    struct sl_buf scratch;
    struct tier_counts counts;
    char why[TIER_WHY_MAX];
};

/* ---- tier.c ---- */

bool tier_is_usable(const struct tier *tier);
void tier_heard(struct tier *tier);
void tier_note_sent(struct tier *tier, sl_usec now); /* before a command is written */
enum tier_error tier_error_of(struct sl_span text);
/* Counts an error of Redis, and gives the connection up where there is no going on. */
enum tier_error tier_saw_error(struct tier *tier, const struct redis_value *value);
void tier_give_up(struct tier *tier, enum tier_fate fate, const char *format, ...) SL_PRINTF(3, 4);
void tier_has_opened(struct tier *tier, const char *why); /* its breaker, just now */
size_t tier_new_token(struct tier *tier, bool is_pending, char out[TIER_TOKEN_MAX]);
uint64_t tier_wall(const struct tier *tier, sl_usec now); /* microseconds since 1970, by Redis */
uint64_t tier_random(struct tier *tier);
/* A part that is one of our names. */
void tier_part_name(struct tier *tier, const char *kind, struct sl_span rest);
/* An answer that only matters when it is an error. */
void tier_answered_any(void *self, const struct redis_value *values, size_t count);
static inline void tier_part(struct tier *tier, const char *text)
{
    redis_part(tier->redis, sl_span_text(text));
}

/* ---- tier_greet.c ---- */

void tier_greet(struct tier *tier);
void tier_beat(struct tier *tier, sl_usec now);
void tier_probe(struct tier *tier, sl_usec now);
/* "17 9f0c... <run>": of an epoch that there never was. */
size_t tier_new_epoch(struct tier *tier, char *out, size_t room);

/* ---- tier_find.c ---- */

void tier_expire_lookups(struct tier *tier, sl_usec now);
void tier_free_lookups(struct tier *tier);

/* ---- tier_put.c ---- */

/* An entry's own name, behind "q:". */
size_t tier_write_key(struct sl_hash128 key, uint64_t fingerprint, char out[TIER_KEY_MAX]);

/* ---- tier_bump.c ---- */

void tier_expire_bumps(struct tier *tier, sl_usec now);
sl_usec tier_bumps_deadline(const struct tier *tier);
void tier_free_bumps(struct tier *tier);
void tier_cover(struct tier *tier, sl_usec now); /* if something was missed and nobody is at it */
/* Writes a message on the channel; the answer goes to them. */
SL_MUST_CHECK enum sl_err tier_say(struct tier *tier, enum tier_said_kind kind, struct sl_span tags,
        redis_answered *answered, void *self);

#endif
