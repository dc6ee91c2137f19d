/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/json_read.h - reads a body that is one JSON object of texts: the door to jansson.
 *
 *     {"sql": "SELECT 1", "db": "shop"}
 *
 * Strict, so that a mistake is said and not passed over: no member that is not wanted, none
 * twice, no value but a text, UTF-8 only, no zero character, nothing behind the object.
 *
 * Ownership: what is read lives until json_read_fini(). Threads: the caller's. Bounds: the
 * body's, of which it takes some forty times for a while; jansson reads nested values
 * JSON_PARSER_MAX_DEPTH (2,048) deep and says so.
 */
#ifndef SLUICE_PROXY_JSON_READ_H
#define SLUICE_PROXY_JSON_READ_H

#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>

struct json_member {
    const char *name;
    bool is_optional;
    struct sl_span value; /* with a terminator behind it; at is NULL: not given */
};

struct json_read {
    void *root;
    char why[200]; /* of SL_EINVAL: for who sent the body, of which it may quote a word */
};

/* SL_EINVAL: why says what is wrong; SL_ENOMEM. Then too: json_read_fini(). */
SL_MUST_CHECK enum sl_err json_read(
        struct json_read *read, struct sl_span body, struct json_member *members, unsigned count);
void json_read_fini(struct json_read *read);

#endif
