/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_routes.h - the table of what is served by HTTP.
 *
 * Ownership: constant. Threads: that of proxy/http.h. Bounds: HTTP_ROUTES_MAX.
 */
#ifndef SLUICE_PROXY_HTTP_ROUTES_H
#define SLUICE_PROXY_HTTP_ROUTES_H

#include "proxy/http_request.h"

enum { HTTP_ROUTES_MAX = 32 };

struct http_route {
    const char *pattern; /* as http_path_fits() takes it */
    unsigned methods;    /* of enum http_method; HEAD goes with GET by itself */
    const char *methods_text;
    const char *sentence;
    void (*run)(struct http_request *request);
};

/* NULL past the end. */
const struct http_route *http_route_at(int i);
int http_route_number(const struct http_route *route); /* -1 for NULL */

/* Finds the route and lets it answer, or refuses. */
void http_route(struct http_request *request);

#endif
