/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/cache_history_races.h - the orders of events in which caches have been wrong, one case each:
 * what is read after them must be right, through Sluice as past it.
 */
#ifndef SLUICE_TESTS_E2E_CACHE_HISTORY_RACES_H
#define SLUICE_TESTS_E2E_CACHE_HISTORY_RACES_H

#include "tests/support/case.h"
#include "tests/support/cluster.h"

/*
 * Puts the cases there, and says how many: at most 24. The cluster has the tables of the world; ini is
 * what is special of the Sluices ("": nothing), and is not copied.
 */
size_t race_cases(struct cluster *of, const char *ini, struct CMUnitTest *cases);

#endif
