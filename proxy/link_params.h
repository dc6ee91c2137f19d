/* SPDX-License-Identifier: PostgreSQL */
/* proxy/link_params.h - a client's settings on whichever server it is linked to. */
#ifndef SLUICE_PROXY_LINK_PARAMS_H
#define SLUICE_PROXY_LINK_PARAMS_H

#include "protocol/base/buf.h"

#include <stdbool.h>

struct client;
struct params;
struct server;

/*
 * Where the server's settings are not the client's, a hidden request that sets them
 * goes ahead of whatever the client sends; if it fails the server is gone and the client told.
 * False: no memory. On the worker that has both.
 */
bool link_apply_params(struct client *client, struct server *server);

/* Has the server a setting of a client's that this one has not? It would be reset. */
bool link_resets(const struct client *client, const struct server *server);

/*
 * Another's timeouts are in force there, and may end what we ask it, or itself at any time: nothing of
 * a client's is sent (server->is_setting) until they are gone.
 */
bool link_may_be_cut_off(const struct server *server);

/*
 * Settings whose values are not ASCII have the encoding that these are in with them, by this name.
 * It is not set from there.
 */
#define LINK_ENCODING "client_encoding"
bool link_is_ascii(const struct params *settings);

/* A string constant of SQL. */
SL_MUST_CHECK enum sl_err link_put_literal(struct sl_buf *buf, const char *text);

#endif
