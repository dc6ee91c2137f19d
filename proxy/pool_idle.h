/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool_idle.h - which of a pool's idle servers is the next to be used.
 *
 * The one that was used last, of the asking worker's own if there is one, and only with the same
 * startup values; or, with server_round_robin, the one that has rested longest. Of those that
 * were used lately one is taken first that has the client's settings already, which saves it a
 * request ahead of its own; ahead of all, for a client that sequences have given something, the one
 * where they did; and behind all, those that are kept for somebody (pool_kept.h).
 *
 * Threads: under the pool's lock. Bounds: as many servers are looked at for their settings
 * as POOL_IDLE_LOOKS says.
 */
#ifndef SLUICE_PROXY_POOL_IDLE_H
#define SLUICE_PROXY_POOL_IDLE_H

struct pool;
struct server;
struct waiter;

enum { POOL_IDLE_LOOKS = 16 };

/* NULL: there is none for it. waiter NULL: any. */
struct server *pool_idle_find(struct pool *pool, unsigned worker, const struct waiter *waiter);
void pool_idle_take_off(struct pool *pool, struct server *server);

#endif
