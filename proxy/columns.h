/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/columns.h - a client that remembers a statement's columns is not given other ones.
 *
 * PostgreSQL refuses (0A000, "cached plan must not change result type") to execute a prepared statement
 * whose result has come to look different since its Parse. Where a statement is prepared anew, on a server
 * that does not have it, there is no plan of before to compare with, and a driver that does not ask
 * again (JDBC, pgx) would read the new columns as the old. So of each name is kept what its client was told of
 * it last, and of each statement of a server's what that says of it, as hashes:
 *
 *   rows     names, types and modifiers: what PostgreSQL compares (not formats, nor whose columns they are)
 *   params   types; PostgreSQL would go on with the old ones, what is prepared anew may have others,
 *            and would read as those what its client sends in binary
 *
 *   Bind of a name      its client was told nothing, or what that server says     goes
 *                       something else                                            0A000 in its place
 *                       not known what that server says    held, until a Describe of ours was answered
 *
 * The last happens once a statement and server. A Bind to the unnamed portal whose Describe comes
 * right behind it may have other columns: its client is told. The description of a portal is known
 * to be of the name that was bound to the unnamed one last; of other portals it is taken to be
 * told when they are bound.
 *
 * Ownership: a Describe's entry holds a reference to its name (entry.undo). Threads: the client's worker.
 * Bounds: 16 bytes a name, and as many a server's statement; COLUMNS_BYTES_MAX of a description.
 */
#ifndef SLUICE_PROXY_COLUMNS_H
#define SLUICE_PROXY_COLUMNS_H

#include "protocol/message.h"
#include "proxy/client_request.h"
#include "proxy/prepared.h"

struct front_bind;
struct server;

/* 65535 parameters, or 1664 columns, are less. */
enum {
    COLUMNS_NONE = 1 /* in place of a hash: nothing that may change */,
    COLUMNS_BYTES_MAX = 1 << 19
};

/* Are they the same, and is nothing to be learned of them? */
static inline bool columns_are_known(const struct client_name *name, const struct server_stmt *stmt)
{
    return name->told.rows != 0 && name->told.rows == stmt->columns.rows &&
           (name->told.params <= COLUMNS_NONE || name->told.params == stmt->columns.params);
}

/* A Bind of anything to that portal is next. */
void columns_unbind(struct client_names *names, struct sl_span portal);
/* It is one of name, which the server has as stmt. STEP_NEXT: it may go, unless poisoned. */
SL_MUST_CHECK enum step columns_bind(struct client *client, const struct request *request,
        const struct front_bind *bind, struct client_name *name, struct server_stmt *stmt,
        bool *is_poisoned);
/* For the entry of a Describe of it, a reference. */
struct client_name *columns_asked(struct client *client, struct client_name *name);
/* The same of a portal; NULL: nothing is to be learned. */
struct client_name *columns_asked_of_portal(struct client *client, struct sl_span portal);

/* Is the server's next message, of that type, to be whole for columns_see()? */
bool columns_are_awaited(const struct server *server, uint8_t type);
/* False: it is not of the form. */
SL_MUST_CHECK bool columns_see(struct server *server, uint8_t type, struct sl_span body);
/* A Describe's entry, not poisoned. */
void columns_settle(struct server *server, const struct expect_entry *entry);

#endif
