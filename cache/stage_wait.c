/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/stage_wait.c - who waits for the answer that another is getting; or until it is known what had been written by
 * when its session has last seen something (cache/floors.h), as it takes about as long as to ask the server, which
 * would be of no use to the next. The clock is moved for them (watched_await()).
 */
#include "cache/stage_part.h"

void wait_begin(struct asked *asked)
{
    struct cache_part *part = asked->part;

    asked->deadline = asked->stmt->meter.received_at + memo_patience(asked);
    sl_list_append(&part->waiting, &asked->waiting);
    if (asked->deadline < part->look_at) {
        part->look_at = asked->deadline;
    }
}

void wait_wake(struct flight_waiter *waiter, struct entry *entry)
{
    struct asked *asked = SL_CONTAINER(waiter, struct asked, waiter);
    struct cache_part *part = asked->part;

    pthread_mutex_lock(&part->lock);
    asked->entry = entry; /* with its reference */
    asked->woken = part->woken;
    part->woken = asked;
    bool is_first = !atomic_exchange(&part->has_woken, true);
    pthread_mutex_unlock(&part->lock);
    if (is_first) {
        part->cache->hooks.ring(part->cache->hooks.self, part->worker);
    }
}

static void resume_woken(struct cache_part *part)
{
    pthread_mutex_lock(&part->lock);
    struct asked *woken = part->woken;
    part->woken = NULL;
    atomic_store(&part->has_woken, false);
    pthread_mutex_unlock(&part->lock);
    while (woken != NULL) {
        struct asked *next = woken->woken;
        sl_list_remove(&woken->waiting);
        stmt_resume(woken->stmt); /* it may be gone then */
        woken = next;
    }
}

/* Who has left its flight is woken by nobody else. */
static void look_at_waiting(struct cache_part *part, sl_usec now)
{
    struct sl_list *next = NULL;

    part->look_at = INT64_MAX;
    for (struct sl_list *at = part->waiting.next; at != &part->waiting; at = next) {
        struct asked *asked = SL_CONTAINER(at, struct asked, waiting);
        next = at->next;
        if (asked->deadline > now) {
            part->look_at = asked->deadline < part->look_at ? asked->deadline : part->look_at;
        } else if (flight_leave(part->cache->flights, &asked->waiter)) {
            sl_list_remove(at);
            asked->is_tired = true;
            stmt_resume(asked->stmt);
        }
    }
}

/* ---- for the clock ---- */

/* So long it may take, or as long as the server took, within bounds. */
#define CATCH_UP_MIN (2 * SL_MSEC)
#define CATCH_UP_MAX (50 * SL_MSEC)

static sl_usec patience(const struct entry *entry)
{
    const sl_usec cost = entry->cost_usec;

    if (cost < CATCH_UP_MIN) {
        return CATCH_UP_MIN;
    }
    return cost < CATCH_UP_MAX ? cost : CATCH_UP_MAX;
}

bool wait_may_catch_up(const struct cache_part *part, const struct stmt *stmt,
        const struct watched *watched, const struct entry *entry)
{
    const sl_usec fresh = entry->needs_stream ? watched_fresh_until(watched) : 0;

    return fresh != 0 && stmt->standing == 'I' && fresh != part->in_vain &&
           stmt->meter.received_at - fresh < 10 * patience(entry);
}

void wait_catch_up(struct asked *asked, struct watched *watched, struct entry *entry, sl_usec floor)
{
    struct cache_part *part = asked->part;

    asked->entry = entry;
    asked->awaited = watched_ref(watched);
    asked->floor = floor;
    asked->deadline = asked->stmt->meter.received_at + patience(entry);
    sl_list_append(&part->catching_up, &asked->waiting);
    if (asked->deadline < part->look_at) {
        part->look_at = asked->deadline;
    }
    atomic_store(&part->is_catching_up, true);
    watched_await(watched);
}

void cache_moved(struct cache *cache)
{
    for (unsigned i = 0; i < cache->workers; i++) {
        struct cache_part *part = &cache->parts[i];
        if (!atomic_load(&part->is_catching_up)) {
            continue;
        }
        pthread_mutex_lock(&part->lock);
        bool is_first = !atomic_exchange(&part->has_woken, true);
        pthread_mutex_unlock(&part->lock);
        if (is_first) {
            cache->hooks.ring(cache->hooks.self, part->worker);
        }
    }
}

/* Who still waits waits for another move. */
static void look_at_clocks(struct cache_part *part, sl_usec now)
{
    struct sl_list *next = NULL;

    for (struct sl_list *at = part->catching_up.next; at != &part->catching_up; at = next) {
        struct asked *asked = SL_CONTAINER(at, struct asked, waiting);
        const sl_usec fresh = watched_fresh_until(asked->awaited);
        next = at->next;
        if (fresh < asked->floor && now < asked->deadline) {
            watched_await(asked->awaited);
            continue;
        }
        if (fresh < asked->floor) {
            part->in_vain = fresh;
        }
        sl_list_remove(at);
        stmt_resume(asked->stmt); /* it may be gone then */
    }
    atomic_store(&part->is_catching_up, !sl_list_empty(&part->catching_up));
}

static void look_at_deadlines(struct cache_part *part)
{
    for (struct sl_list *at = part->catching_up.next; at != &part->catching_up; at = at->next) {
        const struct asked *asked = SL_CONTAINER(at, struct asked, waiting);
        part->look_at = asked->deadline < part->look_at ? asked->deadline : part->look_at;
    }
}

/* ---- a turn ---- */

void wait_turn(struct cache_part *part, sl_usec now)
{
    if (SL_UNLIKELY(!sl_list_empty(&part->catching_up))) {
        look_at_clocks(part, now);
    }
    if (atomic_load(&part->has_woken)) {
        resume_woken(part);
    }
    if (now >= part->look_at) {
        look_at_waiting(part, now);
        look_at_deadlines(part);
    }
}
