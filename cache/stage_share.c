/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_share.c - the stage and the second tier: asked before the server is, told of writes.
 *
 *     miss, and it leads    share_ask() ... found: as if it had been filled here, by a statement that was
 *                           sent when the question was
 *                           not: it is sent, with the proof in hand that its answer may be put there
 *     writes                share_begin() with the local tags; share_end() in on_done, before they end and
 *                           before the client hears
 *
 * Whoever finds something there has read tags_clock() first (fill_want()), and looks whether anything it depends
 * on has ended since. What ended before that clock was told there before (share_end(), cache/watch_share.c),
 * so its tokens are other ones. What makes all of a database stale ends at once, and is told later: so
 * nothing is asked until it has been (struct tier_cover), which is looked at behind the clock.
 *
 * A write that is under way elsewhere and whose Sluice is killed is over some time, and nobody says so. Where a change
 * stream is read, that tells. Where none is, only what Redis has shown not to be pending, behind the clock, is
 * kept: what another began earlier shows there as pending, and what one begins later is heard of, which makes it
 * stale. So what cannot be asked there is not kept, nor got anew before its time is over (stage.c).
 *
 * While it starts, what was written by statements of which nothing is known yet (their shapes, the catalogue) is not told
 * one by one: either another covers it, or all is made stale once (cache/watch_join.h).
 *
 * Ends that nobody could be told of in time (a reply whose end was not withheld) make all of the database
 * stale, and so are told by whoever tells that: share_ended().
 */
#include "cache/stage_part.h"

#include "cache/account.h"
#include "cache/tier_names.h"
#include "protocol/crypto.h"

#include <stdlib.h>
#include <string.h>

const struct tier_seat *share_seat(const struct cache_part *part, uint64_t database)
{
    const struct cache_hooks *hooks = &part->cache->hooks;

    return hooks->seat == NULL ? NULL : hooks->seat(hooks->self, part->worker, database);
}

bool share_listens(const struct cache_part *part, uint64_t database)
{
    if (!atomic_load_explicit(&part->cache->shares, memory_order_relaxed)) {
        return true;
    }
    const struct tier_seat *seat = share_seat(part, database);
    return seat != NULL && atomic_load(&seat->cover->listens);
}

/* ---- what is asked ---- */

static bool put(struct sl_buf *buf, struct sl_span part)
{
    return sl_buf_put_u32(buf, (uint32_t)part.len) == SL_OK &&
           sl_buf_put(buf, part.at, part.len) == SL_OK;
}

/*
 * Who finds an entry there has only its key, so that must not be to be had by somebody else's question: it
 * is of a hash that nobody finds two of.
 */
static bool shared_key(const struct cache_asks *asks, struct sl_hash128 *key)
{
    const struct cache_session *session = asks->session;
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct sl_buf buf;

    sl_buf_init(&buf, (size_t)4 * QUESTION_MAX);
    bool is_made = put(&buf, sl_span(&session->digest, sizeof session->digest)) &&
                   put(&buf, sl_span(session->whose, session->whose_len)) &&
                   put(&buf, asks->types) && put(&buf, asks->text) &&
                   put(&buf, key_question(asks->bind)) &&
                   crypto_sha256(sl_buf_borrow(&buf), digest) == SL_OK;
    sl_buf_fini(&buf);
    if (is_made) {
        memcpy(key, digest, sizeof *key);
    }
    return is_made;
}

/* What is pending on it or has changed and is not told there yet: nothing is to be had. */
static bool is_covered(const struct asked *asked, const struct tier_seat *seat)
{
    const struct tags *tags = asked->part->cache->tags;
    const uint64_t words[2] = {
            tags_word(tags, tags_of_database(tags, asked->class->session->database)),
            tags_word(tags, stage_everything(tags))};

    return tier_covers(seat->cover, words);
}

/* An entry as found(): of what was asked here. */
static struct entry *entry_of(struct asked *asked, const struct tier_answer *answer)
{
    const struct cache *cache = asked->part->cache;
    struct entry_parts parts = answer->parts;
    uint32_t tags[ENTRY_TAGS_MAX];

    parts.question = sl_span(asked->question, asked->question_len);
    if (parts.head.len + parts.rows.len + parts.tail.len > atomic_load(&cache->max_result) ||
            asked->leader.clock < atomic_load(&cache->floor) || !memo_is_current(asked)) {
        return NULL;
    }
    struct entry *entry = entry_new(&parts, stage_answer_tags(asked, tags));
    if (entry == NULL) {
        return NULL;
    }
    entry->rows = answer->rows;
    entry->cost_usec = answer->cost_usec;
    fill_entry(asked, entry, entry_date_shared(entry, answer->age, sl_now()));
    if (!fill_tags(entry, asked, asked->leader.clock, tags)) {
        entry_unref(entry);
        return NULL;
    }
    return entry;
}

static void lead_no_more(struct asked *asked, struct entry *entry)
{
    asked->leads = false;
    flight_end(asked->part->cache->flights, &asked->leader, entry);
}

static void take(struct asked *asked, const struct tier_answer *answer)
{
    struct cache *cache = asked->part->cache;
    struct entry *entry = NULL;

    asked->fill.rows = answer->rows; /* by which it has its tags */
    entry = entry_of(asked, answer);
    if (entry == NULL) {
        return;
    }
    asked->entry = entry_ref(entry);
    SL_IGNORE(store_put(cache->store, entry_ref(entry)), "who asked has it all the same");
    if (asked->leader.clock < atomic_load(&cache->floor)) {
        store_drop(cache->store, entry->key);
    }
    lead_no_more(asked, entry);
    entry_unref(entry);
}

/* It may be that a write is under way elsewhere, and that nobody will ever say that it is over. */
static void keep_proven(struct asked *asked)
{
    if (asked->leads && !asked->verdict.needs_stream) {
        lead_no_more(asked, NULL);
        asked->unkept = (uint8_t)CACHE_BUSY;
    }
}

static void found(struct tier_request *request, const struct tier_answer *answer)
{
    struct asked *asked = SL_CONTAINER(request, struct asked, request);

    if (answer->result == TIER_HIT) {
        take(asked, answer);
    } else if (answer->result == TIER_MISS && answer->proof.len > 0) {
        asked->proof = malloc(answer->proof.len);
        asked->proof_len = asked->proof == NULL ? 0 : answer->proof.len;
        if (asked->proof != NULL) {
            memcpy(asked->proof, answer->proof.at, answer->proof.len);
        }
    } else {
        keep_proven(asked);
    }
    stmt_resume(asked->stmt);
}

static bool ask_tier(
        struct asked *asked, const struct cache_asks *asks, const struct tier_seat *seat)
{
    struct tag_name of[ENTRY_TAGS_MAX];
    struct tier_names names = {.count = 0};
    struct sl_hash128 key;

    if (!is_covered(asked, seat) || !tier_may_find(seat->tier) || !shared_key(asks, &key)) {
        return false;
    }
    const size_t count = stage_shared_names(asked, of);
    for (size_t i = 0; i < count; i++) {
        if (names.count == TIER_TAGS_MAX || !tier_names_add(&names, of[i])) {
            return false;
        }
    }
    const struct tier_question question = {.key = key,
            .fingerprint = asked->shape.lo,
            .tags = names.tags,
            .tags_count = names.count,
            .stamp = asked->leader.clock};
    asked->tier = seat->tier;
    asked->shared_key = key;
    asked->request = (struct tier_request){.done = found};
    return count > 0 &&
           tier_find(seat->tier, &question, &asked->request, asked->stmt->meter.received_at);
}

bool share_ask(struct asked *asked, const struct cache_asks *asks)
{
    const struct tier_seat *seat = share_seat(asked->part, asks->session->database);

    if (seat == NULL || ask_tier(asked, asks, seat)) {
        return seat != NULL;
    }
    keep_proven(asked);
    return false;
}

/* ---- what is put ---- */

/* What a person may read: text as it came, else how long it is. */
static void write_params(const struct asked *asked, struct sl_buf *out)
{
    struct key_bind bind;
    struct sl_span value;

    if (key_bind_read(sl_span(asked->question, asked->question_len), &bind) != SL_OK) {
        return;
    }
    struct sl_span values = bind.values;
    for (unsigned i = 0; key_bind_next(&values, &value); i++) {
        enum sl_err err = i == 0 ? SL_OK : sl_buf_put(out, ", ", 2);
        if (value.at == NULL) {
            err = err == SL_OK ? sl_buf_put(out, "null", 4) : err;
        } else if (key_bind_is_text(&bind, i)) {
            err = err == SL_OK ? sl_buf_put(out, value.at, value.len) : err;
        } else {
            err = err == SL_OK ? sl_buf_printf(out, "(%zu bytes)", value.len) : err;
        }
        if (err != SL_OK) {
            return;
        }
    }
}

static void write_tables(const struct asked *asked, struct sl_buf *out)
{
    const struct policy_trees *reads = &asked->verdict.policy->reads;

    for (uint32_t i = 0; i < reads->count; i++) {
        if (sl_buf_printf(out, "%s%u", i == 0 ? "" : " ", reads->trees[i]) != SL_OK) {
            return;
        }
    }
}

static sl_usec ttl_of(const struct asked *asked)
{
    const sl_usec ttl = atomic_load(&asked->part->cache->ttl_redis);
    const sl_usec own = asked->verdict.ttl;

    return own != 0 && own < ttl ? own : ttl;
}

void share_put(const struct asked *asked, const struct entry *entry)
{
    enum { SHOWN = 1024 };
    const struct cache_class *class = asked->class;
    struct sl_buf params;
    struct sl_buf tables;

    /* Another class, or absent: of other tags than were asked for. */
    if (asked->proof_len == 0 || (asked->has_point && entry->rows == 0)) {
        return;
    }
    sl_buf_init(&params, SHOWN);
    sl_buf_init(&tables, SHOWN);
    write_params(asked, &params);
    write_tables(asked, &tables);
    const struct tier_fill fill = {.key = asked->shared_key,
            .fingerprint = asked->shape.lo,
            .proof = sl_span(asked->proof, asked->proof_len),
            .parts = {.head = entry_head(entry),
                    .rows = sl_span(entry->reply + entry->head_len, entry->rows_len),
                    .tail = sl_span(
                            entry->reply + entry->head_len + entry->rows_len, entry->tail_len)},
            .ttl = ttl_of(asked),
            .cost_usec = entry->cost_usec,
            .rows = entry->rows,
            .sql = cache_class_text(class),
            .params = sl_buf_borrow(&params),
            .role = cache_session_part(class->session, CACHE_ROLE),
            .tables = sl_buf_borrow(&tables)};
    SL_IGNORE(tier_put(asked->tier, &fill, sl_now()), "it counts what it refuses");
    sl_buf_fini(&params);
    sl_buf_fini(&tables);
}

/* ---- writes ---- */

static void told(struct tier_wait *wait, bool is_told)
{
    struct asked *asked = wait->self;

    (void)is_told; /* if not, nobody asks there before it was made good */
    if (--asked->tells == 0) {
        stmt_resume(asked->stmt);
    }
}

void share_begin(struct asked *asked, uint64_t database, const struct tag_set *set)
{
    const struct tier_seat *seat = share_seat(asked->part, database);
    struct tier_names names;

    if (seat != NULL) {
        asked->shares = true;
        asked->stmt->taps |= STAGE_TAP_DONE;
    }
    if (seat != NULL && tier_hears(seat->tier) && tier_names_of_set(&names, set) &&
            names.count > 0) {
        SL_IGNORE(tier_begin(seat->tier, names.tags, names.count, NULL, sl_now()), "not awaited");
    }
}

/* Such an end may be left unsaid by who starts, who asks anew behind it; it may be withdrawn: stage_late.c. */
static bool is_of_all(const struct tag_set *set, const struct tags *tags, uint64_t database)
{
    const struct tag_item *items = tag_set_items(set);
    const uint32_t all = tags_of_database(tags, database);
    const uint32_t everything = stage_everything(tags);
    bool is = false;

    for (uint32_t i = 0; i < set->count; i++) {
        is = is || items[i].tag == all || items[i].tag == everything;
    }
    return is;
}

static void tell_end(struct asked *asked, const struct tier_seat *seat, const struct tag_set *set)
{
    struct tier_wait *wait = &asked->waits[asked->tells];
    struct tier_names names;
    const sl_usec now = sl_now();

    if (tier_joins(seat->tier) &&
            is_of_all(set, asked->part->cache->tags, asked->stmt->under_way->database) &&
            tier_leaves_unsaid(seat->tier)) {
        return; /* it has yet to be told of all of the database, or another does: cache/watch_join.h */
    }
    if (!tier_hears(seat->tier)) {
        if (!tag_set_is_empty(set)) {
            tier_miss_end(seat->tier);
        }
        return;
    }
    const bool is_named = tier_names_of_set(&names, set);
    if (is_named && names.count == 0) {
        return;
    }
    *wait = (struct tier_wait){.done = told, .self = asked};
    asked->tier = seat->tier;
    if (is_named ? tier_end(seat->tier, names.tags, names.count, wait, now)
                 : tier_end_all(seat->tier, wait, now)) {
        asked->tells++;
    }
}

/* What it wrote; of what was sent unread what it turned out to be. */
static void tell_writes(struct asked *asked, const struct tier_seat *seat)
{
    struct tag_set writes;

    if (!late_decide(asked)) {
        tell_end(asked, seat, &asked->writes);
        return;
    }
    tag_set_init(&writes);
    stage_late_tags(asked->part, &asked->verdict, &writes);
    tell_end(asked, seat, &writes);
    tag_set_fini(&writes);
}

enum stage_verdict share_end(struct asked *asked)
{
    const struct stmt *stmt = asked->stmt;
    struct account *account = stmt->under_way == NULL ? NULL : stmt->under_way->state;
    const struct tier_seat *seat =
            stmt->under_way == NULL ? NULL : share_seat(asked->part, stmt->under_way->database);

    if (seat == NULL || stmt->transaction != 'I' || asked->is_told) {
        return STAGE_NEXT; /* who has waited is asked once more */
    }
    asked->is_told = true;
    tell_writes(asked, seat);
    if (account != NULL) {
        account->is_told = true;
        tell_end(asked, seat, &account->pending);
    }
    return asked->tells > 0 ? STAGE_WAIT : STAGE_NEXT;
}

void share_ended(struct cache_part *part, uint64_t database, const struct tag_set *set)
{
    struct tags *tags = part->cache->tags;

    if (!tag_set_is_empty(set) && share_seat(part, database) != NULL) {
        uint32_t all = tags_of_database(tags, database);
        tags_begin(tags, all);
        tags_end(tags, all);
        PART_COUNT(part, untold);
    }
}

void share_forget(struct asked *asked)
{
    if (asked->tier != NULL) {
        tier_leave(asked->tier, &asked->request);
        for (size_t i = 0; i < ASKED_TELLS; i++) {
            tier_stop_waiting(asked->tier, &asked->waits[i]);
        }
    }
    free(asked->proof);
    asked->proof = NULL;
}
