/* SPDX-License-Identifier: PostgreSQL */
/* cache/tier_put.c - what is put: an entry in fields that a person can read; and what is hot. */
#include "cache/tier.h"

#include "cache/tier_inside.h"

#include <stdio.h>

enum {
    SQL_SHOWN = 4096,
    PARAMS_SHOWN = 1024,
    TEXT_SHOWN = 256,
    PUT_OVERHEAD = 16384,
    HOT_TRIM_EVERY = 64
};

size_t tier_write_key(struct sl_hash128 key, uint64_t fingerprint, char out[TIER_KEY_MAX])
{
    return (size_t)snprintf(out, TIER_KEY_MAX, "%016llx:%016llx%016llx",
            (unsigned long long)fingerprint, (unsigned long long)key.hi,
            (unsigned long long)key.lo);
}

/* Not in the middle of a character of UTF-8. */
static struct sl_span cut(struct sl_span text, size_t max)
{
    if (text.len > max) {
        text.len = max;
        while (text.len > 0 && (text.at[text.len] & 0xc0) == 0x80) {
            text.len--;
        }
    }
    return text;
}

static void part_number(struct tier *tier, const char *name, uint64_t number)
{
    char text[32];

    tier_part(tier, name);
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    tier_part(tier, text);
}

static void part_text(struct tier *tier, const char *name, struct sl_span text, size_t max)
{
    tier_part(tier, name);
    redis_part(tier->redis, cut(text, max));
}

static bool send_any(struct tier *tier)
{
    return redis_close(tier->redis, tier_answered_any, tier) == SL_OK;
}

static bool put_fields(struct tier *tier, const struct tier_fill *fill, struct sl_span key)
{
    const struct tier_seal seal = {.filled_at = tier_wall(tier, tier->now),
            .position = fill->position,
            .cost_usec = fill->cost_usec,
            .rows = fill->rows};
    const struct sl_span body[] = {fill->parts.head, fill->parts.rows, fill->parts.tail};
    const size_t body_len = body[0].len + body[1].len + body[2].len;
    char text[TIER_SEAL_MAX];

    redis_open(tier->redis, 2 + 2 * 13);
    tier_part(tier, "HSET");
    tier_part_name(tier, "q:", key);
    part_text(tier, "sql", fill->sql, SQL_SHOWN);
    part_text(tier, "params", fill->params, PARAMS_SHOWN);
    part_text(tier, "role", fill->role, TEXT_SHOWN);
    part_text(tier, "tables", fill->tables, TEXT_SHOWN);
    part_text(tier, "fmt", fill->formats, TEXT_SHOWN);
    part_text(tier, "inst", sl_span_text(tier->instance->id), TEXT_SHOWN);
    part_number(tier, "filled_at", seal.filled_at / SL_SECOND);
    part_number(tier, "cost_us", fill->cost_usec);
    part_number(tier, "rows", fill->rows);
    part_number(tier, "bytes", body_len);
    tier_part(tier, "seal");
    redis_part(
            tier->redis, sl_span(text, tier_put_seal(&seal, key, fill->proof, &fill->parts, text)));
    tier_part(tier, "tags");
    redis_part(tier->redis, fill->proof);
    tier_part(tier, "body");
    redis_part_of(tier->redis, body, SL_COUNT(body));
    return send_any(tier);
}

bool tier_put(struct tier *tier, const struct tier_fill *fill, sl_usec now)
{
    const size_t len = fill->parts.head.len + fill->parts.rows.len + fill->parts.tail.len;
    char text[TIER_KEY_MAX];

    if (!tier_is_usable(tier) || fill->proof.len == 0 || fill->proof.len > TIER_PROOF_MAX ||
            len > tier->options->entry_bytes_max || fill->ttl <= 0 ||
            redis_unsent(tier->redis) + len + fill->proof.len + PUT_OVERHEAD >
                    tier->options->out_max / 2) {
        tier->counts.puts_refused++;
        return false;
    }
    tier_note_sent(tier, now);
    const struct sl_span key = sl_span(text, tier_write_key(fill->key, fill->fingerprint, text));
    const sl_usec tenth = fill->ttl / 10;
    const sl_usec ttl = fill->ttl - tenth +
                        (tenth > 0 ? (sl_usec)(tier_random(tier) % (uint64_t)(2 * tenth)) : 0);
    bool is_sent = false;
    /* All of it or nothing: without an end to its life it would stay for ever. */
    redis_open(tier->redis, 1);
    tier_part(tier, "MULTI");
    if (send_any(tier)) {
        is_sent = put_fields(tier, fill, key);
        redis_open(tier->redis, 3);
        tier_part(tier, "PEXPIRE");
        tier_part_name(tier, "q:", key);
        char millis[32];
        snprintf(millis, sizeof millis, "%lld", (long long)ttl / SL_MSEC + 1);
        tier_part(tier, millis);
        is_sent = send_any(tier) && is_sent;
        redis_open(tier->redis, 1);
        tier_part(tier, is_sent ? "EXEC" : "DISCARD");
        if (!send_any(tier)) {
            tier_give_up(tier, TIER_IS_LOST, "there was no room for the end of a put");
            is_sent = false;
        }
    }
    tier->counts.puts += is_sent;
    tier->counts.puts_refused += !is_sent;
    tier->counts.bytes_put += is_sent ? len : 0;
    return is_sent;
}

void tier_hot(struct tier *tier, struct sl_hash128 key, uint64_t fingerprint, sl_usec saved)
{
    char text[TIER_KEY_MAX];
    char number[32];

    if (!tier_is_usable(tier) || redis_unsent(tier->redis) > tier->options->out_max / 2) {
        return;
    }
    tier_note_sent(tier, tier->now);
    redis_open(tier->redis, 4);
    tier_part(tier, "ZINCRBY");
    tier_part_name(tier, "hot", sl_span(NULL, 0));
    snprintf(number, sizeof number, "%lld", (long long)saved);
    tier_part(tier, number);
    redis_part(tier->redis, sl_span(text, tier_write_key(key, fingerprint, text)));
    SL_IGNORE(send_any(tier), "a list of what is hot needs not be whole");
    if (tier_random(tier) % HOT_TRIM_EVERY == 0) {
        redis_open(tier->redis, 4);
        tier_part(tier, "ZREMRANGEBYRANK");
        tier_part_name(tier, "hot", sl_span(NULL, 0));
        tier_part(tier, "0");
        snprintf(number, sizeof number, "-%u", tier->options->hot_max + 1);
        tier_part(tier, number);
        SL_IGNORE(send_any(tier), "it is longer for a while");
    }
}
