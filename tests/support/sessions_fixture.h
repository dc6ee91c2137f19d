/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/sessions_fixture.h - a cluster and a Sluice with few servers, for sessions.
 *
 * Ownership: fixture.h's. Threads: the main thread only. Bounds: those of sessions.h.
 */
#ifndef SLUICE_TESTS_SUPPORT_SESSIONS_FIXTURE_H
#define SLUICE_TESTS_SUPPORT_SESSIONS_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

/* For CMocka: gives 0; stop_both() ends it. */
int sessions_start(void **state);
/* How many of the sessions of these seeds differ. */
size_t sessions_of_fixture(uint64_t first, uint64_t count);

#endif
