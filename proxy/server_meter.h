/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_meter.h - what a server does for statements: time, bytes, rows, errors.
 *
 * Fills struct stmt_meter (protocol/stmt.h) for stages. A server works on one statement
 * at a time: a statement's time begins when it was sent or when the one before it ended,
 * whichever came later, and ends with its own reply; ReadyForQuery belongs to the last
 * statement before it, so that a commit's time is that statement's. While the client
 * does not take what comes, the server is not read, and while it has its reply and lets its
 * Sync wait, the server does nothing: that is told apart.
 *
 * Ownership: part of struct server. Threads: its worker's. Bounds: none needed.
 */
#ifndef SLUICE_PROXY_SERVER_METER_H
#define SLUICE_PROXY_SERVER_METER_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"

#include <stdint.h>

struct server;
struct stmt;

struct server_meter {
    uint64_t before;    /* bytes that came before those being relayed */
    uint64_t here;      /* with the message being looked at */
    uint64_t told;      /* of them are of statements that have ended */
    uint64_t rows;      /* DataRow messages since the last end of an Execute */
    sl_usec free_at;    /* the last statement's end */
    sl_usec stalled_at; /* since then it waits for its client; 0: it does not */
    sl_usec stalled;    /* in all, since the last statement's end */
};

/* The server is its client's from now on. */
void server_meter_begin(struct server *server);
/* CommandComplete's tag; of PortalSuspended, and of what cannot be read: empty. */
void server_meter_tag(struct server *server, struct sl_span tag);
/* CopyData of so many bytes is sent: counted if the server waits for it. */
void server_meter_copied(struct server *server, uint32_t bytes);
void server_meter_error(struct server *server, const char *sqlstate);
/* The reply of a statement has come to its end. */
void server_meter_ended(struct server *server, struct stmt *stmt);
/* Its reply will not come to its end: the server has gone, or its client has. */
void server_meter_lost(struct server *server, struct stmt *stmt);
/* A Sync or a FunctionCall is about to be sent: until now it was waited for, if for nothing else. */
void server_meter_sync(struct server *server);
/* ReadyForQuery was seen; last: the last that ended before it, or NULL. */
void server_meter_ready(struct server *server, struct stmt *last);

/* It is not read because its client does not take what has come; and read again. */
void server_meter_stall(struct server *server);
void server_meter_go_on(struct server *server);

#endif
