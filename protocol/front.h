/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/front.h - what clients say: readers and writers of front-end messages.
 *
 * A reader is given a message's body, without type and length, and answers
 * whether it is of the form; strings in it are spans without their terminator,
 * which is there, so that span.at is a C string too. A writer appends one whole
 * message, or nothing and the reason. PostgreSQL documentation, "Message Formats".
 *
 * Ownership: spans are borrowed from the body. Threads: any. Bounds: the buf's,
 * and INT32_MAX a message (SL_ELIMIT).
 */
#ifndef SLUICE_PROTOCOL_FRONT_H
#define SLUICE_PROTOCOL_FRONT_H

#include "protocol/base/buf.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRONT_STATEMENT = 'S', FRONT_PORTAL = 'P' }; /* what a Describe or Close is about */

struct front_parse {
    struct sl_span name;  /* empty: the unnamed statement */
    struct sl_span query; /* the text */
    struct sl_span rest;  /* all after the name: query, its terminator, number and types */
};

/* SL_EPROTO when not of the form; the number of types must fit their bytes exactly. */
SL_MUST_CHECK enum sl_err front_parse_read(struct sl_span body, struct front_parse *out);

enum front_result { FRONT_OK, FRONT_MORE, FRONT_BAD };

struct front_bind {
    struct sl_span portal;
    struct sl_span statement;
    size_t rest_offset; /* where in the body formats and parameters begin */
};

/*
 * The names at the head of a Bind, of which so_far came yet and which is body_len
 * long in all: the parameters may be a gigabyte, and pass unread.
 */
SL_MUST_CHECK enum front_result front_bind_head(
        struct sl_span so_far, size_t body_len, struct front_bind *out);

/*
 * The number-th parameter, from 1, of a Bind whose rest that is, or begins with; value->at is NULL where
 * the parameter is. False: there is none, or it is not all here.
 */
bool front_bind_parameter(struct sl_span rest, unsigned number, struct sl_span *value);

/* Describe and Close: kind is FRONT_STATEMENT or FRONT_PORTAL. */
SL_MUST_CHECK enum sl_err front_target_read(struct sl_span body, char *kind, struct sl_span *name);
/* rows: 0 is all. As the server does, negative numbers are taken to mean all too. */
SL_MUST_CHECK enum sl_err front_execute_read(
        struct sl_span body, struct sl_span *portal, int32_t *rows);
SL_MUST_CHECK enum sl_err front_query_read(struct sl_span body, struct sl_span *text);
/* PasswordMessage: one string. */
SL_MUST_CHECK enum sl_err front_password_read(struct sl_span body, struct sl_span *password);
/* response.at is NULL when there is none (length -1). A SASLResponse is its whole body. */
SL_MUST_CHECK enum sl_err front_sasl_initial_read(
        struct sl_span body, struct sl_span *mechanism, struct sl_span *response);

SL_MUST_CHECK enum sl_err front_put_query(struct sl_buf *buf, struct sl_span text);
/* rest: as struct front_parse has it. */
SL_MUST_CHECK enum sl_err front_put_parse(
        struct sl_buf *buf, struct sl_span name, struct sl_span rest);
/* The head of a Bind; exactly rest_len bytes, what followed rest_offset, must follow. */
SL_MUST_CHECK enum sl_err front_put_bind_head(
        struct sl_buf *buf, struct sl_span portal, struct sl_span statement, size_t rest_len);
SL_MUST_CHECK enum sl_err front_put_describe(struct sl_buf *buf, char kind, struct sl_span name);
SL_MUST_CHECK enum sl_err front_put_close(struct sl_buf *buf, char kind, struct sl_span name);
SL_MUST_CHECK enum sl_err front_put_execute(
        struct sl_buf *buf, struct sl_span portal, int32_t rows);
SL_MUST_CHECK enum sl_err front_put_sync(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err front_put_flush(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err front_put_terminate(struct sl_buf *buf);
SL_MUST_CHECK enum sl_err front_put_password(struct sl_buf *buf, struct sl_span password);
SL_MUST_CHECK enum sl_err front_put_sasl_initial(
        struct sl_buf *buf, const char *mechanism, struct sl_span response);
SL_MUST_CHECK enum sl_err front_put_sasl_response(struct sl_buf *buf, struct sl_span response);

#endif
