/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_retry.h - "cached plan must not change result type", unseen.
 *
 * After DDL a prepared statement whose result would look different is refused by
 * PostgreSQL (0A000), and a client of its own connection would prepare it again.
 * Behind a pool the client did not know on which server it was prepared, nor when.
 * So the request is kept until its first reply; if that is this error, nothing of
 * the request was shown (by Describe of a statement its parameters are, ahead of that
 * error), no transaction was open and nothing was sent behind it, the statement is closed on
 * the server and the request given to it once more, whose Bind then prepares anew. Once: a
 * second such error is the client's.
 *
 * Only a request that asks what the columns are (Describe) is repeated: a client that
 * remembers them from before (JDBC, pgx) must hear of the error, or it would take the
 * new rows for the old; those clients prepare again by themselves. What is kept begins with
 * Bind or Describe of a statement of ours, behind Parses of names that came with it, which
 * are answered by then: the server had such a text from before, or it would not be out of date.
 * It ends with Sync and came in one piece of at most HOLD_BLOCK bytes: as drivers send it.
 *
 * Ownership: the kept bytes are the client's, dropped with its next request, when
 * it leaves its server or ends. Threads: the client's worker. Bounds: HOLD_BLOCK a client.
 */
#ifndef SLUICE_PROXY_CLIENT_RETRY_H
#define SLUICE_PROXY_CLIENT_RETRY_H

#include "protocol/base/span.h"
#include "proxy/hold.h"

#include <stdbool.h>

struct client;
struct server;

/* What came from the client, before any of it is sent. */
void client_retry_note(struct client *client, struct sl_span bytes);
void client_retry_drop(struct client *client);

/*
 * The server's reply is that error, not yet taken off what is expected: may it be
 * hidden, with the ReadyForQuery behind it, because the request will be repeated?
 */
bool client_retry_may(const struct server *server);
/* That ReadyForQuery has come: the client's input begins with the request again. */
void client_retry_begin(struct server *server);

#endif
