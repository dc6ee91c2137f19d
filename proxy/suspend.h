/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/suspend.h - SUSPEND: nobody is read, nothing is sent, until RESUME.
 *
 * What a connection had begun to pass goes on to the end of that message, and what
 * waits to be sent is sent; then its socket is not read any more. A request that came
 * before and was not passed on waits here, in its place; new connections wait with the
 * listener. Logins, clean-ups and tests of ours go on to their end. The console is
 * served as ever. When suspend_timeout is over, whoever is not at rest is ended.
 *
 *   suspend_begin() -> letters -> worker->is_suspended -> suspend_stops() in each turn
 *   suspend_end()   -> letters -> every io that was stopped is woken
 *
 * Threads: suspend_begin() and suspend_end() any; the rest the worker's own.
 * Bounds: one letter a worker, however often they are called.
 */
#ifndef SLUICE_PROXY_SUSPEND_H
#define SLUICE_PROXY_SUSPEND_H

#include "proxy/client.h"
#include "proxy/server.h"
#include "proxy/worker.h"

void suspend_begin(void);
void suspend_end(void);

/* No more is read from it for now; it is woken at the end. */
void suspend_io(struct io *io);
/* Is what it does over, as far as SUSPEND waits for that? */
bool suspend_client_is_at_rest(const struct client *client);
bool suspend_server_is_at_rest(const struct server *server);

/* Asked before reading: body_left is what is missing of a message that was begun. */
static inline bool suspend_stops(struct io *io, uint32_t body_left)
{
    if (SL_LIKELY(!io->worker->is_suspended) || body_left > 0) {
        return false;
    }
    suspend_io(io);
    return true;
}

/* How much may be read now: not beyond the end of that message. */
static inline size_t suspend_most(const struct io *io, uint32_t body_left)
{
    bool is_bounded = SL_UNLIKELY(io->worker->is_suspended) && body_left < READ_BYTES;
    return is_bounded ? body_left : READ_BYTES;
}

#endif
