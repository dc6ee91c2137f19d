/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/redis.h - one connection to Redis: commands go out in a row, answers come in the same order.
 *
 * The door to hiredis, of which it takes the reader of replies with objects of our own. Its
 * asynchronous half is not for us: it asserts on what a server sends (one reply more than was asked for
 * ends the process), allocates each element, and knows neither deadlines nor bounds.
 *
 * It has no loop and waits for nothing: whoever drives it waits for what redis_fd() and
 * redis_wants_write() say, then calls redis_go_on(). No name is resolved: an address is numeric.
 *
 * Every command's function is called exactly once: with the answer, or with none when the connection
 * went before it came. In it commands may be sent and the connection dropped, which happens when it has
 * returned; it may not be freed.
 *
 * Ownership: the caller's. Threads: one at a time. Bounds: those of its options. A reply that is longer than
 * reply_max is not awaited: the connection is dropped (REDIS_TOO_LARGE).
 */
#ifndef SLUICE_CACHE_REDIS_H
#define SLUICE_CACHE_REDIS_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>

enum { REDIS_VALUES_MAX = 8192, REDIS_WHY_MAX = 160 };

enum redis_kind {
    REDIS_NIL,
    REDIS_BULK,
    REDIS_STATUS, /* +OK */
    REDIS_ERROR,  /* -ERR ... */
    REDIS_NUMBER,
    REDIS_ARRAY /* number elements follow, each with its own elements behind it */
};

struct redis_value {
    enum redis_kind kind;
    int64_t number;
    struct sl_span bytes; /* of the first four */
};

/* Lent until it returns. values: NULL: it does not come any more. */
typedef void redis_answered(void *self, const struct redis_value *values, size_t count);

struct redis_options {
    const char *address; /* numeric, IPv4 or IPv6; NULL: path */
    int port;
    const char *path; /* of a socket */
    size_t out_max;   /* bytes that are not sent yet */
    size_t reply_max; /* of one reply */
    unsigned commands_max;
    void (*closes)(
            void *self);     /* its fd is about to be: nobody may watch it any more; may be NULL */
    redis_answered *unasked; /* what no command waits for; NULL: that is REDIS_BROKEN */
    void *self;
};

/* How a connection ended. */
enum redis_end {
    REDIS_NOT_ENDED,
    REDIS_UNREACHABLE, /* it never was */
    REDIS_CLOSED,      /* by the server */
    REDIS_FAILED,      /* a system call did */
    REDIS_BROKEN,      /* not the protocol */
    REDIS_TOO_LARGE,
    REDIS_NO_MEMORY,
    REDIS_DROPPED, /* redis_drop() */
    REDIS_ENDS
};

struct redis;

/* NULL: no memory. The options' texts outlive it. */
SL_MUST_CHECK struct redis *redis_new(const struct redis_options *options);
void redis_free(struct redis *redis); /* NULL is fine; nobody is called any more */

/* Begins to connect; what is sent meanwhile goes when it is there. SL_EIO, SL_EINVAL: it is ended. */
SL_MUST_CHECK enum sl_err redis_connect(struct redis *redis);
bool redis_is_open(const struct redis *redis); /* connecting or connected */
bool redis_is_connected(const struct redis *redis);
void redis_drop(struct redis *redis);

/*
 * One command: redis_open(), its parts, redis_close(). A part may be given in pieces. If there was no room
 * for all of it, redis_close() says so, and nothing of it is sent.
 */
void redis_open(struct redis *redis, size_t parts);
void redis_part(struct redis *redis, struct sl_span bytes);
void redis_part_of(struct redis *redis, const struct sl_span *pieces, size_t count);
SL_MUST_CHECK enum sl_err redis_close(struct redis *redis, redis_answered *answered, void *self);

/* The same of one whose answers come as `unasked`: SUBSCRIBE, and PING behind it. */
SL_MUST_CHECK enum sl_err redis_close_unasked(struct redis *redis);

size_t redis_unsent(const struct redis *redis);
unsigned redis_unanswered(const struct redis *redis);

int redis_fd(const struct redis *redis); /* -1: there is none */
bool redis_wants_write(const struct redis *redis);
/* Sends what there is to send, as far as it goes now. */
void redis_flush(struct redis *redis);
/* Reads and sends; calls those whose answers came. */
void redis_go_on(struct redis *redis, bool readable, bool writable);

enum redis_end redis_ended(const struct redis *redis);
const char *redis_why(const struct redis *redis); /* a sentence, of the last end */

#endif
