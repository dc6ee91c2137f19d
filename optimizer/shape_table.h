/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/shape_table.h - what one worker counted since it last told the store.
 *
 * An entry is found by its key once, and then by its id, which a prepared statement or a
 * text known before keeps (with the key's database, user and node: another pool's entry
 * is another one). To count a statement takes no lock and no memory, once its shape's
 * histograms have their pages.
 *
 * What was counted goes to the store by shape_table_flush(), a few entries a turn (each
 * costs some microseconds): call it about once a second until it is done, and when a
 * reader asks. An entry that stood idle for SHAPE_TABLE_IDLE is then given up; at the bound
 * the first one is that was not used since the clock hand's last visit. What it had goes to
 * the store before. Old ids find nothing then.
 *
 * Ownership: the table's worker; the store is the process's and outlives it. Threads: the worker's;
 * shape_table_bytes() any. Bounds: limits; the table gives bytes back before it takes more.
 */
#ifndef SLUICE_OPTIMIZER_SHAPE_TABLE_H
#define SLUICE_OPTIMIZER_SHAPE_TABLE_H

#include "optimizer/shape_store.h"
#include "protocol/base/slab.h"

#define SHAPE_TABLE_IDLE (60 * SL_SECOND)

struct shape_entry;
struct shape_table;

/* Of that worker. NULL without memory. limits is copied. */
SL_MUST_CHECK struct shape_table *shape_table_new(
        struct shape_store *store, const struct shape_limits *limits, uint32_t worker);
/* Tells the store what it still has. NULL is fine. */
void shape_table_free(struct shape_table *table, sl_usec now);

/* The entry of that id, or NULL: given up meanwhile, or a zeroed id. */
struct shape_entry *shape_table_find(struct shape_table *table, struct sl_id id);
/* The entry of that key, a new one if need be. Without memory the one for others: no id finds it. */
struct shape_entry *shape_table_open(
        struct shape_table *table, const struct shape_key *key, sl_usec now);
struct sl_id shape_entry_id(const struct shape_entry *entry);

/* Counts one statement. */
void shape_table_add(struct shape_table *table, struct shape_entry *entry,
        const struct tally_sample *sample, sl_usec now);

/*
 * Looks at the next slots_max places from *cursor (0 to begin with) and tells the store what is
 * new there. True when it was the last; *cursor is 0 then.
 */
bool shape_table_flush(
        struct shape_table *table, uint32_t *cursor, uint32_t slots_max, sl_usec now);
/* RESET STATS: forgets what was not told yet. Before the store's. */
void shape_table_reset(struct shape_table *table);
/* Likewise, so many entries a call. *cursor is 0 to begin with; true: that was all. */
bool shape_table_reset_some(struct shape_table *table, uint32_t *cursor, uint32_t entries_max);

uint32_t shape_table_count(const struct shape_table *table);
size_t shape_table_bytes(const struct shape_table *table);

/*
 * Cuts bytes_max into the store's part (five eighths) and a part for each of the workers'
 * tables (an eighth for all of them). The last quarter is for what else is kept of shapes:
 * texts and plans, names, history.
 */
void shape_limits_share(const struct shape_limits *all, unsigned workers_count,
        struct shape_limits *store, struct shape_limits *table);

#endif
