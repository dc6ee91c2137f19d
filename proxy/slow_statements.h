/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/slow_statements.h - statements that took long are kept, and logged when asked for.
 *
 * Kept for SHOW SLOW from [stats] slow_threshold on; logged from log_min_duration_statement on,
 * one line each:
 *
 *     info event=slow_statement shape=6f1c0a... client=7 db="shop" user="app" node="10.0.0.1:5432"
 *         total_us=731002 wait_us=12 server_us=730990 client_us=0 rows=3 sqlstate= query="select ?"
 *
 * The text is the shape's: without a literal, and cut at SL_LOG_LONG_MAX bytes. It is missing only
 * when the parser had no room for a new shape, or a shape's plan gave way to others
 * (proxy/plans.h).
 *
 * Ownership: one for the process. Threads: as marked. Bounds: optimizer/slow.h, and those of the
 * log (protocol/base/log.h).
 */
#ifndef SLUICE_PROXY_SLOW_STATEMENTS_H
#define SLUICE_PROXY_SLOW_STATEMENTS_H

#include "optimizer/observe.h"
#include "optimizer/slow.h"

struct conf;

/* The control thread, while no worker runs. SL_ENOMEM: there are none. */
SL_MUST_CHECK enum sl_err slow_statements_start(void);
void slow_statements_stop(void);

/* How long a statement takes at least that is kept or logged; OBSERVE_NEVER: none is. */
sl_usec slow_statements_least(const struct conf *conf);

/* observe_slow: the statement's worker. */
observe_slow slow_statement;

/* Any thread; NULL without statistics. */
struct slow *slow_statements(void);

#endif
