/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_reserve.h - small memory that does not fail, for evhttp.
 *
 * evhttp 2.1 ends the process when an allocation fails while it makes a request: it
 * frees headers that are not there. Clients' sessions must not die of that, so on
 * the thread of proxy/http.h what libevent asks of malloc() in vain comes from here.
 * Larger pieces fail as ever, which evhttp survives: it closes the connection.
 *
 * Ownership: static. Threads: http_reserve_install() before any use of libevent;
 * http_reserve_use() on the one thread that may take from it.
 * Bounds: HTTP_RESERVE_BLOCKS of HTTP_RESERVE_BYTES each.
 */
#ifndef SLUICE_PROXY_HTTP_RESERVE_H
#define SLUICE_PROXY_HTTP_RESERVE_H

enum { HTTP_RESERVE_BLOCKS = 256, HTTP_RESERVE_BYTES = 1024 };

/* libevent's allocations of all threads go through it from now on. */
void http_reserve_install(void);
/* This thread's are not to fail. */
void http_reserve_use(void);
/* Blocks that are in use. */
unsigned http_reserve_used(void);

#endif
