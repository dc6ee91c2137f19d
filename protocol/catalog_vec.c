/* SPDX-License-Identifier: PostgreSQL */
#include "protocol/catalog_vec.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_MIN = 64 };

enum sl_err catalog_vec_reserve(struct catalog_vec *vec, size_t count)
{
    size_t cap = vec->cap < CAP_MIN ? CAP_MIN : vec->cap;

    if (count > INT32_MAX - (size_t)vec->count) {
        return SL_ELIMIT;
    }
    if (vec->count + count <= vec->cap) {
        return SL_OK;
    }
    while (cap < vec->count + count) {
        cap *= 2;
    }
    void *items = realloc(vec->items, cap * vec->len);
    if (items == NULL) {
        return SL_ENOMEM;
    }
    vec->items = items;
    vec->cap = (uint32_t)cap;
    return SL_OK;
}

enum sl_err catalog_vec_add(struct catalog_vec *vec, const void *items, size_t count)
{
    enum sl_err err = catalog_vec_reserve(vec, count);

    if (err == SL_OK && count > 0) {
        memcpy((uint8_t *)vec->items + vec->count * vec->len, items, count * vec->len);
        vec->count += (uint32_t)count;
    }
    return err;
}
