/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_closure.h - of each node of a graph, the set of all that is reached from it.
 *
 * Strongly connected components by Tarjan's algorithm, without recursion: a component's set is made when
 * those of all that it leads to are there.
 *
 * Ownership: the caller's arrays. Threads: the caller's. Bounds: linear in nodes and edges, but for the
 * sets (catalog_sets.h).
 */
#ifndef SLUICE_PROTOCOL_CATALOG_CLOSURE_H
#define SLUICE_PROTOCOL_CATALOG_CLOSURE_H

#include "protocol/catalog_sets.h"

struct catalog_graph {
    uint32_t nodes;
    const uint32_t *first; /* of each node and behind the last: its first edge */
    const uint32_t *to;
    const uint32_t *trees;     /* of each node; 0: it has none */
    const uint8_t *is_unknown; /* of each node: what it reaches is not known */
};

/* found: of each node, the set of its own tree and of those that it reaches. SL_ENOMEM. */
SL_MUST_CHECK enum sl_err catalog_closure(
        const struct catalog_graph *graph, struct catalog_sets *sets, uint32_t *found);

#endif
