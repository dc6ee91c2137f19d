/* SPDX-License-Identifier: PostgreSQL */
/*
 * tests/e2e/test_changes.c - a change of what is behind statements is known to all from before it may
 * be committed, however that is sent.
 */
#include "tests/support/case.h"
#include "tests/support/console.h"
#include "tests/support/fixture.h"
#include "tests/support/login.h"
#include "tests/support/proc.h"
#include "tests/support/soon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOADS_MS = 2000 };

#define FUNCTION "create or replace function changing(a int) returns int language plpgsql as "
#define MAKE_HARMLESS FUNCTION "$$begin return a + 1; end$$"
#define MAKE_HARMFUL                                                                               \
    FUNCTION "$$begin perform set_config('my.thing', 'changed', false); return a + 1; end$$"

/* PostgreSQL sends the signal of one cancel twice, to the process and to its group. */
#define MAKE_WAITING                                                                               \
    "create or replace function waits() returns trigger language plpgsql as $$begin "              \
    "begin perform pg_advisory_xact_lock(7); exception when query_canceled then "                  \
    "for i in 1 .. 9 loop begin perform pg_advisory_xact_lock(8); exit; "                          \
    "exception when query_canceled then null; end; end loop; end; return null; end$$"

static const char look[] = "select coalesce(current_setting('my.thing', true), '')";

static int start(void **state)
{
    (void)state;
    cluster_start(&cluster, &(struct cluster_options){.conf = NULL});
    return 0;
}

/* With one server, and the catalogue known. */
static PGconn *begin(void)
{
    sluice_start(&sluice,
            "[databases]\ndb = " AT_POSTGRES " pool_mode=transaction pool_size=1\n" INI_MAIN
            "functions_by_catalog = 1\n[stats]\nmode = on\n");
    cluster_sql(&cluster, MAKE_HARMLESS);
    PGconn *one = open_as("postgres", "db");
    query_expect(one, "select 1", "1");
    console_await("SHOW CATALOG", "database", "db", "state", "loaded");
    return one;
}

/* Messages that libpq does not send, and their replies up to a ReadyForQuery. */
static void talk(int fd, const char *bytes, size_t len)
{
    unsigned char head[5] = {0};
    char body[LOGIN_TEXT_MAX];

    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
    while (head[0] != 'Z') {
        assert_int_equal(login_read(fd, (char *)head, sizeof head), sizeof head);
        size_t more = (size_t)(head[3] << 8 | head[4]) - 4;
        assert_true(more <= sizeof body);
        assert_int_equal(login_read(fd, body, more), more);
        assert_int_not_equal(head[0], 'E');
    }
}

static int dial(void)
{
    char startup[LOGIN_TEXT_MAX];
    int fd = login_dial(sluice.port);

    talk(fd, startup, login_startup(startup, "postgres", "db"));
    return fd;
}

static void ask(int fd, const char *sql)
{
    char bytes[LOGIN_TEXT_MAX];
    size_t len = strlen(sql) + 5;

    assert_true(len < 256);
    snprintf(bytes, sizeof bytes, "Q%c%c%c%c%s", 0, 0, 0, (char)len, sql);
    talk(fd, bytes, len + 1);
}

/* A portal lives as long as its block. */
static void a_commit_that_was_bound_before_the_change_is_seen(void **state)
{
    static const char bound[] = "P\0\0\0\x0e\0commit\0\0\0"
                                "B\0\0\0\x0d"
                                "p\0\0\0\0\0\0\0\0"
                                "S\0\0\0\x04";
    static const char executed[] = "E\0\0\0\x0a"
                                   "p\0\0\0\0\0"
                                   "S\0\0\0\x04";

    (void)state;
    PGconn *one = begin();
    PGconn *other = open_as("postgres", "db");
    int changer = dial();
    ask(changer, "begin");
    talk(changer, bound, sizeof bound - 1);
    ask(changer, MAKE_HARMFUL);
    talk(changer, executed, sizeof executed - 1);
    query_expect(one, "select changing(1)", "2");
    query_expect(other, look, "");
    PQfinish(one);
    PQfinish(other);
    close(changer);
}

/* Its client is killed while it is committed, which takes its time, and cannot be canceled. */
static void a_commit_that_nobody_hears_the_end_of_is_awaited(void **state)
{
    static const char commit[] = {'Q', 0, 0, 0, 11, 'c', 'o', 'm', 'm', 'i', 't', 0};

    (void)state;
    cluster_sql(&cluster, "create table slow (a int)");
    cluster_sql(&cluster, MAKE_WAITING);
    cluster_sql(&cluster, "create constraint trigger t after insert on slow deferrable initially "
                          "deferred for each row execute function waits()");
    PGconn *direct = open_direct();
    PGconn *one = begin();
    PGconn *other = open_as("postgres", "db");
    int changer = dial();
    query_text(direct, "select pg_advisory_lock(7), pg_advisory_lock(8)");
    ask(changer, "begin");
    ask(changer, MAKE_HARMFUL);
    ask(changer, "insert into slow values (1)");
    assert_int_equal(send(changer, commit, sizeof commit, MSG_NOSIGNAL), sizeof commit);
    soon_query(
            direct, "select objid from pg_locks where locktype = 'advisory' and not granted", "7");
    close(changer);
    soon_query(
            direct, "select objid from pg_locks where locktype = 'advisory' and not granted", "8");
    query_expect(one, "select 1", "1");
    long until = proc_now_ms() + LOADS_MS; /* a catalogue of before would be read by then */
    while (proc_now_ms() < until &&
            strcmp(console_value("SHOW CATALOG", "database", "db", "loads"), "1") == 0) {
        proc_pause_ms(10);
    }
    query_expect(other, "select 1", "1"); /* and what was doubted is taken away */
    query_expect(one, "select 1", "1");
    query_text(direct, "select pg_advisory_unlock(8), pg_advisory_unlock(7)");
    soon_query(
            direct, "select prosrc like '%changed%' from pg_proc where proname = 'changing'", "t");
    query_expect(one, "select changing(1)", "2");
    query_expect(other, look, "");
    PQfinish(one);
    PQfinish(other);
    PQfinish(direct);
}

int main(void)
{
    const struct CMUnitTest cases[] = {
            cmocka_unit_test_setup_teardown(
                    a_commit_that_was_bound_before_the_change_is_seen, prepare, stop_sluice),
            cmocka_unit_test_setup_teardown(
                    a_commit_that_nobody_hears_the_end_of_is_awaited, prepare, stop_sluice),
    };
    return case_run(cases, CASE_COUNT(cases), start, stop_cluster);
}
