/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_order.h - the order in which a snapshot's arrays lie, for qsort_r(), and looking for an OID.
 *
 * By name, and what is of one name by all that tells it from another. The last argument is the heap
 * of names (char *).
 *
 * Ownership: none. Threads: any. Bounds: the names'.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_ORDER_H
#define SLUICE_PROTOCOL_CATALOG_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int catalog_compare_schemas(const void *left, const void *right, void *names);
int catalog_compare_relations(const void *left, const void *right, void *names);
/* 0: no call can tell one from the other. */
int catalog_compare_functions(const void *left, const void *right, void *names);

/* Names by their places in the heap: puts them in order, each once; how many there are then. */
uint32_t catalog_order_names(uint32_t *places, uint32_t count, char *names);

/*
 * Where that OID stands among so many that lie in their order, `apart` bytes from each other. False: it is
 * not there.
 */
bool catalog_find_oid(const void *first, size_t apart, uint32_t count, uint32_t oid, uint32_t *at);

#endif
