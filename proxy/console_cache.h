/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache.h - what the console's views of the cache have in common.
 *
 * Ownership: none. Threads: any. Bounds: CONSOLE_CACHE_TEXT_MAX bytes of a shape's text in a row.
 */
#ifndef SLUICE_PROXY_CONSOLE_CACHE_H
#define SLUICE_PROXY_CONSOLE_CACHE_H

#include "cache/entry.h"

enum { CONSOLE_CACHE_TEXT_MAX = 320 };

/* enum entry_class, as a word. */
const char *console_cache_class(unsigned class);
/* Microseconds of servers that it spared, as far as it is known. */
uint64_t console_cache_saved(const struct entry *entry);

#endif
