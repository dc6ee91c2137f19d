/* SPDX-License-Identifier: PostgreSQL */
/* cache/stage_fill.c - from a miss to an entry. */
#include "cache/stage_part.h"

#include "protocol/time_words.h"

#include <stdlib.h>
#include <string.h>

/* ---- may it be kept ---- */

/* A parameter whose text may stand for the time; a binary one cannot. */
static bool has_time_word(const struct key_bind *bind)
{
    struct sl_span values = bind->values;
    struct sl_span value;

    for (unsigned i = 0; key_bind_next(&values, &value); i++) {
        if (value.at != NULL && key_bind_is_text(bind, i) && time_words_in(value)) {
            return true;
        }
    }
    return false;
}

static enum cache_unkept why_not(const struct asked *asked, const struct cache_asks *asks)
{
    const struct cache_verdict *verdict = &asked->verdict;

    if (verdict->policy == NULL || verdict->policy->reason != POLICY_KEPT) {
        return CACHE_POLICY;
    }
    if (verdict->is_off) {
        return CACHE_POLICY_OFF;
    }
    const struct watched *watched = asks->session->watched;
    if (!verdict->is_covered ||
            (verdict->needs_stream && (watched == NULL || watched_fresh_until(watched) == 0))) {
        return CACHE_UNCOVERED;
    }
    if (time_words_in_text(asks->text) || (asks->bind != NULL && has_time_word(asks->bind))) {
        return CACHE_PARAMETER;
    }
    return asks->text.len + key_question(asks->bind).len > QUESTION_MAX ? CACHE_TOO_LARGE
                                                                        : CACHE_KEPT;
}

/* What is known before the answer: some are enough to spare who would wait in vain. */
static uint8_t known_tags(const struct asked *asked, uint64_t database, uint32_t *to)
{
    const struct tags *tags = asked->part->cache->tags;
    const struct policy_trees *reads = &asked->verdict.policy->reads;
    const struct point *point = &asked->verdict.policy->point;
    uint8_t count = 0;

    to[count++] = tags_of_database(tags, database);
    if (asked->has_point) {
        to[count++] = tags_of_table(tags, database, point->tree, TAG_WILD);
        to[count++] = tags_of_key(tags, database, point->tree, point->columns, asked->point_value);
        return count;
    }
    if (asked->has_rows) {
        const struct point *set = &asked->verdict.policy->rows.set;
        to[count++] = tags_of_table(tags, database, set->tree, TAG_WILD);
        to[count++] = tags_of_key(tags, database, set->tree, set->columns, asked->point_value);
        return count;
    }
    for (uint32_t i = 0; i < reads->count && count < FLIGHT_TAGS_MAX; i++) {
        to[count++] = tags_of_table(tags, database, reads->trees[i], TAG_ANY);
    }
    return count;
}

/* What is borrowed from the client is copied: the answer comes when it is gone. */
static bool remember(struct asked *asked, const struct cache_asks *asks)
{
    struct sl_span question = key_question(asks->bind);

    asked->question = malloc(question.len);
    if (asked->question == NULL || !memo_class(asked, asks)) {
        return false;
    }
    memcpy(asked->question, question.at, question.len);
    asked->question_len = question.len;
    return true;
}

/* What one row, or some, it asks for. */
static void find_value(struct asked *asked, const struct point_source *source)
{
    const struct policy *policy = asked->verdict.policy;
    const bool is_of_one = !policy->hides || !asked->stmt->is_extended; /* table: policy.h */

    asked->has_point = is_of_one && policy->point.tree != 0 &&
                       point_values(&policy->point, source, &asked->point_value);
    asked->has_rows = is_of_one && policy->point.tree == 0 && policy->rows.set.tree != 0 &&
                      point_values(&policy->rows.set, source, &asked->point_value);
    asked->rows_limit = asked->has_rows ? rows_limit(&policy->rows, source) : 0;
}

enum flight_result fill_want(
        struct asked *asked, const struct cache_asks *asks, struct sl_hash128 key, bool may_wait)
{
    struct cache *cache = asked->part->cache;
    enum cache_unkept why = why_not(asked, asks);

    if (why == CACHE_KEPT) {
        why = admit(asked, key);
    }
    asked->unkept = (uint8_t)why;
    if (why != CACHE_KEPT) {
        return FLIGHT_FULL;
    }
    struct point_source source = {.types = asks->types,
            .bind = asks->bind,
            .text = asks->text,
            .rules = asked->stmt->rules};
    find_value(asked, &source);
    asked->leader = (struct flight_leader){.key = key, .clock = tags_clock(cache->tags)};
    asked->leader.tags_count = known_tags(asked, asks->session->database, asked->leader.tags);
    asked->waiter = (struct flight_waiter){.wake = wait_wake};
    enum flight_result result =
            flight_begin(cache->flights, &asked->leader, may_wait ? &asked->waiter : NULL);
    asked->leads = result == FLIGHT_LEADS;
    if (result == FLIGHT_FULL) {
        asked->unkept = CACHE_BUSY;
    } else if (asked->leads && !remember(asked, asks)) {
        asked->unkept = CACHE_BUSY;
        asked->leads = false;
        flight_end(cache->flights, &asked->leader, NULL);
        return FLIGHT_FULL;
    }
    return result;
}

void fill_dispatch(struct asked *asked, bool is_current)
{
    struct cache *cache = asked->part->cache;

    if (!asked->leads) {
        return;
    }
    /* Behind something of its own transaction it may see what others do not. */
    if (!is_current || !block_may_have_answers(asked->part, asked->stmt)) {
        asked->unkept = CACHE_CHANGED;
        asked->leads = false;
        flight_end(cache->flights, &asked->leader, NULL);
        return;
    }
    asked->fills = true;
    asked->stmt->taps |= STAGE_TAP_REPLY;
    fill_begin(&asked->fill, atomic_load_explicit(&cache->max_result, memory_order_relaxed));
}

/* ---- an entry ---- */

bool fill_tags(struct entry *entry, const struct asked *asked, uint64_t clock, const uint32_t *tags)
{
    bool is_since = true;

    for (uint16_t i = entry->tags_count; i > 0; i--) { /* the last is read first: cache/tags.h */
        uint64_t word = tags_word(asked->part->cache->tags, tags[i - 1]);
        entry->tags[i - 1] = (struct entry_tag){.word = word, .tag = tags[i - 1]};
        is_since &= tags_is_since(word, clock);
    }
    return is_since;
}

static sl_usec sooner(sl_usec one, sl_usec other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

/* Less a tenth, by its key: those that were filled together do not all go at once. */
static sl_usec expiry(const struct asked *asked, sl_usec since)
{
    const struct cache *cache = asked->part->cache;
    sl_usec ttl = sooner(atomic_load(&cache->ttl), asked->verdict.ttl);

    ttl = sooner(ttl, asked->class->hint.ttl);
    if (asked->fill.rows == 0) {
        ttl = sooner(ttl, atomic_load(&cache->negative_ttl));
    }
    return ttl == 0 ? INT64_MAX
                    : since + ttl - (sl_usec)(asked->leader.key.hi % 1024) * ttl / 10240;
}

void fill_entry(const struct asked *asked, struct entry *entry, sl_usec since)
{
    entry->key = asked->leader.key;
    entry->origin = entry_origin_ref(&asked->class->origin);
    entry->bytes += asked->is_new_class ? asked->class->bytes : 0;
    entry->class = asked->entry_class;
    if (entry->class != ENTRY_TABLE) { /* which reads one */
        entry->table = tags_of_table(asked->part->cache->tags, asked->class->session->database,
                asked->verdict.policy->reads.trees[0], TAG_ANY);
    }
    entry->needs_stream = asked->verdict.needs_stream;
    entry->expires_at = expiry(asked, since);
    atomic_init(&entry->true_at, entry->sent_at);
}

static struct entry *make_entry(const struct asked *asked, uint16_t tags_count)
{
    const struct stmt *stmt = asked->stmt;
    struct entry_parts parts = fill_parts(&asked->fill);
    sl_usec took = stmt->meter.server_usec;

    parts.question = sl_span(asked->question, asked->question_len);
    struct entry *entry = entry_new(&parts, tags_count);
    if (entry == NULL) {
        return NULL;
    }
    entry->rows = asked->fill.rows;
    entry->cost_usec = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    entry->may_be_stale = asked->class->hint.stale != 0;
    entry->sent_at = stmt->meter.sent_at;
    entry->filled_at =
            sl_now(); /* its meter's end is the turn's: the answer may have come behind that */
    fill_entry(asked, entry, entry->filled_at);
    return entry;
}

static struct entry *entry_of(struct asked *asked)
{
    static const uint8_t whys[FILL_STATES] = {[FILL_OPEN] = CACHE_SPOILED,
            [FILL_WHOLE] = CACHE_KEPT,
            [FILL_SPOILED] = CACHE_SPOILED,
            [FILL_OF_TYPE] = CACHE_SPOILED,
            [FILL_TOO_LARGE] = CACHE_TOO_LARGE,
            [FILL_NO_MEMORY] = CACHE_REFUSED};

    uint32_t tags[ENTRY_TAGS_MAX];

    asked->unkept = whys[asked->fill.state];
    if (asked->unkept == CACHE_KEPT &&
            (asked->stmt->has_failed || !memo_is_current(asked) ||
                    asked->leader.clock < atomic_load(&asked->part->cache->floor))) {
        asked->unkept = CACHE_CHANGED;
    }
    if (asked->unkept != CACHE_KEPT) {
        return NULL;
    }
    uint16_t tags_count = stage_answer_tags(asked, tags);
    struct entry *entry = make_entry(asked, tags_count);
    if (entry == NULL) {
        asked->unkept = CACHE_REFUSED;
    } else if (!fill_tags(entry, asked, asked->leader.clock, tags)) {
        asked->unkept = CACHE_CHANGED;
        entry_unref(entry);
        entry = NULL;
    }
    return entry;
}

void fill_finish(struct asked *asked)
{
    struct cache *cache = asked->part->cache;
    struct entry *entry = asked->fills ? entry_of(asked) : NULL;

    if (entry != NULL) {
        memo_fill(asked, entry);
        admit_filled(asked);
        entry->place.is_pinned = holds_has(&cache->holds, asked->shape.hi);
        PART_COUNT(asked->part, fills);
        share_put(asked, entry);
        if (store_put(cache->store, entry_ref(entry)) != SL_OK) {
            asked->unkept = CACHE_REFUSED; /* who waits may have it all the same */
        }
        if (asked->leader.clock < atomic_load(&cache->floor)) {
            store_drop(cache->store, entry->key);
        }
    }
    if (asked->leads) {
        flight_end(cache->flights, &asked->leader, entry);
    }
    entry_unref(entry);
    if (asked->fills) {
        fill_end(&asked->fill);
    }
    asked->leads = false;
    asked->fills = false;
}
