/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_auth.h - we prove to a server who we are.
 *
 * A state machine without a socket: it is fed the bodies of a server's
 * AuthenticationXXX messages (type 'R') and appends our answers, whole messages.
 *
 * What each method needs: password a plain one; md5 a plain one or an md5 secret;
 * SCRAM a plain one, or the SCRAM secret of the server with the keys that a client
 * gave away (struct credentials, has_keys). Over TLS channel binding is used when
 * the server offers it. A password asked for in plain is sent, as PgBouncer does,
 * also without TLS: whoever points Sluice at a server with method password over an
 * open network has chosen so in that server's pg_hba.conf.
 *
 * Ownership: server_auth_new() makes it for one login, server_auth_free() ends it,
 * also while a job is under way. Threads: home's. Bounds: SERVER_AUTH_BODY_MAX a
 * message, AUTH_KEYS_ITERATIONS_MAX iterations.
 */
#ifndef SLUICE_PROXY_SERVER_AUTH_H
#define SLUICE_PROXY_SERVER_AUTH_H

#include "protocol/base/buf.h"
#include "protocol/base/span.h"
#include "proxy/auth_credentials.h"
#include "proxy/mailbox.h"
#include "proxy/tls.h"

enum { SERVER_AUTH_BODY_MAX = 4096 };

enum server_auth_verdict {
    SERVER_AUTH_MORE,  /* send out, wait for the next 'R' */
    SERVER_AUTH_WAIT,  /* server_auth_resume() when done() was called */
    SERVER_AUTH_OK,    /* that was AuthenticationOk */
    SERVER_AUTH_FAILED /* server_auth_error() says why */
};

struct server_auth;

typedef void (*server_auth_done_fn)(struct server_auth *auth, struct worker *worker, void *owner);

struct server_auth_input {
    const char *user; /* copied, all three */
    const struct credentials *credentials;
    const struct tls_facts *tls; /* NULL: no TLS */
    struct mailbox *home;
    server_auth_done_fn done; /* after SERVER_AUTH_WAIT; not called after server_auth_free() */
    void *owner;
};

/* NULL without memory. */
SL_MUST_CHECK struct server_auth *server_auth_new(const struct server_auth_input *input);
void server_auth_free(struct server_auth *auth); /* wipes; NULL is fine */

/* body: of a message of type 'R', beginning with its code. */
SL_MUST_CHECK enum server_auth_verdict server_auth_message(
        struct server_auth *auth, struct sl_span body, struct sl_buf *out);
SL_MUST_CHECK enum server_auth_verdict server_auth_resume(
        struct server_auth *auth, struct sl_buf *out);

/* Names the user and what to do about it, never the secret. */
const struct sl_error *server_auth_error(const struct server_auth *auth);

#endif
