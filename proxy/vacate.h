/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/vacate.h - DROP DATABASE does not find us in the database.
 *
 * PostgreSQL refuses DROP, RENAME and SET TABLESPACE of a database, and CREATE DATABASE with it as
 * template, while others are connected to it; it waits five seconds for them to leave
 * (CountOtherDBBackends()). Connections that we keep for nobody are nobody's session: when such a
 * statement passes, the servers of that database's pools that have no clients are closed, and
 * those of a pool whose last client leaves within that time, then. Where clients are, the database
 * is in use, and PostgreSQL says so.
 *
 * Databases are told apart by name: one of that name on another host loses idle servers, too.
 *
 * Ownership: none. Threads: the client's worker. Bounds: one walk over the pools for each such
 * statement.
 */
#ifndef SLUICE_PROXY_VACATE_H
#define SLUICE_PROXY_VACATE_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"

struct client;
struct pool;
struct worker;

#define VACATE_PATIENCE (5 * SL_SECOND) /* PostgreSQL's */

/* A client's text of EFFECTS_SCHEMA is about to be sent. */
void vacate_see(struct client *client, struct sl_span text);
/* A pool's last client has left, as far as one can see. */
void vacate_left(struct pool *pool, struct worker *worker);

#endif
