/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_admit.c - is it worth taking an answer down?
 *
 * What is pinned is. While there is plenty of room everything is, but for shapes that are cold (cache/reuse.h). Else by what is known before
 * the answer comes:
 *
 *     it took long the last times, or nobody knows       at once
 *     it was kept until now                              at once
 *     it is worth ten times as much as the typical one   at once
 *     it is worth a tenth of the typical one             when it was asked twice as often as
 *     any other                                          [cache] admission says (cache/door.h)
 *
 * What a shape is worth is microseconds of a server, times hits for a fill, for a byte.
 */
#include "cache/stage_part.h"

enum { WORTH_SCALE = 1 << 20, WORTH_TIMES = 10, TYPICAL_STEP = 16 };

/* 0: not known. */
static uint64_t worth_of(const struct asked *asked, const struct cache_memo *memo)
{
    const struct cache_part *part = asked->part;
    struct reuse_sum sum = reuse_here(part->cache->reuse, part->worker, asked->shape);

    if (memo->bytes == 0) {
        return 0;
    }
    double hits = (double)(sum.hits + 1) / (double)(sum.fills + 1);
    return (uint64_t)((double)memo->cost_usec * hits * WORTH_SCALE / memo->bytes) + 1;
}

static unsigned knocks_wanted(const struct asked *asked, unsigned admission)
{
    const struct cache_memo *memo = memo_of(asked);
    uint64_t typical = asked->part->typical_worth;

    if (asked->was_kept || memo == NULL || memo->cost_usec == 0 ||
            memo->cost_usec > REUSE_DEAR_USEC) {
        return 1;
    }
    uint64_t worth = worth_of(asked, memo);
    if (worth / WORTH_TIMES > typical) {
        return 1;
    }
    return worth < typical / WORTH_TIMES ? 2 * admission : admission;
}

enum cache_unkept admit(const struct asked *asked, struct sl_hash128 key)
{
    const struct cache *cache = asked->part->cache;
    unsigned admission = atomic_load_explicit(&cache->admission, memory_order_relaxed);
    sl_usec now = asked->stmt->meter.received_at;

    if (admission <= 1 || holds_has(cache_holds(asked->part->cache), asked->shape.hi)) {
        return CACHE_KEPT;
    }
    if (reuse_cold_until(cache->reuse, asked->shape, now) != 0) {
        return CACHE_COLD;
    }
    if (!store_is_tight(cache->store)) {
        return CACHE_KEPT;
    }
    unsigned wanted = knocks_wanted(asked, admission);
    return wanted > 1 && door_knock(cache->door, key, now) < wanted ? CACHE_ONCE : CACHE_KEPT;
}

/* Goes up as often as it goes down, so half of all are below it. */
static uint64_t learn(uint64_t typical, uint64_t worth)
{
    if (typical == 0) {
        return worth;
    }
    if (worth > typical) {
        return typical + typical / TYPICAL_STEP + 1;
    }
    return worth < typical ? typical - typical / TYPICAL_STEP - 1 : typical;
}

void admit_filled(const struct asked *asked)
{
    struct cache_part *part = asked->part;
    const struct cache_memo *memo = memo_of(asked);

    if (memo == NULL) {
        return;
    }
    reuse_fill(part->cache->reuse, part->worker, asked->shape, memo->cost_usec,
            asked->stmt->meter.ended_at);
    part->typical_worth = learn(part->typical_worth, worth_of(asked, memo));
}
