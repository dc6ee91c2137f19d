/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/map.h - an intrusive hash map: nodes live in their objects.
 *
 * The map knows only hashes; the caller compares keys, walking the chain:
 *
 *     for (n = sl_map_first(map, hash); n != NULL; n = sl_map_next(n))
 *         if (same(SL_CONTAINER(n, struct thing, node), key)) ...
 *
 * Ownership: the bucket array only. Threads: the caller's. Bounds: nodes_max
 * nodes; the bucket array doubles as it fills, and without memory stays as it is.
 */
#ifndef SLUICE_PROTOCOL_BASE_MAP_H
#define SLUICE_PROTOCOL_BASE_MAP_H

#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct sl_map_node {
    struct sl_map_node *next;
    uint64_t hash;
};

struct sl_map {
    struct sl_map_node **buckets; /* NULL until the first put */
    uint32_t buckets_count;       /* a power of two, or 0 */
    uint32_t count;
    uint32_t nodes_max;
};

void sl_map_init(struct sl_map *map, uint32_t nodes_max);
void sl_map_fini(struct sl_map *map); /* the nodes' objects are the caller's */

/* SL_ELIMIT at nodes_max, SL_ENOMEM without a first bucket array. */
SL_MUST_CHECK enum sl_err sl_map_put(struct sl_map *map, struct sl_map_node *node, uint64_t hash);
/* Node must be in the map. */
void sl_map_remove(struct sl_map *map, struct sl_map_node *node);

/* The first node with that hash, or NULL; the next one with the same hash, or NULL. */
struct sl_map_node *sl_map_first(const struct sl_map *map, uint64_t hash);
struct sl_map_node *sl_map_next(const struct sl_map_node *node);

/* Any node, or NULL when empty; for emptying a map. */
struct sl_map_node *sl_map_any(const struct sl_map *map);

#endif
