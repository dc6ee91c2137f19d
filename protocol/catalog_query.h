/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_query.h - what catalog_build.c asks that needs nothing of what it knows.
 *
 * Ownership: none. Threads: any. Bounds: the texts'.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_QUERY_H
#define SLUICE_PROTOCOL_CATALOG_QUERY_H

#include "protocol/base/buf.h"

/* One row: version, encoding, user, and the user's search_path if it has none of its own. */
extern const char catalog_query_head[];

/* Those above that OID, so many at most. */
SL_MUST_CHECK enum sl_err catalog_query_put_relations(
        struct sl_buf *query, uint32_t above, uint32_t rows);
SL_MUST_CHECK enum sl_err catalog_query_put_functions(
        struct sl_buf *query, uint32_t above, uint32_t rows);

#endif
