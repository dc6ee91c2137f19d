/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console.h - the admin database: SHOW for everything, verbs to act.
 *
 * A client that asks for the database "sluice" or "pgbouncer" speaks to a console
 * rather than to a server, by the simple or the extended protocol. It understands
 * what PgBouncer's does and answers with the same columns, ours appended.
 *
 * What lives on workers is gathered by one letter that visits each (console_tour.h);
 * what reads files is done by the control thread; what waits (PAUSE) looks again
 * from time to time. A console whose client leaves is gone; what it started goes on.
 *
 * Ownership: the client's, state CLIENT_CONSOLE. Threads: the client's worker.
 * Bounds: CONSOLE_MESSAGE_MAX a message, one command at a time and the input held
 * meanwhile, CONSOLE_NAMES_MAX statements and portals, CONSOLE_ROWS_MAX an answer.
 */
#ifndef SLUICE_PROXY_CONSOLE_H
#define SLUICE_PROXY_CONSOLE_H

#include "protocol/base/check.h"

#include <stdbool.h>

struct client;
struct console;

enum {
    CONSOLE_MESSAGE_MAX = 65536,
    CONSOLE_INPUT_MAX = 4 * CONSOLE_MESSAGE_MAX,
    CONSOLE_NAMES_MAX = 64,
    CONSOLE_ROWS_MAX = 256 * 1024 * 1024
};

bool console_is_database(const char *name);

/* is_admin: may act; otherwise may look. NULL without memory. */
SL_MUST_CHECK struct console *console_new(struct client *client, bool is_admin);
void console_free(struct console *console); /* NULL is fine */

/* AuthenticationOk, parameters, key, ReadyForQuery. */
void console_welcome(struct client *client);
/* Something happened to the client's socket. The client may be gone afterwards. */
void console_ready(struct client *client, unsigned got);
/* A CancelRequest for it: what it waits for is given up, and a PAUSE taken back. */
void console_cancel(struct client *client);

/* Clients of all consoles, and what they asked: PgBouncer counts its console's too. */
int console_clients(void);
unsigned long console_queries(void);

#endif
