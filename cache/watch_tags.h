/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/watch_tags.h - what a change that came by the stream makes stale.
 *
 * Every change of a row is one of its table's tree (protocol/catalog_tables.h): a partition's is its
 * root's. What is not of one row whose shape is known is `wild`, too. A table of which the
 * catalogue says nothing may be a new partition of any: all of the database is stale with it.
 *
 * Names are taken as they were when the row was changed, and looked up in what is known now. A table
 * that was renamed meanwhile is another's namesake at the worst, until the catalogue is read anew;
 * everything that was kept before that is stale by the database's tag then.
 *
 * Of a row whose primary key is told, only that key (cache/point.h): the new row's of an UPDATE, and the old
 * one's, which comes if it was another. That is so where the primary key is the replica identity, or the whole
 * row; else each UPDATE and DELETE is `wild`.
 *
 * Of the sets of columns that answers are asked for by (rowsets.h) a new row has a value each, and so that value's tag; or
 * all values' tag, where it is not told (what is stored elsewhere and was not written again) or cannot be read. A row
 * that went away from a value is one of the key.
 *
 * Ownership: nothing. Threads: any. Bounds: names of WATCH_NAME_MAX bytes; of longer ones nothing is known.
 */
#ifndef SLUICE_CACHE_WATCH_TAGS_H
#define SLUICE_CACHE_WATCH_TAGS_H

#include "cache/decode.h"
#include "cache/rowsets.h"
#include "cache/tags.h"
#include "protocol/catalog.h"

enum { WATCH_NAME_MAX = 255 };

/* Where, and what is known of it: NULL is nothing. */
struct watch_place {
    const struct tags *tags;
    uint64_t database;
    const struct catalog *catalog;
    const struct rowsets *rowsets; /* NULL: no answer is asked for by one */
};

/* Adds to the set. False: of one of the tables nothing is known; all of the database is in it. */
bool watch_tags_of_change(
        const struct watch_place *place, const struct decode_change *change, struct tag_set *set);

#endif
