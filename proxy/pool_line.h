/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool_line.h - who of those in line for a server is next.
 *
 * First come, first served, among clients with the server's startup values; but a client that has
 * the server's settings already goes first, which saves PostgreSQL the request that sets them, if
 * it is among the first POOL_LINE_LOOKS: nobody is passed over in that way more than
 * POOL_LINE_PASSES times. A server that has just been made goes to the first who waits for one that is
 * as new, before all others: it is in the place of one that was closed for that. See pool.c for who waits with other startup values.
 *
 * Threads: under the pool's lock. Bounds: POOL_LINE_LOOKS waiters are looked at for their settings.
 */
#ifndef SLUICE_PROXY_POOL_LINE_H
#define SLUICE_PROXY_POOL_LINE_H

#include "protocol/base/clock.h"

#include <stdbool.h>

struct params;
struct pool;
struct server;
struct waiter;

enum { POOL_LINE_LOOKS = 16, POOL_LINE_PASSES = 4 };

#define POOL_PASS_OVER (50 * SL_MSEC)
/* Who waits for a server that is as new is given any after that, unless one is being made. */
#define POOL_LINE_PATIENCE (1 * SL_SECOND)

/* It would rather have one where nobody, or no temporary object, has been (link_temp.h). */
bool pool_line_minds(const struct waiter *waiter, const struct server *server);
/* NULL: nobody is in line. */
struct waiter *pool_line_first(const struct pool *pool);
/* With those startup values. NULL: nobody. */
struct waiter *pool_line_first_with(const struct pool *pool, const struct params *startup);
/* Who gets a server that is free. NULL: nobody. */
struct waiter *pool_line_choose(struct pool *pool, const struct server *server, sl_usec now);

#endif
