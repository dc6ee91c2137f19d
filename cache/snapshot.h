/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/snapshot.h - which transactions are over: what pg_current_snapshot() says.
 *
 *     xmin:xmax:xip,xip,...      "PostgreSQL documentation, pg_snapshot Components"
 *
 * What is below xmax and not among xip is over, and whoever takes a snapshot later sees it if it
 * has committed. Only top-level transactions are in it, as only they commit. Its numbers have 64
 * bits; those of the stream have 32, and are within 2^31 of any that still runs.
 *
 * Ownership: the caller's struct; its memory from snapshot_init() on. Threads: one at a time. Bounds:
 * SNAPSHOT_XIP_MAX of xip are kept: what is above the last of them is taken for running.
 */
#ifndef SLUICE_CACHE_SNAPSHOT_H
#define SLUICE_CACHE_SNAPSHOT_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"
#include "protocol/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum { SNAPSHOT_XIP_MAX = 16384 };

struct snapshot {
    uint64_t xmin;
    uint64_t xmax;
    uint64_t *xip; /* ascending */
    uint32_t count;
    uint32_t room;
    bool is_cut;
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_fini(struct snapshot *snapshot);
/* SL_EINVAL: it is no such text; what was read before is gone. SL_ENOMEM: it is cut. */
SL_MUST_CHECK enum sl_err snapshot_read(struct snapshot *snapshot, struct sl_span text);
/* With the bits that a stream's number has not. */
uint64_t snapshot_widen(const struct snapshot *snapshot, uint32_t xid);
bool snapshot_is_over(const struct snapshot *snapshot, uint32_t xid);

#endif
