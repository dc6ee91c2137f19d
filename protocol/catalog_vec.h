/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_vec.h - items of one length that are gathered while a snapshot is read.
 *
 * Ownership: the items, until somebody frees them. Threads: the caller's. Bounds: INT32_MAX items,
 * and what its owner allows.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_VEC_H
#define SLUICE_PROTOCOL_CATALOG_VEC_H

#include "protocol/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct catalog_vec {
    void *items;
    uint32_t count;
    uint32_t cap;
    size_t len; /* of an item */
};

static inline size_t catalog_vec_bytes(const struct catalog_vec *vec)
{
    return vec->count * vec->len;
}

/* Room for so many more. SL_ENOMEM, SL_ELIMIT. */
SL_MUST_CHECK enum sl_err catalog_vec_reserve(struct catalog_vec *vec, size_t count);
/* So many that lie one behind the other. */
SL_MUST_CHECK enum sl_err catalog_vec_add(struct catalog_vec *vec, const void *items, size_t count);

#endif
