/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/pool_welcome.h - what a pool remembers from one login to the next.
 *
 * A client of transaction pooling logs in with what a server of equal startup values
 * reported, without a server of its own; and what it proved itself with may serve to
 * log in to servers.
 *
 * Ownership: the pool's. Threads: the functions here are called under its lock; those
 * that pool.h declares take it. Bounds: POOL_WELCOMES kinds of startup values, the last
 * used first.
 */
#ifndef SLUICE_PROXY_POOL_WELCOME_H
#define SLUICE_PROXY_POOL_WELCOME_H

struct pool;
struct server;

/* What the server said is what clients of its kind are told from now on. */
void pool_welcomes_add(struct pool *pool, const struct server *server);
void pool_welcomes_drop(struct pool *pool);

#endif
