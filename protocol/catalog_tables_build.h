/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_tables_build.h - catalog_tables.h's part of a snapshot, from the rows of its queries.
 *
 * Part of catalog_build.c, which has it only if tables are wanted. What is of no such form as was
 * asked for is refused; what is merely too much (parents, columns, names) is not known.
 *
 * Ownership: borrows relations and what catalog_reach.h borrows, until its end; copies their OIDs. Threads:
 * the caller's. Bounds: bytes_max for what it reads and makes.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_TABLES_BUILD_H
#define SLUICE_PROTOCOL_CATALOG_TABLES_BUILD_H

#include "protocol/catalog_hidden.h"
#include "protocol/catalog_row.h"
#include "protocol/catalog_tables.h"

struct catalog_tables_build;

/* Sets of->reach, for who reads targets and bodies. NULL: no memory. */
SL_MUST_CHECK struct catalog_tables_build *catalog_tables_build_new(
        struct catalog_hidden_of *of, size_t bytes_max);
void catalog_tables_build_free(struct catalog_tables_build *build); /* NULL is fine */

/* SL_EPROTO, SL_ELIMIT, SL_ENOMEM. One of a relation that is not there is left out. */
SL_MUST_CHECK enum sl_err catalog_tables_build_row(
        struct catalog_tables_build *build, struct catalog_row *row, uint32_t *last);
SL_MUST_CHECK enum sl_err catalog_tables_build_columns(
        struct catalog_tables_build *build, struct catalog_row *row, uint32_t *last);

/* All has come, and nothing was sorted yet: says of each function what it writes. */
SL_MUST_CHECK enum sl_err catalog_tables_build_end(struct catalog_tables_build *build);
/* Then: how long it is, a multiple of 8, and a copy in so many bytes there, for relations in that order. */
size_t catalog_tables_build_bytes(const struct catalog_tables_build *build);
const struct catalog_tables *catalog_tables_build_copy(const struct catalog_tables_build *build,
        void *to, const struct catalog_relation *relations);

#endif
