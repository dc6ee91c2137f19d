/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/stats.h - PgBouncer's counters: per pool and worker, summed by readers.
 *
 * Each worker adds to its own row only, so adding is a plain load and store; a
 * reader may see a moment between two counters, never half a number.
 *
 * Threads: stats_add() the row's worker; stats_read() any.
 */
#ifndef SLUICE_PROXY_STATS_H
#define SLUICE_PROXY_STATS_H

#include <stdatomic.h>
#include <stdint.h>

enum stats_counter {
    STATS_SERVER_ASSIGNMENTS,
    STATS_XACTS,
    STATS_QUERIES,
    STATS_RECEIVED, /* bytes from clients and servers, as PgBouncer: network traffic in */
    STATS_SENT,
    STATS_XACT_USEC,
    STATS_QUERY_USEC,
    STATS_WAIT_USEC,
    STATS_CLIENT_PARSES,
    STATS_SERVER_PARSES,
    STATS_BINDS,
    STATS_CLIENT_LOGINS,
    STATS_COUNT
};

struct stats_row {
    _Alignas(64) _Atomic uint64_t counters[STATS_COUNT]; /* written by one worker */
};

struct stats_totals {
    uint64_t counters[STATS_COUNT];
};

static inline void stats_add(struct stats_row *row, enum stats_counter counter, uint64_t n)
{
    _Atomic uint64_t *at = &row->counters[counter];
    atomic_store_explicit(
            at, atomic_load_explicit(at, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline void stats_read(const struct stats_row *rows, unsigned n, struct stats_totals *sum)
{
    for (unsigned i = 0; i < n; i++) {
        for (int c = 0; c < STATS_COUNT; c++) {
            sum->counters[c] += atomic_load_explicit(&rows[i].counters[c], memory_order_relaxed);
        }
    }
}

#endif
