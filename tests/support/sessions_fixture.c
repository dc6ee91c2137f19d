/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/sessions_fixture.c - five clients share two servers of each user's. The reference
 * has a database of its own: advisory locks are those of a database.
 */
#include "tests/support/sessions_fixture.h"

#include "tests/support/fixture.h"
#include "tests/support/sessions.h"

enum { CLIENTS = 5 };

static const char ini[] = "[databases]\n"
                          "pooled = " AT_CLUSTER " dbname=pooled pool_mode=transaction\n" INI_MAIN
                          "default_pool_size = 2\n"
                          "server_round_robin = 1\n";

int sessions_start(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, SESSIONS_SETUP);
    cluster_sql(&cluster, "create database pooled template postgres");
    (void)prepare(state);
    sluice_start(&sluice, ini);
    return 0;
}

size_t sessions_of_fixture(uint64_t first, uint64_t count)
{
    const struct session_peer reference = {.port = cluster.port, .database = "postgres"};
    const struct session_peer pooled = {.port = sluice.port, .database = "pooled"};

    return sessions_play(&reference, &pooled, first, count, CLIENTS);
}
