/* SPDX-License-Identifier: PostgreSQL */
#include "cache/breaker.h"

#include "protocol/base/check.h"

#include <string.h>

enum { TOOK_MAX = 1 << 20 }; /* then all are halved */

void breaker_init(struct breaker *breaker, const struct breaker_limits *limits)
{
    memset(breaker, 0, sizeof *breaker);
    breaker->limits = *limits;
}

void breaker_open(struct breaker *breaker, sl_usec now)
{
    breaker->opened += breaker->state == BREAKER_CLOSED;
    breaker->state = BREAKER_OPEN;
    breaker->probe_at = now + breaker->limits.probe_every;
}

/* Of a power of two its four quarters: 4..7 us are 8, 9, 10, 11. */
static unsigned bucket_of(sl_usec took)
{
    const uint64_t usec = took < 0 ? 0 : (uint64_t)took;

    if (usec < 4) {
        return (unsigned)usec;
    }
    const unsigned power = 63 - (unsigned)__builtin_clzll(usec);
    const unsigned bucket = power * 4 + (unsigned)(usec >> (power - 2) & 3);
    return bucket < BREAKER_BUCKETS ? bucket : BREAKER_BUCKETS - 1;
}

static sl_usec end_of_bucket(unsigned bucket)
{
    if (bucket < 8) {
        return bucket;
    }
    const unsigned power = bucket / 4;
    return ((sl_usec)(bucket % 4 + 5) << (power - 2)) - 1;
}

static void count_took(struct breaker *breaker, sl_usec took)
{
    breaker->took[bucket_of(took)]++;
    if (++breaker->took_count < TOOK_MAX) {
        return;
    }
    breaker->took_count = 0;
    for (unsigned i = 0; i < BREAKER_BUCKETS; i++) {
        breaker->took[i] /= 2;
        breaker->took_count += breaker->took[i];
    }
}

static bool count_in_window(struct breaker *breaker, sl_usec now, bool is_slow)
{
    if (now >= breaker->window_end) {
        breaker->window_end = now + breaker->limits.window;
        breaker->window_answers = 0;
        breaker->window_slow = 0;
    }
    breaker->window_answers++;
    breaker->window_slow += is_slow;
    if (breaker->state == BREAKER_CLOSED && breaker->window_answers >= breaker->limits.window_min &&
            (uint64_t)breaker->window_slow * 100 > breaker->window_answers) {
        breaker_open(breaker, now);
        return true;
    }
    return false;
}

bool breaker_answer(struct breaker *breaker, sl_usec now, sl_usec took)
{
    count_took(breaker, took);
    breaker->failures = 0;
    return count_in_window(breaker, now, took >= breaker->limits.slow);
}

bool breaker_failure(struct breaker *breaker, sl_usec now)
{
    const bool was_closed = breaker->state == BREAKER_CLOSED;

    breaker->failures++;
    if (breaker->state == BREAKER_HALF ||
            (breaker->state == BREAKER_CLOSED &&
                    breaker->failures >= breaker->limits.failures_max)) {
        breaker_open(breaker, now);
        return was_closed;
    }
    return count_in_window(breaker, now, true);
}

bool breaker_probe(struct breaker *breaker, sl_usec now)
{
    if (breaker->state != BREAKER_OPEN || now < breaker->probe_at) {
        return false;
    }
    breaker->state = BREAKER_HALF;
    return true;
}

void breaker_probed(struct breaker *breaker, sl_usec now)
{
    SL_DCHECK(breaker->state != BREAKER_CLOSED);
    breaker->state = BREAKER_CLOSED;
    breaker->failures = 0;
    breaker->window_answers = 0;
    breaker->window_slow = 0;
    breaker->window_end = now + breaker->limits.window;
}

sl_usec breaker_quantile(const struct breaker *breaker, unsigned thousandths)
{
    uint64_t left = ((uint64_t)breaker->took_count * thousandths + 999) / 1000;

    for (unsigned i = 0; i < BREAKER_BUCKETS && breaker->took_count > 0; i++) {
        if (breaker->took[i] >= left && left > 0) {
            return end_of_bucket(i);
        }
        left -= breaker->took[i];
    }
    return 0;
}

const char *breaker_state_text(enum breaker_state state)
{
    static const char *const texts[] = {"closed", "open", "half open"};

    return (unsigned)state < SL_COUNT(texts) ? texts[state] : "?";
}
