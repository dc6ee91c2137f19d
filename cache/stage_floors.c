/* SPDX-License-Identifier: PostgreSQL */
/* cache/stage_floors.c - that no session goes back in time (cache/floors.h). */
#include "cache/stage_part.h"

static struct floors **floors_at(const struct cache_part *part, const struct stmt *stmt)
{
    return part->cache->hooks.floors(part->cache->hooks.self, stmt);
}

/* ---- clocks ---- */

/* Until when all is known of: by the change stream, and of what is written through Sluices only, as they say. */
struct clocks {
    struct watched *watched; /* NULL: there is no stream, or none is known of here */
    const struct tier_seat *seat;
    sl_usec fresh;
    sl_usec told;
};

static struct clocks clocks_of(
        const struct cache_part *part, uint64_t database, struct watched *watched)
{
    const struct tier_seat *seat = atomic_load_explicit(&part->cache->shares, memory_order_relaxed)
                                           ? share_seat(part, database)
                                           : NULL;

    return (struct clocks){.watched = watched,
            .seat = seat,
            .fresh = watched == NULL ? 0 : watched_fresh_until(watched),
            .told = seat == NULL ? 0 : atomic_load(&seat->cover->told_until)};
}

static sl_usec later(sl_usec one, sl_usec other)
{
    return one > other ? one : other;
}

/* They are to move: something is seen that is later. A stream tells of what Sluices write, too. */
static void want(const struct clocks *clocks)
{
    if (clocks->fresh != 0) {
        watched_want(clocks->watched);
    } else if (clocks->seat != NULL) {
        watched_want_told(clocks->seat->watched, clocks->seat->cover);
    }
}

/* Of everything, or of a table alone. */
static bool raise(
        const struct cache *cache, struct floors **floors, const struct floor *floor, sl_usec fresh)
{
    if (!atomic_load_explicit(&cache->floors_by_table, memory_order_relaxed)) {
        return floors_raise_all(floors, floor->at, fresh);
    }
    return floors_raise(floors, floor->table, floor->key, floor->at, fresh);
}

/* ---- kept answers ---- */

bool stage_has_floors(const struct cache_part *part, const struct entry *entry)
{
    return entry->needs_stream || atomic_load_explicit(&part->cache->shares, memory_order_relaxed);
}

static sl_usec floor_under(const struct floors *floors, const struct entry *entry)
{
    sl_usec floor = 0;

    if (entry->class == ENTRY_POINT) {
        return floors_of(floors, entry->table, entry->tags[ENTRY_KEY].tag);
    }
    if (entry->class == ENTRY_ROWS) { /* of any row of the table */
        return floors_of(floors, entry->table, 0);
    }
    for (uint16_t i = 1; i < entry->tags_count; i++) { /* behind the database's */
        sl_usec one = floors_of(floors, entry->tags[i].tag, 0);
        floor = one > floor ? one : floor;
    }
    return floor;
}

static sl_usec known_until(const struct clocks *clocks, const struct entry *entry)
{
    return entry->needs_stream ? clocks->fresh : later(clocks->fresh, clocks->told);
}

bool stage_is_above_floors(const struct cache_part *part, const struct stmt *stmt,
        const struct entry *entry, const struct cache_session *session, sl_usec *below)
{
    struct floors **floors = floors_at(part, stmt);
    sl_usec floor = floors == NULL || *floors == NULL ? 0 : floor_under(*floors, entry);

    *below = 0;
    if (floor != 0 && entry->sent_at < floor) {
        const struct clocks clocks = clocks_of(part, session->database, session->watched);
        if (known_until(&clocks, entry) < floor) {
            want(&clocks);
            *below = floor;
            return false;
        }
    }
    /* What was known of when a clock was read shows in words that are read behind that. */
    return entry_is_fresh(entry, part->cache->tags);
}

void stage_floor_of_entry(const struct cache_part *part, const struct stmt *stmt,
        const struct entry *entry, const struct cache_session *session)
{
    const struct clocks clocks = clocks_of(part, session->database, session->watched);
    struct floors **floors = NULL;
    bool is_raised = true;

    if (entry->filled_at <= known_until(&clocks, entry)) {
        return; /* nearly always */
    }
    want(&clocks);
    floors = floors_at(part, stmt);
    if (floors == NULL) {
        return;
    }
    struct floor floor = {.table = entry->table, .at = entry->filled_at};
    if (entry->class == ENTRY_POINT) {
        floor.key = entry->tags[ENTRY_KEY].tag;
    }
    if (entry->class != ENTRY_TABLE) {
        is_raised = raise(part->cache, floors, &floor, clocks.fresh);
    }
    for (uint16_t i = 1; entry->class == ENTRY_TABLE && i < entry->tags_count; i++) {
        floor.table = entry->tags[i].tag;
        is_raised &= raise(part->cache, floors, &floor, clocks.fresh);
    }
    (void)is_raised; /* without memory for that the session is as new as the bound says */
}

/* ---- servers' ---- */

struct seen {
    const struct cache *cache;
    struct floors **floors;
    const struct tags *tags;
    uint64_t database;
    sl_usec at;
    sl_usec fresh;
    bool is_raised;
};

static void see_table(struct seen *seen, uint32_t tree)
{
    uint32_t table = tags_of_table(seen->tags, seen->database, tree, TAG_ANY);

    const struct floor floor = {.table = table, .at = seen->at};

    seen->is_raised &= raise(seen->cache, seen->floors, &floor, seen->fresh);
}

static void see_row(struct seen *seen, const struct point *point, uint64_t value)
{
    uint32_t table = tags_of_table(seen->tags, seen->database, point->tree, TAG_ANY);
    uint32_t key = tags_of_key(seen->tags, seen->database, point->tree, point->columns, value);

    const struct floor floor = {.table = table, .key = key, .at = seen->at};

    seen->is_raised &= raise(seen->cache, seen->floors, &floor, seen->fresh);
}

static void see_all(struct seen *seen)
{
    seen->is_raised &= floors_raise_all(seen->floors, seen->at, seen->fresh);
}

/* What it wrote it may have looked at. */
static void see_written(struct seen *seen, const struct asked *asked)
{
    const struct policy *policy = asked->verdict.policy;

    for (uint32_t i = 0; i < policy->writes.count; i++) {
        see_table(seen, policy->writes.trees[i]);
    }
    if (policy->row.rows == POLICY_ROWS_INSERT) {
        see_table(seen, policy->row.tree);
    } else if (policy->row.rows == POLICY_ROWS_POINT && asked->writes_point) {
        see_row(seen, &policy->row.point, asked->write_value);
    } else if (policy->row.rows == POLICY_ROWS_POINT) {
        see_table(seen, policy->row.tree);
    }
}

bool stage_sees(const struct asked *asked)
{
    return asked->watched != NULL ||
           atomic_load_explicit(&asked->part->cache->shares, memory_order_relaxed);
}

void stage_floor_of_reply(const struct asked *asked)
{
    const struct stmt *stmt = asked->stmt;
    const struct policy *policy = asked->verdict.policy;

    if (!stage_sees(asked) || asked->database == 0 || (policy != NULL && policy->names_nothing)) {
        return;
    }
    const struct clocks clocks = clocks_of(asked->part, asked->database, asked->watched);
    struct seen seen = {.cache = asked->part->cache,
            .floors = floors_at(asked->part, stmt),
            .tags = asked->part->cache->tags,
            .database = asked->database,
            .at = sl_now(), /* the meter's times are of turns: it may have come later in that one */
            .fresh = asked->watched != NULL ? clocks.fresh : clocks.told,
            .is_raised = true};
    if (asked->watched == NULL || clocks.fresh == 0) { /* else it moves when answers are given */
        want(&clocks);
    }
    if (seen.floors == NULL) {
        return; /* its client has left */
    }
    if (policy == NULL || policy->writes.is_any ||
            (policy->reason != POLICY_KEPT && !policy->only_writes)) {
        see_all(&seen);
        return;
    }
    see_written(&seen, asked);
    if (policy->reason == POLICY_KEPT && policy->point.tree != 0 && asked->has_point) {
        see_row(&seen, &policy->point, asked->point_value);
    }
    for (uint32_t i = 0;
            !asked->has_point && policy->reason == POLICY_KEPT && i < policy->reads.count; i++) {
        see_table(&seen, policy->reads.trees[i]);
    }
}
