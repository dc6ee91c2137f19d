/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/scram.c - how both sides keep their promises.
 *
 * A public step takes the exchange out of its state first and puts it into the
 * next one last: whatever returns in between has failed, and stays failed.
 */
#include "protocol/scram.h"

#include "protocol/crypto.h"
#include "protocol/sqlstate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BINDING_TYPE "tls-server-end-point"

enum {
    KEY_TEXT_SIZE = CRYPTO_BASE64_SIZE(SCRAM_KEY_BYTES),
    GS2_MAX = sizeof("p=" BINDING_TYPE ",,") - 1,
    BINDING_TEXT_SIZE = CRYPTO_BASE64_SIZE(GS2_MAX + SCRAM_END_POINT_MAX)
};

/* What we make always fits: the other's nonce, ours, and base64 of what is bounded. */
_Static_assert(SCRAM_NONCE_MAX + SCRAM_NONCE_SIZE + BINDING_TEXT_SIZE + KEY_TEXT_SIZE + 16 <
                       SCRAM_MESSAGE_MAX,
        "a client-final fits");
_Static_assert(SCRAM_NONCE_MAX + SCRAM_NONCE_SIZE + CRYPTO_BASE64_SIZE(SCRAM_SALT_MAX) + 32 <
                       SCRAM_MESSAGE_MAX,
        "a server-first fits");

/* ---- what both sides do ---- */

static enum sl_err breach(struct sl_error *error, const char *what)
{
    return sl_error_set(error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION, "%s", what);
}

static enum sl_err malformed(struct sl_error *error, const char *why)
{
    return sl_error_set(
            error, SL_EPROTO, SL_STATE_PROTOCOL_VIOLATION, "malformed SCRAM message: %s", why);
}

static enum sl_err no_hash(struct sl_error *error)
{
    return sl_error_set(error, SL_EIO, SL_STATE_INTERNAL, "could not compute a SCRAM hash");
}

static enum sl_err exchange_init(struct scram_exchange *exchange, struct sl_span end_point)
{
    uint8_t random[18];
    size_t len;

    if (end_point.len > SCRAM_END_POINT_MAX) {
        return SL_ELIMIT;
    }
    if (end_point.len > 0) {
        memcpy(exchange->end_point, end_point.at, end_point.len);
    }
    exchange->end_point_len = end_point.len;
    exchange->step = SCRAM_START;
    enum sl_err err = crypto_random(random, sizeof(random));
    if (err != SL_OK) {
        return err;
    }
    return crypto_base64_encode(
            sl_span(random, sizeof(random)), exchange->nonce, sizeof(exchange->nonce), &len);
}

/* Takes the exchange out of the step it must be in. */
static enum sl_err step_begin(
        struct scram_exchange *exchange, enum scram_step from, struct sl_error *error)
{
    bool in_order = exchange->step == from;

    exchange->step = SCRAM_FAILED;
    return in_order ? SL_OK : breach(error, "SCRAM message out of order");
}

static enum sl_err message_check(struct sl_span message, size_t max, struct sl_error *error)
{
    if (message.len == 0) {
        return malformed(error, "the message is empty");
    }
    if (message.len > max) {
        return malformed(error, "the message is too long");
    }
    if (memchr(message.at, 0, message.len) != NULL) {
        return malformed(error, "the message contains a zero byte");
    }
    return SL_OK;
}

/* AuthMessage is three parts with commas between them; their bounds make them fit. */
static void auth_add(struct scram_exchange *exchange, struct sl_span part)
{
    SL_CHECK(part.len + 1 <= sizeof(exchange->auth) - exchange->auth_len);
    if (exchange->auth_len > 0) {
        exchange->auth[exchange->auth_len++] = ',';
    }
    memcpy(exchange->auth + exchange->auth_len, part.at, part.len);
    exchange->auth_len += part.len;
}

static struct sl_span auth_of(const struct scram_exchange *exchange)
{
    return sl_span(exchange->auth, exchange->auth_len);
}

/* The value of the attribute of that letter, which must come next; its comma is read too. */
static bool take_attribute(struct sl_span *text, char letter, struct sl_span *value)
{
    if (text->len < 2 || text->at[0] != (uint8_t)letter || text->at[1] != '=') {
        return false;
    }
    *text = sl_span(text->at + 2, text->len - 2);
    const uint8_t *comma = text->len == 0 ? NULL : memchr(text->at, ',', text->len);
    size_t len = comma == NULL ? text->len : (size_t)(comma - text->at);
    size_t taken = comma == NULL ? len : len + 1;
    *value = sl_span(text->at, len);
    *text = sl_span(text->at + taken, text->len - taken);
    return true;
}

/* The last one: nothing may follow, not even a comma. */
static bool take_last(struct sl_span *text, char letter, struct sl_span *value)
{
    bool has_comma = text->len > 0 && text->at[text->len - 1] == ',';

    return !has_comma && take_attribute(text, letter, value) && text->len == 0;
}

/* Any attribute, RFC 5802, section 5.1: a letter, "=", a value. */
static bool take_any(struct sl_span *text, char *letter, struct sl_span *value)
{
    if (text->len == 0) {
        return false;
    }
    *letter = (char)text->at[0];
    bool is_letter = (*letter >= 'a' && *letter <= 'z') || (*letter >= 'A' && *letter <= 'Z');
    return is_letter && take_attribute(text, *letter, value);
}

static bool nonce_ok(struct sl_span nonce)
{
    for (size_t i = 0; i < nonce.len; i++) {
        if (nonce.at[i] < 0x21 || nonce.at[i] > 0x7e) {
            return false;
        }
    }
    return nonce.len > 0;
}

static bool key_read(struct sl_span text, uint8_t out[SCRAM_KEY_BYTES])
{
    size_t len;

    return crypto_base64_decode(text, out, SCRAM_KEY_BYTES, &len) == SL_OK &&
           len == SCRAM_KEY_BYTES;
}

/* What "c=" must be: the GS2 header as the client sent it and, when bound, the end point. */
static enum sl_err binding_text(const struct scram_exchange *exchange, enum scram_binding binding,
        char out[BINDING_TEXT_SIZE])
{
    uint8_t bytes[GS2_MAX + SCRAM_END_POINT_MAX];
    size_t len;

    if (binding != SCRAM_BINDING_USED) {
        const uint8_t header[3] = {(uint8_t)binding, ',', ','};
        return crypto_base64_encode(sl_span(header, sizeof(header)), out, BINDING_TEXT_SIZE, &len);
    }
    memcpy(bytes, "p=" BINDING_TYPE ",,", GS2_MAX);
    memcpy(bytes + GS2_MAX, exchange->end_point, exchange->end_point_len);
    return crypto_base64_encode(
            sl_span(bytes, GS2_MAX + exchange->end_point_len), out, BINDING_TEXT_SIZE, &len);
}

static void xor_keys(uint8_t out[SCRAM_KEY_BYTES], const uint8_t a[SCRAM_KEY_BYTES],
        const uint8_t b[SCRAM_KEY_BYTES])
{
    for (size_t i = 0; i < SCRAM_KEY_BYTES; i++) {
        out[i] = a[i] ^ b[i];
    }
}

/* ---- we ask a client ---- */

enum sl_err scram_server_init(struct scram_server *server, bool is_plus, struct sl_span end_point)
{
    *server = (struct scram_server){.is_plus = is_plus};
    return exchange_init(&server->exchange, end_point);
}

void scram_server_fini(struct scram_server *server)
{
    crypto_wipe(server, sizeof(*server));
}

/* "p=type,"; the comma is read. */
static enum sl_err bound_read(
        struct scram_server *server, struct sl_span *rest, struct sl_error *error)
{
    struct sl_span type;

    if (!server->is_plus) {
        return malformed(error, "the client selected SCRAM-SHA-256 without channel binding, but "
                                "the SCRAM message includes channel binding data");
    }
    if (!take_attribute(rest, 'p', &type)) {
        return malformed(error, "expected the type of channel binding");
    }
    if (!sl_span_is(type, BINDING_TYPE)) {
        return breach(error, "unsupported SCRAM channel-binding type");
    }
    return SL_OK;
}

/* "n," or "y,"; the comma is read. */
static enum sl_err unbound_read(
        struct scram_server *server, struct sl_span *rest, struct sl_error *error)
{
    if (server->is_plus) {
        return malformed(error, "the client selected SCRAM-SHA-256-PLUS, but the SCRAM message "
                                "does not include channel binding data");
    }
    /* RFC 5802, section 6: somebody took -PLUS away from what we offered. */
    if (server->binding == SCRAM_BINDING_UNUSED && server->exchange.end_point_len > 0) {
        return sl_error_set(error, SL_EPROTO, SL_STATE_INVALID_AUTHORIZATION,
                "SCRAM channel binding negotiation error: the client supports SCRAM channel "
                "binding but thinks the server does not, but this server does");
    }
    if (rest->len < 2 || rest->at[1] != ',') {
        return malformed(error, "expected a comma behind the channel binding flag");
    }
    *rest = sl_span(rest->at + 2, rest->len - 2);
    return SL_OK;
}

static enum sl_err gs2_read(
        struct scram_server *server, struct sl_span *rest, struct sl_error *error)
{
    enum sl_err err;

    switch (rest->at[0]) {
    case 'n':
    case 'y':
        server->binding = rest->at[0] == 'n' ? SCRAM_BINDING_NONE : SCRAM_BINDING_UNUSED;
        err = unbound_read(server, rest, error);
        break;
    case 'p':
        server->binding = SCRAM_BINDING_USED;
        err = bound_read(server, rest, error);
        break;
    default:
        return malformed(error, "unexpected channel binding flag");
    }
    if (err != SL_OK) {
        return err;
    }
    if (rest->len > 0 && rest->at[0] == 'a') {
        return sl_error_set(error, SL_EPROTO, SL_STATE_FEATURE_NOT_SUPPORTED,
                "client uses authorization identity, but it is not supported");
    }
    if (rest->len == 0 || rest->at[0] != ',') {
        return malformed(error, "unexpected attribute in client-first-message");
    }
    *rest = sl_span(rest->at + 1, rest->len - 1);
    return SL_OK;
}

/* What comes after the GS2 header. The user's name is not looked at: the startup packet had it. */
static enum sl_err first_bare_read(
        struct sl_span rest, struct sl_span *nonce, struct sl_error *error)
{
    struct sl_span ignored;
    char letter;

    if (rest.len > 0 && rest.at[0] == 'm') {
        return sl_error_set(error, SL_EPROTO, SL_STATE_FEATURE_NOT_SUPPORTED,
                "client requires an unsupported SCRAM extension");
    }
    if (!take_attribute(&rest, 'n', &ignored) || !take_attribute(&rest, 'r', nonce)) {
        return malformed(error, "expected a user and a nonce in client-first-message");
    }
    if (!nonce_ok(*nonce)) {
        return breach(error, "non-printable characters in SCRAM nonce");
    }
    if (nonce->len > SCRAM_NONCE_MAX) {
        return malformed(error, "the nonce is too long");
    }
    while (rest.len > 0) {
        if (!take_any(&rest, &letter, &ignored)) {
            return malformed(error, "expected an attribute in client-first-message");
        }
    }
    return SL_OK;
}

static enum sl_err server_first_make(struct scram_exchange *exchange, struct sl_span nonce,
        const struct scram_secret *secret, struct sl_span *reply)
{
    char salt[CRYPTO_BASE64_SIZE(SCRAM_SALT_MAX)];
    size_t len;
    enum sl_err err =
            crypto_base64_encode(sl_span(secret->salt, secret->salt_len), salt, sizeof(salt), &len);

    if (err != SL_OK) {
        return err;
    }
    memcpy(exchange->full_nonce, nonce.at, nonce.len);
    memcpy(exchange->full_nonce + nonce.len, exchange->nonce, strlen(exchange->nonce));
    exchange->full_nonce_len = nonce.len + strlen(exchange->nonce);
    int made = snprintf(exchange->message, sizeof(exchange->message), "r=%.*s,s=%s,i=%" PRIu32,
            (int)exchange->full_nonce_len, exchange->full_nonce, salt, secret->iterations);
    SL_CHECK(made > 0 && (size_t)made < sizeof(exchange->message));
    *reply = sl_span(exchange->message, (size_t)made);
    auth_add(exchange, *reply);
    return SL_OK;
}

enum sl_err scram_server_first(struct scram_server *server, struct sl_span message,
        const struct scram_secret *secret, struct sl_span *reply, struct sl_error *error)
{
    struct scram_exchange *exchange = &server->exchange;
    struct sl_span rest = message;
    struct sl_span nonce = sl_span("", 0);
    enum sl_err err = step_begin(exchange, SCRAM_START, error);

    if (err == SL_OK) {
        err = message_check(message, SCRAM_FIRST_MAX, error);
    }
    if (err == SL_OK) {
        err = gs2_read(server, &rest, error);
    }
    if (err == SL_OK) {
        err = first_bare_read(rest, &nonce, error);
    }
    if (err != SL_OK) {
        return err;
    }
    auth_add(exchange, rest);
    err = server_first_make(exchange, nonce, secret, reply);
    if (err != SL_OK) {
        return no_hash(error);
    }
    exchange->step = SCRAM_FIRST;
    return SL_OK;
}

/* The parts of a client-final. */
struct client_final {
    struct sl_span binding;
    struct sl_span nonce;
    struct sl_span without_proof;
    uint8_t proof[SCRAM_KEY_BYTES];
};

static enum sl_err client_final_read(
        struct sl_span message, struct client_final *out, struct sl_error *error)
{
    struct sl_span rest = message;
    struct sl_span value;
    char letter;

    if (!take_attribute(&rest, 'c', &out->binding) || !take_attribute(&rest, 'r', &out->nonce)) {
        return malformed(error, "expected channel binding and nonce in client-final-message");
    }
    do {
        out->without_proof = sl_span(message.at, message.len - rest.len);
        if (!take_any(&rest, &letter, &value)) {
            return malformed(error, "expected a proof in client-final-message");
        }
    } while (letter != 'p');
    out->without_proof.len -= 1; /* the comma before the proof is not part of it */
    if (!key_read(value, out->proof)) {
        return malformed(error, "malformed proof in client-final-message");
    }
    if (value.at + value.len != message.at + message.len) {
        return malformed(error, "garbage found at the end of client-final-message");
    }
    return SL_OK;
}

static enum sl_err client_final_check(
        const struct scram_server *server, const struct client_final *final, struct sl_error *error)
{
    const struct scram_exchange *exchange = &server->exchange;
    char expected[BINDING_TEXT_SIZE];

    if (binding_text(exchange, server->binding, expected) != SL_OK) {
        return no_hash(error);
    }
    if (!crypto_equal_spans(final->binding, sl_span_text(expected))) {
        if (server->binding != SCRAM_BINDING_USED) {
            return breach(
                    error, "unexpected SCRAM channel-binding attribute in client-final-message");
        }
        return sl_error_set(error, SL_EPROTO, SL_STATE_INVALID_AUTHORIZATION,
                "SCRAM channel binding check failed");
    }
    if (!sl_span_equal(final->nonce, sl_span(exchange->full_nonce, exchange->full_nonce_len))) {
        return breach(error, "invalid SCRAM response: nonce does not match");
    }
    return SL_OK;
}

/* The proof is ClientKey, masked: whoever knows StoredKey can unmask and check it. */
static enum sl_err proof_check(struct scram_server *server, const struct scram_secret *secret,
        const uint8_t proof[SCRAM_KEY_BYTES], struct sl_error *error)
{
    uint8_t signature[SCRAM_KEY_BYTES];
    uint8_t stored_key[SCRAM_KEY_BYTES];
    struct sl_span client_key = sl_span(server->client_key, SCRAM_KEY_BYTES);

    if (crypto_hmac_sha256(sl_span(secret->stored_key, SCRAM_KEY_BYTES), auth_of(&server->exchange),
                signature) != SL_OK) {
        return no_hash(error);
    }
    xor_keys(server->client_key, proof, signature);
    if (crypto_sha256(client_key, stored_key) != SL_OK) {
        return no_hash(error);
    }
    bool is_right = crypto_equal(stored_key, secret->stored_key, SCRAM_KEY_BYTES);
    if (!is_right || secret->is_mock) {
        crypto_wipe(server->client_key, sizeof(server->client_key));
        return SL_EAUTH;
    }
    return SL_OK;
}

static enum sl_err server_final_make(struct scram_exchange *exchange,
        const struct scram_secret *secret, struct sl_span *reply, struct sl_error *error)
{
    uint8_t signature[SCRAM_KEY_BYTES];
    char text[KEY_TEXT_SIZE];
    size_t len;

    if (crypto_hmac_sha256(sl_span(secret->server_key, SCRAM_KEY_BYTES), auth_of(exchange),
                signature) != SL_OK ||
            crypto_base64_encode(sl_span(signature, sizeof(signature)), text, sizeof(text), &len) !=
                    SL_OK) {
        return no_hash(error);
    }
    int made = snprintf(exchange->message, sizeof(exchange->message), "v=%s", text);
    *reply = sl_span(exchange->message, (size_t)made);
    return SL_OK;
}

enum sl_err scram_server_final(struct scram_server *server, struct sl_span message,
        const struct scram_secret *secret, struct sl_span *reply, struct sl_error *error)
{
    struct scram_exchange *exchange = &server->exchange;
    struct client_final final;
    enum sl_err err = step_begin(exchange, SCRAM_FIRST, error);

    if (err == SL_OK) {
        err = message_check(message, SCRAM_MESSAGE_MAX, error);
    }
    if (err == SL_OK) {
        err = client_final_read(message, &final, error);
    }
    if (err == SL_OK) {
        err = client_final_check(server, &final, error);
    }
    if (err != SL_OK) {
        return err;
    }
    auth_add(exchange, final.without_proof);
    err = proof_check(server, secret, final.proof, error);
    crypto_wipe(final.proof, sizeof(final.proof));
    if (err == SL_OK) {
        err = server_final_make(exchange, secret, reply, error);
    }
    if (err == SL_OK) {
        exchange->step = SCRAM_DONE;
    }
    return err;
}

/* ---- we log in to a server ---- */

enum sl_err scram_client_init(
        struct scram_client *client, enum scram_binding binding, struct sl_span end_point)
{
    *client = (struct scram_client){.binding = binding};
    if (binding != SCRAM_BINDING_USED) {
        end_point = sl_span(NULL, 0);
    }
    return exchange_init(&client->exchange, end_point);
}

void scram_client_fini(struct scram_client *client)
{
    crypto_wipe(client, sizeof(*client));
}

const char *scram_client_mechanism(const struct scram_client *client)
{
    return client->binding == SCRAM_BINDING_USED ? SCRAM_NAME_PLUS : SCRAM_NAME;
}

enum sl_err scram_client_first(
        struct scram_client *client, struct sl_span *message, struct sl_error *error)
{
    struct scram_exchange *exchange = &client->exchange;
    enum sl_err err = step_begin(exchange, SCRAM_START, error);

    if (err != SL_OK) {
        return err;
    }
    bool is_bound = client->binding == SCRAM_BINDING_USED;
    int header = snprintf(exchange->message, sizeof(exchange->message), "%c%s,,",
            (char)client->binding, is_bound ? "=" BINDING_TYPE : "");
    int bare = snprintf(exchange->message + header, sizeof(exchange->message) - (size_t)header,
            "n=,r=%s", exchange->nonce);
    auth_add(exchange, sl_span(exchange->message + header, (size_t)bare));
    *message = sl_span(exchange->message, (size_t)header + (size_t)bare);
    exchange->step = SCRAM_FIRST;
    return SL_OK;
}

/* The server's nonce is ours and something of its own. */
static enum sl_err nonce_keep(
        struct scram_exchange *exchange, struct sl_span nonce, struct sl_error *error)
{
    struct sl_span ours = sl_span_text(exchange->nonce);

    if (!nonce_ok(nonce) || nonce.len <= ours.len || memcmp(nonce.at, ours.at, ours.len) != 0) {
        return breach(error, "invalid SCRAM response: nonce mismatch");
    }
    if (nonce.len > sizeof(exchange->full_nonce)) {
        return malformed(error, "the nonce is too long");
    }
    memcpy(exchange->full_nonce, nonce.at, nonce.len);
    exchange->full_nonce_len = nonce.len;
    return SL_OK;
}

static enum sl_err iterations_keep(
        struct scram_client *client, struct sl_span text, struct sl_error *error)
{
    uint64_t value = 0;

    if (text.len == 0) {
        return malformed(error, "no number of iterations");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return malformed(error, "the number of iterations is not a number");
        }
        value = value * 10 + text.at[i] - '0';
        if (value > SCRAM_ITERATIONS_MAX) {
            break;
        }
    }
    if (value == 0 || value > SCRAM_ITERATIONS_MAX) {
        return sl_error_set(error, SL_ELIMIT, SL_STATE_PROTOCOL_VIOLATION,
                "server asks for a number of SCRAM iterations out of bounds");
    }
    client->iterations = (uint32_t)value;
    return SL_OK;
}

static enum sl_err salt_keep(
        struct scram_client *client, struct sl_span text, struct sl_error *error)
{
    enum sl_err err =
            crypto_base64_decode(text, client->salt, sizeof(client->salt), &client->salt_len);

    if (err == SL_ELIMIT) {
        return sl_error_set(
                error, err, SL_STATE_PROTOCOL_VIOLATION, "server sent a SCRAM salt too long");
    }
    if (err != SL_OK || client->salt_len == 0) {
        return malformed(error, "invalid salt");
    }
    return SL_OK;
}

enum sl_err scram_client_challenge(
        struct scram_client *client, struct sl_span message, struct sl_error *error)
{
    struct scram_exchange *exchange = &client->exchange;
    struct sl_span rest = message;
    struct sl_span nonce;
    struct sl_span salt;
    struct sl_span iterations;
    enum sl_err err = step_begin(exchange, SCRAM_FIRST, error);

    if (err == SL_OK) {
        err = message_check(message, SCRAM_MESSAGE_MAX, error);
    }
    if (err != SL_OK) {
        return err;
    }
    if (!take_attribute(&rest, 'r', &nonce) || !take_attribute(&rest, 's', &salt) ||
            !take_last(&rest, 'i', &iterations)) {
        return malformed(error, "server-first-message is not of the form");
    }
    err = nonce_keep(exchange, nonce, error);
    if (err == SL_OK) {
        err = salt_keep(client, salt, error);
    }
    if (err == SL_OK) {
        err = iterations_keep(client, iterations, error);
    }
    if (err == SL_OK) {
        auth_add(exchange, message);
        exchange->step = SCRAM_CHALLENGE;
    }
    return err;
}

/* The proof we give, and the signature we expect. */
static enum sl_err proof_make(struct scram_client *client, const uint8_t *client_key,
        const uint8_t *server_key, char text[KEY_TEXT_SIZE])
{
    uint8_t stored_key[SCRAM_KEY_BYTES];
    uint8_t proof[SCRAM_KEY_BYTES];
    struct sl_span auth = auth_of(&client->exchange);
    size_t len;
    enum sl_err err = crypto_sha256(sl_span(client_key, SCRAM_KEY_BYTES), stored_key);

    if (err == SL_OK) {
        err = crypto_hmac_sha256(sl_span(stored_key, SCRAM_KEY_BYTES), auth, proof);
    }
    if (err == SL_OK) {
        err = crypto_hmac_sha256(
                sl_span(server_key, SCRAM_KEY_BYTES), auth, client->server_signature);
    }
    if (err == SL_OK) {
        xor_keys(proof, proof, client_key);
        err = crypto_base64_encode(sl_span(proof, sizeof(proof)), text, KEY_TEXT_SIZE, &len);
    }
    crypto_wipe(proof, sizeof(proof));
    return err;
}

enum sl_err scram_client_final(struct scram_client *client,
        const uint8_t client_key[SCRAM_KEY_BYTES], const uint8_t server_key[SCRAM_KEY_BYTES],
        struct sl_span *message, struct sl_error *error)
{
    struct scram_exchange *exchange = &client->exchange;
    char binding[BINDING_TEXT_SIZE];
    char proof[KEY_TEXT_SIZE];
    enum sl_err err = step_begin(exchange, SCRAM_CHALLENGE, error);

    if (err != SL_OK) {
        return err;
    }
    if (binding_text(exchange, client->binding, binding) != SL_OK) {
        return no_hash(error);
    }
    int made = snprintf(exchange->message, sizeof(exchange->message), "c=%s,r=%.*s", binding,
            (int)exchange->full_nonce_len, exchange->full_nonce);
    auth_add(exchange, sl_span(exchange->message, (size_t)made));
    if (proof_make(client, client_key, server_key, proof) != SL_OK) {
        return no_hash(error);
    }
    int more = snprintf(
            exchange->message + made, sizeof(exchange->message) - (size_t)made, ",p=%s", proof);
    SL_CHECK((size_t)made + (size_t)more < sizeof(exchange->message));
    *message = sl_span(exchange->message, (size_t)made + (size_t)more);
    exchange->step = SCRAM_FINAL;
    return SL_OK;
}

enum sl_err scram_client_verify(
        struct scram_client *client, struct sl_span message, struct sl_error *error)
{
    struct scram_exchange *exchange = &client->exchange;
    struct sl_span rest = message;
    struct sl_span value;
    uint8_t signature[SCRAM_KEY_BYTES];
    enum sl_err err = step_begin(exchange, SCRAM_FINAL, error);

    if (err == SL_OK) {
        err = message_check(message, SCRAM_MESSAGE_MAX, error);
    }
    if (err != SL_OK) {
        return err;
    }
    if (take_attribute(&rest, 'e', &value)) {
        return sl_error_set(
                error, SL_EAUTH, SL_STATE_INVALID_PASSWORD, "server refused the SCRAM proof");
    }
    if (!take_last(&rest, 'v', &value) || !key_read(value, signature)) {
        return malformed(error, "server-final-message is not of the form");
    }
    if (!crypto_equal(signature, client->server_signature, SCRAM_KEY_BYTES)) {
        return sl_error_set(error, SL_EAUTH, SL_STATE_INVALID_PASSWORD,
                "server's SCRAM signature is wrong: it does not know the password");
    }
    exchange->step = SCRAM_DONE;
    return SL_OK;
}
