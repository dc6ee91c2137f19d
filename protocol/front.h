/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/front.h - what a client says, read and written.
 *
 * Readers are given the body of a message (behind type and length), or its
 * beginning, and the length that the body is to have: a Bind of a gigabyte is
 * understood by its head and streams. They judge form only.
 *
 * Ownership: spans are borrowed from the body. A name or text is followed by its
 * terminating zero in there, so its at is a C string too. Threads: any. Bounds: the
 * caller's: FRONT_MORE can be answered until body.len reaches body_len.
 */
#ifndef SLUICE_PROTOCOL_FRONT_H
#define SLUICE_PROTOCOL_FRONT_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

enum front_parse {
    FRONT_OK,
    FRONT_MORE, /* more of the body is needed to know; never with the whole body */
    FRONT_BAD   /* not of the form: 08P01 "invalid message format" */
};

/* Out-parameters are untouched unless FRONT_OK. body.len is at most body_len. */

/* The text, without its terminator. */
SL_MUST_CHECK enum front_parse front_read_query(
        struct sl_span body, size_t body_len, struct sl_span *text);

struct msg_parse {
    struct sl_span name;
    struct sl_span query;  /* without its terminator */
    uint16_t params_count; /* types given, may be fewer than the query has parameters */
    struct sl_span rest;   /* the count and the types, to the end of the body */
};

SL_MUST_CHECK enum front_parse front_read_parse(
        struct sl_span body, size_t body_len, struct msg_parse *out);

struct msg_bind {
    struct sl_span portal;
    struct sl_span statement;
    size_t rest_at; /* in the body: behind the names; formats, values, formats follow */
};

/* Looks at the names only; they are what has to be renamed. */
SL_MUST_CHECK enum front_parse front_read_bind_head(
        struct sl_span body, size_t body_len, struct msg_bind *out);

struct msg_bind_rest {
    struct sl_span param_formats; /* 2 bytes each */
    uint16_t params_count;
    struct sl_span params;         /* for front_next_param() */
    struct sl_span result_formats; /* 2 bytes each; see protocol/reply.h */
};

/* The rest of a whole Bind: the body from rest_at on. Formats are not judged. */
SL_MUST_CHECK bool front_read_bind_rest(struct sl_span rest, struct msg_bind_rest *out);
/* Takes the next value off params; is_null: value is empty. False at the end. */
SL_MUST_CHECK bool front_next_param(struct sl_span *params, struct sl_span *value, bool *is_null);

struct msg_target {
    char kind; /* 'S' statement, 'P' portal */
    struct sl_span name;
};

/* Describe and Close. */
SL_MUST_CHECK enum front_parse front_read_target(
        struct sl_span body, size_t body_len, struct msg_target *out);

struct msg_execute {
    struct sl_span portal;
    uint32_t rows_max; /* 0: all */
};

SL_MUST_CHECK enum front_parse front_read_execute(
        struct sl_span body, size_t body_len, struct msg_execute *out);

/* The whole body of a PasswordMessage: the password, without its terminator. */
SL_MUST_CHECK bool front_read_password(struct sl_span body, struct sl_span *password);

struct msg_sasl_initial {
    struct sl_span mechanism;
    bool has_data; /* an initial response may be left out (length -1) */
    struct sl_span data;
};

/* The whole body of a SASLInitialResponse. A SASLResponse is nothing but data. */
SL_MUST_CHECK bool front_read_sasl_initial(struct sl_span body, struct msg_sasl_initial *out);

/* Writers append one whole message, or (not SL_OK) nothing. A text may not hold a zero byte. */
SL_MUST_CHECK enum sl_err front_put_query(struct sl_buf *buf, struct sl_span text);
/* rest: as in msg_parse; empty stands for "no types". */
SL_MUST_CHECK enum sl_err front_put_parse(
        struct sl_buf *buf, struct sl_span name, struct sl_span query, struct sl_span rest);
/*
 * The head of a Bind whose rest_len bytes (as from rest_at on) the caller adds or
 * streams. SL_ELIMIT when the whole is more than a length can say.
 */
SL_MUST_CHECK enum sl_err front_put_bind_head(
        struct sl_buf *buf, struct sl_span portal, struct sl_span statement, size_t rest_len);
SL_MUST_CHECK enum sl_err front_put_describe(struct sl_buf *buf, char kind, struct sl_span name);
SL_MUST_CHECK enum sl_err front_put_close(struct sl_buf *buf, char kind, struct sl_span name);
SL_MUST_CHECK enum sl_err front_put_execute(
        struct sl_buf *buf, struct sl_span portal, uint32_t rows_max);
SL_MUST_CHECK enum sl_err front_put_sync(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err front_put_flush(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err front_put_terminate(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err front_put_password(struct sl_buf *buf, const char *password);
SL_MUST_CHECK enum sl_err front_put_sasl_initial(
        struct sl_buf *buf, const char *mechanism, struct sl_span data);
SL_MUST_CHECK enum sl_err front_put_sasl_response(struct sl_buf *buf, struct sl_span data);

#endif
