/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/pipelines_fixture.h - a cluster and a Sluice with few servers, for pipelines.
 *
 * Ownership: fixture.h's. Threads: the main thread only. Bounds: those of pipelines.h.
 */
#ifndef SLUICE_TESTS_SUPPORT_PIPELINES_FIXTURE_H
#define SLUICE_TESTS_SUPPORT_PIPELINES_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

/* For CMocka: gives 0; stop_both() ends it. */
int pipelines_start(void **state);
/* How many of the pipelines of these seeds differ, in session or transaction mode. */
size_t pipelines_of_fixture(uint64_t first, uint64_t count);

#endif
