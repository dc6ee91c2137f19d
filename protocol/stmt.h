/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/stmt.h - a statement on its way: one unit of work in the pipeline.
 *
 * A simple Query is one statement, whatever it holds. In the extended protocol a
 * statement is what leads up to an Execute: Parse if there is one, Bind, Describe
 * and Execute. What belongs to no Execute (a Parse alone, a Describe, Close, Sync)
 * is not a statement and does not walk.
 *
 * Ownership: made by the proxy for the length of the statement; spans in it are
 * borrowed from the client's buffer during the walk only. Threads: its worker's.
 * Bounds: a request longer than STMT_REQUEST_MAX passes without a walk.
 */
#ifndef SLUICE_PROTOCOL_STMT_H
#define SLUICE_PROTOCOL_STMT_H

#include "protocol/base/err.h"
#include "protocol/base/slab.h"
#include "protocol/base/span.h"
#include "protocol/stage.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    STMT_REQUEST_MAX = 1 << 20, /* bytes of a request that walks */
    STMT_STAGES_MAX = 16
};

struct stmt {
    struct sl_id id;
    bool is_extended;
    bool is_plain;          /* extended: unnamed portal, no row limit, nothing else described */
    bool is_resumed;        /* on_statement is called again, after STAGE_WAIT */
    bool has_describe;      /* extended: a Describe of the portal is in it */
    struct sl_span request; /* the whole messages */
    struct sl_span query;   /* the text, without its terminator; empty when not known */
    struct sl_span bind;    /* extended: the whole Bind message, or empty */
    const char *database;
    const char *user;

    struct sl_error error; /* GUARD */
    /*
     * LOOKUP: the reply without ReadyForQuery, ParseComplete and BindComplete, which
     * are the proxy's. Copied before on_end.
     */
    struct sl_span answer;
    struct sl_span instead; /* LOOKUP: whole messages to send in place of the request */
    int route;              /* ROUTE: 0 is the primary; the Shards issue widens this */

    unsigned stage; /* whose hook is being called: its place in stage_state */
    unsigned stages_entered;
    bool is_waiting;                    /* between STAGE_WAIT and stmt_resume() */
    void *stage_state[STMT_STAGES_MAX]; /* one a stage, by its place in the pipeline */
    struct stmt *next;                  /* the proxy's: among the finished */
    void (*resume)(struct stmt *stmt);  /* the proxy's */
    void *owner;                        /* the proxy's: worker */
    struct sl_id client;                /* the proxy's */
    bool is_abandoned;                  /* the proxy's: the client left while it waited */
};

/* What STAGE_WAIT waited for is there; on the statement's worker, exactly once. */
void stmt_resume(struct stmt *stmt);

/* Asserts that the parts agree with the verdict; no effect. */
void stmt_check(const struct stmt *stmt, enum stage_verdict verdict);

#endif
