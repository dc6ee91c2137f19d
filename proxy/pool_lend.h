/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool_lend.h - an idle server that nobody misses, for a moment.
 *
 * It is lent where nobody waits and nothing is paused, to the worker that it is with, and counts
 * as tested until pool_give(): that gives it to whoever has come meanwhile, or puts it back
 * where it was, for it has not been used.
 *
 * Threads: as marked; the pool's lock.
 */
#ifndef SLUICE_PROXY_POOL_LEND_H
#define SLUICE_PROXY_POOL_LEND_H

#include "protocol/base/clock.h"

#include <stdbool.h>

struct pool;
struct server;
struct worker;

/* On that worker: of its servers the one that has rested longest, for `rest` at least; or NULL. */
struct server *pool_lend(struct pool *pool, struct worker *worker, sl_usec rest);
/*
 * Any thread: a worker that would find one now, or, where clients keep servers, may find one of
 * these (server_load.c); or NULL.
 */
struct worker *pool_lender(struct pool *pool, sl_usec now, sl_usec rest);
/* Any thread: whether there are any that could be lent, now or when their clients are done. */
bool pool_has_servers(struct pool *pool);

#endif
