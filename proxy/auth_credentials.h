/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/auth_credentials.h - what we log in to servers with.
 *
 * A secret as the user list or auth_query has it, or a password that a client
 * sent in plain, and the SCRAM keys that a client's proof gave away: with those
 * we can log in to a server that keeps the same SCRAM secret, without knowing
 * the password (pass-through).
 *
 * Ownership: the holder's; memory is wiped by credentials_fini(). Threads: the
 * holder's. Bounds: USERS_SECRET_MAX bytes of secret.
 */
#ifndef SLUICE_PROXY_AUTH_CREDENTIALS_H
#define SLUICE_PROXY_AUTH_CREDENTIALS_H

#include "conf/users.h"
#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { CREDENTIALS_KEY_BYTES = 32 }; /* SHA-256 */

struct credentials {
    char *secret; /* never NULL after _init or _set: "" when there is none */
    enum users_secret kind;
    bool is_refused; /* a server did not take it: anything else is better */
    bool has_keys;   /* the two below fit secret, which is a SCRAM one */
    uint8_t client_key[CREDENTIALS_KEY_BYTES];
    uint8_t server_key[CREDENTIALS_KEY_BYTES];
};

/* No secret; needs no memory of its own. */
void credentials_init(struct credentials *credentials);
/* Wiped; zeroed is fine; may be used again. */
void credentials_fini(struct credentials *credentials);

/* All three replace what was there; on failure (no memory, too long) it is unchanged. */
SL_MUST_CHECK enum sl_err credentials_set(struct credentials *credentials, const char *secret);
/* A text that is a password whatever it looks like. */
SL_MUST_CHECK enum sl_err credentials_set_password(
        struct credentials *credentials, const char *password);
SL_MUST_CHECK enum sl_err credentials_copy(
        struct credentials *credentials, const struct credentials *from);

/* What a client's proof gave away; only of use with a SCRAM secret. */
void credentials_set_keys(struct credentials *credentials,
        const uint8_t client_key[static CREDENTIALS_KEY_BYTES],
        const uint8_t server_key[static CREDENTIALS_KEY_BYTES]);

/* The same secret and keys; whether one was refused makes no difference. */
bool credentials_equal(const struct credentials *a, const struct credentials *b);

/*
 * Is fresh at least as good for logging in as what a pool has already? A password
 * beats keys, keys beat a bare secret, anything what was refused; of equal ones the
 * fresh is better.
 */
bool credentials_is_better(const struct credentials *fresh, const struct credentials *old);

#endif
