/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link_sequences.h - currval() and lastval(): which server has what sequences gave a client.
 *
 *   a statement that may take a value         the server has values of this client, and of others
 *   (EFFECTS_MOVES)                           unless DISCARD SEQUENCES goes ahead
 *   one that asks (EFFECTS_SEQUENCES)         goes to the server that has its client's values and
 *                                             nobody else's, or fails: 55000
 *
 * Nobody is told another's number: a server where others may have taken values since, or before, is
 * not asked. DISCARD SEQUENCES goes ahead of who takes values where others did, once anybody
 * of the pool has asked; until then, and where it cannot go ahead, the server's are mixed.
 *
 * Who is likely to ask keeps the server (PIN_SEQUENCE) from when it takes a value: a client
 * that has asked before, and where another of the pool has behind such a statement, or none has had the
 * chance yet (sequence_shapes.h). Until it has asked and others wait, or has rested
 * for SEQUENCES_REST, or for SEQUENCES_UNASKED transactions. Then the server is another's only if there
 * is no other (pool_kept.h), and the client has what it had as long as nobody takes a value there.
 * So has who was not likely to ask, once anybody of the pool has: it waits for its server.
 * Who is late once, and has lost it, is pinned until it asks from then on.
 *
 * A first request in a new link that should be elsewhere goes there: the server is given back, unused. In an open transaction
 * it cannot, and fails.
 *
 * What cannot be seen, a function that asks within, is answered as it comes. What takes a value
 * without being seen (triggers, defaults) comes with an INSERT, UPDATE, DELETE or MERGE: another's tag of
 * that kind is enough.
 *
 * Threads: the worker that has both. Bounds: none.
 */
#ifndef SLUICE_PROXY_LINK_SEQUENCES_H
#define SLUICE_PROXY_LINK_SEQUENCES_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "proxy/client_request.h"

#include <stdbool.h>

struct client;
struct server;

#define SEQUENCES_REST (100 * SL_MSEC)
/* A BEGIN waits for so long for its client's server, a question for so long. */
#define SEQUENCES_BEGIN_WAIT (100 * SL_MSEC)
#define SEQUENCES_ASK_WAIT (5 * SL_SECOND)

enum { SEQUENCES_UNASKED = 16 };

/*
 * A statement is about to be sent, unless there is no server for it yet (STEP_STOP), or it was
 * answered with an error (*is_refused). is_run: it will be carried out; else it is only the Parse of a name.
 */
SL_MUST_CHECK enum step link_sequences_see(struct client *client, const struct request *request,
        struct sl_span text, unsigned effects, bool is_run, bool *is_refused);
/* Ahead of a Bind that has to stay on this server, and behind what is sent for it. */
void link_sequences_ready(struct client *client, struct sl_span text, unsigned effects);
/*
 * Between transactions, and nothing else keeps its server: not that either, if others may have it, or
 * if it leaves (drain.h) and has asked already, or never.
 */
void link_sequences_let_go(struct client *client);
/* It has rested. */
void link_sequences_rested(struct client *client);
/* Its DISCARD ALL or SEQUENCES is done: it keeps the server for that no more. */
void link_sequences_discarded(struct client *client);
/* On its way, the server's are taken away. */
void link_sequences_forget(struct server *server);
/* A tag of a statement whose triggers may take values. */
void link_sequences_tag(struct server *server);

#endif
