/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_tag.h - what a command tag says that has been done to the session.
 *
 * Threads: the server's worker. Bounds: none needed; nothing is kept of the tag.
 */
#ifndef SLUICE_PROXY_SERVER_TAG_H
#define SLUICE_PROXY_SERVER_TAG_H

#include "protocol/base/span.h"

struct server;

/* Of a CommandComplete that its client sees; empty: it could not be read. */
void server_tag_see(struct server *server, struct sl_span tag);

#endif
