/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_hidden.h - which of a snapshot's relations leave something in a session when they
 * are used: what runs behind a statement that does not name it.
 *
 * A relation uses functions and other relations, its targets:
 *
 *     functions of its triggers that are enabled;
 *     what is called or read by its rules (a view is one), its triggers' conditions, its policies,
 *     its columns' defaults and generated values, its CHECK constraints, its indexes' expressions
 *     and conditions, its statistics' expressions (ANALYZE runs them), its partition key;
 *     its children and partitions;
 *     the tables whose foreign keys change them along with it (CASCADE, SET NULL, SET DEFAULT).
 *
 * It leaves something if one of these does. Of functions those are harmless that are built in and
 * not volatile or known by their names (effects_names.h; nextval() is), those that only triggers can
 * call (tsvector_update_trigger() and its like), and users' own whose bodies are
 * (catalog_harmless.h). A function of another language is not, one in C neither. A body that
 * mentions a relation that leaves something is not harmless, whatever it does with it. pg_settings
 * is taken to leave something, as an UPDATE of a view over it is a SET.
 *
 * Any statement may run what is behind operators, casts, domains, defaults of types, ranges and
 * operator classes, and what changes the schema also event triggers; they are not looked for in
 * statements: one of them that is not harmless spoils all. Here functions in C are taken for
 * harmless: every extension's type has such ones. One that is both a cast's and a relation's target
 * is taken so, too.
 *
 * Expressions are read as PostgreSQL stores them (pg_node_tree as text), which takes no locks.
 *
 * What only the end of the process takes away (setseed()) is not told from the rest here: behind a
 * statement it is not known, and stays where it is.
 *
 * Not seen: relations of other sessions' temporary schemas, what a foreign server does, and what a
 * function in C does with a relation.
 *
 * Ownership: borrows functions, relations and names, which may not move until it is freed.
 * Threads: the caller's. Bounds: CATALOG_TARGETS_MAX targets of a relation, CATALOG_EDGES_MAX in
 * all; what is beyond leaves something.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_HIDDEN_H
#define SLUICE_PROTOCOL_CATALOG_HIDDEN_H

#include "protocol/base/buf.h"
#include "protocol/catalog.h"
#include "protocol/catalog_row.h"

struct catalog_hidden;
struct catalog_reach;

enum { CATALOG_TARGETS_MAX = 128, CATALOG_EDGES_MAX = 1 << 17 };

struct catalog_hidden_of {
    struct catalog_function *functions; /* in any order, that of their OIDs */
    const uint32_t *functions_oids;
    uint32_t functions_count;
    struct catalog_relation *relations; /* in the order of their OIDs */
    uint32_t relations_count;
    const char *names;
    const struct catalog_schema *schemas;
    bool is_utf8;                /* the database's encoding: letters are folded in ASCII alone */
    struct catalog_reach *reach; /* is told all targets and bodies; may be NULL */
};

struct catalog_hidden_page {
    int server_version;
    uint32_t above; /* that OID */
    uint32_t rows;  /* so many at most */
    bool is_exact;  /* says which functions and relations are used by reading alone */
};

/*
 * Relations, each with its targets: "f1 r2 b3"; "x b3" if they are too many, "y" if those are whose target it
 * is. Where it is exact "F1" is a function that runs when the relation is read, too, "V2" a relation that
 * a view reads, and "R2" one that is read only.
 */
SL_MUST_CHECK enum sl_err catalog_hidden_query(
        struct sl_buf *query, const struct catalog_hidden_page *page);
/* Functions that any statement may run, or, with a 1, any that changes the schema. */
SL_MUST_CHECK enum sl_err catalog_hidden_anyway_query(
        struct sl_buf *query, uint32_t above, uint32_t rows);

/* NULL: no memory. */
SL_MUST_CHECK struct catalog_hidden *catalog_hidden_new(const struct catalog_hidden_of *of);
void catalog_hidden_free(struct catalog_hidden *hidden); /* NULL is fine */

/*
 * A row of the queries; of the built-in functions it is known by then which are harmless. SL_EPROTO:
 * it is none; SL_ENOMEM. One of a relation that is not there is left out.
 */
SL_MUST_CHECK enum sl_err catalog_hidden_row(
        struct catalog_hidden *hidden, struct catalog_row *row, uint32_t *last);
SL_MUST_CHECK enum sl_err catalog_hidden_anyway_row(
        struct catalog_hidden *hidden, struct catalog_row *row, uint32_t *last);

/* ---- for catalog_harmless.c: bodies mention relations ---- */

/* All rows of relations have come: those with targets are known by their names. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err catalog_hidden_begin_names(struct catalog_hidden *hidden);
/* A body begins. A place to go back to: what is mentioned from now on can be forgotten. */
uint32_t catalog_hidden_begin_body(struct catalog_hidden *hidden);
void catalog_hidden_forget(struct catalog_hidden *hidden, uint32_t mark);
/*
 * That function's body has such a word or name, as PostgreSQL looks for it. False: the function is not
 * harmless, as that cannot be kept, what is not ASCII may be another name, or the word may use all relations
 * (ANALYZE, REINDEX, TRUNCATE .. CASCADE); out of memory, too.
 */
bool catalog_hidden_mention(
        struct catalog_hidden *hidden, uint32_t function, struct sl_span name, bool is_quoted);
enum sl_err catalog_hidden_error(const struct catalog_hidden *hidden);

/*
 * One round: what uses a function that does not stand, or a relation that leaves something, falls.
 * stands: of each function. True: something has fallen. is_last: all falls that uses anything.
 */
bool catalog_hidden_fall(struct catalog_hidden *hidden, bool *stands, bool is_last);
/* Says it of each relation; nothing falls any more. */
void catalog_hidden_end(struct catalog_hidden *hidden);
bool catalog_hidden_leaves_anyway(const struct catalog_hidden *hidden);
bool catalog_hidden_leaves_by_ddl(const struct catalog_hidden *hidden);

/* Not all of it is ASCII. */
bool catalog_hidden_is_wide(struct sl_span name);

#endif
