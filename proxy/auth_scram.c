/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_scram.c - the server's side of SCRAM, for real and for mock users.
 *
 * Where the user list has the password itself, a secret is made of it: its salt is
 * the one a mock of that name would have, so it stays the same and the keys need
 * to be derived only once. They are not needed before the proof is judged.
 *
 * Who fails there waits for one derivation, whether the keys were known or there is
 * nothing to derive: a fast refusal would tell that the user exists and was here.
 */
#include "proxy/auth_scram.h"

#include "protocol/back.h"
#include "protocol/front.h"
#include "protocol/sqlstate.h"

#include <string.h>

static enum sl_err choose_secret(struct auth *auth)
{
    if (!auth->is_mock && auth->kind == USERS_SECRET_SCRAM &&
            scram_secret_parse(auth->credentials.secret, &auth->secret) == SL_OK) {
        return SL_OK;
    }
    enum sl_err err = scram_secret_mock(sl_span_text(auth->user), &auth->secret);
    auth->secret.iterations = auth->is_mock && auth->kind == USERS_SECRET_SCRAM
                                      ? auth->mock_iterations
                                      : (uint32_t)auth->conf->scram_iterations;
    auth->needs_keys = auth->kind == USERS_SECRET_PLAIN;
    if (!auth->is_mock && auth->kind == USERS_SECRET_PLAIN) {
        auth->secret.is_mock = false;
    } else {
        auth->is_mock = true; /* an md5 secret, or one of no form, proves nothing */
    }
    return err;
}

enum auth_verdict auth_scram_begin(struct auth *auth, struct sl_buf *out)
{
    static const char *const all[] = {SCRAM_NAME_PLUS, SCRAM_NAME, NULL};

    if (choose_secret(auth) != SL_OK ||
            back_put_auth_sasl(out, auth->tls.end_point_len > 0 ? all : all + 1) != SL_OK) {
        return auth_no_memory(auth);
    }
    auth->state = AUTH_STATE_SASL_INITIAL;
    return AUTH_MORE;
}

/* A breach, in scram.c's words if it had any. */
static enum auth_verdict broken(struct auth *auth)
{
    if (auth->error.text[0] == '\0') {
        return auth_fail(auth, SL_STATE_PROTOCOL_VIOLATION, "malformed SCRAM message", "");
    }
    auth->state = AUTH_STATE_ENDED;
    return AUTH_FAILED;
}

static enum auth_verdict on_first(struct auth *auth, struct sl_span message, struct sl_buf *out)
{
    struct sl_span reply;

    if (scram_server_first(&auth->scram, message, &auth->secret, &reply, &auth->error) != SL_OK) {
        return broken(auth);
    }
    if (back_put_auth_sasl_continue(out, reply) != SL_OK) {
        return auth_no_memory(auth);
    }
    auth->state = AUTH_STATE_SASL_FINAL;
    return AUTH_MORE;
}

static enum auth_verdict on_initial(struct auth *auth, struct sl_span body, struct sl_buf *out)
{
    struct sl_span mechanism;
    struct sl_span response;
    struct sl_span end_point = sl_span(auth->tls.end_point, auth->tls.end_point_len);

    if (front_sasl_initial_read(body, &mechanism, &response) != SL_OK) {
        return auth_fail(
                auth, SL_STATE_PROTOCOL_VIOLATION, "malformed SASLInitialResponse message", "");
    }
    bool is_plus = end_point.len > 0 && sl_span_is(mechanism, SCRAM_NAME_PLUS);
    if (!is_plus && !sl_span_is(mechanism, SCRAM_NAME)) {
        return auth_fail(auth, SL_STATE_PROTOCOL_VIOLATION,
                "client selected an invalid SASL authentication mechanism", "");
    }
    if (scram_server_init(&auth->scram, is_plus, end_point) != SL_OK) {
        return auth_no_memory(auth);
    }
    if (response.at != NULL) {
        return on_first(auth, response, out);
    }
    /* RFC 4422, section 3: who sends no initial response is asked for it by an empty challenge. */
    if (back_put_auth_sasl_continue(out, sl_span("", 0)) != SL_OK) {
        return auth_no_memory(auth);
    }
    auth->state = AUTH_STATE_SASL_FIRST;
    return AUTH_MORE;
}

static bool prepare_keys(struct auth *auth)
{
    const char *password = auth->is_mock ? auth->user : auth->credentials.secret;
    struct sl_span salt = sl_span(auth->secret.salt, auth->secret.salt_len);

    return auth_keys_job_init(&auth->keys, password, salt, auth->secret.iterations) == SL_OK;
}

enum auth_verdict auth_scram_refused(struct auth *auth)
{
    return auth_refuse(auth,
            auth->is_mock ? "no secret to check the SCRAM proof with" : "wrong password (SCRAM)");
}

static enum auth_verdict wrong_proof(struct auth *auth)
{
    /* The exchange is bound to its salt: a fresh secret is for the next login. */
    auth_forget_kept(auth);
    if (!auth->needs_keys || auth->has_worked || !prepare_keys(auth)) {
        return auth_scram_refused(auth);
    }
    auth->keys.is_dummy = true;
    return auth_submit(auth, AUTH_WORK_REFUSAL);
}

/* The proof is in auth->message, the secret has its keys. */
static enum auth_verdict judge(struct auth *auth, struct sl_buf *out)
{
    struct sl_span reply;
    struct sl_span message = sl_span(auth->message, auth->message_len);
    enum sl_err err =
            scram_server_final(&auth->scram, message, &auth->secret, &reply, &auth->error);

    if (err == SL_EAUTH || (err == SL_OK && auth->is_mock)) {
        return wrong_proof(auth);
    }
    if (err != SL_OK) {
        return broken(auth);
    }
    if (back_put_auth_sasl_final(out, reply) != SL_OK) {
        return auth_no_memory(auth);
    }
    if (auth->credentials.kind == USERS_SECRET_SCRAM) {
        credentials_set_keys(&auth->credentials, auth->scram.client_key, auth->secret.server_key);
    }
    return auth_succeed(auth);
}

static enum auth_verdict on_final(struct auth *auth, struct sl_span message, struct sl_buf *out)
{
    if (message.len > SCRAM_MESSAGE_MAX || !auth_keep_message(auth, message)) {
        return auth_fail(auth, SL_STATE_PROTOCOL_VIOLATION, "malformed SCRAM message", "too long");
    }
    if (!auth->needs_keys) {
        return judge(auth, out);
    }
    if (!prepare_keys(auth)) {
        return auth_no_memory(auth);
    }
    auth->keys.is_dummy = auth->is_mock;
    if (!auth->is_mock && auth_keys_find(&auth->keys)) {
        return auth_scram_derived(auth, out);
    }
    auth->has_worked = true;
    return auth_submit(auth, AUTH_WORK_PROOF);
}

enum auth_verdict auth_scram_derived(struct auth *auth, struct sl_buf *out)
{
    if (auth->keys.err != SL_OK || scram_secret_set_keys(&auth->secret, auth->keys.keys.client_key,
                                           auth->keys.keys.server_key) != SL_OK) {
        return auth_no_memory(auth);
    }
    auth_keys_job_fini(&auth->keys);
    return judge(auth, out);
}

enum auth_verdict auth_scram_message(struct auth *auth, struct sl_span body, struct sl_buf *out)
{
    if (auth->state == AUTH_STATE_SASL_INITIAL) {
        return on_initial(auth, body, out);
    }
    if (auth->state == AUTH_STATE_SASL_FIRST) {
        return on_first(auth, body, out);
    }
    return on_final(auth, body, out);
}
