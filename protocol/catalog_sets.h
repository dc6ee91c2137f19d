/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/catalog_sets.h - sets of numbers that are made of each other, each there once.
 *
 * A set is gathered (begin, add, add a set ..., end), and then is a number: two that are equal are one.
 * CATALOG_SET_UNKNOWN in a set makes it that.
 *
 * Ownership: the caller's struct. Threads: the caller's. Bounds: CATALOG_TREES_MAX in a set,
 * CATALOG_REACH_TREES_MAX in all; what is beyond is unknown.
 */
#ifndef SLUICE_PROTOCOL_CATALOG_SETS_H
#define SLUICE_PROTOCOL_CATALOG_SETS_H

#include "protocol/catalog_tables.h"
#include "protocol/catalog_vec.h"

struct catalog_sets {
    struct catalog_vec sets;   /* struct catalog_set */
    struct catalog_vec trees;  /* uint32_t */
    struct catalog_vec now;    /* what is gathered, as it comes */
    struct catalog_vec hashes; /* of sets */
    uint32_t *slots;           /* of sets, by their hash */
    uint32_t slots_count;
    uint32_t only; /* so far, nothing but this set was added: it is not gathered yet */
    uint32_t last; /* the set that was gathered last: often again */
    bool is_unknown;
    enum sl_err err;
};

/* SL_ENOMEM. */
SL_MUST_CHECK enum sl_err catalog_sets_init(struct catalog_sets *sets);
void catalog_sets_fini(struct catalog_sets *sets);

void catalog_sets_begin(struct catalog_sets *sets);
void catalog_sets_add(struct catalog_sets *sets, uint32_t tree);
void catalog_sets_add_set(struct catalog_sets *sets, uint32_t set);
/* Its number. */
uint32_t catalog_sets_end(struct catalog_sets *sets);

#endif
