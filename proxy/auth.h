/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth.h - a client proves who it is.
 *
 * A state machine without a socket: it is fed the bodies of the client's password
 * messages and appends whole messages (AuthenticationXXX) to a buf. The caller
 * sends them, runs auth_query when asked to, and writes AuthenticationOk itself
 * after AUTH_OK.
 *
 *   auth_new -> auth_start -.
 *                           +-> AUTH_MORE   send out; auth_message() with the next 'p' body
 *          .--------------->+-> AUTH_WAIT   send out; auth_resume() when done() was called
 *          |                +-> AUTH_QUERY  run auth_query; auth_secret() with its row or none
 *          |                +-> AUTH_OK     send out; who it is and what it knew: auth_credentials()
 *          |                '-> AUTH_FAILED send out, then auth_error() as a FATAL ErrorResponse
 *          '--- each of auth_message, auth_resume, auth_secret gives one of these again
 *
 * Methods: trust, reject, any, password ("plain"), md5, scram-sha-256 (with channel
 * binding over TLS), cert, peer, and hba, which chooses among them. As in PgBouncer
 * md5 becomes SCRAM for a user whose secret is a SCRAM one.
 *
 * Promises:
 * 1. A user who does not exist cannot be told from one who does: the same
 *    messages, a salt that stays the same, the same error, the same work. While
 *    auth_query cannot run, all who are not in auth_file are told that, before
 *    they say a password.
 * 2. A database that does not exist is told only to who has proven to be somebody.
 * 3. Secrets are compared in constant time and wiped with the struct.
 *
 * Ownership: auth_new() makes it for one login, auth_free() ends it, also while a
 * job is under way. conf is referenced. Threads: home's. Bounds: one login's
 * messages, AUTH_MESSAGE_MAX each; the caller has the deadline.
 */
#ifndef SLUICE_PROXY_AUTH_H
#define SLUICE_PROXY_AUTH_H

#include "conf/conf.h"
#include "protocol/base/buf.h"
#include "protocol/base/span.h"
#include "proxy/auth_credentials.h"
#include "proxy/mailbox.h"
#include "proxy/tls.h"

#include <sys/socket.h>

enum { AUTH_MESSAGE_MAX = 65536 }; /* a longer password message is a breach of protocol */

enum auth_verdict { AUTH_MORE, AUTH_WAIT, AUTH_QUERY, AUTH_OK, AUTH_FAILED };

/* What may the one who logged in to the console do? */
enum auth_console { AUTH_CONSOLE_NONE, AUTH_CONSOLE_STATS, AUTH_CONSOLE_ADMIN };

struct auth;

typedef void (*auth_done_fn)(struct auth *auth, struct worker *worker, void *owner);

struct auth_input {
    const struct conf *conf;
    const struct conf_database *database; /* of conf; NULL: no such database, or the console */
    bool is_console;                      /* the admin database */
    const char *database_name;            /* as the client asked; copied */
    const char *user;                     /* the same */
    const struct sockaddr *peer;          /* only looked at in auth_new() */
    unsigned peer_uid;                    /* SO_PEERCRED, when peer is AF_UNIX */
    bool is_replication;                  /* physical */
    const struct tls_facts *tls;          /* NULL: no TLS; copied */
    struct mailbox *home;
    auth_done_fn done; /* after AUTH_WAIT; not called after auth_free() */
    void *owner;
};

/* NULL without memory. */
SL_MUST_CHECK struct auth *auth_new(const struct auth_input *input);
void auth_free(struct auth *auth); /* NULL is fine */

SL_MUST_CHECK enum auth_verdict auth_start(struct auth *auth, struct sl_buf *out);
/* body: of a message of type 'p', without type and length. */
SL_MUST_CHECK enum auth_verdict auth_message(
        struct auth *auth, struct sl_span body, struct sl_buf *out);
SL_MUST_CHECK enum auth_verdict auth_resume(struct auth *auth, struct sl_buf *out);
/*
 * What auth_query answered: found false when it had no row; secret NULL when the
 * second column was null. Columns beyond the second, and further rows, are ignored.
 */
SL_MUST_CHECK enum auth_verdict auth_secret(
        struct auth *auth, bool found, const char *secret, struct sl_buf *out);
/*
 * After AUTH_QUERY: has another login of the same user asked meanwhile? Then *verdict says
 * how to go on, and there is no question to ask.
 */
SL_MUST_CHECK bool auth_answered_meanwhile(
        struct auth *auth, struct sl_buf *out, enum auth_verdict *verdict);
/* auth_query could not be run; the client's login fails, error says what it is told. */
SL_MUST_CHECK enum auth_verdict auth_secret_failed(struct auth *auth, const struct sl_error *error);

/* After AUTH_FAILED: 28P01, 28000, 3D000, 08P01, 53300 or 53200. */
const struct sl_error *auth_error(const struct auth *auth);
/* For the log, not for the client: what exactly was wrong; "" when auth_error() says it all. */
const char *auth_detail(const struct auth *auth);

/* After AUTH_QUERY: $1 is the user. Where and as whom to run it; live as long as auth. */
const char *auth_query_text(const struct auth *auth);
const char *auth_query_dbname(const struct auth *auth); /* the name of a [databases] line */
const char *auth_query_user(const struct auth *auth);
const char *auth_user(const struct auth *auth); /* who logs in: $1 */

/* After AUTH_OK. */
enum conf_auth_type auth_method(const struct auth *auth); /* the one that was used */
enum auth_console auth_console(const struct auth *auth);
/* The client's own, keys and plain password included; good until auth_free(). */
const struct credentials *auth_credentials(const struct auth *auth);

/*
 * Who and what servers of this database are logged in to with: the database's
 * user= and password=, else the client's own, if there is one (there is none for a
 * pool filled in advance or an auth_query) and no server refused it, else the user
 * list's entry of that user.
 */
struct auth_login {
    const char *client_user;
    const struct credentials *client; /* or NULL */
};
const char *auth_server_user(const struct conf_database *database, const char *client_user);
SL_MUST_CHECK enum sl_err auth_server_credentials(const struct conf *conf,
        const struct conf_database *database, const struct auth_login *login,
        struct credentials *out);

#endif
