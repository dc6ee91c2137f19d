/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/scram_secret.h - what is kept of a password for SCRAM-SHA-256.
 *
 * RFC 5802, section 3, and RFC 7677. Who has a secret can check a password, and who
 * has a ClientKey too can log in with it; neither gives the password away.
 *
 * Passwords are used as they are, byte for byte. That is right for ASCII. SASLprep
 * (RFC 4013), which PostgreSQL applies to what is valid UTF-8, is not done: non-ASCII
 * passwords are used unnormalised, and one that SASLprep would change is refused
 * here while it works there.
 *
 * Ownership: the caller's memory, to be wiped by the caller. Threads: any. Bounds: the
 * constants.
 */
#ifndef SLUICE_PROTOCOL_SCRAM_SECRET_H
#define SLUICE_PROTOCOL_SCRAM_SECRET_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCRAM_KEY_BYTES = 32,
    SCRAM_SALT_MAX = 64,
    SCRAM_SALT_BYTES = 16, /* of those we make, as PostgreSQL */
    SCRAM_ITERATIONS = 4096,
    SCRAM_ITERATIONS_MAX = 10000000,
    SCRAM_SECRET_SIZE = 256 /* of a secret in its text form, with terminator */
};

/* SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, as pg_authid keeps it. */
struct scram_secret {
    uint32_t iterations;
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t stored_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];
    bool is_mock; /* of a user who has none: every proof is wrong */
};

/* SL_EINVAL: not of the form. SL_ELIMIT: its salt or iterations are out of bounds. */
SL_MUST_CHECK enum sl_err scram_secret_parse(const char *text, struct scram_secret *out);
SL_MUST_CHECK enum sl_err scram_secret_format(
        const struct scram_secret *secret, char out[SCRAM_SECRET_SIZE]);

/*
 * For a user who does not exist or has no SCRAM secret: the same one each time, as a
 * real one would be, from a random key of this process. SL_EIO: no random bytes.
 */
SL_MUST_CHECK enum sl_err scram_secret_mock(struct sl_span user, struct scram_secret *out);

/*
 * The keys of a secret whose salt and iterations are chosen already, for a user whose
 * password is known; is_mock stays as it is. SL_EIO: no hash.
 */
SL_MUST_CHECK enum sl_err scram_secret_set_keys(struct scram_secret *secret,
        const uint8_t client_key[SCRAM_KEY_BYTES], const uint8_t server_key[SCRAM_KEY_BYTES]);

/* What a password comes to. Slow. SL_ELIMIT: salt or iterations out of bounds. */
SL_MUST_CHECK enum sl_err scram_derive_keys(struct sl_span password, struct sl_span salt,
        uint32_t iterations, uint8_t client_key[SCRAM_KEY_BYTES],
        uint8_t server_key[SCRAM_KEY_BYTES]);

#endif
