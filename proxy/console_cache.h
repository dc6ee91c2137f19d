/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/console_cache.h - what the console's views of the cache have in common.
 *
 * Ownership: none. Threads: workers', as views run. Bounds: CONSOLE_CACHE_TEXT_MAX bytes of a shape's text in a row.
 */
#ifndef SLUICE_PROXY_CONSOLE_CACHE_H
#define SLUICE_PROXY_CONSOLE_CACHE_H

#include "cache/entry.h"
#include "protocol/base/buf.h"
#include "protocol/view.h"

struct catalog;

enum { CONSOLE_CACHE_TEXT_MAX = 320, CONSOLE_CACHE_ROWS = 100, CONSOLE_CACHE_ROWS_MAX = 1000 };

/* enum entry_class, as a word. */
const char *console_cache_class(unsigned class);
/* Microseconds of servers that it spared, as far as it is known. */
uint64_t console_cache_saved(const struct entry *entry);

/* The argument as a number of rows; 0: it is none, and refused. */
unsigned console_cache_limit(struct view_visit *visit);
/* The shape's text, cut; NULL: not known. */
void console_cache_add_query(struct view_row *row, struct sl_hash128 shape);

/* One that servers know by that number: its name, and what is known of it now; on a worker. NULL: there is none. */
const char *console_cache_database(uint64_t number);
/* A reference; NULL: nothing is known now. */
const struct catalog *console_cache_catalog(uint64_t number);
/* "schema.table", or its OID. */
void console_cache_put_tree(struct sl_buf *to, const struct catalog *catalog, uint32_t tree);

#endif
