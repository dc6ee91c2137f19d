/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_listen.h - what other instances say they write: a subscription to the channel of cache/tier.h.
 *
 *     AWAY --> GREETING --> LISTENING --> AWAY
 *
 * Messages may be lost: with the connection, here or at whoever sent them. So `missed` is called whenever
 * anything may have been: when it begins to listen, when it is lost, when a sender's numbers have a gap, when a
 * message is not understood, when a sender says so itself. A sender that is silent after a message that was lost
 * beats within a second. What this instance said itself is not told.
 *
 * tags of a message are told as they are called, one after the other, then `told`. Between `missed` because it
 * is lost and because it listens again nobody tells anything.
 *
 * Ownership: the caller's; hooks and instance outlive it. Threads: one at a time. Bounds: TIER_SENDERS_MAX
 * senders are known, of one more nothing is missed; messages as long as the options' out_max.
 */
#ifndef SLUICE_CACHE_TIER_LISTEN_H
#define SLUICE_CACHE_TIER_LISTEN_H

#include "cache/tier.h"
#include "cache/tier_codec.h"

enum { TIER_SENDERS_MAX = 1024 };

enum tier_missed {
    TIER_MISSED_BEFORE, /* it listens from now on */
    TIER_MISSED_LOST,   /* it does not any more */
    TIER_MISSED_GAP,
    TIER_MISSED_NOT_UNDERSTOOD,
    TIER_MISSED_SAID, /* a new epoch */
    TIER_MISSED_KINDS
};

struct tier_listen_hooks {
    void *self;
    void (*tag)(void *self, const struct tier_tag *tag, bool is_end);
    void (*missed)(void *self, enum tier_missed how);
    /* What is of no tags (TIER_SAID_ASKS and on), lent. May be NULL. */
    void (*said)(void *self, enum tier_said_kind kind, struct sl_span text);
};

struct tier_listen_counts {
    uint64_t messages;
    uint64_t own;
    uint64_t tags;
    uint64_t missed[TIER_MISSED_KINDS];
    unsigned senders;
};

struct tier_listen;

/* NULL: no memory. It connects with the first tier_listen_go_on(). */
SL_MUST_CHECK struct tier_listen *tier_listen_new(
        struct tier_instance *instance, const struct tier_listen_hooks *hooks);
void tier_listen_free(struct tier_listen *listen); /* NULL is fine */

bool tier_listen_is_up(const struct tier_listen *listen);
void tier_listen_waits(const struct tier_listen *listen, struct tier_waits *waits);
void tier_listen_go_on(struct tier_listen *listen, sl_usec now, bool readable, bool writable);

void tier_listen_counts(const struct tier_listen *listen, struct tier_listen_counts *counts);
const char *tier_listen_why(const struct tier_listen *listen); /* it is not up */
const char *tier_missed_text(enum tier_missed how);

#endif
