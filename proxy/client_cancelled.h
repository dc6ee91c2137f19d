/* SPDX-License-Identifier: PostgreSQL */
/* proxy/client_cancelled.h - a request that was cancelled before it had a server. */
#ifndef SLUICE_PROXY_CLIENT_CANCELLED_H
#define SLUICE_PROXY_CLIENT_CANCELLED_H

struct client;

/*
 * On the client's worker. If it is in line with a request, it leaves the line, is
 * told 57014, and what it sent of that request is done with: a simple Query is
 * answered by ReadyForQuery, an extended one drops what comes up to its Sync, which
 * then is. Anything else: nothing happens.
 */
void client_cancelled_in_line(struct client *client);

#endif
