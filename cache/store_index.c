/* SPDX-License-Identifier: PostgreSQL */
/* cache/store_index.c - linear probing without graves: what follows a gap moves up. */
#include "cache/store_index.h"

#include <stdlib.h>

enum { GHOSTS_SET = 8, SLOTS_PER_GHOST = 2 };

/* Keys are hashes; their other half chooses the stripe. */
static uint64_t hash_of(struct sl_hash128 key)
{
    return key.lo;
}

static uint32_t ghosts_of(uint32_t slots_count)
{
    return slots_count / SLOTS_PER_GHOST;
}

size_t store_index_bytes(uint32_t slots_count)
{
    return slots_count * sizeof(struct store_slot) +
           ghosts_of(slots_count) * sizeof(struct store_ghost);
}

/* ---- entries ---- */

static uint32_t next_of(const struct store_index *index, uint32_t at)
{
    return (at + 1) & (index->slots_count - 1);
}

static uint32_t home_of(const struct store_index *index, uint64_t hash)
{
    return (uint32_t)hash & (index->slots_count - 1);
}

struct entry *store_index_find(const struct store_index *index, struct sl_hash128 key)
{
    const uint64_t hash = hash_of(key);

    if (index->count == 0) {
        return NULL;
    }
    for (uint32_t at = home_of(index, hash);; at = next_of(index, at)) {
        const struct store_slot *slot = &index->slots[at];
        if (slot->entry == NULL) {
            return NULL;
        }
        if (slot->hash == hash && slot->entry->key.hi == key.hi) {
            return slot->entry;
        }
    }
}

static void put(struct store_index *index, struct store_slot slot)
{
    uint32_t at = home_of(index, slot.hash);

    while (index->slots[at].entry != NULL) {
        at = next_of(index, at);
    }
    index->slots[at] = slot;
}

void store_index_put(struct store_index *index, struct entry *entry)
{
    SL_CHECK(index->count + 1 < index->slots_count);
    put(index, (struct store_slot){.hash = hash_of(entry->key), .entry = entry});
    index->count++;
}

void store_index_remove(struct store_index *index, const struct entry *entry)
{
    struct store_slot *slots = index->slots;
    const uint32_t mask = index->slots_count - 1;
    uint32_t gap = home_of(index, hash_of(entry->key));

    SL_CHECK(index->count > 0);
    while (slots[gap].entry != entry) {
        SL_CHECK(slots[gap].entry != NULL);
        gap = next_of(index, gap);
    }
    /* What stands behind the gap and could stand in it, does. */
    for (uint32_t at = next_of(index, gap); slots[at].entry != NULL; at = next_of(index, at)) {
        uint32_t away = (at - home_of(index, slots[at].hash)) & mask;
        if (away >= ((at - gap) & mask)) {
            slots[gap] = slots[at];
            gap = at;
        }
    }
    slots[gap].entry = NULL;
    index->count--;
}

/* ---- ghosts ---- */

static uint32_t print_of(struct sl_hash128 key)
{
    return (uint32_t)(key.lo >> 32) | 1;
}

static struct store_ghost *set_of(const struct store_index *index, uint32_t print)
{
    uint32_t sets = ghosts_of(index->slots_count) / GHOSTS_SET;

    return &index->ghosts[((print >> 1) & (sets - 1)) * (size_t)GHOSTS_SET];
}

static uint32_t age_of(const struct store_index *index, const struct store_ghost *ghost)
{
    return ghost->print == 0 ? UINT32_MAX : index->turn - ghost->turn;
}

static void put_ghost(struct store_index *index, struct store_ghost ghost)
{
    struct store_ghost *set = set_of(index, ghost.print);
    struct store_ghost *oldest = set;

    for (unsigned i = 0; i < GHOSTS_SET; i++) {
        if (set[i].print == ghost.print) {
            oldest = &set[i];
            break;
        }
        if (age_of(index, &set[i]) > age_of(index, oldest)) {
            oldest = &set[i];
        }
    }
    *oldest = ghost;
}

void store_index_put_ghost(struct store_index *index, struct sl_hash128 key)
{
    if (index->slots_count > 0) {
        put_ghost(index, (struct store_ghost){.print = print_of(key), .turn = index->turn++});
    }
}

bool store_index_take_ghost(struct store_index *index, struct sl_hash128 key, uint32_t turns)
{
    const uint32_t print = print_of(key);

    if (index->slots_count == 0) {
        return false;
    }
    struct store_ghost *set = set_of(index, print);
    for (unsigned i = 0; i < GHOSTS_SET; i++) {
        if (set[i].print == print) {
            bool is_late = age_of(index, &set[i]) > turns;
            set[i].print = 0;
            return !is_late;
        }
    }
    return false;
}

/* ---- both ---- */

enum sl_err store_index_resize(struct store_index *index, uint32_t slots_count)
{
    struct store_index old = *index;
    struct store_index new = {.slots_count = slots_count, .count = old.count, .turn = old.turn};

    SL_CHECK(slots_count == 0 ? old.count == 0 : slots_count > old.count);
    if (slots_count > 0) {
        new.slots = calloc(slots_count, sizeof(*new.slots));
        new.ghosts = calloc(ghosts_of(slots_count), sizeof(*new.ghosts));
        if (new.slots == NULL || new.ghosts == NULL) {
            free(new.slots);
            free(new.ghosts);
            return SL_ENOMEM;
        }
        for (uint32_t i = 0; i < old.slots_count; i++) {
            if (old.slots[i].entry != NULL) {
                put(&new, old.slots[i]);
            }
        }
        for (uint32_t i = 0; i < ghosts_of(old.slots_count); i++) {
            if (old.ghosts[i].print != 0) {
                put_ghost(&new, old.ghosts[i]);
            }
        }
    }
    free(old.slots);
    free(old.ghosts);
    *index = new;
    return SL_OK;
}
