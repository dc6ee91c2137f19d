/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/drain.h - clients leave this process, between their transactions.
 *
 * Each worker sees to its own: those that are idle when the drain begins, a batch a turn, the others at
 * the end of their transactions (link.c), and whoever became idle otherwise once a tick.
 *
 *   DRAIN_MOVES    a client that may move (handover_client.h) is offered to the process that takes over,
 *                  CLIENT_MOVING until that has answered: then it is forgotten here, or goes on as before
 *   DRAIN_CLOSES   who is between transactions is told 57P01 and closed; whoever is not, at the end of it
 *   DRAIN_COUNTS   nothing but looking whether anybody is left
 *
 * Consoles are neither moved nor closed: they go with the process.
 *
 * Ownership: none. Threads: drain_set() and drain_closed() any; drain_is_over() the control thread; the rest the worker's.
 * Bounds: DRAIN_OFFERS clients of a worker are offered at a time, DRAIN_BATCH looked at in a turn.
 */
#ifndef SLUICE_PROXY_DRAIN_H
#define SLUICE_PROXY_DRAIN_H

#include "protocol/base/list.h"
#include "protocol/base/slab.h"
#include "proxy/mailbox.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct client;
struct pool;
struct worker;

enum { DRAIN_OFFERS = 8, DRAIN_BATCH = 256 };

enum drain { DRAIN_NOT = 0, DRAIN_MOVES = 1, DRAIN_CLOSES = 2, DRAIN_COUNTS = 4 }; /* a set */

/* What a worker keeps of it. */
struct drain_state {
    unsigned how;       /* enum drain, as of the last letter */
    unsigned offers;    /* not answered yet */
    uint32_t cursor;    /* of the pass under way */
    bool is_passing;    /* a pass is under way */
    bool is_stopped;    /* no more offers fit for now */
    atomic_uint passes; /* any thread: finished, since the last letter */
    struct letter letter;
    atomic_bool has_letter; /* any thread: it is on its way */
};

enum drain_answer {
    DRAIN_TAKEN,   /* the other process has it */
    DRAIN_STAYS,   /* it will not have it */
    DRAIN_RETURNS, /* it has gone, without an answer; or wants it another time */
};

/* A client's session, on its way to the control thread and back. */
struct drain_offer {
    struct letter letter;
    struct worker *worker;
    struct sl_id client;
    struct pool *pool; /* held */
    int fd;            /* a duplicate; the control thread's */
    enum drain_answer answer;
    struct sl_list link; /* the control thread's */
    uint64_t number;     /* likewise */
    size_t len;
    uint8_t bytes[]; /* a CLIENT, without its number */
};

/* For all workers from now on. With DRAIN_NOT drain_is_over() never is. */
void drain_set(unsigned how);
/* How many were told 57P01, ever. */
unsigned drain_closed(void);
/* Nobody is left but consoles, and nobody will come: no connection is accepted any more. */
bool drain_is_over(void);
/* The offer is answered: back to its worker. */
void drain_answer(struct drain_offer *offer, enum drain_answer answer);

/* Some that could not move may now: a pass begins in this turn. */
void drain_again(struct worker *worker);
/* Once a turn; with a tick a new pass begins. */
void drain_turn(struct worker *worker);
/* The client's transaction is over, and it has no server. It may be gone after this. */
void drain_see(struct client *client);

#endif
