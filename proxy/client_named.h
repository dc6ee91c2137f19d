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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct front_bind;
struct prepared;
struct server;
struct server_stmt;

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
/* Is it in the middle of a change that was asked for in an earlier segment? */
bool named_is_unsettled(const struct client *client, bool is_pending, uint32_t segment);
/*
 * Is the server's copy of it closed in a segment before this one, not answered yet? If that is
 * skipped the server still has it, and a Parse of it would be one too many.
 */
bool named_is_closing(const struct client *client, const struct prepared *prepared);
/*
 * The server has the statement, or will by then: its Parse goes ahead. STEP_NEXT when so. *has: that
 * one; NULL: it discards what asks for it.
 */
SL_MUST_CHECK enum step named_ensure(
        struct client *client, struct prepared *prepared, struct server_stmt **has);
/*
 * If the server has it not, and nothing of the client's is under way or open: its Parse is sent in a
 * segment of its own, and the caller waits. Where that fails the client's segment has failed. False:
 * named_ensure() sees to it.
 */
bool named_parse_apart(struct client *client, struct prepared *prepared);
/* That Parse has failed, as its client is told now. */
void named_apart_failed(struct server *server);
void named_count(struct client *client, enum stats_counter counter);

#endif
