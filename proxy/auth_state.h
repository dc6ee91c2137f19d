/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_state.h - one client's login, as the files of authentication share it.
 *
 * auth.c steers: who is it, which method, what then. auth_password.c and
 * auth_scram.c are the two ways to ask for a secret. Nobody else includes this.
 *
 *   START --> QUERY --> PASSWORD ----------------------------> (JOB) --> ENDED
 *     |         ^   |      '--wrong by a kept secret--> QUERY
 *     '---------+   '-> SASL_INITIAL -> (SASL_FIRST) -> SASL_FINAL -> (JOB) -> ENDED
 *
 * Ownership, threads, bounds: proxy/auth.h. While state is JOB, keys is the crypto
 * threads'.
 */
#ifndef SLUICE_PROXY_AUTH_STATE_H
#define SLUICE_PROXY_AUTH_STATE_H

#include "conf/hba.h"
#include "conf/hba_ident.h"
#include "protocol/crypto.h"
#include "protocol/scram.h"
#include "proxy/auth.h"
#include "proxy/auth_cache.h"
#include "proxy/auth_keys.h"

enum auth_state {
    AUTH_STATE_START,
    AUTH_STATE_QUERY,        /* the caller runs auth_query */
    AUTH_STATE_PASSWORD,     /* a PasswordMessage is due */
    AUTH_STATE_SASL_INITIAL, /* a SASLInitialResponse */
    AUTH_STATE_SASL_FIRST,   /* a SASLResponse: the initial one was empty */
    AUTH_STATE_SASL_FINAL,   /* a SASLResponse: the proof */
    AUTH_STATE_JOB,          /* a crypto thread works for us */
    AUTH_STATE_JOB_DONE,     /* auth_resume() is due */
    AUTH_STATE_ENDED
};

/* What goes on when the job is done. */
enum auth_work { AUTH_WORK_PASSWORD, AUTH_WORK_PROOF, AUTH_WORK_REFUSAL, AUTH_WORK_PEER };

enum { AUTH_DETAIL_MAX = 160, AUTH_PEER_NAME_MAX = 256 };

struct auth {
    struct auth_keys_job keys;
    enum auth_state state;
    enum auth_work work;
    bool is_freed; /* auth_free() was called while state was JOB */

    const struct conf *conf; /* a reference */
    const struct conf_database *database;
    bool is_console;
    bool is_own_user; /* who runs us, by Unix socket */
    bool is_unix;
    unsigned peer_uid;
    struct tls_facts tls;
    struct mailbox *home;
    auth_done_fn done;
    void *owner;

    enum conf_auth_type method;
    const char *map; /* of the hba line, or NULL */
    int line;        /* of the hba file; 0: none fits */

    struct credentials credentials;
    bool is_mock;           /* no proof is right: nobody of that name, or without a secret */
    bool is_kept;           /* credentials are from proxy/auth_cache.h */
    bool needs_keys;        /* of the SCRAM secret: the password is what we have */
    bool has_worked;        /* a password was derived in this login */
    enum users_secret kind; /* of credentials; of a mock, what it plays */
    uint32_t mock_iterations;
    sl_usec asked_at; /* when auth_query began */

    struct scram_server scram;
    struct scram_secret secret;
    uint8_t md5_salt[CRYPTO_MD5_SALT_BYTES];
    char *message; /* the client's last, wiped; a C string for passwords */
    size_t message_len;

    enum auth_console console;
    char peer_name[AUTH_PEER_NAME_MAX]; /* of the system user: peer */
    struct sl_error error;
    char detail[AUTH_DETAIL_MAX];
    const char *database_name;
    char user[]; /* and, behind it, database_name */
};

/* The method has shown who it is. */
enum auth_verdict auth_succeed(struct auth *auth);
/* PostgreSQL's sentence and code for a wrong password, whatever was wrong; detail is for the log. */
enum auth_verdict auth_refuse(struct auth *auth, const char *detail);
/* Another sentence. */
enum auth_verdict auth_fail(
        struct auth *auth, const char *sqlstate, const char *text, const char *detail);
enum auth_verdict auth_no_memory(struct auth *auth);

/* A wrong password by a kept secret: once, a fresh one is asked for. Else as auth_refuse(). */
enum auth_verdict auth_wrong(struct auth *auth, const char *detail);
void auth_forget_kept(struct auth *auth);

/* What a user without a secret is taken to have: what some other has. */
struct auth_shape auth_usual_shape(const struct auth *auth);

/* Keeps a copy of what the client said; false without memory. */
bool auth_keep_message(struct auth *auth, struct sl_span message);

/* Calls auth_resume()'s work later; auth->keys is set up. */
enum auth_verdict auth_submit(struct auth *auth, enum auth_work work);
/* For auth->keys's job. */
void auth_job_done(struct job *job, struct worker *worker);

#endif
