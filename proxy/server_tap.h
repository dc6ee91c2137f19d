/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_tap.h - replies of which stages hear before the client does.
 *
 * With on_reply, every message of a reply is made whole and shown first. With on_done,
 * what tells the client that a statement's work is done is withheld until the stages
 * have heard of it, and until those who wait have resumed:
 *
 *   ReadyForQuery                     always
 *   CommandComplete before it         of a Query; of an Execute when its Sync was sent
 *   CommandComplete "COMMIT" and on   in a Query, what follows too, but for a COPY IN and
 *                                     beyond TAP_WITHHELD_MAX bytes; of an Execute at once
 *
 * Rows and COPY data before that pass as they come. What is withheld is not consumed: it
 * stays in the server's io, which is not read meanwhile; so it cannot grow, and is gone
 * with the server. STMT_DONE_WAIT after the first was withheld it passes in any case.
 *
 * Ownership: nothing is kept. Threads: the server's worker. Bounds: as above.
 */
#ifndef SLUICE_PROXY_SERVER_TAP_H
#define SLUICE_PROXY_SERVER_TAP_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>

struct server;

enum { TAP_WITHHELD_MAX = 65536 };

/*
 * The server, of which a stage wants something, said what bytes begin with: a message's
 * head, at least. Is as much of it there as is needed, and may it pass? is_looked_at: the
 * caller looks into messages of that type.
 */
SL_MUST_CHECK bool server_tap(struct server *server, struct sl_span bytes, bool is_looked_at);

#endif
