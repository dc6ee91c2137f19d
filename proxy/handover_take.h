/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/handover_take.h - this process takes over: the new one's side of `sluice -R`.
 *
 *   handover_take_join()   before any thread: is there one to take over from, what does it listen on
 *   handover_take_warm()   its pools are ours, too, and have servers
 *   ... all that a start is, with its sockets in place of new ones, and its cancel keys' secret ...
 *   handover_take_serve()  we accept now; it does not, and sends its clients one by one
 *   handover_take_stop()   we end; or it has said that it has none left
 *
 * A client is served here from the moment at which the answer that it was taken is with the system.
 * CancelRequests for those that are still over there come here, and are passed on.
 *
 * Ownership: one static struct. Threads: the main thread; handover_take_cancel() any worker.
 * Bounds: CANCELS_MAX requests passed on at a time.
 */
#ifndef SLUICE_PROXY_HANDOVER_TAKE_H
#define SLUICE_PROXY_HANDOVER_TAKE_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct client;
struct conf;
struct event_base;
struct mailbox;

/* Blocks, ten seconds at most. *joined false: nobody is there, and it is a start like any other. */
SL_MUST_CHECK enum sl_err handover_take_join(
        const struct conf *conf, bool *joined, struct sl_error *error);
/* Is another process being taken over from? */
bool handover_take_is_open(void);
/* Its process; 0: none is. */
pid_t handover_take_peer(void);
/*
 * After process_start(): connects to servers as the other process has, so that nobody waits for that
 * later. Blocks, ten seconds at most.
 */
SL_MUST_CHECK enum sl_err handover_take_warm(struct sl_error *error);
/* After a start that joined: says so, and goes on by events. */
SL_MUST_CHECK enum sl_err handover_take_serve(
        struct event_base *base, struct mailbox *mailbox, struct sl_error *error);
void handover_take_stop(void);
/*
 * Says what is paused by now; and when the other process did not end but goes on without us, so that its
 * name is its own again, this one is the one that leaves.
 */
void handover_take_tick(void);

/* A CancelRequest with a key that is not known here was read from this connection. False: nobody's. */
SL_MUST_CHECK bool handover_take_cancel(struct client *from, uint32_t pid, struct sl_span key);
/* Likewise, asked by the process that takes over from us, which is told by handover_cancelled(). */
SL_MUST_CHECK bool handover_take_pass(uint64_t asked, uint32_t pid, struct sl_span key);

#endif
