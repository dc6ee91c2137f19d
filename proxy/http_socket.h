/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_socket.h - the socket that [http] listen names.
 *
 * Ownership: the caller's. Threads: the main thread. Bounds: none.
 */
#ifndef SLUICE_PROXY_HTTP_SOCKET_H
#define SLUICE_PROXY_HTTP_SOCKET_H

struct address;
struct conf;

/* Bound and listening, or -1 with errno. Once; http_inherit()'s, if that is where it shall be. */
int http_socket(const struct conf *conf);

/* A socket that another process listens on, which is taken over; without it (-1) one is closed. */
void http_inherit(int fd, const struct address *address);
/* The one that http_socket() gave, or -1. The main thread's. */
int http_listens(void);

#endif
