/* SPDX-License-Identifier: PostgreSQL */
/*
 * SCRAM with somebody in between. The first byte chooses what is done:
 *
 * 1. An honest exchange, one byte of which is changed on its way: it must fail; and
 *    unchanged it must succeed, and the server must learn the client's key.
 * 2. A server that is told anything, and a client that is told anything: neither may
 *    believe the other.
 * 3. Any text as a secret: what is read, written and read again, is the same.
 */
#include "protocol/scram.h"

#include <string.h>

enum { MESSAGES = 4, MESSAGE_BYTES = SCRAM_FIRST_MAX };

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scram_secret secret;
static uint8_t client_key[SCRAM_KEY_BYTES];
static uint8_t server_key[SCRAM_KEY_BYTES];

/* Once: iterations are what makes it slow, and have no part in what is tried here. */
static void make_secret(void)
{
    if (secret.iterations != 0) {
        return;
    }
    struct sl_span salt = sl_span("0123456789abcdef", SCRAM_SALT_BYTES);
    secret.salt_len = salt.len;
    memcpy(secret.salt, salt.at, salt.len);
    secret.iterations = 7;
    SL_CHECK(scram_derive_keys(sl_span_text("pencil"), salt, secret.iterations, client_key,
                     server_key) == SL_OK);
    SL_CHECK(scram_secret_set_keys(&secret, client_key, server_key) == SL_OK);
}

/* What is to be changed: which message, which byte, by what. No change at all: by 0. */
struct change {
    unsigned message;
    size_t at;
    uint8_t by;
};

/* The message as it arrives, in a buffer of its own. */
static struct sl_span carry(
        struct sl_span message, unsigned number, const struct change *change, uint8_t *to)
{
    SL_CHECK(message.len > 0 && message.len <= MESSAGE_BYTES);
    memcpy(to, message.at, message.len);
    if (change->message == number) {
        to[change->at % message.len] ^= change->by;
    }
    return sl_span(to, message.len);
}

static enum sl_err converse(
        struct scram_client *client, struct scram_server *server, const struct change *change)
{
    uint8_t carried[MESSAGE_BYTES];
    struct sl_span said;
    struct sl_error error;

    enum sl_err err = scram_client_first(client, &said, &error);
    if (err == SL_OK) {
        err = scram_server_first(server, carry(said, 0, change, carried), &secret, &said, &error);
    }
    if (err == SL_OK) {
        err = scram_client_challenge(client, carry(said, 1, change, carried), &error);
    }
    if (err == SL_OK) {
        err = scram_client_final(client, client_key, server_key, &said, &error);
    }
    if (err == SL_OK) {
        err = scram_server_final(server, carry(said, 2, change, carried), &secret, &said, &error);
    }
    if (err == SL_OK) {
        err = scram_client_verify(client, carry(said, 3, change, carried), &error);
    }
    return err;
}

static void check_changed(const uint8_t *data, size_t size)
{
    static const enum scram_binding BINDINGS[] = {
            SCRAM_BINDING_NONE, SCRAM_BINDING_UNUSED, SCRAM_BINDING_USED};
    struct scram_client client;
    struct scram_server server;

    if (size < 5) {
        return;
    }
    enum scram_binding binding = BINDINGS[data[0] % SL_COUNT(BINDINGS)];
    struct sl_span end_point = sl_span("a certificate's SHA-256, 32 bytes", 32);
    struct change change = {
            .message = data[1] % MESSAGES, .at = (size_t)data[2] << 8 | data[3], .by = data[4]};
    bool is_plus = binding == SCRAM_BINDING_USED;

    SL_CHECK(scram_client_init(&client, binding, end_point) == SL_OK);
    SL_CHECK(scram_server_init(&server, is_plus, is_plus ? end_point : sl_span(NULL, 0)) == SL_OK);
    enum sl_err err = converse(&client, &server, &change);
    SL_CHECK((err == SL_OK) == (change.by == 0));
    if (err == SL_OK) {
        SL_CHECK(memcmp(server.client_key, client_key, SCRAM_KEY_BYTES) == 0);
    }
    scram_client_fini(&client);
    scram_server_fini(&server);
}

/* The first line is client-first, the rest client-final. */
static void check_server(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t first = end == NULL ? size : (size_t)(end - data);
    struct scram_server server;
    struct sl_error error = {0};
    struct sl_span reply;

    SL_CHECK(
            scram_server_init(&server, size % 2 == 1, sl_span("end point", size % 3 * 4)) == SL_OK);
    memset(server.exchange.nonce, 'n', sizeof server.exchange.nonce - 1); /* so it can be hit */
    enum sl_err err = scram_server_first(&server, sl_span(data, first), &secret, &reply, &error);
    SL_CHECK((err == SL_OK) == (error.sqlstate[0] == '\0'));
    if (err == SL_OK) {
        SL_CHECK(reply.len < SCRAM_MESSAGE_MAX);
    }
    struct sl_span rest = end == NULL ? sl_span(data, 0) : sl_span(end + 1, size - first - 1);
    SL_CHECK(scram_server_final(&server, rest, &secret, &reply, &error) != SL_OK);
    scram_server_fini(&server);
}

/* The first line, behind "r=" and our nonce, is server-first, the rest server-final. */
static void check_client(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t first = end == NULL ? size : (size_t)(end - data);
    uint8_t challenge[MESSAGE_BYTES] = "r=nnnnnnnnnnnnnnnnnnnnnnnn";
    size_t begun = strlen((const char *)challenge);
    struct scram_client client;
    struct sl_error error = {0};
    struct sl_span said;

    if (first > sizeof challenge - begun) {
        return;
    }
    memcpy(challenge + begun, data, first);
    SL_CHECK(scram_client_init(&client, SCRAM_BINDING_NONE, sl_span(NULL, 0)) == SL_OK);
    memset(client.exchange.nonce, 'n', sizeof client.exchange.nonce - 1);
    SL_CHECK(scram_client_first(&client, &said, &error) == SL_OK);
    enum sl_err err = scram_client_challenge(&client, sl_span(challenge, begun + first), &error);
    if (err == SL_OK) {
        SL_CHECK(client.iterations >= 1 && client.iterations <= SCRAM_ITERATIONS_MAX);
        SL_CHECK(client.salt_len >= 1 && client.salt_len <= SCRAM_SALT_MAX);
        SL_CHECK(scram_client_final(&client, client_key, server_key, &said, &error) == SL_OK);
    }
    struct sl_span rest = end == NULL ? sl_span(data, 0) : sl_span(end + 1, size - first - 1);
    SL_CHECK(scram_client_verify(&client, rest, &error) != SL_OK);
    scram_client_fini(&client);
}

static void check_secret(const uint8_t *data, size_t size)
{
    char text[512];
    char again[SCRAM_SECRET_SIZE];
    struct scram_secret one;
    struct scram_secret two;
    size_t len = size < sizeof text ? size : sizeof text - 1;

    memcpy(text, data, len);
    text[len] = '\0';
    if (scram_secret_parse(text, &one) != SL_OK) {
        return;
    }
    SL_CHECK(scram_secret_format(&one, again) == SL_OK);
    SL_CHECK(scram_secret_parse(again, &two) == SL_OK);
    SL_CHECK(one.iterations == two.iterations && one.salt_len == two.salt_len);
    SL_CHECK(memcmp(one.salt, two.salt, one.salt_len) == 0);
    SL_CHECK(memcmp(one.stored_key, two.stored_key, SCRAM_KEY_BYTES) == 0);
    SL_CHECK(memcmp(one.server_key, two.server_key, SCRAM_KEY_BYTES) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const CHECKS[])(const uint8_t *data, size_t size) = {
            check_changed, check_server, check_client, check_secret};

    if (size == 0 || size > 4096) {
        return 0;
    }
    make_secret();
    CHECKS[data[0] % SL_COUNT(CHECKS)](data + 1, size - 1);
    return 0;
}
