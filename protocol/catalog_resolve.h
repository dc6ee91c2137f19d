/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_resolve.h - what the names in a statement's facts stand for, in a session.
 *
 * A table without a schema is looked for along the session's search_path, as PostgreSQL does
 * (documentation, "The Schema Search Path"): pg_temp and pg_catalog first unless they are
 * named, schemas that are not there or that the role may not look into left out. A function's
 * volatility is the worst of all that the call may mean: every function of that name, in a
 * schema of the path or the one that is written, that takes as many arguments; their types
 * are not looked at. What is not known is left open, and the answer is then for nobody to
 * build upon:
 *
 *   - no snapshot, no search_path, a role that the snapshot does not know;
 *   - a table without a schema in a session that may have temporary ones; one that is
 *     being made;
 *   - a name that is not found, or has bytes beyond ASCII in another encoding than the
 *     database's.
 *
 * Not seen: what operators, casts, views, triggers, rules, defaults and functions themselves
 * call; so who asks whether a statement is immutable looks at its tables, too.
 *
 * Ownership: one block, free(); texts in it are borrowed from facts and snapshot. Threads:
 * any. Bounds: those of the facts; CATALOG_PATH_MAX schemas in a path.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_RESOLVE_H
#define SLUICE_PROTOCOL_CATALOG_RESOLVE_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"
#include "protocol/sql_facts.h"

enum { CATALOG_PATH_MAX = 64 };

/* Whose names they are. NULL: not known. */
struct catalog_session {
    const char *role;        /* current_user */
    const char *search_path; /* what SHOW search_path would say */
    const char *encoding;    /* client_encoding */
    bool may_have_temp;      /* tables, views or sequences */
};

struct catalog_table {
    const char *schema; /* NULL: not known */
    uint32_t oid;       /* 0: not known */
    uint8_t kind;       /* enum catalog_kind */
    bool hides;         /* another of its name is behind it in the path */
};

struct catalog_call {
    const char *schema; /* NULL: not known, or one of several */
    uint8_t volatility; /* SQL_VOLATILITY_UNKNOWN ... */
    bool is_aggregate;  /* all that it may mean are; or its syntax says so */
};

struct catalog_resolution {
    uint16_t tables_count;
    uint16_t functions_count;
    uint8_t volatility; /* the worst of functions; unknown when one is, or may be missing */
    const struct catalog_table *tables;   /* of each of the facts' */
    const struct catalog_call *functions; /* likewise */
    uint16_t path_count;
    uint16_t path
            [CATALOG_PATH_MAX]; /* schemas, in the order in which names are looked for; none: not known */
};

/*
 * The search_path that a session of that role begins with; NULL: not known. Good as long as the
 * snapshot.
 */
const char *catalog_role_path(const struct catalog *catalog, const char *role);

/* catalog may be NULL. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err catalog_resolve(const struct sql_facts *facts,
        const struct catalog *catalog, const struct catalog_session *session,
        struct catalog_resolution **resolution);

/* For people. "public.orders, ?.x, audit.log (view)"; "lower(1) immutable, f(2) unknown". */
SL_MUST_CHECK enum sl_err catalog_put_tables(struct sl_buf *buf, const struct sql_facts *facts,
        const struct catalog_resolution *resolution);
SL_MUST_CHECK enum sl_err catalog_put_functions(struct sl_buf *buf, const struct sql_facts *facts,
        const struct catalog_resolution *resolution);
/* "immutable" ...; "unknown". */
const char *catalog_volatility_text(unsigned volatility);

#endif
