/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache_pin.h - CACHE PIN SHAPE id, CACHE UNPIN SHAPE id: answers of statements whose id begins so stay.
 *
 * They are not taken for room as long as what is pinned takes no more than a quarter of memory; a write makes them
 * stale as ever. Until UNPIN, or the end of the process. Workers are visited first: what is being got there is
 * put as pinned, or is there when what is kept is gone through.
 *
 * Ownership: the tour's. Threads: the console's worker; tours as in console_tour.h. Bounds: HOLDS_MAX ids.
 */
#ifndef SLUICE_PROXY_CONSOLE_CACHE_PIN_H
#define SLUICE_PROXY_CONSOLE_CACHE_PIN_H

#include <stdbool.h>

struct console;

/* The line behind PIN or UNPIN. There is a cache. */
void console_cache_pin(struct console *console, const char *line, bool is_pinned);

#endif
