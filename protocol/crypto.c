/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>

/* ---- hashes ---- */

/* OpenSSL takes a null pointer for "not given", even with a length of zero. */
static const void *given(struct sl_span data)
{
    return data.at == NULL ? "" : (const void *)data.at;
}

enum { SHA256_BLOCK = 64 };

/*
 * EVP_sha256() is looked up in OpenSSL's providers at every use, by name and under a
 * lock, which costs more than the hash: so that is done once.
 */
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256; /* constant after fetch_once, both; NULL: not on this machine */
static EVP_MD *md5;

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    md5 = EVP_MD_fetch(NULL, "MD5", NULL);
}

/* The hash of two parts, one after the other. */
static bool hash_with(
        EVP_MD_CTX *context, const EVP_MD *digest, struct sl_span a, struct sl_span b, uint8_t *out)
{
    return digest != NULL && EVP_DigestInit_ex2(context, digest, NULL) == 1 &&
           EVP_DigestUpdate(context, given(a), a.len) == 1 &&
           EVP_DigestUpdate(context, given(b), b.len) == 1 &&
           EVP_DigestFinal_ex(context, out, NULL) == 1;
}

enum sl_err crypto_sha256(struct sl_span data, uint8_t out[CRYPTO_SHA256_BYTES])
{
    pthread_once(&fetch_once, fetch);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = context != NULL && hash_with(context, sha256, data, sl_span(NULL, 0), out);
    EVP_MD_CTX_free(context);
    return made ? SL_OK : SL_EIO;
}

/* RFC 2104, section 2. OpenSSL's own makes several contexts a call. */
enum sl_err crypto_hmac_sha256(
        struct sl_span key, struct sl_span data, uint8_t out[CRYPTO_SHA256_BYTES])
{
    uint8_t inner[SHA256_BLOCK] = {0};
    uint8_t outer[SHA256_BLOCK];
    uint8_t hash[CRYPTO_SHA256_BYTES];

    pthread_once(&fetch_once, fetch);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = context != NULL;
    if (key.len > SHA256_BLOCK) {
        made = made && hash_with(context, sha256, key, sl_span(NULL, 0), inner);
    } else if (key.len > 0) {
        memcpy(inner, key.at, key.len);
    }
    for (size_t i = 0; i < SHA256_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    made = made && hash_with(context, sha256, sl_span(inner, sizeof inner), data, hash) &&
           hash_with(
                   context, sha256, sl_span(outer, sizeof outer), sl_span(hash, sizeof hash), out);
    EVP_MD_CTX_free(context);
    crypto_wipe(inner, sizeof inner);
    crypto_wipe(outer, sizeof outer);
    crypto_wipe(hash, sizeof hash);
    return made ? SL_OK : SL_EIO;
}

enum sl_err crypto_pbkdf2_sha256(struct sl_span password, struct sl_span salt, uint32_t iterations,
        uint8_t out[CRYPTO_SHA256_BYTES])
{
    if (iterations == 0 || iterations > INT_MAX) {
        return SL_EINVAL;
    }
    if (password.len > INT_MAX || salt.len > INT_MAX) {
        return SL_EIO;
    }
    int made = PKCS5_PBKDF2_HMAC(given(password), (int)password.len, given(salt), (int)salt.len,
            (int)iterations, EVP_sha256(), CRYPTO_SHA256_BYTES, out);
    return made == 1 ? SL_OK : SL_EIO;
}

/* ---- md5 ---- */

/* md5 of two parts, as hex digits. */
static enum sl_err md5_of(struct sl_span a, struct sl_span b, char out[CRYPTO_MD5_HEX_SIZE])
{
    static const char DIGITS[] = "0123456789abcdef";
    uint8_t hash[EVP_MAX_MD_SIZE];

    pthread_once(&fetch_once, fetch);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool made = context != NULL && hash_with(context, md5, a, b, hash);
    EVP_MD_CTX_free(context);
    if (!made) {
        return SL_EIO;
    }
    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = DIGITS[hash[i] >> 4];
        out[2 * i + 1] = DIGITS[hash[i] & 15];
    }
    out[CRYPTO_MD5_HEX_SIZE - 1] = '\0';
    return SL_OK;
}

enum sl_err crypto_md5_hex(struct sl_span data, char out[CRYPTO_MD5_HEX_SIZE])
{
    return md5_of(data, sl_span(NULL, 0), out);
}

static void put_md5(char *out)
{
    out[0] = 'm';
    out[1] = 'd';
    out[2] = '5';
}

enum sl_err crypto_md5_secret(
        struct sl_span password, struct sl_span user, char out[CRYPTO_MD5_SECRET_SIZE])
{
    put_md5(out);
    return md5_of(password, user, out + 3);
}

static bool is_md5_secret(const char *secret)
{
    return strlen(secret) == CRYPTO_MD5_SECRET_SIZE - 1 && memcmp(secret, "md5", 3) == 0 &&
           strspn(secret + 3, "0123456789abcdef") == CRYPTO_MD5_HEX_SIZE - 1;
}

enum sl_err crypto_md5_response(const char *secret, const uint8_t salt[CRYPTO_MD5_SALT_BYTES],
        char out[CRYPTO_MD5_SECRET_SIZE])
{
    if (!is_md5_secret(secret)) {
        return SL_EINVAL;
    }
    put_md5(out);
    return md5_of(sl_span(secret + 3, CRYPTO_MD5_HEX_SIZE - 1),
            sl_span(salt, CRYPTO_MD5_SALT_BYTES), out + 3);
}

/* ---- base64 ---- */

enum { PADDING = 64 }; /* its place in the table, behind the digits */

static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

enum sl_err crypto_base64_encode(struct sl_span data, char *out, size_t out_size, size_t *len)
{
    if (data.len >= SIZE_MAX / 2 || out_size < CRYPTO_BASE64_SIZE(data.len)) {
        return SL_ELIMIT;
    }
    char *to = out;
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t bits = (uint32_t)data.at[i] << 16;
        bits |= left > 1 ? (uint32_t)data.at[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)data.at[i + 2] : 0;
        *to++ = BASE64[bits >> 18];
        *to++ = BASE64[bits >> 12 & 63];
        *to++ = BASE64[left > 1 ? bits >> 6 & 63 : PADDING];
        *to++ = BASE64[left > 2 ? bits & 63 : PADDING];
    }
    *to = '\0';
    *len = (size_t)(to - out);
    return SL_OK;
}

/* 0 to 63, or PADDING for what is not a digit. */
static uint32_t base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint32_t)c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return (uint32_t)c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return (uint32_t)c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : PADDING;
}

/* Four digits, the last two of which may be padding; the number of bytes, or 0 when wrong. */
static size_t base64_group(const uint8_t at[4], bool is_last, uint8_t out[3])
{
    size_t digits = 4;
    uint32_t bits = 0;

    if (is_last && at[3] == '=') {
        digits = at[2] == '=' ? 2 : 3;
    }
    for (size_t i = 0; i < 4; i++) {
        uint32_t value = i < digits ? base64_value(at[i]) : 0;
        if (value == PADDING) {
            return 0;
        }
        bits = bits << 6 | value;
    }
    out[0] = (uint8_t)(bits >> 16);
    out[1] = (uint8_t)(bits >> 8);
    out[2] = (uint8_t)bits;
    uint32_t stray = digits == 2 ? bits & 0xffff : digits == 3 ? bits & 0xff : 0;
    return stray == 0 ? digits - 1 : 0;
}

enum sl_err crypto_base64_decode(struct sl_span text, uint8_t *out, size_t out_size, size_t *len)
{
    size_t filled = 0;

    if (text.len % 4 != 0) {
        return SL_EINVAL;
    }
    for (size_t i = 0; i < text.len; i += 4) {
        uint8_t bytes[3];
        size_t count = base64_group(text.at + i, i + 4 == text.len, bytes);
        if (count == 0) {
            return SL_EINVAL;
        }
        if (count > out_size - filled) {
            return SL_ELIMIT;
        }
        memcpy(out + filled, bytes, count);
        filled += count;
    }
    *len = filled;
    return SL_OK;
}

/* ---- the rest ---- */

enum sl_err crypto_random(void *out, size_t len)
{
    if (len > INT_MAX || RAND_bytes(out, (int)len) != 1) {
        return SL_EIO;
    }
    return SL_OK;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}

bool crypto_equal_spans(struct sl_span a, struct sl_span b)
{
    return a.len == b.len && crypto_equal(a.at, b.at, a.len);
}

void crypto_wipe(void *at, size_t len)
{
    if (at != NULL && len > 0) {
        OPENSSL_cleanse(at, len);
    }
}
