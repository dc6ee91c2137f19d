/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tags.c - words, in areas; the clock; sets.
 *
 *     databases | wild | any | open | neg | keys
 *
 * Each kind has an area of its own, so that one that seldom changes and that much depends on (a
 * database's, a table's wild) never shares its word with one that changes all the time.
 *
 * A version never goes back: of two ends on one word the later stamp stays, whichever comes first to
 * the word. So a version is that of the last end of all, which tags_is_since() wants. And no word
 * that had nothing pending ever comes back, but where all that began since was withdrawn: whoever ends after
 * it began after it, and its stamp is later.
 */
#include "cache/tags.h"

#include <stdlib.h>
#include <string.h>

#define PENDING_MAX ((UINT64_C(1) << TAGS_PENDING_BITS) - 1) /* stuck */
#define VERSION_MAX (UINT64_MAX >> TAGS_PENDING_BITS)

struct tags {
    _Alignas(64) atomic_uint_least64_t clock; /* any thread; every write, so in a line of its own */
    uint8_t rest_of_line[56];
    _Alignas(64) atomic_uint_least64_t under_way[2]; /* any thread: sets that have begun, by turn */
    atomic_uint
            counter; /* any thread: the one for who begins; to any effect but that turns are over soon */
    uint8_t rest_of_next[44];
    _Atomic uint64_t *words; /* constant: where they are */
    uint32_t table_words;    /* constant */
    uint32_t key_words;      /* constant */
    _Atomic uint64_t stuck;  /* any thread; seldom if ever */
};

/* Of the words for databases and tables, in eighths. */
struct area {
    uint8_t first;
    uint8_t count;
};

static const struct area database_area = {0, 1};
static const struct area table_areas[] = {
        [TAG_ANY] = {2, 2}, [TAG_WILD] = {1, 1}, [TAG_OPEN] = {4, 2}, [TAG_NEG] = {6, 2}};

/* ---- life ---- */

struct tags *tags_new(unsigned table_bits, unsigned key_bits)
{
    struct tags *tags = NULL;

    SL_CHECK(table_bits >= TAGS_BITS_MIN && table_bits <= TAGS_BITS_MAX);
    SL_CHECK(key_bits >= TAGS_BITS_MIN && key_bits <= TAGS_BITS_MAX);
    tags = aligned_alloc(_Alignof(struct tags), sizeof(*tags));
    if (tags == NULL) {
        return NULL;
    }
    memset(tags, 0, sizeof(*tags));
    tags->table_words = UINT32_C(1) << table_bits;
    tags->key_words = UINT32_C(1) << key_bits;
    tags->words = calloc((size_t)tags->table_words + tags->key_words, sizeof(*tags->words));
    if (tags->words == NULL) {
        free(tags);
        return NULL;
    }
    return tags;
}

void tags_free(struct tags *tags)
{
    if (tags != NULL) {
        free(tags->words);
        free(tags);
    }
}

size_t tags_bytes(const struct tags *tags)
{
    return sizeof(*tags) + ((size_t)tags->table_words + tags->key_words) * sizeof(*tags->words);
}

/* ---- names ---- */

/* MurmurHash3's finalizer. */
static inline uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ hash >> 33;
}

static inline uint64_t mix_in(uint64_t hash, uint64_t value)
{
    return mix((hash + UINT64_C(0x9e3779b97f4a7c15)) ^ mix(value + 1));
}

/* One of so many, by the upper bits. */
static inline uint32_t one_of(uint64_t hash, uint32_t count)
{
    return (uint32_t)((hash >> 32) * count >> 32);
}

static inline uint32_t within(const struct tags *tags, struct area area, uint64_t hash)
{
    const uint32_t eighth = tags->table_words / 8;

    return area.first * eighth + one_of(hash, area.count * eighth);
}

uint32_t tags_of_database(const struct tags *tags, uint64_t database)
{
    return within(tags, database_area, mix_in(0, database));
}

uint32_t tags_of_table(
        const struct tags *tags, uint64_t database, uint32_t relation, enum tag_kind kind)
{
    return within(tags, table_areas[kind], mix_in(mix_in(0, database), relation));
}

uint32_t tags_of_key(const struct tags *tags, uint64_t database, uint32_t relation,
        uint64_t columns, uint64_t value)
{
    return tags_of_name(tags, database,
            (struct tag_name){.relation = relation, .field = tags_key_field(columns, value)});
}

uint64_t tags_key_field(uint64_t columns, uint64_t value)
{
    return mix_in(mix_in(0, columns), value) | TAG_FIELD_KEY;
}

uint32_t tags_of_name(const struct tags *tags, uint64_t database, struct tag_name name)
{
    uint64_t hash = mix_in(mix_in(0, database), name.relation);

    if (name.relation == 0 && name.field == 0) {
        return tags_of_database(tags, database);
    }
    if ((name.field & TAG_FIELD_KEY) == 0) {
        return within(tags, table_areas[name.field], hash);
    }
    return tags->table_words + one_of(mix_in(hash, name.field), tags->key_words);
}

/* ---- words ---- */

static _Atomic uint64_t *word_of(const struct tags *tags, uint32_t tag)
{
    SL_DCHECK(tag < tags->table_words + tags->key_words);
    return &tags->words[tag];
}

uint64_t tags_clock(const struct tags *tags)
{
    return atomic_load(&tags->clock);
}

uint64_t tags_word(const struct tags *tags, uint32_t tag)
{
    return atomic_load_explicit(word_of(tags, tag), memory_order_acquire);
}

void tags_begin(struct tags *tags, uint32_t tag)
{
    _Atomic uint64_t *word = word_of(tags, tag);
    uint64_t old = atomic_load_explicit(word, memory_order_relaxed);

    /* Not an addition: it would carry into the version, and for a moment nothing be pending. */
    do {
        if ((old & PENDING_MAX) == PENDING_MAX) {
            return;
        }
    } while (!atomic_compare_exchange_weak(word, &old, old + 1));
    if ((old & PENDING_MAX) == PENDING_MAX - 1) {
        atomic_fetch_add_explicit(&tags->stuck, 1, memory_order_relaxed);
    }
}

/* After what it is the stamp of has become visible: a snapshot taken when the clock shows it has it. */
static uint64_t next_stamp(struct tags *tags)
{
    return atomic_fetch_add(&tags->clock, 1) + 1;
}

static void end_at(struct tags *tags, uint32_t tag, uint64_t stamp)
{
    _Atomic uint64_t *word = word_of(tags, tag);
    uint64_t old = atomic_load_explicit(word, memory_order_relaxed);
    uint64_t next = 0;

    do {
        uint64_t version = old >> TAGS_PENDING_BITS;
        SL_CHECK((old & PENDING_MAX) != 0);
        if ((old & PENDING_MAX) == PENDING_MAX) {
            return;
        }
        version = stamp > version ? stamp : version;
        next = version << TAGS_PENDING_BITS | ((old & PENDING_MAX) - 1);
        if (stamp > VERSION_MAX) { /* after years: there are no more versions */
            next = old | PENDING_MAX;
        }
    } while (!atomic_compare_exchange_weak(word, &old, next));
    if ((next & PENDING_MAX) == PENDING_MAX) {
        atomic_fetch_add_explicit(&tags->stuck, 1, memory_order_relaxed);
    }
}

bool tags_replace(struct tags *tags, uint32_t tag, uint64_t was, uint64_t *word)
{
    const uint64_t stamp = next_stamp(tags);

    *word = stamp << TAGS_PENDING_BITS;
    return (was & PENDING_MAX) == 0 && stamp <= VERSION_MAX && stamp > was >> TAGS_PENDING_BITS &&
           atomic_compare_exchange_strong(word_of(tags, tag), &was, *word);
}

void tags_end(struct tags *tags, uint32_t tag)
{
    end_at(tags, tag, next_stamp(tags));
}

void tags_withdraw(struct tags *tags, uint32_t tag)
{
    _Atomic uint64_t *word = word_of(tags, tag);
    uint64_t old = atomic_load_explicit(word, memory_order_relaxed);

    do {
        SL_CHECK((old & PENDING_MAX) != 0);
        if ((old & PENDING_MAX) == PENDING_MAX) {
            return;
        }
    } while (!atomic_compare_exchange_weak(word, &old, old - 1));
}

void tags_renew(struct tags *tags)
{
    for (uint32_t tag = 0; tag < tags->table_words; tag++) { /* each answer has its database's */
        tags_begin(tags, tag);
        tags_end(tags, tag);
    }
}

uint64_t tags_stuck(const struct tags *tags)
{
    return atomic_load_explicit(&tags->stuck, memory_order_relaxed);
}

/* ---- sets: in order, so that a tag is found in a long one ---- */

void tag_set_init(struct tag_set *set)
{
    set->count = 0;
    set->room = TAG_SET_INLINE;
    set->has_begun = false;
    set->counted = 0;
    set->many = NULL;
}

static void clear(struct tag_set *set)
{
    free(set->many);
    tag_set_init(set);
}

void tag_set_fini(struct tag_set *set)
{
    SL_CHECK(!set->has_begun);
    clear(set);
}

static struct tag_item *items_in(struct tag_set *set)
{
    return set->many != NULL ? set->many : set->few;
}

/* Where the first of that tag is, or would be. */
static uint32_t place_of(const struct tag_set *set, uint32_t tag)
{
    const struct tag_item *in = tag_set_items(set);
    uint32_t low = 0;
    uint32_t high = set->count;

    if (set->many == NULL) { /* few: one after the other is fastest */
        while (low < high && in[low].tag < tag) {
            low++;
        }
        return low;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (in[middle].tag < tag) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool has(const struct tag_set *set, uint32_t tag)
{
    const struct tag_item *in = tag_set_items(set);
    uint32_t at = place_of(set, tag);

    return at < set->count && in[at].tag == tag;
}

/* False: beyond the bound, or no memory. */
static bool has_room(struct tag_set *set)
{
    uint32_t room = set->room * 4;
    struct tag_item *many = NULL;

    SL_CHECK(room > 0);
    if (set->count < set->room) {
        return true;
    }
    if (set->count >= TAG_SET_MAX) {
        return false;
    }
    room = room < TAG_SET_MAX ? room : TAG_SET_MAX;
    many = realloc(set->many, room * sizeof(*many));
    if (many == NULL) {
        return false;
    }
    if (set->many == NULL) {
        memcpy(many, set->few, sizeof(set->few));
    }
    set->many = many;
    set->room = room;
    return true;
}

/* Two of one word are both told of. at: its place_of(). */
static bool has_item(const struct tag_set *set, const struct tag_item *item, uint32_t at)
{
    const struct tag_item *in = tag_set_items(set);

    for (; at < set->count && in[at].tag == item->tag; at++) {
        if (in[at].name.relation == item->name.relation && in[at].name.field == item->name.field) {
            return true;
        }
    }
    return false;
}

static void add(struct tag_set *set, struct tag_item item, uint32_t all)
{
    uint32_t at = place_of(set, item.tag);

    SL_CHECK(!set->has_begun);
    if (has_item(set, &item, at) || has(set, all)) {
        return;
    }
    if (!has_room(set)) {
        clear(set);
        item = (struct tag_item){.tag = all};
        at = 0;
    }
    struct tag_item *in = items_in(set);
    for (uint32_t i = set->count; i > at; i--) {
        in[i] = in[i - 1];
    }
    in[at] = item;
    set->count++;
}

void tag_set_add(struct tag_set *set, uint32_t tag, uint32_t all)
{
    add(set, (struct tag_item){.tag = tag}, all);
}

void tag_set_add_local(struct tag_set *set, uint32_t tag, uint32_t all)
{
    add(set, (struct tag_item){.tag = tag, .name = {.field = TAG_FIELD_LOCAL}}, all);
}

void tag_set_add_name(struct tag_set *set, const struct tags *tags, uint64_t database,
        struct tag_name name, uint32_t all)
{
    add(set, (struct tag_item){.tag = tags_of_name(tags, database, name), .name = name}, all);
}

void tag_set_move(struct tag_set *to, struct tag_set *from)
{
    *to = *from;
    tag_set_init(from);
}

void tag_set_join(struct tag_set *set, const struct tag_set *other, uint32_t all)
{
    const struct tag_item *in = tag_set_items(other);

    for (uint32_t i = 0; i < other->count; i++) {
        add(set, in[i], all);
    }
}

bool tags_turn_is_over(struct tags *tags, struct tags_turn *turn)
{
    for (unsigned i = 0; i < SL_COUNT(turn->was_seen); i++) {
        turn->was_seen[i] = turn->was_seen[i] || atomic_load(&tags->under_way[i]) == 0;
    }
    if (turn->was_seen[0] != turn->was_seen[1]) {
        atomic_store(&tags->counter, turn->was_seen[0] ? 0 : 1);
    } else if (!turn->was_seen[0]) { /* one after the other */
        atomic_store(&tags->counter, 0);
    }
    return turn->was_seen[0] && turn->was_seen[1];
}

static void count(struct tag_set *set, struct tags *tags, uint8_t counted)
{
    set->counted = counted;
    for (unsigned i = 0; i < SL_COUNT(tags->under_way); i++) {
        if ((counted & 1U << i) != 0) {
            atomic_fetch_add(&tags->under_way[i], 1);
        }
    }
}

static void count_no_more(struct tag_set *set, struct tags *tags)
{
    for (unsigned i = 0; i < SL_COUNT(tags->under_way); i++) {
        if ((set->counted & 1U << i) != 0) {
            atomic_fetch_sub(&tags->under_way[i], 1);
        }
    }
    set->counted = 0;
}

void tag_set_begin_for(struct tag_set *set, struct tags *tags, uint8_t counted)
{
    const struct tag_item *in = items_in(set);

    if (set->has_begun) {
        return;
    }
    set->has_begun = true;
    if (set->count > 0) {
        count(set, tags,
                counted != 0 ? counted : (uint8_t)(1U << (atomic_load(&tags->counter) & 1)));
    }
    for (uint32_t i = 0; i < set->count; i++) {
        tags_begin(tags, in[i].tag);
    }
}

void tag_set_begin(struct tag_set *set, struct tags *tags)
{
    tag_set_begin_for(set, tags, 0);
}

void tag_set_end(struct tag_set *set, struct tags *tags)
{
    const struct tag_item *in = items_in(set);

    if (set->has_begun && set->count > 0) {
        const uint64_t stamp = next_stamp(tags); /* one for all: it is the same moment */
        for (uint32_t i = 0; i < set->count; i++) {
            end_at(tags, in[i].tag, stamp);
        }
    }
    count_no_more(set, tags);
    clear(set);
}

void tag_set_withdraw(struct tag_set *set, struct tags *tags)
{
    const struct tag_item *in = tag_set_items(set);

    for (uint32_t i = 0; set->has_begun && i < set->count; i++) {
        tags_withdraw(tags, in[i].tag);
    }
    count_no_more(set, tags);
    clear(set);
}
