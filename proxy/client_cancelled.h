/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_cancelled.h - a request that was cancelled before any server saw it.
 *
 * It is told 57014, and what its client sent of it is done with: a simple Query is answered by
 * ReadyForQuery, an extended request drops what comes up to its Sync, which then is. In an open
 * transaction, where it waits for what its server is asked about channels (listen_client.h), it is
 * sent when that was answered, as something that fails: the transaction has to fail with it.
 *
 * Ownership: none. Threads: the client's worker. Bounds: none grows.
 */
#ifndef SLUICE_PROXY_CLIENT_CANCELLED_H
#define SLUICE_PROXY_CLIENT_CANCELLED_H

#include "proxy/client_request.h"

#include <stdbool.h>

struct client;

/* If it is in line with a request it leaves the line. Anything else: nothing happens. */
void client_cancelled_in_line(struct client *client);
/*
 * It has a server, which owes nothing but to us; its request waits for that. False: there is none, or it
 * may be the server's already.
 */
bool client_cancelled_held(struct client *client);
/* client->is_cancelled, and that request goes on: in its place. */
SL_MUST_CHECK enum step client_cancelled_goes(struct client *client, const struct request *request);

#endif
