/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_metrics.h - /metrics: which column of which view is which metric.
 *
 * Numbers are those that SHOW shows, in base units: seconds and bytes. Labels are
 * names of databases, users and workers, and words of ours: bounded by the registry,
 * and by HTTP_METRICS_ROWS_MAX rows of a view; what is left out is counted.
 *
 * What statements did comes from the store, when every worker has told it what it counted:
 * proxy/http_statements.h.
 *
 *     views and flush on tour --> steps over the store --> answer
 *
 * Ownership: the request's gather and task. Threads: that of proxy/http.h.
 */
#ifndef SLUICE_PROXY_HTTP_METRICS_H
#define SLUICE_PROXY_HTTP_METRICS_H

struct http_request;

enum { HTTP_METRICS_ROWS_MAX = 10000 };

void http_metrics(struct http_request *request);

#endif
