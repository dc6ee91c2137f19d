/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/leaks_pairs.h - every ordered pair of clients on one server: the first leaves
 * something of its kind, the second comes, leaves something of its own and looks.
 *
 * Each must see what it would see alone, directly at PostgreSQL: the second always, the first
 * too, when it may stay while the second has the server. How a statement is sent, how a client
 * ends, and whether the second was connected before, change from pair to pair.
 *
 * Ownership: none. Threads: the main one. Bounds: an answer that does not come fails the case.
 */
#ifndef SLUICE_TESTS_E2E_LEAKS_PAIRS_H
#define SLUICE_TESTS_E2E_LEAKS_PAIRS_H

struct leak_peers {
    int direct_port;
    int port;             /* where there is a single server */
    const char *database; /* there is none yet: what the kinds need is made in it */
};

/*
 * In a round each kind comes once first and once second; as many rounds as there are kinds, or 0,
 * are all pairs. Behind these the same pairs come in other ways.
 */
void leak_pairs(const struct leak_peers *peers, unsigned first, unsigned rounds);

#endif
