/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_closure.h"

#include <stdlib.h>

enum { PARTS = 5 };

#define NOT_YET UINT32_MAX

struct walk {
    const struct catalog_graph *graph;
    struct catalog_sets *sets;
    uint32_t *found;
    uint32_t *index; /* when it was come to; 0: not yet */
    uint32_t *low;
    uint32_t *next; /* edge */
    uint32_t *open; /* nodes whose component has not ended */
    uint32_t *path;
    uint32_t open_count;
    uint32_t path_count;
    uint32_t count;
};

static void enter(struct walk *walk, uint32_t node)
{
    walk->index[node] = ++walk->count;
    walk->low[node] = walk->count;
    walk->next[node] = walk->graph->first[node];
    walk->open[walk->open_count++] = node;
    walk->path[walk->path_count++] = node;
}

static void add_node(struct walk *walk, uint32_t node)
{
    const struct catalog_graph *graph = walk->graph;

    if (graph->is_unknown[node] != 0) {
        catalog_sets_add_set(walk->sets, CATALOG_SET_UNKNOWN);
    }
    if (graph->trees[node] != 0) {
        catalog_sets_add(walk->sets, graph->trees[node]);
    }
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
        uint32_t set = walk->found[graph->to[i]];
        if (set != NOT_YET) { /* else it is of the same component */
            catalog_sets_add_set(walk->sets, set);
        }
    }
}

static void end_component(struct walk *walk, uint32_t root)
{
    uint32_t first = walk->open_count;

    catalog_sets_begin(walk->sets);
    do {
        add_node(walk, walk->open[--first]);
    } while (walk->open[first] != root);
    uint32_t set = catalog_sets_end(walk->sets);
    while (walk->open_count > first) {
        walk->found[walk->open[--walk->open_count]] = set;
    }
}

static void leave(struct walk *walk, uint32_t node)
{
    walk->path_count--;
    if (walk->path_count > 0) {
        uint32_t before = walk->path[walk->path_count - 1];
        walk->low[before] =
                walk->low[node] < walk->low[before] ? walk->low[node] : walk->low[before];
    }
    if (walk->low[node] == walk->index[node]) {
        end_component(walk, node);
    }
}

static void go_from(struct walk *walk, uint32_t root)
{
    enter(walk, root);
    while (walk->path_count > 0) {
        uint32_t node = walk->path[walk->path_count - 1];
        if (walk->next[node] == walk->graph->first[node + 1]) {
            leave(walk, node);
            continue;
        }
        uint32_t to = walk->graph->to[walk->next[node]++];
        if (walk->index[to] == 0) {
            enter(walk, to);
        } else if (walk->found[to] == NOT_YET && walk->index[to] < walk->low[node]) {
            walk->low[node] = walk->index[to];
        }
    }
}

enum sl_err catalog_closure(
        const struct catalog_graph *graph, struct catalog_sets *sets, uint32_t *found)
{
    size_t nodes = (size_t)graph->nodes + 1;
    uint32_t *parts = calloc(PARTS * nodes, sizeof *parts);

    if (parts == NULL) {
        return SL_ENOMEM;
    }
    struct walk walk = {.graph = graph,
            .sets = sets,
            .found = found,
            .index = parts,
            .low = parts + nodes,
            .next = parts + 2 * nodes,
            .open = parts + 3 * nodes,
            .path = parts + 4 * nodes};
    for (uint32_t i = 0; i < graph->nodes; i++) {
        found[i] = NOT_YET;
    }
    for (uint32_t i = 0; i < graph->nodes; i++) {
        if (walk.index[i] == 0) {
            go_from(&walk, i);
        }
    }
    free(parts);
    return sets->err;
}
