/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_zombies.h"

#include <stdlib.h>

#define CLOCKS_MAY_DIFFER SL_SECOND /* ours and the server's, between a loss and a question */

enum sl_err watch_zombies_init(struct watch_zombies *zombies, struct tags *tags, uint64_t database)
{
    *zombies = (struct watch_zombies){.tags = tags, .all = tags_of_database(tags, database)};
    pthread_mutex_init(&zombies->lock, NULL);
    zombies->list = calloc(WATCH_ZOMBIES_MAX, sizeof *zombies->list);
    return zombies->list == NULL ? SL_ENOMEM : SL_OK;
}

void watch_zombies_fini(struct watch_zombies *zombies)
{
    watch_zombies_close(zombies);
    free(zombies->list);
    zombies->list = NULL;
    pthread_mutex_destroy(&zombies->lock);
}

/* ---- one ---- */

static void widen(struct watch_zombies *zombies)
{
    if (zombies->counts.wide++ == 0 && !zombies->counts.is_full) {
        tags_begin(zombies->tags, zombies->all);
    }
}

static void narrow(struct watch_zombies *zombies)
{
    if (--zombies->counts.wide == 0 && !zombies->counts.is_full) {
        tags_end(zombies->tags, zombies->all);
    }
}

static void end(struct watch_zombies *zombies, struct watch_zombie *zombie)
{
    if (zombie->is_wide) {
        narrow(zombies);
    } else {
        zombies->counts.tags -= zombie->set.count;
        zombies->sets--;
        tag_set_end(&zombie->set, zombies->tags);
    }
    zombies->counts.settled++;
}

static void put(struct watch_zombies *zombies, uint32_t pid, struct tag_set *set, sl_usec now)
{
    struct watch_zombie *zombie = &zombies->list[zombies->counts.now++];
    bool is_wide = zombies->sets == WATCH_ZOMBIE_SETS_MAX ||
                   set->count > WATCH_ZOMBIE_TAGS_MAX - zombies->counts.tags;

    *zombie = (struct watch_zombie){.lost_at = now, .pid = pid, .is_wide = is_wide};
    if (is_wide) {
        tag_set_init(&zombie->set);
        widen(zombies); /* first, and then what it stands for may end */
        tag_set_end(set, zombies->tags);
    } else {
        zombie->set = *set;
        tag_set_init(set);
        zombies->counts.tags += zombie->set.count;
        zombies->sets++;
    }
}

void watch_zombies_put(
        struct watch_zombies *zombies, uint32_t pid, struct tag_set *set, sl_usec now)
{
    SL_CHECK(set->has_begun);
    pthread_mutex_lock(&zombies->lock);
    if (zombies->is_closed) {
        tag_set_end(set, zombies->tags);
    } else if (zombies->counts.now < WATCH_ZOMBIES_MAX) {
        zombies->counts.taken++;
        put(zombies, pid, set, now);
    } else {
        if (!zombies->counts.is_full && zombies->counts.wide == 0) {
            tags_begin(zombies->tags, zombies->all);
        }
        zombies->counts.is_full = true;
        tag_set_end(set, zombies->tags);
    }
    pthread_mutex_unlock(&zombies->lock);
}

void watch_zombies_close(struct watch_zombies *zombies)
{
    pthread_mutex_lock(&zombies->lock);
    if (!zombies->is_closed && zombies->list != NULL) {
        for (uint32_t i = 0; i < zombies->counts.now; i++) {
            end(zombies, &zombies->list[i]);
        }
        if (zombies->counts.is_full) {
            tags_end(zombies->tags, zombies->all);
        }
    }
    zombies->counts.now = 0;
    zombies->counts.is_full = false;
    zombies->asked = 0;
    zombies->is_closed = true;
    pthread_mutex_unlock(&zombies->lock);
}

/* ---- questions ---- */

bool watch_zombies_ask(struct watch_zombies *zombies)
{
    pthread_mutex_lock(&zombies->lock);
    zombies->asked = zombies->counts.now;
    for (uint32_t i = 0; i < zombies->asked; i++) {
        zombies->list[i].is_seen = false;
    }
    bool has_any = zombies->asked > 0;
    pthread_mutex_unlock(&zombies->lock);
    return has_any;
}

void watch_zombies_see(struct watch_zombies *zombies, uint32_t pid, sl_usec asked_at, sl_usec age)
{
    pthread_mutex_lock(&zombies->lock);
    for (uint32_t i = 0; i < zombies->asked; i++) {
        struct watch_zombie *zombie = &zombies->list[i];
        /* It was asked later than at asked_at, and so began later than that. */
        bool is_another = age >= 0 && asked_at - age > zombie->lost_at + CLOCKS_MAY_DIFFER;
        if (zombie->pid == pid && !is_another) {
            zombie->is_seen = true;
        }
    }
    pthread_mutex_unlock(&zombies->lock);
}

/* Who takes it over has room for it elsewhere. */
static void tell_end(struct watch_zombies *zombies, struct watch_zombie *zombie)
{
    const uint32_t tags = zombie->set.count;

    if (zombies->ends != NULL && !zombie->is_wide) {
        zombies->ends(zombies->self, &zombie->set);
        zombies->counts.tags -= tags - zombie->set.count;
    }
}

uint32_t watch_zombies_answered(struct watch_zombies *zombies)
{
    uint32_t settled = 0;
    uint32_t kept = 0;

    pthread_mutex_lock(&zombies->lock);
    for (uint32_t i = 0; i < zombies->counts.now; i++) {
        struct watch_zombie *zombie = &zombies->list[i];
        bool is_asked = i < zombies->asked;
        if (is_asked && zombie->is_gone && !zombie->is_seen) {
            tell_end(zombies, zombie);
            end(zombies, zombie);
            settled++;
            continue;
        }
        zombie->is_gone = is_asked && !zombie->is_seen;
        if (kept++ != i) {
            zombies->list[kept - 1] = *zombie;
        }
    }
    zombies->counts.now = kept;
    zombies->counts.questions++;
    zombies->asked = 0;
    pthread_mutex_unlock(&zombies->lock);
    return settled;
}

struct watch_zombie_counts watch_zombies_counts(struct watch_zombies *zombies)
{
    pthread_mutex_lock(&zombies->lock);
    struct watch_zombie_counts counts = zombies->counts;
    pthread_mutex_unlock(&zombies->lock);
    return counts;
}
