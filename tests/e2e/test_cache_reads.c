/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_cache_reads.c - no session goes back in time, before a real PostgreSQL: what others have written
 * past Sluice, and a session has seen in one answer, it does not miss in the next.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/soon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REST_MS = 10, SQL_MAX = 128 };

#define OF_A "select v from a where id = 1"
#define OF_B "select v from b where id = 1"
#define SENDER "select pid from pg_stat_replication"

static PGconn *direct;
static PGconn *conn;

static int make(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = "wal_level = logical\n"});
    cluster_sql(&cluster, "create table a (id int primary key, v text);"
                          "create table b (id int primary key, v text);"
                          "insert into a values (1, ''); insert into b values (1, '')");
    return 0;
}

static int begin(void **state)
{
    prepare(state);
    direct = open_direct();
    return 0;
}

static int end(void **state)
{
    PQfinish(conn);
    PQfinish(direct);
    conn = direct = NULL;
    return stop_sluice(state);
}

static void start_with(const char *more)
{
    char ini[2048];

    snprintf(ini, sizeof ini,
            "[databases]\nshop = " AT_POSTGRES " dbname=postgres user=postgres\n" INI_MAIN
            "pool_mode = transaction\n[cache]\n"
            "mode = safe\nstream = user=postgres\nmax_staleness = 60s\nttl_local = 1h\n%s",
            more);
    sluice_start(&sluice, ini);
    conn = open_as("one", "shop");
}

static long counted(const char *name)
{
    return console_number("SHOW CACHE", "name", name, "value");
}

static void await_hit(const char *sql, const char *expected)
{
    const long until = proc_now_ms() + SOON_MS;

    for (long hits = counted("hits"); counted("hits") == hits; proc_pause_ms(REST_MS)) {
        if (proc_now_ms() > until) {
            fail_msg("%s is never a hit", sql);
        }
        query_expect(conn, sql, expected);
    }
}

static void write_past(const char *value)
{
    char sql[SQL_MAX];

    snprintf(sql, sizeof sql, "begin; update a set v = '%s'; update b set v = '%s'; commit", value,
            value);
    PQclear(PQexec(direct, sql));
    query_expect(direct, OF_B, value);
}

/* Both are kept as they were, and the stream tells of nothing more. */
static pid_t keep_and_hold(const char *value)
{
    write_past(value);
    soon_query(conn, OF_A, value);
    soon_query(conn, OF_B, value);
    await_hit(OF_A, value);
    await_hit(OF_B, value);
    await_hit(OF_A " and v <> '-'", value); /* what is like it is known, too */
    pid_t sender = (pid_t)strtol(query_text(direct, SENDER), NULL, 10);
    assert_true(sender > 0);
    assert_int_equal(kill(sender, SIGSTOP), 0);
    return sender;
}

static void what_is_seen_in_one_table_is_not_missed_in_another(void **state)
{
    (void)state;
    start_with("");
    pid_t sender = keep_and_hold("before");
    write_past("after");
    query_expect(conn, OF_B, "before"); /* within the bound, and nothing else was seen */
    query_expect(conn, OF_A " and v <> ''", "after");
    query_expect(conn, OF_B, "after");
    assert_true(counted("misses_below_floor") > 0);
    PGconn *other = open_as("two", "shop"); /* it has seen nothing */
    query_expect(other, OF_B, "before");
    PQfinish(other);
    assert_int_equal(kill(sender, SIGCONT), 0);
    soon_query(conn, OF_B, "after");
    await_hit(OF_B, "after");
}

static void session_reads_may_be_of_each_table(void **state)
{
    (void)state;
    start_with("session_reads = table\n");
    pid_t sender = keep_and_hold("before");
    write_past("after");
    query_expect(conn, OF_A " and v <> ''", "after");
    query_expect(conn, OF_A, "after");
    query_expect(conn, OF_B, "before");
    assert_int_equal(kill(sender, SIGCONT), 0);
    soon_query(conn, OF_B, "after");
    await_hit(OF_B, "after");
}

/* Who has just been told something by PostgreSQL is given what is kept as soon as it may be. */
static void an_answer_that_may_not_be_given_yet_is_waited_for(void **state)
{
    char sql[SQL_MAX];
    const long until = proc_now_ms() + SOON_MS;

    (void)state;
    start_with("");
    write_past("now");
    soon_query(conn, OF_B, "now");
    await_hit(OF_B, "now");
    for (int i = 0; counted("hits_caught_up") < 10; i++) {
        assert_true(proc_now_ms() < until);
        snprintf(sql, sizeof sql, OF_A " and %d = %d", i, i);
        query_expect(conn, sql, "now");
        query_expect(conn, OF_B, "now");
    }
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    what_is_seen_in_one_table_is_not_missed_in_another, begin, end),
            cmocka_unit_test_setup_teardown(session_reads_may_be_of_each_table, begin, end),
            cmocka_unit_test_setup_teardown(
                    an_answer_that_may_not_be_given_yet_is_waited_for, begin, end),
    };

    return case_run(cases, CASE_COUNT(cases), make, stop_cluster);
}
