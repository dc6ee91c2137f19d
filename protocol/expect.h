/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/expect.h - the replies a server still owes, in order: the heart of the proxy.
 *
 * Every message sent to a server that will be answered puts an entry at the end;
 * every answer moves or removes the entry at the head. What is expected follows
 * from message types alone, never from what the SQL seems to be. Rules, from the
 * PostgreSQL documentation, "Message Flow":
 *
 *   - An error in an extended-query message makes the server discard everything
 *     up to the next Sync, a pipelined Query included. The entries up to that
 *     Sync are dropped here; when it was not sent yet, what comes is not expected.
 *   - An error inside a Query ends that Query only; its ReadyForQuery follows.
 *   - An error in Sync itself (a deferred constraint) drops nothing.
 *   - In COPY IN the server ignores Flush and Sync, until CopyDone or CopyFail.
 *
 * Entries may be hidden (requests of our own, whose replies no client sees) or
 * local (a reply of our own, due in its turn; dropped as the server would have
 * dropped it). An entry may carry references; each is settled exactly once.
 *
 * Ownership: the queue owns its ring. Threads: the caller's. Bounds: EXPECT_ENTRIES_MAX
 * entries; expect_push() answers SL_ELIMIT, and the caller stops reading until
 * replies have come. No deadlock follows: so many unflushed replies do not fit
 * the server's buffer, and an error is flushed at once.
 */
#ifndef SLUICE_PROTOCOL_EXPECT_H
#define SLUICE_PROTOCOL_EXPECT_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { EXPECT_ENTRIES_MAX = 65536 };

enum expect_kind {
    EXPECT_NOTHING, /* was dropped in place; leaves when it comes to the head */
    EXPECT_QUERY,
    EXPECT_FUNCTION,
    EXPECT_PARSE,
    EXPECT_BIND,
    EXPECT_DESCRIBE_STATEMENT,
    EXPECT_DESCRIBE_PORTAL,
    EXPECT_EXECUTE,
    EXPECT_CLOSE,
    EXPECT_SYNC,
    EXPECT_COPY_END, /* CopyDone or CopyFail went by here; nothing answers it */
    EXPECT_LOCAL     /* a reply of our own stands here */
};

enum {
    EXPECT_HIDDEN = 1,     /* no client sees the replies */
    EXPECT_IN_COPY = 2,    /* the server reads it in COPY IN: a Sync is ignored, others end it */
    EXPECT_POISON = 4,     /* sent to fail; the error shown is undo's, not the server's */
    EXPECT_QUIET = 16,     /* no client sees that it went well; an error is the client's */
    EXPECT_HAS_FAILED = 8, /* an error was seen; ReadyForQuery is still due */
    EXPECT_LEADS = 32      /* pushed while leads was set: an error of it is that Execute's */
};

enum expect_outcome {
    EXPECT_DONE,    /* answered */
    EXPECT_FAILED,  /* answered by an error */
    EXPECT_SKIPPED, /* the server never looked at it */
    EXPECT_LOST     /* the server went away, or the queue was given up */
};

struct expect_entry {
    uint8_t kind;     /* enum expect_kind */
    uint8_t flags;    /* EXPECT_HIDDEN, ... */
    uint8_t local;    /* settled, when not 0; EXPECT_LOCAL: the type of an empty message, or 0 */
    uint32_t segment; /* set by expect_push() */
    void *ref;        /* settled, when not NULL */
    void *undo;       /* likewise */
};

typedef void expect_settle(
        void *self, const struct expect_entry *entry, enum expect_outcome outcome);

enum expect_copy { EXPECT_COPY_NONE, EXPECT_COPY_IN, EXPECT_COPY_OUT, EXPECT_COPY_BOTH };

struct expect {
    struct expect_entry *ring;
    uint32_t cap; /* a power of two, or 0 */
    uint32_t head;
    uint32_t count;
    uint32_t segment; /* counts the ends of segments sent: Sync, Query, FunctionCall */
    uint8_t copy;     /* enum expect_copy */
    bool copy_end_sent;
    bool described; /* the head is a statement's Describe, and its 't' was seen */
    bool leads;     /* the caller's: what is pushed belongs to the Execute that comes next */
    bool skipping;  /* after an error, with no Sync sent since */
    bool uncertain; /* the number of ReadyForQuery to come is not known: close, do not reuse */
    char status;    /* of the last ReadyForQuery: I, T or E */
    expect_settle *settle;
    void *self;
};

enum expect_verdict {
    EXPECT_SHOW,  /* goes to the client */
    EXPECT_HIDE,  /* is for us */
    EXPECT_SWAP,  /* the error of a poison entry: show the entry's own error instead */
    EXPECT_BREACH /* nobody asked for that: the server connection is of no more use */
};

void expect_init(struct expect *expect, expect_settle *settle, void *self);
/* Settles what is left as EXPECT_LOST and frees the ring. */
void expect_fini(struct expect *expect);

/*
 * A request was (or is about to be) sent. While the server skips to Sync, what is
 * not a Sync is settled as skipped and not kept. SL_ELIMIT and SL_ENOMEM: not kept,
 * not settled; the caller must not send it.
 */
SL_MUST_CHECK enum sl_err expect_push(struct expect *expect, struct expect_entry entry);

/*
 * The server sent a message of that type; status is the first byte of its body
 * (used for ReadyForQuery only). Not for what may come at any time: NoticeResponse,
 * ParameterStatus, NotificationResponse. swap: for EXPECT_SWAP, the poison's undo,
 * which the caller now owns.
 */
enum expect_verdict expect_reply(struct expect *expect, uint8_t type, char status, void **swap);

/* A local reply that is due now, taken off into *entry; false when none is. */
bool expect_take_local(struct expect *expect, struct expect_entry *entry);

/* The entry that the next reply belongs to, or NULL; the one that was pushed last, or NULL. */
const struct expect_entry *expect_head(const struct expect *expect);
const struct expect_entry *expect_last(const struct expect *expect);
/* The first that is not hidden, or NULL. */
const struct expect_entry *expect_first_shown(const struct expect *expect);

static inline bool expect_idle(const struct expect *expect)
{
    return expect->count == 0;
}

/* Rows and COPY data may pass without being looked at: they change nothing here. */
static inline bool expect_streams(const struct expect *expect)
{
    if (expect->count == 0) {
        return false;
    }
    const struct expect_entry *head = &expect->ring[expect->head & (expect->cap - 1)];
    return (head->kind == EXPECT_QUERY || head->kind == EXPECT_EXECUTE) &&
           (head->flags & (EXPECT_HIDDEN | EXPECT_QUIET)) == 0;
}

static inline bool expect_local_is_due(const struct expect *expect)
{
    return expect->count > 0 && expect->ring[expect->head & (expect->cap - 1)].kind == EXPECT_LOCAL;
}

/* A COPY waits for its data: what came before it has been answered, and Flush is ignored. */
static inline bool expect_is_copying(const struct expect *expect)
{
    return expect->copy == EXPECT_COPY_IN && !expect->copy_end_sent;
}

/*
 * Would no more come if nothing more were sent? What lies in front of a Sync, a Query or
 * a FunctionCall is flushed by it; what follows the last of them is not, and a COPY IN
 * waits for its data.
 */
bool expect_is_stuck(const struct expect *expect);

/* The Query or Execute that an answer to the head leads to, itself included, or NULL. */
const struct expect_entry *expect_execute(const struct expect *expect);

/* The segment of the Sync that an error now would be skipped to; the present one: not sent yet. */
uint32_t expect_skip_end(const struct expect *expect);

/* Behind the head, will the server answer nothing (but Closes) before that Sync? */
bool expect_ends_next(const struct expect *expect);

/* Is all that is expected one request, up to its Sync? */
bool expect_is_one_segment(const struct expect *expect);
/* How many replies of that kind are still to come. */
uint32_t expect_count_of(const struct expect *expect, enum expect_kind kind);

/* Whether what the server says now is for us alone. */
static inline bool expect_hidden(const struct expect *expect)
{
    return expect->count > 0 &&
           (expect->ring[expect->head & (expect->cap - 1)].flags & EXPECT_HIDDEN) != 0;
}

/* Room for n more entries, so that a group is sent wholly or not at all. */
static inline bool expect_has_room(const struct expect *expect, uint32_t n)
{
    return expect->count + n <= EXPECT_ENTRIES_MAX;
}

/* Asserts the invariants; no effect. */
void expect_check(const struct expect *expect);

#endif
