/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_stale.c - what a hint stale=30s lets be given beyond what is promised.
 *
 * Where the stream is late, it widens max_staleness, and nothing else: no write that is known is missed, so
 * nobody's own is, and who has seen what is newer has a floor (floors.h).
 *
 * Where its tables have changed, an answer is given that was true no longer ago than that (entry.true_at): when it
 * was got, or when it was last found unchanged. It is its session's to miss writes of others, but
 *
 *   not its own      which are done before wrote_until(), and what was true later has them
 *   of no schema     the words of its database, and of everything, are what they were: each change of the schema, of
 *                    rights and roles, and each write of which nobody knows what it was, has changed one
 *
 * That does not keep a session from going back in time as to writes of others. In both cases the catalogues have
 * been looked at lately: nobody else tells of a REVOKE past us while the stream is late.
 */
#include "cache/stage_part.h"

static bool is_schema_known(const struct watched *watched, sl_usec now)
{
    sl_usec until = watched_schema_until(watched);

    return until != 0 && until + CACHE_SCHEMA_AGE_MAX >= now;
}

bool stale_is_late_by_hint(const struct cache_asks *asks, sl_usec fresh_until, sl_usec now)
{
    return asks->hint.stale != 0 && fresh_until != 0 && fresh_until + asks->hint.stale >= now &&
           is_schema_known(asks->session->watched, now);
}

/* The first and the last of its tags: stage_answer_tags(). */
static bool is_schema_its(const struct cache_part *part, const struct entry *entry)
{
    const struct tags *tags = part->cache->tags;
    const struct entry_tag *database = &entry->tags[0];
    const struct entry_tag *everything = &entry->tags[entry->tags_count - 1];

    SL_DCHECK(everything->tag == stage_everything(tags));
    return tags_word(tags, database->tag) == database->word &&
           tags_word(tags, everything->tag) == everything->word;
}

bool stale_may_be_given(const struct cache_part *part, const struct stmt *stmt,
        const struct entry *entry, const struct cache_asks *asks)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    sl_usec true_at = atomic_load_explicit(&entry->true_at, memory_order_relaxed);
    sl_usec now = sl_now();

    return asks->hint.stale != 0 && true_at + asks->hint.stale >= now &&
           cache_answers(entry, asks) &&
           (entry->head_len > 0 || (stmt->is_extended && !stmt->has_describe)) &&
           is_schema_its(part, entry) && asks->session->watched != NULL &&
           is_schema_known(asks->session->watched, now) &&
           true_at > hooks->wrote_until(hooks->self, stmt);
}

/* What was known of the stream before the words were compared: they may have changed since. */
void stale_confirm(struct entry *entry, const struct stmt *stmt, const struct cache_asks *asks)
{
    sl_usec then = entry->needs_stream ? asks->fresh_until : stmt->meter.received_at;

    if (SL_UNLIKELY(entry->may_be_stale) &&
            then > atomic_load_explicit(&entry->true_at, memory_order_relaxed)) {
        atomic_store_explicit(&entry->true_at, then, memory_order_relaxed);
    }
}
