/* SPDX-License-Identifier: PostgreSQL */
#include "proxy/pool_kept.h"

#include "tests/unit/proxy/pool_world.h"

enum { ITS_SERIAL = 700 };

static struct pool *pool;

static bool has(unsigned i)
{
    return world.askers[i].server != NULL;
}

static void prefer_nothing(void)
{
    for (unsigned i = 0; i < 8; i++) {
        world.askers[i].waiter.params = params_empty();
        world.askers[i].waiter.settings = NULL;
    }
}

/* Two servers; number 0 has had the one of that serial, which is kept for it. */
static void keep_one(void)
{
    pool = world.pools[0];
    pool->size = 2;
    prefer_nothing();
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ask(i, 0, pool, params_empty()), POOL_QUEUED);
    }
    world_login(world.workers[0]);
    world_turn();
    assert_true(has(0) && has(1));
    struct server *server = world.askers[0].server;
    server->serial = ITS_SERIAL;
    server->sequences_of = 7;
    server->sequences_wanted = true;
    give(0);
    give(1);
}

static void bind_to_it(unsigned i, sl_usec usec)
{
    world.askers[i].waiter.bound = ITS_SERIAL;
    world.askers[i].waiter.bound_for = usec;
}

static void it_is_lent_last_and_given_to_who_is_bound_to_it(void **state)
{
    (void)state;
    keep_one();
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_TAKEN);
    assert_int_not_equal(world.askers[1].server->serial, ITS_SERIAL);
    assert_int_equal(ask(2, 0, pool, params_empty()), POOL_TAKEN);
    assert_int_equal(world.askers[2].server->serial, ITS_SERIAL);
    bind_to_it(0, SL_SECOND);
    assert_int_equal(ask(0, 0, pool, params_empty()), POOL_QUEUED);
    give(1); /* not that one */
    assert_false(has(0));
    assert_int_equal(ask(3, 0, pool, params_empty()), POOL_TAKEN);
    give(2);
    world_turn();
    assert_true(has(0));
    assert_int_equal(world.askers[0].server->serial, ITS_SERIAL);
    give(0);
    give(3);
}

static void who_has_waited_long_enough_takes_any(void **state)
{
    (void)state;
    keep_one();
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_TAKEN);
    assert_int_equal(ask(2, 0, pool, params_empty()), POOL_TAKEN);
    bind_to_it(0, SL_SECOND);
    assert_int_equal(ask(0, 0, pool, params_empty()), POOL_QUEUED);
    give(1);
    world_pass(SL_SECOND - 1);
    pool_tend(pool, world.workers[0]);
    assert_false(has(0));
    world_pass(1);
    pool_tend(pool, world.workers[0]);
    world_turn();
    assert_true(has(0));
    assert_int_not_equal(world.askers[0].server->serial, ITS_SERIAL);
    give(0);
    give(2);
}

static void so_does_who_waits_for_what_is_gone(void **state)
{
    (void)state;
    keep_one();
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_TAKEN);
    assert_int_equal(ask(2, 0, pool, params_empty()), POOL_TAKEN);
    bind_to_it(0, SL_SECOND);
    assert_int_equal(ask(0, 0, pool, params_empty()), POOL_QUEUED);
    pool_kept_drop(world.askers[2].server);
    give(1);
    world_turn();
    assert_true(has(0));
    bind_to_it(3, 0); /* does not wait at all */
    assert_int_equal(ask(3, 0, pool, params_empty()), POOL_QUEUED);
    give(0);
    world_turn();
    assert_true(has(3));
    bind_to_it(4, SL_SECOND);
    assert_int_equal(ask(4, 0, pool, params_empty()), POOL_QUEUED);
    assert_true(pool_leave(pool, &world.askers[4].waiter));
    assert_false(pool_leave(pool, &world.askers[4].waiter));
    give(2);
    give(3);
}

static void whose_turn_it_is_leaves_it_alone(void **state)
{
    (void)state;
    keep_one();
    pool->round_robin = true;
    for (int i = 0; i < 4; i++) {
        world_pass(1);
        assert_int_equal(ask(1, 0, pool, params_empty()), POOL_TAKEN);
        assert_int_not_equal(world.askers[1].server->serial, ITS_SERIAL);
        give(1);
    }
}

/* It is likely that nobody asks; but it can still be had. */
static void one_that_is_not_wanted_is_anybodys_and_is_waited_for(void **state)
{
    (void)state;
    keep_one();
    sequence_shapes_asked(&pool->sequences);
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_TAKEN);
    assert_int_equal(ask(2, 0, pool, params_empty()), POOL_TAKEN);
    struct server *server = world.askers[2].server;
    pool_kept_drop(server);
    server->sequences_of = 8;
    server->sequences_wanted = false;
    give(1);
    give(2);
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_TAKEN);
    assert_int_equal(world.askers[1].server->serial, ITS_SERIAL);
    bind_to_it(0, SL_SECOND);
    assert_int_equal(ask(0, 0, pool, params_empty()), POOL_QUEUED);
    assert_int_equal(ask(2, 0, pool, params_empty()), POOL_TAKEN);
    give(2);
    world_turn();
    assert_false(has(0));
    give(1);
    world_turn();
    assert_true(has(0));
    give(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    it_is_lent_last_and_given_to_who_is_bound_to_it, world_begin, world_end),
            cmocka_unit_test_setup_teardown(
                    who_has_waited_long_enough_takes_any, world_begin, world_end),
            cmocka_unit_test_setup_teardown(
                    so_does_who_waits_for_what_is_gone, world_begin, world_end),
            cmocka_unit_test_setup_teardown(
                    whose_turn_it_is_leaves_it_alone, world_begin, world_end),
            cmocka_unit_test_setup_teardown(
                    one_that_is_not_wanted_is_anybodys_and_is_waited_for, world_begin, world_end),
    };

    return cmocka_run_group_tests_name("pool_kept", tests, NULL, NULL);
}
