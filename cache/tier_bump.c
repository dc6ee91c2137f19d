/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tier_bump.c - tokens of what is written, and what other instances are told.
 *
 *     HSET v:<table> <field> <token> ...    for each table
 *     PUBLISH inv "..."
 *
 * Where a token cannot be written because Redis is full, or something else is in its place, the table's
 * tokens are deleted, which is as good. An end that Redis was not told of makes its instance unsound.
 */
#include "cache/tier.h"

#include "cache/tier_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 1024, COUNT_FIELDS_EVERY = 64 };

/* ---- where bumps are kept ---- */

static struct tier_bump *take_bump(struct tier *tier)
{
    struct sl_list *link = NULL;
    struct tier_bump *bump = NULL;

    if (tier->counts.bumps_now >= tier->options->bumps_max) {
        return NULL;
    }
    link = sl_list_pop(&tier->free_bumps);
    bump = link != NULL ? SL_CONTAINER(link, struct tier_bump, link) : calloc(1, sizeof *bump);
    if (bump == NULL) {
        return NULL;
    }
    struct sl_buf tables = bump->tables;
    if (link == NULL) {
        sl_buf_init(&tables, (size_t)TIER_BUMP_TAGS_MAX * NAME_BYTES);
    }
    *bump = (struct tier_bump){.tier = tier, .tables = tables};
    sl_buf_reset(&bump->tables);
    sl_list_init(&bump->link);
    sl_list_append(&tier->bumps, &bump->link);
    tier->counts.bumps_now++;
    return bump;
}

/* Nobody will be answered for it any more. */
static void give_bump(struct tier_bump *bump)
{
    struct tier *tier = bump->tier;

    SL_DCHECK(bump->expected == 0 && bump->wait == NULL && !bump->is_late);
    tier->is_covering = tier->is_covering && !bump->is_cover;
    tier->counts.bumps_now--;
    sl_list_remove(&bump->link);
    sl_list_push(&tier->free_bumps, &bump->link);
}

static void set_late(struct tier_bump *bump, bool is_late)
{
    if (is_late && !bump->is_late) {
        atomic_fetch_add(&bump->tier->instance->late, 1);
    } else if (!is_late && bump->is_late) {
        atomic_fetch_sub(&bump->tier->instance->late, 1);
    }
    bump->is_late = is_late;
}

static void tell(struct tier_bump *bump, bool is_told)
{
    struct tier_wait *wait = bump->wait;

    bump->wait = NULL;
    if (wait != NULL) {
        wait->bump = NULL;
        wait->done(wait, is_told);
    }
}

static void miss(struct tier *tier)
{
    atomic_fetch_add(&tier->instance->missed, 1);
}

/* All answers are there, or will not come. Unsound first, then it is told, and others go on. */
static void end_bump(struct tier_bump *bump, bool is_told)
{
    struct tier_instance *instance = bump->tier->instance;

    if (!is_told && bump->is_owed) {
        miss(bump->tier);
    }
    if (is_told && bump->is_cover) {
        uint_least64_t covered = atomic_load(&instance->covered);
        while (covered < bump->covers &&
                !atomic_compare_exchange_weak(&instance->covered, &covered, bump->covers)) {
        }
        bump->tier->counts.epochs++;
    } else if (bump->is_cover && redis_is_open(bump->tier->redis)) {
        tier_give_up(bump->tier, TIER_IS_LOST, "it made no new epoch");
    }
    set_late(bump, false);
    tell(bump, is_told);
    give_bump(bump);
}

void tier_free_bumps(struct tier *tier)
{
    SL_LIST_EACH_SAFE (link, &tier->bumps) {
        struct tier_bump *bump = SL_CONTAINER(link, struct tier_bump, link);
        bump->expected = 0;
        end_bump(bump, false);
    }
    SL_LIST_EACH_SAFE (free_link, &tier->free_bumps) {
        struct tier_bump *bump = SL_CONTAINER(free_link, struct tier_bump, link);
        sl_list_remove(&bump->link);
        sl_buf_fini(&bump->tables);
        free(bump);
    }
}

static struct tier_bump *first_in_time(const struct tier *tier)
{
    SL_LIST_EACH (link, &tier->bumps) {
        struct tier_bump *bump = SL_CONTAINER(link, struct tier_bump, link);
        if (!bump->is_late && (bump->is_owed || bump->wait != NULL)) {
            return bump;
        }
    }
    return NULL;
}

sl_usec tier_bumps_deadline(const struct tier *tier)
{
    const struct tier_bump *bump = first_in_time(tier);

    return bump == NULL ? INT64_MAX : bump->deadline;
}

void tier_expire_bumps(struct tier *tier, sl_usec now)
{
    struct tier_bump *bump = first_in_time(tier);

    for (; bump != NULL && now >= bump->deadline; bump = first_in_time(tier)) {
        tier->counts.acks_late++;
        if (bump->is_owed) {
            set_late(bump, true);
        }
        if (tier->breaker.state == BREAKER_CLOSED) {
            breaker_open(&tier->breaker, now);
            tier_has_opened(tier, "it did not acknowledge a write in time");
        }
        tell(bump, false);
    }
}

/* ---- answers ---- */

static void on_again(void *self, const struct redis_value *values, size_t count)
{
    struct tier_bump *bump = self;
    bool is_told = false;

    (void)count;
    bump->expected--;
    if (values != NULL) {
        tier_heard(bump->tier);
        is_told = values[0].kind == REDIS_NUMBER;
        if (values[0].kind == REDIS_ERROR) {
            tier_saw_error(bump->tier, &values[0]);
        }
    }
    end_bump(bump, is_told);
}

/* Deletes what it could not write. False: nor can that be sent. */
static bool try_again(struct tier_bump *bump)
{
    struct tier *tier = bump->tier;
    struct sl_span tables = sl_buf_borrow(&bump->tables);

    if (bump->is_again || bump->tables_count == 0) {
        return false;
    }
    bump->is_again = true;
    redis_open(tier->redis, 1 + bump->tables_count);
    tier_part(tier, "DEL");
    while (tables.len > 0) {
        const size_t len = strlen((const char *)tables.at);
        tier_part_name(tier, "v:", sl_span(tables.at, len));
        tables = sl_span(tables.at + len + 1, tables.len - len - 1);
    }
    if (redis_close(tier->redis, on_again, bump) != SL_OK) {
        return false;
    }
    bump->expected++;
    return true;
}

static void note_answer(struct tier_bump *bump, bool is_lost)
{
    bump->expected--;
    bump->tier->idle -= bump->is_idle;
    bump->is_failed = bump->is_failed || is_lost;
    if (bump->expected > 0 || (bump->is_failed && !is_lost && try_again(bump))) {
        return;
    }
    end_bump(bump, !bump->is_failed);
}

static void on_written(void *self, const struct redis_value *values, size_t count)
{
    struct tier_bump *bump = self;

    (void)count;
    if (values != NULL) {
        tier_heard(bump->tier);
        if (values[0].kind == REDIS_ERROR) {
            tier_saw_error(bump->tier, &values[0]);
        }
        bump->is_failed = bump->is_failed || values[0].kind != REDIS_NUMBER;
    }
    note_answer(bump, values == NULL);
}

/* What it said need not be there: the old epoch is gone, and one will be made. */
static void on_said(void *self, const struct redis_value *values, size_t count)
{
    struct tier_bump *bump = self;

    (void)count;
    if (values != NULL) {
        tier_heard(bump->tier);
        if (values[0].kind == REDIS_ERROR) {
            tier_saw_error(bump->tier, &values[0]);
        }
    }
    note_answer(bump, values == NULL);
}

/* ---- what is sent ---- */

static void expect(struct tier_bump *bump, redis_answered *answered)
{
    if (redis_close(bump->tier->redis, answered, bump) == SL_OK) {
        bump->expected++;
    } else {
        bump->is_failed = true;
    }
}

enum sl_err tier_say(struct tier *tier, enum tier_said_kind kind, struct sl_span tags,
        redis_answered *answered, void *self)
{
    const struct tier_said said = {
            .sender = sl_span_text(tier->sender), .number = ++tier->said, .kind = kind};
    struct sl_buf head;

    sl_buf_init(&head, TIER_SENDER_MAX + 64);
    enum sl_err err = tier_put_said(&head, &said);
    if (err == SL_OK) {
        const struct sl_span pieces[] = {sl_buf_borrow(&head), tags};
        redis_open(tier->redis, 3);
        tier_part(tier, "PUBLISH");
        tier_part_name(tier, "inv", sl_span(NULL, 0));
        redis_part_of(tier->redis, pieces, SL_COUNT(pieces));
        err = redis_close(tier->redis, answered, self);
    }
    sl_buf_fini(&head);
    tier->has_said = true;
    return err;
}

/* Of tags: those that have the first one's table. */
static size_t group_of(const struct tier_tag *tags, size_t count)
{
    size_t len = 1;

    while (len < count && strcmp(tags[len].table, tags[0].table) == 0) {
        len++;
    }
    return len;
}

/* "table field field;table field" into the tier's scratch, and the tables' names into the bump. */
static enum sl_err write_tags(struct tier_bump *bump, const struct tier_tag *tags, size_t count)
{
    struct sl_buf *out = &bump->tier->scratch;
    enum sl_err err = SL_OK;

    sl_buf_reset(out);
    for (size_t i = 0; i < count && err == SL_OK; i++) {
        if (i == 0 || strcmp(tags[i].table, tags[i - 1].table) != 0) {
            const size_t at = sl_buf_len(out) + (i > 0);
            err = i > 0 ? sl_buf_put_u8(out, ';') : SL_OK;
            err = err == SL_OK ? tier_put_name(out, sl_span_text(tags[i].table)) : err;
            const struct sl_span all = sl_buf_borrow(out);
            err = err == SL_OK ? sl_buf_put(&bump->tables, all.at + at, all.len - at) : err;
            err = err == SL_OK ? sl_buf_put_u8(&bump->tables, 0) : err;
            bump->tables_count++;
        }
        err = err == SL_OK ? sl_buf_put_u8(out, ' ') : err;
        err = err == SL_OK ? tier_put_name(out, sl_span_text(tags[i].field)) : err;
    }
    return err;
}

static void on_fields(void *self, const struct redis_value *values, size_t count)
{
    struct tier *tier = self;

    tier_answered_any(tier, values, count);
    if (values != NULL && values[0].kind == REDIS_NUMBER &&
            values[0].number > tier->options->fields_max && tier->full_table[0] != '\0') {
        redis_open(tier->redis, 2);
        tier_part(tier, "DEL");
        tier_part_name(tier, "v:", sl_span_text(tier->full_table));
        SL_IGNORE(redis_close(tier->redis, tier_answered_any, tier), "it is full for a while");
    }
    tier->full_table[0] = '\0';
}

/* Now and then: has the table too many tokens? One at a time is asked for. */
static void count_fields(struct tier *tier, struct sl_span table)
{
    if (tier->full_table[0] != '\0' || tier_random(tier) % COUNT_FIELDS_EVERY != 0 ||
            table.len >= sizeof tier->full_table) {
        return;
    }
    redis_open(tier->redis, 2);
    tier_part(tier, "HLEN");
    tier_part_name(tier, "v:", table);
    if (redis_close(tier->redis, on_fields, tier) == SL_OK) {
        memcpy(tier->full_table, table.at, table.len);
        tier->full_table[table.len] = '\0';
    }
}

/* The names are those that write_tags() wrote. */
static void send_tokens(struct tier_bump *bump, const struct tier_tag *tags, size_t count)
{
    struct tier *tier = bump->tier;
    struct sl_span text = sl_buf_borrow(&tier->scratch);
    struct sl_span table = sl_span(NULL, 0);
    struct sl_span field;
    char token[TIER_TOKEN_MAX];
    const size_t token_len = tier_new_token(tier, bump->kind == TIER_BUMP_BEGIN, token);

    for (size_t i = 0; i < count;) {
        const size_t len = group_of(tags + i, count - i);
        for (size_t j = 0; j < len; j++) {
            SL_CHECK(tier_next_tag(&text, &table, &field));
            if (j == 0) {
                redis_open(tier->redis, 2 + 2 * len);
                tier_part(tier, "HSET");
                tier_part_name(tier, "v:", table);
            }
            redis_part(tier->redis, field);
            redis_part(tier->redis, sl_span(token, token_len));
        }
        expect(bump, on_written);
        if (bump->kind == TIER_BUMP_END) {
            count_fields(tier, table);
        }
        i += len;
    }
    const enum tier_said_kind kind =
            bump->kind == TIER_BUMP_BEGIN ? TIER_SAID_BEGIN : TIER_SAID_END;
    if (tier_say(tier, kind, sl_buf_borrow(&tier->scratch), on_said, bump) == SL_OK) {
        bump->expected++;
    } else {
        bump->is_failed = true;
    }
}

/* A new epoch: what was there is dead as soon as its name is gone. */
static void send_epoch(struct tier_bump *bump)
{
    struct tier *tier = bump->tier;
    char epoch[TIER_RUN_MAX + TIER_TOKEN_MAX + 32];

    redis_open(tier->redis, 2);
    tier_part(tier, "DEL");
    tier_part_name(tier, "epoch", sl_span(NULL, 0));
    expect(bump, on_written);
    if (tier->state == TIER_UP) { /* before, nobody knows whose it would be */
        redis_open(tier->redis, 3);
        tier_part(tier, "SETNX");
        tier_part_name(tier, "epoch", sl_span(NULL, 0));
        redis_part(tier->redis, sl_span(epoch, tier_new_epoch(tier, epoch, sizeof epoch)));
        expect(bump, on_said);
    }
    if (tier_say(tier, TIER_SAID_ALL, sl_span(NULL, 0), on_said, bump) == SL_OK) {
        bump->expected++;
    } else {
        bump->is_failed = true;
    }
}

/* What was sent of it waits for its answers; that it was not all is an end that is missed. */
static bool start(struct tier_bump *bump, struct tier_wait *wait)
{
    struct tier *tier = bump->tier;
    const bool is_whole = !bump->is_failed;
    const bool is_awaited = is_whole && wait != NULL && tier_is_usable(tier);

    if (bump->expected == 0) {
        end_bump(bump, false);
        return false;
    }
    if (bump->kind == TIER_BUMP_BEGIN && wait == NULL) {
        bump->is_idle = true;
        tier->idle += bump->expected;
    }
    if (is_awaited) {
        bump->wait = wait;
        wait->bump = bump;
    } else if (bump->is_owed && wait != NULL) {
        set_late(bump, true); /* who waits goes on, and nobody asks before it has been told */
    }
    return is_awaited;
}

/*
 * Not to one that has yet to say who it is, while there is something to be made good anyway: the new epoch comes
 * when it is up, and what is missed meanwhile is made good by it, too.
 */
bool tier_hears(const struct tier *tier)
{
    return redis_is_open(tier->redis) &&
           (tier->state == TIER_UP ||
                   (tier->state == TIER_GREETING && atomic_load(&tier->instance->missed) ==
                                                            atomic_load(&tier->instance->covered)));
}

void tier_miss_end(struct tier *tier)
{
    tier->counts.ends++;
    tier->counts.unsent++;
    miss(tier);
}

static struct tier_bump *new_bump(struct tier *tier, enum tier_bump_kind kind, sl_usec now)
{
    struct tier_bump *bump = NULL;

    if (tier_hears(tier)) {
        tier_note_sent(tier, now);
        bump = take_bump(tier);
    }
    if (bump == NULL) {
        tier->counts.unsent++;
        if (kind == TIER_BUMP_END || kind == TIER_BUMP_ALL) {
            miss(tier);
        }
        return NULL;
    }
    bump->kind = kind;
    bump->is_owed = kind == TIER_BUMP_END || kind == TIER_BUMP_ALL;
    bump->sent_at = tier->now;
    bump->deadline = tier->now + tier->options->ack_timeout;
    return bump;
}

static bool bump_tags(struct tier *tier, enum tier_bump_kind kind, const struct tier_tag *tags,
        size_t count, struct tier_wait *wait)
{
    struct tier_bump *bump = new_bump(tier, kind, tier->now);

    if (bump == NULL) {
        return false;
    }
    if (count <= TIER_BUMP_TAGS_MAX && write_tags(bump, tags, count) == SL_OK) {
        send_tokens(bump, tags, count);
    } else {
        send_epoch(bump);
    }
    return start(bump, wait);
}

bool tier_begin(struct tier *tier, const struct tier_tag *tags, size_t count,
        struct tier_wait *wait, sl_usec now)
{
    tier->now = now > tier->now ? now : tier->now;
    tier->counts.begins++;
    if (wait != NULL) {
        wait->bump = NULL;
    }
    return count > 0 && bump_tags(tier, TIER_BUMP_BEGIN, tags, count, wait);
}

bool tier_end(struct tier *tier, const struct tier_tag *tags, size_t count, struct tier_wait *wait,
        sl_usec now)
{
    tier->now = now > tier->now ? now : tier->now;
    tier->counts.ends++;
    if (wait != NULL) {
        wait->bump = NULL;
    }
    return count > 0 && bump_tags(tier, TIER_BUMP_END, tags, count, wait);
}

bool tier_end_all(struct tier *tier, struct tier_wait *wait, sl_usec now)
{
    struct tier_bump *bump = new_bump(tier, TIER_BUMP_ALL, now);

    if (wait != NULL) {
        wait->bump = NULL;
    }
    if (bump == NULL) {
        return false;
    }
    send_epoch(bump);
    return start(bump, wait);
}

void tier_stop_waiting(struct tier *tier, struct tier_wait *wait)
{
    if (wait->bump != NULL) {
        SL_CHECK(wait->bump->tier == tier && wait->bump->wait == wait);
        wait->bump->wait = NULL;
        wait->bump = NULL;
    }
}

/* ---- what was missed ---- */

void tier_cover(struct tier *tier, sl_usec now)
{
    const uint_least64_t missed = atomic_load(&tier->instance->missed);
    struct tier_bump *bump = NULL;

    if (tier->state != TIER_UP || tier->is_covering || !redis_is_connected(tier->redis) ||
            atomic_load(&tier->instance->covered) >= missed) {
        return;
    }
    tier_note_sent(tier, now);
    bump = take_bump(tier);
    if (bump == NULL) {
        return;
    }
    bump->kind = TIER_BUMP_ALL;
    bump->is_cover = true;
    bump->covers = missed;
    tier->is_covering = true;
    send_epoch(bump);
    SL_IGNORE(start(bump, NULL), "it is tried again");
}

/* ---- the end ---- */

bool tier_goodbye(struct tier *tier, struct tier_wait *wait, sl_usec now)
{
    struct tier_bump *bump = NULL;
    char text[96];

    wait->bump = NULL;
    if (!tier_is_usable(tier) || first_in_time(tier) != NULL) {
        return false;
    }
    tier_note_sent(tier, now);
    bump = take_bump(tier);
    if (bump == NULL) {
        return false;
    }
    bump->kind = TIER_BUMP_GOODBYE;
    bump->deadline = tier->now + tier->options->greet_wait;
    redis_open(tier->redis, 4);
    tier_part(tier, "HSET");
    tier_part_name(tier, "inst", sl_span(NULL, 0));
    tier_part(tier, tier->instance->id);
    snprintf(text, sizeof text, "%016llx down %llu", (unsigned long long)tier->instance->life,
            (unsigned long long)(tier_wall(tier, tier->now) / SL_SECOND));
    tier_part(tier, text);
    expect(bump, on_written);
    return start(bump, wait);
}
