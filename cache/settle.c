/* SPDX-License-Identifier: PostgreSQL */
#include "cache/settle.h"

#include <stdlib.h>
#include <string.h>

enum sl_err settle_init(struct settle *settle, struct tags *tags, uint64_t database,
        const struct settle_limits *limits, const struct settle_hooks *hooks)
{
    SL_CHECK(limits->transactions_max > 0 && limits->tags_max > 0);
    *settle = (struct settle){.tags = tags,
            .all = tags_of_database(tags, database),
            .limits = *limits,
            .hooks = *hooks};
    settle->waits = calloc(limits->transactions_max, sizeof *settle->waits);
    return settle->waits == NULL ? SL_ENOMEM : SL_OK;
}

void settle_fini(struct settle *settle)
{
    settle_reset(settle);
    free(settle->waits);
    settle->waits = NULL;
}

static void end(struct settle *settle, struct settle_waits *waits)
{
    settle->counts.tags -= waits->set.count;
    if (settle->hooks.ends != NULL) {
        settle->hooks.ends(settle->hooks.self, waits->xid, &waits->set);
    }
    tag_set_end(&waits->set, settle->tags);
    settle->counts.settled++;
}

static void end_overflow(struct settle *settle)
{
    settle->has_overflow = false;
    tags_end(settle->tags, settle->all);
}

void settle_reset(struct settle *settle)
{
    for (uint32_t i = 0; i < settle->counts.unsettled; i++) {
        end(settle, &settle->waits[i]);
    }
    if (settle->has_overflow) {
        end_overflow(settle);
    }
    settle->counts.unsettled = 0;
    settle->early_count = 0;
    settle->marks_count = 0;
    settle->position = 0;
    atomic_store(&settle->fresh_until, 0);
}

/* ---- the clock ---- */

static void look_at_marks(struct settle *settle)
{
    uint64_t first = settle->counts.unsettled > 0 ? settle->waits[0].lsn : UINT64_MAX;
    uint32_t reached = 0;

    while (!settle->has_overflow && reached < settle->marks_count &&
            settle->marks[reached].lsn <= settle->position && settle->marks[reached].lsn < first) {
        reached++;
    }
    if (reached > 0) {
        atomic_store(&settle->fresh_until, settle->marks[reached - 1].at);
        settle->marks_count -= reached;
        memmove(settle->marks, settle->marks + reached,
                settle->marks_count * sizeof settle->marks[0]);
    }
}

bool settle_mark(struct settle *settle, sl_usec at, uint64_t lsn)
{
    if (settle->marks_count == SETTLE_MARKS) {
        return false;
    }
    settle->marks[settle->marks_count++] = (struct settle_mark){.at = at, .lsn = lsn};
    look_at_marks(settle);
    return true;
}

void settle_position(struct settle *settle, uint64_t lsn)
{
    if (lsn > settle->position) {
        settle->position = lsn;
        look_at_marks(settle);
    }
}

sl_usec settle_fresh_until(const struct settle *settle)
{
    return atomic_load(&settle->fresh_until);
}

/* ---- transactions ---- */

void settle_early(struct settle *settle, const uint32_t *xids, uint32_t count)
{
    SL_CHECK(count <= SETTLE_EARLY_MAX);
    settle->early_count = count;
    if (count > 0) {
        memcpy(settle->early, xids, count * sizeof *xids);
    }
}

static void forget_early(struct settle *settle, uint32_t at)
{
    settle->early[at] = settle->early[--settle->early_count];
}

static void come(struct settle *settle, uint32_t xid)
{
    for (uint32_t i = 0; i < settle->early_count; i++) {
        if (settle->early[i] == xid) {
            forget_early(settle, i);
            return;
        }
    }
}

/* Up to the latest of them everything must be over: so no list is needed. */
static void overflow(struct settle *settle, uint32_t xid, struct tag_set *set)
{
    settle->counts.overflows++;
    if (!settle->has_overflow) {
        settle->has_overflow = true;
        settle->overflow_xid = xid;
        tags_begin(settle->tags, settle->all);
    } else if ((int32_t)(xid - settle->overflow_xid) > 0) {
        settle->overflow_xid = xid;
    }
    if (settle->hooks.begun != NULL) { /* whoever else is told hears of the database's tag alone */
        struct tag_set all;
        tag_set_init(&all);
        tag_set_add(&all, settle->all, settle->all);
        settle->hooks.begun(settle->hooks.self, xid, &all);
        tag_set_fini(&all);
    }
    tag_set_fini(set);
}

void settle_commit(
        struct settle *settle, uint32_t xid, uint64_t lsn, struct tag_set *set, bool is_empty)
{
    settle->counts.commits++;
    come(settle, xid);
    if (settle->counts.unsettled == settle->limits.transactions_max ||
            set->count > settle->limits.tags_max - settle->counts.tags) {
        overflow(settle, xid, set);
        return;
    }
    tag_set_begin(set, settle->tags);
    if (settle->hooks.begun != NULL) {
        settle->hooks.begun(settle->hooks.self, xid, set);
    }
    settle->counts.tags += set->count;
    settle->waits[settle->counts.unsettled++] =
            (struct settle_waits){.xid = xid, .lsn = lsn, .set = *set, .is_empty = is_empty};
    tag_set_init(set);
    if (settle->counts.unsettled > settle->counts.unsettled_peak) {
        settle->counts.unsettled_peak = settle->counts.unsettled;
    }
}

static void look_at_early(struct settle *settle, const struct snapshot *snapshot)
{
    bool is_stale = false;

    for (uint32_t i = 0; i < settle->early_count;) {
        if (snapshot_is_over(snapshot, settle->early[i])) {
            forget_early(settle, i);
            is_stale = true;
        } else {
            i++;
        }
    }
    if (is_stale) {
        settle->counts.early++;
        tags_begin(settle->tags, settle->all);
        tags_end(settle->tags, settle->all);
    }
}

uint32_t settle_snapshot(struct settle *settle, const struct snapshot *snapshot, bool *has_empty)
{
    uint32_t kept = 0;
    uint32_t count = settle->counts.unsettled;

    *has_empty = false;
    look_at_early(settle, snapshot);
    for (uint32_t i = 0; i < count; i++) {
        struct settle_waits *waits = &settle->waits[i];
        if (snapshot_is_over(snapshot, waits->xid)) {
            *has_empty = *has_empty || waits->is_empty;
            end(settle, waits);
        } else if (kept++ != i) {
            settle->waits[kept - 1] = *waits;
        }
    }
    settle->counts.unsettled = kept;
    if (settle->has_overflow && snapshot_widen(snapshot, settle->overflow_xid) < snapshot->xmin) {
        end_overflow(settle);
        *has_empty = true; /* one of them may have been */
    }
    look_at_marks(settle);
    return count - kept;
}
