/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_kill.h - verbs that concern connections on all workers.
 *
 * Ownership: each sends a tour (console_tour.h), which owns itself. Threads: the
 * console's worker. Bounds: TOUR_CLIENTS clients a turn.
 */
#ifndef SLUICE_PROXY_CONSOLE_KILL_H
#define SLUICE_PROXY_CONSOLE_KILL_H

#include "protocol/base/check.h"

#include <stdbool.h>
#include <stdint.h>

struct console;
struct database;

/* All clients and servers of the database (NULL: of all), at once. False: no memory. */
SL_MUST_CHECK bool console_kill(struct console *console, struct database *database);
/* The client of that id (SHOW CLIENTS), and its server. False: no memory. */
SL_MUST_CHECK bool console_kill_client(struct console *console, uint64_t id);
/* Ends the command when no server that should be closed is left; database: held for it. */
void console_wait_close(struct console *console, struct database *database);
/* Ends the command when all are at rest (suspend.h); after suspend_timeout ends who is not. */
void console_wait_flushed(struct console *console);

#endif
