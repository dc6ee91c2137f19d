/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_path.h - what a request asks for, cut up and decoded.
 *
 *   /api/views/pools?x=1  ->  segments "api", "views", "pools"; parameter x is "1"
 *
 * A segment is decoded after it was cut out, so that %2F is part of a name. The
 * empty ones are kept but for the first: "/" has none, "/api/" has two.
 *
 * Ownership: a copy of the text. Threads: the caller's. Bounds: HTTP_URI_MAX bytes,
 * HTTP_SEGMENTS_MAX segments, HTTP_PARAMETERS_MAX parameters.
 */
#ifndef SLUICE_PROXY_HTTP_PATH_H
#define SLUICE_PROXY_HTTP_PATH_H

#include "protocol/base/err.h"

#include <stdbool.h>

enum { HTTP_URI_MAX = 2048, HTTP_SEGMENTS_MAX = 8, HTTP_PARAMETERS_MAX = 16 };

struct http_parameter {
    const char *name;
    const char *value;
};

struct http_path {
    unsigned segments_count;
    unsigned parameters_count;
    const char *segments[HTTP_SEGMENTS_MAX];
    struct http_parameter parameters[HTTP_PARAMETERS_MAX];
    char text[HTTP_URI_MAX];
};

/*
 * uri is of a request line: /path?query, or http://host/path?query. SL_ELIMIT: longer than
 * HTTP_URI_MAX. SL_EINVAL: no such thing, a wrong %xx, a control character, too many parts.
 */
SL_MUST_CHECK enum sl_err http_path_read(const char *uri, struct http_path *path);

/* NULL: not given. Of two the first. */
const char *http_path_parameter(const struct http_path *path, const char *name);

/*
 * pattern is "/api/views/{name}": what stands for {name} is put into *value, which is
 * untouched when there is no {}.
 */
bool http_path_fits(const struct http_path *path, const char *pattern, const char **value);

#endif
