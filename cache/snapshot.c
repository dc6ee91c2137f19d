/* SPDX-License-Identifier: PostgreSQL */
#include "cache/snapshot.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 64 };

void snapshot_init(struct snapshot *snapshot)
{
    *snapshot = (struct snapshot){.count = 0};
}

void snapshot_fini(struct snapshot *snapshot)
{
    free(snapshot->xip);
    snapshot_init(snapshot);
}

static bool take_number(struct sl_span *left, uint64_t *value)
{
    size_t len = 0;

    *value = 0;
    while (len < left->len && left->at[len] >= '0' && left->at[len] <= '9') {
        uint64_t digit = (uint64_t)(left->at[len] - '0');
        if (*value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *value = *value * 10 + digit;
        len++;
    }
    if (len > 0) {
        *left = sl_span(left->at + len, left->len - len);
    }
    return len > 0;
}

static bool take_mark(struct sl_span *left, char mark)
{
    if (left->len == 0 || left->at[0] != (uint8_t)mark) {
        return false;
    }
    *left = sl_span(left->at + 1, left->len - 1);
    return true;
}

/* False: there is no room. */
static bool keep(struct snapshot *snapshot, uint64_t xid)
{
    if (snapshot->count == snapshot->room) {
        uint32_t room = snapshot->room == 0 ? ROOM_FIRST : snapshot->room * 2;
        uint64_t *xip = room > SNAPSHOT_XIP_MAX ? NULL : realloc(snapshot->xip, room * sizeof *xip);
        if (xip == NULL) {
            return false;
        }
        snapshot->xip = xip;
        snapshot->room = room;
    }
    snapshot->xip[snapshot->count++] = xid;
    return true;
}

static enum sl_err read_xip(struct snapshot *snapshot, struct sl_span left)
{
    uint64_t last = 0;
    uint64_t xid;

    while (left.len > 0) {
        if (!take_number(&left, &xid) || xid <= last || xid < snapshot->xmin ||
                xid >= snapshot->xmax || (left.len > 0 && !take_mark(&left, ',')) ||
                (left.len == 0 && left.at[-1] == ',')) {
            return SL_EINVAL;
        }
        last = xid;
        if (!snapshot->is_cut && !keep(snapshot, xid)) {
            snapshot->is_cut = true;
        }
    }
    return snapshot->is_cut ? SL_ENOMEM : SL_OK;
}

enum sl_err snapshot_read(struct snapshot *snapshot, struct sl_span text)
{
    snapshot->count = 0;
    snapshot->is_cut = false;
    if (!take_number(&text, &snapshot->xmin) || !take_mark(&text, ':') ||
            !take_number(&text, &snapshot->xmax) || !take_mark(&text, ':') || snapshot->xmin == 0 ||
            snapshot->xmin > snapshot->xmax) {
        snapshot->xmin = snapshot->xmax = 0;
        return SL_EINVAL;
    }
    enum sl_err err = read_xip(snapshot, text);
    if (err == SL_EINVAL) {
        snapshot->xmin = snapshot->xmax = 0;
    }
    return err;
}

uint64_t snapshot_widen(const struct snapshot *snapshot, uint32_t xid)
{
    return snapshot->xmax + (uint64_t)(int64_t)(int32_t)(xid - (uint32_t)snapshot->xmax);
}

bool snapshot_is_over(const struct snapshot *snapshot, uint32_t xid)
{
    uint64_t wide = snapshot_widen(snapshot, xid);
    uint32_t low = 0;
    uint32_t high = snapshot->count;

    if (wide < snapshot->xmin) {
        return true;
    }
    if (wide >= snapshot->xmax) {
        return false;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (snapshot->xip[middle] < wide) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < snapshot->count) {
        return snapshot->xip[low] != wide;
    }
    return !snapshot->is_cut;
}
