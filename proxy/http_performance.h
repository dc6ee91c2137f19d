/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_performance.h - GET /api/metrics/performance: the last hour, by shape and in sum.
 *
 *     ?order=total&limit=100&database=&user=
 *
 *     flush of the workers --> ranks of all shapes --> sum of all pools --> rows --> answer
 *
 * The hour is that of optimizer/window.h, and "from" says when it began, or
 * what is counted. The summary is of all statements of that database and user, those of shapes that
 * were evicted too.
 *
 * Ownership: the request's task. Threads: that of proxy/http.h, some rows a turn.
 * Bounds: PERFORMANCE_LIMIT_MAX shapes, HTTP_GATHERS_MAX requests at a time.
 */
#ifndef SLUICE_PROXY_HTTP_PERFORMANCE_H
#define SLUICE_PROXY_HTTP_PERFORMANCE_H

struct http_request;

enum { PERFORMANCE_LIMIT = 100, PERFORMANCE_LIMIT_MAX = 1000 };

void http_performance(struct http_request *request);

#endif
