/* SPDX-License-Identifier: PostgreSQL */
/*
 * cache/tags.h - what answers depend on, and whether that has changed: one word a tag.
 *
 *     word = version << 20 | pending
 *
 * A tag stands for a database, a table or a key of one (a value of some of its columns). Whoever
 * writes begins the tags of what it writes before the write can become visible, and ends them
 * when it is visible, or surely never will be:
 *
 *     begin   pending + 1
 *     end     pending - 1, version = a stamp that nothing had before: the clock, plus one
 *
 * An answer that is kept remembers the word of each of its tags. It may be given again as long as
 * every word is what it was: one comparison tells both of a write that is over and of one that is
 * under way.
 *
 * Whoever fills reads the clock before it sends its statement. When the answer is there, a tag may be
 * remembered if nothing is pending on it and its version is no later than that clock
 * (tags_is_since()). So tags need not be known before the answer: those of the keys of its rows are
 * not. Why nothing stale is ever given, after cache.md 3.2: let a write change the answer, v be the
 * moment when it becomes visible, b <= v <= e its begin and end, s the snapshot of the fill and d <= s
 * the moment when the clock was read. If v < s the answer has it. Else e >= v >= s >= d: its end took
 * a stamp after d, or is still to come. If b was before the answer was kept the word tells of either
 * and nothing is kept; else the word is another from b on, and no hit is later than b <= v.
 *
 * What a write is of may become known only while it runs. Then it begins a tag that every answer has, and when
 * it is over, and known to be of some tags alone, it begins and ends these, and withdraws that one:
 *
 *     withdraw   pending - 1, and the version stays: what was kept before may be given again
 *
 * That is safe if a tag that may be withdrawn is read before the others of an answer, by who keeps and by
 * who gives. Let b <= v <= e be as above, e the end of its tags, w > e the moment when the one is withdrawn, r the one
 * when the reader read that, and saw nothing pending and the version that it wants. Then r < b or r > w. If
 * r < b: who gives gives what was so at r <= v, within the time of its question; who keeps has its answer
 * since before r, and keeps what every later reader will look at likewise. If r > w > e, the end of the others was before
 * they are read: they show it. An answer with none of these tags is not changed by that write.
 *
 * Who has to know that all that had begun before is over asks for a turn (struct tags_turn). Sets that have begun are
 * counted in one of two counters; a turn is over when each was seen to be 0. A set is in its counter from before it is
 * pending until it has ended, and who takes its place has begun in the same one by then: so what had begun before the
 * turn did has ended when it is over, and what begins meanwhile is led to the counter that is not waited for.
 *
 * Two tags may share a word: then one is thought to have changed with the other, which costs a
 * miss and nothing else. So every tag is a hash, nothing is registered, and nothing grows.
 *
 * Ownership: the maker's. Threads: any; no locks. Bounds: tags_bytes(), given when they are made. Of
 * what is pending on one word up to 2^20 - 2 are counted; at one more it stays pending for good,
 * which is safe, and is counted (tags_stuck()).
 */
#ifndef SLUICE_CACHE_TAGS_H
#define SLUICE_CACHE_TAGS_H

#include "protocol/base/check.h"
#include "protocol/base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TAGS_PENDING_BITS = 20,
    TAGS_TABLE_BITS = 16, /* words for databases and tables: 512 KiB */
    TAGS_KEY_BITS = 20,   /* words for keys: 8 MiB */
    TAGS_BITS_MIN = 4,    /* of either: tests make them collide */
    TAGS_BITS_MAX = 26
};

/* Of a table (cache.md 3.4). */
enum tag_kind {
    TAG_ANY,  /* every change of a row of it */
    TAG_WILD, /* a change of which it is not known what keys it touches: TRUNCATE, DDL ... */
    TAG_OPEN, /* a row was changed or went, so that one behind a predicate or a LIMIT may show */
    TAG_NEG   /* a row came whose keys are not all known */
};

struct tags;

/* NULL: no memory. */
SL_MUST_CHECK struct tags *tags_new(unsigned table_bits, unsigned key_bits);
void tags_free(struct tags *tags); /* NULL is fine */
size_t tags_bytes(const struct tags *tags);

/* ---- names; database: a number of its own, the same wherever it is spoken of ---- */

/* All of a database: what changes with its schema, its rights, or what nobody can tell. */
uint32_t tags_of_database(const struct tags *tags, uint64_t database);
uint32_t tags_of_table(
        const struct tags *tags, uint64_t database, uint32_t relation, enum tag_kind kind);
/* columns: a hash of which columns; value: of what they are. */
uint32_t tags_of_key(const struct tags *tags, uint64_t database, uint32_t relation,
        uint64_t columns, uint64_t value);

/*
 * What a tag is of, for whoever else is told of it (cache/tier.h): a table by its number, and a field of that:
 * enum tag_kind, or a key. {0, 0}: of everything, or nobody knows.
 */
struct tag_name {
    uint64_t field;
    uint32_t relation;
};

#define TAG_FIELD_KEY (UINT64_C(1) << 63)
/* Of no concern to anybody else: what depends on it is kept here alone. */
#define TAG_FIELD_LOCAL (UINT64_C(1) << 62)

/* A key's field: of which columns, and what they are. */
uint64_t tags_key_field(uint64_t columns, uint64_t value);
uint32_t tags_of_name(const struct tags *tags, uint64_t database, struct tag_name name);

/* ---- who reads ---- */

/* The clock: to be read before a statement is sent whose answer may be kept. */
uint64_t tags_clock(const struct tags *tags);
/* A tag's word as it is now. */
uint64_t tags_word(const struct tags *tags, uint32_t tag);

/* Nothing is pending, and nothing has ended since the clock showed that. */
static inline bool tags_is_since(uint64_t word, uint64_t clock)
{
    return (word & ((UINT64_C(1) << TAGS_PENDING_BITS) - 1)) == 0 &&
           word >> TAGS_PENDING_BITS <= clock;
}

/* ---- who writes: as many ends as begins ---- */

void tags_begin(struct tags *tags, uint32_t tag);
void tags_end(struct tags *tags, uint32_t tag);
/* Both at once, if the word is what it was, with nothing pending; *word: what it is now. */
bool tags_replace(struct tags *tags, uint32_t tag, uint64_t was, uint64_t *word);
/* In the place of an end, when the tags of all that was written have ended; of a tag that is read before those. */
void tags_withdraw(struct tags *tags, uint32_t tag);
/* Every answer that there is, and every one that is being got, is stale. */
void tags_renew(struct tags *tags);
uint64_t tags_stuck(const struct tags *tags);

/* All sets that had begun when it did have ended. Any thread, one at a time for each turn. */
struct tags_turn {
    bool was_seen[2]; /* at 0 */
};

static inline void tags_turn_begin(struct tags_turn *turn)
{
    *turn = (struct tags_turn){.was_seen = {false, false}};
}
/* To be asked now and then. */
SL_MUST_CHECK bool tags_turn_is_over(struct tags *tags, struct tags_turn *turn);

/*
 * The tags of what one writes, each once. Beyond TAG_SET_MAX, or without memory, all of the
 * database's stands for them (tags_of_database(), which every answer has).
 */
enum { TAG_SET_INLINE = 6, TAG_SET_MAX = 4096 };

struct tag_item {
    struct tag_name name;
    uint32_t tag;
};

struct tag_set {
    uint32_t count;
    uint32_t room;
    bool has_begun;
    uint8_t counted; /* in which counters of turns: bits; 0: in none */
    struct tag_item few[TAG_SET_INLINE];
    struct tag_item *many; /* NULL while few is enough */
};

void tag_set_init(struct tag_set *set);
void tag_set_fini(struct tag_set *set); /* it has not begun, or has ended */
/* all: the tag that stands for every other, if there is no room. Not while it has begun. */
void tag_set_add(struct tag_set *set, uint32_t tag, uint32_t all);
/* Likewise, of which it is known what it is of. */
void tag_set_add_name(struct tag_set *set, const struct tags *tags, uint64_t database,
        struct tag_name name, uint32_t all);
static inline void tag_set_add_table(struct tag_set *set, const struct tags *tags,
        uint64_t database, uint32_t relation, enum tag_kind kind, uint32_t all)
{
    tag_set_add_name(set, tags, database,
            (struct tag_name){.relation = relation, .field = (uint64_t)kind}, all);
}
void tag_set_add_local(struct tag_set *set, uint32_t tag, uint32_t all);
void tag_set_join(struct tag_set *set, const struct tag_set *other, uint32_t all);
static inline bool tag_set_is_empty(const struct tag_set *set)
{
    return set->count == 0;
}
static inline const struct tag_item *tag_set_items(const struct tag_set *set)
{
    return set->many != NULL ? set->many : set->few;
}
/* Begins every tag of it; again: nothing. */
void tag_set_begin(struct tag_set *set, struct tags *tags);
/* Likewise, in the place of others that have begun, of the same write: their `counted`, together. */
void tag_set_begin_for(struct tag_set *set, struct tags *tags, uint8_t counted);
/* Ends what was begun, and empties it. */
void tag_set_end(struct tag_set *set, struct tags *tags);
/* Takes over what is in from, begun or not. */
void tag_set_move(struct tag_set *to, struct tag_set *from);
/* Likewise, by tags_withdraw(). */
void tag_set_withdraw(struct tag_set *set, struct tags *tags);

#endif
