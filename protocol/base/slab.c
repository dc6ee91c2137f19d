/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/slab.c - blocks of objects, mapped from and given back to the system.
 *
 *     block: head | gens[per_block] | object | object | ...
 *
 * A slot is block index * per_block + place in the block. gens[] holds the generation
 * of a live object and 0 for a free one; generations are counted by the slab, not by
 * the slot, so that a block may go and come again without memory of its past. An old
 * id would be taken for a new one only after 2^32 - 1 takes, in the same slot.
 *
 * A free object's first bytes hold the place of the next free one (plus 1). Objects
 * at and behind fresh were never used: their pages were never touched, and cost nothing.
 *
 * Invariants:
 *   (1) block->used is the number of gens that are not 0; slab->count is their sum.
 *   (2) A block is on the list of blocks with room if and only if used < per_block.
 *   (3) At most one block has used == 0: the spare.
 *
 * Blocks come from mmap(), not malloc(): an empty one in the middle of the heap would
 * not go back to the system.
 */
#include "protocol/base/slab.h"

#include "protocol/base/list.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* AddressSanitizer: a free object may not be touched, and a live one owns what it points to. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SLAB_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SLAB_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#define HIDE(at, len) __asan_poison_memory_region(at, len)
#define SHOW(at, len) __asan_unpoison_memory_region(at, len)
#define ADD_ROOT(at, len) __lsan_register_root_region(at, len)
#define DROP_ROOT(at, len) __lsan_unregister_root_region(at, len)
#else
#define HIDE(at, len) ((void)(at), (void)(len))
#define SHOW(at, len) ((void)(at), (void)(len))
#define ADD_ROOT(at, len) ((void)(at), (void)(len))
#define DROP_ROOT(at, len) ((void)(at), (void)(len))
#endif

enum {
    BLOCK_BYTES = 65536,
    PER_BLOCK_MIN = 4, /* of large objects: the block is longer then */
    ALIGN = _Alignof(max_align_t)
};

struct block {
    struct sl_list in_room;
    uint32_t index;
    uint32_t used;
    uint32_t fresh; /* objects from here on were never used */
    uint32_t free;  /* place of the first free object below fresh, plus 1; 0: none */
    uint32_t gens[];
};

struct sl_slab {
    size_t stride;      /* from object to object */
    size_t objects_at;  /* of the first object in its block */
    size_t block_bytes; /* whole pages */
    uint32_t per_block;
    uint32_t objects_max;
    uint32_t count;
    uint32_t last_gen;
    struct block **blocks; /* by index; NULL where there is none */
    uint32_t blocks_cap;   /* entries in blocks */
    uint32_t blocks_count; /* those that are not NULL */
    struct sl_list room;   /* blocks with a free object; the one to take from is next */
    struct block *spare;   /* the empty one that is kept, or NULL; it is on room too */
};

static size_t round_up(size_t len, size_t to)
{
    return (len + to - 1) / to * to;
}

static uint8_t *object_at(const struct sl_slab *slab, struct block *block, uint32_t place)
{
    SL_DCHECK(place < slab->per_block);
    return (uint8_t *)block + slab->objects_at + place * slab->stride;
}

struct sl_slab *sl_slab_new(size_t object_size, uint32_t objects_max)
{
    SL_CHECK(object_size > 0 && object_size <= UINT32_MAX / 2);
    struct sl_slab *slab = calloc(1, sizeof *slab);

    if (slab == NULL) {
        return NULL;
    }
    slab->stride = round_up(object_size, ALIGN);
    size_t fit = (BLOCK_BYTES - sizeof(struct block) - ALIGN) / (slab->stride + sizeof(uint32_t));
    slab->per_block = fit < PER_BLOCK_MIN ? PER_BLOCK_MIN : (uint32_t)fit;
    slab->objects_at = round_up(sizeof(struct block) + slab->per_block * sizeof(uint32_t), ALIGN);
    slab->block_bytes = round_up(
            slab->objects_at + slab->per_block * slab->stride, (size_t)sysconf(_SC_PAGESIZE));
    slab->objects_max = objects_max;
    sl_list_init(&slab->room);
    return slab;
}

static void unmap(const struct sl_slab *slab, struct block *block)
{
    DROP_ROOT(block, slab->block_bytes);
    SHOW(block, slab->block_bytes);
    SL_CHECK(munmap(block, slab->block_bytes) == 0);
}

void sl_slab_free(struct sl_slab *slab)
{
    if (slab == NULL) {
        return;
    }
    for (uint32_t i = 0; i < slab->blocks_cap; i++) {
        if (slab->blocks[i] != NULL) {
            unmap(slab, slab->blocks[i]);
        }
    }
    free((void *)slab->blocks);
    free(slab);
}

/* The table doubles; slots must stay within 32 bits. */
static bool grow_table(struct sl_slab *slab)
{
    uint32_t cap = slab->blocks_cap == 0 ? 16 : slab->blocks_cap * 2;

    if (cap > UINT32_MAX / slab->per_block) {
        return false;
    }
    struct block **blocks =
            (struct block **)realloc((void *)slab->blocks, cap * sizeof(struct block *));
    if (blocks == NULL) {
        return false;
    }
    memset((void *)(blocks + slab->blocks_cap), 0,
            (cap - slab->blocks_cap) * sizeof(struct block *));
    slab->blocks = blocks;
    slab->blocks_cap = cap;
    return true;
}

/* Low indices first: slots stay small, and walks short. */
static struct block *add_block(struct sl_slab *slab)
{
    uint32_t index = 0;

    if (slab->blocks_count == slab->blocks_cap && !grow_table(slab)) {
        return NULL;
    }
    while (slab->blocks[index] != NULL) {
        index++;
        SL_CHECK(index < slab->blocks_cap); /* blocks_count says there is one */
    }
    void *at = mmap(
            NULL, slab->block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        return NULL;
    }
    struct block *block = at;
    ADD_ROOT(block, slab->block_bytes);
    block->index = index;
    HIDE(object_at(slab, block, 0), slab->per_block * slab->stride);
    slab->blocks[index] = block;
    slab->blocks_count++;
    sl_list_push(&slab->room, &block->in_room);
    return block;
}

static void drop_block(struct sl_slab *slab, struct block *block)
{
    SL_CHECK(block->used == 0);
    sl_list_remove(&block->in_room);
    slab->blocks[block->index] = NULL;
    slab->blocks_count--;
    unmap(slab, block);
}

/* A zeroed object's place: one given back before one never used. */
static uint32_t take_place(const struct sl_slab *slab, struct block *block)
{
    if (block->free == 0) {
        SL_CHECK(block->fresh < slab->per_block);
        SHOW(object_at(slab, block, block->fresh), slab->stride);
        return block->fresh++;
    }
    uint32_t place = block->free - 1;
    uint8_t *object = object_at(slab, block, place);

    SHOW(object, slab->stride);
    memcpy(&block->free, object, sizeof block->free);
    memset(object, 0, slab->stride);
    return place;
}

void *sl_slab_take(struct sl_slab *slab, struct sl_id *id)
{
    if (slab->count >= slab->objects_max) {
        return NULL;
    }
    struct block *block = NULL;
    if (sl_list_empty(&slab->room)) {
        block = add_block(slab);
    } else {
        block = SL_CONTAINER(slab->room.next, struct block, in_room);
    }
    if (block == NULL) {
        return NULL;
    }
    uint32_t place = take_place(slab, block);

    slab->last_gen = slab->last_gen == UINT32_MAX ? 1 : slab->last_gen + 1;
    SL_CHECK(block->gens[place] == 0);
    block->gens[place] = slab->last_gen;
    block->used++;
    slab->count++;
    if (block == slab->spare) {
        slab->spare = NULL;
    }
    if (block->used == slab->per_block) {
        sl_list_remove(&block->in_room);
    }
    *id = (struct sl_id){.slot = block->index * slab->per_block + place, .gen = slab->last_gen};
    return object_at(slab, block, place);
}

/* The live object's block, or NULL. */
static struct block *block_of(const struct sl_slab *slab, struct sl_id id)
{
    uint32_t index = id.slot / slab->per_block;

    if (id.gen == 0 || index >= slab->blocks_cap || slab->blocks[index] == NULL) {
        return NULL;
    }
    struct block *block = slab->blocks[index];
    return block->gens[id.slot % slab->per_block] == id.gen ? block : NULL;
}

void sl_slab_give(struct sl_slab *slab, struct sl_id id)
{
    struct block *block = block_of(slab, id);
    uint32_t place = id.slot % slab->per_block;

    SL_CHECK(block != NULL); /* given twice, or not of this slab */
    uint8_t *object = object_at(slab, block, place);
    memcpy(object, &block->free, sizeof block->free);
    HIDE(object, slab->stride);
    block->free = place + 1;
    block->gens[place] = 0;
    if (block->used == slab->per_block) {
        sl_list_push(&slab->room, &block->in_room);
    }
    block->used--;
    slab->count--;
    if (block->used > 0) {
        return;
    }
    /* The spare is taken from last, so that what is in use gathers in few blocks. */
    if (slab->spare != NULL) {
        drop_block(slab, block);
        return;
    }
    slab->spare = block;
    sl_list_remove(&block->in_room);
    sl_list_append(&slab->room, &block->in_room);
}

void *sl_slab_find(const struct sl_slab *slab, struct sl_id id)
{
    struct block *block = block_of(slab, id);

    return block == NULL ? NULL : object_at(slab, block, id.slot % slab->per_block);
}

void *sl_slab_next(const struct sl_slab *slab, uint32_t slot, struct sl_id *id)
{
    uint32_t place = slot % slab->per_block;

    for (uint32_t index = slot / slab->per_block; index < slab->blocks_cap; index++, place = 0) {
        struct block *block = slab->blocks[index];

        if (block == NULL) {
            continue;
        }
        while (place < block->fresh && block->gens[place] == 0) {
            place++;
        }
        if (place < block->fresh) {
            *id = (struct sl_id){index * slab->per_block + place, block->gens[place]};
            return object_at(slab, block, place);
        }
    }
    return NULL;
}

uint32_t sl_slab_count(const struct sl_slab *slab)
{
    return slab->count;
}

size_t sl_slab_bytes(const struct sl_slab *slab)
{
    return sizeof *slab + slab->blocks_cap * sizeof(struct block *) +
           slab->blocks_count * slab->block_bytes;
}
