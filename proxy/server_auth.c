/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_auth.c - answers to a server's questions.
 *
 *   START --SASL--> FIRST_SENT --SASLContinue--> (DERIVING -->) FINAL_SENT --SASLFinal--> PROVEN
 *     |--password, md5--> ANSWERED
 *   OK is taken in START (trust), ANSWERED and PROVEN only: a server that asked for
 *   SCRAM has to prove that it knows the secret too.
 */
#include "proxy/server_auth.h"

#include "protocol/back.h"
#include "protocol/crypto.h"
#include "protocol/front.h"
#include "protocol/scram.h"
#include "protocol/sqlstate.h"
#include "proxy/auth_keys.h"

#include <stdlib.h>
#include <string.h>

enum state { START, ANSWERED, FIRST_SENT, DERIVING, FINAL_SENT, PROVEN, FAILED };

struct server_auth {
    struct auth_keys_job job; /* while state is DERIVING it is the crypto threads' */
    enum state state;
    bool is_freed; /* server_auth_free() was called meanwhile */
    struct credentials credentials;
    struct tls_facts tls;
    struct mailbox *home;
    server_auth_done_fn done;
    void *owner;
    struct scram_client scram;
    struct sl_error error;
    char user[USERS_NAME_MAX + 1];
};

struct server_auth *server_auth_new(const struct server_auth_input *input)
{
    struct server_auth *auth = calloc(1, sizeof *auth);

    if (auth == NULL) {
        return NULL;
    }
    credentials_init(&auth->credentials);
    if (strlen(input->user) > USERS_NAME_MAX ||
            credentials_copy(&auth->credentials, input->credentials) != SL_OK) {
        server_auth_free(auth);
        return NULL;
    }
    memcpy(auth->user, input->user, strlen(input->user) + 1);
    if (input->tls != NULL) {
        auth->tls = *input->tls;
    }
    auth->home = input->home;
    auth->done = input->done;
    auth->owner = input->owner;
    return auth;
}

void server_auth_free(struct server_auth *auth)
{
    if (auth == NULL) {
        return;
    }
    if (auth->state == DERIVING) {
        auth->is_freed = true;
        return;
    }
    auth_keys_job_fini(&auth->job);
    credentials_fini(&auth->credentials);
    scram_client_fini(&auth->scram);
    explicit_bzero(auth, sizeof *auth);
    free(auth);
}

const struct sl_error *server_auth_error(const struct server_auth *auth)
{
    return &auth->error;
}

/* auth->error is set. */
static enum server_auth_verdict failed(struct server_auth *auth)
{
    auth->state = FAILED;
    return SERVER_AUTH_FAILED;
}

/* The secret is not of a kind that answers; why ends the sentence. */
static enum server_auth_verdict unable(struct server_auth *auth, const char *why)
{
    sl_error_set(&auth->error, SL_EAUTH, SL_STATE_INVALID_AUTHORIZATION,
            "cannot log in to the server as user \"%s\": %s", auth->user, why);
    return failed(auth);
}

static enum server_auth_verdict out_of_order(struct server_auth *auth, const char *what)
{
    SL_IGNORE(
            sl_error_set(&auth->error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION,
                    "server broke the protocol while user \"%s\" logged in: %s", auth->user, what),
            "it is the error");
    return failed(auth);
}

static enum server_auth_verdict internal(struct server_auth *auth)
{
    sl_error_set(&auth->error, SL_ENOMEM, SL_STATE_OUT_OF_MEMORY,
            "no memory or no cryptography to log in to the server as user \"%s\"", auth->user);
    return failed(auth);
}

static const char no_password[] =
        "it asks for a password and we have none; put it into auth_file, or give password= with "
        "the database";

/* ---- password and md5 ---- */

static enum server_auth_verdict send_password(
        struct server_auth *auth, const char *password, struct sl_buf *out)
{
    if (front_put_password(out, sl_span_text(password)) != SL_OK) {
        return internal(auth);
    }
    auth->state = ANSWERED;
    return SERVER_AUTH_MORE;
}

static enum server_auth_verdict on_cleartext(struct server_auth *auth, struct sl_buf *out)
{
    switch (auth->credentials.kind) {
    case USERS_SECRET_PLAIN:
        return send_password(auth, auth->credentials.secret, out);
    case USERS_SECRET_MD5:
    case USERS_SECRET_SCRAM:
        return unable(auth, "it asks for the password and we know only a hash of it; put the "
                            "password into auth_file, or use scram-sha-256 or md5 in the server's "
                            "pg_hba.conf");
    case USERS_SECRET_NONE:
        break;
    }
    return unable(auth, no_password);
}

static enum server_auth_verdict on_md5(
        struct server_auth *auth, struct sl_span salt, struct sl_buf *out)
{
    char secret[CRYPTO_MD5_SECRET_SIZE];
    char response[CRYPTO_MD5_SECRET_SIZE];
    const char *stored = auth->credentials.secret;

    if (salt.len != CRYPTO_MD5_SALT_BYTES) {
        return out_of_order(auth, "an md5 salt of another length than 4");
    }
    if (auth->credentials.kind == USERS_SECRET_NONE) {
        return unable(auth, no_password);
    }
    if (auth->credentials.kind == USERS_SECRET_SCRAM) {
        return unable(auth, "it asks for md5 and we know only a SCRAM secret; put the password "
                            "into auth_file, or use scram-sha-256 in the server's pg_hba.conf");
    }
    if (auth->credentials.kind == USERS_SECRET_PLAIN) {
        if (crypto_md5_secret(sl_span_text(stored), sl_span_text(auth->user), secret) != SL_OK) {
            return internal(auth);
        }
        stored = secret;
    }
    enum sl_err err = crypto_md5_response(stored, salt.at, response);
    explicit_bzero(secret, sizeof secret);
    if (err != SL_OK) {
        return internal(auth);
    }
    return send_password(auth, response, out);
}

/* ---- SCRAM ---- */

static bool can_scram(const struct server_auth *auth)
{
    const struct credentials *credentials = &auth->credentials;

    return credentials->kind == USERS_SECRET_PLAIN ||
           (credentials->kind == USERS_SECRET_SCRAM && credentials->has_keys);
}

static enum server_auth_verdict unable_to_scram(struct server_auth *auth)
{
    switch (auth->credentials.kind) {
    case USERS_SECRET_SCRAM:
        return unable(auth, "we know only its SCRAM secret; either it logs in here with "
                            "scram-sha-256 first, so that its keys can be passed through, or its "
                            "password is put into auth_file");
    case USERS_SECRET_MD5:
        return unable(auth, "it asks for SCRAM and we know only an md5 secret; put the password "
                            "or the SCRAM secret into auth_file");
    case USERS_SECRET_PLAIN:
    case USERS_SECRET_NONE:
        break;
    }
    return unable(auth, no_password);
}

static enum server_auth_verdict on_sasl(
        struct server_auth *auth, struct sl_span list, struct sl_buf *out)
{
    bool offers_plain = false;
    bool offers_plus = false;
    bool can_bind = auth->tls.is_tls && auth->tls.end_point_len > 0;
    const char *name;
    struct sl_span message;

    while (back_mechanism_next(&list, &name)) {
        offers_plain = offers_plain || strcmp(name, SCRAM_NAME) == 0;
        offers_plus = offers_plus || strcmp(name, SCRAM_NAME_PLUS) == 0;
    }
    if (!offers_plain && !(offers_plus && can_bind)) {
        return unable(auth, "it offers no SASL mechanism that we have (SCRAM-SHA-256)");
    }
    if (!can_scram(auth)) {
        return unable_to_scram(auth);
    }
    enum scram_binding binding = !can_bind     ? SCRAM_BINDING_NONE
                                 : offers_plus ? SCRAM_BINDING_USED
                                               : SCRAM_BINDING_UNUSED;
    struct sl_span end_point = sl_span(auth->tls.end_point, auth->tls.end_point_len);
    if (scram_client_init(&auth->scram, binding, end_point) != SL_OK) {
        return internal(auth);
    }
    if (scram_client_first(&auth->scram, &message, &auth->error) != SL_OK) {
        return failed(auth);
    }
    if (front_put_sasl_initial(out, scram_client_mechanism(&auth->scram), message) != SL_OK) {
        return internal(auth);
    }
    auth->state = FIRST_SENT;
    return SERVER_AUTH_MORE;
}

static enum server_auth_verdict send_final(struct server_auth *auth,
        const uint8_t client_key[static SCRAM_KEY_BYTES],
        const uint8_t server_key[static SCRAM_KEY_BYTES], struct sl_buf *out)
{
    struct sl_span message;

    if (scram_client_final(&auth->scram, client_key, server_key, &message, &auth->error) != SL_OK) {
        return failed(auth);
    }
    if (front_put_sasl_response(out, message) != SL_OK) {
        return internal(auth);
    }
    auth->state = FINAL_SENT;
    return SERVER_AUTH_MORE;
}

/* The keys are those of one salt: the server must have the very secret that the client proved. */
static enum server_auth_verdict pass_through(struct server_auth *auth, struct sl_buf *out)
{
    struct scram_secret secret;

    if (scram_secret_parse(auth->credentials.secret, &secret) != SL_OK) {
        return unable(auth, "its SCRAM secret is not of PostgreSQL's form");
    }
    if (secret.iterations != auth->scram.iterations ||
            !sl_span_equal(sl_span(secret.salt, secret.salt_len),
                    sl_span(auth->scram.salt, auth->scram.salt_len))) {
        return unable(auth,
                "the server's SCRAM secret is not the one that we know; copy rolpassword "
                "of the server's pg_authid into auth_file, or put the password there");
    }
    return send_final(auth, auth->credentials.client_key, auth->credentials.server_key, out);
}

static void derived(struct job *base, struct worker *worker)
{
    struct auth_keys_job *job = SL_CONTAINER(base, struct auth_keys_job, job);
    struct server_auth *auth = SL_CONTAINER(job, struct server_auth, job);

    auth->state = FIRST_SENT;
    if (auth->is_freed) {
        server_auth_free(auth);
        return;
    }
    auth->done(auth, worker, auth->owner);
}

static enum server_auth_verdict on_continue(
        struct server_auth *auth, struct sl_span message, struct sl_buf *out)
{
    if (scram_client_challenge(&auth->scram, message, &auth->error) != SL_OK) {
        return failed(auth);
    }
    if (auth->credentials.kind == USERS_SECRET_SCRAM) {
        return pass_through(auth, out);
    }
    if (auth_keys_job_init(&auth->job, auth->credentials.secret,
                sl_span(auth->scram.salt, auth->scram.salt_len), auth->scram.iterations) != SL_OK) {
        return internal(auth);
    }
    if (auth_keys_find(&auth->job)) {
        return server_auth_resume(auth, out);
    }
    if (auth_keys_submit(&auth->job, auth->home, derived) != SL_OK) {
        sl_error_set(&auth->error, SL_ELIMIT, SL_STATE_TOO_MANY_CONNECTIONS,
                "too many logins are under way");
        return failed(auth);
    }
    auth->state = DERIVING;
    return SERVER_AUTH_WAIT;
}

enum server_auth_verdict server_auth_resume(struct server_auth *auth, struct sl_buf *out)
{
    SL_CHECK(auth->state == FIRST_SENT);
    if (auth->job.err != SL_OK) {
        return internal(auth);
    }
    struct auth_keys keys = auth->job.keys;
    auth_keys_job_fini(&auth->job);
    enum server_auth_verdict verdict = send_final(auth, keys.client_key, keys.server_key, out);
    explicit_bzero(&keys, sizeof keys);
    return verdict;
}

static enum server_auth_verdict on_final(struct server_auth *auth, struct sl_span message)
{
    if (scram_client_verify(&auth->scram, message, &auth->error) != SL_OK) {
        return failed(auth);
    }
    auth->state = PROVEN;
    return SERVER_AUTH_MORE;
}

/* ---- any message ---- */

/* In which state may that message come? */
static bool is_due(const struct server_auth *auth, uint32_t code)
{
    switch (code) {
    case BACK_AUTH_OK:
        return auth->state == START || auth->state == ANSWERED || auth->state == PROVEN;
    case BACK_AUTH_SASL_CONTINUE:
        return auth->state == FIRST_SENT;
    case BACK_AUTH_SASL_FINAL:
        return auth->state == FINAL_SENT;
    default:
        return auth->state == START;
    }
}

enum server_auth_verdict server_auth_message(
        struct server_auth *auth, struct sl_span body, struct sl_buf *out)
{
    uint32_t code;
    struct sl_span rest;

    SL_DCHECK(auth->state != DERIVING);
    if (body.len > SERVER_AUTH_BODY_MAX || back_auth_read(body, &code, &rest) != SL_OK) {
        return out_of_order(auth, "an authentication message of no known form");
    }
    if (!is_due(auth, code)) {
        return out_of_order(auth,
                code == BACK_AUTH_OK ? "it let us in without proving that it knows the SCRAM secret"
                                     : "an authentication message out of order");
    }
    switch (code) {
    case BACK_AUTH_OK:
        return SERVER_AUTH_OK;
    case BACK_AUTH_CLEARTEXT:
        return on_cleartext(auth, out);
    case BACK_AUTH_MD5:
        return on_md5(auth, rest, out);
    case BACK_AUTH_SASL:
        return on_sasl(auth, rest, out);
    case BACK_AUTH_SASL_CONTINUE:
        return on_continue(auth, rest, out);
    case BACK_AUTH_SASL_FINAL:
        return on_final(auth, rest);
    default:
        return unable(auth, "it asks for a method that we do not have; password, md5 and "
                            "scram-sha-256 are those for its pg_hba.conf");
    }
}
