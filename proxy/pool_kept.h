/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool_kept.h - servers that have what sequences gave a client, which may still ask for it.
 *
 * Its client, when it asks (struct waiter, bound), is given that one and waits for it for a while,
 * apart from those who take any. When the values are gone there, or the while is over, it goes on
 * as one of these. So it is with all that have somebody's values, once anybody of the pool has asked,
 * and before with those whose client is likely to (sequences_wanted). These are free for others, who
 * may take values there, but after all others, with server_round_robin likewise (pool_idle.h).
 *
 * Ownership: struct server's members of that name. Threads: under the pool's lock, but for those that
 * say so. Bounds: a pool's servers and clients.
 */
#ifndef SLUICE_PROXY_POOL_KEPT_H
#define SLUICE_PROXY_POOL_KEPT_H

#include "protocol/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct client;
struct pool;
struct server;
struct waiter;

/* A client parts from it: may somebody ask for what it has? */
bool pool_kept_is_for_somebody(const struct pool *pool, const struct server *server);
void pool_kept_add(struct pool *pool, struct server *server);
/* Had it better not be anybody else's? */
bool pool_kept_is_spared(const struct server *server);
/* What it has is nobody's any more; those who wait for it wait for any. True: there are some. */
bool pool_kept_remove(struct pool *pool, struct server *server);
/* The same, of the server's worker, which takes the lock where there is anything to do. */
void pool_kept_drop(struct server *server);
/* A client leaves, which may have some; takes the lock. */
void pool_kept_leave(const struct client *client);

enum pool_kept {
    POOL_KEPT_NOWHERE, /* it is bound no more */
    POOL_KEPT_IDLE,    /* *server is the one */
    POOL_KEPT_BUSY     /* it stands in line for that one */
};
/* The one that the waiter, who is on no list, is bound to. */
enum pool_kept pool_kept_seek(struct pool *pool, struct waiter *waiter, struct server **server);
/* Who waits for that one, or NULL. */
struct waiter *pool_kept_waiter(struct pool *pool, const struct server *server);
/* All who are bound, and have waited for long enough by then, wait for any. True: some still do not. */
bool pool_kept_loosen(struct pool *pool, sl_usec now);

#endif
