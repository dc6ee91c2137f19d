/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/history_sweep.h - one register of one window, for history.c alone.
 *
 * What its versions were is laid out by number, from its floor on, with the earliest end of this and all
 * later versions by path. Then its operations are gone through in the order in which they were sent.
 *
 * Ownership: memory is of the struct history_sweep, and kept between registers.
 */
#ifndef SLUICE_TESTS_SUPPORT_HISTORY_SWEEP_H
#define SLUICE_TESTS_SUPPORT_HISTORY_SWEEP_H

#include "tests/support/history.h"

/* A version of the register. */
struct history_state {
    const struct history_op *op; /* NULL: nobody noted it; the floor's, too */
    uint64_t invoked;
    uint64_t least_invoked;        /* of this and all later ones */
    uint64_t least[HISTORY_PATHS]; /* the first acknowledgement of this or a later one, by path */
    const struct history_op *by[HISTORY_PATHS];
};

/* What a session has seen of the register. */
struct history_seat {
    const struct history_op *op;
    uint32_t version;
    uint32_t written; /* the latest of its own */
    const struct history_op *writer;
    uint32_t stamp; /* of which register */
};

struct history_sweep {
    const struct history_rules *rules;
    struct history_found *found;
    uint32_t floor;
    uint32_t floor_tag;
    const struct history_op
            *carried; /* by path: the last write of windows before; returned 0: none */
    uint32_t read;    /* the latest version of a read that has ended */
    const struct history_op *reader;
    uint32_t highest;      /* version */
    uint32_t acknowledged; /* the latest that is certain */
    uint32_t at;           /* where the oracle is */
    uint32_t stamp;
    struct history_state *states; /* floor .. highest + 1 */
    size_t state_max;
    struct history_seat *seats;
    uint32_t *versions; /* of the operations, by order of sending */
    uint32_t *by_end;   /* the operations, by end */
    size_t op_max;
};

void history_sweep_free(struct history_sweep *sweep);

/* ops: all of one register, in order of sending; floor, floor_tag and carried are set. False: no memory. */
bool history_sweep(struct history_sweep *sweep, const struct history_op *const *ops, size_t count);

void history_fault(struct history_found *found, enum history_fault fault,
        const struct history_op *op, const struct history_op *other);

#endif
