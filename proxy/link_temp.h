/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/link_temp.h - a server in which there have been temporary objects is not as new.
 *
 * It has a temporary schema to its end (pg_my_temp_schema()), PREPARE TRANSACTION does not mind what it
 * would mind in a new one, and temp_buffers cannot be set any more. Most who make temporary objects never
 * notice. A client that has made none itself, and may, is given a server without:
 *
 *   its settings have temp_buffers, or pg_temp in search_path     when it is linked
 *   its text mentions one of these, or pg_my_temp_schema()        with its first request in a new link
 *
 * Not so where sequences have given it something (link_sequences.h): that would be lost.
 *
 * The server that it was given is closed, and it waits for one that is made anew if there is no other; once
 * for a request: the second that it is given is used, whatever it is. For what only a text mentions that is
 * done once each LINK_TEMP_GAP for each pool, and LINK_TEMP_BURST times at once when it was not for long:
 * else an application that says pg_temp all day would have no pool at all. Beyond that it is given what there is.
 *
 * Likewise for who SETs what a loaded library refuses (reserved.h): a server that has been nobody else's. What it
 * has set so keeps its client there, as it may be refused elsewhere. So that costs a server each time anyhow,
 * as it would without a pool, and has no such limit.
 *
 * And for who looks at statistics more closely than others (pg_stat_force_next_flush() and its like, of
 * effects.h's EFFECTS_HOLDS): PostgreSQL counts sessions, and sees a client's as the server's that it has.
 * One that was made before the client connected was counted before, though nobody has used it.
 *
 * How many are closed for this SHOW LISTS says (servers_not_as_new).
 *
 * That a server has had any is what it says when it is asked what was left (session_state.h); of what a function
 * of the users' own has made it is not asked.
 *
 * Threads: the worker that has both, but for the count.
 */
#ifndef SLUICE_PROXY_LINK_TEMP_H
#define SLUICE_PROXY_LINK_TEMP_H

#include "protocol/base/clock.h"
#include "protocol/base/span.h"
#include "proxy/client_request.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct server;

#define LINK_TEMP_GAP (50 * SL_MSEC)
enum { LINK_TEMP_BURST = 16 };

/* Do its settings want a server without? */
bool link_temp_avoids(const struct client *client);
/* Is this one not for the client? Before anything is sent; it is to be closed, and counted so. */
bool link_temp_refuses(const struct client *client, const struct server *server);
/* A text is about to be sent that may mind; STEP_STOP: not to that server. */
SL_MUST_CHECK enum step link_temp_see(struct client *client, struct sl_span text, unsigned effects);
/* Servers that were closed for any of that. Any thread. */
uint64_t link_temp_closed(void);
/* The server says that it has a temporary schema. */
void link_temp_told(struct server *server);

#define LINK_TEMP_OTHERS_REASON                                                                    \
    "what others have loaded there, or been counted for, would show to its next client"
#define LINK_TEMP_REASON                                                                           \
    "temporary objects have been in its session, and its next client may see that"

#endif
