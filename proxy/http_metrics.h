/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_metrics.h - /metrics: which column of which view is which metric.
 *
 * Numbers are those that SHOW shows, in base units: seconds and bytes. Labels are
 * names of databases, users and workers, and words of ours: bounded by the registry,
 * and by HTTP_METRICS_ROWS_MAX rows of a view; what is left out is counted.
 *
 * Ownership: the gather's rows are read. Threads: that of proxy/http.h.
 */
#ifndef SLUICE_PROXY_HTTP_METRICS_H
#define SLUICE_PROXY_HTTP_METRICS_H

#include "proxy/http_gather.h"

enum { HTTP_METRICS_ROWS_MAX = 10000 };

/* Adds the views it needs; false: one is not there (a bug). */
void http_metrics_add_views(struct http_gather *gather);
SL_MUST_CHECK enum sl_err http_metrics_write(const struct http_gather *gather, struct sl_buf *buf);

#endif
