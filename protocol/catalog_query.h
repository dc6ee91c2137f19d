/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_query.h - what catalog_build.c asks that needs little of what it knows.
 *
 * Ownership: none. Threads: any. Bounds: the texts'.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_QUERY_H
#define SLUICE_PROTOCOL_CATALOG_QUERY_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"

/* One row: version, encoding, user, and the user's search_path if it has none of its own. */
extern const char catalog_query_head[];

/* Whose rights and settings are wanted. */
struct catalog_query_roles {
    const struct catalog_role *roles;
    const bool *has_oid; /* of each; it is not there, or not yet known */
    unsigned count;
    const char *names;
};

SL_MUST_CHECK enum sl_err catalog_query_put_roles(
        struct sl_buf *query, const struct catalog_query_roles *roles);

/* Those above that OID, so many at most. */
SL_MUST_CHECK enum sl_err catalog_query_put_schemas(struct sl_buf *query,
        const struct catalog_query_roles *roles, uint32_t above, uint32_t rows);
SL_MUST_CHECK enum sl_err catalog_query_put_relations(
        struct sl_buf *query, uint32_t above, uint32_t rows);
SL_MUST_CHECK enum sl_err catalog_query_put_functions(
        struct sl_buf *query, uint32_t above, uint32_t rows);

#endif
