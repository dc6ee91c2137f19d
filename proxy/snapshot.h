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
    struct database *database; /* NULL: none has that index; good until the turn ends */
    struct stats_totals total;
    struct stats_totals average; /* counts and bytes a second; times per query, transaction, wait */
};

struct snapshot {
    unsigned count;
    struct snapshot_row
            all; /* of all databases together; its database is NULL, and those that are gone are in it */
    struct snapshot_row rows[];
};

/* It is about to be taken out: what it has counted stays in the sums of all. */
void snapshot_forget(const struct database *database);

/* A period ends: once at start, then by the control thread. */
void snapshot_take(sl_usec now);

/* How things stand now. NULL without memory. */
SL_MUST_CHECK struct snapshot *snapshot_new(sl_usec now);
void snapshot_free(struct snapshot *snapshot);

#endif
