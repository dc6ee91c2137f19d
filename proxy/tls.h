/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/tls.h - the one door to OpenSSL's SSL_*.
 *
 * A tls_context is what the files and settings of client_tls_* or server_tls_*
 * come to; a reload makes a new one, and connections keep the one they began
 * with. A struct tls is one connection. Its handshake is done step by step on the
 * crypto threads (proxy/jobs.h); its data afterwards on its worker, by calls that
 * look like recv() and send().
 *
 * Ownership: contexts are reference counted. A struct tls owns the socket from
 * tls_new() on: tls_close() closes it, at once or, with a step under way, when
 * that has ended, because the number must not be used anew before.
 * Threads: contexts any. A struct tls: its worker, but from tls_handshake() until
 * done() only tls_close() may be called.
 * Bounds: an idle connection keeps no record buffer (SSL_MODE_RELEASE_BUFFERS);
 * TLS_SESSIONS_MAX sessions to resume are kept towards servers; an error sentence
 * is as long as struct sl_error's.
 */
#ifndef SLUICE_PROXY_TLS_H
#define SLUICE_PROXY_TLS_H

#include "conf/conf.h"
#include "protocol/base/err.h"
#include "proxy/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    TLS_SESSIONS_MAX = 64,
    TLS_END_POINT_MAX = 64, /* the longest hash of a certificate: SHA-512 */
    TLS_NAME_MAX = 256,     /* a CommonName has at most 64 characters */
    TLS_TEXT_MAX = 96,
    TLS_FIRST_BYTE = 0x16 /* of a ClientHello: direct TLS, without SSLRequest */
};

enum tls_side {
    TLS_FROM_CLIENTS, /* client_tls_*: we are the TLS server */
    TLS_TO_SERVERS    /* server_tls_*: we are the TLS client */
};

enum tls_verdict {
    TLS_DONE,       /* encrypted from now on; call tls_recv() before waiting for the socket */
    TLS_WANT_READ,  /* wait until the socket is readable, then tls_handshake() again */
    TLS_WANT_WRITE, /* the same, writable */
    TLS_FAILED      /* tls_error() says why; tls_close() it */
};

struct tls_context;
struct tls;

/* ---- contexts: reads files, not for a worker ---- */

/*
 * SL_OK and *context NULL: that side's sslmode is disable. SL_ECONF: error says
 * which key is wrong and how.
 */
SL_MUST_CHECK enum sl_err tls_context_new(const struct conf *conf, enum tls_side side,
        struct tls_context **context, struct sl_error *error);
struct tls_context *tls_context_ref(struct tls_context *context);
void tls_context_unref(struct tls_context *context); /* NULL is fine */
/* May we go on in plain when TLS does not come about? tls_mode_accepts_plain() of its sslmode. */
bool tls_context_accepts_plain(const struct tls_context *context);

/* ---- sslmode in words ---- */

/* Is SSLRequest answered S, or a connection by TCP that begins with TLS taken? */
static inline bool tls_mode_offers(enum conf_sslmode client_mode)
{
    return client_mode != CONF_SSL_DISABLE;
}

/* Is a client without TLS, by TCP, refused? */
static inline bool tls_mode_requires(enum conf_sslmode client_mode)
{
    return client_mode >= CONF_SSL_REQUIRE;
}

/* Do we send SSLRequest to a server by TCP? As in PgBouncer "allow" is "prefer". */
static inline bool tls_mode_asks(enum conf_sslmode server_mode)
{
    return server_mode != CONF_SSL_DISABLE;
}

/* May we go on in plain after a server's N? */
static inline bool tls_mode_accepts_plain(enum conf_sslmode server_mode)
{
    return server_mode < CONF_SSL_REQUIRE;
}

/* ---- one connection ---- */

/*
 * fd is non-blocking. host: the name or address asked for, as configured, of a
 * server; it is sent as SNI when it is a name and checked under verify-full. Of a
 * client: NULL, and is_direct when it came without SSLRequest (then it must
 * negotiate the ALPN protocol "postgresql"). NULL without memory: fd is still open.
 */
SL_MUST_CHECK struct tls *tls_new(
        struct tls_context *context, int fd, const char *host, bool is_direct);

/* What it was made with; borrowed. */
struct tls_context *tls_context_of(const struct tls *tls);

/* On home's thread; verdict as above. tls may be closed from in here. */
typedef void (*tls_done_fn)(
        struct tls *tls, struct worker *worker, enum tls_verdict verdict, void *owner);

/*
 * One step. SL_ELIMIT: too many wait for the crypto threads; close it. After
 * tls_close() done is not called.
 */
SL_MUST_CHECK enum sl_err tls_handshake(
        struct tls *tls, struct mailbox *home, tls_done_fn done, void *owner);

/* Says goodbye (as far as the socket takes it), closes the socket and frees. NULL is fine. */
void tls_close(struct tls *tls);

/* What went wrong in the handshake or in the last tls_recv() or tls_send(). */
const char *tls_error(const struct tls *tls);

/* ---- data; only after TLS_DONE ---- */

/*
 * As recv(): the number of bytes, 0 at the end, or -1 with errno EAGAIN (wait until
 * readable) or ECONNRESET (tls_error() says why). Gives what whole records hold, up
 * to len, over several records; costs a system call only when no whole one is there.
 */
ssize_t tls_recv(struct tls *tls, void *bytes, size_t len);

/*
 * As send(): what was taken, which may be less than len, or -1 with errno EAGAIN
 * (wait until writable) or ECONNRESET. After less than len or EAGAIN the next call must begin with the
 * bytes not taken, but may have them elsewhere in memory.
 */
ssize_t tls_send(struct tls *tls, const void *bytes, size_t len);

/* May tls_recv() give more although the socket is not readable? False after EAGAIN. */
bool tls_pending(const struct tls *tls);

/* ---- facts; only after TLS_DONE ---- */

/* What authentication needs to know; all copied. */
struct tls_facts {
    bool is_tls;
    bool has_peer_certificate;    /* given, and verified against the ca file */
    char peer_name[TLS_NAME_MAX]; /* its CommonName; "" when none, or not a text */
    /* "tls-server-end-point", RFC 5929 section 4: of the TLS server's certificate. */
    uint8_t end_point[TLS_END_POINT_MAX];
    size_t end_point_len; /* 0: this certificate has none */
};

void tls_facts(const struct tls *tls, struct tls_facts *facts);

/* Was an earlier session taken up again, without asymmetric cryptography? */
bool tls_is_resumed(const struct tls *tls);

/* As PgBouncer's column tls: "TLSv1.3/TLS_AES_256_GCM_SHA384/ECDH=X25519". Returns text. */
const char *tls_text(const struct tls *tls, char text[static TLS_TEXT_MAX]);

#endif
