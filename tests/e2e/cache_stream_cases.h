/* SPDX-License-Identifier: PostgreSQL */
/* tests/e2e/cache_stream_cases.h - cases of test_cache_stream.c that are in other files. */
#ifndef SLUICE_TESTS_E2E_CACHE_STREAM_CASES_H
#define SLUICE_TESTS_E2E_CACHE_STREAM_CASES_H

#include "tests/support/case.h"

/* What goes wrong; how many they are. */
size_t cache_stream_failures(struct CMUnitTest *cases);
size_t cache_stream_latency(struct CMUnitTest *cases);

#endif
