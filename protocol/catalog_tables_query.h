/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_tables_query.h - what catalog_tables_build.c asks.
 *
 * Relations of users above an OID, in the order of their OIDs:
 *
 *     OID | persistence | replica identity | facts, a letter each | types of triggers: "5 17" |
 *         parents: "16384 16390", or "x" | keys: "16400 pi 1,2" and so on, 16 at most
 *     OID | columns: "1 23 nh 2 id" (number, type, letters, how long its name is, name), or null: too many
 *
 * Ownership: none. Threads: any. Bounds: the texts'.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_TABLES_QUERY_H
#define SLUICE_PROTOCOL_CATALOG_TABLES_QUERY_H

#include "protocol/base/buf.h"
#include "protocol/catalog_hidden.h"

SL_MUST_CHECK enum sl_err catalog_tables_query(
        struct sl_buf *query, const struct catalog_hidden_page *page);
SL_MUST_CHECK enum sl_err catalog_columns_query(
        struct sl_buf *query, const struct catalog_hidden_page *page);

#endif
