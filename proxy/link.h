/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link.h - joining and parting a client and a server.
 *
 * A client is linked for a transaction (or a statement, or a session). Joining
 * makes the server's session the client's: what another client left behind is
 * reset, the client's settings are applied, all in front of the client's request
 * and without a round trip. Parting happens at a ReadyForQuery with nothing more
 * expected; what the client left unfinished is ended first.
 *
 * Threads: the worker that has both.
 */
#ifndef SLUICE_PROXY_LINK_H
#define SLUICE_PROXY_LINK_H

#include <stdbool.h>

struct client;
struct server;

/* Has, or is now given, a server; false: the client is in line, or refused and leaving. */
bool link_want(struct client *client);
/* Joins them; the client's state is its own business. False: the server was of no use. */
bool link_join(struct client *client, struct server *server);
/* Again, when they have changed since joining: a client that joined before its welcome. */
bool link_settings(struct client *client);
/* The client has asked nothing of its server: back it goes. */
void link_part_unused(struct client *client);
/* The same, of a request that asks for another. False: not yet, as something hidden is under way. */
bool link_give_back(struct client *client);
/* May the server and its client part now, as far as the wire goes? */
bool link_is_quiet(const struct server *server);
/* Behind this ReadyForQuery it is its client's no longer: link_settle() is about to part them. */
bool link_lets_go(const struct server *server);
/* After ReadyForQuery was passed on: parts them if the pool mode says so and all is quiet. */
void link_settle(struct server *server);
/* The same after more input, when a ReadyForQuery found a message half sent. */
void link_settle_after_input(struct server *server);
/*
 * The server is old (server_is_old()): ends it, with the client, if it is between
 * transactions of a session and server_fast_close is set, or serves replication, which
 * has no end to wait for. True: both are gone.
 */
bool link_end_old(struct server *server);
/* The client is gone, whatever it was doing. */
void link_abandon(struct client *client, const char *reason);
/* The server is gone or useless; the client is told, and goes too. */
void link_break(struct server *server, const char *reason);
/* A clean-up, a test or connect_query failed: the server goes. */
void link_server_failed(struct server *server, const char *reason);
/* A clean-up, a test or a cancel has ended: on to whoever waits, or the idle list. */
void link_free_server(struct server *server);

#endif
