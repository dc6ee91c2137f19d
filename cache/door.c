/* SPDX-License-Identifier: PostgreSQL */
/* cache/door.c - a place: 32 bits of a key | 24 of when, in hundredths of a second | 8 of how often. */
#include "cache/door.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { STEP = 10 * SL_MSEC, WHEN_BITS = 24, WHEN_MASK = (1 << WHEN_BITS) - 1, TIMES_MAX = 255 };

struct door {
    _Alignas(64) _Atomic uint64_t lines[DOOR_LINES][DOOR_WAYS]; /* 0: nobody */
};

struct door *door_new(void)
{
    struct door *door = aligned_alloc(_Alignof(struct door), sizeof *door);

    if (door != NULL) {
        for (size_t i = 0; i < DOOR_LINES; i++) {
            for (size_t k = 0; k < DOOR_WAYS; k++) {
                atomic_init(&door->lines[i][k], 0);
            }
        }
    }
    return door;
}

void door_free(struct door *door)
{
    free(door);
}

static uint64_t place_with(uint32_t who, uint32_t when, unsigned times)
{
    return (uint64_t)who << 32 | (uint64_t)when << 8 | times;
}

/* How long ago, in steps; the clock of places goes round in two days. */
static uint32_t age_of(uint64_t place, uint32_t now)
{
    return (now - (uint32_t)(place >> 8)) & WHEN_MASK;
}

unsigned door_knock(struct door *door, struct sl_hash128 key, sl_usec now)
{
    _Atomic uint64_t *line = door->lines[key.lo % DOOR_LINES];
    const uint32_t who = (uint32_t)(key.hi >> 32);
    const uint32_t when = (uint32_t)(now / STEP) & WHEN_MASK;
    unsigned oldest = 0;
    uint32_t oldest_age = 0;

    for (unsigned i = 0; i < DOOR_WAYS; i++) {
        uint64_t place = atomic_load_explicit(&line[i], memory_order_relaxed);
        uint32_t age = place == 0 ? UINT32_MAX : age_of(place, when);
        if (place != 0 && (uint32_t)(place >> 32) == who) {
            unsigned times = age > DOOR_TIME / STEP ? 1 : (unsigned)(place & TIMES_MAX) + 1;
            times = times > TIMES_MAX ? TIMES_MAX : times;
            atomic_store_explicit(&line[i], place_with(who, when, times), memory_order_relaxed);
            return times;
        }
        if (age > oldest_age) {
            oldest = i;
            oldest_age = age;
        }
    }
    atomic_store_explicit(&line[oldest], place_with(who, when, 1), memory_order_relaxed);
    return 1;
}
