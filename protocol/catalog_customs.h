/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_customs.h - names of custom settings (my.thing) that a catalogue's functions and
 * expressions set.
 *
 * In bodies of functions they are found by function_customs.h. In what PostgreSQL keeps as trees
 * (views and other rules, defaults, CHECK constraints, policies, conditions of triggers, domains, and
 * functions in SQL that were written with BEGIN ATOMIC), a name is a constant that is set_config()'s first
 * argument. Trees are read as text, as in catalog_hidden.h: pg_get_viewdef() and its like lock what they speak
 * of, pg_get_function_sqlbody() too. A constant in such a text is its bytes, as numbers: of a value of
 * type text or varchar the first four are its length.
 *
 * Not found: names that are put together, or come as the argument of another function. Expressions of
 * indexes, of partition keys and of statistics are not looked at: set_config() is volatile, and PostgreSQL
 * refuses it there. It is a hint, not all.
 *
 * Ownership: the caller's. Threads: the caller's. Bounds: CATALOG_CUSTOMS_MAX names, of
 * CATALOG_CUSTOM_LEN_MAX bytes; those beyond are left out.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_CUSTOMS_H
#define SLUICE_PROTOCOL_CATALOG_CUSTOMS_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"
#include "protocol/catalog_row.h"

enum { CATALOG_CUSTOM_LEN_MAX = 63 };

/* In lower case, each once, as they were added. */
struct catalog_customs {
    char names[CATALOG_CUSTOMS_MAX][CATALOG_CUSTOM_LEN_MAX + 1];
    unsigned count;
};

void catalog_customs_add(struct catalog_customs *customs, struct sl_span name);

/*
 * The constants in trees, of a query that has them as "tree": null, or "28 0 0 0 97 46 98 ,...". 2078 is
 * set_config(), 25 and 1043 are text and varchar; two digits of a length are enough for a name. Backslashes
 * would depend on standard_conforming_strings. To search for a call is cheap, to read it is not.
 */
#define CATALOG_CUSTOMS_OF(trees)                                                                  \
    "(SELECT string_agg(v.bytes, ',') FROM (SELECT DISTINCT x[1] AS bytes FROM " trees " s, "      \
    "regexp_matches(s.tree, ':funcid 2078 [^{]*:args [(](?:[{]RELABELTYPE :arg )?"                 \
    "[{]CONST :consttype (?:25|1043) [^}]*:constvalue [0-9]{1,2} [[] ([-0-9 ]+)[]]', 'g') x "      \
    "WHERE strpos(s.tree, ':funcid 2078 ') > 0 LIMIT 16) v)"

/* False: they are of another form. */
SL_MUST_CHECK bool catalog_customs_take(struct catalog_customs *customs, struct sl_span constants);

/* Relations and domains above that OID, so many at most, each with its constants; of one OID they are one. */
SL_MUST_CHECK enum sl_err catalog_customs_query(
        struct sl_buf *query, uint32_t above, uint32_t rows);
/* A row of it. SL_EPROTO: it is none. */
SL_MUST_CHECK enum sl_err catalog_customs_row(
        struct catalog_customs *customs, struct catalog_row *row, uint32_t *last);

#endif
