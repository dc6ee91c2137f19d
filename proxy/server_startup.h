/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_startup.h - the startup packet that a server is sent.
 *
 * The pool's user and database, its client's startup values, and what the database's
 * line says where the client said nothing.
 *
 * Ownership: nothing is kept. Threads: the server's worker. Bounds: the buf's.
 */
#ifndef SLUICE_PROXY_SERVER_STARTUP_H
#define SLUICE_PROXY_SERVER_STARTUP_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"

struct conf_database;
struct server;

SL_MUST_CHECK enum sl_err server_startup_put(
        struct sl_buf *buf, const struct server *server, const struct conf_database *db);

#endif
