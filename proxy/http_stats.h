/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_stats.h - what the HTTP server counts of itself.
 *
 * Ownership: static. Threads: that of proxy/http.h. Bounds: one histogram a route.
 */
#ifndef SLUICE_PROXY_HTTP_STATS_H
#define SLUICE_PROXY_HTTP_STATS_H

#include "protocol/base/clock.h"
#include "proxy/prometheus.h"

struct http_stats {
    unsigned connections;
    uint64_t accepted;
    uint64_t refused; /* connections at max_connections */
    uint64_t late;    /* requests that did not arrive, or could not be answered, in time */
};

extern struct http_stats http_stats;

/* A request was answered. route: its place in the table, or -1: there is none such. */
void http_stats_answered(int route, int status, sl_usec usec);

void http_stats_write(struct prometheus *out);

#endif
