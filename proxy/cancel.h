/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/cancel.h - CancelRequest, without hitting the wrong query.
 *
 * Clients know keys of ours. A key is found in one table by its process id, its
 * secret is compared in constant time, and the request goes by letter to the
 * client's worker. There:
 *
 *   in line for a server   leaves the line and is answered 57014
 *   request under way      a connection to its server carries the server's own key;
 *                          the server is kept from other clients until it has closed
 *   nothing under way      dropped: the query it meant has ended
 *
 * Ownership: a cancel under way owns its socket. Threads: cancel_add(),
 * cancel_remove() and cancel_find() any; the table has a leaf lock. The rest: the
 * worker's. Bounds: CANCELS_MAX at a time a worker; more are dropped and counted.
 */
#ifndef SLUICE_PROXY_CANCEL_H
#define SLUICE_PROXY_CANCEL_H

#include "protocol/base/err.h"
#include "protocol/base/slab.h"
#include "protocol/base/span.h"

#include <stdbool.h>

struct client;
struct server;
struct worker;

enum { CANCELS_MAX = 256, CANCEL_KEY_SHORT = 4, CANCEL_KEY_LONG = 32 };

/* The client has a key from now on, under that process id; false: no memory. */
SL_MUST_CHECK bool cancel_add(struct client *client, uint32_t pid);
void cancel_remove(struct client *client);
/* A process id no other client has now. */
uint32_t cancel_new_pid(void);
/* The secret the client is told; 0: no memory. */
size_t cancel_secret(const struct client *client, uint8_t secret[CANCEL_KEY_LONG]);

/* A CancelRequest was read from this connection: it is carried out, then closed. */
void cancel_request(struct client *from, uint32_t pid, struct sl_span key);

/* Our own cancel: the client has gone, its query goes on. Not more often than the bound. */
void cancel_orphan(struct server *server);

/* The worker ends: closes what is under way on it. */
void cancel_close_all(struct worker *worker);

/* For SHOW: cancels dropped at the bound since start. */
uint64_t cancel_dropped(void);

#endif
