/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_join.h"

#include "cache/watch_share.h"
#include "protocol/crypto.h"

#include <stdio.h>
#include <string.h>

enum { NONCE_DIGITS = 16, TEXT_MAX = NONCE_DIGITS + 1 + TIER_EPOCH_MAX };

static bool same(const uint64_t a[2], const uint64_t b[2])
{
    return a[0] == b[0] && a[1] == b[1];
}

static size_t put_nonce(uint64_t nonce, char text[TEXT_MAX])
{
    return (size_t)snprintf(text, TEXT_MAX, "%016llx", (unsigned long long)nonce);
}

/* Takes it off. */
static bool take_nonce(struct sl_span *text, uint64_t *nonce)
{
    *nonce = 0;
    if (text->len < NONCE_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < NONCE_DIGITS; i++) {
        const uint8_t c = text->at[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
        *nonce = *nonce << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *text = sl_span(text->at + NONCE_DIGITS, text->len - NONCE_DIGITS);
    return true;
}

/* ---- who starts ---- */

/* What is written from now on is told; then all is made stale that was left unsaid before. */
static void give_up(struct watch_share *share)
{
    share->joins.state = JOIN_OVER;
    tier_instance_joins_not(share->of.instance);
}

/* Nothing has made all stale since it asked, nor was left unsaid. */
static bool is_as_asked(const struct watch_share *share, const uint64_t words[2])
{
    return same(words, share->joins.words) &&
           tier_instance_unsaid(share->of.instance) == share->joins.unsaid;
}

static void on_called(struct tier_calling *calling, int64_t listeners)
{
    struct watch_joins *joins = SL_CONTAINER(calling, struct watch_joins, calling);

    if (joins->state == JOIN_ASKED && listeners >= 0) {
        joins->others = listeners > 0 ? listeners - 1 : 0;
    }
}

/* What changes all the time would end what is asked for. */
static bool is_calm(struct watch_share *share, const uint64_t words[2])
{
    struct watch_joins *joins = &share->joins;
    const uint64_t unsaid = tier_instance_unsaid(share->of.instance);

    if (!same(words, joins->seen) || unsaid != joins->seen_unsaid) {
        memcpy(joins->seen, words, sizeof joins->seen);
        joins->seen_unsaid = unsaid;
        joins->seen_at = share->now;
    }
    return share->now >= joins->seen_at + JOIN_CALM || share->now >= joins->until - JOIN_ASK_WAIT;
}

static bool is_ready(const struct watch_share *share, const uint64_t words[2])
{
    return share->is_streamed && share->schema_until != 0 && tier_is_up(share->tier) &&
           tier_listen_is_up(share->listen) && !watch_share_is_pending(words);
}

static void ask(struct watch_share *share, const uint64_t words[2])
{
    struct watch_joins *joins = &share->joins;
    char text[TEXT_MAX];

    if (joins->calling.tier != NULL || joins->reading.tier != NULL) {
        return; /* of the last try */
    }
    if (crypto_random(&joins->nonce, sizeof joins->nonce) != SL_OK) {
        give_up(share);
        return;
    }
    memcpy(joins->words, words, sizeof joins->words);
    joins->unsaid = tier_instance_unsaid(share->of.instance);
    joins->others = -1;
    joins->cannot = 0;
    joins->epoch_len = 0;
    joins->calling.done = on_called;
    joins->ask_until = share->now + JOIN_ASK_WAIT;
    joins->state = JOIN_ASKED;
    if (!tier_call(share->tier, TIER_SAID_ASKS, sl_span(text, put_nonce(joins->nonce, text)),
                &joins->calling, share->now)) {
        joins->state = JOIN_WAITS;
    }
}

static void on_read(struct tier_reading *reading, struct sl_span text)
{
    struct watch_joins *joins = SL_CONTAINER(reading, struct watch_joins, reading);
    struct watch_share *share = SL_CONTAINER(joins, struct watch_share, joins);
    uint64_t words[2];

    if (joins->state != JOIN_READS) {
        return;
    }
    watch_share_words(share, words);
    if (text.len == 0 || !sl_span_equal(text, sl_span(joins->epoch, joins->epoch_len)) ||
            !is_as_asked(share, words) || !is_ready(share, words) ||
            !tier_instance_is_sound(share->of.instance) ||
            !tier_instance_has_joined(share->of.instance, joins->unsaid)) {
        joins->state = JOIN_WAITS; /* once more, while there is time */
        return;
    }
    joins->state = JOIN_OVER;
    joins->has_joined = true;
    watch_share_covered(share, words);
}

static void hear_answer(struct watch_share *share, enum tier_said_kind kind, struct sl_span text)
{
    struct watch_joins *joins = &share->joins;
    uint64_t nonce = 0;

    if (joins->state != JOIN_ASKED || !take_nonce(&text, &nonce) || nonce != joins->nonce) {
        return;
    }
    if (kind == TIER_SAID_CANNOT) {
        joins->cannot++;
    } else if (text.len > 1 && text.at[0] == ' ' && text.len - 1 < sizeof joins->epoch) {
        joins->epoch_len = text.len - 1;
        memcpy(joins->epoch, text.at + 1, joins->epoch_len);
    }
}

static void go_on_asked(struct watch_share *share, const uint64_t words[2])
{
    struct watch_joins *joins = &share->joins;

    if (!is_as_asked(share, words) || !is_ready(share, words)) {
        joins->state = JOIN_WAITS;
    } else if (joins->epoch_len > 0) {
        joins->reading.done = on_read;
        joins->state = JOIN_READS;
        if (!tier_read_epoch(share->tier, &joins->reading, share->now)) {
            joins->state = JOIN_WAITS;
        }
    } else if ((joins->others >= 0 && joins->cannot >= joins->others) ||
               share->now >= joins->ask_until) {
        give_up(share);
    }
}

static void go_on_joining(struct watch_share *share)
{
    struct watch_joins *joins = &share->joins;
    uint64_t words[2];

    if (joins->state == JOIN_OVER) {
        return;
    }
    if (joins->until == 0) {
        joins->until = share->now + JOIN_WAIT;
    }
    const sl_usec waited = share->now - (joins->until - JOIN_WAIT);
    if (waited >= JOIN_WAIT || (!share->is_streamed && waited >= JOIN_STREAM_WAIT) ||
            (joins->is_gone && waited >= JOIN_GONE_WAIT)) {
        give_up(share);
        return;
    }
    watch_share_words(share, words);
    const bool calm = is_calm(share, words);
    if (joins->state == JOIN_WAITS && calm && is_ready(share, words)) {
        ask(share, words);
    } else if (joins->state == JOIN_ASKED) {
        go_on_asked(share, words);
    }
}

/* ---- who covers ---- */

static void say(
        struct watch_share *share, enum tier_said_kind kind, uint64_t nonce, struct sl_span epoch)
{
    char text[TEXT_MAX];
    size_t len = put_nonce(nonce, text);

    if (epoch.len > 0 && epoch.len < TIER_EPOCH_MAX) {
        text[len++] = ' ';
        memcpy(text + len, epoch.at, epoch.len);
        len += epoch.len;
    }
    SL_IGNORE(tier_call(share->tier, kind, sl_span(text, len), NULL, share->now),
            "who asks does not wait for ever");
}

static void answer_all(struct watch_share *share, enum tier_said_kind kind, struct sl_span epoch)
{
    struct watch_answers *answers = &share->answers;

    for (unsigned i = 0; i < answers->count; i++) {
        say(share, kind, answers->nonces[i], epoch);
    }
    share->counts.covers += kind == TIER_SAID_COVERS ? answers->count : 0;
    answers->count = 0;
    answers->state = ANSWER_NONE;
}

/* 1 to 5 of the header, but for what is on its way. */
static bool covers(const struct watch_share *share, const uint64_t words[2])
{
    const sl_usec heard_at = share->answers.heard_at;

    return share->is_streamed && share->fresh_until >= heard_at &&
           share->schema_until >= heard_at && !share->is_dim &&
           tier_covers(share->of.cover, words) && tier_instance_is_sound(share->of.instance);
}

static void on_answer_read(struct tier_reading *reading, struct sl_span text)
{
    struct watch_answers *answers = SL_CONTAINER(reading, struct watch_answers, reading);
    struct watch_share *share = SL_CONTAINER(answers, struct watch_share, answers);
    uint64_t words[2];

    if (answers->state != ANSWER_READS) {
        return;
    }
    watch_share_words(share, words);
    if (text.len > 0 && same(words, answers->words) && covers(share, words)) {
        answer_all(share, TIER_SAID_COVERS, text);
    } else {
        answers->state = ANSWER_FRESH;
    }
}

static void hear_question(struct watch_share *share, struct sl_span text)
{
    struct watch_answers *answers = &share->answers;
    uint64_t nonce = 0;

    if (!take_nonce(&text, &nonce)) {
        return;
    }
    if (!share->is_streamed || watch_join_is_under_way(share) ||
            answers->count == JOIN_NONCES_MAX) {
        say(share, TIER_SAID_CANNOT, nonce, sl_span(NULL, 0));
        return;
    }
    answers->nonces[answers->count++] = nonce;
    answers->heard_at = share->now + 1; /* what was asked earlier in this turn does not count */
    answers->until = answers->heard_at + JOIN_ANSWER_WAIT;
    answers->state = ANSWER_FRESH;
    share->wants_look = true;
}

static void go_on_answering(struct watch_share *share)
{
    struct watch_answers *answers = &share->answers;
    uint64_t words[2];

    if (answers->state == ANSWER_NONE) {
        return;
    }
    if (share->now >= answers->until) {
        answer_all(share, TIER_SAID_CANNOT, sl_span(NULL, 0));
        return;
    }
    watch_share_words(share, words);
    share->wants_look = share->wants_look || share->schema_until < answers->heard_at;
    if (answers->state == ANSWER_FRESH && covers(share, words)) {
        answers->ending = share->endings_taken;
        answers->state = ANSWER_ENDS;
    }
    if (answers->state != ANSWER_ENDS || !watch_share_has_ended(share, answers->ending) ||
            answers->reading.tier != NULL) {
        return;
    }
    memcpy(answers->words, words, sizeof answers->words);
    answers->reading.done = on_answer_read;
    answers->state = ANSWER_READS;
    if (!tier_read_epoch(share->tier, &answers->reading, share->now)) {
        answers->state = ANSWER_FRESH;
    }
}

/* ---- both ---- */

void watch_join_begin(struct watch_share *share)
{
    const bool joins = share->of.instance != NULL && tier_instance_joins(share->of.instance);

    share->joins = (struct watch_joins){.state = joins ? JOIN_WAITS : JOIN_OVER, .others = -1};
    share->answers = (struct watch_answers){.state = ANSWER_NONE};
}

void watch_join_heard(struct watch_share *share, enum tier_said_kind kind, struct sl_span text)
{
    if (kind == TIER_SAID_ASKS) {
        hear_question(share, text);
    } else {
        hear_answer(share, kind, text);
    }
}

void watch_join_is_vain(struct watch_share *share)
{
    share->joins.is_gone = true;
}

void watch_join_go_on(struct watch_share *share)
{
    go_on_joining(share);
    go_on_answering(share);
}

bool watch_join_is_under_way(const struct watch_share *share)
{
    return share->joins.state != JOIN_OVER;
}

const char *watch_join_text(const struct watch_share *share)
{
    if (watch_join_is_under_way(share)) {
        return "waits";
    }
    return share->joins.has_joined ? "joined" : "anew";
}

bool watch_join_is_busy(const struct watch_share *share)
{
    return watch_join_is_under_way(share) || share->answers.state != ANSWER_NONE;
}
