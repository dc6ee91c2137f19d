/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_reuse.h - unnamed statements that come again and again are kept on the server.
 *
 * A request that is Parse "", Bind "" and what is done with the portal, up to its Sync, outside a
 * transaction, with nothing under way ahead of it, is sent as a Bind of a statement that the
 * server has under a name of ours (SLUICE_n), so that PostgreSQL need not parse and analyse it:
 *
 *   client   Parse "" text   Bind "" ""            Execute   Sync
 *   server   [Parse n text]  Bind "" n             Execute   Sync      Parse: where it is new, or old
 *   server   [ParseComplete] BindComplete          rows ...
 *   client                   ParseComplete, BindComplete, rows ...
 *
 * All of it is waited for, which nobody notices: PostgreSQL answers nothing before a Sync. It is kept
 * (client_retry.h) until BindComplete has come. If an error comes instead, nothing of it was
 * shown and nothing was done: the statement is closed on the server and the request repeated as it
 * came, so that whatever is wrong with it is said of the message, in the order and in the words in
 * which PostgreSQL says it directly; and "cached plan must not change result type" is never seen.
 * Only an error of the moment (a cancel, a deadlock) is shown as it comes. What the client sends
 * meanwhile waits; a client that sends ahead of replies is left alone from then on.
 *
 * Only a SELECT, UPDATE, DELETE, VALUES or WITH whose text shows that it leaves nothing
 * in the session (protocol/effects.h) is kept, and nothing for a client that has temporary tables or
 * anything else that pins it, on a server where a function may have left something. Clients whose
 * settings differ do not share statements; constants are read as of who parsed them.
 *
 * The server's own unnamed statement stays what it was. The client's is what it parsed: a Bind of
 * it that comes without its Parse has it parsed, wherever (proxy/unnamed.h).
 *
 * Ownership: client->reused is a reference, from the Parse until BindComplete or the repetition.
 * Threads: the client's worker. Bounds: half of max_prepared_statements; HOLD_BLOCK a client.
 */
#ifndef SLUICE_PROXY_CLIENT_REUSE_H
#define SLUICE_PROXY_CLIENT_REUSE_H

#include "protocol/base/span.h"
#include "protocol/expect.h"
#include "proxy/client_request.h"

#include <stdbool.h>

struct back_error;
struct client;
struct front_bind;
struct server;

enum reuse { REUSE_NO, REUSE_WAITS, REUSE_YES };

/* A Parse of the unnamed statement, rest as in struct front_parse. YES: client->reused, ready there. */
enum reuse reuse_begin(struct client *client, const struct request *request, struct sl_span rest);
/* Its Bind, which comes next. */
SL_MUST_CHECK enum step reuse_bind(
        struct client *client, const struct request *request, const struct front_bind *bind);
/* Something comes behind it before its reply: true, and it has to wait. */
bool reuse_holds(struct client *client);
/*
 * The server, which has a client, notes something, not of what we asked: is it for the client? Not what
 * it has heard: of a Parse that we put in, or ahead of the error for which the request is repeated.
 */
bool reuse_shows_notice(struct server *server);
/* No server owes it anything any more. */
void reuse_drop(struct client *client);

/* The server's reply is that error, not yet taken off what is expected: is the request repeated? */
bool reuse_repairs(const struct server *server, const struct back_error *error);
/* ReadyForQuery has come behind that. False: no memory. */
SL_MUST_CHECK bool reuse_close(struct server *server);
/* The entry of ParseComplete and BindComplete is settled. Lets go of its reference. */
void reuse_settle(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome);

/*
 * A statement with those effects is about to be sent; its tag has come; ReadyForQuery, or the server's
 * end: whatever is kept anywhere is old behind a change of what there is.
 */
void reuse_see_effects(struct server *server, unsigned effects);
void reuse_see_tag(struct server *server, struct sl_span tag);
void reuse_see_ready(struct server *server);

#endif
