/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_reach.h - what relations and functions of a snapshot may change or read besides
 * what a statement names, as sets of trees (catalog_tables.h).
 *
 * Made of what catalog_hidden.c and catalog_harmless.c read, who tell it each target and each body as
 * they come. Their own graph will not do: it forgets what has fallen, and knows no difference between
 * what is read and what is written. Here a relation is two nodes, written and read, and so is each
 * name of relations:
 *
 *     written: functions of its triggers, rules, defaults, checks ...; its children; what follows by
 *              foreign keys; what its rules name; written too, what a view reads
 *     read:    functions in a view and in policies; what these read
 *     function: those that it calls by name; what its body names: written, or read if the function is not
 *              volatile
 *
 * What is in a cycle has one set. Sets are there once each.
 *
 * Ownership: borrows what it is made of, which may not move until the end. Threads: the caller's. Bounds:
 * CATALOG_REACH_EDGES_MAX edges, CATALOG_TREES_MAX trees in a set, CATALOG_REACH_TREES_MAX in
 * all; what is beyond is not known.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_REACH_H
#define SLUICE_PROTOCOL_CATALOG_REACH_H

#include "protocol/catalog_hidden.h"
#include "protocol/catalog_tables.h"
#include "protocol/catalog_vec.h"

struct catalog_reach;

enum { CATALOG_REACH_EDGES_MAX = 1 << 18, CATALOG_REACH_TREES_MAX = 1 << 20 };

/* NULL: no memory. */
SL_MUST_CHECK struct catalog_reach *catalog_reach_new(const struct catalog_hidden_of *of);
void catalog_reach_free(struct catalog_reach *reach); /* NULL is fine */

/* A target of a relation, as catalog_hidden_query() has them. */
void catalog_reach_target(
        struct catalog_reach *reach, uint32_t relation, char letter, uint32_t oid);
/* Who uses a relation could not be told, and so nothing is known. */
bool catalog_reach_is_lost(const struct catalog_reach *reach);
/* A function behind any statement, or one that changes the schema. */
void catalog_reach_anyway(struct catalog_reach *reach, uint32_t oid, bool is_ddl);

enum catalog_reach_kind {
    CATALOG_REACH_PLPGSQL = 'p',
    CATALOG_REACH_SQL = 's',
    CATALOG_REACH_ATOMIC = 'a', /* BEGIN ATOMIC: targets "f1 r2 x" instead of a text */
    CATALOG_REACH_C = 'c',      /* of a library that was read */
    CATALOG_REACH_UNKNOWN = 'u'
};

struct catalog_reach_body {
    uint32_t function;
    char kind; /* enum catalog_reach_kind */
    struct sl_span text;
    struct sl_span defaults; /* of its arguments */
};

/* False: the targets are none. */
bool catalog_reach_take_body(struct catalog_reach *reach, const struct catalog_reach_body *body);

/* Of each relation and function; CATALOG_SET_UNKNOWN and _EMPTY are the first two. */
struct catalog_reach_sets {
    struct catalog_vec sets;  /* struct catalog_set */
    struct catalog_vec trees; /* uint32_t: OIDs */
    uint32_t *writes;         /* of relations */
    uint32_t *reads;
    uint32_t *functions; /* what each writes */
    uint32_t anyway;
    uint32_t by_ddl;
};

/*
 * All has come. trees: of each relation, the number of its tree. Facts of what a view reads become
 * the view's, too. SL_ENOMEM; what is in *sets is the caller's
 * either way.
 */
SL_MUST_CHECK enum sl_err catalog_reach_end(struct catalog_reach *reach, const uint32_t *trees,
        uint32_t *facts, struct catalog_reach_sets *sets);
void catalog_reach_sets_free(struct catalog_reach_sets *sets);

#endif
