/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http.h - the door to evhttp: a thread that serves the routes of
 * proxy/http_routes.h where [http] listen says.
 *
 * It is off unless listen is set. Nothing here waits for a worker, and no worker for
 * it: what lives on workers comes by letter (proxy/http_gather.h), or not in time.
 *
 *   a connection: READING --a whole request--> ANSWERING --sent--> READING ...
 *
 * Each state may last [http] timeout, counted from its beginning (READING: from the
 * first byte, so that bytes one by one are of no help). When it is over: READING is
 * told 408, ANSWERING 503, and who does not take its answer is cut off.
 *
 * Ownership: one static struct; connections are evhttp's, and ours as long as we hold
 * a reference of their bufferevent (http.c). Threads: its own; http_mailbox() any;
 * the rest the main thread's. Bounds: max_connections, more are answered 503 and
 * closed at once; HTTP_HEAD_MAX bytes of request line and headers, HTTP_URI_MAX of
 * its path, max_body; what comes before its turn waits in the socket, but for about
 * as much as one request; HTTP_OUTPUT_MAX bytes of answers not sent yet.
 */
#ifndef SLUICE_PROXY_HTTP_H
#define SLUICE_PROXY_HTTP_H

#include "protocol/base/err.h"

#include <stdbool.h>

struct conf;
struct mailbox;

enum { HTTP_HEAD_MAX = 8192, HTTP_OUTPUT_MAX = 128 * 1024 * 1024 };

/* SL_OK too when it is off. After process_start(): views ask the workers. */
SL_MUST_CHECK enum sl_err http_start(const struct conf *conf, struct sl_error *error);
/* Ends the thread, which waits for its letters: before process_stop(). */
void http_stop(void);
/* After process_stop(): frees what letters may still have been on their way to. */
void http_fini(void);

/* No connection is accepted until false; the control thread's, by letter. */
void http_pause(bool paused);

/* Of its thread, which walks the registry as workers do; NULL: there is none. */
struct mailbox *http_mailbox(void);

#endif
