/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/cache_watch_cases.h - cases of test_cache_watch.c that are in other files. */
#ifndef SLUICE_TESTS_E2E_CACHE_WATCH_CASES_H
#define SLUICE_TESTS_E2E_CACHE_WATCH_CASES_H

#include "tests/support/case.h"

/* Servers that are lost while they write; how many cases there are. */
size_t cache_watch_zombies(struct CMUnitTest *cases);
/* Of other servers, and of none. */
size_t cache_watch_servers(struct CMUnitTest *cases);

#endif
