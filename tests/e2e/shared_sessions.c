/* SPDX-License-Identifier: PostgreSQL */
/*
 * Part of test_shared.c: no session goes back in time, where nothing but Redis tells of what is written through the
 * other Sluice, and that one cannot say so: what it says is held back between it and Redis.
 *
 * The first Sluice writes, and is behind a relay; the other one's session reads.
 */
#include "tests/e2e/shared_world.h"
#include "tests/support/relay.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { TEXT_MAX = 256, READS = 50, ASK_AGAIN_MS = 2 };

#define KEPT "select n from t where id = 41"
#define FROM_SERVER "/* sluice:cache=off */ select n from t where id = 41"

static struct relay relay;
static long value = 5000;

static void start_behind_relay(void)
{
    const int port = redis.port;

    relay_start(&relay, port);
    redis.port = relay.port;
    start_one(ALONE "\nredis_timeout = 50ms");
    redis.port = port;
    start_two(ALONE "\nredis_timeout = 50ms");
    await_shared();
}

/* The relay stands still, or goes on. */
static void tell_relay(int signal)
{
    int status = 0;

    assert_int_equal(kill(relay.pid, signal), 0);
    assert_int_equal(
            waitpid(relay.pid, &status, signal == SIGSTOP ? WUNTRACED : WCONTINUED), relay.pid);
}

/* Until the session is given what is kept: everything that it has seen is known of then. */
static void await_kept_answer(const char *expected)
{
    for (long until = proc_now_ms() + SOON_MS; proc_now_ms() < until;) {
        const long hits = counted(&two, "hits");
        assert_string_equal(text_of(two_conn, KEPT), expected);
        if (counted(&two, "hits") > hits) {
            return;
        }
        proc_pause_ms(ASK_AGAIN_MS);
    }
    fail_msg("it is not kept");
}

static void write_by_one(char expected[TEXT_MAX])
{
    char sql[TEXT_MAX];

    snprintf(sql, sizeof sql, "update t set n = %ld where id = 41", ++value);
    snprintf(expected, TEXT_MAX, "%ld", value);
    do_by(one_conn, sql);
}

/* It sees by the server what was written, and must not be given less from then on. */
static void expect_no_way_back(const char *what)
{
    char expected[TEXT_MAX];

    print_message("%s\n", what);
    write_by_one(expected);
    assert_string_equal(text_of(two_conn, FROM_SERVER), expected);
    for (int i = 0; i < READS; i++) {
        if (strcmp(text_of(two_conn, KEPT), expected) != 0) {
            fail_msg("%s: read %d went back", what, i);
        }
    }
}

static void prepare_session(void)
{
    char expected[TEXT_MAX];

    write_by_one(expected);
    soon_query(two_conn, KEPT, expected);
    assert_string_equal(text_of(two_conn, FROM_SERVER), expected); /* its shape is known, too */
    await_kept_answer(expected);
}

static void no_session_goes_back_while_a_writer_says_nothing(void **state)
{
    char expected[TEXT_MAX];

    (void)state;
    start_behind_relay();
    prepare_session();
    tell_relay(SIGSTOP);
    expect_no_way_back("what it says is held back");
    /* Who has seen nothing of it is given what is kept: so there was something to be given wrongly. */
    PGconn *other = connect_by(&two, "postgres", "db");
    snprintf(expected, sizeof expected, "%ld", value - 1);
    assert_string_equal(text_of(other, KEPT), expected);
    PQfinish(other);
    tell_relay(SIGCONT);
    snprintf(expected, sizeof expected, "%ld", value);
    await_kept_answer(expected); /* it has said so, and sessions go on as ever */
    relay_stop(&relay);
}

static void no_session_goes_back_while_a_writer_is_cut_off(void **state)
{
    (void)state;
    start_behind_relay();
    prepare_session();
    relay_stop(&relay);
    expect_no_way_back("it has lost its way to Redis");
    redis_server_kill(&redis);
    redis_server_start(&redis); /* it knows nothing of the one that cannot come */
    for (int i = 0; i < 3; i++) {
        expect_no_way_back("Redis has forgotten it");
    }
}

size_t session_cases(struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    no_session_goes_back_while_a_writer_says_nothing, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    no_session_goes_back_while_a_writer_is_cut_off, shared_begin, shared_end),
    };

    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
