/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/support/pipelines_fixture.c - three clients share two servers of a pool.
 */
#include "tests/support/pipelines_fixture.h"

#include "tests/support/fixture.h"
#include "tests/support/pipelines.h"

enum { CLIENTS = 3 };

static const char ini[] =
        "[databases]\n"
        "session = " AT_POSTGRES " pool_mode=session\n"
        "transaction = " AT_POSTGRES " pool_mode=transaction\n" INI_MAIN "default_pool_size = 2\n"
        "server_round_robin = 1\n";

int pipelines_start(void **state)
{
    (void)start_cluster(state);
    cluster_sql(&cluster, PIPELINES_SETUP);
    (void)prepare(state);
    sluice_start(&sluice, ini);
    return 0;
}

size_t pipelines_of_fixture(uint64_t first, uint64_t count)
{
    const struct script_peer peers[] = {
            {.name = "postgresql", .port = cluster.port, .database = "postgres"},
            {.name = "sluice session", .port = sluice.port, .database = "session"},
            {.name = "sluice transaction", .port = sluice.port, .database = "transaction"}};
    return pipelines_play(peers, sizeof peers / sizeof peers[0], first, count, CLIENTS);
}
