/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/rowsets.h - which columns' values are followed: of each table the sets of columns that answers of class R
 * (cache.md 3.4) are asked for by.
 *
 * `SELECT ... WHERE owner = 7` is kept under the value 7 of the set {owner}. Whoever writes must say what values
 * of that set it puts into the table, so it must know the set: every writer looks here when it makes
 * its tags, and nobody else pays for a set that no answer needs.
 *
 * Sets of a table have numbers, from 1 on, and a number is never another set's. A writer takes the sets as they are, and
 * the number of the last one that there has been:
 *
 *     it knows what it puts into a set        the value's tag (tags_of_key())
 *     it does not                             rowsets_any(): the tag of all values of the set
 *     in any case                             rowsets_until(): the tag of who has seen sets up to that number
 *
 *     an answer of the set number k           its value's tag, rowsets_any(k), and rowsets_until(j) of each j < k
 *
 * The race between a set's beginning and writers on their way needs nothing else: a writer that made its tags before
 * the set k was there - in a transaction that ends much later, in a stream's transaction, in one that is prepared -
 * has the tag rowsets_until(j) with j < k, and so is one whose tags the answer has. Whoever made them later
 * has those of the set. For both the proof of cache/tags.h holds as it is: it asks for a tag that both have, begun
 * before the write can be seen, and the clock read before the statement is sent. When the set began does not matter.
 * (tests/unit/cache/test_rowsets.c plays it, and without rowsets_until() it goes stale.)
 *
 * A set goes when another wants its place and it has not been used for ROWSETS_IDLE. Its answers go before: the table's
 * TAG_WILD, which all of them have, is begun before the set is taken away and ended behind that. A fill that found the
 * set before that is not kept, as the end's stamp is later than its clock: a fill looks for its set behind
 * reading the clock. The same set coming back has another number. When a table has had ROWSETS_NUMBERS_MAX there are
 * no new ones. A table's place goes likewise; of tables without a place the last number is the highest that any
 * of those had that went, so that it never falls.
 *
 * Ownership: the cache's. Threads: any; a lock is held for a copy, and is a leaf. Bounds: ROWSETS_MAX sets of a table,
 * ROWSETS_TABLES tables: 0.7 MiB, all of it taken when it is made.
 */
#ifndef SLUICE_CACHE_ROWSETS_H
#define SLUICE_CACHE_ROWSETS_H

#include "cache/tags.h"
#include "protocol/base/clock.h"
#include "protocol/catalog_tables.h"

enum {
    ROWSETS_TABLES = 2048,
    ROWSETS_MAX = 8,
    ROWSETS_NUMBERS_MAX = 24,
};

#define ROWSETS_IDLE (600 * SL_SECOND)

/* Columns by their numbers, in their order. */
struct rowset_columns {
    uint8_t count;
    int16_t numbers[CATALOG_KEY_COLUMNS_MAX];
};

struct rowset {
    struct rowset_columns columns;
    uint32_t number;
};

/* As a writer sees them. */
struct rowset_list {
    uint32_t last; /* number that there has been */
    uint8_t count;
    struct rowset sets[ROWSETS_MAX];
};

struct rowsets;

/* NULL: no memory. tags outlives it. */
SL_MUST_CHECK struct rowsets *rowsets_new(struct tags *tags);
void rowsets_free(struct rowsets *rowsets); /* NULL is fine */
size_t rowsets_bytes(void);

/* Of that tree, which is one table. rowsets may be NULL: there are none. */
void rowsets_of(
        const struct rowsets *rowsets, uint64_t database, uint32_t tree, struct rowset_list *list);
/*
 * For an answer whose clock was read: the number of that set, which begins if need be. 0: there is no room; the
 * answer is none of that class.
 */
uint32_t rowsets_want(struct rowsets *rowsets, uint64_t database, uint32_t tree,
        const struct rowset_columns *columns, sl_usec now);

/* For tags_of_key(). */
uint64_t rowset_hash(const struct rowset_columns *columns);
/* Of all values of the set with that number. */
uint32_t rowsets_any(const struct tags *tags, uint64_t database, uint32_t tree, uint32_t number);
/* Of who has seen sets up to that number, 0 to ROWSETS_NUMBERS_MAX. */
uint32_t rowsets_until(const struct tags *tags, uint64_t database, uint32_t tree, uint32_t number);

#endif
