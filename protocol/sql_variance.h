/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sql_variance.h - what in a statement may give another answer although no row has changed,
 * beside the functions that it calls.
 *
 * A type's text is read by its input function and written by its output function, an operator is a function:
 * those that are built in are IMMUTABLE, or depend on settings alone, but for the types that name
 * what is in the catalogue (regclass and its like). Of the others nothing is known here.
 *
 * Names are as they are written: that "int4" or "=" are PostgreSQL's own is so where pg_catalog comes first in
 * search_path, and an operator of that name for types of somebody's own is another: sql_operators() says which
 * names are looked for.
 *
 * Ownership: none. Threads: any. Bounds: one pass over the tree, no stack.
 */
#ifndef SLUICE_PROTOCOL_SQL_VARIANCE_H
#define SLUICE_PROTOCOL_SQL_VARIANCE_H

#include "protocol/sql_tree.h"

enum sql_variance {
    SQL_VARIES_SYSTEM_COLUMN =
            1 << 0, /* ctid, xmin ...: a VACUUM FULL changes them; tableoid does not */
    SQL_VARIES_CATALOG_TYPE = 1 << 1,   /* regclass, regproc ...: what a name stands for */
    SQL_VARIES_OTHER_TYPE = 1 << 2,     /* none that is known to be built in */
    SQL_VARIES_OTHER_OPERATOR = 1 << 3, /* likewise */
    SQL_VARIES_CAST_TO_TIME = 1 << 4    /* of what may be a text: 'today' in a column */
};

/* A set of them. */
uint32_t sql_variance(const struct sql_tree *tree);

/*
 * The names of operators that PostgreSQL looks for, a bit for each (catalog_name_mark()): those that are written, and
 * those that CASE, JOIN, IN and BETWEEN stand for. ORDER BY, GROUP BY, DISTINCT and their like look for none, but go by
 * the type's class of operators. *has_casts: one is written.
 */
uint64_t sql_operators(const struct sql_tree *tree, bool *has_casts);

#endif
