/* SPDX-License-Identifier: PostgreSQL */
/*
 * conf/conf_http.h - the value of [http] listen, cut up.
 *
 * Ownership: the caller's struct. Threads: any. Bounds: CONF_HTTP_HOST_MAX.
 */
#ifndef SLUICE_CONF_CONF_HTTP_H
#define SLUICE_CONF_CONF_HTTP_H

#include <stdbool.h>

enum { CONF_HTTP_HOST_MAX = 64 };

struct conf_http_address {
    char host[CONF_HTTP_HOST_MAX]; /* a numeric address; "" is all there are */
    int port;
    bool is_loopback;
};

/* "127.0.0.1:6480", "[::1]:6480", "*:6480". False: text is none of them. */
bool conf_http_address(const char *text, struct conf_http_address *address);

#endif
