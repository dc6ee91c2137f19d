/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link_prepared.h - a client's PREPAREd statements on whichever server it is linked to.
 *
 * Behind its settings, which decide how a text is read, and ahead of what the client sends, each
 * in a request of its own: what the server has and the client has not is DEALLOCATEd, what
 * it lacks is PREPAREd by its own text. A PREPARE may fail where the client's would not have been
 * asked (its table was dropped meanwhile): that is logged only. The statement is then missing there, an
 * EXECUTE of it says so, and it is tried again whenever the client is linked. What would leave another
 * statement under a name of the client's ends the server.
 *
 * Threads: the worker that has both. Bounds: two requests a statement, SQL_PREPARED_MAX statements.
 */
#ifndef SLUICE_PROXY_LINK_PREPARED_H
#define SLUICE_PROXY_LINK_PREPARED_H

#include "protocol/expect.h"

#include <stdbool.h>

struct client;
struct server;

/* Outside any transaction. False: no memory. */
bool link_apply_prepared(struct client *client, struct server *server);
/* DISCARD ALL or DEALLOCATE ALL came by; client may be NULL. */
void link_forget_prepared(struct client *client, struct server *server);

/* Of an entry with SETTLE_PREPARED: may the server be used all the same, after that error? */
bool link_prepared_tolerates(const struct expect_entry *entry, const char *sqlstate);
void link_prepared_settled(
        struct server *server, const struct expect_entry *entry, enum expect_outcome outcome);

#endif
