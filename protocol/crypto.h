/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/crypto.h - the door to OpenSSL's hashes and random bytes.
 *
 * SHA-256, HMAC, PBKDF2, PostgreSQL's MD5 password scheme, base64, comparison in
 * constant time, wiping. TLS and certificates are proxy/tls.h.
 *
 * Ownership: none; nothing is kept. Threads: any. Bounds: the caller's buffers.
 * Failures are SL_ENOMEM, or SL_EIO when the library does not do it (no random
 * bytes; MD5 where a policy forbids it); what was to be written is wiped then.
 */
#ifndef SLUICE_PROTOCOL_CRYPTO_H
#define SLUICE_PROTOCOL_CRYPTO_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

enum {
    CRYPTO_SHA256_BYTES = 32,
    CRYPTO_MD5_TEXT_BYTES = 36, /* "md5", 32 hex digits, terminator */
    CRYPTO_MD5_SALT_BYTES = 4
};

/* Characters of len bytes in base64, terminator included. */
#define CRYPTO_BASE64_BYTES(len) (((size_t)(len) + 2) / 3 * 4 + 1)

SL_MUST_CHECK enum sl_err crypto_random(void *at, size_t len);
SL_MUST_CHECK enum sl_err crypto_sha256(struct sl_span bytes, uint8_t out[CRYPTO_SHA256_BYTES]);
SL_MUST_CHECK enum sl_err crypto_hmac_sha256(
        struct sl_span key, struct sl_span bytes, uint8_t out[CRYPTO_SHA256_BYTES]);
/* Slow by intent: a crypto thread's work. iterations is at least 1. */
SL_MUST_CHECK enum sl_err crypto_pbkdf2_sha256(struct sl_span password, struct sl_span salt,
        uint32_t iterations, uint8_t out[CRYPTO_SHA256_BYTES]);

/* As PostgreSQL keeps it: "md5" and the hex MD5 of password followed by user. */
SL_MUST_CHECK enum sl_err crypto_md5_secret(
        const char *password, const char *user, char out[CRYPTO_MD5_TEXT_BYTES]);
/* As a client answers AuthenticationMD5Password: from a secret ("md5..." and 32 digits). */
SL_MUST_CHECK enum sl_err crypto_md5_response(const char *secret,
        const uint8_t salt[CRYPTO_MD5_SALT_BYTES], char out[CRYPTO_MD5_TEXT_BYTES]);

/* With padding, terminated. SL_ELIMIT: cap is below CRYPTO_BASE64_BYTES(bytes.len). */
SL_MUST_CHECK enum sl_err crypto_base64_encode(struct sl_span bytes, char *out, size_t cap);
/*
 * RFC 4648, Base 64, strictly: padding must be there, spare bits must be zero, no
 * white space. *len: bytes written. SL_EINVAL, or SL_ELIMIT when cap is too small.
 */
SL_MUST_CHECK enum sl_err crypto_base64_decode(
        struct sl_span text, uint8_t *out, size_t cap, size_t *len);

/* Takes as long for a wrong first byte as for a wrong last one. Lengths are no secret. */
bool crypto_equal(struct sl_span a, struct sl_span b);
/* Zeroes that the compiler may not leave out. */
void crypto_wipe(void *at, size_t len);

#endif
