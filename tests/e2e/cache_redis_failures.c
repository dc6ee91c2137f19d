/* SPDX-License-Identifier: PostgreSQL */
/* Part of test_cache_redis.c: Redis is away, hangs, forgets, is full, or somebody else wrote at our keys. */
#include "tests/e2e/cache_redis_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct side *a;
static struct side *b;

static void two_sides(void)
{
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    side_up(a);
    side_up(b);
}

static struct tier_status status_of(const struct side *side)
{
    struct tier_status status;

    tier_status(side->tier, &status);
    return status;
}

static void lose_server(int sig)
{
    world_kill(sig);
    SOON(status_of(a).state == TIER_AWAY && status_of(b).state == TIER_AWAY);
}

static void stop_server(int sig)
{
    assert_int_equal(kill(world.server.pid, sig), 0);
}

/* ---- it forgets ---- */

static void an_older_dump_brings_nothing_back(void **state)
{
    (void)state;
    two_sides();
    side_fill(a, 1, "old");
    world_do("SAVE"); /* tokens, and the entry that has them */
    assert_true(side_write(b));
    expect_miss(a, 1, TIER_STALE);
    lose_server(SIGKILL);
    world_serve(NULL);
    side_up(a);
    side_up(b);
    redis_drop(world.admin);
    assert_string_equal(world_do("EXISTS %s", side_entry(a, 1)), "1"); /* it is back */
    expect_miss(a, 1, TIER_STALE);
    expect_miss(b, 1, TIER_STALE);
    side_fill(a, 1, "new");
    expect_hit(b, 1, "new");
}

static void a_write_while_it_is_away_is_made_good(void **state)
{
    struct told told;
    struct asked asked;

    (void)state;
    two_sides();
    side_fill(a, 1, "old");
    world_do("SAVE");
    lose_server(SIGTERM);
    assert_false(side_tell(a, true, &told));
    assert_false(told.is_done);
    assert_false(tier_instance_is_sound(a->instance));
    assert_false(side_ask(a, 1, &asked));
    world_serve(NULL);
    side_up(a);
    side_up(b);
    assert_true(tier_instance_is_sound(a->instance));
    assert_true(side_counts(a).epochs >= 1);
    expect_miss(b, 1, TIER_STALE);
}

/* The connection goes, the server and all in it stay: only the new epoch tells. */
static void a_write_whose_answer_is_lost_is_made_good(void **state)
{
    struct told told;

    (void)state;
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    a->options.quiet_wait = 50 * SL_MSEC;
    a->options.ack_timeout = 10 * SL_MSEC;
    side_up(a);
    side_up(b);
    side_fill(b, 1, "old");
    uint64_t epochs = side_counts(a).epochs;
    stop_server(SIGSTOP);
    assert_true(side_tell(a, true, &told));
    SOON(told.is_done);
    assert_false(told.is_told);
    assert_false(tier_instance_is_sound(a->instance));
    SOON(status_of(a).counts.losses == 1);
    stop_server(SIGCONT);
    side_up(a);
    assert_true(side_counts(a).epochs > epochs);
    expect_miss(b, 1, TIER_STALE);
}

/* ---- it hangs ---- */

static void who_hangs_is_not_asked_any_more(void **state)
{
    struct asked asked[8];
    struct asked more;

    (void)state;
    a = side_prepare(0, "web1");
    side_up(a);
    side_fill(a, 1, "old");
    side_close(a, true);
    side_prepare(0, "web1");
    a->options.deadline = 50 * SL_MSEC;
    side_up(a);
    stop_server(SIGSTOP);
    size_t count = 0;
    while (count < CASE_COUNT(asked) && side_ask(a, 1, &asked[count])) {
        SOON(asked[count].is_done);
        assert_int_equal(asked[count].answer.result, TIER_LATE);
        count++;
    }
    assert_int_equal(count, 5); /* failures_max */
    assert_int_equal(a->events[TIER_EVENT_OPENED], 1);
    assert_string_equal(tier_why(a->tier), "its answers were late");
    uint64_t lookups = side_counts(a).lookups;
    for (int i = 0; i < 100; i++) {
        assert_false(side_ask(a, 1, &more));
        world_pump();
    }
    assert_int_equal(side_counts(a).lookups, lookups);
    stop_server(SIGCONT);
    SOON(a->late_hits == 5);
    assert_string_equal(a->late_body, "old");
    a->options.deadline = 20 * SL_SECOND;
    SOON(status_of(a).breaker == BREAKER_CLOSED);
    assert_int_equal(status_of(a).counts.losses, 0);
}

/* It was only slow: it has the tokens, and no epoch is needed. */
static void an_acknowledgement_that_comes_late_is_enough(void **state)
{
    struct told told;

    (void)state;
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    a->options.ack_timeout = 10 * SL_MSEC;
    side_up(a);
    side_up(b);
    side_fill(b, 1, "old");
    side_fill(b, 2, "other");
    uint64_t epochs = side_counts(a).epochs;
    stop_server(SIGSTOP);
    assert_true(side_tell(a, true, &told));
    SOON(told.is_done);
    assert_false(told.is_told);
    assert_int_equal(status_of(a).breaker, BREAKER_OPEN);
    assert_false(tier_instance_is_sound(a->instance));
    assert_false(side_tell(a, true, &told)); /* sent, and not awaited */
    stop_server(SIGCONT);
    SOON(tier_instance_is_sound(a->instance));
    side_up(a);
    assert_int_equal(side_counts(a).epochs, epochs);
    expect_miss(b, 1, TIER_STALE);
}

/* One worker's write is missed: none of the others asks. */
static void what_one_worker_missed_stops_all(void **state)
{
    struct told told;
    struct asked asked;
    const struct tier_hooks hooks = {.self = NULL};

    (void)state;
    a = side_prepare(0, "web1");
    side_up(a);
    side_fill(a, 1, "old");
    struct tier *other = tier_new(a->instance, 1, &hooks);
    assert_non_null(other);
    struct side second = *a;
    second.tier = other;
    assert_false(side_tell(&second, true, &told)); /* it is not connected */
    assert_false(side_ask(a, 1, &asked));
    tier_free(other);
    side_up(a);
    assert_true(tier_instance_is_sound(a->instance));
    expect_miss(a, 1, TIER_STALE);
}

/* ---- it is full, or evicts ---- */

static void full_is_no_reason_to_be_stale(void **state)
{
    char body[200];
    struct asked asked;

    (void)state;
    two_sides();
    side_fill(a, 1, "old");
    world_do("CONFIG SET maxmemory 1mb");
    world_do("CONFIG SET maxmemory-policy noeviction");
    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    side_find(a, 2, &asked);
    assert_true(side_put(a, 2, &asked, body));
    side_flush_puts(a);
    assert_true(side_counts(a).errors[TIER_OUT_OF_MEMORY] > 0);
    expect_hit(b, 1, "old");
    assert_true(side_write(b)); /* its tokens are deleted */
    side_find(a, 1, &asked);
    assert_int_equal(asked.answer.result, TIER_MISS);
    world_do("CONFIG SET maxmemory 0");
    expect_miss(a, 1, TIER_ABSENT); /* mended */
    expect_miss(a, 1, TIER_STALE);
    side_fill(a, 1, "new");
    expect_hit(b, 1, "new");
}

static void what_is_evicted_is_a_miss(void **state)
{
    unsigned hits = 0;
    unsigned version[50] = {0};
    char body[160];

    (void)state;
    two_sides();
    world_do("CONFIG SET maxmemory-policy allkeys-random");
    world_do("CONFIG SET maxmemory-samples 1");
    const char *used = strstr(world_do("INFO memory"), "used_memory:");
    long bytes = strtol(used + strlen("used_memory:"), NULL, 10);
    world_do("CONFIG SET maxmemory %ld", bytes + 20000);
    for (unsigned i = 0; i < 4000; i++) {
        struct side *side = i % 2 == 0 ? a : b;
        struct asked asked;
        const unsigned key = i * 7919 % 50;
        if (i % 97 == 0) {
            for (unsigned k = 0; k < 50; k++) {
                version[k]++;
            }
            side_write(side);
        }
        if (!side_ask(side, key, &asked)) {
            side_up(side);
            continue;
        }
        SOON(asked.is_done);
        snprintf(body, sizeof body, "%0120u", version[key]);
        if (asked.answer.result == TIER_HIT) {
            hits++;
            assert_string_equal(asked.body, body);
        } else if (asked.proof_len > 0) {
            side_put(side, key, &asked, body);
        }
    }
    world_do("CONFIG SET maxmemory 0");
    assert_true(hits > 50);
    assert_true(strtol(strstr(world_do("INFO stats"), "evicted_keys:") + 13, NULL, 10) > 50);
}

/* ---- somebody else wrote at our keys ---- */

static void keys_of_another_type_are_deleted(void **state)
{
    static const char *const keys[] = {"v:public.users", "epoch", "inst", "hot"};

    (void)state;
    two_sides();
    for (size_t i = 0; i < CASE_COUNT(keys); i++) {
        world_do("DEL %s", side_name(a, keys[i]));
        world_do("%s %s x", i == 1 ? "LPUSH" : "SET", side_name(a, keys[i]));
        struct asked asked;
        side_find(a, 1, &asked);
        assert_true(side_write(a));
        side_fill(a, 1, "x");
        expect_hit(b, 1, "x");
    }
    world_do("DEL %s", side_entry(a, 1));
    world_do("LPUSH %s x", side_entry(a, 1));
    expect_miss(b, 1, TIER_ABSENT);
    side_fill(a, 1, "y");
    expect_hit(b, 1, "y");
    assert_true(side_counts(b).errors[TIER_WRONG_TYPE] > 0);
    world_do("SET %s x", side_name(a, "v:public.users"));
    assert_true(side_write(a)); /* the writer finds it */
    side_fill(a, 1, "z");
    expect_hit(b, 1, "z");
    world_do("SET %s x", side_name(a, "inst")); /* the greeting does */
    side_close(a, false);
    side_prepare(0, "web1");
    side_up(a);
    assert_string_equal(world_do("TYPE %s", side_name(a, "inst")), "hash");
}

static void tokens_that_are_none_prove_nothing(void **state)
{
    static const char *const bad[] = {
            "x", "1@", "1@00", "1@0123456789abcdef!", "18446744073709551616@0123456789abcdef"};

    (void)state;
    two_sides();
    for (size_t i = 0; i < CASE_COUNT(bad); i++) {
        side_fill(a, 1, "x");
        world_do("HSET %s any %s", side_name(a, "v:public.users"), bad[i]);
        expect_miss(b, 1, TIER_ABSENT); /* mended, and not asked again */
        expect_miss(b, 1, TIER_STALE);
        side_fill(a, 1, "x");
        world_do("HSET %s base %s", side_name(a, "v:public.orders"), bad[i]);
        expect_miss(b, 1, TIER_ABSENT);
        expect_miss(b, 1, TIER_STALE);
    }
}

static void entries_that_are_damaged_are_misses(void **state)
{
    (void)state;
    two_sides();
    const char *entry = side_entry(a, 1);
    static const char *const damages[][2] = {{"HSET", "body TheltoC"}, {"HSET", "body Thell"},
            {"HSET", "seal 1"}, {"HSET", "seal x"}, {"HDEL", "seal"}, {"HDEL", "body"},
            {"HDEL", "tags"}};
    for (size_t i = 0; i < CASE_COUNT(damages); i++) {
        side_fill(a, 1, "hello");
        expect_hit(b, 1, "hello");
        world_do("%s %s %s", damages[i][0], entry, damages[i][1]);
        expect_miss(b, 1, i < 4 ? TIER_DAMAGED : TIER_ABSENT);
    }
    side_fill(a, 1, "hello");
    world_do("HSET %s seal 999", entry);
    expect_miss(b, 1, TIER_OTHER_VERSION);
    side_fill(a, 1, "hello");
    side_fill(a, 2, "other");
    world_do("COPY %s %s REPLACE", side_entry(a, 2), entry); /* of another key */
    expect_miss(b, 1, TIER_DAMAGED);
    side_fill(a, 1, "hello");
    expect_hit(b, 1, "hello");
}

/* It is not read to its end; the connection is given up, and what was there is deleted. */
static void what_is_too_large_is_not_read(void **state)
{
    struct asked asked;

    (void)state;
    two_sides();
    side_fill(a, 1, "hello");
    world_do("SETRANGE giant 50000000 x");
    world_do("EVAL redis.call('hset',KEYS[2],'body',redis.call('get',KEYS[1])) 2 giant %s",
            side_entry(a, 1));
    side_find(b, 1, &asked);
    assert_int_equal(asked.answer.result, TIER_LATE);
    assert_string_equal(tier_why(b->tier), "a reply is longer than 131072 bytes");
    side_up(b);
    expect_miss(b, 1, TIER_ABSENT);
    world_do("EVAL redis.call('hset',KEYS[2],'any',redis.call('get',KEYS[1])) 2 giant %s",
            side_name(a, "v:public.users"));
    side_find(b, 1, &asked);
    assert_int_equal(asked.answer.result, TIER_LATE);
    side_up(b);
    expect_miss(b, 1, TIER_ABSENT);
    side_fill(a, 1, "hello");
    expect_hit(b, 1, "hello");
}

static void an_answer_that_is_too_long_is_not_put(void **state)
{
    static char body[70000];
    struct asked asked;

    (void)state;
    two_sides();
    memset(body, 'x', sizeof body - 1);
    side_find(a, 1, &asked);
    assert_false(side_put(a, 1, &asked, body));
    body[65000] = '\0';
    assert_true(side_put(a, 1, &asked, body));
    side_flush_puts(a);
    side_find(b, 1, &asked);
    assert_int_equal(asked.answer.result, TIER_HIT);
    assert_int_equal(asked.answer.parts.rows.len, 65000);
}

/* ---- who it lets in, and what it is ---- */

static void a_password_is_asked_for(void **state)
{
    (void)state;
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    world_do("CONFIG SET requirepass secret");
    side_open(a);
    SOON(status_of(a).state == TIER_REFUSED);
    assert_non_null(strstr(tier_why(a->tier), "NOAUTH"));
    assert_int_equal(a->events[TIER_EVENT_REFUSED], 1);
    b->options.password = "wrong";
    side_open(b);
    SOON(status_of(b).state == TIER_REFUSED);
    assert_non_null(strstr(tier_why(b->tier), "WRONGPASS"));
    side_close(a, false);
    side_close(b, false);
    side_prepare(0, "web1")->options.password = "secret";
    side_prepare(1, "web2")->options.password = "secret";
    a->options.number = b->options.number = 3;
    side_up(a);
    side_up(b);
    side_listen(b);
    side_fill(a, 1, "x");
    expect_hit(b, 1, "x");
    assert_true(side_write(a));
    SOON(strstr(b->heard, "any end;") != NULL);
    redis_drop(world.admin);
    world_do("AUTH secret");
    assert_string_equal(world_do("EXISTS %s", side_entry(a, 1)), "0"); /* in 0 */
    world_do("SELECT 3");
    assert_string_equal(world_do("EXISTS %s", side_entry(a, 1)), "1");
    world_do("CONFIG SET requirepass ~");
    redis_drop(world.admin);
}

static void a_user_with_few_rights_will_do(void **state)
{
    (void)state;
    world_do("ACL SETUSER sluice on >secret ~sluice:* &sluice:* +hmget +hset +hsetnx +hlen +hget "
             "+hgetall "
             "+get +set +setnx +del +expire +pexpire +zincrby +zremrangebyrank +multi +exec "
             "+discard +publish +subscribe +ping +info +time +select +client|setname");
    a = side_prepare(0, "web1");
    b = side_prepare(1, "web2");
    a->options.user = b->options.user = "sluice";
    a->options.password = b->options.password = "secret";
    side_up(a);
    side_up(b);
    side_listen(b);
    side_fill(a, 1, "x");
    expect_hit(b, 1, "x");
    tier_hot(a->tier, (struct sl_hash128){.hi = 1, .lo = 1}, 7, 4900);
    assert_true(side_write(a));
    expect_miss(b, 1, TIER_STALE);
    tier_end_all(a->tier, NULL, sl_now());
    side_flush_puts(a);
    for (unsigned i = 0; i < TIER_ERRORS; i++) {
        assert_int_equal(side_counts(a).errors[i], 0);
    }
    world_do("ACL SETUSER sluice -publish");
    struct told told;
    side_tell(a, true, &told);
    SOON(status_of(a).state == TIER_REFUSED);
    assert_non_null(strstr(tier_why(a->tier), "NOPERM"));
    assert_false(side_tell(a, true, &told));
    assert_false(tier_instance_is_sound(a->instance));
    world_do("ACL DELUSER sluice");
}

static void a_cluster_and_a_replica_are_refused(void **state)
{
    (void)state;
    world_kill(SIGKILL);
    char more
            [64]; /* its other port is not its own and 10,000: somebody's connection may have that */
    snprintf(more, sizeof more, "--cluster-enabled yes --cluster-port %d", proc_free_port());
    world_serve(more);
    a = side_prepare(0, "web1");
    side_open(a);
    SOON(status_of(a).state == TIER_REFUSED);
    assert_non_null(strstr(tier_why(a->tier), "Redis Cluster is not spoken"));
    world_kill(SIGKILL);
    world_serve("--replicaof 127.0.0.1 1");
    b = side_prepare(1, "web2");
    side_open(b);
    SOON(status_of(b).counts.connects >= 1 && status_of(b).state == TIER_AWAY &&
            status_of(b).counts.connects > 1);
    assert_non_null(strstr(tier_why(b->tier), "replica"));
    world_kill(SIGKILL);
}

static void it_may_be_elsewhere(void **state)
{
    (void)state;
    a = side_prepare(0, "web1");
    a->options.path = NULL;
    a->options.address = "127.0.0.1";
    a->options.port = world.port;
    side_up(a);
    side_fill(a, 1, "x");
    expect_hit(a, 1, "x");
    b = side_prepare(1, "web2");
    b->options.path = NULL;
    b->options.address = "localhost"; /* a name, which nobody resolves here */
    side_open(b);
    SOON(strstr(tier_why(b->tier), "numeric") != NULL);
    side_close(b, false);
    b->options.address = "127.0.0.1";
    b->options.port = 1;
    side_open(b);
    SOON(strstr(tier_why(b->tier), "connect: ") != NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, world_case, world_case_end)

size_t cache_redis_failures(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {CASE(an_older_dump_brings_nothing_back),
            CASE(a_write_while_it_is_away_is_made_good),
            CASE(a_write_whose_answer_is_lost_is_made_good), CASE(who_hangs_is_not_asked_any_more),
            CASE(an_acknowledgement_that_comes_late_is_enough),
            CASE(what_one_worker_missed_stops_all), CASE(full_is_no_reason_to_be_stale),
            CASE(what_is_evicted_is_a_miss), CASE(keys_of_another_type_are_deleted),
            CASE(tokens_that_are_none_prove_nothing), CASE(entries_that_are_damaged_are_misses),
            CASE(what_is_too_large_is_not_read), CASE(an_answer_that_is_too_long_is_not_put),
            CASE(a_password_is_asked_for), CASE(a_user_with_few_rights_will_do),
            CASE(a_cluster_and_a_replica_are_refused), CASE(it_may_be_elsewhere)};

    for (size_t i = 0; i < CASE_COUNT(own); i++) {
        cases[i] = own[i];
    }
    return CASE_COUNT(own);
}
