/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_reset.h - RESET STATS: statistics of statements begin anew.
 *
 * What PgBouncer counts (SHOW STATS, SHOW TOTALS) goes on.
 *
 * Ownership: a tour (console_tour.h), which owns itself. Threads: the console's worker.
 */
#ifndef SLUICE_PROXY_CONSOLE_RESET_H
#define SLUICE_PROXY_CONSOLE_RESET_H

#include "protocol/base/check.h"

#include <stdbool.h>

struct console;

/* Answers when every worker has forgotten what it counted. False: no memory. */
SL_MUST_CHECK bool console_reset_stats(struct console *console);

#endif
