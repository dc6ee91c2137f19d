/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_stmt.h - where the statements of a client meet the pipeline.
 *
 * With stages, the client's input is cut into statements (protocol/stmt.h) before
 * it is sent; each walks the pipeline, and what the verdict means on the wire is
 * carried out here. Without stages only the first line of client_stmt_now() and
 * the like is ever reached.
 *
 *   walk -> NEXT      the messages are sent; the reply entry carries the stmt
 *           ANSWERED  the reply is put in its place in the order; nothing is sent
 *           REFUSED   an error is
 *           WAIT      the client is STAGED until stmt_resume()
 *
 * Ownership: a stmt is the client's until its reply is expected, the server's
 * (expect entry, then the list of finished ones) until ReadyForQuery. Threads: the
 * worker's. Bounds: STMT_REQUEST_MAX a request; a longer one passes unwalked.
 */
#ifndef SLUICE_PROXY_CLIENT_STMT_H
#define SLUICE_PROXY_CLIENT_STMT_H

#include "protocol/base/span.h"
#include "protocol/expect.h"
#include "protocol/stage.h"
#include "proxy/client_request.h"

struct client;
struct server;
struct stmt;

/*
 * Looks at the statement that bytes begin with. STEP_NEXT: either *used bytes are
 * done with, or client->stmt_skip are to be sent as they are.
 */
SL_MUST_CHECK enum step client_stmt_walk(struct client *client, struct sl_span bytes, size_t *used);

/* The statement whose messages are being sent, for an entry of its reply. */
struct stmt *client_stmt_now(const struct client *client);
/* The last of them was: the entry owns it now. */
void client_stmt_sent(struct client *client);
/* link.c: one that is held before all of it was sent has another server; that one is not its. */
void client_stmt_linked(struct client *client);
void client_stmt_parted(struct client *client, struct server *server);
/* STAGED: has the stage not resumed yet? */
bool client_stmt_is_waiting(const struct client *client);

/* server_relay.c: a whole message of a reply (or its beginning, when it is too long). */
void client_stmt_reply(struct server *server, struct sl_span message);
/* Its reply is complete, or will never come. */
void client_stmt_finished(struct server *server, struct stmt *stmt, enum expect_outcome outcome);
/*
 * server_tap.c: what comes next tells the client that what is answered is done. on_done,
 * or what is left of it; false: somebody waits, and wakes the server's io.
 */
SL_MUST_CHECK bool client_stmt_done(struct server *server, char transaction);
/* What is sent to it next, and may do anything, is no statement that has walked. */
void client_stmt_unseen(struct server *server);
/* Behind that ReadyForQuery, or instead of it; nothing of what is answered is left. */
void client_stmt_stands(struct server *server, enum stage_standing standing);
/* It has taken too long: nobody waits any more. */
void client_stmt_give_up(struct server *server);
/* ReadyForQuery passes, or the server goes: what was answered ends. */
void client_stmt_ready(struct server *server);
/* The client is told of an error: it is that of its statement, if no server was there for it. */
void client_stmt_refuse(struct client *client, const char *sqlstate);
/* The client goes: what has not been sent ends. */
void client_stmt_abandon(struct client *client);

#endif
