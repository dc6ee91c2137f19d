/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/server_words.h - errors that call a prepared statement by its name call it by its client's.
 *
 * A server knows a client's statement by a name of ours (prepared.h), and what it says to a Bind with
 * the wrong number of parameters, or to a name that it does not have any more, has that in it: in
 * quotes, whichever the server's language has. Only the words of such errors are looked at
 * (08P01, 26000): in others it may be the client's data.
 *
 * Ownership: the result is the caller's. Threads: the server's worker. Bounds: an ErrorResponse.
 */
#ifndef SLUICE_PROXY_SERVER_WORDS_H
#define SLUICE_PROXY_SERVER_WORDS_H

#include "protocol/base/span.h"

struct server;
struct settle_bytes;

/*
 * The whole message instead of an ErrorResponse of that body, the answer to what is expected next;
 * NULL: as it is.
 */
struct settle_bytes *server_words(const struct server *server, struct sl_span body);

#endif
