/* SPDX-License-Identifier: PostgreSQL */
/* cache/stage_memo.c - what a worker remembers of shapes and texts. */
#include "cache/stage_part.h"

#include <stdlib.h>
#include <string.h>

enum { SHAPES_A_TIME = 512 };

static struct cache_memo *place_of(struct cache_part *part, struct sl_hash128 shape, uint64_t view)
{
    return &part->memos[(shape.lo ^ view * UINT64_C(0x9e3779b97f4a7c15)) % VERDICTS];
}

static bool is_of(const struct cache_memo *memo, struct sl_hash128 shape, uint64_t view)
{
    return memo->verdict.policy != NULL && memo->shape.lo == shape.lo &&
           memo->shape.hi == shape.hi && memo->view == view;
}

static void take(struct asked *asked, const struct cache_memo *memo)
{
    asked->verdict = memo->verdict;
    asked->verdict.policy = policy_ref(memo->verdict.policy);
}

static void forget(struct asked *asked)
{
    policy_unref(asked->verdict.policy);
    asked->verdict = (struct cache_verdict){.policy = NULL};
}

/* What it was before the schema came to be in doubt: nothing to go by, but for whether to wait. */
static void judge_in_doubt(struct asked *asked)
{
    const struct cache_hooks *hooks = &asked->part->cache->hooks;
    struct cache_verdict verdict;

    if (!hooks->judge(hooks->self, asked->stmt, asked->shape, &verdict)) {
        return;
    }
    const struct policy *policy = verdict.policy;
    bool is_read = policy->reason != POLICY_NOT_READ;
    asked->may_hide = stage_may_hide(policy);
    asked->may_wait = is_read ? !policy->writes.is_any : !verdict.is_never_read;
    asked->is_ending_not = is_read && !policy->may_end; /* which no catalogue says */
    policy_unref(policy);
}

static void judge(struct asked *asked)
{
    struct cache_part *part = asked->part;
    const struct cache_hooks *hooks = &part->cache->hooks;

    forget(asked);
    enum cache_view view =
            hooks->view(hooks->self, part->worker, asked->stmt, &asked->shape, &asked->view);
    asked->has_view = view == CACHE_VIEW_KNOWN;
    asked->shape = asked->executes ? asked->executed : asked->shape;
    asked->may_hide = true;
    asked->may_wait = false;
    asked->is_ending_not = false;
    if (view == CACHE_VIEW_DOUBTFUL) {
        judge_in_doubt(asked);
    }
    if (!asked->has_view) {
        return;
    }
    struct cache_memo *memo = place_of(part, asked->shape, asked->view);
    if (is_of(memo, asked->shape, asked->view)) {
        take(asked, memo);
        return;
    }
    struct cache_memo made = {.shape = asked->shape, .view = asked->view};
    if (!hooks->judge(hooks->self, asked->stmt, asked->shape, &made.verdict)) {
        return;
    }
    if (made.verdict.policy->reason == POLICY_NOT_READ) { /* it may be parsed soon */
        asked->verdict = made.verdict;
        return;
    }
    policy_unref(memo->verdict.policy);
    *memo = made;
    take(asked, memo);
}

/* What was prepared is of the tables that had its names then; those it would be of now have them alone. */
void memo_judge(struct asked *asked)
{
    judge(asked);
    if (asked->executes && asked->verdict.policy != NULL && !asked->verdict.is_by_name) {
        forget(asked);
    }
}

bool memo_executes(struct asked *asked)
{
    const struct cache_hooks *hooks = &asked->part->cache->hooks;

    asked->executes =
            hooks->executes != NULL && hooks->executes(hooks->self, asked->stmt, &asked->executed);
    return asked->executes;
}

bool memo_is_current(const struct asked *asked)
{
    const struct cache_hooks *hooks = &asked->part->cache->hooks;
    struct sl_hash128 shape;
    uint64_t view = 0;

    return asked->has_view &&
           hooks->view(hooks->self, asked->part->worker, asked->stmt, &shape, &view) ==
                   CACHE_VIEW_KNOWN &&
           view == asked->view;
}

const struct cache_memo *memo_of(const struct asked *asked)
{
    const struct cache_memo *memo = place_of(asked->part, asked->shape, asked->view);

    return asked->has_view && is_of(memo, asked->shape, asked->view) ? memo : NULL;
}

static uint32_t about(uint32_t before, uint32_t now)
{
    return before == 0 ? now : before / 4 * 3 + now / 4;
}

void memo_fill(const struct asked *asked, const struct entry *entry)
{
    struct cache_memo *memo = place_of(asked->part, asked->shape, asked->view);

    if (is_of(memo, asked->shape, asked->view)) {
        memo->cost_usec = about(memo->cost_usec, entry->cost_usec);
        memo->bytes = about(memo->bytes, (uint32_t)entry->bytes);
    }
}

void memo_miss(const struct asked *asked)
{
    struct cache_memo *memo = place_of(asked->part, asked->shape, asked->view);

    if (asked->has_view && is_of(memo, asked->shape, asked->view)) {
        memo->misses++;
        memo->fills += asked->unkept == CACHE_KEPT;
        memo->unkept = asked->unkept;
        memo->last_at = asked->stmt->meter.received_at;
    }
}

bool cache_shapes(struct cache *cache, unsigned worker, uint32_t *cursor,
        void (*show)(void *self, const struct cache_shape *shape), void *self)
{
    const struct cache_part *part = &cache->parts[worker];
    sl_usec now = sl_now();
    uint32_t end = *cursor + SHAPES_A_TIME < VERDICTS ? *cursor + SHAPES_A_TIME : VERDICTS;

    for (; *cursor < end; (*cursor)++) {
        const struct cache_memo *memo = &part->memos[*cursor];
        if (memo->verdict.policy != NULL) {
            show(self, &(struct cache_shape){.shape = memo->shape,
                               .verdict = memo->verdict,
                               .misses = memo->misses,
                               .fills = memo->fills,
                               .last_at = memo->last_at,
                               .cost_usec = memo->cost_usec,
                               .unkept = memo->unkept,
                               .cold_until = reuse_cold_until(cache->reuse, memo->shape, now)});
        }
    }
    return end == VERDICTS;
}

sl_usec memo_patience(const struct asked *asked)
{
    const struct cache_memo *memo = memo_of(asked);

    if (memo == NULL || memo->cost_usec == 0) {
        return CACHE_WAIT_UNKNOWN;
    }
    sl_usec patience = 2 * (sl_usec)memo->cost_usec;
    patience = patience < CACHE_WAIT_MIN ? CACHE_WAIT_MIN : patience;
    return patience > CACHE_WAIT_MAX ? CACHE_WAIT_MAX : patience;
}

struct hint memo_hint(struct cache_part *part, const struct stmt *stmt)
{
    const uint8_t rules[] = {(uint8_t)stmt->rules.encoding, stmt->rules.backslashes};
    struct sl_hash128_stream stream;

    if (SL_LIKELY(!hint_may_be_in(stmt->query))) {
        return (struct hint){.unknown = 0};
    }
    sl_hash128_begin(&stream);
    sl_hash128_add(&stream, sl_span(rules, sizeof rules));
    sl_hash128_add(&stream, stmt->query);
    struct sl_hash128 text = sl_hash128_end(&stream);
    struct cache_hint *place = &part->hints[text.lo % HINTS];
    if (place->text.lo != text.lo || place->text.hi != text.hi) {
        place->text = text;
        hint_read(stmt->query, stmt->rules, &place->hint);
        PART_COUNT_BY(part, hints_unknown, place->hint.unknown);
    }
    return place->hint;
}

bool memo_class(struct asked *asked, const struct cache_asks *asks)
{
    struct cache_class **place =
            &asked->part->classes[(asked->shape.lo ^ sl_hash64(asks->text)) % CLASSES];

    asked->is_new_class = *place == NULL || !cache_class_is(*place, asks);
    if (asked->is_new_class) {
        struct cache_class *made = cache_class_new(asks, asked->shape);
        if (made == NULL) {
            return false;
        }
        entry_origin_unref(*place == NULL ? NULL : &(*place)->origin);
        *place = made;
    }
    asked->class = *place;
    entry_origin_ref(&asked->class->origin);
    return true;
}

void memo_fini(struct cache_part *part)
{
    for (size_t i = 0; i < VERDICTS; i++) {
        policy_unref(part->memos[i].verdict.policy);
    }
    for (size_t i = 0; i < CLASSES; i++) {
        entry_origin_unref(part->classes[i] == NULL ? NULL : &part->classes[i]->origin);
    }
}
