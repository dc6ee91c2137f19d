/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/json.h - writes JSON, value after value.
 *
 *     json_begin(&json, &buf);
 *     json_open(&json, '{');
 *     json_key(&json, "rows");
 *     json_int(&json, 3);
 *     json_close(&json, '}');
 *     err = json_end(&json);
 *
 * The commas are its own affair. What it writes is RFC 8259 whatever the texts are:
 * bytes that are no UTF-8 become U+FFFD. A failure is kept until json_end(); what
 * comes after one is not written.
 *
 * Ownership: buf is the caller's. Threads: the caller's. Bounds: the buf's, and
 * JSON_DEPTH_MAX.
 */
#ifndef SLUICE_PROXY_JSON_H
#define SLUICE_PROXY_JSON_H

#include "protocol/base/buf.h"
#include "protocol/reply.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_DEPTH_MAX = 16 };

struct json {
    struct sl_buf *buf;
    enum sl_err err;
    unsigned depth;
    bool wants_comma; /* a value stands before, in the same list */
    char closes[JSON_DEPTH_MAX];
};

void json_begin(struct json *json, struct sl_buf *buf);
/* All lists must be closed. SL_ELIMIT, SL_ENOMEM: what is in buf is of no use. */
SL_MUST_CHECK enum sl_err json_end(const struct json *json);

void json_open(struct json *json, char bracket);  /* { or [ */
void json_close(struct json *json, char bracket); /* } or ] */
void json_key(struct json *json, const char *name);
/* NULL is null. */
void json_text(struct json *json, const char *text);
void json_int(struct json *json, int64_t value);
void json_bool(struct json *json, bool value);
/* A value as PostgreSQL prints it, NULL for null: numbers and truths as such, the rest as text. */
void json_value(struct json *json, enum reply_type type, const char *text);

#endif
