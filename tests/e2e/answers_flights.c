/* SPDX-License-Identifier: PostgreSQL */
#include "tests/e2e/answers_flights.h"

#include "tests/e2e/answers_base.h"
#include "tests/support/case.h"
#include "tests/support/fixture.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CROWD = 20, LEAD_MS = 2000 };

static PGconn *crowd[CROWD];
static PGconn *holder;
static char question[256];
static unsigned questions;

/* ---- a crowd that asks one thing ---- */

/* Of a shape of its own: what it is is known, and not how long it takes; it is not kept. */
static void make_question(PGconn *conn)
{
    char text[sizeof question + 32];

    snprintf(question, sizeof question, "select sum(n) as q%u from t where id > 0", questions++);
    snprintf(text, sizeof text, "/* sluice:cache=off */ %s", question);
    for (int i = 0; i < 50; i++) {
        query_text(conn, text);
    }
}

static void await_count(const char *section, const char *name, long expected)
{
    long until = proc_now_ms() + SOON_MS;

    while (counted(section, name) < expected) {
        if (proc_now_ms() > until) {
            fail_msg("%s %s is %ld", section, name, counted(section, name));
        }
    }
}

static void cancel(PGconn *conn)
{
    char error[256];
    PGcancel *cancel = PQgetCancel(conn);

    assert_int_equal(PQcancel(cancel, error, sizeof error), 1);
    PQfreeCancel(cancel);
}

/* The first one asks until it leads: it does not while what it asks, or the catalogue, is not known. */
static void lead(long led)
{
    for (long until = proc_now_ms() + SOON_MS; counted("flights", "led") == led;) {
        assert_true(proc_now_ms() < until);
        assert_int_equal(PQsendQuery(crowd[0], question), 1);
        for (long end = proc_now_ms() + LEAD_MS;
                counted("flights", "led") == led && proc_now_ms() < end;) {
            proc_pause_ms(1);
        }
        if (counted("flights", "led") == led) {
            cancel(crowd[0]);
            soon_answered(crowd[0], "ERROR 57014");
        }
    }
}

/* All have asked: the first one PostgreSQL, which waits, and the others wait for it. */
static void gather(void)
{
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = open_as("postgres", "db");
    }
    warm(crowd[0], "select sum(n) from aside");
    make_question(crowd[0]);
    holder = open_direct();
    do_lines(holder, "begin\nlock table t in access exclusive mode");
    long led = counted("flights", "led");
    long waited = counted("flights", "waited");
    lead(led);
    for (int i = 1; i < CROWD; i++) {
        assert_int_equal(PQsendQuery(crowd[i], question), 1);
    }
    await_count("flights", "waited", waited + CROWD - 1);
}

static void let_go(void)
{
    do_sql(holder, "rollback");
    PQfinish(holder);
}

static void expect_answers(int from)
{
    char expected[64];

    snprintf(expected, sizeof expected, "%s", query_text(direct, question));
    for (int i = from; i < CROWD; i++) {
        soon_result(crowd[i], expected);
        assert_null(PQgetResult(crowd[i]));
    }
}

static void disperse(int from)
{
    for (int i = from; i < CROWD; i++) {
        PQfinish(crowd[i]);
    }
}

void one_asks_for_all(void **state)
{
    (void)state;
    for (int turn = 0; turn < 3; turn++) {
        gather();
        long waited = counted("lookups", "hits_waited");
        long led = counted("flights", "led");
        long tired = counted("flights", "tired");
        let_go();
        expect_answers(0);
        if (counted("flights", "tired") == tired) { /* on a machine that is quick enough */
            assert_int_equal(counted("lookups", "hits_waited") - waited, CROWD - 1);
            assert_int_equal(counted("flights", "led"), led);
            assert_true(is_hit(crowd[1], question));
        }
        assert_int_equal(counted("flights", "now"), 0);
        disperse(0);
    }
}

#define END_LOCKED                                                                                 \
    "select count(pg_terminate_backend(pid)) from pg_stat_activity where wait_event_type = "       \
    "'Lock' and query like 'select sum(n) as q%'"

void who_waits_for_one_that_is_lost_asks_itself(void **state)
{
    (void)state;
    gather(); /* its leader is cancelled */
    cancel(crowd[0]);
    soon_answered(crowd[0], "ERROR 57014");
    let_go();
    expect_answers(1);
    disperse(0);
    gather(); /* its server ends */
    for (long until = proc_now_ms() + SOON_MS; strcmp(query_text(direct, END_LOCKED), "0") == 0;) {
        assert_true(proc_now_ms() < until);
    }
    let_go();
    soon_answered(crowd[0], "ERROR");
    for (int i = 1; i < CROWD; i++) { /* who went itself by then ends likewise */
        soon_answered(crowd[i], "");
    }
    disperse(0);
    gather(); /* it leaves */
    PQfinish(crowd[0]);
    let_go();
    expect_answers(1);
    disperse(1);
    gather(); /* others leave, or are cancelled */
    PQfinish(crowd[0]);
    crowd[0] = crowd[1];
    PQfinish(crowd[2]);
    crowd[2] = NULL;
    let_go();
    char expected[64];
    snprintf(expected, sizeof expected, "%s", query_text(direct, question));
    for (int i = 1; i < CROWD; i++) {
        if (crowd[i] != NULL) {
            soon_result(crowd[i], expected);
            PQfinish(crowd[i]);
        }
    }
    gather();
    cancel(crowd[3]);
    cancel(crowd[3]);
    let_go();
    soon_answered(crowd[3], "");
    snprintf(expected, sizeof expected, "%s", query_text(direct, question));
    for (int i = 0; i < CROWD; i++) {
        if (i != 3) {
            soon_result(crowd[i], expected);
        }
        PQfinish(crowd[i]);
    }
    assert_int_equal(counted("flights", "now"), 0);
}

/* ---- a writer that is lost ---- */

static const char tell[] = "select n from t where id = 30";

/* While it may or may not be done: what is given is as it was, or as it is. */
static void watch_until(PGconn *reader, const char *sql, const char *expected)
{
    long until = proc_now_ms() + SOON_MS;
    char before[64];

    for (;;) {
        snprintf(before, sizeof before, "%s", query_text(direct, tell));
        const char *given = query_text(reader, tell);
        const char *after = query_text(direct, tell);
        if (strcmp(given, before) != 0 && strcmp(given, after) != 0) {
            fail_msg("stale: %s, and it is %s, %s", given, before, after);
        }
        if (strcmp(query_text(direct, sql), expected) == 0) {
            break;
        }
        assert_true(proc_now_ms() < until);
    }
    for (int i = 0; i < 20; i++) {
        assert_true(is_true(reader, tell));
    }
}

#define WRITERS                                                                                    \
    "select count(*) from pg_stat_activity where state = 'active' and query like 'update t %'"
#define END_WRITERS                                                                                \
    "select count(pg_terminate_backend(pid)) from pg_stat_activity where state = 'active' and "    \
    "query like 'update t %'"

#define SYNC_WAITERS "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"

/* Until it waits: what all processes are told of the setting comes later than what each reads. */
static void begin_write(PGconn *writer, const char *waits)
{
    long until = proc_now_ms() + SOON_MS;

    do {
        assert_true(proc_now_ms() < until);
        assert_int_equal(PQsendQuery(writer, "update t set n = n + 1 where id = 30"), 1);
        while (strcmp(query_text(direct, waits), "1") != 0 && !query_is_answered(writer, 1)) {
            assert_true(proc_now_ms() < until);
        }
        if (query_is_answered(writer, 1)) {
            soon_answered(writer, "UPDATE 1");
        }
    } while (strcmp(query_text(direct, waits), "1") != 0);
}

static void lose(bool is_commit, bool is_client)
{
    PGconn *reader = open_as("postgres", "db");
    PGconn *writer = open_as("postgres", "db");
    PGconn *waits = open_direct();

    warm(reader, "select sum(n) from aside");
    do_sql(writer, "set synchronous_commit = on");
    warm(reader, tell);
    if (is_commit) { /* it is done, and seen by nobody, until somebody ends the wait */
        do_lines(waits, "set synchronous_commit = local\n"
                        "alter system set synchronous_standby_names = 'nosuch'\n"
                        "select pg_reload_conf()");
        soon_query(waits, "show synchronous_standby_names", "nosuch");
    } else {
        do_lines(waits, "begin\nselect * from t where id = 30 for update");
    }
    begin_write(writer, is_commit ? SYNC_WAITERS : WRITERS);
    if (is_client) {
        PQfinish(writer);
    } else {
        query_text(direct, END_WRITERS);
        soon_answered(writer, "");
        PQfinish(writer);
    }
    if (!is_commit) {
        do_sql(waits, "rollback");
    }
    if (!is_commit || !is_client) { /* else it still waits */
        watch_until(reader, WRITERS, "0");
    }
    do_lines(waits, "set synchronous_commit = local\nalter system reset synchronous_standby_names\n"
                    "select pg_reload_conf()");
    watch_until(reader, WRITERS, "0");
    soon_query(waits, "show synchronous_standby_names", "");
    PQfinish(waits);
    PQfinish(reader);
}

void a_write_whose_server_ends_leaves_nothing_stale(void **state)
{
    (void)state;
    lose(false, false);
}

void a_commit_whose_server_ends_leaves_nothing_stale(void **state)
{
    (void)state;
    lose(true, false);
}

void a_write_whose_client_leaves_leaves_nothing_stale(void **state)
{
    (void)state;
    lose(false, true);
}

void a_commit_whose_client_leaves_leaves_nothing_stale(void **state)
{
    (void)state;
    lose(true, true);
}
