/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/scram.h - SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, from both sides.
 *
 * RFC 5802, RFC 7677, and of RFC 5929 tls-server-end-point; refusals are those of
 * PostgreSQL. The messages here are what SASLInitialResponse, SASLResponse and
 * AuthenticationSASLxxx carry. Deriving keys from a password takes milliseconds on
 * purpose, so it is a step of its own, for another thread.
 *
 *   we ask a client            client's message             we answer
 *     scram_server_init()
 *     scram_server_first()  <- n,,n=,r=...
 *                                                        -> r=...,s=...,i=...
 *     scram_server_final()  <- c=biws,r=...,p=...
 *                                                        -> v=...
 *
 *   we log in to a server      our message                  server answers
 *     scram_client_init()
 *     scram_client_first()  -> n,,n=,r=...
 *     scram_client_challenge()                           <- r=...,s=...,i=...
 *       scram_derive_keys() on another thread, or keys known from before
 *     scram_client_final()  -> c=biws,r=...,p=...
 *     scram_client_verify()                              <- v=...
 *
 * A step out of order, or after one that failed, fails with SL_EPROTO.
 *
 * Ownership: the structs are the caller's, hold no memory of their own, and hold
 * secrets: scram_server_fini(), scram_client_fini() wipe them. Threads: the
 * caller's. Bounds: the constants below and of protocol/scram_secret.h.
 */
#ifndef SLUICE_PROTOCOL_SCRAM_H
#define SLUICE_PROTOCOL_SCRAM_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"
#include "protocol/scram_secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRAM_NAME "SCRAM-SHA-256"
#define SCRAM_NAME_PLUS "SCRAM-SHA-256-PLUS"

enum {
    SCRAM_END_POINT_MAX = 64, /* the hash of a certificate: SHA-512 at most */
    SCRAM_NONCE_SIZE = 32,    /* 18 random bytes in base64; RFC 7677's example needs more */
    SCRAM_NONCE_MAX = 512,    /* bytes of the other side's nonce */
    SCRAM_MESSAGE_MAX = 1024, /* bytes of any message, but for client-first */
    SCRAM_FIRST_MAX = 2048    /* of client-first: it may hold a user's name */
};

enum scram_step {
    SCRAM_START,
    SCRAM_FIRST,     /* client-first was read or made */
    SCRAM_CHALLENGE, /* client only: server-first was read */
    SCRAM_FINAL,     /* client only: client-final was made */
    SCRAM_DONE,
    SCRAM_FAILED
};

/* How a client binds its login to the TLS session; also GS2's first letter. */
enum scram_binding {
    SCRAM_BINDING_NONE = 'n',   /* cannot: no TLS */
    SCRAM_BINDING_UNUSED = 'y', /* could, but the server does not offer it */
    SCRAM_BINDING_USED = 'p'
};

/* What both sides keep; members are scram.c's, but for those that say otherwise. */
struct scram_exchange {
    enum scram_step step;
    char nonce[SCRAM_NONCE_SIZE]; /* ours; a test may set it after _init() */
    size_t end_point_len;
    uint8_t end_point[SCRAM_END_POINT_MAX];
    char message[SCRAM_MESSAGE_MAX]; /* the last one made */
    size_t auth_len;                 /* AuthMessage of RFC 5802, section 3 */
    char auth[SCRAM_FIRST_MAX + 2 * SCRAM_MESSAGE_MAX + 2];
    size_t full_nonce_len;
    char full_nonce[SCRAM_NONCE_MAX + SCRAM_NONCE_SIZE];
};

struct scram_server {
    struct scram_exchange exchange;
    bool is_plus;                        /* the client chose SCRAM-SHA-256-PLUS */
    enum scram_binding binding;          /* as the client said */
    uint8_t client_key[SCRAM_KEY_BYTES]; /* after scram_server_final(): for pass-through */
};

/*
 * is_plus: which mechanism the client chose. end_point: of the TLS certificate, so
 * that SCRAM-SHA-256-PLUS was offered; empty without. SL_ELIMIT: it is too long;
 * SL_EIO: no random bytes.
 */
SL_MUST_CHECK enum sl_err scram_server_init(
        struct scram_server *server, bool is_plus, struct sl_span end_point);
void scram_server_fini(struct scram_server *server);

/*
 * Reads client-first; *reply is server-first, borrowed from server until the next
 * step. Of secret salt and iterations are used, the keys may come later. SL_EPROTO,
 * with error as PostgreSQL would say it (08P01, 0A000, 28000).
 */
SL_MUST_CHECK enum sl_err scram_server_first(struct scram_server *server, struct sl_span message,
        const struct scram_secret *secret, struct sl_span *reply, struct sl_error *error);

/*
 * Reads client-final; *reply is server-final, as above. SL_EAUTH: the proof is wrong,
 * or the secret a mock one, and error is untouched: what to say is the caller's.
 * SL_EPROTO: as above.
 */
SL_MUST_CHECK enum sl_err scram_server_final(struct scram_server *server, struct sl_span message,
        const struct scram_secret *secret, struct sl_span *reply, struct sl_error *error);

struct scram_client {
    struct scram_exchange exchange;
    enum scram_binding binding;
    uint32_t iterations; /* after scram_client_challenge(), these three */
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t server_signature[SCRAM_KEY_BYTES];
};

/* end_point: with SCRAM_BINDING_USED, else ignored. SL_ELIMIT, SL_EIO: as for the server. */
SL_MUST_CHECK enum sl_err scram_client_init(
        struct scram_client *client, enum scram_binding binding, struct sl_span end_point);
void scram_client_fini(struct scram_client *client);

/* The mechanism to name in SASLInitialResponse. */
const char *scram_client_mechanism(const struct scram_client *client);

/* *message is client-first, borrowed from client until the next step. The user is left empty. */
SL_MUST_CHECK enum sl_err scram_client_first(
        struct scram_client *client, struct sl_span *message, struct sl_error *error);

/* Reads server-first. SL_EPROTO; SL_ELIMIT: salt or iterations out of bounds (both 08P01). */
SL_MUST_CHECK enum sl_err scram_client_challenge(
        struct scram_client *client, struct sl_span message, struct sl_error *error);

/* *message is client-final, borrowed from client until the next step. */
SL_MUST_CHECK enum sl_err scram_client_final(struct scram_client *client,
        const uint8_t client_key[SCRAM_KEY_BYTES], const uint8_t server_key[SCRAM_KEY_BYTES],
        struct sl_span *message, struct sl_error *error);

/* Reads server-final. SL_EAUTH: the server refuses us, or does not know the password itself. */
SL_MUST_CHECK enum sl_err scram_client_verify(
        struct scram_client *client, struct sl_span message, struct sl_error *error);

#endif
