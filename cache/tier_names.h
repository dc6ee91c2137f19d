/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_names.h - how the second tier calls tags: a table by its OID, and "any", "wild", "open", "neg", or
 * "k:" and 16 hex digits of which columns and what they are.
 *
 * By OIDs, and not by names: a name may become another table's before whoever holds an old catalogue
 * knows (`select 16411::regclass` tells).
 *
 * Ownership: texts are the struct's. Threads: any. Bounds: TIER_NAMES_ROOM tags.
 */
#ifndef SLUICE_CACHE_TIER_NAMES_H
#define SLUICE_CACHE_TIER_NAMES_H

#include "cache/tier.h"

enum { TIER_NAMES_ROOM = 128, TIER_FIELD_MAX = 24, TIER_TABLE_MAX = 16 };

struct tier_names {
    size_t count;
    struct tier_tag tags[TIER_NAMES_ROOM];
    char tables[TIER_NAMES_ROOM][TIER_TABLE_MAX];
    char fields[TIER_NAMES_ROOM][TIER_FIELD_MAX];
};

/*
 * False: there is no room, or one of them stands for everything. Those of one table come together; those that are of
 * no concern to others are left out.
 */
SL_MUST_CHECK bool tier_names_add(struct tier_names *names, struct tag_name name);
SL_MUST_CHECK bool tier_names_of_set(struct tier_names *names, const struct tag_set *set);
/* And back. False: it is none of those. */
SL_MUST_CHECK bool tier_names_read(const struct tier_tag *tag, struct tag_name *name);

#endif
