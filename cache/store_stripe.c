/* SPDX-License-Identifier: PostgreSQL */
/* cache/store_stripe.c - finding, putting, and making room. */
#include "cache/store_stripe.h"

enum {
    SMALL_SHARE = 10,    /* one part in so many of the bytes */
    PINNED_SHARE = 4,    /* likewise, at most */
    USED_MAX = 3,        /* is counted */
    DEAR_TIMES = 10,     /* what typical entries cost */
    TYPICAL_STEP = 16,   /* its estimate moves by one part in so many */
    HAND_LAPS_MAX = 256, /* given before one is taken all the same */
    SWEEP_STEPS = 4,     /* of the slow hand, each time room is needed */
    INDEX_SHARE = 3,     /* the index may grow to one part in so many of the bytes */
    FIT_STEPS = 64       /* of a put that finds that the limit was lowered */
};

/* ---- bytes ---- */

static void add_bytes(struct store_stripe *stripe, size_t bytes)
{
    size_t now = atomic_fetch_add(&stripe->total->bytes, bytes) + bytes;
    size_t peak = atomic_load(&stripe->total->bytes_peak);

    stripe->bytes += bytes;
    while (now > peak && !atomic_compare_exchange_weak(&stripe->total->bytes_peak, &peak, now)) {
    }
}

static void give_back(struct store_stripe *stripe, size_t bytes)
{
    SL_CHECK(stripe->bytes >= bytes);
    stripe->bytes -= bytes;
    atomic_fetch_sub(&stripe->total->bytes, bytes);
}

static bool resize_index(struct store_stripe *stripe, uint32_t slots_count)
{
    size_t before = store_index_bytes(stripe->index.slots_count);
    size_t after = store_index_bytes(slots_count);

    add_bytes(stripe, after); /* for a while there are both */
    if (store_index_resize(&stripe->index, slots_count) != SL_OK) {
        give_back(stripe, after);
        return false;
    }
    give_back(stripe, before);
    return true;
}

/* ---- queues ---- */

static struct entry_place *place_of(struct sl_list *link)
{
    return SL_CONTAINER(link, struct entry_place, link);
}

static struct entry *entry_of(struct sl_list *link)
{
    return SL_CONTAINER(place_of(link), struct entry, place);
}

static void enter(struct store_stripe *stripe, struct entry *entry, enum store_queue queue)
{
    struct store_line *line = &stripe->lines[queue];

    entry->place.queue = (uint8_t)queue;
    sl_list_push(&line->entries, &entry->place.link);
    line->bytes += entry->bytes;
    line->count++;
}

static void leave(struct store_stripe *stripe, struct entry *entry)
{
    struct store_line *line = &stripe->lines[entry->place.queue];

    SL_CHECK(line->count > 0);
    sl_list_remove(&entry->place.link);
    line->bytes -= entry->bytes;
    line->count--;
    entry->place.queue = STORE_NOWHERE;
}

static struct entry *oldest_of(const struct store_line *line)
{
    struct sl_list *link = line->entries.prev;

    if (line->count == 0) {
        return NULL;
    }
    while (place_of(link)->queue == STORE_MARK) {
        link = link->prev;
    }
    return entry_of(link);
}

static void take_out(struct store_stripe *stripe, struct entry *entry, struct sl_list *victims)
{
    store_index_remove(&stripe->index, entry);
    leave(stripe, entry);
    give_back(stripe, entry->bytes);
    sl_list_append(victims, &entry->place.link);
}

/* ---- what an entry is worth ---- */

static unsigned used_of(const struct entry *entry)
{
    return atomic_load_explicit(&entry->used, memory_order_relaxed);
}

static void set_used(struct entry *entry, unsigned used)
{
    atomic_store_explicit(&entry->used, (unsigned char)used, memory_order_relaxed);
}

/* So that one that takes its place is no stranger. */
static bool was_asked_for(const struct entry *entry)
{
    return entry->place.queue != STORE_SMALL || used_of(entry) > 0;
}

static bool is_dead(const struct store_stripe *stripe, const struct entry *entry)
{
    return entry->expires_at <= stripe->now || !entry_is_fresh(entry, stripe->tags);
}

/* Goes up as often as it goes down, so half of all are below it. */
static void learn_cost(struct store_stripe *stripe, uint64_t usec)
{
    uint64_t typical = stripe->typical_usec;

    if (typical == 0) {
        typical = usec;
    } else if (usec > typical) {
        typical += typical / TYPICAL_STEP + 1;
    } else if (usec < typical) {
        typical -= typical / TYPICAL_STEP + 1;
    }
    stripe->typical_usec = typical;
}

static bool is_dear(const struct store_stripe *stripe, const struct entry *entry)
{
    return entry->cost_usec > (stripe->typical_usec + 1) * DEAR_TIMES;
}

/* ---- the hands ---- */

static bool gets_a_lap(const struct store_stripe *stripe, struct entry *entry)
{
    unsigned used = used_of(entry);

    if (used > 0) {
        set_used(entry, entry->place.queue == STORE_SMALL ? 0 : used - 1);
        entry->place.had_lap = false;
        return true;
    }
    if (!entry->place.had_lap && is_dear(stripe, entry)) {
        entry->place.had_lap = true;
        return true;
    }
    return false;
}

static struct entry *next_to_go(const struct store_stripe *stripe)
{
    const struct store_line *small = &stripe->lines[STORE_SMALL];
    const struct store_line *main = &stripe->lines[STORE_MAIN];
    const struct store_line *pinned = &stripe->lines[STORE_PINNED];

    if (pinned->bytes > stripe->bytes_max / PINNED_SHARE) { /* the limit was lowered */
        return oldest_of(pinned);
    }
    if (small->bytes > stripe->bytes_max / SMALL_SHARE || (main->count == 0 && small->count > 0)) {
        return oldest_of(small);
    }
    return oldest_of(main->count > 0 ? main : pinned);
}

/* It is to be in that queue, and there is a place for it. */
static bool may_be_pinned(const struct store_stripe *stripe, const struct entry *entry)
{
    return entry->place.is_pinned && entry->place.queue != STORE_PINNED &&
           stripe->lines[STORE_PINNED].bytes + entry->bytes <= stripe->bytes_max / PINNED_SHARE;
}

static void move(struct store_stripe *stripe, struct entry *entry, enum store_queue queue)
{
    leave(stripe, entry);
    enter(stripe, entry, queue);
}

/* False: there is nothing any more. */
static bool evict(struct store_stripe *stripe, struct sl_list *victims)
{
    for (unsigned laps = 0;; laps++) {
        struct entry *entry = next_to_go(stripe);
        if (entry == NULL) {
            return false;
        }
        if (is_dead(stripe, entry)) {
            stripe->counts.swept++;
            take_out(stripe, entry, victims);
            return true;
        }
        if (may_be_pinned(stripe, entry)) {
            move(stripe, entry, STORE_PINNED);
            continue;
        }
        if (laps >= HAND_LAPS_MAX || !gets_a_lap(stripe, entry)) {
            if (entry->place.queue == STORE_SMALL) {
                store_index_put_ghost(&stripe->index, entry->key);
            }
            stripe->counts.evicted++;
            take_out(stripe, entry, victims);
            return true;
        }
        move(stripe, entry, STORE_MAIN);
    }
}

/* A slow hand: from the oldest to the latest of a queue, and round again. */
static void sweep(struct store_stripe *stripe, enum store_queue queue, struct sl_list *victims)
{
    struct sl_list *line = &stripe->lines[queue].entries;
    struct sl_list *mark = &stripe->sweeps[queue].link;

    for (unsigned i = 0; i < SWEEP_STEPS; i++) {
        struct sl_list *next = mark->prev;
        sl_list_remove(mark);
        if (next == line) {
            sl_list_append(line, mark);
            continue;
        }
        sl_list_insert_between(next->prev, mark, next);
        if (place_of(next)->queue != STORE_MARK && is_dead(stripe, entry_of(next))) {
            stripe->counts.swept++;
            take_out(stripe, entry_of(next), victims);
        }
    }
}

/* ---- room ---- */

static bool has_room(const struct store_stripe *stripe, size_t bytes)
{
    return bytes <= stripe->bytes_max && stripe->bytes <= stripe->bytes_max - bytes;
}

/* False: not even without any entry. */
static bool make_room(struct store_stripe *stripe, size_t bytes, struct sl_list *victims)
{
    if (!has_room(stripe, bytes)) {
        sweep(stripe, STORE_MAIN, victims);
        sweep(stripe, STORE_PINNED, victims);
    }
    while (!has_room(stripe, bytes)) {
        if (!evict(stripe, victims)) {
            return false;
        }
    }
    return true;
}

static bool is_too_wide(const struct store_index *index)
{
    return index->slots_count > STORE_SLOTS_MIN && index->count < index->slots_count / 8;
}

/* Best tried when there is room for both. */
static void make_narrower(struct store_stripe *stripe)
{
    uint32_t slots = stripe->index.slots_count / 4;

    SL_IGNORE(resize_index(stripe, slots < STORE_SLOTS_MIN ? STORE_SLOTS_MIN : slots),
            "it stays as it is");
}

/* A slot for one more. Without memory, or beyond the index's share, an entry makes room for it. */
static bool make_slot(struct store_stripe *stripe, struct sl_list *victims)
{
    const uint32_t slots = stripe->index.slots_count;
    const uint32_t count = stripe->index.count + 1;
    const uint32_t wider = slots == 0 ? STORE_SLOTS_MIN : slots * 2;
    const size_t bytes = store_index_bytes(wider);
    const bool must = count > slots / 8 * 7;

    if (is_too_wide(&stripe->index) && make_room(stripe, store_index_bytes(slots) / 4, victims)) {
        make_narrower(stripe);
        return true;
    }
    if (count <= slots / 4 * 3) {
        return true;
    }
    if (slots > 0 && bytes > stripe->bytes_max / INDEX_SHARE) {
        return !must || evict(stripe, victims);
    }
    if ((must || has_room(stripe, bytes)) && make_room(stripe, bytes, victims) &&
            resize_index(stripe, wider)) {
        return true;
    }
    return !must || evict(stripe, victims);
}

bool store_stripe_shrink(struct store_stripe *stripe, unsigned entries_max, struct sl_list *victims)
{
    for (unsigned i = 0; i < entries_max && stripe->bytes > stripe->bytes_max; i++) {
        if (!evict(stripe, victims)) {
            SL_CHECK(resize_index(stripe, 0));
        } else if (is_too_wide(&stripe->index)) {
            make_narrower(stripe);
        }
    }
    return stripe->bytes <= stripe->bytes_max;
}

/* ---- asking ---- */

static enum store_result judge(const struct entry *entry, const struct tags *tags, sl_usec now)
{
    enum store_result result = STORE_HIT;

    if (entry->expires_at <= now) {
        return STORE_EXPIRED;
    }
    for (uint16_t i = entry->tags_count; i > 0; i--) { /* the last is read first: cache/tags.h */
        const struct entry_tag *tag = &entry->tags[i - 1];
        uint64_t word = tags_word(tags, tag->tag);
        if (word == tag->word) {
            continue;
        }
        if (word >> TAGS_PENDING_BITS != tag->word >> TAGS_PENDING_BITS) {
            return STORE_CHANGED;
        }
        result = STORE_PENDING;
    }
    return result;
}

enum store_result store_stripe_look(
        const struct store_stripe *stripe, struct sl_hash128 key, sl_usec now, struct entry **entry)
{
    *entry = store_index_find(&stripe->index, key);
    return *entry == NULL ? STORE_MISS : judge(*entry, stripe->tags, now);
}

enum store_result store_stripe_find(struct store_stripe *stripe, struct sl_hash128 key, sl_usec now,
        struct entry **entry, struct sl_list *victims)
{
    struct entry *found = NULL;
    enum store_result result = store_stripe_look(stripe, key, now, &found);

    *entry = NULL;
    stripe->now = now > stripe->now ? now : stripe->now;
    stripe->counts.results[result]++;
    if (result == STORE_HIT) {
        unsigned used = used_of(found);
        uint32_t hits = atomic_load_explicit(&found->hits, memory_order_relaxed);
        if (used < USED_MAX) {
            set_used(found, used + 1);
        }
        atomic_store_explicit(&found->hits, hits + 1, memory_order_relaxed);
        *entry = entry_ref(found);
    } else if (found != NULL && result != STORE_EXPIRED && found->may_be_stale) {
        *entry = entry_ref(found);
    } else if (result == STORE_CHANGED || result == STORE_EXPIRED) {
        if (was_asked_for(found)) {
            store_index_put_ghost(&stripe->index, key);
        }
        take_out(stripe, found, victims);
    }
    return result;
}

/* ---- putting, and dropping ---- */

/* Whatever is there already goes. */
static bool make_place(
        struct store_stripe *stripe, const struct entry *entry, struct sl_list *victims)
{
    const size_t bytes_max = stripe->bytes_max;
    const size_t least = store_index_bytes(STORE_SLOTS_MIN);

    if (!store_stripe_shrink(stripe, FIT_STEPS, victims) || bytes_max < least ||
            entry->bytes > bytes_max - least) {
        return false;
    }
    if (make_slot(stripe, victims) && make_room(stripe, entry->bytes, victims)) {
        return true;
    }
    /* Nothing is left but an index that is too wide for it. */
    return stripe->index.count == 0 && resize_index(stripe, 0) && make_slot(stripe, victims) &&
           make_room(stripe, entry->bytes, victims);
}

enum sl_err store_stripe_put(
        struct store_stripe *stripe, struct entry *entry, struct sl_list *victims)
{
    struct entry *old = store_index_find(&stripe->index, entry->key);
    bool is_known = store_index_take_ghost(&stripe->index, entry->key, stripe->index.count);

    SL_CHECK(entry->place.queue == STORE_NOWHERE);
    stripe->now = entry->filled_at > stripe->now ? entry->filled_at : stripe->now;
    learn_cost(stripe, entry->cost_usec);
    if (old != NULL) {
        is_known = is_known || was_asked_for(old);
        stripe->counts.replaced++;
        take_out(stripe, old, victims);
    }
    if (!make_place(stripe, entry, victims)) {
        stripe->counts.refused++;
        return SL_ELIMIT;
    }
    add_bytes(stripe, entry->bytes);
    store_index_put(&stripe->index, entry);
    enter(stripe, entry,
            may_be_pinned(stripe, entry) ? STORE_PINNED
            : is_known                   ? STORE_MAIN
                                         : STORE_SMALL);
    stripe->counts.puts++;
    return SL_OK;
}

bool store_stripe_drop(struct store_stripe *stripe, struct sl_hash128 key,
        const struct entry *entry, struct sl_list *victims)
{
    struct entry *found = store_index_find(&stripe->index, key);

    if (found == NULL || (entry != NULL && found != entry)) {
        return false;
    }
    stripe->counts.dropped++;
    take_out(stripe, found, victims);
    return true;
}

bool store_stripe_pin(struct store_stripe *stripe, const struct entry *entry, bool is_pinned)
{
    struct entry *found = store_index_find(&stripe->index, entry->key);

    if (found != entry) {
        return false;
    }
    found->place.is_pinned = is_pinned;
    if (may_be_pinned(stripe, found)) {
        move(stripe, found, STORE_PINNED);
    } else if (!is_pinned && found->place.queue == STORE_PINNED) {
        move(stripe, found, STORE_MAIN);
    }
    return true;
}

/* ---- walking ---- */

static void place_marks(struct store_stripe *stripe, struct store_walk *walk)
{
    struct sl_list *entries = &stripe->lines[walk->queue].entries;

    walk->at.queue = STORE_MARK;
    walk->end.queue = STORE_MARK;
    sl_list_append(entries, &walk->at.link);
    sl_list_push(entries, &walk->end.link);
}

void store_stripe_walk_end(struct store_walk *walk)
{
    sl_list_remove(&walk->at.link);
    sl_list_remove(&walk->end.link);
    walk->queue = STORE_QUEUES;
}

unsigned store_stripe_walk(struct store_stripe *stripe, struct store_walk *walk,
        struct entry **entries, unsigned entries_max)
{
    struct sl_list *mark = &walk->at.link;
    unsigned count = 0;

    if (walk->queue == STORE_NOWHERE) {
        walk->queue = STORE_SMALL;
        place_marks(stripe, walk);
    }
    while (walk->queue < STORE_QUEUES && count < entries_max) {
        struct sl_list *next = mark->prev;
        sl_list_remove(mark);
        if (next == &walk->end.link) {
            sl_list_remove(next);
            if (++walk->queue < STORE_QUEUES) {
                place_marks(stripe, walk);
            }
            continue;
        }
        sl_list_insert_between(next->prev, mark, next);
        if (place_of(next)->queue != STORE_MARK) {
            entries[count++] = entry_of(next);
        }
    }
    return count;
}

/* ---- life ---- */

void store_stripe_init(struct store_stripe *stripe, const struct tags *tags,
        struct store_total *total, size_t bytes_max)
{
    *stripe = (struct store_stripe){.tags = tags, .total = total, .bytes_max = bytes_max};
    pthread_mutex_init(&stripe->lock, NULL);
    for (unsigned i = 0; i < STORE_QUEUES; i++) {
        sl_list_init(&stripe->lines[i].entries);
    }
    for (unsigned i = STORE_MAIN; i <= STORE_PINNED; i++) {
        stripe->sweeps[i].queue = STORE_MARK;
        sl_list_append(&stripe->lines[i].entries, &stripe->sweeps[i].link);
    }
}

void store_stripe_fini(struct store_stripe *stripe)
{
    SL_CHECK(resize_index(stripe, 0));
    SL_CHECK(stripe->bytes == 0);
    pthread_mutex_destroy(&stripe->lock);
}

void store_bury(struct sl_list *victims)
{
    for (struct sl_list *link = sl_list_pop(victims); link != NULL; link = sl_list_pop(victims)) {
        entry_unref(entry_of(link));
    }
}
