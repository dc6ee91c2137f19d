/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/sql_prepared.h - sets of statements prepared in SQL (PREPARE), shared and compared by pointer.
 *
 * As sets of parameters are (params.h): immutable and interned, so that "does this server have this
 * client's statements?" is one comparison. A statement is its name, the text of its PREPARE, and the
 * settings that constants and names in it were read by (prepared_reading(), and search_path and
 * roles): two that differ in these only are not the same.
 *
 * Ownership: reference counted; a draft is its maker's. Threads: any; the table has a leaf lock, taken
 * only when a set is made or its last reference goes. Bounds: SQL_PREPARED_MAX statements and
 * SQL_PREPARED_BYTES_MAX bytes a set; a set belongs to a client or a server.
 */
#ifndef SLUICE_PROXY_SQL_PREPARED_H
#define SLUICE_PROXY_SQL_PREPARED_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { SQL_PREPARED_MAX = 256, SQL_PREPARED_BYTES_MAX = 65536 };

struct sql_prepared;
struct sql_prepared_draft;

struct sql_statement {
    const char *name; /* as PostgreSQL has it: no quotes */
    const char *text;
    uint64_t reading; /* 0: no constant in it, and names as they are at first */
};

/* The empty set; never NULL, needs no unref (which is harmless). */
const struct sql_prepared *sql_prepared_empty(void);
const struct sql_prepared *sql_prepared_ref(const struct sql_prepared *set);
void sql_prepared_unref(const struct sql_prepared *set); /* NULL is fine */

uint32_t sql_prepared_count(const struct sql_prepared *set);
/* In the order of their names; valid as long as the set. */
const struct sql_statement *sql_prepared_at(const struct sql_prepared *set, uint32_t i);
/* NULL: there is none of that name. */
const struct sql_statement *sql_prepared_find(const struct sql_prepared *set, const char *name);

/* A set in the making. NULL: no memory. */
SL_MUST_CHECK struct sql_prepared_draft *sql_prepared_draft_new(void);
void sql_prepared_draft_free(struct sql_prepared_draft *draft); /* NULL is fine */
/* Names must differ. SL_ELIMIT, SL_ENOMEM: not added. */
SL_MUST_CHECK enum sl_err sql_prepared_draft_add(struct sql_prepared_draft *draft,
        struct sl_span name, struct sl_span text, uint64_t reading);
/* The set, as a new reference; NULL: no memory. The draft is used up. */
SL_MUST_CHECK const struct sql_prepared *sql_prepared_make(struct sql_prepared_draft *draft);

/* The set without that name, as a new reference; NULL: no memory. The reference to from stays. */
SL_MUST_CHECK const struct sql_prepared *sql_prepared_without(
        const struct sql_prepared *from, const char *name);

#endif
