/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_request.h - a request as the routes see it, and how they answer.
 *
 * Each is answered once, now or later, by one of the functions below (http.c); when
 * its time is over before, http.c answers 503 and abandons what is under way for it.
 *
 * Ownership: http.c's; after an answer it is gone. Threads: that of proxy/http.h.
 * Bounds: http.h.
 */
#ifndef SLUICE_PROXY_HTTP_REQUEST_H
#define SLUICE_PROXY_HTTP_REQUEST_H

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "proxy/http_path.h"

#include <stdbool.h>

struct http_gather;
struct http_route;
struct http_task;

enum { HTTP_REPLY_MAX = 64 * 1024 * 1024 };

enum http_method { HTTP_GET = 1, HTTP_HEAD = 2, HTTP_POST = 4, HTTP_OTHER = 8 };

enum http_token { HTTP_TOKEN_MISSING, HTTP_TOKEN_WRONG, HTTP_TOKEN_RIGHT };
/* Of what Authorization said, or NULL; in constant time. */
enum http_token http_token_judge(const char *said, const char *token);

struct http_request {
    enum http_method method;
    struct http_path path;
    struct sl_span body;
    enum http_token token;     /* what Authorization said */
    bool has_tokens;           /* one is configured */
    const char *host;          /* the header, or NULL */
    const char *if_none_match; /* likewise */
    const char *content_type;  /* likewise */
    const struct http_route *route;
    const char *parameter;      /* what stands for {...} of the route */
    struct http_gather *gather; /* under way for it, or NULL */
    struct http_task *task;     /* likewise */
    struct mailbox *mailbox;    /* of the thread: for gathering */
    sl_usec began_at;
};

/* Before the answer. The texts are copied. */
void http_add_header(struct http_request *request, const char *name, const char *value);

/* The memory of body is taken over; NULL: none. */
void http_answer(struct http_request *request, int status, const char *type, struct sl_buf *body);
/* The bytes are constant. */
void http_answer_constant(
        struct http_request *request, int status, const char *type, struct sl_span body);
/*
 * What became of writing an answer of at most HTTP_REPLY_MAX bytes that no cache is to keep: it is
 * sent, or refused by err. The memory of body is taken over.
 */
void http_answer_made(struct http_request *request, int status, const char *type,
        struct sl_buf *body, enum sl_err err);
/* {"error": {"code": ..., "message": ...}} */
void http_refuse(struct http_request *request, int status, const char *format, ...) SL_PRINTF(3, 4);

/* Whether it has the token, for what is not for everybody. False: refused. */
bool http_is_allowed(struct http_request *request);

/* The body of a refusal. */
SL_MUST_CHECK enum sl_err http_put_refusal(struct sl_buf *buf, int status, const char *message);
/* "not_found" */
const char *http_status_code(int status);
/* "Not Found" */
const char *http_status_reason(int status);

#endif
