/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/cache_history_races.h"

#include "tests/support/fixture.h"
#include "tests/support/relay.h"
#include "tests/support/soon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every case has a Sluice of its own, whose server connections pass a relay. */
static struct cluster *at;
static const char *more_ini;
static struct relay relay;
static struct sluice one;
static PGconn *writer;
static PGconn *reader;
static PGconn *other;
static PGconn *direct;

#define QUESTION "select ver, tag from kv where k = 9"
#define OF_OWNER "select sum(ver), count(*) from kv where owner = 1"
#define LATE_QUESTION "/* " RELAY_MARK " */ " QUESTION
#define WAITING                                                                                    \
    "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and query like 'commit%'"

static PGconn *connect_to(int port)
{
    return query_must_connect(
            "host=127.0.0.1 port=%d user=postgres dbname=postgres sslmode=disable", port);
}

static void start_sluice(struct sluice *which, int server_port)
{
    char ini[4096];

    sluice_init(which, at);
    sluice_file(which, "userlist.txt", "\"postgres\" \"\"\n\"admin\" \"\"\n");
    snprintf(ini, sizeof ini,
            "[databases]\npostgres = host=127.0.0.1 port=%d pool_mode=transaction\n" INI_MAIN "%s",
            server_port, more_ini);
    sluice_start(which, ini);
}

static int start(void **state)
{
    (void)state;
    relay_start(&relay, at->port);
    start_sluice(&one, relay.port);
    writer = connect_to(one.port);
    reader = connect_to(one.port);
    other = connect_to(one.port);
    direct = connect_to(at->port);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    PQfinish(writer);
    PQfinish(reader);
    PQfinish(other);
    PQfinish(direct);
    relay_stop(&relay);
    sluice_stop(&one);
    return 0;
}

/* ---- what they do ---- */

/* So often that a cache has it by then. */
static void warm(void)
{
    for (int i = 0; i < 4; i++) {
        (void)query_text(reader, QUESTION);
        (void)query_text(other, QUESTION);
        (void)query_text(reader, OF_OWNER);
    }
}

/* Through Sluice as past it, now. */
static void expect_right(PGconn *conn, const char *sql)
{
    char expected[200];

    snprintf(expected, sizeof expected, "%s", query_text(direct, sql));
    query_expect(conn, sql, expected);
}

static void expect_all_right(void)
{
    for (int i = 0; i < 3; i++) {
        expect_right(reader, QUESTION);
        expect_right(other, QUESTION);
        expect_right(other, LATE_QUESTION);
        expect_right(reader, OF_OWNER);
    }
}

/* The same within the time that is promised of writes past Sluice. */
static void expect_all_right_soon(void)
{
    char expected[200];

    snprintf(expected, sizeof expected, "%s", query_text(direct, QUESTION));
    soon_query(reader, QUESTION, expected);
    soon_query(other, LATE_QUESTION, expected);
    snprintf(expected, sizeof expected, "%s", query_text(direct, OF_OWNER));
    soon_query(reader, OF_OWNER, expected);
    expect_all_right();
}

static void write_by(PGconn *conn)
{
    const char *answer = query_text(conn, "select ver from kv_write(9, 0)");

    if (strncmp(answer, "ERROR", 5) == 0) {
        fail_msg("%s", answer);
    }
}

static void is_old(char old[200])
{
    snprintf(old, 200, "%s", query_text(direct, QUESTION));
}

static void expect_changed(const char *old)
{
    assert_string_not_equal(query_text(direct, QUESTION), old);
}

static void wait_for_standby(const char *name)
{
    char sql[100];

    snprintf(sql, sizeof sql, "alter system set synchronous_standby_names = '%s'", name);
    query_expect(direct, sql, "ALTER SYSTEM");
    query_expect(direct, "select pg_reload_conf()", "t");
}

/*
 * A write through Sluice whose commit hangs; the server hears of the setting by and by. By the relay its
 * answer would be kept back, and its connection can be cut.
 */
static void commit_and_hang(PGconn *conn, char old[200])
{
    wait_for_standby("nosuch");
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end;) {
        is_old(old);
        query_expect(conn, "begin", "BEGIN");
        query_expect(conn, "set local synchronous_commit = on", "SET");
        write_by(conn);
        relay_hold(&relay, RELAY_HOLD);
        assert_int_equal(PQsendQuery(conn, "commit /* " RELAY_MARK " */"), 1);
        while (atomic_load(&relay.seen->hold) < RELAY_ANSWERED && !query_is_answered(conn, 20)) {
            if (strcmp(query_text(direct, WAITING), "1") == 0) {
                return;
            }
        }
        if (atomic_load(&relay.seen->hold) == RELAY_ANSWERED) {
            relay_hold(&relay, RELAY_LET_GO);
        }
        soon_answered(conn, "COMMIT");
    }
    fail_msg("no commit waits for a standby");
}

/* The backend that did it is gone, or has done what it was asked. */
static void soon_changed(const char *old)
{
    for (long end = proc_now_ms() + SOON_MS; proc_now_ms() < end; proc_pause_ms(1)) {
        if (strcmp(query_text(direct, QUESTION), old) != 0) {
            return;
        }
    }
    fail_msg("it was not committed");
}

/* ---- cases ---- */

/* The answer is of before the write, and comes after it. */
static void an_answer_that_is_late_is_not_given_again(void **state)
{
    char old[200];

    (void)state;
    for (int way = 0; way < 2; way++) {
        warm();
        is_old(old);
        /* Nobody has it yet, whatever was asked before. */
        write_by(writer);
        is_old(old);
        relay_hold(&relay, RELAY_HOLD);
        assert_int_equal(PQsendQuery(reader, LATE_QUESTION), 1);
        relay_await(&relay, RELAY_ANSWERED);
        write_by(way == 0 ? writer : direct);
        relay_hold(&relay, RELAY_LET_GO);
        soon_answered(reader, old); /* it was asked before */
        if (way == 0) {
            expect_all_right();
        } else {
            expect_all_right_soon();
        }
        expect_changed(old);
    }
}

static void what_hangs_in_its_commit_is_seen_when_it_is_visible(void **state)
{
    char old[200];

    (void)state;
    warm();
    commit_and_hang(writer, old);
    warm();
    query_expect(reader, QUESTION, old);
    expect_all_right();
    relay_hold(&relay, RELAY_LET_GO);
    wait_for_standby("");
    soon_answered(writer, "COMMIT");
    expect_changed(old);
    expect_all_right();
}

/* It has committed, and its client has not heard of that: who asks sees it, and sees it again. */
static void a_commit_whose_answer_is_late_is_seen(void **state)
{
    char old[200];

    (void)state;
    warm();
    commit_and_hang(writer, old);
    warm();
    wait_for_standby("");
    relay_await(&relay, RELAY_ANSWERED);
    expect_changed(old);
    expect_all_right();
    warm();
    relay_hold(&relay, RELAY_LET_GO);
    soon_answered(writer, "COMMIT");
    expect_all_right();
}

/* It has committed, with a warning. */
static void a_commit_that_no_longer_waits_is_seen(void **state)
{
    char old[200];

    (void)state;
    warm();
    commit_and_hang(writer, old);
    warm();
    relay_hold(&relay, RELAY_LET_GO);
    query_expect(direct,
            "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep' and "
            "query like 'commit%'",
            "t");
    soon_answered(writer, "COMMIT");
    expect_changed(old);
    expect_all_right();
    wait_for_standby("");
}

/* The client is told that its server is gone, long before that server commits. */
static void a_commit_whose_connection_is_cut_is_seen_later(void **state)
{
    char old[200];

    (void)state;
    warm();
    commit_and_hang(writer, old);
    relay_hold(&relay, RELAY_CUT);
    soon_answered(writer, "ERROR");
    warm();
    query_expect(reader, QUESTION, old);
    expect_all_right();
    wait_for_standby("");
    soon_changed(old);
    expect_all_right();
}

/* Whether it has committed nobody can say: until the backend is gone. */
static void a_commit_that_is_cut_is_seen_or_not(void **state)
{
    char pid[32];
    char gone[100];

    (void)state;
    for (int i = 0; i < 10; i++) {
        warm();
        query_expect(writer, "begin", "BEGIN");
        write_by(writer);
        snprintf(pid, sizeof pid, "%s", query_text(writer, "select pg_backend_pid()"));
        relay_hold(&relay, RELAY_HOLD);
        assert_int_equal(PQsendQuery(writer, "commit /* " RELAY_MARK " */"), 1);
        while (atomic_load(&relay.seen->hold) < RELAY_ASKED) {
            proc_pause_ms(1);
        }
        relay_hold(&relay, RELAY_CUT);
        soon_answered(writer, "ERROR");
        snprintf(gone, sizeof gone, "select count(*) from pg_stat_activity where pid = %s", pid);
        soon_query(direct, gone, "0");
        expect_all_right();
        PQfinish(writer);
        writer = connect_to(one.port);
    }
}

/* What they left unfinished is nobody's. */
static void a_server_that_is_ended_takes_its_writes_along(void **state)
{
    char old[200];

    (void)state;
    warm();
    is_old(old);
    query_expect(writer, "begin", "BEGIN");
    write_by(writer);
    warm();
    query_expect(direct,
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where state = 'idle in "
            "transaction'",
            "1");
    query_expect_start(writer, "commit", "ERROR");
    query_expect(reader, QUESTION, old);
    expect_all_right();
}

static void a_commit_that_is_not_flushed_is_seen(void **state)
{
    char old[200];

    (void)state;
    for (int i = 0; i < 50; i++) {
        warm();
        is_old(old);
        query_expect(writer, "begin", "BEGIN");
        query_expect(writer, "set local synchronous_commit = off", "SET");
        write_by(writer);
        query_expect(writer, "commit", "COMMIT");
        expect_changed(old);
        expect_all_right();
    }
}

static void prepare_one(void)
{
    query_expect(writer, "begin", "BEGIN");
    write_by(writer);
    query_expect(writer, "prepare transaction 'race'", "PREPARE TRANSACTION");
}

static void a_prepared_transaction_is_seen_when_another_session_commits_it(void **state)
{
    char old[200];

    (void)state;
    warm();
    is_old(old);
    prepare_one();
    warm();
    query_expect(reader, QUESTION, old);
    query_expect(other, "commit prepared 'race'", "COMMIT PREPARED");
    expect_changed(old);
    expect_all_right();

    is_old(old);
    prepare_one();
    warm();
    query_expect(other, "rollback prepared 'race'", "ROLLBACK PREPARED");
    query_expect(reader, QUESTION, old);
    expect_all_right();

    prepare_one();
    warm();
    query_expect(direct, "commit prepared 'race'", "COMMIT PREPARED");
    expect_changed(old);
    expect_all_right_soon();
}

/* Prepared before this Sluice was there. */
static void a_transaction_prepared_before_is_seen(void **state)
{
    char old[200];

    query_expect(direct, "begin", "BEGIN");
    write_by(direct);
    query_expect(direct, "prepare transaction 'race'", "PREPARE TRANSACTION");
    (void)stop(state);
    (void)start(state);
    warm();
    is_old(old);
    query_expect(other, "commit prepared 'race'", "COMMIT PREPARED");
    expect_changed(old);
    expect_all_right();
}

/* More rows than anybody would note one by one; and what is behind it. */
static void a_transaction_of_many_rows_is_seen(void **state)
{
    (void)state;
    query_expect(direct, "create table many (id int, n int)", "CREATE TABLE");
    for (int way = 0; way < 2; way++) {
        PGconn *by = way == 0 ? writer : direct;

        (void)query_text(reader, "select count(*), sum(n) from many");
        query_expect(by, "begin", "BEGIN");
        query_expect(by, "insert into many select i, 1 from generate_series(1, 50000) i",
                "INSERT 0 50000");
        query_expect(
                reader, "select count(*), sum(n) from many", way == 0 ? "0|<null>" : "50000|50000");
        write_by(by);
        query_expect(by, "commit", "COMMIT");
        if (way == 0) {
            expect_all_right();
        } else {
            expect_all_right_soon();
            soon_query(reader, "select count(*), sum(n) from many", "100000|100000");
        }
        expect_right(reader, "select count(*), sum(n) from many");
    }
    query_expect(direct, "drop table many", "DROP TABLE");
}

/* Another Sluice ends while its server still commits. */
static void a_sluice_that_is_killed_leaves_what_is_seen(void **state)
{
    struct sluice two;
    PGconn *by;
    char old[200];

    (void)state;
    start_sluice(&two, relay.port);
    by = connect_to(two.port);
    warm();
    commit_and_hang(by, old);
    (void)proc_stop(&two.process, SIGKILL, SOON_MS);
    relay_hold(&relay, RELAY_NO_HOLD); /* that connection is gone with it */
    warm();
    query_expect(reader, QUESTION, old);
    wait_for_standby("");
    soon_changed(old);
    expect_all_right_soon();
    PQfinish(by);
}

size_t race_cases(struct cluster *of, const char *ini, struct CMUnitTest *cases)
{
    const struct CMUnitTest own[] = {
            cmocka_unit_test_setup_teardown(an_answer_that_is_late_is_not_given_again, start, stop),
            cmocka_unit_test_setup_teardown(
                    what_hangs_in_its_commit_is_seen_when_it_is_visible, start, stop),
            cmocka_unit_test_setup_teardown(a_commit_whose_answer_is_late_is_seen, start, stop),
            cmocka_unit_test_setup_teardown(a_commit_that_no_longer_waits_is_seen, start, stop),
            cmocka_unit_test_setup_teardown(
                    a_commit_whose_connection_is_cut_is_seen_later, start, stop),
            cmocka_unit_test_setup_teardown(a_commit_that_is_cut_is_seen_or_not, start, stop),
            cmocka_unit_test_setup_teardown(
                    a_server_that_is_ended_takes_its_writes_along, start, stop),
            cmocka_unit_test_setup_teardown(a_commit_that_is_not_flushed_is_seen, start, stop),
            cmocka_unit_test_setup_teardown(
                    a_prepared_transaction_is_seen_when_another_session_commits_it, start, stop),
            cmocka_unit_test_setup_teardown(a_transaction_prepared_before_is_seen, start, stop),
            cmocka_unit_test_setup_teardown(a_transaction_of_many_rows_is_seen, start, stop),
            cmocka_unit_test_setup_teardown(
                    a_sluice_that_is_killed_leaves_what_is_seen, start, stop),
    };

    at = of;
    more_ini = ini;
    memcpy(cases, own, sizeof own);
    return CASE_COUNT(own);
}
