/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_build.h - a snapshot of the catalogues, from the rows of a few queries.
 *
 *     until catalog_build_is_done():
 *         catalog_build_query() -> somebody asks a server -> catalog_build_rows()
 *     catalog_build_end()
 *
 * Each query is answered by CATALOG_ROWS_FIRST rows at most, in the order of a key that the
 * next one goes on from, so that no answer is long and none keeps a server for long. Between
 * them the catalogues may change: what is made of it then is of no moment in particular, and
 * who can tell that they changed does not use it.
 *
 * Each is to be asked behind catalog_build_begin, in one Query, which so is one transaction
 * (PostgreSQL documentation, "Multiple Statements in a Simple Query"): names are resolved in pg_catalog alone, and come as the bytes that are stored. They need no
 * privilege that PostgreSQL does not give to everybody.
 *
 * Ownership: the builder's, until catalog_build_end() gives a snapshot. Threads: the caller's.
 * Bounds: bytes_max for the snapshot and, until it is made, for what was read.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_BUILD_H
#define SLUICE_PROTOCOL_CATALOG_BUILD_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"

struct catalog_build;

enum { CATALOG_ROWS_FIRST = 400, CATALOG_ROWS_MIN = 25, CATALOG_NAME_MAX = 255 };

struct catalog_build_options {
    size_t bytes_max;
    const char *const *roles; /* whose rights and settings are wanted; the first one asks */
    unsigned roles_count;     /* 1 to CATALOG_ROLES_MAX */
    bool wants_tables;        /* catalog_tables.h: more queries, and larger answers */
};

/* What a Query begins with that asks one of the queries; statement_timeout is in milliseconds. */
extern const char catalog_build_begin[];

/* NULL: no memory. The roles' names are copied. */
SL_MUST_CHECK struct catalog_build *catalog_build_new(const struct catalog_build_options *options);
void catalog_build_free(struct catalog_build *build);

bool catalog_build_is_done(const struct catalog_build *build);
/* Appends the next query, without a terminator. */
SL_MUST_CHECK enum sl_err catalog_build_query(
        const struct catalog_build *build, struct sl_buf *query);
/*
 * All rows of its answer: DataRow bodies, each behind its length as four bytes. is_plain: the
 * session was begun without a search_path of its client's. SL_EPROTO: they are no such answer;
 * after any failure the builder is only good for catalog_build_free().
 */
SL_MUST_CHECK enum sl_err catalog_build_rows(
        struct catalog_build *build, struct sl_span rows, bool is_plain);
/* The last query took too long: fewer rows from now on. False: there are few already. */
bool catalog_build_slow_down(struct catalog_build *build);

/* When it is done. SL_ELIMIT, SL_ENOMEM. */
SL_MUST_CHECK enum sl_err catalog_build_end(
        struct catalog_build *build, const struct catalog **catalog);

#endif
