/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link_pins.h - a client that keeps its server between transactions: seen and bounded.
 *
 *   session_state.h says why                          client->pins
 *   a statement is sent that may leave something      link_pins_see()     which one it was
 *   link_settle(): the client stays                   link_pins_settle()  counted, or there is no room
 *   they part, however it came to that                link_pins_end()
 *
 * A session in session pooling, and a replication connection, are not pinned: their servers are
 * nobody else's anyway.
 *
 * What sequences gave last: link_sequences.h.
 *
 * Threads: the worker that has both. Bounds: max_pinned_percent of a pool.
 */
#ifndef SLUICE_PROXY_LINK_PINS_H
#define SLUICE_PROXY_LINK_PINS_H

#include <stdbool.h>

struct client;
struct server;

/* The client is about to send a statement whose text leaves something. */
void link_pins_see(struct client *client);
/* The same, if what it leaves no question tells of: EFFECTS_LIBRARY, _HOLDS. */
void link_pins_keep(struct client *client, unsigned effects);
/*
 * The client, all answered, stays with its server. False: between transactions, and with it more
 * would be pinned than may be; the client was told, and is gone or leaving.
 */
bool link_pins_settle(struct server *server);
/* Before another client may have the server, or it is closed. */
void link_pins_end(struct server *server);

enum { LINK_PINS_TEXT_MAX = 160 };

/* "temporary object, listen" */
const char *link_pins_text(unsigned reasons, char text[static LINK_PINS_TEXT_MAX]);

#endif
