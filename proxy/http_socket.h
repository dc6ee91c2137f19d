/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_socket.h - the socket that [http] listen names.
 *
 * Ownership: the caller's. Threads: any. Bounds: none.
 */
#ifndef SLUICE_PROXY_HTTP_SOCKET_H
#define SLUICE_PROXY_HTTP_SOCKET_H

struct conf;

/* Bound and listening, or -1 with errno. */
int http_socket(const struct conf *conf);

#endif
