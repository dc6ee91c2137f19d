/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/scram_secret.h"

#include "protocol/base/parse.h"
#include "protocol/crypto.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)SCRAM_KEY_BYTES == (int)CRYPTO_SHA256_BYTES, "a key is a hash");
_Static_assert((int)SCRAM_SALT_BYTES <= (int)CRYPTO_SHA256_BYTES, "a mock salt is part of a hash");

static const char PREFIX[] = "SCRAM-SHA-256$";

/* ---- the text form ---- */

/* What stands before the mark, which is dropped too; false without a mark. */
static bool take_until(struct sl_span *text, char mark, struct sl_span *out)
{
    const uint8_t *end = text->len == 0 ? NULL : memchr(text->at, mark, text->len);

    if (end == NULL) {
        return false;
    }
    *out = sl_span(text->at, (size_t)(end - text->at));
    *text = sl_span(end + 1, text->len - out->len - 1);
    return true;
}

static enum sl_err iterations_read(struct sl_span text, uint32_t *out)
{
    char digits[16];
    int64_t value;

    if (text.len == 0 || text.len >= sizeof(digits)) {
        return SL_EINVAL;
    }
    memcpy(digits, text.at, text.len);
    digits[text.len] = '\0';
    if (strspn(digits, "0123456789") != text.len) {
        return SL_EINVAL;
    }
    enum sl_err err = sl_parse_i64(digits, 1, SCRAM_ITERATIONS_MAX, &value);
    if (err == SL_OK) {
        *out = (uint32_t)value;
    }
    return err;
}

static enum sl_err key_read(struct sl_span text, uint8_t out[SCRAM_KEY_BYTES])
{
    size_t len;

    if (crypto_base64_decode(text, out, SCRAM_KEY_BYTES, &len) != SL_OK || len != SCRAM_KEY_BYTES) {
        return SL_EINVAL;
    }
    return SL_OK;
}

static enum sl_err salt_read(struct sl_span text, struct scram_secret *out)
{
    enum sl_err err = crypto_base64_decode(text, out->salt, sizeof(out->salt), &out->salt_len);

    return err == SL_OK && out->salt_len == 0 ? SL_EINVAL : err;
}

enum sl_err scram_secret_parse(const char *text, struct scram_secret *out)
{
    struct scram_secret secret = {.is_mock = false};
    struct sl_span iterations;
    struct sl_span salt;
    struct sl_span stored_key;

    if (strncmp(text, PREFIX, sizeof(PREFIX) - 1) != 0) {
        return SL_EINVAL;
    }
    struct sl_span rest = sl_span_text(text + sizeof(PREFIX) - 1);
    if (!take_until(&rest, ':', &iterations) || !take_until(&rest, '$', &salt) ||
            !take_until(&rest, ':', &stored_key)) {
        return SL_EINVAL;
    }
    enum sl_err err = iterations_read(iterations, &secret.iterations);
    if (err == SL_OK) {
        err = salt_read(salt, &secret);
    }
    if (err == SL_OK) {
        err = key_read(stored_key, secret.stored_key);
    }
    if (err == SL_OK) {
        err = key_read(rest, secret.server_key);
    }
    if (err == SL_OK) {
        *out = secret;
    }
    crypto_wipe(&secret, sizeof(secret));
    return err;
}

enum sl_err scram_secret_format(const struct scram_secret *secret, char out[SCRAM_SECRET_SIZE])
{
    char salt[CRYPTO_BASE64_SIZE(SCRAM_SALT_MAX)];
    char stored_key[CRYPTO_BASE64_SIZE(SCRAM_KEY_BYTES)];
    char server_key[CRYPTO_BASE64_SIZE(SCRAM_KEY_BYTES)];
    size_t len;

    if (crypto_base64_encode(sl_span(secret->salt, secret->salt_len), salt, sizeof(salt), &len) !=
                    SL_OK ||
            crypto_base64_encode(sl_span(secret->stored_key, SCRAM_KEY_BYTES), stored_key,
                    sizeof(stored_key), &len) != SL_OK ||
            crypto_base64_encode(sl_span(secret->server_key, SCRAM_KEY_BYTES), server_key,
                    sizeof(server_key), &len) != SL_OK) {
        return SL_ELIMIT;
    }
    snprintf(out, SCRAM_SECRET_SIZE, "%s%" PRIu32 ":%s$%s:%s", PREFIX, secret->iterations, salt,
            stored_key, server_key);
    crypto_wipe(server_key, sizeof(server_key));
    return SL_OK;
}

/* ---- secrets of nobody ---- */

static pthread_once_t mock_once = PTHREAD_ONCE_INIT;
static uint8_t mock_key[SCRAM_KEY_BYTES]; /* constant after mock_once */
static enum sl_err mock_key_err = SL_EIO; /* constant after mock_once */

static void mock_key_make(void)
{
    mock_key_err = crypto_random(mock_key, sizeof(mock_key));
}

enum sl_err scram_secret_mock(struct sl_span user, struct scram_secret *out)
{
    struct scram_secret secret = {.iterations = SCRAM_ITERATIONS, .is_mock = true};
    uint8_t of_user[SCRAM_KEY_BYTES];
    struct sl_span key = sl_span(mock_key, sizeof(mock_key));

    pthread_once(&mock_once, mock_key_make);
    if (mock_key_err != SL_OK) {
        return mock_key_err;
    }
    enum sl_err err = crypto_hmac_sha256(key, user, of_user);
    /* The salt is seen by all, so the keys come from one step further. */
    if (err == SL_OK) {
        err = crypto_hmac_sha256(key, sl_span(of_user, sizeof(of_user)), secret.stored_key);
    }
    if (err == SL_OK) {
        err = crypto_hmac_sha256(
                key, sl_span(secret.stored_key, SCRAM_KEY_BYTES), secret.server_key);
    }
    if (err == SL_OK) {
        memcpy(secret.salt, of_user, SCRAM_SALT_BYTES);
        secret.salt_len = SCRAM_SALT_BYTES;
        *out = secret;
    }
    return err;
}

/* ---- keys ---- */

enum sl_err scram_secret_set_keys(struct scram_secret *secret,
        const uint8_t client_key[SCRAM_KEY_BYTES], const uint8_t server_key[SCRAM_KEY_BYTES])
{
    uint8_t stored_key[SCRAM_KEY_BYTES];
    enum sl_err err = crypto_sha256(sl_span(client_key, SCRAM_KEY_BYTES), stored_key);

    if (err == SL_OK) {
        memcpy(secret->stored_key, stored_key, SCRAM_KEY_BYTES);
        memcpy(secret->server_key, server_key, SCRAM_KEY_BYTES);
    }
    return err;
}

enum sl_err scram_derive_keys(struct sl_span password, struct sl_span salt, uint32_t iterations,
        uint8_t client_key[SCRAM_KEY_BYTES], uint8_t server_key[SCRAM_KEY_BYTES])
{
    uint8_t salted[SCRAM_KEY_BYTES] = {0};

    if (salt.len == 0 || salt.len > SCRAM_SALT_MAX || iterations == 0 ||
            iterations > SCRAM_ITERATIONS_MAX) {
        return SL_ELIMIT;
    }
    struct sl_span key = sl_span(salted, sizeof(salted));
    enum sl_err err = crypto_pbkdf2_sha256(password, salt, iterations, salted);
    if (err == SL_OK) {
        err = crypto_hmac_sha256(key, sl_span_text("Client Key"), client_key);
    }
    if (err == SL_OK) {
        err = crypto_hmac_sha256(key, sl_span_text("Server Key"), server_key);
    }
    crypto_wipe(salted, sizeof(salted));
    return err;
}
