/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_echo.h - what a client that listens notifies itself of comes ahead of its ReadyForQuery.
 *
 * PostgreSQL tells a session of its own NOTIFY before it says that the transaction is over. Here it
 * is the shared listener that hears of it (listen_client.h), a moment later. So where a transaction may
 * have notified, ReadyForQuery is withheld, and the server is asked, unseen:
 *
 *   server    COMMIT, (ReadyForQuery)         withheld
 *   we        NOTIFY secret, 'whose.number'
 *   hub       'a own', 'secret'               there is one order of all that is committed
 *   client    'a own', ReadyForQuery
 *
 * Whether it notified at all, whether that was rolled back, folded or computed, need not be known: behind
 * the marker there is nothing of it to come. The client's next request waits meanwhile, and its server is
 * its own. ReadyForQuery is said at once when the listener is lost, when the marker cannot be sent, and
 * after LISTEN_ECHO_TIME; then for LISTEN_ECHO_REST nothing is withheld.
 *
 * It is done where the text has NOTIFY or pg_notify() in it; where it writes or calls a function, once the
 * client has heard its own too late. Not for a ReadyForQuery with the next request behind it: of
 * a pipeline for the last.
 *
 * Ownership: part of struct listen_client. Threads: the worker's. Bounds: one marker a client.
 */
#ifndef SLUICE_PROXY_LISTEN_ECHO_H
#define SLUICE_PROXY_LISTEN_ECHO_H

#include "protocol/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct listen_client;
struct server;
struct timer;

#define LISTEN_ECHO_TIME (3 * SL_SECOND)
#define LISTEN_ECHO_REST (30 * SL_SECOND)

/* Of a marker's number: it is one of these. */
#define LISTEN_ECHO_BIT (UINT32_C(1) << 31)

/* Its client does what notifies; by a trigger or a function, perhaps. */
void listen_echo_see(struct server *server, bool is_sure);
/* ReadyForQuery is here, with the transaction over. True: it is not to be passed. */
bool listen_echo_withholds(struct server *server);
/* The server is quiet. True: it is waited for; link_settle() is called again. */
bool listen_echo_waits(struct client *client, struct server *server);
/* The marker was heard; or will not be. */
void listen_echo_heard(struct listen_client *listen, uint32_t number);
void listen_echo_failed(struct listen_client *listen);
void listen_echo_timer_fired(struct timer *timer);

#endif
