/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/policy.h - may a statement's answer be kept, what does it depend on, what may it write?
 *
 * Asked once for a text in a session of some kind (whose role, search_path, database and schema), and answered
 * from its facts and the catalogue. What is not known is refused: such an answer is not kept, and such
 * a statement may write anything.
 *
 * An answer may be kept if it is a SELECT's that gives the same as long as no row of the tables that it
 * reads changes, in a session with the same settings (cache.md 2.1, 2.2):
 *
 *   nothing is written or locked, no sample taken, no file read
 *   its tables are permanent and logged, of users, without row level security; views of such
 *   its functions are IMMUTABLE, or STABLE and known to depend on settings alone
 *   operators and types are PostgreSQL's own, and none reads the clock or the catalogue; and no user's operator
 *   of such a name, nor a cast that may be meant, is anything but IMMUTABLE
 *   there is a table at all: who asks `select 1` wants to know whether the server lives
 *
 * What a statement writes is what it names, and all that is behind that (protocol/catalog_tables.h).
 *
 * Ownership: reference counted; texts in it are its own. Threads: immutable, any. Bounds:
 * POLICY_TREES_MAX trees of each kind; beyond, they may be any.
 */
#ifndef SLUICE_CACHE_POLICY_H
#define SLUICE_CACHE_POLICY_H

#include "cache/point.h"
#include "cache/rows.h"
#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/catalog_tables.h"

#include <stdatomic.h>

struct catalog_resolution;
struct sql_facts;

enum { POLICY_TREES_MAX = 64, POLICY_WHAT_MAX = 128 };

/* Why an answer is not kept; the first that is found. */
enum policy_reason {
    POLICY_KEPT,
    POLICY_NOT_READ,   /* what it is is not known: not parsed yet, or never */
    POLICY_NO_CATALOG, /* or nothing is known of its tables */
    POLICY_NOT_SELECT,
    POLICY_SEVERAL, /* statements in one text */
    POLICY_WRITES,
    POLICY_LOCKS,
    POLICY_SAMPLES,
    POLICY_TOO_LARGE, /* more than facts have room for */
    POLICY_PATH_NOT_KNOWN,
    POLICY_SEARCH_PATH, /* pg_catalog is not first in it */
    POLICY_NO_TABLE,
    POLICY_TABLE_NOT_KNOWN,
    POLICY_TEMPORARY,  /* a name may be a temporary table's */
    POLICY_TABLE_KIND, /* foreign, materialized view, sequence */
    POLICY_SYSTEM_TABLE,
    POLICY_UNLOGGED,
    POLICY_ROW_SECURITY,
    POLICY_VIEW,        /* what is behind it is not known, or may vary */
    POLICY_COLUMN_TYPE, /* of a column: what it shows is in the catalogue, or of the day */
    POLICY_FUNCTION_NOT_KNOWN,
    POLICY_FUNCTION_VARIES, /* VOLATILE, or STABLE for other reasons than settings */
    POLICY_LEAVES,          /* it may leave something in its session, another search_path even */
    POLICY_TIME,            /* CURRENT_DATE ..., a cast to a date or time */
    POLICY_TIME_WORD,       /* 'now', 'today' ... in its text */
    POLICY_SYSTEM_COLUMN,
    POLICY_CATALOG_TYPE,
    POLICY_OTHER_TYPE,
    POLICY_OTHER_OPERATOR,
    POLICY_REASONS
};

struct policy_trees {
    uint32_t *trees; /* each once, in their order */
    uint32_t count;
    bool is_any; /* it is not known which */
};

/* How a statement writes one table, where more is known than that it does. */
enum policy_rows {
    POLICY_ROWS_ANY,    /* nothing: its tree is among those that it may write */
    POLICY_ROWS_POINT,  /* one row, whose key stays what it is, or that goes: row.point */
    POLICY_ROWS_INSERT, /* rows that were not there */
};

/* What it makes of the transaction block that it is in: cache/stage_block.c. */
enum policy_block {
    POLICY_BLOCK_SPOILS, /* it may do anything there, or it ends */
    POLICY_BLOCK_KEEPS,  /* it only reads, if anything: what follows sees what it would without */
    POLICY_BLOCK_BEGINS, /* one of the session's isolation level */
    POLICY_BLOCK_BEGINS_COMMITTED
};

struct policy_row {
    enum policy_rows rows;
    uint32_t tree; /* not among the others */
    struct point point;
    struct rowset_columns
            key; /* of new rows: the primary key's, which point.columns is of; count 0: none, or by default */
    struct rows_given given; /* what columns of it get: of a DELETE none */
};

struct policy {
    atomic_uint refs;
    enum policy_reason reason;
    char what[POLICY_WHAT_MAX]; /* "": else the function, table ... that the reason is about */
    bool writes_nothing;
    bool may_end; /* its transaction may end in it: COMMIT, CALL, several statements ... */
    bool begins;  /* BEGIN: what follows is one transaction */
    enum policy_block block;
    bool names_nothing; /* no table and no function: it sees nothing */
    bool only_writes;   /* it sees nothing but what it writes */
    bool hides; /* a table: one of its name is behind it in the path, and a plan may be of that still */
    bool needs_absence; /* of a point that it reads: also an answer with rows may be of its absence */
    struct policy_trees reads; /* if it is kept */
    struct policy_trees writes;
    struct policy_row row;
    struct point point; /* of the one tree that it reads; tree 0: none */
    struct rows rows;   /* likewise, if there is no point; set.tree 0: none */
};

struct policy_question {
    struct sl_span text;
    const struct sql_facts *facts;               /* NULL: not known */
    const struct catalog *catalog;               /* likewise */
    const struct catalog_resolution *resolution; /* of both, in its session */
    const char *search_path;                     /* of the session; NULL: not known */
    bool may_cascade;                            /* the word is in its text */
    bool may_leave;  /* what it calls is not known to leave nothing in its session */
    bool may_shadow; /* temporary tables, which were left out when names were looked for */
};

/* NULL: no memory. */
SL_MUST_CHECK const struct policy *policy_of(const struct policy_question *question);
const struct policy *policy_ref(const struct policy *policy);
void policy_unref(const struct policy *policy); /* NULL is fine */

/* A word for SHOW and for metrics: "row_security"; and a sentence. */
const char *policy_reason_name(enum policy_reason reason);
const char *policy_reason_text(enum policy_reason reason);

/* Whether values of that type look the same as long as they are: for what an answer's columns are of. */
bool policy_type_is_steady(uint32_t type);

#endif
