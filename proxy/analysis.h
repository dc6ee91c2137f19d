/* SPDX-License-Identifier: PostgreSQL */
/*
 * proxy/analysis.h - the load of the last hour, in groups of statements that are alike.
 *
 * The shapes that cost most within the hour (optimizer/shape_top.h), each with its text and the
 * table.column terms of its plan (proxy/plans.h), are grouped (optimizer/workload.h); each
 * group is added up, and the load is compared with the one before (optimizer/drift.h).
 *
 * Ownership: an analysis is immutable once made, and counted: analysis_unref(). Threads:
 * analysis_new() one at a time, never a worker; the rest any. Bounds: ANALYSIS_SHAPES_MAX rows;
 * while it works 14 MB: the rows' 2, terms 4, and WORKLOAD_BYTES_MAX; what stays has
 * ANALYSIS_KEPT_MAX at most, beside WORKLOAD_KEPT_MAX of the workload.
 */
#ifndef SLUICE_PROXY_ANALYSIS_H
#define SLUICE_PROXY_ANALYSIS_H

#include "optimizer/workload.h"
#include "protocol/base/clock.h"
#include "protocol/base/hash.h"

#include <stdatomic.h>

struct shape_store;

enum {
    ANALYSIS_SHAPES_MAX = WORKLOAD_SHAPES_MAX,
    ANALYSIS_TERMS_MAX = 4 << 20,
    ANALYSIS_KEPT_MAX = 256 << 10,
    ANALYSIS_TEXT_MAX = 640, /* of the representative's text */
    ANALYSIS_TABLES_MAX = 3  /* named of a group */
};

struct analysis_group {
    const char *name; /* NULL: the shapes that are like none */
    uint32_t shapes;
    uint64_t calls; /* within the hour, as what follows */
    uint64_t usec;
    uint64_t max_usec;
    double share;            /* of all time that was looked at */
    struct sl_hash128 shape; /* that stands for the group; without a name: that cost most */
    const char *text;
    const char *tables; /* those that cost most: "orders, customers"; "" */
};

struct analysis {
    atomic_uint refs; /* any thread; the rest is constant */
    sl_usec made_at;
    sl_usec from; /* it is about what came since then */
    sl_usec took_usec;
    uint32_t shapes; /* looked at */
    uint32_t unread; /* that cost as much, and have no plan: their text is not known */
    uint64_t calls;
    uint64_t usec;
    enum workload_method method;
    double silhouette;
    double drift;                        /* from the one before; below 0: there is none */
    sl_usec drift_since;                 /* when that was made */
    uint32_t groups_count;               /* without the one that has no name */
    uint32_t rows_count;                 /* with it */
    const struct analysis_group *groups; /* the greatest share first, the nameless one last */
    struct sl_arena arena;
};

struct analysis_options {
    sl_usec now;
    sl_usec since;               /* nothing was counted before */
    const struct workload *then; /* NULL: nothing to compare with */
    sl_usec then_at;
    bool (*is_cancelled)(void *arg); /* NULL: never */
    void *arg;
};

/*
 * Sets *made, with one reference, and *workload, to be compared with next: workload_fini(). Both
 * are untouched on failure: SL_ENOMEM; SL_ETIMEOUT: cancelled.
 */
SL_MUST_CHECK enum sl_err analysis_new(struct shape_store *store,
        const struct analysis_options *options, const struct analysis **made,
        struct workload *workload);
const struct analysis *analysis_ref(const struct analysis *analysis);
void analysis_unref(const struct analysis *analysis); /* NULL is fine */

/* "k-means", "DBSCAN", "one". */
const char *analysis_method_text(enum workload_method method);

#endif
