/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/account.h - what a server's transaction has written, and may show to others when it ends.
 *
 *     account_collect()   within a block: nobody sees it yet
 *     account_begin()     what may end the block is about to be sent: all that was collected is pending
 *     account_take()      begun for one statement, which has been answered while the transaction goes on
 *     account_end()       it is over, and visible or never will be
 *     account_lose()      its server is gone: it may become visible, or not
 *
 * Ownership: stage_transaction.state's, from the first statement that writes until its end. Threads: the server's
 * worker. Bounds: two sets of TAG_SET_MAX tags; beyond, everything.
 */
#ifndef SLUICE_CACHE_ACCOUNT_H
#define SLUICE_CACHE_ACCOUNT_H

#include "cache/tags.h"

struct account {
    struct tags *tags;
    uint32_t all; /* the tag that stands for every other */
    struct tag_set collected;
    struct tag_set pending; /* begun, unless it is empty */
    unsigned
            unread; /* statements under way that are collected when they have been answered (stage_late.c) */
    struct cache_held
            *held; /* whose it is not: of what is believed to hide nothing while the view is that */
    uint64_t view;
    bool has_doubts; /* something of it may have changed the schema, as no text says */
    bool is_told;    /* the second tier, of all that is pending: cache/stage_part.h */
    bool has_unseen; /* of it, what no ReadyForQuery but the last surely ends */
};

/* NULL: no memory. */
SL_MUST_CHECK struct account *account_new(struct tags *tags, uint32_t all);
void account_collect(struct account *account, const struct tag_set *set);
void account_begin(struct account *account);
/* Takes over a set that has begun. */
void account_take(struct account *account, struct tag_set *set);
/* Everything ends, and it is freed. */
void account_end(struct account *account);
/*
 * It is freed; *pending is what has begun and somebody has to end. What was only collected was never to be
 * seen. False: nothing has begun.
 */
SL_MUST_CHECK bool account_lose(struct account *account, struct tag_set *pending);

#endif
