/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/http_statements.h - the part of /metrics that is about statements.
 *
 *     new --step(), some rows a turn--> all is read --write()--> freed
 *
 * Read are the totals of pools and workers (optimizer/totals.h), which only grow, and the rows
 * of the [stats] metrics_shapes shapes that took most time within the hour. A row's numbers
 * are those since it was first seen, so that its series only grow too; which shapes are
 * there changes from hour to hour, and one that was evicted begins anew.
 *
 * Ownership: the caller's. Threads: that of proxy/http.h. Bounds: the totals', and that key.
 */
#ifndef SLUICE_PROXY_HTTP_STATEMENTS_H
#define SLUICE_PROXY_HTTP_STATEMENTS_H

#include "protocol/base/clock.h"
#include "proxy/prometheus.h"

struct http_statements;
struct observe;

/* NULL without memory. observe must live as long. */
SL_MUST_CHECK struct http_statements *http_statements_new(
        struct observe *observe, uint32_t shapes_max, sl_usec now);
void http_statements_free(struct http_statements *it); /* NULL is fine */

/* Reads some more. True: that was all. */
bool http_statements_step(struct http_statements *it);
/* After the last step. */
void http_statements_write(const struct http_statements *it, struct prometheus *out);

#endif
