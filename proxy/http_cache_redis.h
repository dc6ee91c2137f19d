/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_cache_redis.h - metrics of [cache] redis, by database: one row of a table each. What SHOW CACHE REDIS
 * shows, from the same counters.
 *
 * Ownership: none. Threads: any. Bounds: as many samples as there are rows, and WATCH_MAX databases.
 */
#ifndef SLUICE_PROXY_HTTP_CACHE_REDIS_H
#define SLUICE_PROXY_HTTP_CACHE_REDIS_H

#include "proxy/prometheus.h"

/* Nothing where no database has a second tier. */
void http_cache_redis_write(struct prometheus *out);

#endif
