/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/handover_give.h - this process is taken over from: the old one's side of `sluice -R`.
 *
 *   LISTENS --HELLO--> PREPARES --SERVES--> MOVES --all have gone--> the process ends
 *      ^                  |                   |
 *      '--the other ends--+--or does not answer: sockets, pid file and clients are ours again
 *
 * Until the other process says that it serves nothing has changed here: it has duplicates of what
 * we listen on. Then we do not accept any more, and each client moves when it is idle (drain.h). It is
 * ours, and waits, until the other has said that it took it; the answers that came before the other's
 * end are read, so each client is served by one of the two and by no more than one. After
 * handover_timeout those that cannot move are closed between their transactions; after
 * shutdown_timeout more, if that is set, whoever is left.
 *
 * Ownership: one static struct. Threads: the control thread; handover_offer(),
 * handover_say() and handover_cancelled() any. Bounds: one process at a time; offers are drain.h's.
 */
#ifndef SLUICE_PROXY_HANDOVER_GIVE_H
#define SLUICE_PROXY_HANDOVER_GIVE_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "proxy/mailbox.h"

#include <stdbool.h>
#include <stdint.h>

/* A message on its way to the other process. */
struct handover_said {
    struct letter letter;
    struct pool *pool; /* held; the other process is told of it first */
    struct sl_buf bytes;
};

struct conf;
struct drain_offer;
struct event_base;
struct pool;

/* Waits for one that takes over; without a place for its socket, or when that fails, the log says so. */
void handover_give_start(const struct conf *conf, struct event_base *base, struct mailbox *mailbox);
void handover_give_stop(void);
/* Its deadlines. True: all have gone, the process may end. */
bool handover_give_tick(sl_usec now);
/* Is a process taking over, so that ticks are needed? */
bool handover_give_is_busy(void);
/* False: another process waits where we did, and has not asked us. */
bool handover_give_has_name(void);
/* That one serves: as if it had taken over, but what is here is served here until handover_timeout. */
void handover_give_retreat(void);

/* Takes over the offer until drain_answer(). */
void handover_offer(struct drain_offer *offer);
/* Takes over what is said, which is dropped if it cannot be said now. */
void handover_say(struct handover_said *said);
void handover_said_free(struct handover_said *said);
/* cancel.h: a request that the other process passed on is carried out, or is of no use. */
void handover_cancelled(uint64_t number);

#endif
