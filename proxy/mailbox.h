/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/mailbox.h - letters between threads: the only way to reach another worker.
 *
 * A letter is a member of whatever it is about (a server on its way to another
 * worker, a finished job). Posting never blocks and never allocates. The
 * receiver takes all letters once per turn, in the order in which they were
 * posted, and calls deliver() for each on its own thread.
 *
 * Ownership: from mailbox_post() until deliver() the letter, and what it is a
 * member of, belongs to the mailbox. Threads: mailbox_post() any; the rest the
 * receiver's. Bounds: the letters exist already, a mailbox holds no memory.
 */
#ifndef SLUICE_PROXY_MAILBOX_H
#define SLUICE_PROXY_MAILBOX_H

#include "protocol/base/err.h"

#include <stdatomic.h>

struct worker;

struct letter {
    struct letter *next;
    /* worker is the receiving one; NULL when the control thread receives. */
    void (*deliver)(struct letter *letter, struct worker *worker);
};

struct mailbox {
    _Atomic(struct letter *) newest; /* any thread */
    int wake_fd;                     /* an eventfd: constant after start */
};

SL_MUST_CHECK enum sl_err mailbox_init(struct mailbox *mailbox);
void mailbox_fini(struct mailbox *mailbox);

void mailbox_post(struct mailbox *mailbox, struct letter *letter);

/* Empties the mailbox and delivers; returns how many letters there were. */
unsigned mailbox_deliver(struct mailbox *mailbox, struct worker *worker);

#endif
