/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/startup.h - the packets without a type byte that begin a connection.
 *
 * StartupMessage, SSLRequest, GSSENCRequest and CancelRequest, read from clients and
 * written to servers, and NegotiateProtocolVersion, which answers the first
 * (PostgreSQL documentation, "Message Flow", Start-up, and "Message Formats").
 *
 * The newest version we speak is 3.2. 3.1 is reserved and never was: who asks for it
 * is offered 3.0; who asks for anything above 3.2 is offered 3.2.
 *
 * Ownership: everything in struct startup is borrowed from the bytes it was read
 * from. Threads: any. Bounds: STARTUP_BYTES_MAX, as in PostgreSQL.
 */
#ifndef SLUICE_PROTOCOL_STARTUP_H
#define SLUICE_PROTOCOL_STARTUP_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

enum {
    STARTUP_BYTES_MAX = 10004, /* 10000 behind the length, PostgreSQL's limit */
    STARTUP_KEY_MIN = 4,       /* bytes of a cancel key: 3.0 has 4, 3.2 up to 256 */
    STARTUP_KEY_MAX = 256,
    STARTUP_MINOR_NEWEST = 2
};

enum startup_kind {
    STARTUP_MORE, /* not wholly there, and nothing wrong yet */
    STARTUP_SSL,
    STARTUP_GSS,
    STARTUP_CANCEL,
    STARTUP_PROTOCOL,
    STARTUP_BAD /* error says what a client is told, with FATAL */
};

struct startup {
    enum startup_kind kind;
    size_t len;           /* bytes of the packet: consume these */
    uint16_t minor_asked; /* PROTOCOL: as the client wants it */
    uint16_t minor;       /* PROTOCOL: what it is to be: 0 or 2 */
    bool has_options;     /* PROTOCOL: parameters beginning with "_pq_.", none of them known */
    uint32_t pid;         /* CANCEL */
    struct sl_span key;   /* CANCEL: 4 to 256 bytes */

    struct sl_span params; /* PROTOCOL: name, value, ..., without the last terminator */
    size_t params_at;      /* how far startup_next_param() has come */
};

/*
 * Reads the packet at the beginning of bytes. out is untouched for STARTUP_MORE and
 * STARTUP_BAD. BAD: 08P01 for a wrong length or layout, 0A000 for another major.
 * What stands behind the packet is not looked at; behind SSLRequest and
 * GSSENCRequest nothing may stand, and that is the caller's to refuse.
 */
enum startup_kind startup_parse(struct sl_span bytes, struct startup *out, struct sl_error *error);

/* The next pair, in the packet's order, as borrowed C strings; false at the end. */
bool startup_next_param(struct startup *startup, const char **name, const char **value);
/* The last value given for name, as PostgreSQL takes it, or NULL. Moves nothing. */
const char *startup_param(const struct startup *startup, const char *name);
/* A protocol option: begins with "_pq_.". */
bool startup_is_option(const char *name);

/* Must NegotiateProtocolVersion be sent, once, before authentication? */
bool startup_must_negotiate(const struct startup *startup);
/* Appends NegotiateProtocolVersion: startup->minor and all options. */
SL_MUST_CHECK enum sl_err startup_put_negotiate(struct sl_buf *buf, const struct startup *startup);

/* What we send to servers. */
SL_MUST_CHECK enum sl_err startup_put_ssl_request(struct sl_buf *buf);
/* key: STARTUP_KEY_MIN to STARTUP_KEY_MAX bytes, else SL_EINVAL. */
SL_MUST_CHECK enum sl_err startup_put_cancel(struct sl_buf *buf, uint32_t pid, struct sl_span key);

/*
 * A StartupMessage: begin, pairs, end; failures are kept and told by end, and then
 * nothing was added. SL_EINVAL: an empty name. SL_ELIMIT: over STARTUP_BYTES_MAX.
 */
struct startup_writer {
    struct sl_buf *buf;
    size_t at;
    enum sl_err err;
};

void startup_begin(struct startup_writer *writer, struct sl_buf *buf, uint16_t minor);
void startup_put_param(struct startup_writer *writer, const char *name, const char *value);
SL_MUST_CHECK enum sl_err startup_end(struct startup_writer *writer);

/*
 * Reads the body of a NegotiateProtocolVersion that a server sent us: the minor it
 * speaks, and how many of our options it did not know. False: not well-formed, or
 * another major.
 */
SL_MUST_CHECK bool startup_read_negotiate(
        struct sl_span body, uint16_t *minor, uint32_t *options_count);

#endif
