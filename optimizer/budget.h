/* SPDX-License-Identifier: PostgreSQL */
/*
 * optimizer/budget.h - memory that is counted, and ends at a bound.
 *
 * What statistics hold is taken from a budget, byte by byte, with what malloc() adds: the
 * sum of all budgets is what statistics may cost. At the bound, and without memory, NULL.
 *
 * Ownership: the caller's; a budget holds numbers only. Threads: any.
 * Bounds: bytes_max. A NULL budget counts nothing and has no bound, for what is short-lived.
 */
#ifndef SLUICE_OPTIMIZER_BUDGET_H
#define SLUICE_OPTIMIZER_BUDGET_H

#include "protocol/base/check.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
    atomic_size_t bytes;      /* any thread */
    size_t bytes_max;         /* constant */
    _Atomic uint64_t refused; /* any thread: allocations that were not to be had */
};

void budget_init(struct budget *budget, size_t bytes_max);

/* Not zeroed. Given back with the same length. */
SL_MUST_CHECK void *budget_take(struct budget *budget, size_t len);
SL_MUST_CHECK void *budget_take_zeroed(struct budget *budget, size_t len);
void budget_give(struct budget *budget, void *at, size_t len); /* NULL is fine */

/* What an allocation of len bytes costs. */
size_t budget_cost(size_t len);
size_t budget_bytes(const struct budget *budget);
/* Bytes that are left. */
size_t budget_room(const struct budget *budget);

#endif
