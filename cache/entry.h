/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/entry.h - an answer that is kept: bytes as a server sent them, and what they depend on.
 *
 *     RowDescription, if it was asked for | DataRow ... | CommandComplete
 *
 * ReadyForQuery is none of it: its status is the client's transaction's ("Message Formats"). An
 * entry never changes once it is in the store, but for what is marked.
 *
 * Ownership: reference counted; one block. Threads: any. Bounds: ENTRY_TAGS_MAX tags; bytes are
 * bounded by whoever fills (cache/fill.h).
 */
#ifndef SLUICE_CACHE_ENTRY_H
#define SLUICE_CACHE_ENTRY_H

#include "cache/tags.h"
#include "protocol/base/clock.h"
#include "protocol/base/hash.h"
#include "protocol/base/list.h"
#include "protocol/base/span.h"

enum {
    ENTRY_TAGS_MAX = 128,
    ENTRY_KEY = 2,
    ENTRY_LAST_PART = 10, /* of its time: one part in so many */
    ENTRY_OFTEN = 1       /* hits a second */
};

/* What an answer depends on (cache.md 3.4). */
enum entry_class {
    ENTRY_TABLE, /* its tables */
    ENTRY_POINT, /* one key of one table */
    ENTRY_ROWS,  /* the rows of one table that have some value, and those that it shows */
    ENTRY_CLASSES
};

/* What all answers of one statement have in common: cache/class.h. */
struct entry_origin {
    atomic_uint refs;
    void (*release)(struct entry_origin *origin); /* the last reference went */
};

struct entry_tag {
    uint64_t word;
    uint32_t tag;
};

/* Where in a store it is: cache/store_stripe.h. Under its stripe's lock. */
struct entry_place {
    struct sl_list link;
    uint8_t queue; /* 0: in none */
    bool had_lap;
    bool is_pinned; /* it is to stay, where it can; its maker's before it is put */
};

struct entry {
    atomic_uint refs;
    atomic_uchar used;     /* 0 to 3: the store's, any thread */
    atomic_bool has_heir;  /* somebody gets it again, before its time is over; any thread */
    _Atomic uint32_t hits; /* any thread; to be shown */
    struct sl_hash128 key;
    struct entry_origin *origin; /* a reference, or NULL */
    uint8_t class;               /* enum entry_class */
    bool needs_stream;           /* others write what it depends on: cache/stage.h */
    bool may_be_stale; /* a hint lets it be given for a while when it has changed: cache/stage_stale.c */
    uint16_t tags_count;
    uint32_t
            table; /* not ENTRY_TABLE: of its table (TAG_ANY), of which it has no tag; the key's, or the
                       value's, is tags[ENTRY_KEY] */
    uint32_t rows;
    uint32_t cost_usec; /* what the server took */
    sl_usec sent_at;    /* the statement: what was visible then is in it; 0: by another's clock */
    sl_usec filled_at;  /* the answer was there: nothing later is in it */
    sl_usec expires_at;
    _Atomic sl_usec
            true_at; /* if it may be stale: what PostgreSQL would have answered then; any thread */
    uint32_t head_len;     /* RowDescription; 0: nobody asked for it */
    uint32_t rows_len;     /* DataRow ... */
    uint32_t tail_len;     /* CommandComplete */
    uint32_t question_len; /* what it answers, of its class: key_question() */
    size_t bytes;          /* of the whole block, with what malloc adds */
    struct entry_tag
            *tags; /* in the block, as the next; what may be withdrawn is the last: tags.h */
    uint8_t *reply;
    struct entry_place place; /* the store's */
};

struct entry_parts {
    struct sl_span head;
    struct sl_span rows;
    struct sl_span tail;
    struct sl_span question;
};

/* With room for those tags; all else is zero and the maker's to fill in. One reference. NULL: no memory. */
SL_MUST_CHECK struct entry *entry_new(const struct entry_parts *parts, uint16_t tags_count);
struct entry *entry_ref(struct entry *entry);
void entry_unref(struct entry *entry); /* NULL is fine */

struct entry_origin *entry_origin_ref(struct entry_origin *origin);
void entry_origin_unref(struct entry_origin *origin); /* NULL is fine */

static inline struct sl_span entry_head(const struct entry *entry)
{
    return sl_span(entry->reply, entry->head_len);
}

/* DataRows and CommandComplete, which lie one behind the other. */
static inline struct sl_span entry_rows_and_tail(const struct entry *entry)
{
    return sl_span(entry->reply + entry->head_len, (size_t)entry->rows_len + entry->tail_len);
}

static inline struct sl_span entry_question(const struct entry *entry)
{
    return sl_span(entry->reply + entry->head_len + entry->rows_len + entry->tail_len,
            entry->question_len);
}

/*
 * It was filled elsewhere, `age` ago as far as the two clocks agree: that is enough for when it expires, counted from
 * what is returned, and not for what a session has seen already. So nobody knows when it was asked for, and anything
 * that is visible now may be in it.
 */
static inline sl_usec entry_date_shared(struct entry *entry, sl_usec age, sl_usec now)
{
    entry->sent_at = 0;
    entry->filled_at = now;
    return age > 0 ? now - age : now;
}

/* Its time is nearly over. */
static inline bool entry_is_old(const struct entry *entry, sl_usec now)
{
    return entry->expires_at - now < (entry->expires_at - entry->filled_at) / ENTRY_LAST_PART;
}

/*
 * Its time is nearly over, it is asked for often, and it is the first that is told so: it is to be got again now, so
 * that nobody has to wait when it is over. Once in its life.
 */
bool entry_wants_heir(struct entry *entry, sl_usec now);

/* Every word is what it was; that of the last tag is read first. */
bool entry_is_fresh(const struct entry *entry, const struct tags *tags);

#endif
