/* SPDX-License-Identifier: PostgreSQL */
/* cache/stage_wait.c - who waits for the answer that another is getting. */
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

void wait_turn(struct cache_part *part, sl_usec now)
{
    if (atomic_load(&part->has_woken)) {
        resume_woken(part);
    }
    if (now >= part->look_at) {
        look_at_waiting(part, now);
    }
}
