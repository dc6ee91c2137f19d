/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_tour.h - one letter that visits every worker and comes home.
 *
 * What lives on a worker is read, or acted on, by that worker: the letter is
 * delivered at each in turn, visit() is called there, and at the end home() on the
 * thread that sent it: a worker, or the one of proxy/http.h. visit() does a bounded amount and may ask to be called
 * again in the next turn.
 *
 * Ownership: the tour, embedded in what it carries, owns itself until home() or
 * drop(), which free it. When a worker is stopping the tour ends there with drop().
 * Threads: one at a time. Bounds: TOUR_CLIENTS clients looked at in a turn.
 */
#ifndef SLUICE_PROXY_CONSOLE_TOUR_H
#define SLUICE_PROXY_CONSOLE_TOUR_H

#include "protocol/base/slab.h"
#include "proxy/mailbox.h"

#include <stdbool.h>

enum { TOUR_CLIENTS = 512 };

struct console_tour {
    struct letter letter; /* first: the tour's own */
    unsigned at;          /* the worker it is with, or on its way to */
    struct mailbox *from;
    struct sl_id client; /* whose console asked; it may be gone by now */
    /* True: done with that worker. */
    bool (*visit)(struct console_tour *tour, struct worker *worker);
    void (*home)(struct console_tour *tour, struct worker *worker); /* NULL: no worker's */
    void (*drop)(struct console_tour *tour);
};

/* client, visit, home and drop are set. */
void console_tour_start(struct console_tour *tour, struct mailbox *from);

/* For drop() of one whose home outlives the workers: it goes home at once. */
void console_tour_end(struct console_tour *tour);

#endif
