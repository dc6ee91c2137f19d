/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_hear.h - requests of a client that listens, before they are sent (listen_client.h).
 *
 * Its server may not know what it listens to. A text, or the statement of a Bind, for which that
 * matters has to wait until the server does. One that is too long to be read counts as such a text; a
 * Bind of that length does not, as what it would execute then has no parameters.
 *
 * Threads: the client's worker.
 */
#ifndef SLUICE_PROXY_CLIENT_HEAR_H
#define SLUICE_PROXY_CLIENT_HEAR_H

#include "proxy/client_request.h"

struct client;

/* STEP_NEXT: it may go to client->server now. */
enum step client_hear(struct client *client, const struct request *request);

#endif
