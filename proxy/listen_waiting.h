/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/listen_waiting.h - notifications that wait until their client may be told.
 *
 * One goes to the client when it has no server, or is between transactions there, and takes what
 * it is sent; else it waits.
 *
 * Ownership: part of struct listen_client. Threads: the worker's; the sum is any thread's. Bounds:
 * LISTEN_WAITING_MAX bytes a client, beyond which the session ends, and it is told why. Where
 * LISTEN_WAITING_ALL_MAX wait for all clients together, whoever gets more and has more than
 * LISTEN_WAITING_FAIR ends likewise.
 */
#ifndef SLUICE_PROXY_LISTEN_WAITING_H
#define SLUICE_PROXY_LISTEN_WAITING_H

#include "protocol/base/span.h"

struct client;
struct listen_client;

enum {
    LISTEN_WAITING_MAX = 8 << 20,
    LISTEN_WAITING_ALL_MAX = 32 << 20,
    LISTEN_WAITING_FAIR = 64 << 10
};

/* A whole message; listen->is_over: it was one too many. */
void listen_waiting_put(struct listen_client *listen, struct sl_span message);
/* The same, of a WARNING; it is counted. */
void listen_waiting_warn(struct listen_client *listen, const char *text);
/* Those of channels that it listens to no more, as PostgreSQL would not send them either. */
void listen_waiting_drop(struct listen_client *listen);
/* All of it. */
void listen_waiting_forget(struct listen_client *listen);
/* What waits goes to the client, if that may be now. */
void listen_waiting_flush(struct client *client);

#endif
