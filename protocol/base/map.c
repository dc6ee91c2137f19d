/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/base/map.c - chains of nodes in an array of buckets, one a power of two.
 *
 * Without memory to double the array the chains get longer, and nothing else: slower,
 * not wrong. The array never shrinks; its owner's fini gives it back.
 *
 * In front of the first bucket a slot says before which bucket all are empty, so that
 * emptying a map by sl_map_any() takes one walk, not one for each node.
 */
#include "protocol/base/map.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 8, BUCKETS_MAX = 1 << 30 };

void sl_map_init(struct sl_map *map, uint32_t nodes_max)
{
    *map = (struct sl_map){.nodes_max = nodes_max};
}

/* A pointer to the first bucket that may have a node, kept as one to a node. */
static struct sl_map_node **first_used(const struct sl_map *map)
{
    return (struct sl_map_node **)(void *)map->buckets[-1];
}

static void set_first_used(const struct sl_map *map, struct sl_map_node **bucket)
{
    map->buckets[-1] = (struct sl_map_node *)(void *)bucket;
}

static void free_buckets(struct sl_map_node **buckets)
{
    if (buckets != NULL) {
        free((void *)(buckets - 1));
    }
}

void sl_map_fini(struct sl_map *map)
{
    free_buckets(map->buckets);
    sl_map_init(map, map->nodes_max);
}

static struct sl_map_node **bucket_of(const struct sl_map *map, uint64_t hash)
{
    return &map->buckets[hash & (map->buckets_count - 1)];
}

static void move_nodes(struct sl_map *map, struct sl_map_node **old, uint32_t old_count)
{
    for (uint32_t i = 0; i < old_count; i++) {
        struct sl_map_node *node = old[i];

        while (node != NULL) {
            struct sl_map_node *next = node->next;
            struct sl_map_node **bucket = bucket_of(map, node->hash);

            node->next = *bucket;
            *bucket = node;
            node = next;
        }
    }
}

static enum sl_err grow(struct sl_map *map)
{
    uint32_t count = map->buckets_count == 0 ? FIRST_BUCKETS : map->buckets_count * 2;
    struct sl_map_node **slots = calloc((size_t)count + 1, sizeof(struct sl_map_node *));

    if (slots == NULL) {
        return SL_ENOMEM;
    }
    struct sl_map_node **old = map->buckets;
    uint32_t old_count = map->buckets_count;
    map->buckets = slots + 1;
    map->buckets_count = count;
    set_first_used(map, map->buckets);
    move_nodes(map, old, old_count);
    free_buckets(old);
    return SL_OK;
}

enum sl_err sl_map_put(struct sl_map *map, struct sl_map_node *node, uint64_t hash)
{
    if (map->count >= map->nodes_max) {
        return SL_ELIMIT;
    }
    if (map->count >= map->buckets_count && map->buckets_count < BUCKETS_MAX) {
        enum sl_err err = grow(map);
        if (err != SL_OK && map->buckets == NULL) {
            return err;
        }
    }
    struct sl_map_node **bucket = bucket_of(map, hash);
    node->hash = hash;
    node->next = *bucket;
    *bucket = node;
    map->count++;
    if (bucket < first_used(map)) {
        set_first_used(map, bucket);
    }
    return SL_OK;
}

void sl_map_remove(struct sl_map *map, struct sl_map_node *node)
{
    SL_CHECK(map->count > 0);
    struct sl_map_node **at = bucket_of(map, node->hash);

    while (*at != node) {
        SL_CHECK(*at != NULL); /* else it was not in the map */
        at = &(*at)->next;
    }
    *at = node->next;
    node->next = NULL;
    map->count--;
}

static struct sl_map_node *first_with(struct sl_map_node *node, uint64_t hash)
{
    while (node != NULL && node->hash != hash) {
        node = node->next;
    }
    return node;
}

struct sl_map_node *sl_map_first(const struct sl_map *map, uint64_t hash)
{
    return map->buckets == NULL ? NULL : first_with(*bucket_of(map, hash), hash);
}

struct sl_map_node *sl_map_next(const struct sl_map_node *node)
{
    return first_with(node->next, node->hash);
}

struct sl_map_node *sl_map_any(const struct sl_map *map)
{
    if (map->count == 0) {
        return NULL;
    }
    struct sl_map_node **bucket = first_used(map);
    while (*bucket == NULL) {
        bucket++;
        SL_CHECK(bucket < map->buckets + map->buckets_count); /* count says there is one */
    }
    set_first_used(map, bucket);
    return *bucket;
}
