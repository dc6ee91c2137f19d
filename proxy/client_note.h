/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_note.h - what a statement may leave, noted ahead of its Query, its Parse and its Bind.
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

/*
 * A statement is about to be sent of which effects_of() says so: what it may leave is
 * remembered, what it must not meet is taken away first.
 */
void client_note_effects(struct client *client, unsigned effects);
/* And of what runs behind it: triggers, views (catalogs.h). */
void client_note_hidden(struct client *client, struct sl_span text);
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
