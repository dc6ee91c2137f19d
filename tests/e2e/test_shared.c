/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_shared.c - two Sluices that share a Redis, before a real PostgreSQL: what one has got the other is
 * given, and nothing that either has written, or somebody past both.
 */
#include "tests/e2e/shared_world.h"
#include "tests/support/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, ROUNDS = 60 };

/* ---- cases ---- */

static void what_one_has_got_the_other_is_given(void **state)
{
    (void)state;
    start_both(STREAMED);
    await_shared();
    long found = counted(&two, "hits_shared");
    for (int i = 0; i < 50 && counted(&two, "hits_shared") < found + 3; i++) {
        await_shared();
    }
    assert_true(counted(&two, "hits_shared") >= found + 3);
    long untold = counted(&sluice, "untold");
    do_by(one_conn, "update t set n = 0 where id = 3");
    do_by(one_conn, "begin");
    do_by(one_conn, "update t set n = 1 where id = 3");
    do_by(one_conn, "commit");
    assert_int_equal(counted(&sluice, "untold"), untold);
}

/* By a transaction or without, each write is told of when it begins and when it is over. */
/* Half of them in blocks. */
static void write_some(int writes)
{
    char sql[TEXT_MAX];

    for (int i = 0; i < writes; i++) {
        snprintf(sql, sizeof sql, "update t set n = %d where id = 4", i);
        if (i % 2 == 0) {
            do_by(one_conn, sql);
            continue;
        }
        do_by(one_conn, "begin");
        do_by(one_conn, sql);
        do_by(one_conn, "commit");
    }
}

static void a_write_is_told_of_once(void **state)
{
    enum { WRITES = 20 };
    long told = 0;

    (void)state;
    start_both(ALONE); /* no stream tells of it once more */
    await_shared();
    /* What is not read yet may write anything, and is told otherwise, or besides. */
    for (long until = proc_now_ms() + SOON_MS; told != WRITES;) {
        assert_true(proc_now_ms() < until);
        long ends = counted_of_redis(&sluice, "writes_ended");
        write_some(WRITES);
        await_shared(); /* whatever else there is to be told has been */
        told = counted_of_redis(&sluice, "writes_ended") - ends;
    }
}

/* proxy/METRICS.md has a row for each metric, with its type and help, and for no other. */
static void what_redis_does_is_shown(void **state)
{
    unsigned count = 0;
    unsigned rows = 0;

    (void)state;
    start_both(STREAMED);
    await_shared();
    soon_counted_of_redis(&two, "hits", 0); /* what is shown is renewed now and then */
    char *page = proc_read("proxy/METRICS.md");
    struct web_answer answer = web_get(two_http, "/metrics");
    web_expect(answer, 200, "sluice_cache_redis_up{database=\"db\"} 1\n");
    web_expect(answer, 200, "sluice_cache_redis_listening{database=\"db\"} 1\n");
    for (const char *at = answer.body; (at = strstr(at, "# HELP sluice_cache_redis_")) != NULL;
            count++) {
        char name[128];
        char help[256];
        char type[32];
        char row[512];
        at += strlen("# HELP ");
        assert_int_equal(sscanf(at, "%127s %255[^\n]\n# TYPE %*s %31s", name, help, type), 3);
        snprintf(row, sizeof row, "\n| `%s` | %s | %s |", name, type, help);
        if (strstr(page, row) == NULL) {
            fail_msg("proxy/METRICS.md has not the line%s", row);
        }
    }
    for (const char *at = page; (at = strstr(at, "\n| `sluice_cache_redis_")) != NULL; at++) {
        rows++;
    }
    assert_int_equal(rows, count);
    free(page);
    const char *found = strstr(
            answer.body, "sluice_cache_redis_lookups_total{database=\"db\",result=\"hit\"} ");
    assert_non_null(found);
    assert_true(strtol(strchr(found, ' '), NULL, 10) > 0);
}

/* A person can read what is there. */
static void what_is_there_can_be_read(void **state)
{
    char command[TEXT_MAX];
    char name[TEXT_MAX / 2];

    (void)state;
    start_both(STREAMED);
    await_shared();
    snprintf(name, sizeof name, "%s", ask_redis("--scan --pattern 'sluice:db@*:q:*'"));
    assert_true(strlen(name) > 0);
    snprintf(command, sizeof command, "hget '%s' sql", name);
    assert_non_null(strstr(ask_redis(command), " from t where id = "));
    snprintf(command, sizeof command, "hget '%s' role", name);
    assert_string_equal(ask_redis(command), "postgres");
    do_by(one_conn, "update t set v = 'read' where id = 1");
    snprintf(command, sizeof command, "hget 'sluice:db@%.8s:v:%s' any", strchr(name, '@') + 1,
            text_of(direct, "select 't'::regclass::oid"));
    /* What a statement that nobody had read before wrote is told behind it. */
    for (long until = proc_now_ms() + SOON_MS; strchr(ask_redis(command), '@') == NULL;) {
        assert_true(proc_now_ms() < until);
        proc_pause_ms(5);
    }
}

/* Unless Redis did not acknowledge it in time, for which no writer waits: then it is there when the stream tells. */
static void expect_told(
        PGconn *reader, const struct sluice *writer, long late, const char *expected)
{
    static const char sql[] = "select n from t where id = 7";

    if (strcmp(text_of(reader, sql), expected) != 0) {
        assert_true(counted_of_redis(writer, "acks_late") > late);
        soon_query(reader, sql, expected);
    }
}

/* Each write is in what the other is given as soon as its writer has heard of it. */
static void no_write_of_the_other_is_missed(void **state)
{
    char sql[TEXT_MAX];
    char expected[32];

    (void)state;
    start_both(
            STREAMED "\nttl_local = 1ms"); /* whatever is kept here is not given: Redis is asked */
    await_shared();
    long found = counted(&two, "hits_shared");
    for (int i = 0; i < ROUNDS; i++) {
        bool is_turned = i % 2 == 1;
        PGconn *writer = is_turned ? two_conn : one_conn;
        PGconn *reader = is_turned ? one_conn : two_conn;
        snprintf(sql, sizeof sql,
                i % 3 == 0 ? "update t set n = %d where id = 7"
                           : "update t set n = %d where n >= 0 and id < 9",
                i);
        const struct sluice *by = is_turned ? &two : &sluice;
        const long late = counted_of_redis(by, "acks_late");
        do_by(writer, sql);
        snprintf(expected, sizeof expected, "%d", i);
        for (int k = 0; k < 3; k++) {
            expect_told(reader, by, late, expected);
            assert_string_equal(text_of(writer, "select n from t where id = 7"), expected);
            proc_pause_ms(2);
        }
    }
    /* Nobody is given what another got as long as it is not known what may have been written meanwhile. */
    for (long until = proc_now_ms() + SOON_MS; counted(&two, "hits_shared") <= found;) {
        assert_true(proc_now_ms() < until);
        assert_string_equal(text_of(one_conn, "select n from t where id = 7"), expected);
        assert_string_equal(text_of(two_conn, "select n from t where id = 7"), expected);
        proc_pause_ms(2);
    }
}

static void a_write_past_both_is_seen(void **state)
{
    char sql[TEXT_MAX];
    char expected[32];

    (void)state;
    start_both(STREAMED);
    await_shared();
    for (int i = 0; i < 40; i++) {
        snprintf(sql, sizeof sql, "update t set n = %d where id = 8", i);
        do_by(direct, sql);
        snprintf(expected, sizeof expected, "%d", i);
        soon_query(two_conn, "select n from t where id = 8", expected);
        soon_query(one_conn, "select n from t where id = 8", expected);
        for (int k = 0; k < 3; k++) { /* and nothing old is found again */
            assert_string_equal(text_of(two_conn, "select n from t where id = 8"), expected);
            assert_string_equal(text_of(one_conn, "select n from t where id = 8"), expected);
        }
    }
    await_shared();
}

/* Of tables that only Sluices write, with nobody else to tell: they tell each other. */
static void sluices_tell_each_other(void **state)
{
    char sql[TEXT_MAX];
    char expected[32];

    (void)state;
    start_both(ALONE);
    await_shared();
    for (int i = 0; i < 40; i++) {
        PGconn *writer = i % 2 == 1 ? two_conn : one_conn;
        PGconn *reader = i % 2 == 1 ? one_conn : two_conn;
        (void)text_of(reader, "select sum(n) from t where id < 20");
        (void)text_of(reader, "select n from t where id = 9");
        snprintf(sql, sizeof sql, "update t set n = %d where id = 9", i);
        do_by(writer, sql);
        snprintf(expected, sizeof expected, "%d", i);
        soon_query(reader, "select n from t where id = 9", expected);
        assert_string_equal(text_of(reader, "select n from t where id = 9"), expected);
    }
    /* Nobody can be heard: nothing is given that another may have written. */
    redis_server_kill(&redis);
    soon_logged(&two, "state=away");
    long before = counted(&two, "hits");
    do_by(one_conn, "update t set n = 4711 where id = 9");
    for (int i = 0; i < 20; i++) {
        assert_string_equal(text_of(two_conn, "select n from t where id = 9"), "4711");
    }
    assert_int_equal(counted(&two, "hits"), before);
    redis_server_start(&redis);
    await_shared();
}

/* A password, a user, a number, a prefix: each is what it says; and what is long stays here. */
static void keys_say_how_redis_is_used(void **state)
{
    char command[TEXT_MAX];
    char name[TEXT_MAX / 2];

    (void)state;
    (void)ask_redis("acl setuser shop on '>first' '~mine:*' '&mine:*' +@all");
    (void)ask_redis("acl setuser default resetpass '>second'");
    start_both(STREAMED "\nredis_prefix = mine\nredis_user = shop\nredis_password = first\n"
                        "redis_database = 3\nredis_max_result = 1kB\nttl_redis = 100");
    await_shared();
    do_by(two_conn, "set work_mem = '5MB'"); /* it only says how fast: the same answers */
    snprintf(name, sizeof name, "%s", ask_redis("-a second -n 3 --scan --pattern 'mine:db@*:q:*'"));
    assert_non_null(strstr(name, "mine:db@"));
    snprintf(command, sizeof command, "-a second -n 3 ttl '%s'", name);
    long ttl = strtol(ask_redis(command), NULL, 10);
    assert_in_range(ttl, 60, 111);
    long found = counted(&two, "hits_shared");
    for (int i = 0; i < 10; i++) {
        (void)text_of(one_conn, "select repeat(v, 1000) from t where id = 11");
        (void)text_of(two_conn, "select repeat(v, 1000) from t where id = 11");
    }
    assert_int_equal(counted(&two, "hits_shared"), found);
}

static void a_wrong_password_is_said(void **state)
{
    (void)state;
    (void)ask_redis("acl setuser default resetpass '>second'");
    start_both(STREAMED "\nredis_password = third");
    assert_string_equal(text_of(one_conn, "select v from t where id = 1"), "v1");
    soon_logged(&sluice, "state=refused");
    assert_false(sluice_logged(&sluice, "third"));
    assert_string_equal(text_of(one_conn, "select v from t where id = 1"), "v1");
}

static void a_redis_that_fails_harms_nobody(void **state)
{
    (void)state;
    start_both(STREAMED "\nredis_timeout = 200ms");
    await_shared();
    expect_right("up");
    (void)ask_redis("flushall");
    expect_right("behind FLUSHALL");
    await_shared();
    (void)ask_redis("config set maxmemory 1");
    expect_right("full");
    (void)ask_redis("config set maxmemory 0");
    await_shared();
    (void)ask_redis("client kill type normal");
    (void)ask_redis("client kill type pubsub");
    expect_right("with clients killed");
    await_shared();
    assert_int_equal(kill(redis.process.pid, SIGSTOP), 0);
    expect_right("stopped");
    assert_int_equal(kill(redis.process.pid, SIGCONT), 0);
    expect_right("going on");
    await_shared();
    redis_server_kill(&redis);
    expect_right("gone");
    redis_server_start(&redis);
    expect_right("back");
    await_shared();
    assert_false(sluice_logged(&sluice, "Epoll")); /* nobody watches what is closed */
    assert_false(sluice_logged(&two, "Epoll"));
}

int main(void)
{
    struct CMUnitTest cases[48];
    size_t count = 0;
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(
                    what_one_has_got_the_other_is_given, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(a_write_is_told_of_once, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(what_redis_does_is_shown, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(what_is_there_can_be_read, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    no_write_of_the_other_is_missed, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(a_write_past_both_is_seen, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(sluices_tell_each_other, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(keys_say_how_redis_is_used, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(a_wrong_password_is_said, shared_begin, shared_end),
            cmocka_unit_test_setup_teardown(
                    a_redis_that_fails_harms_nobody, shared_begin, shared_end),
    };

    for (size_t i = 0; i < CASE_COUNT(own); i++) {
        cases[count++] = own[i];
    }
    count += fault_cases(cases + count);
    count += start_cases(cases + count);
    count += session_cases(cases + count);
    return case_run(cases, count, shared_begin_all, stop_cluster);
}
