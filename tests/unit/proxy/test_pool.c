/* SPDX-License-Identifier: PostgreSQL */
#include "tests/unit/proxy/pool_world.h"

static const struct params *other; /* startup values unlike the usual, which are none */

static int begin(void **state)
{
    other = params_with(params_empty(), "search_path", "other");
    return other == NULL ? -1 : world_begin(state);
}

static int end(void **state)
{
    int status = world_end(state);

    params_unref(other);
    return status;
}

static struct pool *pool(void)
{
    return world.pools[0];
}

/* On worker 0, with the usual values. */
static enum pool_taken ask_usual(unsigned i)
{
    return ask(i, 0, pool(), params_empty());
}

static bool has(unsigned i)
{
    return world.askers[i].server != NULL;
}

static void login(void)
{
    world_login(world.workers[0]);
    world_login(world.workers[1]);
    world_turn();
}

static void tend_at(sl_usec after)
{
    world_pass(after);
    pool_tend(pool(), world.workers[0]);
    world_turn();
}

/* ---- waiting ---- */

static void the_first_who_asks_has_a_server_made(void **state)
{
    (void)state;
    assert_int_equal(ask_usual(0), POOL_QUEUED);
    assert_int_equal(world.launched, 1);
    assert_int_equal(pool_counts(pool()).servers[POOL_LOGIN], 1);
    assert_int_equal(pool_counts(pool()).waiting, 1);
    assert_false(has(0));
    login();
    assert_true(has(0));
    assert_int_equal(pool_counts(pool()).servers[POOL_ACTIVE], 1);
    assert_int_equal(pool_counts(pool()).waiting, 0);
    give(0);
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 1);
    assert_int_equal(ask_usual(1), POOL_TAKEN);
    assert_int_equal(world.launched, 1);
}

static void of_equal_values_it_is_strictly_first_come_first_served(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(ask(i, i % 2, pool(), params_empty()), POOL_QUEUED);
    }
    login();
    for (unsigned i = 0; i < 8; i++) {
        assert_true(has(i));
        assert_int_equal(pool_counts(pool()).waiting, 7 - i);
        give(i);
        if (i < 7) { /* it has gone to the next already, whoever asks now */
            assert_int_equal(ask(8, i % 2, pool(), params_empty()), POOL_QUEUED);
            assert_true(pool_leave(pool(), &world.askers[8].waiter));
        }
        world_turn();
    }
    assert_int_equal(world.launched, 1);
}

static void who_has_left_the_line_is_not_served(void **state)
{
    (void)state;
    ask_usual(0);
    ask_usual(1);
    ask_usual(2);
    assert_true(pool_leave(pool(), &world.askers[1].waiter));
    assert_false(pool_leave(pool(), &world.askers[1].waiter));
    login();
    give(0);
    assert_false(has(1));
    assert_true(has(2));
}

static void a_server_on_its_way_to_one_who_left_goes_to_the_next(void **state)
{
    (void)state;
    ask_usual(0);
    ask(1, 1, pool(), params_empty());
    ask_usual(2);
    login();
    give(0); /* to client 1, by letter to its worker */
    assert_false(pool_leave(pool(), &world.askers[1].waiter));
    world.askers[1].has_left = true;
    world_turn();
    assert_false(has(1));
    assert_true(has(2));
    assert_int_equal(world.launched, 1);
}

/* ---- workers ---- */

static void a_server_of_the_clients_own_worker_comes_first(void **state)
{
    (void)state;
    pool()->size = 2;
    ask(0, 0, pool(), params_empty());
    ask(1, 1, pool(), params_empty());
    login();
    struct server *of_one = world.askers[1].server;
    give(1);
    give(0); /* the last used, but of the other worker */
    assert_int_equal(ask(2, 1, pool(), params_empty()), POOL_TAKEN);
    assert_ptr_equal(world.askers[2].server, of_one);
}

static void a_server_of_another_worker_comes_by_letter(void **state)
{
    (void)state;
    ask(0, 0, pool(), params_empty());
    login();
    give(0);
    assert_int_equal(ask(1, 1, pool(), params_empty()), POOL_QUEUED);
    assert_int_equal(pool_counts(pool()).waiting, 0); /* it is the client's already */
    assert_int_equal(pool_counts(pool()).servers[POOL_ACTIVE], 1);
    world_turn();
    assert_true(has(1));
    assert_ptr_equal(world.askers[1].server->io.worker, world.workers[1]);
    assert_true(sl_list_empty(&world.workers[0]->servers));
    give(1);
    assert_int_equal(ask(2, 1, pool(), params_empty()), POOL_TAKEN);
}

static void the_last_used_is_the_next_unless_round_robin(void **state)
{
    (void)state;
    pool()->size = 2;
    ask_usual(0);
    ask_usual(1);
    login();
    struct server *first = world.askers[0].server;
    struct server *last = world.askers[1].server;
    give(0);
    give(1);
    ask_usual(2);
    assert_ptr_equal(world.askers[2].server, last);
    give(2);
    pool()->round_robin = true;
    ask_usual(3);
    assert_ptr_equal(world.askers[3].server, first);
}

/* ---- startup values ---- */

static void a_server_serves_only_who_has_its_startup_values(void **state)
{
    (void)state;
    pool()->size = 2;
    ask_usual(0);
    login();
    give(0);
    assert_int_equal(ask(1, 0, pool(), other), POOL_QUEUED);
    assert_int_equal(world.launched, 2);
    login();
    assert_ptr_equal(world.askers[1].server->startup, other);
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 1);
}

static void in_a_full_pool_an_idle_server_of_no_use_makes_room(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    give(0);
    assert_int_equal(ask(1, 1, pool(), other), POOL_QUEUED);
    world_turn();
    assert_int_equal(world.closed, 1);
    login();
    assert_true(has(1));
    assert_int_equal(pool_counts(pool()).servers[POOL_ACTIVE], 1);
}

static void others_may_pass_over_the_first_for_a_while_only(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    ask(1, 0, pool(), other);
    ask_usual(2);
    ask_usual(3);
    world_pass(10 * SL_MSEC);
    give(0);
    assert_false(has(1));
    assert_true(has(2)); /* whose values fit */
    world_pass(60 * SL_MSEC);
    give(2);
    assert_false(has(3));
    assert_int_equal(world.closed, 1); /* and one is made for who has stood first */
    login();
    assert_true(has(1));
    assert_false(has(3));
}

static void login_the_oldest(void)
{
    SL_LIST_EACH (it, &world.workers[0]->servers) {
        struct server *server = SL_CONTAINER(it, struct server, link);
        if (server->state == SERVER_CONNECT) {
            server->state = SERVER_IDLE;
            pool_login_succeeded(pool(), server);
            pool_give(pool(), server, world.workers[0]);
            return;
        }
    }
}

static void servers_for_one_who_left_do_not_keep_the_first_waiting(void **state)
{
    (void)state;
    pool()->size = 3;
    ask(1, 0, pool(), other);
    assert_true(pool_leave(pool(), &world.askers[1].waiter)); /* its server is on its way */
    ask_usual(2);
    ask(3, 0, pool(), other);
    world_pass(60 * SL_MSEC); /* nobody may pass over the first any more */
    for (int i = 0; i < 8 && !has(2); i++) {
        login_the_oldest();
    }
    assert_true(has(2));
    assert_in_range(world.closed, 0, 2); /* theirs, and no more */
}

static void a_server_nobody_waits_for_is_closed_for_who_waits(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    ask(1, 0, pool(), other);
    give(0);
    assert_int_equal(world.closed, 1);
    login();
    assert_true(has(1));
}

/* ---- limits ---- */

static void no_more_servers_than_pool_size_are_made(void **state)
{
    (void)state;
    pool()->size = 3;
    for (unsigned i = 0; i < 8; i++) {
        ask_usual(i);
    }
    tend_at(SL_SECOND);
    assert_int_equal(world.launched, 3);
    login();
    tend_at(SL_SECOND);
    assert_int_equal(world.launched, 3);
    assert_true(has(0) && has(1) && has(2) && !has(3));
}

static void a_server_under_way_is_for_one_who_waits_not_for_all(void **state)
{
    (void)state;
    pool()->size = 5;
    ask_usual(0);
    tend_at(SL_MSEC);
    tend_at(SL_MSEC);
    assert_int_equal(world.launched, 1);
    ask_usual(1);
    assert_int_equal(world.launched, 2);
}

static void the_reserve_is_for_those_who_have_waited_long(void **state)
{
    (void)state;
    pool()->reserve = 1;
    pool()->reserve_after = 5 * SL_SECOND;
    ask_usual(0);
    login();
    ask_usual(1);
    ask_usual(2);
    tend_at(4 * SL_SECOND);
    assert_int_equal(world.launched, 1);
    tend_at(SL_SECOND);
    assert_int_equal(world.launched, 2);
    tend_at(SL_SECOND);
    assert_int_equal(world.launched, 2);
}

static void the_limit_of_a_database_holds_for_all_its_pools(void **state)
{
    (void)state;
    world.pools[0]->database_max = world.pools[1]->database_max = 1;
    ask(0, 0, world.pools[0], params_empty());
    login();
    ask(1, 0, world.pools[1], params_empty());
    assert_int_equal(world.launched, 1);
    assert_int_equal(atomic_load(&world.database->servers), 1);
    pool_tend(world.pools[1], world.workers[0]);
    assert_int_equal(world.launched, 1);
    give(0);
    pool_tend(world.pools[1], world.workers[0]); /* the idle one of the other makes room */
    world_turn();
    pool_tend(world.pools[1], world.workers[0]);
    login();
    assert_true(has(1));
    assert_int_equal(atomic_load(&world.database->servers), 1);
}

static void min_pool_size_is_kept_while_somebody_uses_the_pool(void **state)
{
    (void)state;
    pool()->size = 5;
    pool()->min = 2;
    tend_at(SL_SECOND);
    assert_int_equal(world.launched, 0);
    atomic_store(&pool()->clients, 1);
    for (int i = 0; i < 5; i++) {
        tend_at(SL_SECOND);
        login();
    }
    assert_int_equal(world.launched, 2);
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 2);
}

/* ---- when a pool is looked at again ---- */

static sl_usec next_look(void)
{
    sl_usec next = pool_tend(pool(), world.workers[0]);

    world_turn();
    return next;
}

static void a_pool_nobody_waits_for_need_not_be_looked_at(void **state)
{
    (void)state;
    assert_true(next_look() == TICK_NEVER);
    ask_usual(0);
    assert_true(next_look() <= world.workers[0]->now);
    login();
    assert_true(next_look() == TICK_NEVER);
    ask(1, 1, pool(), params_empty());
    assert_true(next_look() <= world.workers[0]->now);
    atomic_store(&world.is_paused, true);
    assert_true(next_look() == TICK_NEVER); /* the end of a pause is told */
    atomic_store(&world.is_paused, false);
    give(0);
    assert_true(next_look() == TICK_NEVER);
}

static void below_min_pool_size_it_is_when_connecting_is_tried_again(void **state)
{
    struct sl_error error = {.sqlstate = "08006", .text = "no"};
    sl_usec now = world.workers[0]->now;

    (void)state;
    pool()->size = 5;
    pool()->min = 1;
    assert_true(next_look() == TICK_NEVER); /* nobody uses it */
    atomic_store(&pool()->clients, 1);
    pool_login_failed(pool(), world.workers[0], &error, true);
    assert_in_range(next_look(), now + 1, now + SL_SECOND);
    assert_int_equal(world.launched, 0);
    world_pass(SL_SECOND);
    assert_true(next_look() == TICK_NEVER); /* it is tried: its end is told */
    assert_int_equal(world.launched, 1);
    login();
    assert_true(next_look() == TICK_NEVER);
}

/* Worker 0 may be resting whenever these happen. */
static void what_makes_a_look_worth_while_is_told(void **state)
{
    unsigned tends = 0;

    (void)state;
    ask(0, 1, pool(), params_empty());
    assert_true(world.tends > tends); /* somebody waits */
    tends = world.tends;
    login();
    assert_true(world.tends > tends); /* a server is there */
    tends = world.tends;
    struct server *server = world.askers[0].server;
    world.askers[0].server = NULL;
    pool_forget(pool(), server, world.workers[1]);
    assert_true(world.tends > tends); /* one less than there were */
    sl_list_remove(&server->link);
    params_unref(server->startup);
    params_unref(server->params);
    params_unref(server->reported);
    free(server);
}

static void of_the_idle_only_those_above_min_pool_size_are_spare(void **state)
{
    struct server *servers[3];

    (void)state;
    pool()->size = 3;
    pool()->min = 1;
    for (unsigned i = 0; i < 3; i++) {
        ask(i, i % 2, pool(), params_empty());
    }
    login();
    for (unsigned i = 0; i < 3; i++) {
        servers[i] = world.askers[i].server;
        assert_non_null(servers[i]);
        give(i);
    }
    /* On two workers at once: what is withdrawn and not closed yet counts no more. */
    assert_true(pool_withdraw(pool(), servers[0], true));
    assert_true(pool_withdraw(pool(), servers[1], true));
    assert_false(pool_withdraw(pool(), servers[2], true));
    server_close(servers[0], "idle");
    server_close(servers[1], "idle");
    assert_false(pool_withdraw(pool(), servers[2], true));
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 1);
    pool()->min = 0;
    assert_true(pool_withdraw(pool(), servers[2], true));
}

static void without_memory_for_a_server_nothing_stays_counted(void **state)
{
    (void)state;
    world.no_memory = true;
    ask_usual(0);
    assert_int_equal(pool_counts(pool()).servers[POOL_LOGIN], 0);
    assert_int_equal(atomic_load(&world.database->servers), 0);
    world.no_memory = false;
    tend_at(SL_SECOND);
    login();
    assert_true(has(0));
}

/* ---- pause, failure, age ---- */

static void while_paused_nothing_is_handed_out(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    atomic_store(&world.is_paused, true);
    ask_usual(1);
    give(0);
    assert_string_equal(world.close_reason, "paused"); /* at once, when it is released */
    tend_at(SL_SECOND);
    assert_false(has(1));
    assert_int_equal(world.launched, 1);
    atomic_store(&world.is_paused, false);
    tend_at(SL_SECOND);
    login();
    assert_true(has(1));
}

static void what_was_idle_before_a_pause_is_closed_too(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    give(0);
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 1);
    atomic_store(&world.database->is_paused, true);
    tend_at(SL_MSEC);
    assert_string_equal(world.close_reason, "paused");
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 0);
}

static void after_a_suspend_the_idle_go_to_who_waits_in_order(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    atomic_store(&world.is_suspended, true);
    give(0);
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 1);
    ask(1, 1, pool(), params_empty());
    ask_usual(2);
    atomic_store(&world.is_suspended, false);
    assert_int_equal(ask_usual(3), POOL_QUEUED); /* nor does a newcomer get it */
    tend_at(SL_MSEC);
    assert_true(has(1));
    assert_false(has(2));
    assert_false(has(3));
}

static void a_disabled_database_refuses_who_is_new(void **state)
{
    struct sl_error error;

    (void)state;
    assert_false(pool_is_disabled(pool(), &error));
    atomic_store(&world.database->is_disabled, true);
    assert_true(pool_is_disabled(pool(), &error));
    assert_string_equal(error.sqlstate, "57P03");
}

static void fail_login(bool keep_waiting)
{
    struct sl_error error = {.sqlstate = "28P01", .text = "no"};
    struct server *server = SL_CONTAINER(world.workers[0]->servers.next, struct server, link);

    pool_login_failed(pool(), world.workers[0], &error, keep_waiting);
    server_close(server, "login failed");
    world_turn();
}

static void attempts_come_back_at_moments_of_their_own(void **state)
{
    struct sl_error error = {.sqlstate = "57P03", .text = "the database system is starting up"};
    sl_usec now = world.workers[0]->now;
    sl_usec least = SL_SECOND;
    sl_usec most = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        world.workers[0]->now = now + i;
        pool_login_failed(pool(), world.workers[0], &error, true);
        sl_usec delay = pool()->retry_at - world.workers[0]->now;
        assert_true(delay <= pool()->backoff && delay > pool()->backoff - pool()->backoff / 4);
        if (pool()->backoff == SL_SECOND) {
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
    }
    assert_true(most - least > 100 * SL_MSEC);
    world.workers[0]->now = now;
}

static void who_waits_without_hope_is_told_why(void **state)
{
    (void)state;
    ask_usual(0);
    ask(1, 1, pool(), params_empty());
    fail_login(false);
    assert_string_equal(world.askers[0].refusal.sqlstate, "28P01");
    assert_string_equal(world.askers[1].refusal.sqlstate, "28P01");
    assert_int_equal(pool_counts(pool()).waiting, 0);
}

static void while_a_server_works_a_failed_login_refuses_nobody(void **state)
{
    (void)state;
    pool()->size = 2;
    ask_usual(0);
    login();
    ask_usual(1);
    fail_login(false); /* the list's first is the working one */
    assert_string_equal(world.askers[1].refusal.sqlstate, "");
    assert_int_equal(pool_counts(pool()).waiting, 1);
    world.askers[0].server = NULL;
}

static void failed_logins_are_tried_again_ever_later_up_to_a_second(void **state)
{
    sl_usec waits[8];

    (void)state;
    ask_usual(0);
    for (size_t i = 0; i < SL_COUNT(waits); i++) {
        unsigned launched = world.launched;
        fail_login(true);
        assert_int_equal(world.launched, launched); /* not at once */
        for (waits[i] = 0; world.launched == launched; waits[i] += SL_MSEC) {
            tend_at(SL_MSEC);
            assert_true(waits[i] <= SL_SECOND);
        }
        /* Twice as long, of which a quarter may be left out, until it is a second. */
        assert_true(i == 0 || i > 4 || waits[i] > waits[i - 1]);
    }
    assert_true(waits[0] <= 100 * SL_MSEC);
    assert_true(waits[7] >= 740 * SL_MSEC);
    login();
    assert_true(has(0));
}

static void lifetimes_end_one_after_the_other(void **state)
{
    (void)state;
    pool()->size = 4;
    pool()->lifetime = 60 * SL_SECOND;
    ask_usual(0);
    ask_usual(1);
    login();
    const struct server *one = world.askers[0].server;
    const struct server *two = world.askers[1].server;
    sl_usec now = one->connected_at + 60 * SL_SECOND;
    assert_false(pool_lifetime_over(pool(), one, now - 1));
    assert_true(pool_lifetime_over(pool(), one, now));
    assert_false(pool_lifetime_over(pool(), two, now));
    assert_false(pool_lifetime_over(pool(), two, now + 15 * SL_SECOND - 1));
    assert_true(pool_lifetime_over(pool(), two, now + 15 * SL_SECOND));
}

static void reconnecting_closes_the_idle_now_and_the_others_when_free(void **state)
{
    (void)state;
    pool()->size = 2;
    ask_usual(0);
    ask_usual(1);
    login();
    give(1);
    pool_recycle(pool(), world.workers[0]);
    world_turn();
    assert_int_equal(world.closed, 1);
    give(0);
    assert_int_equal(world.closed, 2);
    ask_usual(2);
    login();
    give(2);
    assert_int_equal(world.closed, 2);
}

static void an_idle_server_is_withdrawn_by_one_only(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    struct server *server = world.askers[0].server;
    assert_false(pool_withdraw(pool(), server, false));
    give(0);
    assert_true(pool_withdraw(pool(), server, false));
    assert_false(pool_withdraw(pool(), server, false));
    assert_int_equal(ask_usual(1), POOL_QUEUED);
    server_close(server, "idle for too long");
    login();
    assert_true(has(1));
}

/* ---- lending ---- */

/* As link_free_server() does; the one that is lent keeps its time. */
static void give_at(unsigned i)
{
    world.askers[i].server->idle_since = world.workers[0]->now;
    give(i);
}

static struct server *lend(sl_usec rest)
{
    struct worker *lender = pool_lender(pool(), world.workers[0]->now, rest);
    struct server *server = pool_lend(pool(), world.workers[0], rest);

    assert_ptr_equal(lender, server == NULL ? NULL : world.workers[0]);
    return server;
}

static void the_server_that_rested_longest_is_lent_and_put_back_there(void **state)
{
    (void)state;
    pool()->size = 2;
    ask_usual(0);
    ask_usual(1);
    login();
    struct server *longest = world.askers[0].server;
    struct server *last = world.askers[1].server;
    assert_null(lend(0)); /* none is idle */
    give_at(0);
    world_pass(10 * SL_MSEC);
    give_at(1);
    assert_null(lend(11 * SL_MSEC));
    assert_ptr_equal(lend(10 * SL_MSEC), longest);
    assert_int_equal(pool_counts(pool()).servers[POOL_TESTED], 1);
    assert_null(lend(10 * SL_MSEC)); /* the other has not rested for as long */
    pool_give(pool(), longest, world.workers[0]);
    assert_int_equal(pool_counts(pool()).servers[POOL_IDLE], 2);
    ask_usual(2);
    assert_ptr_equal(world.askers[2].server, last); /* the last used is the next, as ever */
    ask_usual(3);
    assert_ptr_equal(world.askers[3].server, longest);
    give_at(2);
    give_at(3); /* what was lent once is nothing special any more */
    ask_usual(4);
    assert_ptr_equal(world.askers[4].server, longest);
}

static void nothing_is_lent_while_somebody_waits_or_it_is_paused(void **state)
{
    (void)state;
    ask_usual(0);
    login();
    give_at(0);
    world_pass(SL_SECOND);
    atomic_store(&world.is_paused, true);
    assert_null(lend(SL_MSEC));
    atomic_store(&world.is_paused, false);
    atomic_store(&world.is_suspended, true);
    ask_usual(1); /* waits, with a server idle */
    assert_null(lend(SL_MSEC));
    atomic_store(&world.is_suspended, false);
    assert_null(lend(SL_MSEC));
    tend_at(SL_MSEC);
    assert_true(has(1));
    give_at(1);
    world_pass(SL_SECOND);
    struct server *lent = lend(SL_MSEC);
    assert_non_null(lent);
    ask_usual(2); /* comes too late, and is the next */
    assert_false(has(2));
    assert_int_equal(world.launched, 1);
    pool_give(pool(), lent, world.workers[0]);
    world_turn();
    assert_ptr_equal(world.askers[2].server, lent);
}

static void what_servers_report_is_known_by_their_startup_values(void **state)
{
    const struct params *reported;
    const struct params *settable;

    (void)state;
    assert_false(pool_welcome(pool(), other, &reported, &settable));
    ask(0, 0, pool(), other);
    login();
    assert_true(pool_welcome(pool(), other, &reported, &settable));
    params_unref(reported);
    params_unref(settable);
    assert_false(pool_welcome(pool(), params_empty(), &reported, &settable));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
            CASE(the_first_who_asks_has_a_server_made),
            CASE(of_equal_values_it_is_strictly_first_come_first_served),
            CASE(who_has_left_the_line_is_not_served),
            CASE(a_server_on_its_way_to_one_who_left_goes_to_the_next),
            CASE(a_server_of_the_clients_own_worker_comes_first),
            CASE(a_server_of_another_worker_comes_by_letter),
            CASE(the_last_used_is_the_next_unless_round_robin),
            CASE(a_server_serves_only_who_has_its_startup_values),
            CASE(in_a_full_pool_an_idle_server_of_no_use_makes_room),
            CASE(others_may_pass_over_the_first_for_a_while_only),
            CASE(servers_for_one_who_left_do_not_keep_the_first_waiting),
            CASE(a_server_nobody_waits_for_is_closed_for_who_waits),
            CASE(no_more_servers_than_pool_size_are_made),
            CASE(a_server_under_way_is_for_one_who_waits_not_for_all),
            CASE(the_reserve_is_for_those_who_have_waited_long),
            CASE(the_limit_of_a_database_holds_for_all_its_pools),
            CASE(min_pool_size_is_kept_while_somebody_uses_the_pool),
            CASE(a_pool_nobody_waits_for_need_not_be_looked_at),
            CASE(below_min_pool_size_it_is_when_connecting_is_tried_again),
            CASE(what_makes_a_look_worth_while_is_told),
            CASE(of_the_idle_only_those_above_min_pool_size_are_spare),
            CASE(without_memory_for_a_server_nothing_stays_counted),
            CASE(while_paused_nothing_is_handed_out),
            CASE(what_was_idle_before_a_pause_is_closed_too),
            CASE(after_a_suspend_the_idle_go_to_who_waits_in_order),
            CASE(a_disabled_database_refuses_who_is_new),
            CASE(attempts_come_back_at_moments_of_their_own),
            CASE(who_waits_without_hope_is_told_why),
            CASE(while_a_server_works_a_failed_login_refuses_nobody),
            CASE(failed_logins_are_tried_again_ever_later_up_to_a_second),
            CASE(lifetimes_end_one_after_the_other),
            CASE(reconnecting_closes_the_idle_now_and_the_others_when_free),
            CASE(an_idle_server_is_withdrawn_by_one_only),
            CASE(the_server_that_rested_longest_is_lent_and_put_back_there),
            CASE(nothing_is_lent_while_somebody_waits_or_it_is_paused),
            CASE(what_servers_report_is_known_by_their_startup_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
