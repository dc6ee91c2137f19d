/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/memory/failing_malloc.h - an allocator that fails when it is told to.
 *
 * Preloaded into the program under test, libraries and all. What it does stands in a
 * file that both sides map, named by FAILING_MALLOC in the environment.
 *
 * Ownership: the file is the test's. Threads: any, on either side.
 */
#ifndef SLUICE_TESTS_MEMORY_FAILING_MALLOC_H
#define SLUICE_TESTS_MEMORY_FAILING_MALLOC_H

#include <stdatomic.h>
#include <stdbool.h>

struct failing_malloc {
    atomic_bool is_armed;
    atomic_long seen;   /* allocations since it was armed */
    atomic_long first;  /* the first to fail, counted from 1 */
    atomic_long count;  /* how many fail in a row */
    atomic_long larger; /* or: all of more bytes than this; 0: none for that */
    atomic_long failed; /* since it was armed */
};

#endif
