/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_find.c - lookups.
 *
 *     HMGET v:<table> base <field> ...    for each table: its tokens go into the proof
 *     GET epoch                           its last line
 *     HMGET q:... seal tags body          given if tags is that proof, and the seal fits
 *
 * Where a base or the epoch is missing, or something is there that says nothing, it is made, and asked for
 * again before the miss is told: only what was read before a fill is sent proves anything.
 */
#include "cache/tier.h"

#include "cache/tier_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_BYTES = 1024, /* of one tag, as it is escaped */
};

static const char *name_at(const struct tier_lookup *lookup, uint32_t at)
{
    return (const char *)sl_buf_borrow(&lookup->names).at + at;
}

/* ---- where lookups are kept ---- */

static struct tier_lookup *take_lookup(struct tier *tier)
{
    struct sl_list *link = sl_list_pop(&tier->free_lookups);

    if (tier->counts.lookups_now >= tier->options->lookups_max) {
        if (link != NULL) {
            sl_list_push(&tier->free_lookups, link);
        }
        return NULL;
    }
    if (link != NULL) {
        return SL_CONTAINER(link, struct tier_lookup, link);
    }
    struct tier_lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup != NULL) {
        lookup->tier = tier;
        sl_list_init(&lookup->link);
        sl_buf_init(&lookup->names, (size_t)TIER_TAGS_MAX * NAME_MAX_BYTES);
        sl_buf_init(&lookup->proof, TIER_PROOF_MAX);
    }
    return lookup;
}

static void give_lookup(struct tier_lookup *lookup)
{
    sl_list_remove(&lookup->link);
    sl_list_push(&lookup->tier->free_lookups, &lookup->link);
}

static void drop_lookup(struct tier_lookup *lookup)
{
    sl_list_remove(&lookup->link);
    sl_buf_fini(&lookup->names);
    sl_buf_fini(&lookup->proof);
    free(lookup);
}

static void answer(struct tier_lookup *lookup, struct tier_answer *given)
{
    struct tier_request *request = lookup->request;

    lookup->request = NULL;
    given->key = lookup->key;
    given->stamp = lookup->stamp;
    lookup->tier->counts.results[given->result]++;
    lookup->tier->counts.misses[given->miss]++;
    request->lookup = NULL;
    request->done(request, given);
}

static void answer_late(struct tier_lookup *lookup)
{
    struct tier_answer late = {.result = TIER_LATE};

    lookup->is_late = true;
    answer(lookup, &late);
}

void tier_free_lookups(struct tier *tier)
{
    SL_LIST_EACH_SAFE (link, &tier->lookups) {
        struct tier_lookup *lookup = SL_CONTAINER(link, struct tier_lookup, link);
        if (lookup->request != NULL) {
            answer_late(lookup);
        }
        drop_lookup(lookup);
    }
    SL_LIST_EACH_SAFE (free_link, &tier->free_lookups) {
        drop_lookup(SL_CONTAINER(free_link, struct tier_lookup, link));
    }
}

/* The first that somebody waits for in vain. */
static struct tier_lookup *first_overdue(const struct tier *tier, sl_usec now)
{
    SL_LIST_EACH (link, &tier->lookups) {
        struct tier_lookup *lookup = SL_CONTAINER(link, struct tier_lookup, link);
        if (now < lookup->deadline) {
            return NULL;
        }
        if (lookup->request != NULL) {
            return lookup;
        }
    }
    return NULL;
}

void tier_expire_lookups(struct tier *tier, sl_usec now)
{
    struct tier_lookup *lookup = first_overdue(tier, now);

    for (; lookup != NULL;
            lookup = first_overdue(tier, now)) { /* who is told may change the list */
        if (breaker_failure(&tier->breaker, now)) {
            tier_has_opened(tier, "its answers were late");
        }
        answer_late(lookup);
    }
}

/* ---- verdicts ---- */

static bool is_proven(const struct tier_lookup *lookup)
{
    return !lookup->is_lost && lookup->mends == 0 && lookup->voids == 0 && !lookup->mends_epoch;
}

/* values: of the entry; NULL: it was not asked for. */
static enum tier_miss judge(
        struct tier_lookup *lookup, const struct redis_value *values, struct tier_answer *given)
{
    struct tier *tier = lookup->tier;
    const struct sl_span proof = sl_buf_borrow(&lookup->proof);
    struct tier_seal seal;
    char key[TIER_KEY_MAX];

    if (!is_proven(lookup)) {
        return TIER_UNKNOWN;
    }
    if (lookup->is_pending) {
        return TIER_PENDING;
    }
    given->proof = proof;
    if (values == NULL || values[1].kind != REDIS_BULK || values[2].kind != REDIS_BULK ||
            values[3].kind != REDIS_BULK) {
        return TIER_ABSENT;
    }
    if (!sl_span_equal(values[2].bytes, proof)) {
        return TIER_STALE;
    }
    const size_t key_len = tier_write_key(lookup->key, lookup->fingerprint, key);
    const enum tier_verdict verdict =
            tier_read_seal(values[1].bytes, sl_span(key, key_len), proof, values[3].bytes, &seal);
    if (verdict != TIER_SOUND) {
        return verdict == TIER_CORRUPT ? TIER_DAMAGED : TIER_OTHER_VERSION;
    }
    const uint64_t wall = tier_wall(tier, tier->now);
    given->parts = tier_parts(&seal, values[3].bytes);
    given->proof = sl_span(NULL, 0);
    given->age = wall > seal.filled_at ? (sl_usec)(wall - seal.filled_at) : 0;
    given->position = seal.position;
    given->cost_usec = seal.cost_usec;
    given->rows = seal.rows;
    tier->counts.bytes_found += values[3].bytes.len;
    return TIER_NO_MISS;
}

static void finish(struct tier_lookup *lookup, const struct redis_value *values)
{
    struct tier *tier = lookup->tier;
    struct tier_answer given = {.result = TIER_MISS};

    if (lookup->request == NULL && !lookup->is_late) {
        return; /* left */
    }
    given.miss = judge(lookup, values, &given);
    given.result = given.miss == TIER_NO_MISS ? TIER_HIT : TIER_MISS;
    if (lookup->request != NULL) {
        if (breaker_answer(&tier->breaker, tier->now, tier->now - lookup->sent_at)) {
            tier_has_opened(tier, "too many of its answers were slow");
        }
        answer(lookup, &given);
    } else if (given.result == TIER_HIT) {
        tier->counts.late_hits++;
        given.key = lookup->key;
        given.stamp = lookup->stamp;
        if (tier->hooks.late != NULL) {
            tier->hooks.late(tier->hooks.self, &given);
        }
    }
}

static void ask_tokens(struct tier_lookup *lookup);
static void mend(struct tier_lookup *lookup);

/* One answer has come, or will not: values NULL. */
static void note_answer(struct tier_lookup *lookup, const struct redis_value *values, bool is_entry)
{
    struct tier *tier = lookup->tier;

    lookup->expected--;
    if (values == NULL) {
        lookup->is_lost = true;
        if (lookup->expected == 0 && lookup->request != NULL) {
            answer_late(lookup);
        }
    } else if (lookup->expected == 0) {
        const bool may_mend = lookup->asks_entry && lookup->request != NULL && !lookup->is_lost;
        if (may_mend && !is_proven(lookup)) {
            mend(lookup);
        } else {
            finish(lookup, is_entry ? values : NULL);
        }
    }
    if (lookup->expected == 0) {
        tier->counts.lookups_now--;
        give_lookup(lookup);
    }
}

static void note_culprit(struct tier *tier, const char *kind, struct sl_span rest)
{
    if (redis_ended(tier->redis) == REDIS_TOO_LARGE && tier->culprit[0] == '\0') {
        snprintf(tier->culprit, sizeof tier->culprit, "%s%s%.*s", tier->instance->names, kind,
                (int)rest.len, (const char *)rest.at);
    }
}

/* ---- answers ---- */

static void add_to_proof(struct tier_lookup *lookup, const void *bytes, size_t len)
{
    if (sl_buf_put(&lookup->proof, bytes, len) != SL_OK) {
        lookup->is_lost = true;
    }
}

/* token: of the field, or its base's. */
static void add_token(struct tier_lookup *lookup, size_t tag, const struct redis_value *token)
{
    const struct tier *tier = lookup->tier;
    const char *field = name_at(lookup, lookup->tags[tag].field);
    struct tier_token read;

    if (token->kind != REDIS_BULK || !tier_read_token(token->bytes, &read)) {
        lookup->voids |= UINT64_C(1) << tag;
        return;
    }
    if (read.pending_since > 0) {
        const uint64_t now = tier_wall(tier, tier->now) / SL_SECOND;
        if (now > read.pending_since &&
                now - read.pending_since > (uint64_t)(tier->options->pending_max / SL_SECOND)) {
            lookup->voids |= UINT64_C(1) << tag; /* its writer has died */
        }
        lookup->is_pending = true;
    }
    add_to_proof(lookup, " ", 1);
    add_to_proof(lookup, field, strlen(field));
    add_to_proof(lookup, "=", 1);
    add_to_proof(lookup, token->bytes.at, token->bytes.len);
}

static size_t first_of_group(const struct tier_lookup *lookup, unsigned group)
{
    size_t tag = 0;

    for (unsigned seen = 0; tag < lookup->tags_count; tag++) {
        if (lookup->tags[tag].begins_group && seen++ == group) {
            break;
        }
    }
    return tag;
}

static size_t end_of_group(const struct tier_lookup *lookup, size_t first)
{
    size_t end = first + 1;

    while (end < lookup->tags_count && !lookup->tags[end].begins_group) {
        end++;
    }
    return end;
}

static void read_tokens(struct tier_lookup *lookup, const struct redis_value *values, size_t count)
{
    const unsigned group = lookup->groups_answered;
    const size_t first = first_of_group(lookup, group);
    const size_t end = end_of_group(lookup, first);
    const char *table = name_at(lookup, lookup->tags[first].table);
    struct tier_token base;

    if (values[0].kind == REDIS_ERROR) {
        if (tier_saw_error(lookup->tier, &values[0]) != TIER_WRONG_TYPE) {
            lookup->is_lost = true;
            return;
        }
        lookup->deletes |= UINT64_C(1) << group;
        lookup->mends |= UINT64_C(1) << group;
        return;
    }
    if (values[0].kind != REDIS_ARRAY || count != end - first + 2) {
        lookup->is_lost = true;
        return;
    }
    if (values[1].kind != REDIS_BULK || !tier_read_token(values[1].bytes, &base) ||
            base.pending_since > 0) {
        lookup->mends |= UINT64_C(1) << group;
        if (values[1].kind != REDIS_NIL) {
            lookup->deletes |= UINT64_C(1) << group;
        }
        return;
    }
    add_to_proof(lookup, table, strlen(table));
    for (size_t tag = first; tag < end; tag++) {
        const struct redis_value *token = &values[2 + tag - first];
        add_token(lookup, tag, token->kind == REDIS_NIL ? &values[1] : token);
    }
    add_to_proof(lookup, "\n", 1);
}

static void on_tokens(void *self, const struct redis_value *values, size_t count)
{
    struct tier_lookup *lookup = self;

    if (values != NULL) {
        tier_heard(lookup->tier);
        read_tokens(lookup, values, count);
    } else {
        const size_t first = first_of_group(lookup, lookup->groups_answered);
        note_culprit(lookup->tier, "v:", sl_span_text(name_at(lookup, lookup->tags[first].table)));
    }
    lookup->groups_answered++;
    note_answer(lookup, values, false);
}

static void on_epoch(void *self, const struct redis_value *values, size_t count)
{
    struct tier_lookup *lookup = self;

    (void)count;
    if (values != NULL) {
        tier_heard(lookup->tier);
        if (values[0].kind == REDIS_ERROR &&
                tier_saw_error(lookup->tier, &values[0]) != TIER_WRONG_TYPE) {
            lookup->is_lost = true;
        } else if (values[0].kind != REDIS_BULK || values[0].bytes.len == 0) {
            lookup->mends_epoch = true;
            lookup->deletes_epoch = values[0].kind != REDIS_NIL;
        } else {
            add_to_proof(lookup, values[0].bytes.at, values[0].bytes.len);
        }
    }
    note_answer(lookup, values, false);
}

static void on_entry(void *self, const struct redis_value *values, size_t count)
{
    struct tier_lookup *lookup = self;
    struct tier *tier = lookup->tier;
    bool is_entry = false;
    char key[TIER_KEY_MAX];
    const size_t key_len = tier_write_key(lookup->key, lookup->fingerprint, key);

    if (values == NULL) {
        note_culprit(tier, "q:", sl_span(key, key_len));
        note_answer(lookup, values, false);
        return;
    }
    tier_heard(tier);
    if (values[0].kind == REDIS_ERROR) {
        if (tier_saw_error(tier, &values[0]) == TIER_WRONG_TYPE) {
            redis_open(tier->redis, 2);
            tier_part(tier, "DEL");
            tier_part_name(tier, "q:", sl_span(key, key_len));
            SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it stays a miss");
        } else {
            lookup->is_lost = true;
        }
    } else if (values[0].kind == REDIS_ARRAY && count == 4) {
        is_entry = true;
    } else {
        lookup->is_lost = true;
    }
    note_answer(lookup, values, is_entry);
}

/* ---- questions ---- */

static void expect(struct tier_lookup *lookup, redis_answered *answered)
{
    if (redis_close(lookup->tier->redis, answered, lookup) == SL_OK) {
        lookup->expected++;
    } else {
        lookup->is_lost = true;
    }
}

static void ask_tokens(struct tier_lookup *lookup)
{
    struct tier *tier = lookup->tier;

    sl_buf_reset(&lookup->proof);
    lookup->groups_answered = 0;
    for (size_t first = 0; first < lookup->tags_count && !lookup->is_lost;) {
        const size_t end = end_of_group(lookup, first);
        redis_open(tier->redis, end - first + 3);
        tier_part(tier, "HMGET");
        tier_part_name(tier, "v:", sl_span_text(name_at(lookup, lookup->tags[first].table)));
        tier_part(tier, "base");
        for (size_t tag = first; tag < end; tag++) {
            tier_part(tier, name_at(lookup, lookup->tags[tag].field));
        }
        expect(lookup, on_tokens);
        first = end;
    }
    if (!lookup->is_lost) {
        redis_open(tier->redis, 2);
        tier_part(tier, "GET");
        tier_part_name(tier, "epoch", sl_span(NULL, 0));
        expect(lookup, on_epoch);
    }
}

static void ask_entry(struct tier_lookup *lookup)
{
    struct tier *tier = lookup->tier;
    char key[TIER_KEY_MAX];

    if (!lookup->is_lost) {
        const size_t key_len = tier_write_key(lookup->key, lookup->fingerprint, key);
        redis_open(tier->redis, 5);
        tier_part(tier, "HMGET");
        tier_part_name(tier, "q:", sl_span(key, key_len));
        tier_part(tier, "seal");
        tier_part(tier, "tags");
        tier_part(tier, "body");
        expect(lookup, on_entry);
    }
}

/* What is missing is made; whoever makes it first has made it for all. */
static void mend_group(struct tier *tier, const char *table, bool deletes)
{
    char token[TIER_TOKEN_MAX];
    const struct sl_span name = sl_span_text(table);

    if (deletes) {
        redis_open(tier->redis, 2);
        tier_part(tier, "DEL");
        tier_part_name(tier, "v:", name);
        SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it is asked for again");
    }
    redis_open(tier->redis, 4);
    tier_part(tier, "HSETNX");
    tier_part_name(tier, "v:", name);
    tier_part(tier, "base");
    redis_part(tier->redis, sl_span(token, tier_new_token(tier, false, token)));
    SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it is asked for again");
    redis_open(tier->redis, 3);
    tier_part(tier, "EXPIRE");
    tier_part_name(tier, "v:", name);
    snprintf(token, sizeof token, "%llu",
            (unsigned long long)(TIER_TOKENS_SECONDS -
                                 tier_random(tier) % (TIER_TOKENS_SECONDS / 10)));
    tier_part(tier, token);
    SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it lives longer");
}

static void mend_epoch(struct tier *tier, bool deletes)
{
    char epoch[TIER_RUN_MAX + TIER_TOKEN_MAX + 32];

    if (deletes) {
        redis_open(tier->redis, 2);
        tier_part(tier, "DEL");
        tier_part_name(tier, "epoch", sl_span(NULL, 0));
        SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it is asked for again");
    }
    redis_open(tier->redis, 3);
    tier_part(tier, "SETNX");
    tier_part_name(tier, "epoch", sl_span(NULL, 0));
    redis_part(tier->redis, sl_span(epoch, tier_new_epoch(tier, epoch, sizeof epoch)));
    SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it is asked for again");
}

static void mend_field(struct tier_lookup *lookup, size_t tag)
{
    struct tier *tier = lookup->tier;
    char token[TIER_TOKEN_MAX];

    redis_open(tier->redis, 4);
    tier_part(tier, "HSET");
    tier_part_name(tier, "v:", sl_span_text(name_at(lookup, lookup->tags[tag].table)));
    tier_part(tier, name_at(lookup, lookup->tags[tag].field));
    redis_part(tier->redis, sl_span(token, tier_new_token(tier, false, token)));
    SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it is asked for again");
}

static void mend(struct tier_lookup *lookup)
{
    struct tier *tier = lookup->tier;

    tier->counts.mended++;
    for (unsigned group = 0; group < lookup->groups; group++) {
        if (lookup->mends >> group & 1) {
            mend_group(tier, name_at(lookup, lookup->tags[first_of_group(lookup, group)].table),
                    lookup->deletes >> group & 1);
        }
    }
    for (size_t tag = 0; tag < lookup->tags_count; tag++) {
        if (lookup->voids >> tag & 1) {
            mend_field(lookup, tag);
        }
    }
    if (lookup->mends_epoch) {
        mend_epoch(tier, lookup->deletes_epoch);
    }
    lookup->mends = 0;
    lookup->deletes = 0;
    lookup->voids = 0;
    lookup->mends_epoch = false;
    lookup->is_pending = false;
    lookup->asks_entry = false;
    ask_tokens(lookup);
    if (lookup->expected == 0) { /* there was no room */
        finish(lookup, NULL);
    }
}

/* Escaped, each with a terminator: SL_OK and where it is. */
static enum sl_err add_name(struct tier_lookup *lookup, const char *name, uint32_t *at)
{
    *at = (uint32_t)sl_buf_len(&lookup->names);
    if (strlen(name) > NAME_MAX_BYTES / 3 / 2) {
        return SL_ELIMIT;
    }
    enum sl_err err = tier_put_name(&lookup->names, sl_span_text(name));
    return err == SL_OK ? sl_buf_put_u8(&lookup->names, 0) : err;
}

static bool copy_question(
        struct tier_lookup *lookup, const struct tier_question *question, sl_usec now)
{
    sl_buf_reset(&lookup->names);
    lookup->tags_count = question->tags_count;
    lookup->groups = 0;
    for (size_t i = 0; i < question->tags_count; i++) {
        const struct tier_tag *tag = &question->tags[i];
        lookup->tags[i].begins_group = i == 0 || strcmp(tag->table, tag[-1].table) != 0;
        if (!lookup->tags[i].begins_group) {
            lookup->tags[i].table = lookup->tags[i - 1].table;
        } else if (add_name(lookup, tag->table, &lookup->tags[i].table) != SL_OK) {
            return false;
        }
        if (add_name(lookup, tag->field, &lookup->tags[i].field) != SL_OK) {
            return false;
        }
        lookup->groups += lookup->tags[i].begins_group;
    }
    lookup->key = question->key;
    lookup->fingerprint = question->fingerprint;
    lookup->stamp = question->stamp;
    lookup->sent_at = now;
    lookup->deadline =
            now + (question->deadline > 0 ? question->deadline : lookup->tier->options->deadline);
    lookup->is_late = lookup->is_lost = lookup->is_pending = false;
    lookup->mends_epoch = lookup->deletes_epoch = false;
    lookup->mends = lookup->deletes = lookup->voids = 0;
    lookup->expected = 0;
    lookup->asks_entry = true;
    return true;
}

/* Behind those that are due before it. */
static void insert_by_deadline(struct tier *tier, struct tier_lookup *lookup)
{
    struct sl_list *at = tier->lookups.prev;

    while (at != &tier->lookups &&
            SL_CONTAINER(at, struct tier_lookup, link)->deadline > lookup->deadline) {
        at = at->prev;
    }
    sl_list_push(at, &lookup->link);
}

bool tier_may_find(struct tier *tier)
{
    const bool may = tier_is_usable(tier);

    tier->counts.off += !may;
    return may;
}

bool tier_find(struct tier *tier, const struct tier_question *question,
        struct tier_request *request, sl_usec now)
{
    struct tier_lookup *lookup = NULL;

    request->lookup = NULL;
    if (!tier_is_usable(tier) || question->tags_count == 0 ||
            question->tags_count > TIER_TAGS_MAX) {
        tier->counts.off++;
        return false;
    }
    tier_note_sent(tier, now);
    lookup = take_lookup(tier);
    if (lookup == NULL) {
        tier->counts.off++;
        return false;
    }
    if (copy_question(lookup, question, tier->now)) {
        ask_tokens(lookup);
        ask_entry(lookup);
    } else {
        lookup->is_lost = true;
    }
    const bool is_asked = !lookup->is_lost;
    if (lookup->expected == 0) {
        give_lookup(lookup);
    } else {
        tier->counts.lookups_now++;
        insert_by_deadline(tier, lookup);
    }
    if (!is_asked) {
        tier->counts.off++;
        return false;
    }
    tier->counts.lookups++;
    lookup->request = request;
    request->lookup = lookup;
    return true;
}

void tier_leave(struct tier *tier, struct tier_request *request)
{
    struct tier_lookup *lookup = request->lookup;

    if (lookup != NULL) {
        SL_CHECK(lookup->tier == tier && lookup->request == request);
        lookup->request = NULL;
        request->lookup = NULL;
    }
}
