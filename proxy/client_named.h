/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_named.h - requests under our names, as they are written to a server.
 *
 * Shared by client_prepared.c, for statements with names, and client_reuse.c, for those without.
 *
 * Ownership: none. Threads: the client's worker. Bounds: the server's statements, by
 * max_prepared_statements.
 */
#ifndef SLUICE_PROXY_CLIENT_NAMED_H
#define SLUICE_PROXY_CLIENT_NAMED_H

#include "protocol/base/err.h"
#include "proxy/client_request.h"
#include "proxy/stats.h"

#include <stddef.h>
#include <stdint.h>

struct client;
struct front_bind;
struct prepared;
struct server;

/* A message's type and length, total bytes with them. */
void named_put_head(uint8_t *head, uint8_t type, size_t total);
/* Parse under that name: type, length and name; the rest is the caller's. */
void named_say_parse(struct server *server, const char *name, size_t name_len, size_t rest);
/* The client's Bind, of that statement; its reply is expected already. */
void named_pass_bind(struct client *client, const struct request *request,
        const struct front_bind *bind, const struct prepared *prepared);
/*
 * The least recently used goes when there are more than max_prepared_statements. More than one:
 * in a pipeline those go beyond it whose reply has not come, and each that is new takes some of
 * them along.
 */
SL_MUST_CHECK enum sl_err named_make_room(struct server *server);
void named_count(struct client *client, enum stats_counter counter);

#endif
