/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/session_state.h - what a client's transactions have left in its session, as the server says.
 *
 * No text tells it: a function may set, a rollback takes back. So when a transaction in which
 * something may have been left (protocol/effects.h) is over, and before the server is anybody
 * else's, the server is asked, unseen, by one Query. It says
 *
 *   settings   of source "session" in pg_settings, role and session_authorization, and custom ones
 *              of the names that the client has sent: client->settings. They are set on whichever
 *              server comes next (link_params.h). Those that PostgreSQL reports by itself are
 *              in client->params, as ever.
 *   statements prepared by PREPARE: client->sql_prepared. They are prepared on whichever server
 *              comes next by their own text (link_prepared.h), as far as that surely says the same
 *              there: those that do not pin the client.
 *   the rest   temporary objects, advisory locks, holdable cursors, channels listened to: they are
 *              on that server and nowhere else, and pin the client to it until an answer says
 *              that they are gone.
 *
 *   link_settle() -> session_state_ask() -> rows -> session_state_answered() -> link_settle()
 *
 * Nor is it asked while a cancel is on its way there, which may hit the question. What the client
 * sends meanwhile waits for the answer. An answer that does not
 * come (a statement_timeout of the client's) pins it too, and it is asked again after the next
 * transaction, or when its client has rested; so is one for which there is no memory.
 *
 * With functions_by_catalog, what a function of the user's leaves is asked for likewise, and what runs behind
 * a statement, unless the catalogue knows that it leaves nothing (catalogs.h). Custom settings whose
 * names stand in functions only are asked for by the names that it found in them; as those may not be
 * all, RESET ALL goes ahead of the next client's request (link.c). Before the first snapshot there are no
 * such names: who has called a function then keeps its server until there are, up to NAMES_PATIENCE. Without it, all that functions may
 * have left is taken away then.
 *
 * Some of what stays nothing shows. What a LOAD or setseed() has left only the end of the server's
 * process takes away: its client keeps the server to its own end, and then it is closed. So it is told of
 * functions that have such in them (catalogs_holds()), but not of what runs behind a statement. What a
 * sequence gave last (currval, lastval) cannot be had elsewhere either: link_sequences.h.
 *
 * Where temporary objects have been the answer says so, too: link_temp.h.
 *
 * Ownership: a struct session_answer is its server's while it is asked. Threads: the server's
 * worker. Bounds: PARAMS_BYTES_MAX of settings, SQL_PREPARED_MAX statements and
 * SQL_PREPARED_BYTES_MAX of their texts, beyond which the client is pinned.
 */
#ifndef SLUICE_PROXY_SESSION_STATE_H
#define SLUICE_PROXY_SESSION_STATE_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "protocol/expect.h"

#include <stdbool.h>

struct client;
struct server;

/* Why a client keeps its server between transactions; a set. */
enum session_pin {
    PIN_TEMPORARY = 1, /* tables, views, sequences, functions, types */
    PIN_LOCK = 2,      /* session-level advisory locks */
    PIN_CURSOR = 4,    /* WITH HOLD */
    PIN_PREPARED = 8,  /* PREPARE, of what cannot be prepared elsewhere */
    PIN_LISTEN = 16,   /* LISTEN */
    PIN_SETTINGS = 32, /* more than can be kept, or what cannot be set again for sure */
    PIN_UNKNOWN = 64,  /* the server did not say */
    PIN_UNNAMED = 128, /* client->unnamed_is_opaque; in struct pin only */
    /* Of client->keeps: no question tells of these. */
    PIN_LIBRARY = 256,   /* LOAD: the server process has it to its end */
    PIN_FUNCTION = 512,  /* setseed() and others whose work nothing shows; likewise */
    PIN_SEQUENCE = 1024, /* what its sequences gave last, where currval() or lastval() is asked */
    PIN_REASONS = 11
};

/* Its name, of bit i. */
const char *session_pin_name(unsigned i);

/*
 * The client's transaction is over, its server quiet. True: the server was asked, and
 * link_settle() is called again when it has answered.
 */
bool session_state_ask(struct client *client, struct server *server);

/* It is about to send what may leave something: is there a call in it of what nobody knows? */
void session_state_see(struct client *client, bool is_called);

/*
 * PIN_UNKNOWN: when it is asked again, though its client does nothing; 0: it is none. Each time it
 * takes twice as long, from a second to a minute. True: that is now, for link_settle() to do.
 */
sl_usec session_state_again(const struct client *client);
bool session_state_rested(struct client *client);

/* Of the answer: server_relay.c, server_settle.c. */
void session_state_row(struct server *server, struct sl_span body);
void session_state_answered(struct server *server, enum expect_outcome outcome);
/* By server_close(). */
void session_state_free(struct server *server);

/*
 * Effects of a Query's text that is about to be sent, where effects_of() does not know: an EXECUTE
 * of what the client has PREPAREd has those of that, and of its arguments.
 */
unsigned session_state_effects(const struct client *client, struct sl_span text, unsigned effects);

#endif
