/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/snapshot.h - counters of databases over time: totals, and averages since
 * the last but one end of a stats_period, as PgBouncer has them.
 *
 * Ownership: what snapshot_new() returns is the caller's. Threads: any; a leaf
 * lock. Bounds: one row of counters a database.
 */
#ifndef SLUICE_PROXY_SNAPSHOT_H
#define SLUICE_PROXY_SNAPSHOT_H

#include "protocol/base/clock.h"
#include "proxy/registry.h"

struct snapshot_row {
    const struct database *database;
    struct stats_totals total;
    struct stats_totals average; /* counts and bytes a second; times per query, transaction, wait */
};

struct snapshot {
    unsigned count;
    struct snapshot_row all; /* of all databases together; its database is NULL */
    struct snapshot_row rows[];
};

/* A period ends: once at start, then by the control thread. */
void snapshot_take(sl_usec now);

/* How things stand now. NULL without memory. */
SL_MUST_CHECK struct snapshot *snapshot_new(sl_usec now);
void snapshot_free(struct snapshot *snapshot);

#endif
