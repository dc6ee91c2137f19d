/* SPDX-License-Identifier: PostgreSQL */
/*
 * Any text at each place where the other side speaks in a SCRAM login: the first byte
 * says which. Nothing that was not computed from the password is ever accepted, and
 * what failed stays failed. A secret that is read, written and read again is the same.
 */
#include "protocol/base/check.h"
#include "protocol/scram.h"

#include <stdlib.h>
#include <string.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not a hash of anything known: no proof and no signature fits it. */
static const uint8_t KEY[SCRAM_KEY_BYTES] = {1, 2, 3};
static const uint8_t END_POINT[32] = {4, 5, 6};
static struct scram_server server;
static struct scram_client client;
static struct scram_secret secret;
static struct sl_error error;
static struct sl_span reply;

static void make_secret(void)
{
    memset(&secret, 0, sizeof(secret));
    secret.iterations = SCRAM_ITERATIONS;
    secret.salt_len = SCRAM_SALT_MAX;
    memcpy(secret.stored_key, KEY, sizeof(KEY));
}

static void on_server_first(struct sl_span text, bool is_plus, bool has_tls)
{
    struct sl_span end_point = sl_span(END_POINT, has_tls ? sizeof(END_POINT) : 0);

    make_secret();
    SL_CHECK(scram_server_init(&server, is_plus, end_point) == SL_OK);
    enum sl_err err = scram_server_first(&server, text, &secret, &reply, &error);
    if (err == SL_OK) {
        SL_CHECK(reply.len < SCRAM_MESSAGE_MAX && memcmp(reply.at, "r=", 2) == 0);
        SL_CHECK(is_plus == (server.binding == SCRAM_BINDING_USED));
        SL_CHECK(!has_tls || server.binding != SCRAM_BINDING_UNUSED);
    } else {
        SL_CHECK(err == SL_EPROTO && error.sqlstate[0] != '\0');
        SL_CHECK(scram_server_first(&server, sl_span_text("n,,n=,r=abc"), &secret, &reply,
                         &error) == SL_EPROTO);
    }
}

static void on_server_final(struct sl_span text)
{
    make_secret();
    SL_CHECK(scram_server_init(&server, false, sl_span(NULL, 0)) == SL_OK);
    memcpy(server.exchange.nonce, "server", 7);
    SL_CHECK(scram_server_first(&server, sl_span_text("n,,n=,r=abc"), &secret, &reply, &error) ==
             SL_OK);
    enum sl_err err = scram_server_final(&server, text, &secret, &reply, &error);
    SL_CHECK(err == SL_EPROTO || err == SL_EAUTH);
    SL_CHECK(server.exchange.step == SCRAM_FAILED);
}

static void begin_client(void)
{
    struct sl_span end_point = sl_span(END_POINT, sizeof(END_POINT));

    SL_CHECK(scram_client_init(&client, SCRAM_BINDING_USED, end_point) == SL_OK);
    memcpy(client.exchange.nonce, "abc", 4);
    SL_CHECK(scram_client_first(&client, &reply, &error) == SL_OK);
}

static void on_client_challenge(struct sl_span text)
{
    begin_client();
    enum sl_err err = scram_client_challenge(&client, text, &error);
    if (err != SL_OK) {
        SL_CHECK(err == SL_EPROTO || err == SL_ELIMIT);
        return;
    }
    SL_CHECK(client.iterations >= 1 && client.iterations <= SCRAM_ITERATIONS_MAX);
    SL_CHECK(client.salt_len >= 1 && client.salt_len <= SCRAM_SALT_MAX);
    SL_CHECK(scram_client_final(&client, KEY, KEY, &reply, &error) == SL_OK);
    SL_CHECK(reply.len < SCRAM_MESSAGE_MAX);
}

static void on_client_verify(struct sl_span text)
{
    begin_client();
    SL_CHECK(scram_client_challenge(&client, sl_span_text("r=abcd,s=W22Z,i=1"), &error) == SL_OK);
    SL_CHECK(scram_client_final(&client, KEY, KEY, &reply, &error) == SL_OK);
    enum sl_err err = scram_client_verify(&client, text, &error);
    SL_CHECK(err == SL_EPROTO || err == SL_EAUTH);
}

static void on_secret(struct sl_span text)
{
    struct scram_secret again;
    char *copy = strndup((const char *)text.at, text.len);
    char written[SCRAM_SECRET_SIZE];

    SL_CHECK(copy != NULL);
    if (scram_secret_parse(copy, &secret) == SL_OK) {
        SL_CHECK(scram_secret_format(&secret, written) == SL_OK);
        SL_CHECK(scram_secret_parse(written, &again) == SL_OK);
        SL_CHECK(again.iterations == secret.iterations && again.salt_len == secret.salt_len);
        SL_CHECK(memcmp(again.salt, secret.salt, secret.salt_len) == 0);
        SL_CHECK(memcmp(again.stored_key, secret.stored_key, SCRAM_KEY_BYTES) == 0);
        SL_CHECK(memcmp(again.server_key, secret.server_key, SCRAM_KEY_BYTES) == 0);
    }
    free(copy);
}

static void play(uint8_t where, struct sl_span text)
{
    switch (where % 8) {
    case 0:
        on_server_first(text, false, false);
        break;
    case 1:
        on_server_first(text, false, true);
        break;
    case 2:
        on_server_first(text, true, true);
        break;
    case 3:
        on_server_final(text);
        break;
    case 4:
        on_client_challenge(text);
        break;
    case 5:
        on_client_verify(text);
        break;
    default:
        on_secret(text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 4096) {
        return 0;
    }
    uint8_t *exact = malloc(size > 1 ? size - 1 : 1);
    SL_CHECK(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    memset(&error, 0, sizeof(error));
    play(data[0], sl_span(exact, size - 1));
    free(exact);
    return 0;
}
