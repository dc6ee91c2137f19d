/* SPDX-License-Identifier: PostgreSQL */
#include "cache/stage.h"

#include "cache/account.h"
#include "cache/stage_part.h"

#include <stdlib.h>
#include <strings.h>

static struct asked **state_of(struct stmt *stmt)
{
    return (struct asked **)&stmt->stage_state[stmt->stage];
}

static struct asked *ask(struct cache_part *part, struct stmt *stmt)
{
    struct sl_id id;
    struct asked *asked = sl_slab_take(part->asked, &id);

    if (asked != NULL) {
        asked->id = id;
        asked->part = part;
        asked->stmt = stmt;
        sl_list_init(&asked->waiting);
        tag_set_init(&asked->writes);
        *state_of(stmt) = asked;
    }
    return asked;
}

static void forget(struct asked *asked)
{
    if (asked->is_miss) {
        part_count(asked->part,
                offsetof(struct cache_counts, unkept) / sizeof(uint64_t) + asked->unkept, 1);
        memo_miss(asked);
    }
    share_forget(asked);
    entry_unref(asked->entry);
    watched_unref(asked->awaited);
    policy_unref(asked->verdict.policy);
    entry_origin_unref(asked->class == NULL ? NULL : &asked->class->origin);
    free(asked->question);
    sl_list_remove(&asked->waiting);
    tag_set_fini(&asked->writes);
    *state_of(asked->stmt) = NULL;
    sl_slab_give(asked->part->asked, asked->id);
}

/* ---- what is asked ---- */

/* By its first letters; what hides them is looked at. */
static bool may_read(struct sl_span text)
{
    static const char *const words[] = {"sel", "wit", "tab", "val"};
    size_t at = 0;

    while (at < text.len && (text.at[at] == ' ' || text.at[at] == '\n' || text.at[at] == '\t' ||
                                    text.at[at] == '\r')) {
        at++;
    }
    if (text.len - at < 3) {
        return false;
    }
    const char *begin = (const char *)text.at + at;
    if (begin[0] == '(' || begin[0] == '/' || begin[0] == '-') {
        return true;
    }
    for (size_t i = 0; i < SL_COUNT(words); i++) {
        if (strncasecmp(begin, words[i], 3) == 0) {
            return true;
        }
    }
    return false;
}

static enum cache_bypass look(struct cache_part *part, const struct stmt *stmt,
        struct cache_asks *asks, struct key_bind *bind)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    enum cache_bypass why = CACHE_NOT_BYPASSED;

    if (!may_read(stmt->query)) {
        return CACHE_NO_READ;
    }
    if (!stmt->is_plain || stmt->rules.is_unknown ||
            (stmt->is_extended && key_bind_read(stmt->bind_rest, bind) != SL_OK)) {
        return CACHE_NOT_PLAIN;
    }
    if (!block_may_have_answers(part, stmt)) {
        return CACHE_TRANSACTION;
    }
    if (!stmt->is_answerable) {
        return CACHE_NOT_PLAIN;
    }
    struct hint hint = memo_hint(part, stmt);
    if (hint.is_off) {
        return CACHE_HINT;
    }
    *asks = (struct cache_asks){.session = hooks->session(hooks->self, stmt, &why),
            .types = stmt->types,
            .text = stmt->query,
            .text_key = stmt->query_key,
            .bind = stmt->is_extended ? bind : NULL,
            .hint = hint};
    if (SL_UNLIKELY(hint.stale != 0) && asks->session != NULL && asks->session->watched != NULL) {
        asks->fresh_until = watched_fresh_until(asks->session->watched);
    }
    return why;
}

/* ---- hits ---- */

static bool wants_head(const struct stmt *stmt)
{
    return !stmt->is_extended || stmt->has_describe;
}

/* is_late: beyond max_staleness, as its text lets it be. */
static bool is_fresh_enough(const struct cache_part *part, const struct entry *entry,
        const struct cache_asks *asks, sl_usec now, bool *is_late)
{
    const struct cache *cache = part->cache;

    *is_late = false;
    if (!entry->needs_stream) {
        return share_listens(part, asks->session->database);
    }
    struct watched *watched = asks->session->watched;
    sl_usec staleness = atomic_load_explicit(&cache->max_staleness, memory_order_relaxed);
    if (watched == NULL) {
        return false;
    }
    watched_want(watched);
    sl_usec until = watched_fresh_until(watched);
    if (until + staleness >= now) {
        return true;
    }
    *is_late = stale_is_late_by_hint(asks, until, now);
    return *is_late;
}

/*
 * Counts why not; else says when that was. *floor: what only the clock has to come to before it may; or 0.
 */
static bool may_give(struct cache_part *part, struct stmt *stmt, const struct entry *entry,
        const struct cache_asks *asks, sl_usec *floor)
{
    sl_usec now = sl_now();
    bool is_late = false;

    *floor = 0;
    if (!cache_answers(entry, asks)) {
        PART_COUNT(part, unasked);
    } else if (entry->head_len == 0 && wants_head(stmt)) {
        PART_COUNT(part, headless);
    } else if (!is_fresh_enough(part, entry, asks, now, &is_late)) {
        PART_COUNT(part, stale);
    } else if (stage_has_floors(part, entry) &&
               !stage_is_above_floors(part, stmt, entry, asks->session, floor)) {
        PART_COUNT_BY(part, below, *floor != 0);
        PART_COUNT_BY(part, stale, *floor == 0);
    } else {
        PART_COUNT_BY(part, hits_stale, is_late);
        stmt->answered_at = now;
        return true;
    }
    return false;
}

static void release(void *entry)
{
    entry_unref(entry);
}

/* Takes the reference over. */
static enum stage_verdict give(struct cache_part *part, struct stmt *stmt,
        const struct cache_asks *asks, struct entry *entry, enum cache_tier tier)
{
    struct sl_span rest = entry_rows_and_tail(entry);

    stmt->answer = wants_head(stmt) ? sl_span(entry->reply, entry->head_len + rest.len) : rest;
    stmt->answer_rows = entry->rows;
    stmt->answer_lent = (struct sl_lent){.release = release, .lender = entry};
    if (stage_has_floors(part, entry)) {
        stage_floor_of_entry(part, stmt, entry, asks->session);
    }
    PART_COUNT(part, hits);
    PART_COUNT_BY(part, hits_in_blocks, stmt->standing != 'I');
    times_add(&part->times[tier], stmt->answered_at - stmt->meter.received_at);
    part_count(part, offsetof(struct cache_counts, hits_of) / sizeof(uint64_t) + entry->class, 1);
    part_count(part,
            offsetof(struct cache_counts, hits_shared_of) / sizeof(uint64_t) + entry->class,
            tier == CACHE_TIER_REDIS);
    PART_COUNT_BY(part, saved_usec, entry->cost_usec);
    reuse_hit(part->cache->reuse, part->worker, cache_class_of(entry)->shape);
    return STAGE_ANSWERED;
}

struct found {
    bool was_kept; /* there was one that may not be given */
    bool is_below; /* that is why: it is good for others */
    sl_usec floor; /* not 0: the one that is returned may be, when the clock has come to that */
};

/* A reference, or NULL. */
static struct entry *find(struct cache_part *part, struct stmt *stmt, const struct cache_asks *asks,
        struct sl_hash128 key, struct found *found)
{
    struct entry *entry = NULL;
    enum store_result result = store_find(part->cache->store, key, stmt->meter.received_at, &entry);

    *found = (struct found){.was_kept = result != STORE_MISS};
    if (entry != NULL && result == STORE_HIT) {
        if (may_give(part, stmt, entry, asks, &found->floor)) {
            stale_confirm(entry, stmt, asks);
            return entry;
        }
        if (found->floor != 0 && wait_may_catch_up(part, stmt, asks->session->watched, entry)) {
            return entry;
        }
        found->is_below = found->floor != 0;
        found->floor = 0;
        entry_unref(entry);
        return NULL;
    }
    if (entry != NULL && stale_may_be_given(part, stmt, entry, asks)) {
        PART_COUNT(part, hits_stale);
        stmt->answered_at = sl_now();
        return entry;
    }
    part_count(part, offsetof(struct cache_counts, misses) / sizeof(uint64_t) + result, 1);
    entry_unref(entry);
    return NULL;
}

/* ---- misses ---- */

static enum stage_verdict miss(struct cache_part *part, struct stmt *stmt,
        const struct cache_asks *asks, struct sl_hash128 key, const struct found *found)
{
    struct asked *asked = ask(part, stmt);

    if (asked == NULL) {
        return STAGE_NEXT;
    }
    asked->is_miss = true;
    asked->was_kept = found->was_kept;
    memo_judge(asked);
    if (found->is_below) {
        asked->unkept = CACHE_BELOW;
        return STAGE_NEXT;
    }
    if (asked->verdict.policy != NULL) {
        part_count(part,
                offsetof(struct cache_counts, policies) / sizeof(uint64_t) +
                        asked->verdict.policy->reason,
                1);
    }
    switch (fill_want(asked, asks, key, stmt->standing == 'I')) {
    case FLIGHT_WAITS:
        wait_begin(asked);
        return STAGE_WAIT;
    case FLIGHT_LEADS:
        return share_ask(asked, asks) ? STAGE_WAIT : STAGE_NEXT;
    case FLIGHT_FULL:
        break;
    }
    return STAGE_NEXT;
}

/*
 * One that may be given will soon be over, and is asked for often: who notices that asks the server, as if there
 * were none, and leads, while all others are given it still. Not who would get it without its description.
 */
static bool refresh(struct cache_part *part, struct stmt *stmt, const struct cache_asks *asks,
        struct entry *entry)
{
    const bool is_told_by_others = !entry->needs_stream &&
                                   atomic_load_explicit(&part->cache->shares, memory_order_relaxed);

    if ((entry->head_len != 0 && !wants_head(stmt)) || is_told_by_others ||
            !entry_wants_heir(entry, stmt->meter.received_at)) {
        return false;
    }
    struct asked *asked = ask(part, stmt);
    if (asked == NULL) {
        return false;
    }
    asked->was_kept = true;
    memo_judge(asked);
    if (fill_want(asked, asks, entry->key, false) != FLIGHT_LEADS) {
        forget(asked); /* others do so already */
        return false;
    }
    PART_COUNT(part, refreshed);
    return true;
}

/* Takes the reference over. */
static enum stage_verdict catch_up(struct cache_part *part, struct stmt *stmt,
        const struct cache_asks *asks, struct entry *entry, sl_usec floor)
{
    struct asked *asked = ask(part, stmt);

    if (asked == NULL) {
        entry_unref(entry);
        return STAGE_NEXT;
    }
    wait_catch_up(asked, asks->session->watched, entry, floor);
    return STAGE_WAIT;
}

/*
 * The one that it waited for is there, or is not; or the clock has come to where it may be given; or the second tier has
 * said what it knows.
 */
static enum stage_verdict resumed(struct cache_part *part, struct stmt *stmt)
{
    struct asked *asked = *state_of(stmt);
    struct entry *entry = asked->entry;
    struct cache_asks asks;
    struct key_bind bind;

    sl_usec floor = 0;

    asked->entry = NULL;
    PART_COUNT_BY(part, tired, asked->is_tired);
    if (entry != NULL && look(part, stmt, &asks, &bind) != CACHE_NOT_BYPASSED) {
        entry_unref(entry);
        entry = NULL;
    }
    if (entry != NULL && may_give(part, stmt, entry, &asks, &floor)) {
        PART_COUNT_BY(part, hits_caught_up, asked->awaited != NULL);
        PART_COUNT_BY(part, hits_waited, asked->tier == NULL && asked->awaited == NULL);
        PART_COUNT_BY(part, hits_shared, asked->tier != NULL);
        asked->is_miss = false;
        return give(part, stmt, &asks, entry,
                asked->tier != NULL ? CACHE_TIER_REDIS : CACHE_TIER_LOCAL);
    }
    if (floor != 0 && asked->awaited == NULL &&
            wait_may_catch_up(part, stmt, asks.session->watched, entry)) {
        wait_catch_up(asked, asks.session->watched, entry, floor);
        return STAGE_WAIT;
    }
    entry_unref(entry);
    asked->unkept = asked->leads ? asked->unkept : (uint8_t)CACHE_BUSY;
    return STAGE_NEXT;
}

static enum stage_verdict on_statement(void *self, struct stmt *stmt)
{
    struct cache_part *part = self;
    struct cache_asks asks;
    struct key_bind bind;

    if (stmt->is_resumed) {
        return resumed(part, stmt);
    }
    enum cache_bypass why = look(part, stmt, &asks, &bind);
    part_count(part, offsetof(struct cache_counts, bypassed) / sizeof(uint64_t) + why, 1);
    if (why != CACHE_NOT_BYPASSED) {
        return STAGE_NEXT;
    }
    struct sl_hash128 key = cache_key(&asks);
    struct found found;
    struct entry *entry = find(part, stmt, &asks, key, &found);
    if (entry == NULL) {
        return miss(part, stmt, &asks, key, &found);
    }
    if (SL_UNLIKELY(found.floor != 0)) {
        return catch_up(part, stmt, &asks, entry, found.floor);
    }
    if (SL_UNLIKELY(entry_is_old(entry, stmt->meter.received_at)) &&
            refresh(part, stmt, &asks, entry)) {
        entry_unref(entry);
        return STAGE_NEXT;
    }
    return give(part, stmt, &asks, entry, CACHE_TIER_LOCAL);
}

/* ---- writes ---- */

struct account *stage_account(const struct cache_part *part, struct stage_transaction *transaction)
{
    if (transaction->state == NULL) {
        transaction->state = account_new(part->cache->tags, stage_everything(part->cache->tags));
    }
    return transaction->state;
}

static void add_writes(struct asked *asked)
{
    struct stmt *stmt = asked->stmt;
    struct key_bind bind;
    bool is_bound = stmt->bind.len > 0 && key_bind_read(stmt->bind_rest, &bind) == SL_OK;
    const struct point_source source = {.types = stmt->types,
            .bind = is_bound ? &bind : NULL,
            .text = stmt->query,
            .rules = stmt->rules};

    stage_write_tags(asked, stmt->under_way->database, &source);
}

/* What a statement may write: of a block that goes on, nobody sees it yet; else it is pending from now on. */
static void begin_writes(struct asked *asked)
{
    struct cache_part *part = asked->part;
    struct stmt *stmt = asked->stmt;
    const struct policy *policy = asked->verdict.policy;
    bool is_not_read = policy == NULL || policy->reason == POLICY_NOT_READ;
    enum stage_words words = is_not_read ? stage_words(stmt->query) : STAGE_WORDS_ANY;
    bool may_write = words == STAGE_WORDS_ANY || words == STAGE_WORDS_STAY;

    asked->is_ending_not |= words == STAGE_WORDS_STAY;
    bool may_end = words == STAGE_WORDS_END ||
                   (may_write && (is_not_read ? !asked->is_ending_not : policy->may_end));
    bool is_in_block = stmt->standing == 'T' || stmt->standing == 'E';

    if (may_write && (policy == NULL || !policy->writes_nothing)) {
        asked->has_writes = true;
        asked->is_late =
                policy == NULL ? asked->may_wait : is_not_read && !asked->verdict.is_never_read;
        PART_COUNT(part, writes);
        add_writes(asked);
    }
    if (asked->has_writes || may_end) {
        part->cache->hooks.wrote(part->cache->hooks.self, stmt);
    }
    struct account *account = is_in_block && !may_end && asked->has_writes
                                      ? stage_account(part, stmt->under_way)
                                      : stmt->under_way->state;
    if (is_in_block && !may_end && account != NULL) {
        if (asked->is_late) {
            late_sent(asked, account);
        } else {
            account_collect(account, &asked->writes);
            tag_set_fini(&asked->writes);
        }
        return;
    }
    if (asked->has_writes) {
        tag_set_begin(&asked->writes, part->cache->tags);
        share_begin(asked, stmt->under_way->database, &asked->writes);
    }
    if (may_end && account != NULL) {
        late_join(part, account);
        share_begin(asked, stmt->under_way->database, &account->collected);
        account_begin(account);
    }
}

/* Anything, as long as something is under way there. */
static void write_unseen(struct cache_part *part, struct stage_transaction *transaction)
{
    struct tags *tags = part->cache->tags;
    uint32_t all = stage_everything(tags);
    struct account *account = stage_account(part, transaction);
    struct tag_set set;

    PART_COUNT(part, unseen);
    tag_set_init(&set);
    tag_set_add(&set, all, all);
    tag_set_begin(&set, tags);
    part->cache->hooks.doubt(part->cache->hooks.self, transaction);
    if (account != NULL) { /* else it is pending for good, which is safe */
        late_join(part, account);
        account_begin(account);
        account_take(account, &set);
        account->has_unseen = true;
        account->has_doubts = true;
    }
}

/* Of what it names it is known that it writes nothing: as long as that is what it was. */
static bool names_any(const struct asked *asked)
{
    const struct policy *policy = asked->verdict.policy;

    return policy != NULL && policy->reason != POLICY_NOT_READ && !policy->names_nothing;
}

static void on_dispatch(void *self, struct stmt *stmt)
{
    const struct cache_part *part = self;
    struct asked *asked = *state_of(stmt);

    if (asked == NULL) {
        asked = ask(self, stmt);
    }
    if (asked == NULL) {
        write_unseen(self, stmt->under_way);
        block_spoil(stmt->under_way);
        return;
    }
    bool is_current = !memo_executes(asked) && memo_is_current(asked);
    fill_dispatch(asked, is_current);
    if (!is_current) {
        memo_judge(asked);
    }
    begin_writes(asked);
    block_dispatch(asked);
    asked->watched = part->cache->hooks.watched(part->cache->hooks.self, stmt->under_way);
    asked->database = stmt->under_way->database;
    if (!asked->leads && !asked->has_writes && !asked->shares && !stage_sees(asked) &&
            stmt->names_failed == 0 && !names_any(asked)) {
        forget(asked);
    }
}

static void on_reply(void *self, struct stmt *stmt, struct sl_span message)
{
    struct asked *asked = *state_of(stmt);

    (void)self;
    if (asked != NULL && asked->fills) {
        fill_message(&asked->fill, message);
    }
}

/* ---- ends ---- */

/* Of one that was to write nothing: it may have waited for a lock until what it calls was another function. */
static bool is_another(const struct asked *asked)
{
    const struct cache_hooks *hooks = &asked->part->cache->hooks;
    struct sl_hash128 shape;
    uint64_t view = 0;

    if (!asked->has_view || !names_any(asked)) {
        return false;
    }
    enum cache_view kind =
            hooks->view(hooks->self, asked->part->worker, asked->stmt, &shape, &view);
    return kind == CACHE_VIEW_DOUBTFUL || (kind == CACHE_VIEW_KNOWN && view != asked->view);
}

/* What it wrote was looked up in a catalogue that may have been another when it ran; or another text ran. */
static void doubt(struct asked *asked)
{
    struct tags *tags = asked->part->cache->tags;
    const struct stage_transaction *transaction = asked->stmt->under_way;

    if (transaction != NULL &&
            (asked->stmt->is_misread ||
                    (asked->has_writes ? !memo_is_current(asked) : is_another(asked)))) {
        uint32_t all = stage_everything(tags);
        tags_begin(tags, all);
        tags_end(tags, all);
    }
}

/* It may have changed the schema, as no text says: DO, CALL, a function that runs what it is given ... */
static bool doubts_schema(const struct asked *asked)
{
    const struct policy *policy = asked->verdict.policy;

    return asked->stmt->is_misread ||
           (asked->has_writes && (policy == NULL ? asked->may_hide : stage_may_hide(policy)));
}

/* Those that go on being pending are its transaction's. */
static void end_writes(struct asked *asked)
{
    struct cache_part *part = asked->part;
    struct stmt *stmt = asked->stmt;
    struct account *account = NULL;

    if (asked->is_late && late_settle(asked)) {
        return;
    }
    doubt(asked);
    if (asked->is_late && !asked->writes.has_begun) {
        late_collect(asked, doubts_schema(asked));
        return;
    }
    bool may_hide = doubts_schema(asked);
    if (stmt->under_way != NULL && stmt->transaction != 'I' &&
            (asked->writes.has_begun || may_hide)) {
        account = stage_account(part, stmt->under_way);
    }
    if (account != NULL) {
        account_take(account, &asked->writes);
        account->has_doubts |= may_hide; /* nobody sees it before the end */
        return;
    }
    if (may_hide && stmt->under_way != NULL) {
        part->cache->hooks.doubt(part->cache->hooks.self, stmt->under_way);
    }
    if (!asked->is_told && stmt->under_way != NULL) {
        share_ended(part, stmt->under_way->database, &asked->writes);
    }
    tag_set_end(&asked->writes, part->cache->tags);
}

static enum stage_verdict on_done(void *self, struct stmt *stmt)
{
    struct asked *asked = *state_of(stmt);

    (void)self;
    return asked == NULL ? STAGE_NEXT : share_end(asked);
}

static void on_end(void *self, struct stmt *stmt)
{
    struct asked *asked = *state_of(stmt);

    (void)self;
    if (asked == NULL) {
        return;
    }
    if (asked->is_miss && stmt->meter.ended_at != 0) {
        times_add(&asked->part->times[CACHE_TIER_SERVER],
                stmt->meter.ended_at - stmt->meter.received_at - stmt->meter.stalled_usec);
    }
    fill_finish(asked);
    stage_floor_of_reply(asked);
    late_answered(asked);
    end_writes(asked);
    forget(asked);
}

static void on_unseen(void *self, struct stage_transaction *transaction)
{
    write_unseen(self, transaction);
    block_spoil(transaction);
}

static void lose(struct cache_part *part, struct stage_transaction *transaction)
{
    const struct cache_hooks *hooks = &part->cache->hooks;
    struct tag_set pending;

    if (account_lose(transaction->state, &pending)) {
        PART_COUNT(part, lost);
        hooks->lost(hooks->self, transaction, &pending);
    }
}

static void on_transaction(
        void *self, struct stage_transaction *transaction, enum stage_standing standing)
{
    struct account *account = transaction->state;
    struct cache_part *part = self;

    if (standing == STAGE_LOST || standing == STAGE_IDLE ||
            (standing == STAGE_BETWEEN && !account->has_unseen)) {
        late_join(part, account);
    }
    late_over(part, transaction);
    if (standing == STAGE_LOST) {
        lose(part, transaction);
    } else if (standing == STAGE_IDLE || (standing == STAGE_BETWEEN && !account->has_unseen)) {
        if (!account->is_told) {
            share_ended(self, transaction->database, &account->pending);
        }
        account_end(transaction->state);
        transaction->state = NULL;
    }
}

static const struct stage_type type = {.name = "cache",
        .phase = STAGE_LOOKUP,
        .is_on_demand = true,
        .on_statement = on_statement,
        .on_dispatch = on_dispatch,
        .on_reply = on_reply,
        .on_done = on_done,
        .on_end = on_end,
        .on_unseen = on_unseen,
        .on_transaction = on_transaction};

struct stage cache_stage(struct cache *cache, unsigned worker)
{
    return (struct stage){.type = &type, .self = &cache->parts[worker]};
}
