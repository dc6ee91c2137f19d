/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_load.h - one query of the proxy's own, on a server that nobody needs now.
 *
 *   control thread                   a worker
 *   server_load_send() -- letter --> pool_lend(): none? a pinned one, its client quiet; home again
 *                                    IDLE -> LOAD, or LINKED as it is: the query
 *                                    rows are gathered as they come
 *   errand->done() <---- letter ---- LOAD -> IDLE, or it was closed
 *
 * It has no server made: it is given one that has rested for LOAD_REST, of a pool in which nobody
 * waits; or, where clients keep the servers (link_pins.h), one whose client has nothing under way;
 * or none. One that is urgent takes any that is idle, and if there is none waits in its pool for the
 * next that is free, ahead of those in line, until server_load_recall(). A client that comes meanwhile
 * waits for the end of that query at most, which is short (protocol/catalog_build.h); then the server is its, before the next
 * query. What the session's last client left in it stays there, and nothing is added: the query
 * is a transaction of its own, read only, with settings that end with it. It does not
 * count: not in statistics, nor as use of the server, whose place among the idle ones and time
 * there stay as they were.
 *
 * Ownership: the errand is the sender's while it is at home, its rows always. Threads: as
 * drawn. Bounds: LOAD_BYTES_MAX of rows, LOAD_TIME for an answer, after which the server is closed.
 */
#ifndef SLUICE_PROXY_SERVER_LOAD_H
#define SLUICE_PROXY_SERVER_LOAD_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "protocol/expect.h"
#include "proxy/mailbox.h"

#include <stdbool.h>

struct pool;
struct server;
struct worker;

enum { LOAD_BYTES_MAX = 1 << 20 };

#define LOAD_REST (20 * SL_MSEC)
#define LOAD_TIME (5 * SL_SECOND)

enum load_result {
    LOAD_DONE,
    LOAD_NO_SERVER, /* none is idle there: later, perhaps */
    LOAD_FAILED,    /* sqlstate says why */
    LOAD_TOO_LONG,  /* the answer, or there is no memory for it */
    LOAD_LOST       /* the server went away, or was closed */
};

struct load_errand {
    struct letter letter;
    struct mailbox *home;
    void (*done)(struct load_errand *errand);
    struct pool *pool; /* held by the sender */
    bool is_urgent;
    bool takes_next;     /* a server need not have rested: the next that is free will do */
    struct sl_buf query; /* BEGIN and what follows: what fails keeps the rest from being done */
    /* The answer. */
    enum load_result result;
    char sqlstate[6];
    bool is_plain;      /* the session was begun without a search_path of its client's */
    struct sl_buf rows; /* DataRow bodies, each behind its length */
};

/* To that worker, until done(). */
void server_load_send(struct load_errand *errand, struct worker *worker);

/* The sender, of an urgent one that is away: true: it was still waiting, and is at home again. */
bool server_load_recall(struct load_errand *errand);

/* On the server's worker. It is free: true: it has an errand of its pool's that has waited. */
bool server_load_take(struct server *server);
/* While it has one: in SERVER_LOAD, or in SERVER_LINKED. */
void server_load_row(struct server *server, struct sl_span body);
void server_load_error(struct server *server, const char *sqlstate);
void server_load_ended(struct server *server);
/* The query's reply has come to its end; in SERVER_LINKED that is all. */
void server_load_settled(struct server *server, enum expect_outcome outcome);
/* By server_close(). */
void server_load_lost(struct server *server);

#endif
