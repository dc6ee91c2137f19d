/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/back.h - what servers say: readers and writers of back-end messages.
 *
 * A reader is given a message's body, without type and length, and answers
 * whether it is of the form; strings in it are spans without their terminator,
 * which is there (but for back_error_read()), so that span.at is a C string too.
 * A writer appends one whole message, or nothing and the reason. PostgreSQL
 * documentation, "Message Formats", "Error and Notice Message Fields".
 *
 * Ownership: spans are borrowed from the body. Threads: any. Bounds: the buf's,
 * and INT32_MAX a message (SL_ELIMIT).
 */
#ifndef SLUICE_PROTOCOL_BACK_H
#define SLUICE_PROTOCOL_BACK_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BACK_KEY_MIN = 4, BACK_KEY_MAX = 256 };

/* What an AuthenticationXXX message begins with. */
enum back_auth {
    BACK_AUTH_OK = 0,
    BACK_AUTH_CLEARTEXT = 3,
    BACK_AUTH_MD5 = 5, /* 4 bytes of salt */
    BACK_AUTH_SASL = 10,
    BACK_AUTH_SASL_CONTINUE = 11,
    BACK_AUTH_SASL_FINAL = 12
};

struct back_error {
    struct sl_span severity; /* never translated (V) when the server sent that, else as sent (S) */
    char sqlstate[6];        /* "" when missing or not five characters */
    struct sl_span message;
    struct sl_span routine; /* the server's function: "" when missing */
    bool is_fatal;          /* FATAL or PANIC: the connection ends */
};

/*
 * ErrorResponse and NoticeResponse. Never fails: what is missing is empty, what is
 * cut ends there, as a server under way down may send anything.
 */
void back_error_read(struct sl_span body, struct back_error *out);

struct back_param {
    struct sl_span name;
    struct sl_span value;
    const char *name_text; /* the same as C strings */
    const char *value_text;
};

/* All of these: SL_EPROTO when not of the form. */
SL_MUST_CHECK enum sl_err back_param_status_read(struct sl_span body, struct back_param *out);
SL_MUST_CHECK enum sl_err back_key_data_read(
        struct sl_span body, uint32_t *pid, struct sl_span *key);
SL_MUST_CHECK enum sl_err back_auth_read(struct sl_span body, uint32_t *code, struct sl_span *rest);
SL_MUST_CHECK enum sl_err back_tag_read(struct sl_span body, struct sl_span *tag);
/* status: 'I', 'T' or 'E'. */
SL_MUST_CHECK enum sl_err back_ready_read(struct sl_span body, char *status);

struct back_notification {
    uint32_t pid;
    struct sl_span channel;
    struct sl_span payload;
};
SL_MUST_CHECK enum sl_err back_notification_read(
        struct sl_span body, struct back_notification *out);

/* A column of a DataRow, the first is 0. False: it is null, not there, or cut. */
bool back_row_field(struct sl_span body, unsigned column, struct sl_span *field);

/*
 * Walks the names in AuthenticationSASL: list is what back_auth_read() left, and
 * becomes what is behind the name. False at the empty name that ends it, or where it is cut.
 */
bool back_mechanism_next(struct sl_span *list, const char **name);

/* severity: "ERROR", "FATAL". Fields S, V, C and M. */
SL_MUST_CHECK enum sl_err back_put_error(
        struct sl_buf *buf, const char *severity, const struct sl_error *error);
/* severity: "NOTICE", "WARNING". */
SL_MUST_CHECK enum sl_err back_put_notice(
        struct sl_buf *buf, const char *severity, const char *sqlstate, const char *text);
SL_MUST_CHECK enum sl_err back_put_param_status(
        struct sl_buf *buf, const char *name, const char *value);
/* SL_EINVAL: a key of no length there can be. */
SL_MUST_CHECK enum sl_err back_put_key_data(struct sl_buf *buf, uint32_t pid, struct sl_span key);
SL_MUST_CHECK enum sl_err back_put_auth_ok(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err back_put_auth_cleartext(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err back_put_auth_md5(struct sl_buf *buf, const uint8_t salt[4]);
/* mechanisms ends with NULL. */
SL_MUST_CHECK enum sl_err back_put_auth_sasl(struct sl_buf *buf, const char *const *mechanisms);
SL_MUST_CHECK enum sl_err back_put_auth_sasl_continue(struct sl_buf *buf, struct sl_span data);
SL_MUST_CHECK enum sl_err back_put_auth_sasl_final(struct sl_buf *buf, struct sl_span data);
SL_MUST_CHECK enum sl_err back_put_ready(struct sl_buf *buf, char status);
SL_MUST_CHECK enum sl_err back_put_command_complete(struct sl_buf *buf, const char *tag);
SL_MUST_CHECK enum sl_err back_put_notification(
        struct sl_buf *buf, const struct back_notification *notification);
/* A message without a body: '1', '2', '3', 'I', 'n', 's'. */
SL_MUST_CHECK enum sl_err back_put_empty(struct sl_buf *buf, char type);

#endif
