/* SPDX-License-Identifier: PostgreSQL */
/*
 * Part of test_shared.c: a Sluice starts. What is in Redis is given by it where the other one has read the change
 * stream all the while, and never where nobody has, or Redis is another than it was.
 */
#include "tests/e2e/shared_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, KEPT = 20, TRIES = 10, LOOKS = 40, LOOK_MS = 5, PUT_AGAIN_MS = 20 };

static const char count_entries[] = "eval \"return #redis.call('keys', 'sluice:db@*:q:*')\" 0";

/* Each of its own, and by the first Sluice: rows 701 and on. */
static const char *question(int i)
{
    static char sql[TEXT_MAX];

    snprintf(sql, sizeof sql, "select v || ' of before' from t where id = %d", 700 + i);
    return sql;
}

static const char *epoch_now(const struct sluice *of)
{
    char command[TEXT_MAX];

    snprintf(command, sizeof command, "get '%sepoch'", told_of_redis(of, "names"));
    return ask_redis(command);
}

/*
 * All of them are in Redis: each was found there by the second one. What the streams tell of the updates later may make some
 * of them stale.
 */
static void put_all(void)
{
    char sql[TEXT_MAX];

    (void)text_of(one_conn, question(0)); /* is read */
    await_shared();
    for (int i = 1; i <= KEPT; i++) {
        long hits = counted(&two, "hits_shared");
        snprintf(sql, sizeof sql, "update t set n = n where id = %d", 700 + i);
        for (long until = proc_now_ms() + SOON_MS;; proc_pause_ms(PUT_AGAIN_MS)) {
            (void)text_of(one_conn, question(i));
            (void)text_of(two_conn, question(i));
            if (counted(&two, "hits_shared") > hits) {
                break;
            }
            assert_true(proc_now_ms() < until);
            do_by(one_conn, sql); /* neither has kept it */
        }
    }
}

/* Shapes that are not read, and no catalogue, make all stale: that is over when it is calm. */
static void await_started(void)
{
    for (long until = proc_now_ms() + SOON_MS;; proc_pause_ms(LOOK_MS)) {
        const char *start = told_of_redis(&two, "start");
        if (strcmp(start, "joined") == 0 || strcmp(start, "anew") == 0) {
            return;
        }
        if (proc_now_ms() > until) {
            fail_msg("start is %s", start);
        }
        (void)text_of(two_conn, question(0));
        (void)text_of(two_conn, "select v, 0 from t where id = 1"); /* as await_shared() */
    }
}

static void expect_anew(void)
{
    await_started();
    assert_string_equal(told_of_redis(&two, "start"), "anew");
}

/* How many of the old answers the second Sluice is given from Redis. */
static long find_all(const char *changed, int row)
{
    long hits = counted(&two, "hits_shared");

    for (int i = 1; i <= KEPT; i++) {
        char expected[TEXT_MAX];
        snprintf(expected, sizeof expected, "v%d of before", 700 + i);
        assert_string_equal(text_of(two_conn, question(i)), i == row ? changed : expected);
    }
    return counted(&two, "hits_shared") - hits;
}

/* Of a machine that is slow all may be made stale meanwhile: then once more. */
static void what_was_there_is_given(bool is_killed)
{
    char epoch[TEXT_MAX];
    bool is_given = false;

    start_both(STREAMED);
    for (int tries = 0; tries < TRIES && !is_given; tries++) {
        put_all();
        snprintf(epoch, sizeof epoch, "%s", epoch_now(&sluice));
        end_two(is_killed);
        start_two(STREAMED);
        await_started();
        await_shared();
        is_given = strcmp(told_of_redis(&two, "start"), "joined") == 0 &&
                   find_all("", 0) >= KEPT / 2 &&
                   strcmp(epoch_now(&sluice), epoch) == 0; /* nothing was made stale */
    }
    assert_true(is_given);
    assert_true(counted_of_redis(&sluice, "covers") > 0);
}

static void one_that_comes_back_is_given_what_was_there(void **state)
{
    (void)state;
    what_was_there_is_given(false);
}

static void one_that_was_killed_is_given_what_was_there(void **state)
{
    (void)state;
    what_was_there_is_given(true);
}

/* By whatever way. */
static void what_was_written_meanwhile_is_seen(void **state)
{
    (void)state;
    start_both(STREAMED);
    put_all();
    end_two(true);
    do_by(direct, "update t set v = 'changed' where id = 703");
    start_two(STREAMED);
    assert_string_equal(text_of(two_conn, question(3)), "changed of before");
    await_started();
    await_shared();
    find_all("changed of before", 3);
    end_two(true);
    do_by(one_conn, "update t set v = 'again' where id = 704");
    do_by(direct, "update t set v = 'v703' where id = 703");
    start_two(STREAMED);
    await_started();
    await_shared();
    find_all("again of before", 4);
}

/* What is in a transaction when it starts is seen when it is over. */
static void what_is_being_written_is_seen(void **state)
{
    (void)state;
    start_both(STREAMED);
    put_all();
    end_two(true);
    PGconn *other = open_direct();
    do_by(other, "begin");
    do_by(other, "update t set v = 'late' where id = 705");
    start_two(STREAMED);
    assert_string_equal(text_of(two_conn, question(5)), "v705 of before");
    (void)text_of(two_conn, question(0));
    do_by(other, "commit");
    PQfinish(other);
    await_started();
    soon_query(two_conn, question(5), "late of before");
    await_shared();
    find_all("late of before", 5);
}

/* TRUNCATE, and another table of that name: of neither a row tells. */
static void a_change_of_the_schema_meanwhile_is_seen(void **state)
{
    (void)state;
    start_both(STREAMED);
    put_all();
    end_two(true);
    do_by(direct, "begin; alter table t rename to told; create table t (like told including all);"
                  "insert into t select id, 'other', n from told; commit");
    start_two(STREAMED);
    await_started();
    for (int i = 1; i <= KEPT; i++) {
        assert_string_equal(text_of(two_conn, question(i)), "other of before");
    }
    await_shared();
    for (int i = 1; i <= KEPT; i++) {
        assert_string_equal(text_of(two_conn, question(i)), "other of before");
    }
    do_by(direct, "drop table t; alter table told rename to t");
}

#define WARMED STREAMED "\nwarm_file = @DIR@/warm"

/* What it asks at its start it is given from Redis. */
static void warming_finds_what_is_there(void **state)
{
    long found = 0;

    (void)state;
    start_both(WARMED);
    for (int tries = 0; tries < TRIES && found < KEPT / 2; tries++) {
        put_all();
        for (int i = 1; i <= KEPT; i++) { /* what was of use is asked again */
            (void)text_of(two_conn, question(i));
        }
        end_two(false);
        start_two(WARMED);
        await_started();
        for (long until = proc_now_ms() + SOON_MS;
                counted(&two, "warm_done") < KEPT && proc_now_ms() < until;) {
            proc_pause_ms(PUT_AGAIN_MS);
        }
        found = counted(&two, "hits_shared");
    }
    assert_true(found >= KEPT / 2);
}

static void where_nobody_was_nothing_old_is_given(void **state)
{
    char epoch[TEXT_MAX];

    (void)state;
    start_both(STREAMED);
    put_all();
    snprintf(epoch, sizeof epoch, "%s", epoch_now(&sluice));
    end_two(false);
    end_sluice(false);
    assert_true(strtol(ask_redis(count_entries), NULL, 10) >= KEPT);
    do_by(direct, "update t set v = 'unseen' where id = 706");
    start_two(STREAMED);
    expect_anew();
    start_one(STREAMED);
    await_shared();
    assert_string_not_equal(epoch_now(&two), epoch);
    for (int i = 0; i < LOOKS; i++) {
        assert_string_equal(text_of(two_conn, question(6)), "unseen of before");
        assert_string_equal(text_of(one_conn, question(6)), "unseen of before");
    }
}

/* What the first one has put anew since is of an epoch that it knows. */
static void a_redis_that_was_emptied_brings_nothing_back(void **state)
{
    (void)state;
    start_both(STREAMED);
    put_all();
    assert_string_equal(ask_redis("save"), "OK");
    end_two(false);
    do_by(one_conn, "update t set v = 'newer' where id = 707");
    assert_string_equal(ask_redis("flushall"), "OK");
    start_two(STREAMED);
    for (int i = 0; i < LOOKS; i++) {
        assert_string_equal(text_of(two_conn, question(7)), "newer of before");
    }
    await_shared();
    find_all("newer of before", 7);
}

static void an_older_redis_brings_nothing_back(void **state)
{
    (void)state;
    start_both(STREAMED);
    put_all();
    assert_string_equal(ask_redis("save"), "OK");
    end_two(true);
    do_by(one_conn, "update t set v = 'newest' where id = 708");
    do_by(direct, "update t set v = 'newest' where id = 709");
    soon_query(one_conn, question(9), "newest of before");
    redis_server_kill(&redis);
    redis_server_start(&redis);
    assert_true(strtol(ask_redis(count_entries), NULL, 10) >= KEPT); /* they are there again */
    start_two(STREAMED);
    for (int i = 0; i < LOOKS; i++) {
        assert_string_equal(text_of(two_conn, question(8)), "newest of before");
        assert_string_equal(text_of(two_conn, question(9)), "newest of before");
        proc_pause_ms(LOOK_MS);
    }
    await_shared();
    assert_string_equal(text_of(two_conn, question(8)), "newest of before");
    assert_string_equal(text_of(two_conn, question(9)), "newest of before");
}

/* A channel is one for all databases of a Redis, the entries are not. */
static void one_of_another_database_of_redis_is_not_believed(void **state)
{
    (void)state;
    start_both(STREAMED "\nredis_database = 1");
    put_all();
    end_two(false);
    end_sluice(false);
    start_one(STREAMED);
    (void)text_of(one_conn, question(0));
    soon_told_of_redis(&sluice, "start", "anew");
    do_by(direct, "update t set v = 'elsewhere' where id = 710"); /* nobody tells database 1 */
    soon_query(one_conn, question(10), "elsewhere of before");
    start_two(STREAMED "\nredis_database = 1");
    expect_anew();
    assert_true(counted_of_redis(&sluice, "covers") > 0); /* it was asked, and knew */
    for (int i = 0; i < LOOKS; i++) {
        assert_string_equal(text_of(two_conn, question(10)), "elsewhere of before");
    }
}

static void one_that_does_not_answer_is_not_waited_for(void **state)
{
    (void)state;
    start_both(STREAMED);
    put_all();
    end_two(false);
    assert_int_equal(kill(sluice.process.pid, SIGSTOP), 0);
    do_by(direct, "update t set v = 'nobody' where id = 711");
    start_two(STREAMED);
    assert_string_equal(text_of(two_conn, question(11)), "nobody of before");
    expect_anew();
    assert_string_equal(text_of(two_conn, question(11)), "nobody of before");
    assert_int_equal(kill(sluice.process.pid, SIGCONT), 0);
    await_shared();
    find_all("nobody of before", 11);
}

/* What others write past both nobody would know. */
static void without_a_stream_nothing_old_is_given(void **state)
{
    char epoch[TEXT_MAX];

    (void)state;
    start_both(ALONE);
    put_all();
    snprintf(epoch, sizeof epoch, "%s", epoch_now(&sluice));
    end_two(false);
    start_two(ALONE);
    expect_anew();
    await_shared();
    assert_string_not_equal(epoch_now(&sluice), epoch);
}

size_t start_cases(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    one_that_comes_back_is_given_what_was_there, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    one_that_was_killed_is_given_what_was_there, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    what_was_written_meanwhile_is_seen, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    what_is_being_written_is_seen, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    a_change_of_the_schema_meanwhile_is_seen, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(warming_finds_what_is_there, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    where_nobody_was_nothing_old_is_given, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    a_redis_that_was_emptied_brings_nothing_back, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    an_older_redis_brings_nothing_back, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    one_of_another_database_of_redis_is_not_believed, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    one_that_does_not_answer_is_not_waited_for, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    without_a_stream_nothing_old_is_given, shared_begin, shared_end),
    };

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
