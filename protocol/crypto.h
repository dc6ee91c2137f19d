/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/crypto.h - hashes, keys and random bytes: the door to OpenSSL for them.
 *
 * What is fallible answers SL_EIO when OpenSSL would not do it: without memory,
 * without entropy, or because MD5 is forbidden on this machine (FIPS).
 *
 * Threads: any. Bounds: none kept; output is of the size named or given.
 */
#ifndef SLUICE_PROTOCOL_CRYPTO_H
#define SLUICE_PROTOCOL_CRYPTO_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CRYPTO_SHA256_BYTES = 32,
    CRYPTO_MD5_HEX_SIZE = 33,    /* digits and terminator */
    CRYPTO_MD5_SECRET_SIZE = 36, /* "md5", digits and terminator */
    CRYPTO_MD5_SALT_BYTES = 4
};

/* The size of a buffer for len bytes in base64, with terminator. len < SIZE_MAX / 2. */
#define CRYPTO_BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)

SL_MUST_CHECK enum sl_err crypto_sha256(struct sl_span data, uint8_t out[CRYPTO_SHA256_BYTES]);
SL_MUST_CHECK enum sl_err crypto_hmac_sha256(
        struct sl_span key, struct sl_span data, uint8_t out[CRYPTO_SHA256_BYTES]);
/* Slow by design: not on a worker's thread. SL_EINVAL: no iterations. */
SL_MUST_CHECK enum sl_err crypto_pbkdf2_sha256(struct sl_span password, struct sl_span salt,
        uint32_t iterations, uint8_t out[CRYPTO_SHA256_BYTES]);

SL_MUST_CHECK enum sl_err crypto_md5_hex(struct sl_span data, char out[CRYPTO_MD5_HEX_SIZE]);

/*
 * PostgreSQL's md5 password method. The secret, as pg_authid keeps it, is md5 of
 * password and user; what a client sends is md5 of the secret's digits and the salt.
 */
SL_MUST_CHECK enum sl_err crypto_md5_secret(
        struct sl_span password, struct sl_span user, char out[CRYPTO_MD5_SECRET_SIZE]);
/* SL_EINVAL: secret is not "md5" and 32 lower-case hex digits. */
SL_MUST_CHECK enum sl_err crypto_md5_response(const char *secret,
        const uint8_t salt[CRYPTO_MD5_SALT_BYTES], char out[CRYPTO_MD5_SECRET_SIZE]);

/* For keys, salts and nonces. */
SL_MUST_CHECK enum sl_err crypto_random(void *out, size_t len);

/* RFC 4648, section 4. Writes a terminator; *len without it. SL_ELIMIT: does not fit. */
SL_MUST_CHECK enum sl_err crypto_base64_encode(
        struct sl_span data, char *out, size_t out_size, size_t *len);
/*
 * SL_EINVAL: not base64 in its one true form: padded, no white space, no stray bits.
 * SL_ELIMIT: does not fit. *len is untouched then, out may hold part.
 */
SL_MUST_CHECK enum sl_err crypto_base64_decode(
        struct sl_span text, uint8_t *out, size_t out_size, size_t *len);

/* Takes as long whatever the bytes are. */
bool crypto_equal(const void *a, const void *b, size_t len);
/* Of spans; only the lengths may be learnt from the time it takes. */
bool crypto_equal_spans(struct sl_span a, struct sl_span b);

/* Overwrites what is no longer needed; the compiler cannot leave it out. */
void crypto_wipe(void *at, size_t len);

#endif
