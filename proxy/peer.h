/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/peer.h - cancel requests that are meant for another process of our group.
 *
 * Behind one balancer, or on one port (so_reuseport), a CancelRequest may come to
 * another process than the client did. Its key says whose it is (proxy/cancel_keys.h),
 * and it is passed on to where [peers] says that one listens. A request that is passed
 * on says how often it may be once more, so that none goes round for ever.
 *
 *   letter to the peer's home worker -> QUEUED -> RESOLVING -> CONNECTING -> ACTIVE
 *
 * pool_size may be on their way to one peer at a time, more wait in line; each has
 * cancel_wait_timeout for all of it, and the connection it came by is closed at the
 * end. A host with several addresses is asked in turn, and one that cannot be
 * connected to passes to the next; when none is left the request is dropped: a
 * process that has gone has no clients whose queries could be cancelled.
 *
 * Between peers there is no TLS, as with PgBouncer.
 *
 * Ownership: a peer, once asked, is kept until peer_fini(). Threads: peer_forward()
 * the client's worker; the counts any; the rest the peer's home worker.
 * Bounds: PEER_WAITING_MAX in line and pool_size under way for each peer.
 */
#ifndef SLUICE_PROXY_PEER_H
#define SLUICE_PROXY_PEER_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct client;

enum { PEER_WAITING_MAX = 256 };

/* A CancelRequest with a key that is not ours was read from this connection. False: nobody's. */
SL_MUST_CHECK bool peer_forward(struct client *from, uint32_t pid, struct sl_span key);

/* SHOW PEER_POOLS. */
struct peer_counts {
    int waiting;    /* requests in line */
    int connecting; /* connections on their way, a request each */
    int active;     /* requests sent, whose end is waited for */
};

struct peer_counts peer_counts(int id);

/* After the last worker. */
void peer_fini(void);

#endif
