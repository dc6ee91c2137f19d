/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_harmless.h - which of a snapshot's functions leave nothing in a session.
 *
 * Of the users' own, those of some libraries that come with PostgreSQL or are as common (uuid-ossp,
 * pgcrypto, PostGIS ...), and those in SQL or PL/pgSQL whose bodies are harmless (function_body.h) and call
 * nothing but built-in functions that are known (effects_names.h) and each other: all are taken
 * for harmless whose body may be, and one after the other falls that calls what is not, until
 * nothing changes. A call by a name alone means every function of that name, whatever its schema
 * and arguments are: search_path decides, and nobody knows it here. So falls what names a relation
 * that leaves something when it is used, and with a function such relations (catalog_hidden.h).
 *
 * Ownership: borrows functions and names, which may not move until it is freed. Threads: the
 * caller's. Bounds: CATALOG_CALLS_MAX calls, CATALOG_ROUNDS_MAX rounds and CATALOG_OVERLOADS_MAX
 * functions of a name; what is beyond is not taken for harmless.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_HARMLESS_H
#define SLUICE_PROTOCOL_CATALOG_HARMLESS_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"
#include "protocol/catalog_hidden.h"

struct catalog_harmless;

enum { CATALOG_CUSTOM_LEN_MAX = 63 };
enum { CATALOG_CALLS_MAX = 1 << 15, CATALOG_ROUNDS_MAX = 32, CATALOG_OVERLOADS_MAX = 32 };

struct catalog_harmless_of {
    struct catalog_function *functions; /* in any order, that of their OIDs */
    const uint32_t *oids;
    uint32_t count;
    const char *names;
    const struct catalog_schema *schemas;
    struct catalog_hidden *hidden; /* of the same functions; its rows come before those of here */
};

/*
 * Bodies above that OID, so many at most. What a function sets for its own time only (search_path)
 * does not matter; another setting may be a custom one, which would be there afterwards.
 */
SL_MUST_CHECK enum sl_err catalog_harmless_query(
        struct sl_buf *query, uint32_t above, uint32_t rows);

/* NULL: no memory. */
SL_MUST_CHECK struct catalog_harmless *catalog_harmless_new(const struct catalog_harmless_of *of);
void catalog_harmless_free(struct catalog_harmless *harmless); /* NULL is fine */

/*
 * A row of the query: the body of a DataRow. SL_EPROTO: it is none; SL_ENOMEM. *last is the OID of
 * the row before, and becomes this one's. One of a function that is not there is left out.
 */
SL_MUST_CHECK enum sl_err catalog_harmless_row(
        struct catalog_harmless *harmless, struct sl_span row, uint32_t *last);
/* All rows have come: says of each function whether it is harmless, and of each relation. */
void catalog_harmless_end(struct catalog_harmless *harmless);
/* Custom settings in bodies that are not harmless, by number, in lower case; NULL: there is no more. */
const char *catalog_harmless_custom(const struct catalog_harmless *harmless, unsigned number);

#endif
