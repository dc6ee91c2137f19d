/* SPDX-License-Identifier: PostgreSQL */
/* cache/tier_join.c - what who starts, and who tells it something, ask Redis: the epoch, and who there is. */
#include "cache/tier.h"

#include "cache/tier_inside.h"

#include <stdio.h>
#include <string.h>

bool tier_joins(const struct tier *tier)
{
    return tier_instance_joins(tier->instance);
}

bool tier_leaves_unsaid(struct tier *tier)
{
    if (!tier_instance_joins(tier->instance)) {
        return false;
    }
    atomic_fetch_add(&tier->instance->unsaid, 1);
    return tier_instance_joins(tier->instance);
}

static bool is_of_run(const struct tier *tier, struct sl_span text)
{
    const struct sl_span run = sl_span_text(tier->run);

    return run.len > 0 && text.len > run.len && text.len < TIER_EPOCH_MAX &&
           text.at[text.len - run.len - 1] == ' ' &&
           memcmp(text.at + text.len - run.len, run.at, run.len) == 0;
}

static void on_epoch(void *self, const struct redis_value *values, size_t count)
{
    struct tier_reading *reading = self;
    struct tier *tier = reading->tier;
    struct sl_span text = sl_span(NULL, 0);

    reading->tier = NULL;
    tier_answered_any(tier, values, count);
    if (values != NULL && values[0].kind == REDIS_BULK && is_of_run(tier, values[0].bytes)) {
        text = values[0].bytes;
    }
    reading->done(reading, text);
}

bool tier_read_epoch(struct tier *tier, struct tier_reading *reading, sl_usec now)
{
    reading->tier = NULL;
    if (tier->state != TIER_UP || !redis_is_connected(tier->redis)) {
        return false;
    }
    tier_note_sent(tier, now);
    reading->tier = tier;
    redis_open(tier->redis, 2);
    tier_part(tier, "GET");
    tier_part_name(tier, "epoch", sl_span(NULL, 0));
    if (redis_close(tier->redis, on_epoch, reading) != SL_OK) {
        reading->tier = NULL;
    }
    return reading->tier != NULL;
}

/* "<life> up <seconds>", or down. False: it is no such thing. */
static bool read_other(const struct tier *tier, struct sl_span text, struct tier_other *other)
{
    char copy[64];
    char word[8];
    unsigned long long life = 0;
    unsigned long long seconds = 0;

    if (text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (sscanf(copy, "%16llx %4s %18llu", &life, word, &seconds) != 3) {
        return false;
    }
    const uint64_t now = tier_wall(tier, tier->now) / SL_SECOND;
    other->life = life;
    other->is_up = strcmp(word, "down") != 0;
    other->age = now > seconds ? (sl_usec)(now - seconds) * SL_SECOND : 0;
    return true;
}

/* values: an array of names and what they say. False: not all of it is, or what this instance said is not there. */
static bool tell_others(
        const struct tier *tier, struct tier_others *others, const struct redis_value *values)
{
    const size_t count = (size_t)values[0].number;
    bool has_own = false;

    for (size_t i = 1; i + 1 <= count; i += 2) {
        struct tier_other other = {.id = sl_hash64(values[i].bytes)};
        if (values[i].kind != REDIS_BULK || values[i + 1].kind != REDIS_BULK ||
                !read_other(tier, values[i + 1].bytes, &other)) {
            return false;
        }
        if (sl_span_is(values[i].bytes, tier->instance->id)) {
            has_own = true;
        } else {
            others->one(others, &other);
        }
    }
    return has_own;
}

/* It is no list: it begins anew, as each says again that it is there. */
static void drop_list(struct tier *tier)
{
    redis_open(tier->redis, 2);
    tier_part(tier, "DEL");
    tier_part_name(tier, "inst", sl_span(NULL, 0));
    SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "the next time will do");
}

static void on_others(void *self, const struct redis_value *values, size_t count)
{
    struct tier_others *others = self;
    struct tier *tier = others->tier;
    const bool is_list = values != NULL && values[0].kind == REDIS_ARRAY && values[0].number >= 0 &&
                         values[0].number % 2 == 0 && count == (size_t)values[0].number + 1;

    others->tier = NULL;
    tier_answered_any(tier, values, values == NULL ? 0 : 1);
    if (values != NULL && values[0].kind == REDIS_ERROR &&
            tier_error_of(values[0].bytes) == TIER_WRONG_TYPE) {
        drop_list(tier);
    }
    others->done(others, is_list && tell_others(tier, others, values));
}

bool tier_read_others(struct tier *tier, struct tier_others *others, sl_usec now)
{
    others->tier = NULL;
    if (tier->state != TIER_UP || !redis_is_connected(tier->redis)) {
        return false;
    }
    tier_note_sent(tier, now);
    others->tier = tier;
    redis_open(tier->redis, 2);
    tier_part(tier, "HGETALL");
    tier_part_name(tier, "inst", sl_span(NULL, 0));
    if (redis_close(tier->redis, on_others, others) != SL_OK) {
        others->tier = NULL;
    }
    return others->tier != NULL;
}

uint64_t tier_life(const struct tier *tier)
{
    return tier->instance->life;
}

static void on_called(void *self, const struct redis_value *values, size_t count)
{
    struct tier_calling *calling = self;
    struct tier *tier = calling->tier;

    calling->tier = NULL;
    tier_answered_any(tier, values, count);
    calling->done(calling,
            values != NULL && values[0].kind == REDIS_NUMBER ? (int64_t)values[0].number : -1);
}

bool tier_call(struct tier *tier, unsigned kind, struct sl_span text, struct tier_calling *calling,
        sl_usec now)
{
    if (calling != NULL) {
        calling->tier = NULL;
    }
    if (tier->state != TIER_UP || !redis_is_connected(tier->redis)) {
        return false;
    }
    tier_note_sent(tier, now);
    if (calling == NULL) {
        return tier_say(tier, (enum tier_said_kind)kind, text, tier_answered_any, tier) == SL_OK;
    }
    calling->tier = tier;
    if (tier_say(tier, (enum tier_said_kind)kind, text, on_called, calling) != SL_OK) {
        calling->tier = NULL;
    }
    return calling->tier != NULL;
}
