/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/reuse_proof.h - whether a kept statement's generic plan is what each execution would have.
 *
 * A statement with parameters that is kept goes on to a generic plan after five executions; a new one
 * never does. It may where both are the same for all values. PostgreSQL itself says so:
 * asked for the generic plan (EXPLAIN, with plan_cache_mode = force_generic_plan) it shows
 *
 *   one table, found by the one column of a unique index, which is equal to a parameter, and no
 *   filter: var_eq_const() and var_eq_non_const() expect one row of that, whatever the value, so that
 *   all paths cost the same as with the value; or an INSERT of one row, where there is nothing to
 *   choose;
 *   parameters stand elsewhere only by themselves, as values, so that nothing is computed (and
 *   fails) when it is planned that would be computed later.
 *
 * Not where the table has a partial index, whose predicate a value may imply, is a partition, or has
 * row security; nor with constraint_exclusion = on.
 *
 * Where that is proven, plancache.c may choose: it takes the generic plan if it is cheaper. What is
 * proven is believed until what there is changes (reuse_epoch()), and for REUSE_PROOF_AGE.
 *
 * Asked is the server that had the statement, when its client has left it, with the client's settings
 * still there. Ownership: a struct reuse_proofs is its worker's, a struct reuse_question its
 * server's while it is asked. Threads: the worker's. Bounds: REUSE_PROOFS of them;
 * REUSE_PLAN_LINES lines of a plan.
 */
#ifndef SLUICE_PROXY_REUSE_PROOF_H
#define SLUICE_PROXY_REUSE_PROOF_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"
#include "protocol/expect.h"

#include <stdbool.h>
#include <stdint.h>

struct prepared;
struct server;

enum { REUSE_PROOFS = 1024, REUSE_PLAN_LINES = 8 };

#define REUSE_PROOF_AGE (60 * SL_SECOND)

enum reuse_verdict { REUSE_UNKNOWN, REUSE_ASKED, REUSE_PROVEN, REUSE_NOT_SO };

struct reuse_proof {
    uint64_t key;
    sl_usec at;
    uint32_t epoch;
    uint8_t verdict; /* enum reuse_verdict */
};

struct reuse_proofs {
    struct reuse_proof proofs[REUSE_PROOFS];
};

/* ---- what a plan says: pure ---- */

/* As far as its lines have come. */
struct reuse_plan {
    unsigned lines;
    char index[2 * 64 + 8]; /* as EXPLAIN writes it; "": none */
    bool has_scan;
    bool is_by_key; /* a column is equal to a parameter */
    bool is_insert;
    bool is_other;  /* it says something that is not known to be harmless */
    bool has_index; /* and its index is one of those that will do */
};

/* A line of EXPLAIN (VERBOSE, COSTS OFF). */
void reuse_plan_line(struct reuse_plan *plan, struct sl_span line);
/* A unique index, over one column, of a table of it, as quote_ident() writes it. */
void reuse_plan_index(struct reuse_plan *plan, struct sl_span name);
bool reuse_plan_is_proven(const struct reuse_plan *plan);

/* ---- asking ---- */

/* Of a statement on that server with parameters; else it will be asked. */
bool reuse_is_proven(struct server *server, struct prepared *prepared, unsigned params);
/* It has no client now. True: it was asked, and a ReadyForQuery will come. */
bool reuse_ask(struct server *server);
void reuse_ask_row(struct server *server, struct sl_span body);
void reuse_asked(struct server *server, enum expect_outcome outcome);
/* By server_close(). */
void reuse_ask_free(struct server *server);

#endif
