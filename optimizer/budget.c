/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/budget.c - a counter that never passes its bound.
 */
#include "optimizer/budget.h"

#include <stdbool.h>
#include <stdlib.h>

/* glibc: a size word before each chunk, chunks in steps of 16 bytes, 32 at least. */
enum { CHUNK_HEAD = 8, CHUNK_STEP = 16, CHUNK_MIN = 32 };

void budget_init(struct budget *budget, size_t bytes_max)
{
    atomic_init(&budget->bytes, 0);
    atomic_init(&budget->refused, 0);
    budget->bytes_max = bytes_max;
}

size_t budget_cost(size_t len)
{
    size_t cost = (len + CHUNK_HEAD + CHUNK_STEP - 1) / CHUNK_STEP * CHUNK_STEP;

    return cost < CHUNK_MIN ? CHUNK_MIN : cost;
}

static bool reserve(struct budget *budget, size_t cost)
{
    size_t bytes = atomic_load_explicit(&budget->bytes, memory_order_relaxed);

    do {
        if (cost > budget->bytes_max || bytes > budget->bytes_max - cost) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(
            &budget->bytes, &bytes, bytes + cost, memory_order_relaxed, memory_order_relaxed));
    return true;
}

static void release(struct budget *budget, size_t cost)
{
    size_t before = atomic_fetch_sub_explicit(&budget->bytes, cost, memory_order_relaxed);

    SL_CHECK(before >= cost);
}

static void *take(struct budget *budget, size_t len, bool is_zeroed)
{
    size_t cost = budget_cost(len);
    void *at = NULL;

    if (budget == NULL || reserve(budget, cost)) {
        at = is_zeroed ? calloc(1, len) : malloc(len);
        if (at == NULL && budget != NULL) {
            release(budget, cost);
        }
    }
    if (at == NULL && budget != NULL) {
        atomic_fetch_add_explicit(&budget->refused, 1, memory_order_relaxed);
    }
    return at;
}

void *budget_take(struct budget *budget, size_t len)
{
    return take(budget, len, false);
}

void *budget_take_zeroed(struct budget *budget, size_t len)
{
    return take(budget, len, true);
}

void budget_give(struct budget *budget, void *at, size_t len)
{
    if (at == NULL) {
        return;
    }
    free(at);
    if (budget != NULL) {
        release(budget, budget_cost(len));
    }
}

size_t budget_bytes(const struct budget *budget)
{
    return atomic_load_explicit(&budget->bytes, memory_order_relaxed);
}

size_t budget_room(const struct budget *budget)
{
    return budget->bytes_max - budget_bytes(budget);
}
