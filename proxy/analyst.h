/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/analyst.h - the thread that groups the load, now and then and when asked.
 *
 *     every [stats] workload_interval, ANALYZE WORKLOAD, RESET STATS
 *         store, plans --> analysis_new() --> the latest analysis, for SHOW WORKLOAD and SHOW DRIFT
 *
 * An analysis takes up to a second or two of one core (optimizer/workload.h), so it has a thread
 * of its own, which gives way to workers as the parser's does; nobody waits for it. It is
 * cancelled when the process stops. One that fails leaves the latest in its place, and says why.
 *
 * Ownership: analyst_latest() lends a reference: analysis_unref(). Threads: analyst_start() and
 * analyst_stop() the control thread's, while no worker runs, and before plans and the store go;
 * the rest any. One lock, a leaf. Bounds: one analysis at a time, and the latest; what is asked
 * for meanwhile is one more.
 */
#ifndef SLUICE_PROXY_ANALYST_H
#define SLUICE_PROXY_ANALYST_H

#include "protocol/base/check.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"

#include <stdbool.h>

struct analysis;
struct shape_store;

/* How long after the start the first one comes, if the interval is not shorter. */
#define ANALYST_FIRST (30 * SL_SECOND)

struct analyst_status {
    bool is_there; /* else there is no thread: [stats] mode = off */
    bool is_working;
    sl_usec next_at;   /* 0: when asked */
    uint64_t made;     /* since the start */
    enum sl_err err;   /* of the last one */
    sl_usec failed_at; /* when that was not SL_OK */
};

/* SL_ENOMEM: there is none. */
SL_MUST_CHECK enum sl_err analyst_start(struct shape_store *store, sl_usec interval);
void analyst_stop(void);

/* 0: only when asked. */
void analyst_set_interval(sl_usec interval);
/* As soon as may be. False: there is nobody to do it. */
bool analyst_ask(void);

/* A reference, or NULL: none was made yet. */
SL_MUST_CHECK const struct analysis *analyst_latest(void);
void analyst_status(struct analyst_status *status);

#endif
