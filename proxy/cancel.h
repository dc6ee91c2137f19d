/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel.h - CancelRequest, without hitting the wrong query.
 *
 * Clients know keys of ours (proxy/cancel_keys.h). A request with such a key goes by
 * letter to the client's worker. There:
 *
 *   in line for a server   leaves the line and is answered 57014
 *   request under way      a connection to its server carries the server's own key,
 *                          encrypted as links to servers are; the server is kept from
 *                          other clients until it has closed, and its own client's next
 *                          request waits as long: PostgreSQL 15 signals a backend twice
 *                          for one request, and the second would hit what runs by then
 *   one of ours under way  the same, when that has been answered
 *   nothing under way      dropped: the query it meant has ended; also when that is so,
 *                          or a later one runs, by the time it could be sent
 *
 * With a key of another process of our group it is passed on (proxy/peer.h).
 *
 * Ownership: a cancel under way owns its connection. Threads: the worker's, each.
 * Bounds: CANCELS_MAX of clients at a time, and as many of our own; more are dropped
 * and counted.
 */
#ifndef SLUICE_PROXY_CANCEL_H
#define SLUICE_PROXY_CANCEL_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct server;

enum { CANCELS_MAX = 256 };

/*
 * The client has a key from now on, and BackendKeyData says so. pid: what its server
 * says of itself, or 0; another one is told when there is a peer_id.
 */
SL_MUST_CHECK enum sl_err cancel_put_key(struct client *client, uint32_t pid, struct sl_buf *buf);

/* A CancelRequest was read from this connection: it is carried out, then closed. */
void cancel_request(struct client *from, uint32_t pid, struct sl_span key);
/* Another process knew nothing of it either: once more, for a client that came from there meanwhile. */
void cancel_request_again(struct client *from, uint32_t pid, struct sl_span key);

/*
 * The same, of one that was read by the process that takes over: handover_cancelled(number) at its end.
 * False, without that: nobody's key, or too many. Any thread.
 */
SL_MUST_CHECK bool cancel_by_number(uint64_t number, uint32_t pid, struct sl_span key);

/* Our own cancel: the client has gone, its query goes on. When its turn comes (cancel_rate.h). */
void cancel_orphan(struct server *server);

/* Something of our own may have ended on it: requests that waited for that are sent, or dropped. */
void cancel_go_on(struct server *server);
/* What the server was asked has been answered: requests not yet sent are dropped. */
void cancel_recall(struct server *server);
/* The same, and those on their way no longer name it. */
void cancel_server_gone(struct server *server);

/*
 * Must the next request of the server's client wait, since a cancel that was sent for an
 * answered one may still arrive? It is woken then, after CANCEL_DEADLINE at the latest.
 */
bool cancel_holds_next(struct server *server);

/* For SHOW: cancels dropped at the bound since start. */
uint64_t cancel_dropped(void);

#endif
