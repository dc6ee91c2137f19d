/* SPDX-License-Identifier: PostgreSQL */
#include "tests/unit/proxy/pool_world.h"

static const struct params *settings; /* of one client, which nobody else has */

static int begin(void **state)
{
    settings = params_with(params_empty(), "work_mem", "1");
    return settings == NULL ? -1 : world_begin(state);
}

static int end(void **state)
{
    int status = world_end(state);

    params_unref(settings);
    return status;
}

static bool has(unsigned i)
{
    return world.askers[i].server != NULL;
}

static void who_has_its_settings_goes_first_and_passes_nobody_over_for_ever(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        world.askers[i].waiter.params = params_empty(); /* as a new server's */
        world.askers[i].waiter.settings = i == 1 ? settings : NULL;
        assert_int_equal(ask(i, 0, world.pools[0], params_empty()), POOL_QUEUED);
    }
    world_login(world.workers[0]);
    world_turn();
    assert_true(has(0));
    give(0);
    for (unsigned i = 0; i < POOL_LINE_PASSES; i++) {
        assert_true(has(2 + i));
        give(2 + i);
    }
    assert_true(has(1));
    world.askers[1].server->settings = settings;
    give(1); /* nobody in line has them */
    assert_true(has(6));
    world.askers[6].server->settings = NULL;
}

/* Whoever waits behind goes first; with nobody there the server rests, and is any client's. */
static void who_waits_for_one_that_is_new_is_not_given_a_used_one(void **state)
{
    struct pool *pool = world.pools[0];

    (void)state;
    pool->size = 2;
    assert_int_equal(ask(0, 0, pool, params_empty()), POOL_QUEUED);
    world_login(world.workers[0]);
    world_turn();
    world.askers[0].server->only_of = 7;
    world.askers[1].waiter.avoids_others = true;
    world.askers[1].waiter.since = world.workers[0]->now;
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_QUEUED);
    assert_int_equal(ask(2, 0, pool, params_empty()), POOL_QUEUED);
    give(0);
    assert_true(has(2));
    give(2);
    assert_false(has(1));
    assert_int_equal(world.closed, 0);
    assert_int_equal(ask(3, 0, pool, params_empty()), POOL_TAKEN);
    world_login(world.workers[0]);
    world_turn();
    assert_true(has(1));
    assert_int_equal(world.askers[1].server->only_of, 0);
}

/* Who waits for such a one had a server closed for that: this one is in its place. */
static void a_server_that_is_new_goes_to_who_waits_for_one(void **state)
{
    struct pool *pool = world.pools[0];

    (void)state;
    pool->size = 1;
    for (unsigned i = 0; i < 3; i++) {
        world.askers[i].waiter.avoids_others = i == 2;
        assert_int_equal(ask(i, 0, pool, params_empty()), POOL_QUEUED);
    }
    world_login(world.workers[0]);
    world_turn();
    assert_true(has(2));
    world.askers[2].server->only_of = 7;
    give(2);
    assert_true(has(0));
    give(0);
    assert_true(has(1));
}

/* Rather late than one that is not. */
static void it_is_waited_for_while_it_is_being_made(void **state)
{
    struct pool *pool = world.pools[0];

    (void)state;
    pool->size = 2;
    assert_int_equal(ask(0, 0, pool, params_empty()), POOL_QUEUED);
    world_login(world.workers[0]);
    world_turn();
    world.askers[0].server->only_of = 7;
    world.askers[1].waiter.avoids_others = true;
    assert_int_equal(ask(1, 0, pool, params_empty()), POOL_QUEUED);
    world_pass(POOL_LINE_PATIENCE + 1);
    give(0);
    assert_false(has(1));
    world_login(world.workers[0]);
    world_turn();
    assert_true(has(1));
    assert_int_equal(world.askers[1].server->only_of, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(
                    who_has_its_settings_goes_first_and_passes_nobody_over_for_ever, begin, end),
            cmocka_unit_test_setup_teardown(
                    who_waits_for_one_that_is_new_is_not_given_a_used_one, begin, end),
            cmocka_unit_test_setup_teardown(
                    a_server_that_is_new_goes_to_who_waits_for_one, begin, end),
            cmocka_unit_test_setup_teardown(it_is_waited_for_while_it_is_being_made, begin, end),
    };

    return cmocka_run_group_tests_name("pool_line", tests, NULL, NULL);
}
