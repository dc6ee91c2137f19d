/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_part.h - what the sources of the stage share: a worker's part, and a statement's.
 *
 * Ownership: a part is the cache's; an asked is its part's, from ask() to forget(). Threads: the worker's, but
 * for woken. Bounds: ASKED_MAX, VERDICTS.
 */
#ifndef SLUICE_CACHE_STAGE_PART_H
#define SLUICE_CACHE_STAGE_PART_H

#include "cache/door.h"
#include "cache/fill.h"
#include "cache/reuse.h"
#include "cache/stage.h"
#include "cache/tier.h"
#include "protocol/base/list.h"
#include "protocol/base/slab.h"

#include <pthread.h>

enum {
    ASKED_TELLS = 2,
    ASKED_MAX = 65536,
    VERDICTS = 4096,
    CLASSES = 1024,
    HINTS = 256,
    QUESTION_MAX = 65536,
    LATE_MAX = 256,
    LATE_UNREAD = 240,  /* as many, at which what is not read does not wait any more */
    LATE_HARMLESS = 192 /* likewise what was known before a doubt */
};

/* How long what is over may go on being pending until it is read; and how often that is looked at. */
#define LATE_WAITS (1 * SL_SECOND)
#define LATE_LOOKS (2 * (SL_SECOND / 1000))

/* Who is waited for, at most: twice what its statements took, within these. */
#define CACHE_WAIT_MIN (50 * (SL_SECOND / 1000))
#define CACHE_WAIT_UNKNOWN (1 * SL_SECOND)
#define CACHE_WAIT_MAX (10 * SL_SECOND)

/* watch_schema.h asks every 10 s at most, but where that takes long. */
#define CACHE_SCHEMA_AGE_MAX (15 * SL_SECOND)

struct cache_part;

/* A statement that fills, waits or writes. */
struct asked {
    struct sl_id id;
    struct cache_part *part;
    struct stmt *stmt;
    struct cache_verdict verdict; /* its policy is a reference; NULL: nothing is known */
    struct sl_hash128 shape;
    uint64_t view;
    bool has_view;
    bool is_miss;  /* it was looked up, and not found */
    bool was_kept; /* there was one, that may not be given now */
    bool has_writes;
    bool is_late; /* what it writes is not known yet: it is not read, or the schema is in doubt */
    bool may_wait; /* without a verdict: by what was known before the doubt it is harmless, or not read */
    bool may_hide;      /* likewise: it may change the schema, as no text says */
    bool is_ending_not; /* likewise: its transaction does not end in it */
    bool is_decided;    /* late_decide() was true */
    bool is_unread;     /* it is one of its account's: account.h */
    bool executes;      /* it is an EXECUTE, and is judged as the PREPARE of that shape */
    struct sl_hash128 executed;
    bool leads; /* a flight; with a class and a question */
    bool fills; /* what it is answered is taken down */
    bool is_new_class;
    bool has_point;       /* it asks for one row, by its key */
    uint8_t unkept;       /* enum cache_unkept */
    bool has_rows;        /* for those that have some columns' values; not both */
    uint8_t entry_class;  /* enum entry_class, of what it is kept as */
    uint64_t point_value; /* of either */
    int64_t rows_limit;
    struct watched *watched; /* where it was sent, if there is a stream */
    uint64_t database;       /* likewise, as tags know it; 0: it was not */
    bool writes_point;       /* what it writes is one row: */
    uint64_t write_value;
    struct cache_class *class;
    uint8_t *question;
    size_t question_len;
    struct flight_leader leader;
    struct flight_waiter waiter;
    struct sl_list waiting;  /* of the part */
    struct asked *woken;     /* under the part's lock: the next one */
    struct entry *entry;     /* that it was woken with, or waits for to be given */
    struct watched *awaited; /* a reference: it waits until its clock has come to: */
    sl_usec floor;
    sl_usec deadline;
    bool is_tired;
    bool shares;       /* what it writes is told to the second tier */
    bool is_told;      /* the second tier, of the end of what it writes */
    uint8_t tells;     /* acknowledgements that it waits for */
    struct tier *tier; /* what follows is there */
    struct tier_request request;
    struct tier_wait waits[ASKED_TELLS];
    struct sl_hash128 shared_key;
    uint8_t *proof; /* that what it was answered may be shared */
    size_t proof_len;
    struct fill fill;
    struct tag_set writes;
};

/* What a shape is. */
struct cache_memo {
    struct sl_hash128 shape;
    uint64_t view;
    uint32_t cost_usec; /* of the last fills, about; 0: not known */
    uint32_t bytes;     /* of their entries, likewise */
    uint8_t unkept;     /* of the last miss */
    uint64_t misses;
    uint64_t fills;
    sl_usec last_at;
    struct cache_verdict verdict;
};

/* What a text says that has a hint. */
struct cache_hint {
    struct sl_hash128 text; /* and how it is read; 0: none */
    struct hint hint;
};

/* Each counter has one writer. */
struct cache_part_counts {
    _Atomic uint64_t figures[sizeof(struct cache_counts) / sizeof(uint64_t)];
};

/* How what was sent unread was over. */
struct late_end {
    struct account *account; /* of its transaction, which goes on; NULL: that is over */
    uint64_t database;
    bool is_told; /* the second tier, of all of it or of what late_decide() said */
    bool executes;
};

/* A statement that was answered, and is not known yet. */
struct late {
    struct late_end end;
    struct sl_hash128 shape;
    uint64_t view;
    struct cache_held *held;
    struct stage_transaction where;
    struct tag_set
            writes; /* everything: it has begun, or does so with what its account has collected */
    bool is_belief; /* several, that are over: all of them hid nothing if the view stays what it is */
    sl_usec until;
};

struct cache_part {
    struct cache *cache;
    unsigned worker;
    unsigned lates_count;
    struct late lates[LATE_MAX];
    sl_usec late_look_at; /* INT64_MAX: there is none */
    struct sl_slab *asked;
    struct sl_list waiting;
    struct sl_list catching_up; /* of struct asked, too: for a clock (asked.awaited) */
    sl_usec in_vain; /* a clock, when somebody had waited too long for it: nobody does until it moves */
    sl_usec look_at; /* at who waits: the first deadline, about; INT64_MAX */
    pthread_mutex_t lock;
    struct asked *woken; /* under lock */
    atomic_bool has_woken;
    atomic_bool is_catching_up; /* cache_moved() is to ring */
    struct cache_memo memos[VERDICTS];
    struct cache_hint hints[HINTS];
    struct cache_class *classes[CLASSES]; /* the last made, by their hash; references */
    uint64_t typical_worth; /* of shapes that were filled: about the median; 0: of none yet */
    struct cache_part_counts counts;
    struct times times[CACHE_TIERS];
};

/* The store's bytes, looked at now and then: worker 0's. */
struct cache_memory {
    sl_usec at; /* 0: not yet */
    uint64_t bytes;
    double sum; /* of bytes by microseconds */
    double usec;
};

struct cache {
    struct cache_hooks hooks;
    struct tags *tags;
    struct rowsets *rowsets;
    struct store *store;
    struct flights *flights;
    struct door *door;
    struct reuse *reuse;
    struct holds holds;
    unsigned workers;
    /* Any thread: */
    _Atomic uint64_t floor; /* what was sent before that clock is not kept */
    _Atomic size_t max_result;
    _Atomic sl_usec ttl;
    _Atomic sl_usec negative_ttl;
    _Atomic sl_usec max_staleness;
    _Atomic sl_usec ttl_redis;
    atomic_bool shares;
    atomic_uint admission;
    atomic_bool floors_by_table;
    _Atomic uint64_t memory_mean;
    struct cache_memory memory;
    struct cache_part *parts;
};

#define PART_COUNT(part_, member_) PART_COUNT_BY(part_, member_, 1)
#define PART_COUNT_BY(part_, member_, by_)                                                         \
    part_count(part_, offsetof(struct cache_counts, member_) / sizeof(uint64_t), by_)

static inline void part_count(struct cache_part *part, size_t figure, uint64_t by)
{
    _Atomic uint64_t *at = &part->counts.figures[figure];

    atomic_store_explicit(
            at, atomic_load_explicit(at, memory_order_relaxed) + by, memory_order_relaxed);
}

/* ---- stage_memo.c ---- */

/* What its statement is as of now: asked->verdict, shape and view. */
void memo_judge(struct asked *asked);
/* It is about to be sent. True: it is an EXECUTE of what is known, and to be judged as that. */
bool memo_executes(struct asked *asked);
/* Is that still so? */
bool memo_is_current(const struct asked *asked);
/* Its answer is kept: what it took, and how long it is. */
void memo_fill(const struct asked *asked, const struct entry *entry);
/* What is known of its shape, or NULL. */
const struct cache_memo *memo_of(const struct asked *asked);
/* It was a miss; asked->unkept says what came of it. */
void memo_miss(const struct asked *asked);
/* What its text says of itself. */
struct hint memo_hint(struct cache_part *part, const struct stmt *stmt);
/* How long it may be waited for. */
sl_usec memo_patience(const struct asked *asked);
/* asked->class. False: no memory. */
SL_MUST_CHECK bool memo_class(struct asked *asked, const struct cache_asks *asks);
void memo_fini(struct cache_part *part);

/* ---- stage_stale.c ---- */

/* The stream is older than max_staleness: does a hint let its answer be so? */
bool stale_is_late_by_hint(const struct cache_asks *asks, sl_usec fresh_until, sl_usec now);
/* It was found, and has changed: does a hint let it be given all the same? */
bool stale_may_be_given(const struct cache_part *part, const struct stmt *stmt,
        const struct entry *entry, const struct cache_asks *asks);
/* It was found, and has not. */
void stale_confirm(struct entry *entry, const struct stmt *stmt, const struct cache_asks *asks);
/* ---- stage_admit.c ---- */

/* It may be kept: is that worth it? CACHE_KEPT, or why not. */
enum cache_unkept admit(const struct asked *asked, struct sl_hash128 key);
/* Its answer is kept. */
void admit_filled(const struct asked *asked);

/* ---- stage_fill.c ---- */

/*
 * A miss: it leads, waits (then the stage does) if it may, or neither, and asked->unkept says why.
 */
enum flight_result fill_want(
        struct asked *asked, const struct cache_asks *asks, struct sl_hash128 key, bool may_wait);
/* It is about to be sent: from now on its answer is taken down, or it leads no longer. */
void fill_dispatch(struct asked *asked, bool is_current);
/* Its answer has come, or will not. */
void fill_finish(struct asked *asked);

/* What is kept, since when, and what it depends on; all but its bytes. */
void fill_entry(const struct asked *asked, struct entry *entry, sl_usec since);
/* Its tags, as they are now. False: something has changed since the leader's clock, or is about to. */
bool fill_tags(
        struct entry *entry, const struct asked *asked, uint64_t clock, const uint32_t *tags);

/* ---- stage_share.c: the second tier ---- */

/* It leads: true: it is asked there, and is resumed when that has an answer. */
bool share_ask(struct asked *asked, const struct cache_asks *asks);
/* What it was answered is put there, if it may be. */
void share_put(const struct asked *asked, const struct entry *entry);
/* NULL: none. */
const struct tier_seat *share_seat(const struct cache_part *part, uint64_t database);
/* What others write through Sluices of theirs is heard of. */
bool share_listens(const struct cache_part *part, uint64_t database);
/* The set has begun, or is about to. */
void share_begin(struct asked *asked, uint64_t database, const struct tag_set *set);
/* What it wrote is over, which others have to know before its client does. */
enum stage_verdict share_end(struct asked *asked);
/* The set ends now. Was nobody told? Then all of the database is stale. */
void share_ended(struct cache_part *part, uint64_t database, const struct tag_set *set);
/* Nobody waits for anything any more. */
void share_forget(struct asked *asked);

/* ---- stage_tags.c ---- */

/*
 * Of everything, in every database: what nobody knows may have changed roles, which all of them share
 * (GRANT, ALTER ROLE, and who can tell what a DO does).
 */
static inline uint32_t stage_everything(const struct tags *tags)
{
    return tags_of_database(tags, 0);
}

/* Of an answer that has rows, as they are called; how many. 0: such are not shared. */
size_t stage_shared_names(const struct asked *asked, struct tag_name to[static ENTRY_TAGS_MAX]);
/* Of its answer, which is whole; how many; and asked->entry_class. */
uint16_t stage_answer_tags(struct asked *asked, uint32_t to[static ENTRY_TAGS_MAX]);
/* Of what its statement may write: asked->writes. */
void stage_write_tags(struct asked *asked, uint64_t database, const struct point_source *source);
/* The same, when its text and values are gone; not of everything. */
void stage_late_tags(
        const struct cache_part *part, const struct cache_verdict *verdict, struct tag_set *writes);

/* ---- stage_words.c ---- */

enum stage_words {
    STAGE_WORDS_ANY,     /* nothing is known */
    STAGE_WORDS_NOTHING, /* it writes nothing, and ends nothing: BEGIN, SET, SHOW ... */
    STAGE_WORDS_STAY,    /* it may write anything, and does not end the block that it is in */
    STAGE_WORDS_END      /* of its own it writes nothing; its transaction may end: COMMIT ... */
};

/* What is one statement for sure, and begins with words that say so. */
enum stage_words stage_words(struct sl_span text);

/* ---- stage_late.c ---- */

/*
 * It is done, and its client has not heard of it: is it known by now what it wrote, which is of less than everything?
 * Then stage_late_tags() of its verdict is that, whatever becomes known before it ends.
 */
bool late_decide(struct asked *asked);
/* It was answered. True: what it wrote is settled, or will be; false: it goes on as it was sent. */
bool late_settle(struct asked *asked);
/* It was not: in a block, where nothing has begun, everything is collected. */
void late_collect(struct asked *asked, bool may_hide);
/* It is sent in a block, and nothing of it begins. */
void late_sent(struct asked *asked, struct account *account);
/* It was answered, or never will be. */
void late_answered(struct asked *asked);
/* The transaction is about to end, or may be: what is not known of it by now is pending to its end. */
void late_join(struct cache_part *part, struct account *account);
/* What was done in it is seen from now on: the schema is in doubt if it may have changed. */
void late_over(struct cache_part *part, struct stage_transaction *transaction);
/* May what it was judged to be have changed the schema, as no text says? */
bool stage_may_hide(const struct policy *policy);
void late_turn(struct cache_part *part, sl_usec now);
void late_fini(struct cache_part *part);
/* NULL: no memory. */
struct account *stage_account(const struct cache_part *part, struct stage_transaction *transaction);

/* ---- stage_floors.c ---- */

/* Others write what it depends on: past all Sluices, or through theirs. */
bool stage_has_floors(const struct cache_part *part, const struct entry *entry);
/*
 * Such a one: may its client have it, as to what that has seen? Its tags are looked at once more, behind the clocks: a
 * write of which those say that it is known may have come since. *below: what the clock has to come to before; or 0.
 */
bool stage_is_above_floors(const struct cache_part *part, const struct stmt *stmt,
        const struct entry *entry, const struct cache_session *session, sl_usec *below);
/* Its client has seen the answer, which is kept. */
void stage_floor_of_entry(const struct cache_part *part, const struct stmt *stmt,
        const struct entry *entry, const struct cache_session *session);
/* It was sent, and what it is answered may be newer than what is kept. */
bool stage_sees(const struct asked *asked);
/* Its client has seen what the server said. */
void stage_floor_of_reply(const struct asked *asked);

/* ---- stage_block.c ---- */

/* It stands where what is kept is what a server would say. */
bool block_may_have_answers(const struct cache_part *part, const struct stmt *stmt);
/* It is about to be sent: what its block is from now on. */
void block_dispatch(const struct asked *asked);
/* Anything may be done there. */
void block_spoil(struct stage_transaction *block);

/* ---- stage_wait.c ---- */

/* It waits, and will be woken or grow tired. */
void wait_begin(struct asked *asked);
/* flight_waiter.wake: on the leader's thread. */
void wait_wake(struct flight_waiter *waiter, struct entry *entry);
void wait_turn(struct cache_part *part, sl_usec now);
/* What is kept for it may be given when the clock has come to that. False: it is not worth it. */
bool wait_may_catch_up(const struct cache_part *part, const struct stmt *stmt,
        const struct watched *watched, const struct entry *entry);
/* Takes the reference to the entry over. */
void wait_catch_up(
        struct asked *asked, struct watched *watched, struct entry *entry, sl_usec floor);

#endif
