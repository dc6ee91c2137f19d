/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/client_request.h - one message of a client, on its way to the server.
 *
 * Between client_relay.c, which finds the messages, client_prepared.c, which rewrites
 * those that name prepared statements, and client_refuse.c, which has them fail.
 *
 * Ownership: a request borrows the client's input for the call. Threads: the
 * client's worker.
 */
#ifndef SLUICE_PROXY_CLIENT_REQUEST_H
#define SLUICE_PROXY_CLIENT_REQUEST_H

#include "protocol/base/span.h"
#include "protocol/expect.h"

struct client;
struct settle_bytes;
struct stmt;

/* What one message of a client's may put into the queue of replies. */
enum { REQUEST_ENTRIES_MAX = 20 };

struct request {
    const uint8_t *at; /* the whole message, as far as it has come */
    size_t here;       /* of its bytes */
    size_t all;        /* of all that has come, it and what follows it */
    uint32_t total;    /* its length, type byte included */
    uint8_t type;
};

enum step {
    STEP_NEXT, /* done with as much of it as is here */
    STEP_MORE, /* it must be whole (or its head) first */
    STEP_STOP  /* it stays where it is until the client is woken, if ever */
};

static inline struct sl_span request_body(const struct request *request)
{
    return sl_span(request->at + 5, request->here - 5);
}

static inline bool request_is_whole(const struct request *request)
{
    return request->here == request->total;
}

/* Expects the reply, then the message passes as it is; client_relay.c. */
SL_MUST_CHECK enum step request_pass(
        struct client *client, const struct request *request, struct expect_entry entry);
/* The bytes from `from` on pass, the rest as it comes; the expectation was noted before. */
void request_pass_from(struct client *client, const struct request *request, size_t from);
/* It goes no further. */
void request_drop(struct client *client, const struct request *request);
/* STEP_STOP until replies have come: of its names something is pending, or a bound is reached. */
enum step request_hold(struct client *client);
/*
 * Another server is to have it, and nothing of it was sent here: this one goes back, at once or behind what
 * it was sent to be set up. Whoever looks at the request again before that calls it again.
 */
enum step request_give_back(struct client *client);
/* client_refuse.c: it fails at its place in the order, with an error of ours. */
SL_MUST_CHECK enum step request_poison(struct client *client, const struct request *request,
        const char *sqlstate, const char *format, ...) SL_PRINTF(4, 5);
/* The same with a whole ErrorResponse, which it takes over; NULL: there was no memory for it. */
SL_MUST_CHECK enum step request_poison_with(
        struct client *client, const struct request *request, struct settle_bytes *error);

/* A simple Query fails likewise: the client has a server, and gets that error. stmt: its reply's, or NULL. */
SL_MUST_CHECK enum step request_refuse_query(
        struct client *client, const struct sl_error *error, struct stmt *stmt);
/* And a request that begins with a Parse of the unnamed statement, which is none then. */
SL_MUST_CHECK enum step request_refuse_parse(struct client *client, const struct sl_error *error);

/* client_prepared.c: the client has a server, and its statements are ours to name. */
SL_MUST_CHECK enum step request_parse(struct client *client, const struct request *request);
SL_MUST_CHECK enum step request_bind(struct client *client, const struct request *request);
SL_MUST_CHECK enum step request_describe(struct client *client, const struct request *request);
SL_MUST_CHECK enum step request_close(struct client *client, const struct request *request);
/* A simple Query of that segment destroys the unnamed statement; the first that is under way surely. */
void request_forget_unnamed(struct client *client, uint32_t segment, bool is_first);

#endif
