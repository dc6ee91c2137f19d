/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_sets.h"

#include "protocol/base/hash.h"
#include "protocol/catalog_reach.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024, NOW_MAX = 1 << 16 };

enum sl_err catalog_sets_init(struct catalog_sets *sets)
{
    *sets = (struct catalog_sets){.sets = {.len = sizeof(struct catalog_set)},
            .trees = {.len = sizeof(uint32_t)},
            .now = {.len = sizeof(uint32_t)},
            .hashes = {.len = sizeof(uint64_t)},
            .slots_count = SLOTS_FIRST};
    static const struct catalog_set fixed[CATALOG_SETS_FIXED];
    static const uint64_t hashes[CATALOG_SETS_FIXED];

    sets->slots = calloc(SLOTS_FIRST, sizeof *sets->slots);
    enum sl_err err = sets->slots == NULL ? SL_ENOMEM : SL_OK;
    err = err == SL_OK ? catalog_vec_add(&sets->sets, fixed, CATALOG_SETS_FIXED) : err;
    return err == SL_OK ? catalog_vec_add(&sets->hashes, hashes, CATALOG_SETS_FIXED) : err;
}

void catalog_sets_fini(struct catalog_sets *sets)
{
    free(sets->sets.items);
    free(sets->trees.items);
    free(sets->now.items);
    free(sets->hashes.items);
    free(sets->slots);
    *sets = (struct catalog_sets){.slots = NULL};
}

void catalog_sets_begin(struct catalog_sets *sets)
{
    sets->now.count = 0;
    sets->only = CATALOG_SET_EMPTY;
    sets->last = CATALOG_SET_EMPTY;
    sets->is_unknown = false;
}

static int compare(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return a < b ? -1 : a > b;
}

/* Each once, in their order. */
static void put_in_order(struct catalog_vec *now)
{
    uint32_t *items = now->items;
    uint32_t kept = 0;

    if (now->count > 1) {
        qsort(items, now->count, sizeof *items, compare);
    }
    for (uint32_t i = 0; i < now->count; i++) {
        if (kept == 0 || items[kept - 1] != items[i]) {
            items[kept++] = items[i];
        }
    }
    now->count = kept;
}

static void gather(struct catalog_sets *sets, const uint32_t *trees, uint32_t count)
{
    if (sets->is_unknown || count == 0) {
        return;
    }
    if (sets->now.count + count > NOW_MAX) {
        put_in_order(&sets->now);
    }
    enum sl_err err = catalog_vec_add(&sets->now, trees, count);
    sets->err = err != SL_OK ? err : sets->err;
    sets->is_unknown |= err != SL_OK || sets->now.count > NOW_MAX;
}

static void gather_set(struct catalog_sets *sets, uint32_t set)
{
    const struct catalog_set *it = (const struct catalog_set *)sets->sets.items + set;

    if (set != sets->last) {
        gather(sets, (const uint32_t *)sets->trees.items + it->first, it->count);
        sets->last = set;
    }
}

/* Another comes. */
static void gather_only(struct catalog_sets *sets)
{
    if (sets->only != CATALOG_SET_EMPTY) {
        gather_set(sets, sets->only);
        sets->only = CATALOG_SET_EMPTY;
    }
}

void catalog_sets_add(struct catalog_sets *sets, uint32_t tree)
{
    gather_only(sets);
    gather(sets, &tree, 1);
}

void catalog_sets_add_set(struct catalog_sets *sets, uint32_t set)
{
    if (set == CATALOG_SET_UNKNOWN) {
        sets->is_unknown = true;
    } else if (set == CATALOG_SET_EMPTY || set == sets->only) {
        return;
    } else if (sets->now.count == 0 && sets->only == CATALOG_SET_EMPTY) {
        sets->only = set;
    } else {
        gather_only(sets);
        gather_set(sets, set);
    }
}

static struct sl_span bytes_of(const void *trees, uint32_t count)
{
    return sl_span(trees, count * sizeof(uint32_t));
}

static bool is_equal(const struct catalog_sets *sets, uint32_t set, struct sl_span other)
{
    const struct catalog_set *it = (const struct catalog_set *)sets->sets.items + set;

    return sl_span_equal(
            bytes_of((const uint32_t *)sets->trees.items + it->first, it->count), other);
}

/* The slot in which it is, or may be put. */
static uint32_t *slot_of(struct catalog_sets *sets, uint64_t hash, struct sl_span bytes)
{
    const uint64_t *hashes = sets->hashes.items;
    uint32_t at = (uint32_t)hash & (sets->slots_count - 1);

    while (sets->slots[at] != 0 &&
            (hashes[sets->slots[at]] != hash || !is_equal(sets, sets->slots[at], bytes))) {
        at = (at + 1) & (sets->slots_count - 1);
    }
    return &sets->slots[at];
}

static enum sl_err make_room(struct catalog_sets *sets)
{
    if (sets->sets.count * 2 < sets->slots_count) {
        return SL_OK;
    }
    uint32_t count = sets->slots_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL) {
        return SL_ENOMEM;
    }
    free(sets->slots);
    sets->slots = slots;
    sets->slots_count = count;
    for (uint32_t i = CATALOG_SETS_FIXED; i < sets->sets.count; i++) {
        uint32_t at = (uint32_t)((const uint64_t *)sets->hashes.items)[i] & (count - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        slots[at] = i;
    }
    return SL_OK;
}

uint32_t catalog_sets_end(struct catalog_sets *sets)
{
    if (!sets->is_unknown && sets->only != CATALOG_SET_EMPTY) {
        return sets->only;
    }
    put_in_order(&sets->now);
    if (sets->is_unknown || sets->now.count > CATALOG_TREES_MAX) {
        return CATALOG_SET_UNKNOWN;
    }
    if (sets->now.count == 0) {
        return CATALOG_SET_EMPTY;
    }
    enum sl_err err = make_room(sets);
    if (err != SL_OK) {
        sets->err = err;
        return CATALOG_SET_UNKNOWN;
    }
    struct sl_span bytes = bytes_of(sets->now.items, sets->now.count);
    uint64_t hash = sl_hash64(bytes);
    uint32_t *slot = slot_of(sets, hash, bytes);
    if (*slot != 0) {
        return *slot;
    }
    struct catalog_set set = {.first = sets->trees.count, .count = sets->now.count};
    if (set.first + set.count > CATALOG_REACH_TREES_MAX) {
        return CATALOG_SET_UNKNOWN;
    }
    err = catalog_vec_add(&sets->trees, sets->now.items, sets->now.count);
    err = err == SL_OK ? catalog_vec_add(&sets->hashes, &hash, 1) : err;
    err = err == SL_OK ? catalog_vec_add(&sets->sets, &set, 1) : err;
    if (err != SL_OK) {
        sets->err = err;
        return CATALOG_SET_UNKNOWN;
    }
    *slot = sets->sets.count - 1;
    return *slot;
}
