/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/stage.h - how cache, shard and optimizer take part in a statement.
 *
 * A statement walks through stages in phase order on its way to a server; the
 * reply walks through the same stages as it passes. The proxy owns the walk
 * (proxy/pipeline.c) and knows no stage by name; a stage knows no other stage
 * and no socket. A stage may read the statement, and write only the one part of
 * it that its phase owns:
 *
 *   STAGE_OBSERVE  nothing        entered first and ended last, so it sees all
 *   STAGE_GUARD    stmt->error    paused, over a limit, not allowed
 *   STAGE_LOOKUP   stmt->answer   a reply that makes the server unnecessary,
 *                  or stmt->instead: an equivalent request to send
 *   STAGE_ROUTE    stmt->route    which slots, and which role of server
 *
 * Threads: a statement never leaves its worker, so neither do these calls.
 * A stage that must wait (a Redis lookup) returns STAGE_WAIT and later calls
 * stmt_resume(); later, never inside the caller, the same hook is called again with
 * stmt->is_resumed set. A stage keeps what it needs between its hooks in
 * stmt->stage_state[stmt->stage].
 *
 * An answer is given where it is certain that PostgreSQL would have given one: to a
 * plain statement (stmt->is_plain) whose Parse, if it has one, makes a name that is
 * free; not in a transaction that has failed or may have failed by then, and not in
 * the middle of a COPY. Elsewhere the statement goes on to the server as if the
 * verdict had been STAGE_NEXT.
 */
#ifndef SLUICE_PROTOCOL_STAGE_H
#define SLUICE_PROTOCOL_STAGE_H

#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct stmt;

enum stage_phase { STAGE_OBSERVE, STAGE_GUARD, STAGE_LOOKUP, STAGE_ROUTE };

enum stage_verdict {
    STAGE_NEXT,     /* nothing to say, or said what there was to say */
    STAGE_ANSWERED, /* stmt->answer is complete; no server is needed */
    STAGE_WAIT,     /* stmt_resume() will follow, exactly once */
    STAGE_REFUSED   /* stmt->error says why, with its SQLSTATE */
};

/* What is wanted of a reply. */
enum stage_tap {
    STAGE_TAP_REPLY = 1, /* on_reply: messages are made whole */
    STAGE_TAP_DONE = 2   /* on_done: the end of a reply may be withheld */
};

/*
 * What a stage keeps of what is under way on a server, from its first statement to the end of its
 * transaction: a member of the server, empty for most.
 */
struct stage_transaction {
    void *state;       /* the one stage's that has on_transaction; NULL: it wants to hear nothing */
    uint64_t database; /* the proxy's: a hash of its name, as the server was told it */
    uint64_t node;     /* likewise: a hash of its host and port, as configured */
    uint32_t pid;      /* likewise: of the server's process; 0: not known */
    uint64_t view;     /* the LOOKUP stage's, as the next: what its block was judged by */
    bool is_clean;     /* a block that has only read, as anybody would (cache/stage_block.c) */
};

/* How it stands, behind a ReadyForQuery: its status; or there will be none. */
enum stage_standing {
    STAGE_IDLE = 'I',
    STAGE_BETWEEN = 'i', /* outside a transaction, while more is under way */
    STAGE_OPEN = 'T',
    STAGE_FAILED = 'E',
    STAGE_LOST = 'L' /* the server is gone: what was under way may be done yet, or never */
};

/* One constant per stage. Any function but on_statement may be NULL. */
struct stage_type {
    const char *name; /* as SHOW STAGES prints it */
    enum stage_phase phase;
    /* on_reply and on_done are called for those statements only whose taps a stage has set. */
    bool is_on_demand;
    enum stage_verdict (*on_statement)(void *self, struct stmt *stmt);
    /* The server is linked and nothing was sent to it yet. */
    void (*on_dispatch)(void *self, struct stmt *stmt);
    /*
     * One server message, type byte and all, borrowed for the call: whole, or the
     * beginning of one longer than STMT_REQUEST_MAX, as its length word tells.
     */
    void (*on_reply)(void *self, struct stmt *stmt, struct sl_span message);
    /*
     * What the statement did is done, and its client has not heard of it: ReadyForQuery
     * was seen, or the CommandComplete of a COMMIT inside a pipeline. STAGE_NEXT, or
     * STAGE_WAIT: then ReadyForQuery is withheld, and the CommandComplete before it, until
     * all who wait have resumed or STMT_DONE_WAIT has passed (then it is not called again).
     * Not called when the reply never came (the server went away): only on_end is.
     */
    enum stage_verdict (*on_done)(void *self, struct stmt *stmt);
    /* Once for each stage that was asked, last one first, however the walk ended. */
    void (*on_end)(void *self, struct stmt *stmt);
    /*
     * Something is about to be sent that no stage has seen as a statement, and that may do anything: one
     * that is too long, a FunctionCall, one beyond the bound of statements under way.
     */
    void (*on_unseen)(void *self, struct stage_transaction *transaction);
    /*
     * Of a transaction whose state is not NULL: its ReadyForQuery was seen, and what was answered has
     * ended; or it is lost, after which the state is forgotten. One stage of all may have it.
     */
    void (*on_transaction)(
            void *self, struct stage_transaction *transaction, enum stage_standing standing);
};

struct stage {
    const struct stage_type *type;
    void *self; /* the module's state on this worker */
};

#endif
