/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/plans.h - shape -> plan: the facts of every statement, once for the process.
 *
 * A worker that meets a shape wants its plan, and goes on without it: parsed elsewhere, it is there
 * some time later for who looks (plans_find()). When plans_evicted() grows, workers want those of
 * the shapes in use again, which keeps them: a plan may give way to a flood, but not for good.
 *
 * A plan is immutable. That a text is no SQL, or was refused, is a plan too (facts are NULL), so
 * that nobody asks again. At the bound the plan goes that was not used for longest, nearly: each
 * that was found, wanted or kept since gets a second chance (the CLOCK algorithm).
 *
 * Not here, but of a shape's plan by DESIGN 4: volatility of functions, and tables with their
 * schemas. Both need the catalogue and the session's search_path, and come on top of this.
 *
 * Ownership: plans_find() lends a reference: plan_unref(). Threads: plans_start() and
 * plans_stop() the control thread's, while no worker runs; the rest any. Locks: one a stripe, a
 * leaf, held for a look-up. Bounds: plans_max and bytes_max; what is not parsed yet is bounded
 * by proxy/parser.h.
 */
#ifndef SLUICE_PROXY_PLANS_H
#define SLUICE_PROXY_PLANS_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/base/hash.h"
#include "protocol/base/span.h"

#include <stdatomic.h>
#include <stdbool.h>

struct sql_facts;

enum plan_kind {
    PLAN_KNOWN,   /* with facts */
    PLAN_NO_SQL,  /* a syntax error: PostgreSQL will say so, or knows more than we do */
    PLAN_REFUSED, /* beyond the parser's bounds, or given up by it */
    PLAN_UNREAD,  /* plans_keep(): a text, and nobody has read it yet */
};

struct plan {
    atomic_uint refs; /* any thread; the rest is constant */
    enum plan_kind kind;
    struct sl_hash128 key;
    struct sql_facts *facts; /* NULL unless PLAN_KNOWN */
    uint64_t fingerprint;    /* for display; 0: none */
    size_t bytes;            /* with all that belongs to it */
    size_t text_len;
    char text[]; /* the shape's, zero-terminated */
};

struct plans_limits {
    uint32_t plans_max;
    size_t bytes_max;
};

struct plans_counts {
    uint64_t wanted;  /* shapes handed to the parser */
    uint64_t dropped; /* of those, without a plan: wanted again the next time they are met */
    uint64_t evicted;
    uint32_t plans;
    uint32_t pending;
    size_t bytes;
};

SL_MUST_CHECK enum sl_err plans_start(const struct plans_limits *limits);
/* After parser_stop(): nothing is pending then. Plans that are lent live on. */
void plans_stop(void);

/* A reference, or NULL. */
SL_MUST_CHECK const struct plan *plans_find(struct sl_hash128 key);
void plan_unref(const struct plan *plan); /* NULL is fine */

/*
 * Copies the shape's text, or as much as there is room for, and terminates it; of what is wanted
 * and not parsed yet, too. False: it is not known. size is not 0.
 */
bool plans_text(struct sl_hash128 key, char *to, size_t size);

/*
 * Has text parsed, unless its plan is there or on its way; shape_text is kept with the plan. Both
 * are copied. Not for texts that libpg_query would read otherwise than their server does: with
 * standard_conforming_strings off, or in an encoding where a byte of a long character may be
 * ASCII (protocol/shape_encoding.h). False: not now, and there is none.
 * A text longer than the parser takes, and any when the parser is off: as plans_keep().
 */
bool plans_want(struct sl_hash128 key, struct sl_span text, struct sl_span shape_text);

/*
 * Keeps the text of a shape that is not to be parsed, to be shown, unless there is a plan or one
 * is on its way. Whoever wants it parsed later may: the plan takes its place.
 */
void plans_keep(struct sl_hash128 key, struct sl_span shape_text);

/* So many gave way ever. Takes no lock. */
uint64_t plans_evicted(void);

void plans_counts(struct plans_counts *counts);

#endif
