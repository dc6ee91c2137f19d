/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/slab.h - equal objects of one worker, found again by id.
 *
 * An id is a slot and the generation of what lives there: across turns or
 * workers keep an id, not a pointer. When the object is freed its generation
 * moves on, and an old id finds nothing.
 *
 * Ownership: the slab owns the objects' memory, in blocks of objects; addresses
 * are stable. Empty blocks are given back to the system but one. Threads: one,
 * the slab's worker. Bounds: objects_max objects.
 */
#ifndef SLUICE_PROTOCOL_BASE_SLAB_H
#define SLUICE_PROTOCOL_BASE_SLAB_H

#include "protocol/base/check.h"

#include <stddef.h>
#include <stdint.h>

struct sl_id {
    uint32_t slot;
    uint32_t gen; /* 0 is never a live generation: a zeroed id finds nothing */
};

struct sl_slab;

/* NULL when memory is short. */
SL_MUST_CHECK struct sl_slab *sl_slab_new(size_t object_size, uint32_t objects_max);
void sl_slab_free(struct sl_slab *slab); /* the objects in it go with it; NULL is fine */

/* A zeroed object and its id; NULL at the bound or without memory. */
SL_MUST_CHECK void *sl_slab_take(struct sl_slab *slab, struct sl_id *id);
void sl_slab_give(struct sl_slab *slab, struct sl_id id);

/* The live object of that id, or NULL. */
void *sl_slab_find(const struct sl_slab *slab, struct sl_id id);

/* The live object at or after slot, its id in *id, or NULL; walk with slot = id.slot + 1. */
void *sl_slab_next(const struct sl_slab *slab, uint32_t slot, struct sl_id *id);

uint32_t sl_slab_count(const struct sl_slab *slab);
size_t sl_slab_bytes(const struct sl_slab *slab); /* memory held, used or not */

#endif
