/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_password.c - passwords against the three kinds of secrets.
 *
 * A mock user goes the way of a real one to the end, where the answer is no.
 */
#include "proxy/auth_password.h"

#include "protocol/back.h"
#include "protocol/front.h"
#include "protocol/sqlstate.h"

#include <string.h>

enum auth_verdict auth_password_begin(struct auth *auth, struct sl_buf *out)
{
    enum sl_err err;

    if (auth->method == CONF_AUTH_MD5) {
        err = crypto_random(auth->md5_salt, sizeof auth->md5_salt);
        if (err == SL_OK) {
            err = back_put_auth_md5(out, auth->md5_salt);
        }
    } else {
        err = back_put_auth_cleartext(out);
    }
    if (err != SL_OK) {
        return auth_no_memory(auth);
    }
    auth->state = AUTH_STATE_PASSWORD;
    return AUTH_MORE;
}

enum auth_verdict auth_password_message(struct auth *auth, struct sl_span body)
{
    struct sl_span password;

    if (front_password_read(body, &password) != SL_OK) {
        return auth_fail(auth, SL_STATE_PROTOCOL_VIOLATION, "invalid password packet size", "");
    }
    if (password.len == 0) {
        return auth_fail(auth, SL_STATE_INVALID_PASSWORD, "empty password returned by client", "");
    }
    if (!auth_keep_message(auth, password)) {
        return auth_no_memory(auth);
    }
    return auth_password_check(auth);
}

/* The md5 secret that the client's answer must fit: the stored one, or what a password comes to. */
static enum sl_err md5_secret(
        const struct auth *auth, const char *password, char secret[CRYPTO_MD5_SECRET_SIZE])
{
    static const char nobodys[CRYPTO_MD5_SECRET_SIZE] = "md500000000000000000000000000000000";

    if (auth->kind == USERS_SECRET_MD5) {
        memcpy(secret, auth->is_mock ? nobodys : auth->credentials.secret, CRYPTO_MD5_SECRET_SIZE);
        return SL_OK;
    }
    return crypto_md5_secret(sl_span_text(password), sl_span_text(auth->user), secret);
}

static bool same_text(const char *a, const char *b)
{
    return crypto_equal_spans(sl_span_text(a), sl_span_text(b));
}

static enum auth_verdict check_md5(struct auth *auth)
{
    char secret[CRYPTO_MD5_SECRET_SIZE];
    char wanted[CRYPTO_MD5_SECRET_SIZE];
    const char *password = auth->is_mock ? auth->user : auth->credentials.secret;

    if (auth->kind == USERS_SECRET_SCRAM) {
        /* It became a SCRAM secret since the client was asked for md5. */
        return auth_wrong(auth, "the secret is a SCRAM one");
    }
    enum sl_err err = md5_secret(auth, password, secret);
    if (err == SL_OK) {
        err = crypto_md5_response(secret, auth->md5_salt, wanted);
    }
    explicit_bzero(secret, sizeof secret);
    if (err != SL_OK) {
        return auth_no_memory(auth);
    }
    bool is_right = same_text(wanted, auth->message) && !auth->is_mock;
    return is_right ? auth_succeed(auth) : auth_wrong(auth, "wrong password (md5)");
}

/* What servers are told is the password from now on: it answers all their questions. */
static enum auth_verdict password_right(struct auth *auth)
{
    if (credentials_set_password(&auth->credentials, auth->message) != SL_OK) {
        return auth_no_memory(auth);
    }
    return auth_succeed(auth);
}

static enum auth_verdict check_against_scram(struct auth *auth)
{
    enum sl_err err;

    if (auth->is_mock || scram_secret_parse(auth->credentials.secret, &auth->secret) != SL_OK) {
        auth->is_mock = true;
        err = scram_secret_mock(sl_span_text(auth->user), &auth->secret);
        if (err != SL_OK) {
            return auth_no_memory(auth);
        }
        auth->secret.iterations = auth->mock_iterations;
    }
    err = auth_keys_job_init(&auth->keys, auth->message,
            sl_span(auth->secret.salt, auth->secret.salt_len), auth->secret.iterations);
    if (err != SL_OK) {
        return auth_no_memory(auth);
    }
    auth->keys.is_guess = true; /* until it is seen to be right */
    if (auth_keys_find(&auth->keys)) {
        return auth_password_derived(auth);
    }
    return auth_submit(auth, AUTH_WORK_PASSWORD);
}

enum auth_verdict auth_password_derived(struct auth *auth)
{
    struct scram_secret said = auth->secret;

    if (auth->keys.err != SL_OK || scram_secret_set_keys(&said, auth->keys.keys.client_key,
                                           auth->keys.keys.server_key) != SL_OK) {
        return auth_no_memory(auth);
    }
    auth_keys_job_fini(&auth->keys);
    bool is_right =
            crypto_equal(said.stored_key, auth->secret.stored_key, sizeof said.stored_key) &&
            !auth->is_mock;
    return is_right ? password_right(auth) : auth_wrong(auth, "wrong password (SCRAM secret)");
}

static enum auth_verdict check_plain(struct auth *auth)
{
    char secret[CRYPTO_MD5_SECRET_SIZE];
    bool is_same;

    if (auth->kind == USERS_SECRET_SCRAM) {
        return check_against_scram(auth);
    }
    if (auth->kind == USERS_SECRET_MD5) {
        enum sl_err err =
                crypto_md5_secret(sl_span_text(auth->message), sl_span_text(auth->user), secret);
        if (err != SL_OK) {
            return auth_no_memory(auth);
        }
        is_same = same_text(secret, auth->credentials.secret);
        explicit_bzero(secret, sizeof secret);
    } else {
        is_same = same_text(auth->message, auth->credentials.secret);
    }
    return is_same && !auth->is_mock ? password_right(auth) : auth_wrong(auth, "wrong password");
}

enum auth_verdict auth_password_check(struct auth *auth)
{
    return auth->method == CONF_AUTH_MD5 ? check_md5(auth) : check_plain(auth);
}
