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
 * Those that are not may set custom settings, whose names are told (catalog_customs.h); and may leave what
 * only the end of the process takes away, as setseed() does (effects_names.h). A function holds if its text
 * has such a name before a parenthesis, within strings too, or the name of another one that holds, or sets
 * "seed". That is looked for in all bodies, of whatever language but C: of one of more than
 * FUNCTION_BODY_MAX bytes the server tells what stands before a parenthesis and is set, of BEGIN ATOMIC
 * which functions it calls. Names that are put together are not found.
 *
 * Ownership: borrows functions and names, which may not move until it is freed. Threads: the
 * caller's. Bounds: CATALOG_CALLS_MAX calls, CATALOG_ROUNDS_MAX rounds and CATALOG_OVERLOADS_MAX
 * functions of a name; what is beyond is not taken for harmless. As many calls and rounds to tell what holds:
 * what is beyond is not told.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_HARMLESS_H
#define SLUICE_PROTOCOL_CATALOG_HARMLESS_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"
#include "protocol/catalog_customs.h"
#include "protocol/catalog_hidden.h"

struct catalog_harmless;

enum { CATALOG_CALLS_MAX = 1 << 15, CATALOG_ROUNDS_MAX = 32, CATALOG_OVERLOADS_MAX = 32 };

struct catalog_harmless_of {
    struct catalog_function *functions; /* in any order, that of their OIDs */
    const uint32_t *oids;
    uint32_t count;
    const char *names;
    const struct catalog_schema *schemas;
    struct catalog_hidden *hidden; /* of the same functions; its rows come before those of here */
    struct catalog_customs *customs;
    struct catalog_reach *reach; /* is told of all bodies; may be NULL */
};

/*
 * Bodies above that OID, so many at most. What a function sets for its own time only (search_path)
 * does not matter; another setting may be a custom one, which would be there afterwards. Its body, as one
 * that is too long, is searched only.
 */
SL_MUST_CHECK enum sl_err catalog_harmless_query(
        struct sl_buf *query, const struct catalog_hidden_page *page);

/* NULL: no memory. */
SL_MUST_CHECK struct catalog_harmless *catalog_harmless_new(const struct catalog_harmless_of *of);
void catalog_harmless_free(struct catalog_harmless *harmless); /* NULL is fine */

/*
 * A row of the query: the body of a DataRow. SL_EPROTO: it is none; SL_ENOMEM. *last is the OID of
 * the row before, and becomes this one's. One of a function that is not there is left out.
 */
SL_MUST_CHECK enum sl_err catalog_harmless_row(
        struct catalog_harmless *harmless, struct sl_span row, uint32_t *last);
/* All rows have come: says of each function whether it is harmless or holds, and of each relation. */
void catalog_harmless_end(struct catalog_harmless *harmless);

#endif
