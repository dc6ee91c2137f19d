/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage.h - the LOOKUP stage: "do we know the answer?"
 *
 *     on_statement   may its session have an answer? -> key -> the store
 *                      hit:  STAGE_ANSWERED, lent; but for one that gets again what will soon be over
 *                      miss: it leads a flight, or waits for who does, or neither
 *     on_dispatch    what it may write is pending from now on; what it asks for may be kept
 *     on_reply       of one that leads: the answer is taken down
 *     on_end         it is kept, or not; what it wrote is over
 *     on_transaction what its transaction wrote is over, or nobody knows (cache/account.h)
 *
 * What nobody has read yet (its shape came for the first time, and is parsed meanwhile) is a write of everything
 * while it runs. When it is over it has been read, nearly always, and then it was a write of what it says: the
 * rest is withdrawn (cache/tags.h). If not, everything stays pending until it is read, for LATE_WAITS at most,
 * and not beyond the next that may end its transaction: then it was everything. What may have changed the schema, as no
 * text says (DO, CALL, a function that runs DDL) doubts it from its end on, or its transaction's; so does what
 * was never read. Nothing that was got meanwhile is kept, as everything was pending until then. In doubt
 * a statement is as one that is not read: if the schema turns out to be what it was, so are the verdicts.
 *
 * Nothing is done for who cannot have an answer, but that what it writes is followed. What is not known
 * writes all of its database.
 *
 * The proxy says whose session it is, and what a statement is (struct cache_hooks): this stage knows
 * no client and no catalogue.
 *
 * Ownership: the process's, with one part a worker. Threads: a part is its worker's; what is marked so is for
 * any. Bounds: the store's; ASKED_MAX statements of a worker at a time that fill or write, others pass
 * as if nothing were known of them; LATE_MAX that are over and not read yet, others are never.
 */
#ifndef SLUICE_CACHE_STAGE_H
#define SLUICE_CACHE_STAGE_H

#include "cache/class.h"
#include "cache/flight.h"
#include "cache/floors.h"
#include "cache/holds.h"
#include "cache/policy.h"
#include "cache/store.h"
#include "cache/tags.h"
#include "cache/times.h"
#include "protocol/stmt.h"

/* Why a statement was not looked up at all. */
enum cache_bypass {
    CACHE_NOT_BYPASSED,
    CACHE_NO_READ,   /* it does not begin like a SELECT */
    CACHE_NOT_PLAIN, /* a portal with a name, a limit of rows, Describe of a statement ... */
    CACHE_TRANSACTION, /* in a block that has not only read, or whose snapshot is older; in a pipeline */
    CACHE_SESSION,  /* in session pooling settings are not followed */
    CACHE_SETTINGS, /* what its session has set is not known */
    CACHE_PINNED,   /* it has temporary tables, locks ... */
    CACHE_HOSTS,    /* its database has several servers, or none */
    CACHE_HINT,     /* its text says so: cache/hint.h */
    CACHE_SET_OFF,  /* its session does: sluice.cache */
    CACHE_HANDOVER, /* another process has clients, too, whose writes are not seen */
    CACHE_NO_MEMORY,
    CACHE_BYPASSES
};

/* Of one that was, and missed: why it was not kept; beside enum policy_reason. */
enum cache_unkept {
    CACHE_KEPT,
    CACHE_POLICY,     /* policy_reason says more */
    CACHE_POLICY_OFF, /* the configuration says so, of a table, the role or the shape */
    CACHE_UNCOVERED,  /* of a table that others write, and no stream tells */
    CACHE_PARAMETER,  /* a time word in one, or none to be read */
    CACHE_BUSY,       /* others fill it, or too many do */
    CACHE_SPOILED, /* a notice, an error, a type that shows more than its value: enum fill_state */
    CACHE_TOO_LARGE,
    CACHE_CHANGED, /* what it depends on, meanwhile */
    CACHE_REFUSED, /* no room */
    CACHE_ONCE,    /* room is scarce, it is cheap, and was not asked often lately */
    CACHE_COLD,    /* answers of its shape are hardly ever given again */
    CACHE_BELOW,   /* one is kept, for those who have not seen anything later: cache/floors.h */
    CACHE_UNKEPTS
};

struct cache_verdict {
    const struct policy *policy; /* a reference */
    bool is_covered;             /* whatever writes what it reads is known of */
    bool needs_stream;           /* as long as that is up */
    bool is_off;                 /* by the configuration */
    bool is_never_read;          /* POLICY_NOT_READ, and it will stay so */
    bool is_by_name;   /* of a PREPARE: none of the names it reads or writes by is another's, too */
    sl_usec ttl;       /* 0: as configured; else no longer than that, either */
    uint64_t database; /* as tags know it */
};

/* Whose names a statement uses that is over: the proxy's. */
struct cache_held;

/* What was asked, and is to be judged now. */
struct cache_lately {
    const struct cache_held *held;
    struct sl_hash128 shape;
    uint64_t view;    /* that it was asked in */
    bool is_in_doubt; /* it is judged even so */
};

/* What a worker remembers of a shape in sessions of one kind. */
struct cache_shape {
    struct sl_hash128 shape;
    struct cache_verdict verdict; /* its policy is borrowed */
    uint64_t misses;              /* since it was judged, as the rest */
    uint64_t fills;
    sl_usec last_at;    /* a miss; 0: none */
    uint32_t cost_usec; /* of the last fills, about; 0: not known */
    uint8_t unkept;     /* enum cache_unkept of the last miss */
    sl_usec cold_until; /* 0: it is not */
};

struct tier_seat;

enum cache_view {
    CACHE_VIEW_NONE,     /* its shape is not known, or its client is gone */
    CACHE_VIEW_DOUBTFUL, /* the schema may have changed: a verdict is what was true before */
    CACHE_VIEW_KNOWN
};

struct cache_hooks {
    void *self;
    /* As it is now; lent until the next call on that worker. NULL: *why. */
    struct cache_session *(*session)(void *self, const struct stmt *stmt, enum cache_bypass *why);
    /* Statements of one shape with the same view have the same verdict; and its shape. */
    enum cache_view (*view)(void *self, unsigned worker, const struct stmt *stmt,
            struct sl_hash128 *shape, uint64_t *view);
    /* The view that view() would say, for any shape. False: it is not KNOWN. */
    bool (*moment)(void *self, const struct stmt *stmt, uint64_t *view);
    /* Does a BEGIN that names no isolation level make READ COMMITTED, where it is sent? */
    bool (*reads_committed)(void *self, const struct stmt *stmt);
    /* False: no memory. */
    bool (*judge)(void *self, const struct stmt *stmt, struct sl_hash128 shape,
            struct cache_verdict *verdict);
    /*
     * It is the EXECUTE of a statement of which that is the shape, as PREPARE. False: it is none, or nobody
     * knows of which. May be NULL.
     */
    bool (*executes)(void *self, const struct stmt *stmt, struct sl_hash128 *shape);
    /* For later: cache_hooks.drop. NULL: no memory. */
    struct cache_held *(*hold)(void *self, const struct stmt *stmt);
    void (*drop)(void *self, struct cache_held *held);
    /*
     * As judge, by the names that are held. NONE: the view is another by now, or no memory; with a verdict only
     * where it is KNOWN, or is_in_doubt.
     */
    enum cache_view (*judge_held)(void *self, unsigned worker, const struct cache_lately *lately,
            struct cache_verdict *verdict);
    /* What tells of writes past us to that server; lent. NULL: no stream does. */
    struct watched *(*watched)(void *self, const struct stage_transaction *transaction);
    /* Something has been done there that may have changed the schema, and nobody knows. */
    void (*doubt)(void *self, const struct stage_transaction *transaction);
    /* What its client has of floors (cache/floors.h); NULL: it is gone. */
    struct floors **(*floors)(void *self, const struct stmt *stmt);
    /* Its client writes something, from now on. */
    void (*wrote)(void *self, const struct stmt *stmt);
    /* Nothing of its client's is under way: since when all that it wrote is done; INT64_MAX: it is gone. */
    sl_usec (*wrote_until)(void *self, const struct stmt *stmt);
    /* Any thread: cache_turn() of that worker is due. */
    void (*ring)(void *self, unsigned worker);
    /* Where other Sluices keep what they know of that database; lent until the worker's turn ends. NULL: nowhere. */
    const struct tier_seat *(*seat)(void *self, unsigned worker, uint64_t database);
    /* A server is lost; takes the set over, which has begun. */
    void (*lost)(void *self, const struct stage_transaction *transaction, struct tag_set *set);
};

struct cache_limits {
    size_t memory;
    size_t max_result;
    sl_usec ttl;          /* 0: none */
    sl_usec negative_ttl; /* likewise */
    sl_usec max_staleness;
    sl_usec ttl_redis;
    unsigned
            admission; /* misses of a question before its answer is kept, where room is scarce; 1: at once */
    bool floors_by_table; /* cache/floors.h; else a session has one floor, for everything */
    bool shares; /* others may write through Sluices of their own, and say so in the second tier */
};

/* A worker's part of the second tier, for one database: cache/tier.h. */
struct tier_seat {
    struct tier *tier;
    struct tier_cover *cover;
    struct watched *watched; /* that hears for it what others say */
};

struct cache_counts {
    uint64_t hits;
    uint64_t hits_caught_up; /* the clock of a stream was waited for */
    uint64_t hits_waited;    /* of those, by who waited for another's */
    uint64_t hits_shared;    /* likewise, found in the second tier */
    uint64_t hits_stale;     /* of those, that only a hint lets be so old */
    uint64_t hits_in_blocks; /* likewise, within transaction blocks */
    uint64_t hits_of[ENTRY_CLASSES];
    uint64_t hits_shared_of[ENTRY_CLASSES]; /* of those, found in the second tier */
    uint64_t misses[STORE_RESULTS];
    uint64_t stale;    /* found, but the stream is too old */
    uint64_t below;    /* found, but its client has seen what may be newer */
    uint64_t unasked;  /* found, of another question: a collision */
    uint64_t headless; /* found without a description that is asked for */
    uint64_t bypassed[CACHE_BYPASSES];
    uint64_t unkept[CACHE_UNKEPTS];
    uint64_t policies[POLICY_REASONS]; /* misses, by what they are */
    uint64_t hints_unknown; /* items of hints that were not understood, in texts that were new */
    uint64_t fills;
    uint64_t refreshed; /* found, and got again all the same, as their time was nearly over */
    uint64_t tired;     /* waited too long, and went themselves */
    uint64_t writes;
    uint64_t writes_unknown; /* of those, that may be of anything */
    uint64_t writes_late;    /* of those, that were read while they ran */
    uint64_t unseen;
    uint64_t lost;
    uint64_t
            untold; /* ends that the second tier was not told of: all of the database is stale there */
    uint64_t saved_usec; /* by hits: what their answers took when they were got */
};

/* Who answered a statement that was looked up. */
enum cache_tier {
    CACHE_TIER_LOCAL, /* also by waiting for another's fill */
    CACHE_TIER_REDIS,
    CACHE_TIER_SERVER, /* none: it was a miss */
    CACHE_TIERS
};

struct cache_report {
    struct times_sum
            times[CACHE_TIERS]; /* from a statement's last byte to its answer, or its end */
    uint64_t memory;            /* of the local tier, as the rest, all in all */
    uint64_t memory_mean;       /* over the time since the start */
    uint64_t memory_peak;
};

struct cache;

/* NULL: no memory. */
SL_MUST_CHECK struct cache *cache_new(
        const struct cache_limits *limits, const struct cache_hooks *hooks, unsigned workers);
/* No stage of it is in use any more. NULL is fine. */
void cache_free(struct cache *cache);
/* Any thread: nothing that was got before is given any more, nor kept. */
void cache_forget(struct cache *cache);
/* Any thread: what is kept or being got was judged by other rules: it is stale. Costs next to nothing. */
void cache_outdate(struct cache *cache);
/* Any thread: at a reload. */
void cache_set_limits(struct cache *cache, const struct cache_limits *limits);

/* Of that worker, for its pipeline. */
struct stage cache_stage(struct cache *cache, unsigned worker);
/* On that worker, once a turn: who was waited for is there, or has taken too long. */
/* A clock has moved that somebody waits for (watch_hooks.fresh). Any thread. */
void cache_moved(struct cache *cache);
void cache_turn(struct cache *cache, unsigned worker, sl_usec now);
/* On that worker: when that is of use if nobody rings; INT64_MAX: never. */
sl_usec cache_next(const struct cache *cache, unsigned worker);

/*
 * On that worker: shows what it remembers, some at a time; *cursor is 0 first. True: that was all.
 */
bool cache_shapes(struct cache *cache, unsigned worker, uint32_t *cursor,
        void (*show)(void *self, const struct cache_shape *shape), void *self);
/* On that worker: what is being got there of such a shape is not kept. */
void cache_spoil(struct cache *cache, unsigned worker,
        bool (*is)(const void *self, struct sl_hash128 shape), const void *self);

/* Any thread. */
struct tags *cache_tags(const struct cache *cache);
struct rowsets *cache_rowsets(const struct cache *cache);
struct store *cache_store(const struct cache *cache);
struct flights *cache_flights(const struct cache *cache);
/* Shapes whose answers are put as pinned; those that are kept already are the caller's to pin. */
struct holds *cache_holds(struct cache *cache);
void cache_counts(const struct cache *cache, struct cache_counts *counts);

void cache_report(const struct cache *cache, struct cache_report *report);

const char *cache_tier_name(enum cache_tier tier);
const char *cache_bypass_name(enum cache_bypass bypass);
const char *cache_unkept_name(enum cache_unkept unkept);

#endif
