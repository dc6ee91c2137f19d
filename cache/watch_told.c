/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_told.h"

#include "cache/watch_share.h"

#include <stdio.h>
#include <string.h>

enum { NUMBERS_MAX = 3, DIGITS = 16, TEXT_MAX = NUMBERS_MAX * (DIGITS + 1) };

/* ---- what is said: numbers of 16 digits ---- */

static size_t put_numbers(const uint64_t *numbers, size_t count, char text[TEXT_MAX])
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%016llx", i == 0 ? "" : " ",
                (unsigned long long)numbers[i]);
    }
    return len;
}

static bool read_numbers(struct sl_span text, uint64_t *numbers, size_t count)
{
    if (text.len != count * (DIGITS + 1) - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.at[i];
        const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (i % (DIGITS + 1) == DIGITS) {
            if (c != ' ') {
                return false;
            }
            continue;
        }
        if (!is_digit) {
            return false;
        }
        uint64_t *number = &numbers[i / (DIGITS + 1)];
        *number = *number << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static bool say(
        struct watch_share *share, enum tier_said_kind kind, const uint64_t *numbers, size_t count)
{
    char text[TEXT_MAX];

    return tier_call(
            share->tier, kind, sl_span(text, put_numbers(numbers, count, text)), NULL, share->now);
}

/* ---- who asks ---- */

static void forget_other(struct watch_told *told, unsigned i)
{
    told->others[i] = told->others[--told->others_count];
}

/* Its answer came before the list did: what it was to. */
static uint64_t take_unnamed(struct watch_told *told, uint64_t life)
{
    uint64_t answered = 0;

    for (unsigned i = told->others_count; i > 0; i--) {
        if (told->others[i - 1].id == 0 && told->others[i - 1].life == life) {
            answered = told->others[i - 1].answered;
            forget_other(told, i - 1);
        }
    }
    return answered;
}

static void on_other(struct tier_others *others, const struct tier_other *other)
{
    struct watch_told *told = SL_CONTAINER(others, struct watch_told, reading);
    const struct watch_share *share = SL_CONTAINER(told, struct watch_share, told);
    const uint64_t answered = take_unnamed(told, other->life);
    unsigned i = 0;

    while (i < told->others_count && told->others[i].id != other->id) {
        i++;
    }
    if (!other->is_up && i < told->others_count) {
        forget_other(told, i);
    }
    if (!other->is_up || other->age >= OTHERS_GONE) {
        return; /* one that is known and silent goes by itself */
    }
    if (i == OTHERS_MAX) {
        told->is_full = true;
        return;
    }
    if (i == told->others_count) {
        told->others[told->others_count++] = (struct told_other){.id = other->id};
    }
    struct told_other *known = &told->others[i];
    if (known->life != other->life) {
        known->life = other->life;
        known->answered = answered;
    }
    known->seen_at = share->now;
}

static void on_others(struct tier_others *others, bool is_known)
{
    struct watch_told *told = SL_CONTAINER(others, struct watch_told, reading);

    told->is_full = told->is_full || !is_known;
    told->has_others = true;
}

/* The question stays what it is until it is answered: who has yet to answer it goes on from there. */
static void ask(struct watch_share *share)
{
    struct watch_told *told = &share->told;
    const uint64_t numbers[] = {tier_life(share->tier), told->number};

    told->again_at = share->now + TOLD_AGAIN;
    if (told->reading.tier != NULL || !tier_listen_is_up(share->listen) ||
            !say(share, TIER_SAID_UNTIL, numbers, SL_COUNT(numbers))) {
        return;
    }
    told->has_others = told->is_full = false;
    told->reading.one = on_other;
    told->reading.done = on_others;
    SL_IGNORE(tier_read_others(share->tier, &told->reading, share->now), "it is asked once more");
}

static void hear_told(struct watch_share *share, const uint64_t numbers[3])
{
    struct watch_told *told = &share->told;

    if (!told->is_asking || numbers[0] != tier_life(share->tier) || numbers[1] != told->number) {
        return;
    }
    for (unsigned i = 0; i < told->others_count; i++) {
        struct told_other *other = &told->others[i];
        if (other->life == numbers[2]) {
            other->answered = told->number;
            other->seen_at = share->now;
            return;
        }
    }
    if (told->others_count < OTHERS_MAX) { /* the list has its name, and comes later */
        told->others[told->others_count++] = (struct told_other){
                .life = numbers[2], .seen_at = share->now, .answered = told->number};
    }
}

/* All that have to have answered, and it is known who has to. */
static bool is_answered(struct watch_share *share)
{
    struct watch_told *told = &share->told;
    bool is = told->has_others && !told->is_full;

    for (unsigned i = told->others_count; i > 0; i--) {
        const struct told_other *other = &told->others[i - 1];
        if (share->now >= other->seen_at + OTHERS_GONE) {
            forget_other(told, i - 1);
        } else {
            is = is && other->answered == told->number;
        }
    }
    return is;
}

static void go_on_asking(struct watch_share *share)
{
    struct watch_told *told = &share->told;
    struct tier_cover *cover = share->of.cover;

    if (told->is_asking && is_answered(share)) {
        told->is_asking = false;
        told->rests_until = told->asked_at + TOLD_EVERY;
        atomic_store(&cover->told_until, told->asked_at);
    }
    if (!told->is_asking && share->now >= told->rests_until && tier_is_up(share->tier) &&
            atomic_exchange(&cover->wants_told, false)) {
        told->is_asking = true;
        told->number++;
        told->asked_at = share->now;
        ask(share);
    } else if (told->is_asking && share->now >= told->again_at) {
        ask(share);
    }
}

/* ---- who answers ---- */

static void hear_question(struct watch_share *share, const uint64_t numbers[2])
{
    struct watch_told *told = &share->told;
    unsigned i = 0;

    while (i < told->askers_count && told->askers[i].life != numbers[0]) {
        i++;
    }
    if (i == ASKERS_MAX || (i < told->askers_count && told->askers[i].number == numbers[1])) {
        return; /* no room, or it was asked again */
    }
    told->askers_count += i == told->askers_count;
    told->askers[i] = (struct told_asker){.life = numbers[0], .number = numbers[1]};
}

/* Behind the turn: what it did not acknowledge has made the instance unsound, or the database's words others. */
static bool has_told_all(const struct watch_share *share)
{
    uint64_t words[2];

    if (!tier_instance_is_sound(share->of.instance) || tier_instance_joins(share->of.instance)) {
        return false;
    }
    watch_share_words(share, words);
    return tier_covers(share->of.cover, words);
}

static void answer(struct watch_share *share)
{
    struct watch_told *told = &share->told;
    unsigned kept = 0;

    for (unsigned i = 0; i < told->askers_count; i++) {
        const struct told_asker *asker = &told->askers[i];
        const uint64_t numbers[] = {asker->life, asker->number, tier_life(share->tier)};
        if (!asker->has_begun) {
            told->askers[kept++] = *asker;
        } else {
            SL_IGNORE(say(share, TIER_SAID_TOLD, numbers, SL_COUNT(numbers)), "it is asked again");
        }
    }
    told->askers_count = kept;
    told->has_turn = false;
}

static void begin_turn(struct watch_share *share)
{
    struct watch_told *told = &share->told;

    tags_turn_begin(&told->turn);
    told->has_turn = true;
    told->is_over = false;
    told->look_gap = TOLD_LOOK;
    told->look_at = share->now + TOLD_LOOK;
    for (unsigned i = 0; i < told->askers_count; i++) {
        told->askers[i].has_begun = true;
    }
}

/* The longer it takes, the less often. */
static void look_again(struct watch_share *share)
{
    struct watch_told *told = &share->told;

    if (share->now >= told->look_at) {
        told->look_gap = told->look_gap < TOLD_LOOK_MAX ? 2 * told->look_gap : TOLD_LOOK_MAX;
        told->look_at = share->now + told->look_gap;
    }
}

static void go_on_answering(struct watch_share *share)
{
    struct watch_told *told = &share->told;

    for (int i = 0; i < 2; i++) { /* those who came meanwhile have theirs at once */
        if (!told->has_turn && told->askers_count > 0) {
            begin_turn(share);
        }
        if (!told->has_turn) {
            return;
        }
        told->is_over = told->is_over || tags_turn_is_over(share->tags, &told->turn);
        if (!told->is_over || !has_told_all(share)) {
            look_again(share);
            return;
        }
        answer(share);
    }
}

/* ---- both ---- */

void watch_told_begin(struct watch_share *share)
{
    const uint64_t number = share->told.number; /* an answer to one of before is none to the next */

    share->told = (struct watch_told){.number = number};
}

void watch_told_heard(struct watch_share *share, enum tier_said_kind kind, struct sl_span text)
{
    uint64_t numbers[NUMBERS_MAX] = {0};

    if (kind == TIER_SAID_UNTIL && read_numbers(text, numbers, 2)) {
        hear_question(share, numbers);
    } else if (kind == TIER_SAID_TOLD && read_numbers(text, numbers, 3)) {
        hear_told(share, numbers);
    }
}

void watch_told_go_on(struct watch_share *share)
{
    go_on_asking(share);
    go_on_answering(share);
}

sl_usec watch_told_deadline(const struct watch_share *share)
{
    const struct watch_told *told = &share->told;
    sl_usec first = told->askers_count > 0 ? told->look_at : INT64_MAX;

    if (told->is_asking && told->again_at < first) {
        first = told->again_at;
    } else if (!told->is_asking && tier_is_up(share->tier) &&
               atomic_load(&share->of.cover->wants_told)) {
        const sl_usec at = told->rests_until > share->now ? told->rests_until : share->now + 1;
        first = at < first ? at : first;
    }
    return first;
}
