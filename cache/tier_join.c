/* SPDX-License-Identifier: PostgreSQL */
/* cache/tier_join.c - what who starts, and who tells it something, ask Redis: the epoch, and who hears it. */
#include "cache/tier.h"

#include "cache/tier_inside.h"

#include <string.h>

bool tier_joins(const struct tier *tier)
{
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
