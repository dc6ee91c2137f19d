/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_history_run.h - a variant of test_cache_history.c, from its Sluices to its verdict.
 *
 * Windows follow each other: a thread a session, until each reader has asked its share; then all have
 * ended, what is so is read past Sluice, and the window is checked.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_HISTORY_RUN_H
#define SLUICE_TESTS_E2E_CACHE_HISTORY_RUN_H

#include "tests/e2e/cache_history_world.h"

/* Runs so many reads, fails the case on trouble or too few hits, and says what was found. */
void run_variant(struct cluster *cluster, const struct variant *variant, uint64_t reads,
        struct history_found *found);

#endif
