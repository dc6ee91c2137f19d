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

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/base/lent.h"
#include "protocol/base/slab.h"
#include "protocol/base/span.h"
#include "protocol/shape.h"
#include "protocol/stage.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    STMT_REQUEST_MAX = 1 << 20, /* bytes of a request that walks */
    STMT_STAGES_MAX = 16
};

#define STMT_DONE_WAIT (1 * SL_SECOND) /* at most, for all that wait in on_done together */

/*
 * What a statement cost, as its worker saw it: for on_end. Times are of the worker's
 * turns, so of two that end in one turn the later one took no time.
 */
struct stmt_meter {
    sl_usec received_at; /* its last byte had been read */
    sl_usec sent_at;     /* a server was there for it; 0: it never was */
    sl_usec ended_at; /* its reply was read, its ReadyForQuery too; or it was refused; 0: never */
    sl_usec server_usec;  /* of it: from sent_at, or from the end of what was asked before */
    sl_usec stalled_usec; /* of that: the client took nothing of what came, or let its Sync wait */
    uint64_t bytes_in;
    uint64_t bytes_out; /* all that came from the server for it */
    uint64_t rows;      /* returned or changed, as CommandComplete says; of a portal, per Execute */
    char sqlstate[6];   /* of its first error; "" */
    bool is_answered;   /* by a stage: no server was there for it */
};

struct stmt {
    struct sl_id id;
    bool is_extended;
    bool is_plain;            /* extended: unnamed portal, no row limit, nothing else described */
    bool is_answerable;       /* LOOKUP's answer would be given: not where a server has to say it */
    bool is_resumed;          /* the hook is called again, after STAGE_WAIT */
    bool has_describe;        /* extended: a Describe of the portal is in it */
    bool is_waiting;          /* between STAGE_WAIT and stmt_resume() */
    bool is_abandoned;        /* the proxy's: given up while it waited */
    bool is_done;             /* the proxy's: nobody waits for on_done any more */
    bool is_misread;          /* at on_end: what ran may be another text than query was */
    struct sl_span request;   /* the whole messages */
    struct sl_span query;     /* the text, without its terminator; empty when not known */
    struct sl_span bind;      /* extended: the whole Bind message, or empty */
    struct sl_span bind_rest; /* of it, what is behind its names; empty: those are not to be read */
    struct sl_span
            types;      /* of its parameters, as its Parse gives them: number and OIDs; or empty */
    uint64_t query_key; /* sl_hash64() of a named statement's text; 0: not known */
    struct stmt_meter meter;
    const char *database;
    const char *user;
    uint64_t who;               /* a hash of both: the same for the same two names, always */
    struct shape_options rules; /* how its session reads string constants */
    const char *host;           /* from on_dispatch on: the node it was sent to; NULL: it is gone */
    uint64_t node;              /* a hash of it and its port */

    struct sl_error *error; /* GUARD: its worker's; set by who refuses, as it refuses */
    /*
     * LOOKUP: the reply without ReadyForQuery, ParseComplete and BindComplete, which
     * are the proxy's. Copied before on_end, unless answer_lent says whose it is: that is released when
     * it was sent, or is not needed, once in any case.
     */
    struct sl_span answer;
    struct sl_lent answer_lent;
    uint64_t answer_rows;   /* LOOKUP: that are in it */
    sl_usec answered_at;    /* LOOKUP: when it was there; 0: it does not say */
    struct sl_span instead; /* LOOKUP: whole messages to send in place of the request */
    int port;               /* of host */
    int route;              /* ROUTE: 0 is the primary; the Shards issue widens this */
    /* For on_done: I, T or E, as ReadyForQuery says; I likewise at the COMMIT of a pipeline. */
    char transaction;
    /*
     * How it stands where it is sent, as ReadyForQuery says, if nothing that its client asked for is under
     * way there, and it is no standby; else 0. In on_statement of the server that its client has; I: it has none.
     */
    char standing;
    uint8_t taps;    /* enum stage_tap: set by stages that are on_demand, until on_dispatch */
    bool has_failed; /* for on_done: with an error, or skipped because of one */
    uint32_t
            names_failed; /* the proxy's: as its query hangs on a Parse under way; 0: it does not */
    uint16_t path;        /* a number of its session's search_path; at on_end for good */

    /* From on_dispatch on: of its server; in on_statement of the one its client has, or NULL. */
    struct stage_transaction *under_way;
    unsigned stage; /* whose hook is being called: its place in stage_state */
    unsigned stages_entered;
    unsigned stages_done;               /* of them: on_done was called */
    void *stage_state[STMT_STAGES_MAX]; /* one a stage, by its place in the pipeline */
    struct stmt *next;                  /* the proxy's: among the finished */
    void (*resume)(struct stmt *stmt);  /* the proxy's */
    void *owner;                        /* the proxy's: worker */
    struct sl_id client;                /* the proxy's */
};

/* What STAGE_WAIT waited for is there; on the statement's worker, exactly once. */
void stmt_resume(struct stmt *stmt);

/* Asserts that the parts agree with the verdict; no effect. */
void stmt_check(const struct stmt *stmt, enum stage_verdict verdict);

#endif
