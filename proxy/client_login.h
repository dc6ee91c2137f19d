/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_login.h - what only a login needs, and its steps after the packets.
 *
 * Ownership: the client's, from the first packet until it is logged in. Threads:
 * the client's worker. Bounds: those of a startup packet and of an auth message.
 */
#ifndef SLUICE_PROXY_CLIENT_LOGIN_H
#define SLUICE_PROXY_CLIENT_LOGIN_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>

struct auth;
struct client;
struct conf;

struct client_login {
    const struct conf *conf; /* in force when it began */
    struct auth *auth;
    char *database;
    char *user;
    bool asked_tls;
    bool asked_gss;
    bool is_physical; /* replication=true */
    bool is_console;
    /* auth_query, client_auth_query.c */
    bool row_seen;
    char *secret;
    struct sl_error query_failed; /* sqlstate "": it did not */
};

/* client_welcome.c: proven; to its pool, or to the console. */
void client_authenticated(struct client *client);

/* client_auth_query.c: asks the database for the user's secret. */
void client_auth_query(struct client *client);
/* A message of the answer. */
void client_auth_query_reply(struct client *client, struct sl_span message);
/* The server was granted; false: it was of no use. */
void client_auth_query_granted(struct client *client);
/* client_startup.c: the answer, or the failure, is there. */
void client_auth_answered(struct client *client);
/* The server was granted, but another login has asked meanwhile: it was given back, unasked. */
SL_MUST_CHECK bool client_auth_answered_meanwhile(struct client *client);

#endif
