/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/startup.h - the packets that open a connection: they have no type byte.
 *
 * Reads what a client sends first (SSLRequest, GSSENCRequest, CancelRequest,
 * StartupMessage), and writes what we send first to a server. PostgreSQL
 * documentation, "Start-up", "Canceling Requests in Progress", "Message Formats".
 * That SSLRequest and GSSENCRequest come once each, and that nothing follows them
 * in the same read, is for the caller to see to; it has startup.len.
 *
 * Ownership: what is read is borrowed from the bytes given. Threads: any. Bounds:
 * STARTUP_LEN_MAX bytes a packet, cancel keys of 4 to 256 bytes.
 */
#ifndef SLUICE_PROTOCOL_STARTUP_H
#define SLUICE_PROTOCOL_STARTUP_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STARTUP_LEN_MAX = 10004, /* PostgreSQL's bound of 10000, and the length word */
    STARTUP_KEY_MIN = 4,
    STARTUP_KEY_MAX = 256,
    STARTUP_MAJOR = 3,
    STARTUP_MINOR_NEWEST = 2 /* 3.1 was never in use; 3.2 has cancel keys of any length */
};

enum startup_kind {
    STARTUP_MORE, /* not all there yet */
    STARTUP_SSL,
    STARTUP_GSS,
    STARTUP_CANCEL,
    STARTUP_PROTOCOL, /* a StartupMessage of major version 3, whatever minor */
    STARTUP_BAD       /* error says why */
};

struct startup {
    size_t len;                /* of the whole packet; 0 until its length word is there */
    uint16_t major;            /* STARTUP_PROTOCOL, and BAD for its version */
    uint16_t minor;            /* as asked for: see startup_minor() */
    struct sl_span params;     /* STARTUP_PROTOCOL: what startup_next_param() has still to give */
    bool is_silent;            /* STARTUP_BAD: closed without an answer */
    bool has_pq_options;       /* a parameter's name begins with _pq_. */
    uint32_t cancel_pid;       /* STARTUP_CANCEL */
    struct sl_span cancel_key; /* STARTUP_CANCEL */
};

/*
 * The packet at the head of bytes; more may follow it. out is written in any case.
 * error, of STARTUP_BAD: 08P01, or 0A000 for another major version, in PostgreSQL's
 * words. A packet that can only be bad is bad before all of it came.
 */
SL_MUST_CHECK enum startup_kind startup_parse(
        struct sl_span bytes, struct startup *out, struct sl_error *error);

/* The next parameter as C strings, in the packet's order; false at the end. */
bool startup_next_param(struct startup *startup, const char **name, const char **value);

/* The minor version we speak with who asked for that one: 0 for 0 and 1, else 2. */
unsigned startup_minor(unsigned asked);

/* Must the client be told that we speak something else, or do not know an option of it? */
bool startup_must_negotiate(const struct startup *asked);

/*
 * NegotiateProtocolVersion: startup_minor(asked->minor) and the names of all _pq_.
 * options, as we know none. asked as startup_parse() left it: before startup_next_param().
 */
SL_MUST_CHECK enum sl_err startup_put_negotiate(struct sl_buf *buf, const struct startup *asked);

/* To a server. Nothing is added on failure. */
SL_MUST_CHECK enum sl_err startup_put_ssl_request(struct sl_buf *buf);
/* SL_EINVAL: a key of no length there can be. */
SL_MUST_CHECK enum sl_err startup_put_cancel(struct sl_buf *buf, uint32_t pid, struct sl_span key);

/*
 * A StartupMessage in pieces: startup_begin(), startup_put_param() for each, startup_end().
 * *at is where it begins, for startup_end(); nothing may be consumed from buf
 * meanwhile. SL_ELIMIT of startup_end(): longer than a server would take.
 */
SL_MUST_CHECK enum sl_err startup_begin(struct sl_buf *buf, unsigned minor, size_t *at);
SL_MUST_CHECK enum sl_err startup_put_param(
        struct sl_buf *buf, const char *name, const char *value);
SL_MUST_CHECK enum sl_err startup_end(struct sl_buf *buf, size_t at);

#endif
