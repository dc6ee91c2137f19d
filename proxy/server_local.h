/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_local.h - replies of our own among a server's, as their clients read them.
 *
 * What they are: server_settle.h. Ownership: none. Threads: the server's worker. Bounds: none grows.
 */
#ifndef SLUICE_PROXY_SERVER_LOCAL_H
#define SLUICE_PROXY_SERVER_LOCAL_H

#include "protocol/expect.h"

struct server;

/* An entry of kind EXPECT_LOCAL whose turn has come: into its worker's outbox. */
void server_show_local(struct server *server, const struct expect_entry *entry);

#endif
