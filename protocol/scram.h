/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/scram.h - SCRAM-SHA-256 and -PLUS, both sides, as pure state machines.
 *
 * RFC 5802 and 7677 as PostgreSQL does them (documentation, "SASL Authentication"):
 * the user name is the startup packet's, what stands in the messages is ignored; no
 * authorization identity; channel binding is tls-server-end-point. Messages are the
 * bare SCRAM texts; protocol/front.h and back.h wrap them.
 *
 *   server   scram_server_first()   client-first  -> server-first
 *            scram_server_final()   client-final  -> server-final
 *   client   scram_client_first()                 -> client-first
 *            scram_client_read()    server-first: salt and iterations
 *            scram_client_final()   keys          -> client-final
 *            scram_client_verify()  server-final
 *
 * The slow step (PBKDF2: scram_keys_from_password(), scram_secret_from_password())
 * is never done inside: the caller does it on a crypto thread. On the server side it
 * may run between first and final, as first looks only at salt and iterations.
 *
 * Passwords: PostgreSQL normalises with SASLprep and uses the bytes as they are where
 * that fails. For ASCII both are the same, and so it is here. Other bytes are used as
 * they are: a password whose NFKC form differs from what was typed (a ligature, a
 * combining accent, a non-ASCII space) must be given in its NFKC form.
 *
 * Ownership: the structs are the caller's, hold everything by value, and are wiped
 * with scram_server_fini(), scram_client_fini() or crypto_wipe(). Threads: the
 * caller's. Bounds: the enum below; a peer's text beyond them is SL_EPROTO.
 */
#ifndef SLUICE_PROTOCOL_SCRAM_H
#define SLUICE_PROTOCOL_SCRAM_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

enum {
    SCRAM_KEY_BYTES = 32,
    SCRAM_SALT_BYTES = 16, /* of salts we make */
    SCRAM_SALT_MAX = 64,
    SCRAM_ITERATIONS_DEFAULT = 4096,
    SCRAM_ITERATIONS_MAX = 10000000, /* some seconds: a peer must not keep a thread longer */
    SCRAM_BINDING_MAX = 64,          /* a SHA-512 */
    SCRAM_NONCE_BYTES = 24,          /* characters of nonces we make: 18 random bytes */
    SCRAM_NONCE_MAX = 256,           /* of the peer's part */
    SCRAM_MESSAGE_MAX = 1024,        /* one SCRAM text */
    SCRAM_SECRET_TEXT_MAX = 256      /* with terminator */
};

#define SCRAM_SHA_256 "SCRAM-SHA-256"
#define SCRAM_SHA_256_PLUS "SCRAM-SHA-256-PLUS"

/* Whoever has both can log in as the user, to any server that keeps the same secret. */
struct scram_keys {
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];
};

/* What a server keeps: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey> */
struct scram_secret {
    uint32_t iterations;
    uint32_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t stored_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];
};

/* SL_EINVAL: not of the form above, or out of bounds. */
SL_MUST_CHECK enum sl_err scram_secret_parse(const char *text, struct scram_secret *out);
SL_MUST_CHECK enum sl_err scram_secret_text(
        const struct scram_secret *secret, char out[SCRAM_SECRET_TEXT_MAX]);
/* Slow. SL_EINVAL: salt or iterations out of bounds. */
SL_MUST_CHECK enum sl_err scram_keys_from_password(
        const char *password, struct sl_span salt, uint32_t iterations, struct scram_keys *out);
/* Slow. The same, as a secret. */
SL_MUST_CHECK enum sl_err scram_secret_from_password(
        const char *password, struct sl_span salt, uint32_t iterations, struct scram_secret *out);
/* Fast: for keys that are known already. */
SL_MUST_CHECK enum sl_err scram_secret_from_keys(const struct scram_keys *keys, struct sl_span salt,
        uint32_t iterations, struct scram_secret *out);
/*
 * For a user who does not exist or has no secret: salt and keys are a function of
 * the user's name and a key of the process, so that asking twice tells nothing. No
 * password fits it. iterations should be what real users have.
 */
SL_MUST_CHECK enum sl_err scram_secret_mock(const char *user,
        const uint8_t process_key[SCRAM_KEY_BYTES], uint32_t iterations, struct scram_secret *out);

/* ---- server ---- */

struct scram_server {
    uint8_t state;   /* private */
    char cbind_flag; /* n, y or p, as the client said */
    bool over_tls;
    uint32_t binding_len;
    uint8_t binding[SCRAM_BINDING_MAX];
    uint32_t nonce_len;
    char nonce[SCRAM_NONCE_MAX + SCRAM_NONCE_BYTES + 1]; /* the client's and ours */
    uint32_t auth_len;
    char auth[2 * SCRAM_MESSAGE_MAX]; /* client-first-bare "," server-first "," */
    uint8_t client_key[SCRAM_KEY_BYTES];
    uint8_t server_key[SCRAM_KEY_BYTES];
};

struct scram_server_input {
    struct sl_span mechanism; /* as the client chose it */
    struct sl_span binding;   /* tls-server-end-point; empty: -PLUS was not offered */
    const char *nonce;        /* our part; NULL: random. For tests */
};

/*
 * Only salt and iterations of secret are looked at. Appends server-first to out.
 * SL_EAUTH (mechanism unknown or not offered), SL_EPROTO: error says it, as
 * PostgreSQL does; the server is of no more use.
 */
SL_MUST_CHECK enum sl_err scram_server_first(struct scram_server *server,
        const struct scram_server_input *input, struct sl_span client_first,
        const struct scram_secret *secret, struct sl_buf *out, struct sl_error *error);
/*
 * Appends server-final to out when the proof is right. SL_EAUTH: it is not, and error
 * is untouched: the caller says "password authentication failed" in its own words, or
 * channel binding failed (28000), and error says so. SL_EPROTO: error says it.
 */
SL_MUST_CHECK enum sl_err scram_server_final(struct scram_server *server,
        struct sl_span client_final, const struct scram_secret *secret, struct sl_buf *out,
        struct sl_error *error);
/* After scram_server_final() answered SL_OK: what the client's proof gave away. */
void scram_server_keys(const struct scram_server *server, struct scram_keys *out);
void scram_server_fini(struct scram_server *server); /* wipes; zeroed is fine */

/* ---- client ---- */

struct scram_client {
    uint8_t state;   /* private */
    char cbind_flag; /* n, y or p */
    uint32_t binding_len;
    uint8_t binding[SCRAM_BINDING_MAX];
    uint32_t nonce_len;
    char nonce[SCRAM_NONCE_MAX + SCRAM_NONCE_BYTES + 1]; /* ours, later ours and the server's */
    uint32_t auth_len;
    char auth[2 * SCRAM_MESSAGE_MAX]; /* client-first-bare "," server-first "," */
    uint32_t iterations;              /* after scram_client_read() */
    uint32_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t signature[SCRAM_KEY_BYTES]; /* that server-final must have */
};

struct scram_client_input {
    bool use_plus;          /* the server offered -PLUS and binding is there */
    bool is_plus_able;      /* over TLS with binding, but not offered: says 'y' */
    struct sl_span binding; /* tls-server-end-point, for use_plus */
    const char *nonce;      /* NULL: random. For tests */
};

/* Appends client-first to out. */
SL_MUST_CHECK enum sl_err scram_client_first(
        struct scram_client *client, const struct scram_client_input *input, struct sl_buf *out);
/* SL_EPROTO: not a server-first, another nonce, out of bounds; error says it (08P01). */
SL_MUST_CHECK enum sl_err scram_client_read(
        struct scram_client *client, struct sl_span server_first, struct sl_error *error);
/* keys: of the password with client->salt and ->iterations, or of pass-through. */
SL_MUST_CHECK enum sl_err scram_client_final(
        struct scram_client *client, const struct scram_keys *keys, struct sl_buf *out);
/* SL_EAUTH: the server does not know the password either (28P01), or says e=. SL_EPROTO. */
SL_MUST_CHECK enum sl_err scram_client_verify(
        struct scram_client *client, struct sl_span server_final, struct sl_error *error);
void scram_client_fini(struct scram_client *client); /* wipes; zeroed is fine */

#endif
