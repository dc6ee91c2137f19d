/* SPDX-License-Identifier: PostgreSQL */
#include "tests/unit/proxy/pool_world.h"

#include <poll.h>

enum { GRANTS = 20000, SIZE = 2, OF_WORKER = 4 };

static atomic_uint all_grants;
static atomic_uint finished; /* workers that need no more */

/* Takes and gives for the clients of that worker: those whose number is worker, worker + 2, ... */
static void serve(unsigned worker, bool wants_more)
{
    for (unsigned i = worker; i < 2 * OF_WORKER; i += WORLD_WORKERS) {
        struct asker *asker = &world.askers[i];
        if (asker->server != NULL) {
            SL_CHECK(asker->server->io.worker == world.workers[worker]);
            SL_CHECK(atomic_load(&world.database->servers) <= SIZE);
            atomic_fetch_add(&all_grants, 1);
            give(i);
        }
        if (wants_more && asker->granted == (unsigned)asker->waiter.client.gen - 1) {
            unsigned turn = asker->granted + 2; /* the generation says what it has asked for */
            struct server *server = NULL;
            asker->waiter.worker = world.workers[worker];
            asker->waiter.client = (struct sl_id){.slot = i, .gen = turn};
            asker->waiter.startup = params_empty();
            if (pool_take(world.pools[0], &asker->waiter, world.workers[worker], &server) ==
                    POOL_TAKEN) {
                client_granted(world.workers[worker], asker->waiter.client, server);
            }
        }
    }
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    bool is_done = false;

    while (atomic_load(&finished) < WORLD_WORKERS) {
        struct pollfd event = {.fd = worker->mailbox.wake_fd, .events = POLLIN};
        if (poll(&event, 1, 1) > 0) {
            mailbox_deliver(&worker->mailbox, worker);
        }
        world_login(worker);
        serve(worker->index, !is_done);
        if (!is_done && atomic_load(&all_grants) >= GRANTS) {
            is_done = true;
            atomic_fetch_add(&finished, 1);
        }
    }
    return NULL;
}

static void workers_share_servers_and_limits(void **state)
{
    pthread_t threads[WORLD_WORKERS];

    (void)state;
    world.pools[0]->size = SIZE;
    for (unsigned i = 0; i < WORLD_CLIENTS; i++) {
        world.askers[i].waiter.client.gen = 1; /* nothing asked for, nothing granted */
    }
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, world.workers[i]), 0);
    }
    for (unsigned i = 0; i < WORLD_WORKERS; i++) {
        pthread_join(threads[i], NULL);
    }
    /* What was on its way arrives; then everything is as it was: all servers idle. */
    for (int turns = 0; turns < 100; turns++) {
        world_turn();
        for (unsigned i = 0; i < WORLD_WORKERS; i++) {
            world_login(world.workers[i]);
            serve(i, false);
        }
    }
    struct pool_counts counts = pool_counts(world.pools[0]);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.servers[POOL_ACTIVE], 0);
    assert_int_equal(counts.servers[POOL_IDLE], atomic_load(&world.database->servers));
    assert_in_range(counts.servers[POOL_IDLE], 1, SIZE);
    for (unsigned i = 0; i < 2 * OF_WORKER; i++) {
        assert_in_range(world.askers[i].granted, GRANTS / 100, GRANTS); /* nobody starves */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    workers_share_servers_and_limits, world_begin, world_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
