/* SPDX-License-Identifier: PostgreSQL */
#include "cache/watch_share.h"

#include "cache/tier_names.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY (5 * SL_MSEC)
#define COVER_AGAIN (250 * SL_MSEC) /* Redis was slow, or its breaker is open */
#define LOOK_EVERY_IDLE (100 * SL_MSEC)

/* A set that is over, and ends here when Redis knows. */
struct ending {
    struct sl_list link;
    struct watch_share *share;
    struct tier_wait wait;
    uint64_t number; /* they are in its order */
    struct tag_set set;
};

void watch_share_init(struct watch_share *share, struct tags *tags, uint64_t database)
{
    *share = (struct watch_share){.tags = tags, .database = database};
    sl_list_init(&share->endings);
}

/* ---- all of the database ---- */

void watch_share_words(const struct watch_share *share, uint64_t words[2])
{
    words[0] = tags_word(share->tags, tags_of_database(share->tags, share->database));
    words[1] = tags_word(share->tags, tags_of_database(share->tags, 0));
}

bool watch_share_is_pending(const uint64_t words[2])
{
    const uint64_t pending = (UINT64_C(1) << TAGS_PENDING_BITS) - 1;

    return (words[0] & pending) != 0 || (words[1] & pending) != 0;
}

static void cover(struct watch_share *share, const uint64_t words[2])
{
    atomic_store(&share->of.cover->words[0], words[0]);
    atomic_store(&share->of.cover->words[1], words[1]);
}

void watch_share_covered(struct watch_share *share, const uint64_t words[2])
{
    cover(share, words);
}

static void told_all(struct tier_wait *wait, bool is_told)
{
    struct watch_share *share = wait->self;

    share->is_covering = false;
    if (is_told) {
        watch_share_covered(share, share->covers);
        share->counts.epochs++;
    } else {
        share->cover_at = share->now + COVER_AGAIN;
    }
}

/* The words are read before it is told: what ends later is told once more. */
static void look_at_words(struct watch_share *share)
{
    uint64_t words[2];

    watch_share_words(share, words);
    if (watch_join_is_under_way(share) || share->now < share->cover_at ||
            !tier_is_up(share->tier) || share->is_covering || watch_share_is_pending(words) ||
            tier_covers(share->of.cover, words)) {
        return;
    }
    memcpy(share->covers, words, sizeof words);
    share->epoch = (struct tier_wait){.done = told_all, .self = share};
    share->is_covering = tier_end_all(share->tier, &share->epoch, share->now);
    if (!share->is_covering) {
        share->cover_at = share->now + COVER_AGAIN;
    }
}

static void make_stale(struct watch_share *share)
{
    const uint32_t all = tags_of_database(share->tags, share->database);

    tags_begin(share->tags, all);
    tags_end(share->tags, all);
}

/* ---- what others say ---- */

static void end_one(const struct watch_share *share, struct tag_name name)
{
    const uint32_t one = tags_of_name(share->tags, share->database, name);

    tags_begin(share->tags, one);
    tags_end(share->tags, one);
}

static void hear_tag(void *self, const struct tier_tag *tag, bool is_end)
{
    struct watch_share *share = self;
    struct tag_name name;

    (void)is_end; /* before it was visible, and after: what is filled between is of either */
    share->counts.heard++;
    if (!tier_names_read(tag, &name)) {
        make_stale(share);
        return;
    }
    end_one(share, name);
    if (name.field == TAG_ANY && !share->is_streamed) { /* what rows it gave, sets of ours ask */
        end_one(share, (struct tag_name){.relation = name.relation, .field = TAG_WILD});
    }
}

/* That it is stale here is not for others: they would tell us, and so on. */
static void hear_missed(void *self, enum tier_missed how)
{
    struct watch_share *share = self;
    const uint32_t all = tags_of_database(share->tags, share->database);
    uint64_t words[2];
    uint64_t word = 0;

    share->counts.unheard++;
    if (how == TIER_MISSED_SAID) {
        share->is_told_all = true;
        watch_join_is_vain(share);
    }
    if (how == TIER_MISSED_LOST) {
        atomic_store(&share->of.cover->listens, false);
    }
    watch_share_words(share, words);
    const bool is_being_told =
            share->is_covering && words[0] == share->covers[0] && words[1] == share->covers[1];
    if (watch_share_is_pending(words) || !(is_being_told || tier_covers(share->of.cover, words)) ||
            !tags_replace(share->tags, all, words[0], &word)) {
        make_stale(share); /* what else is to be told is told with it */
        return;
    }
    words[0] = word;
    if (is_being_told) {
        share->covers[0] = word;
    } else {
        cover(share, words);
    }
}

static void hear_said(void *self, enum tier_said_kind kind, struct sl_span text)
{
    if (kind == TIER_SAID_UNTIL || kind == TIER_SAID_TOLD) {
        watch_told_heard(self, kind, text);
    } else {
        watch_join_heard(self, kind, text);
    }
}

/* ---- sets ---- */

static void end_here(struct ending *ending)
{
    struct watch_share *share = ending->share;

    tag_set_end(&ending->set, share->tags);
    sl_list_remove(&ending->link);
    share->endings_count--;
    free(ending);
}

static void told(struct tier_wait *wait, bool is_told)
{
    (void)is_told; /* if not, nobody asks there before it was made good */
    end_here(wait->self);
}

void watch_share_begun(struct watch_share *share, const struct tag_set *set)
{
    struct tier_names names;

    if (share->tier != NULL && tier_names_of_set(&names, set) && names.count > 0) {
        SL_IGNORE(
                tier_begin(share->tier, names.tags, names.count, NULL, share->now), "not awaited");
    }
}

void watch_share_ends(struct watch_share *share, struct tag_set *set)
{
    struct tier_names names;

    if (share->tier == NULL) {
        return;
    }
    const bool is_named = tier_names_of_set(&names, set);
    if (is_named && names.count == 0) {
        return;
    }
    struct ending *ending =
            share->endings_count < SHARE_ENDINGS_MAX && is_named ? calloc(1, sizeof *ending) : NULL;
    if (ending == NULL) {
        share->counts.untold++;
        make_stale(share); /* which is told */
        return;
    }
    share->counts.told++;
    share->endings_count++;
    ending->share = share;
    ending->number = ++share->endings_taken;
    ending->wait = (struct tier_wait){.done = told, .self = ending};
    tag_set_move(&ending->set, set);
    sl_list_append(&share->endings, &ending->link);
    if (!tier_end(share->tier, names.tags, names.count, &ending->wait, share->now)) {
        end_here(ending);
    }
}

bool watch_share_has_ended(const struct watch_share *share, uint64_t number)
{
    struct sl_list *first = share->endings.next;

    return first == &share->endings || SL_CONTAINER(first, struct ending, link)->number > number;
}

void watch_share_dim(struct watch_share *share)
{
    share->is_dim = true;
}

/* What was filled while it was dim is made stale, for all. */
void watch_share_is_clear(struct watch_share *share)
{
    if (share->is_dim && share->tier != NULL) {
        share->is_dim = false;
        make_stale(share);
    }
}

/* ---- life ---- */

void watch_share_open(struct watch_share *share, const struct watch_shared *of, unsigned worker)
{
    const struct tier_hooks hooks = {.self = share};
    const struct tier_listen_hooks listens = {
            .self = share, .tag = hear_tag, .missed = hear_missed, .said = hear_said};

    watch_share_close(share);
    share->of = *of;
    share->tier = tier_new(of->instance, worker, &hooks);
    share->listen = tier_listen_new(of->instance, &listens);
    if (share->tier == NULL || share->listen == NULL) {
        watch_share_close(share);
    }
    watch_join_begin(share);
    watch_told_begin(share);
}

void watch_share_close(struct watch_share *share)
{
    if (share->of.cover != NULL) {
        const uint64_t none[2] = {0, 0};
        cover(share, none);
        atomic_store(&share->of.cover->listens, false);
        atomic_store(&share->of.cover->told_until, 0);
    }
    tier_free(share->tier);
    tier_listen_free(share->listen);
    SL_DCHECK(share->endings_count == 0);
    share->tier = NULL;
    share->listen = NULL;
    share->is_covering = false;
    share->of = (struct watch_shared){.instance = NULL};
}

void watch_share_go_on(struct watch_share *share, sl_usec now, bool is_idle)
{
    share->now = now;
    if (share->tier == NULL) {
        return;
    }
    tier_listen_go_on(share->listen, now, true, true);
    atomic_store(&share->of.cover->listens, tier_listen_is_up(share->listen));
    tier_go_on(share->tier, now, true, true);
    watch_join_go_on(share);
    look_at_words(share);
    watch_told_go_on(share);
    tier_flush(share->tier);
    share->look_at = now + (is_idle && !watch_join_is_busy(share) ? LOOK_EVERY_IDLE : LOOK_EVERY);
}

int watch_share_waits(const struct watch_share *share, struct tier_waits waits[SHARE_WAITS_MAX])
{
    int count = 0;

    if (share->tier == NULL) {
        return 0;
    }
    tier_waits(share->tier, &waits[count]);
    count += waits[count].fd >= 0;
    tier_listen_waits(share->listen, &waits[count]);
    count += waits[count].fd >= 0;
    return count;
}

sl_usec watch_share_deadline(const struct watch_share *share)
{
    struct tier_waits waits;
    sl_usec first = INT64_MAX;

    if (share->tier != NULL) {
        tier_waits(share->tier, &waits);
        first = waits.deadline < share->look_at ? waits.deadline : share->look_at;
        tier_listen_waits(share->listen, &waits);
        first = waits.deadline < first ? waits.deadline : first;
        const sl_usec told = watch_told_deadline(share);
        first = told < first ? told : first;
    }
    return first;
}
