/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/back.h - what a server says, read and written.
 *
 * Readers are given the body of a message (behind type and length), whole unless
 * it says otherwise, and answer whether it is of the form. Out-parameters are
 * untouched when it is not.
 *
 * Ownership: spans are borrowed from the body. A name or text is followed by its
 * terminating zero in there, so its at is a C string too. Threads: any. Bounds: the
 * caller's.
 */
#ifndef SLUICE_PROTOCOL_BACK_H
#define SLUICE_PROTOCOL_BACK_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

/* ErrorResponse and NoticeResponse: what was not said is empty. */
struct back_error {
    struct sl_span severity; /* V, which is never translated; else S, which may be */
    struct sl_span sqlstate; /* five bytes, or empty */
    struct sl_span message;
    struct sl_span detail;
    struct sl_span hint;
    bool is_fatal; /* FATAL or PANIC: the server closes the connection */
    bool is_whole; /* the terminator was seen, in its place */
};

/*
 * Fields that are wholly there; body may be the beginning of one. Never fails: what
 * a server says in its distress is read as far as it can be.
 */
void back_read_error(struct sl_span body, struct back_error *out);
/* As a struct sl_error; a SQLSTATE that is missing or no such thing becomes XX000. */
void back_error_copy(const struct back_error *from, struct sl_error *error);

struct back_param {
    struct sl_span name;
    struct sl_span value;
};

SL_MUST_CHECK bool back_read_param_status(struct sl_span body, struct back_param *out);

struct back_key {
    uint32_t pid;
    struct sl_span key; /* 4 to 256 bytes */
};

SL_MUST_CHECK bool back_read_key(struct sl_span body, struct back_key *out);

enum back_auth_code {
    BACK_AUTH_OK = 0,
    BACK_AUTH_KERBEROS_V5 = 2,
    BACK_AUTH_CLEARTEXT = 3,
    BACK_AUTH_MD5 = 5, /* rest: 4 bytes of salt */
    BACK_AUTH_GSS = 7,
    BACK_AUTH_GSS_CONTINUE = 8,
    BACK_AUTH_SSPI = 9,
    BACK_AUTH_SASL = 10, /* rest: for back_next_mechanism() */
    BACK_AUTH_SASL_CONTINUE = 11,
    BACK_AUTH_SASL_FINAL = 12
};

struct back_auth {
    uint32_t code; /* enum back_auth_code, or another */
    struct sl_span rest;
};

/* Judges the rest of the codes above that have one of a fixed form. */
SL_MUST_CHECK bool back_read_auth(struct sl_span body, struct back_auth *out);
/* Takes the next mechanism's name off rest. False at the end, or when it is not of the form. */
SL_MUST_CHECK bool back_next_mechanism(struct sl_span *rest, struct sl_span *name);

/* I, T or E. */
SL_MUST_CHECK bool back_read_ready(struct sl_span body, char *status);
SL_MUST_CHECK bool back_read_tag(struct sl_span body, struct sl_span *tag);

struct back_notification {
    uint32_t pid;
    struct sl_span channel;
    struct sl_span payload;
};

SL_MUST_CHECK bool back_read_notification(struct sl_span body, struct back_notification *out);

/* Writers append one whole message, or (not SL_OK) nothing. */

/* severity: "ERROR", "FATAL", "WARNING", "NOTICE", ... (fields S and V). */
SL_MUST_CHECK enum sl_err back_put_error(
        struct sl_buf *buf, const char *severity, const struct sl_error *error);
SL_MUST_CHECK enum sl_err back_put_notice(
        struct sl_buf *buf, const char *severity, const struct sl_error *error);
SL_MUST_CHECK enum sl_err back_put_param_status(
        struct sl_buf *buf, const char *name, const char *value);
/* key: 4 to 256 bytes, else SL_EINVAL; above 4 only in protocol 3.2. */
SL_MUST_CHECK enum sl_err back_put_key(struct sl_buf *buf, uint32_t pid, struct sl_span key);
SL_MUST_CHECK enum sl_err back_put_auth_ok(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err back_put_auth_cleartext(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err back_put_auth_md5(struct sl_buf *buf, const uint8_t salt[4]);
SL_MUST_CHECK enum sl_err back_put_auth_sasl(
        struct sl_buf *buf, const char *const *mechanisms, size_t count);
SL_MUST_CHECK enum sl_err back_put_auth_sasl_continue(struct sl_buf *buf, struct sl_span data);
SL_MUST_CHECK enum sl_err back_put_auth_sasl_final(struct sl_buf *buf, struct sl_span data);
SL_MUST_CHECK enum sl_err back_put_ready(struct sl_buf *buf, char status);
SL_MUST_CHECK enum sl_err back_put_command_complete(struct sl_buf *buf, const char *tag);
SL_MUST_CHECK enum sl_err back_put_param_description(
        struct sl_buf *buf, const uint32_t *types, uint16_t count);
SL_MUST_CHECK enum sl_err back_put_notification(
        struct sl_buf *buf, uint32_t pid, const char *channel, const char *payload);

#endif
