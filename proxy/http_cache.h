/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_cache.h - the cache's metrics: one row of a table each, and those that have a label a reason.
 *
 * Ownership: none. Threads: any. Bounds: as many samples as there are rows and reasons, and WATCH_MAX
 * databases.
 */
#ifndef SLUICE_PROXY_HTTP_CACHE_H
#define SLUICE_PROXY_HTTP_CACHE_H

#include "proxy/prometheus.h"

/* Nothing where there is no cache. */
void http_cache_write(struct prometheus *out);

#endif
