/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_note.h - what a prepared statement may leave, noted ahead of its Parse and its Bind.
 *
 * Ownership: none. Threads: the client's worker. Bounds: none grows.
 */
#ifndef SLUICE_PROXY_CLIENT_NOTE_H
#define SLUICE_PROXY_CLIENT_NOTE_H

#include "protocol/base/span.h"

#include <stdbool.h>

struct client;
struct front_bind;
struct prepared;
struct request;

/* Ahead of the Parse: whatever must be taken away first may not come between it and its Bind. NULL: unread. */
void client_note_parsed(struct client *client, const struct prepared *prepared);
/* What it sets may be said by its parameters: is its Bind to be whole first? */
bool client_note_waits(const struct prepared *prepared, const struct request *request);
/* Ahead of that Bind. */
void client_note_bound(struct client *client, const struct prepared *prepared,
        const struct request *request, const struct front_bind *bind);
/* Of one that SQL's PREPARE has made, if there is such: it may do whatever it says. */
void client_note_sql_bound(struct client *client, struct sl_span name);

#endif
