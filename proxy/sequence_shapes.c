/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/sequence_shapes.h"

#include "protocol/base/hash.h"

#include <stddef.h>
#include <string.h>

enum {
    TEXT_LOOKED_AT = 64,
    SETS = SEQUENCE_SHAPES / SEQUENCE_WAYS,
    COUNT_BITS = 7, /* of an entry; the tag's are above */
    COUNT_MASK = (1 << COUNT_BITS) - 1,
    COUNT_ASKED = COUNT_MASK,
    TAGS = 1 << (16 - COUNT_BITS),
};

_Static_assert(SETS *TAGS == UINT16_MAX + 1, "a shape is a set and a tag");

static bool is_word(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_' || c >= 0x80;
}

/* As far as the first constant; of nextval('name') that is part of it. */
uint16_t sequence_shape_of(struct sl_span text)
{
    size_t len = 0;

    while (len < text.len && len < TEXT_LOOKED_AT) {
        uint8_t c = text.at[len];
        bool is_digit = (uint8_t)(c - '0') < 10 && (len == 0 || !is_word(text.at[len - 1]));
        bool is_named = c == '\'' && len >= 4 && memcmp(text.at + len - 4, "val(", 4) == 0;
        if (is_digit || c == '$' || (c == '\'' && !is_named)) {
            break;
        }
        len++;
        while (is_named && len < text.len && len < TEXT_LOOKED_AT && text.at[len] != '\'') {
            len++;
        }
    }
    return (uint16_t)sl_hash64_seed(sl_span(text.at, len), 0);
}

/* ---- entries ---- */

static unsigned first_way(uint16_t shape)
{
    return (unsigned)shape % SETS * SEQUENCE_WAYS;
}

static unsigned tag_of(uint16_t shape)
{
    return (unsigned)shape / SETS;
}

static unsigned entry_at(const struct sequence_shapes *shapes, unsigned at)
{
    return atomic_load_explicit(&shapes->of[at], memory_order_relaxed);
}

/* How often nobody has asked, or COUNT_ASKED; 0: it is not there. */
static unsigned count_of(const struct sequence_shapes *shapes, uint16_t shape)
{
    unsigned first = first_way(shape);

    for (unsigned at = first; at < first + SEQUENCE_WAYS; at++) {
        unsigned entry = entry_at(shapes, at);
        if (entry >> COUNT_BITS == tag_of(shape) && (entry & COUNT_MASK) != 0) {
            return entry & COUNT_MASK;
        }
    }
    return 0;
}

/* In its own place, or in that of the one that has been seen least. */
static void put(struct sequence_shapes *shapes, uint16_t shape, unsigned count)
{
    unsigned first = first_way(shape);
    unsigned place = first;

    for (unsigned at = first; at < first + SEQUENCE_WAYS; at++) {
        unsigned entry = entry_at(shapes, at);
        if (entry >> COUNT_BITS == tag_of(shape) && (entry & COUNT_MASK) != 0) {
            place = at;
            break;
        }
        place = (entry & COUNT_MASK) < (entry_at(shapes, place) & COUNT_MASK) ? at : place;
    }
    atomic_store_explicit(&shapes->of[place], (unsigned short)(tag_of(shape) << COUNT_BITS | count),
            memory_order_relaxed);
}

/* ---- what others call ---- */

bool sequence_shape_is_new(const struct sequence_shapes *shapes, uint16_t shape)
{
    return count_of(shapes, shape) < SEQUENCES_NEW &&
           atomic_load_explicit(&shapes->tries, memory_order_relaxed) < SEQUENCES_TRIES;
}

bool sequence_shape_is_asked(const struct sequence_shapes *shapes, uint16_t shape)
{
    return count_of(shapes, shape) == COUNT_ASKED;
}

void sequence_shape_unasked(struct sequence_shapes *shapes, uint16_t shape)
{
    unsigned count = count_of(shapes, shape);
    unsigned tries = atomic_load_explicit(&shapes->tries, memory_order_relaxed);

    if (count >= SEQUENCES_NEW || tries >= SEQUENCES_TRIES) {
        return;
    }
    put(shapes, shape, count + 1);
    atomic_store_explicit(&shapes->tries, (unsigned short)(tries + 1), memory_order_relaxed);
}

void sequence_shapes_asked(struct sequence_shapes *shapes)
{
    atomic_store_explicit(&shapes->are_asked, true, memory_order_relaxed);
    atomic_store_explicit(&shapes->tries, 0, memory_order_relaxed);
}

void sequence_shape_asked(struct sequence_shapes *shapes, uint16_t shape)
{
    put(shapes, shape, COUNT_ASKED);
}
