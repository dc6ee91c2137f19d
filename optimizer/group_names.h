/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/group_names.h - what a group of shapes is called: "select orders.customer_id, orders.id".
 *
 * The word most of its shapes begin with ("mixed" if there is none), and up to GROUP_NAME_TERMS
 * terms that are frequent in the group and rare outside, table.column terms first; no operators
 * and no words of grammar. Equal names get a number: "... #2". A name has no control characters,
 * and otherwise the bytes of the text, in whatever encoding that is.
 *
 * Ownership: names are the arena's. Threads: any. Bounds: names are at most GROUP_NAME_MAX - 1
 * bytes; the first GROUP_NAME_DICTIONARY distinct terms can be in names, 1 MB.
 */
#ifndef SLUICE_OPTIMIZER_GROUP_NAMES_H
#define SLUICE_OPTIMIZER_GROUP_NAMES_H

#include "optimizer/points.h"

#include "protocol/base/arena.h"
#include "protocol/base/err.h"

enum { GROUP_NAME_MAX = 160, GROUP_NAME_TERMS = 2, GROUP_NAME_DICTIONARY = 16384 };

struct group_names {
    const struct terms_source *const *sources;
    const uint32_t *labels;      /* one a source: below groups, or UINT32_MAX */
    const struct points *points; /* how many sources; whether it is cancelled */
    uint32_t groups;
    struct sl_arena *arena;   /* for names */
    struct sl_arena *scratch; /* for the dictionary */
};

/*
 * Sets names[0..groups); those of earlier groups are the ones without a number. SL_ENOMEM;
 * SL_ETIMEOUT: cancelled.
 */
SL_MUST_CHECK enum sl_err group_names_give(const struct group_names *given, const char **names);

#endif
