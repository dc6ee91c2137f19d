/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/unnamed.h - a client's unnamed statement, while what changes it is under way.
 *
 * client->unnamed is what it will be when all that was sent goes well: what a Bind behind
 * that is about. client->unnamed_known is what it is as far as replies tell. Each change (Parse,
 * Close, a Query behind something) has an entry that makes it known; one that is skipped, and
 * what is skipped with it up to Sync, has the client go back to what is known, unless a
 * segment behind that Sync has made another.
 *
 * Ownership: the client has a reference for either; an entry has its own. Threads: the
 * client's worker. Bounds: none grows.
 */
#ifndef SLUICE_PROXY_UNNAMED_H
#define SLUICE_PROXY_UNNAMED_H

#include "protocol/expect.h"

struct client;
struct prepared;
struct server;

/* It will be that, by a request of that segment. NULL: none, or, opaque, one that is not kept. */
void unnamed_change(
        struct client *client, struct prepared *prepared, bool is_opaque, uint32_t segment);
/* Nothing is under way any more that could change it. */
void unnamed_settled(struct client *client);
/* It is none from now on, and nothing is under way that could change it. */
void unnamed_forget(struct client *client);
/* The entry of a change is settled: ref is what it was to be. Lets go of that. */
void unnamed_settle(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome);

#endif
